"""A service that asks the algorithm and finishes documents itself, as ray.tune does."""

from hpsklearn_search.hyperopt import (
    JOB_STATE_DONE,
    JOB_STATE_RUNNING,
    STATUS_OK,
    Trials,
    hp,
    pyll,
    tpe,
)
from hpsklearn_search.hyperopt.base import Ctrl, Domain, spec_from_misc
from hpsklearn_search.hyperopt.utils import coarse_utcnow, use_obj_for_literal_in_memo

space = {
    "rate": hp.loguniform("rate", -7, 0),
    "layers": hp.choice("layers", [{"n": 1}, {"n": hp.randint("n", 2, 5)}]),
}
trials = Trials()
domain = Domain(lambda config: config, space)


def ask(seed):
    """A new configuration, and the identifier of its trial."""
    ids = trials.new_trial_ids(1)
    trials.refresh()
    docs = tpe.suggest(ids, domain, trials, seed)
    trials.insert_trial_docs(docs)
    trials.refresh()
    point = spec_from_misc(docs[0]["misc"])
    memo = domain.memo_from_config(point)
    ctrl = Ctrl(trials, current_trial=docs[0])
    use_obj_for_literal_in_memo(domain.expr, ctrl, Ctrl, memo)
    config = pyll.rec_eval(domain.expr, memo=memo, print_node_on_error=False)
    return docs[0]["tid"], config


def find(tid):
    """The document of a trial."""
    return next(doc for doc in trials.trials if doc["tid"] == tid)


def start(tid):
    """Note that a worker has the trial."""
    doc = find(tid)
    now = coarse_utcnow()
    doc["book_time"] = now
    doc["refresh_time"] = now
    doc["state"] = JOB_STATE_RUNNING
    trials.refresh()


def tell(tid, loss):
    """Note the result."""
    doc = find(tid)
    doc["refresh_time"] = coarse_utcnow()
    doc["state"] = JOB_STATE_DONE
    doc["result"] = {"loss": loss, "status": STATUS_OK}
    trials.refresh()


for number in range(60):
    tid, config = ask(seed=number)
    start(tid)
    tell(tid, (config["rate"] - 0.1) ** 2 + abs(config["layers"]["n"] - 3))

print("trials:", len(trials.trials))
print("states:", sorted({doc["state"] for doc in trials.trials}))
print("layers:", space["layers"].name)
print("loss:", min(trials.losses()))
