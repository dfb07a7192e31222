"""Several searches in one record: documents are renumbered, pickled and merged."""

import pickle

import numpy as np

from hpsklearn_search.hyperopt import Trials, fmin, hp, rand, tpe, trials_from_docs
from hpsklearn_search.hyperopt.base import JOB_STATE_DONE


def objective(x):
    """A valley."""
    return (x - 3) ** 2


space = hp.uniform("x", -10, 10)


def part(seed):
    """One search, as bytes, as if it came from another machine."""
    trials = Trials()
    fmin(
        objective,
        space,
        rand.suggest,
        max_evals=12,
        trials=trials,
        rstate=np.random.default_rng(seed),
        show_progressbar=False,
    )
    return pickle.dumps(trials)


docs = []
for seed in range(3):
    for doc in pickle.loads(part(seed)).trials:
        tid = len(docs)
        doc["tid"] = doc["misc"]["tid"] = tid
        doc["misc"]["idxs"] = {label: [tid] for label in doc["misc"]["idxs"]}
        docs.append(doc)

merged = trials_from_docs(docs)
print("merged:", len(merged), merged.tids == list(range(36)))

# The worst half is dropped, and the losses are shifted, in place.
ranked = sorted(merged._dynamic_trials, key=lambda doc: doc["result"]["loss"])
merged._dynamic_trials = ranked[:18]
merged.refresh()
for doc in merged.trials:
    doc["result"]["loss"] -= 1.0
merged.refresh()
print("kept:", len(merged._trials), bool(merged.best_trial["result"]["loss"] >= -1))

fmin(
    lambda x: objective(x) - 1.0,
    space,
    tpe.suggest,
    max_evals=len(merged.trials) + 20,
    trials=merged,
    rstate=np.random.default_rng(0),
    show_progressbar=False,
)
done = [doc for doc in merged.trials if doc["state"] == JOB_STATE_DONE]
print("in all:", len(done))
print("loss:", merged.best_trial["result"]["loss"])
