"""Documents that are changed in place, as scripts for hyperopt do it: taken up by a refresh, or an error."""

from __future__ import annotations

import copy
import datetime
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpsklearn_search import Trials, anneal, fmin, hp, rand, tpe, trials_from_docs
from hpsklearn_search.exceptions import InvalidTrial
from hpsklearn_search.hyperopt import JOB_STATE_DONE, JOB_STATE_ERROR, JOB_STATE_NEW, JOB_STATE_RUNNING, Domain
from hpsklearn_search.hyperopt.utils import coarse_utcnow

SPACE = {"x": hp.uniform("x", -5, 5), "k": hp.choice("k", ["a", {"n": hp.randint("n", 5)}])}


def searched(n: int = 5) -> Trials:
    """Trials of a search."""
    trials = Trials()
    fmin(lambda p: p["x"] ** 2, SPACE, rand.suggest, n, trials=trials, rstate=0, show_progressbar=False)
    return trials


def finish(doc: dict[str, Any], loss: float) -> None:
    """Write a result into a document, as the workers of hyperopt do."""
    doc["state"] = JOB_STATE_DONE
    doc["result"] = {"loss": loss, "status": "ok"}
    doc["refresh_time"] = coarse_utcnow()


@pytest.mark.parametrize("algo", [tpe.suggest, rand.suggest, anneal.suggest])
@pytest.mark.parametrize("how", ["the document that was inserted", "_dynamic_trials", "trials"])
def test_a_loop_by_hand_finishes_documents_in_place(algo: Any, how: str) -> None:
    """Ask by the algorithm, insert, finish where the document is found, refresh: the search learns."""
    trials, domain = Trials(), Domain(None, SPACE)
    for seed in range(25):
        docs = algo(trials.new_trial_ids(1), domain, trials, seed)
        trials.insert_trial_docs(docs)
        trials.refresh()
        inside = {"_dynamic_trials": trials._dynamic_trials, "trials": trials.trials}.get(how, docs)
        doc = next(doc for doc in inside if doc["tid"] == docs[0]["tid"])
        finish(doc, (doc["misc"]["vals"]["x"][0] - 1) ** 2)
        trials.refresh()
    assert trials.losses() == [(x - 1) ** 2 for x in trials.vals["x"]]
    assert trials.best_trial["result"]["loss"] == min(trials.losses())
    assert [trial.is_ok for trial in trials.record] == [True] * 25
    assert trials.best_loss < 2


def test_an_algorithm_by_hand_knows_what_was_changed_without_a_refresh() -> None:
    """hyperopt's lists are the documents themselves."""
    found = []
    for loss in (0.0, 9.0):
        trials, domain = Trials(), Domain(None, {"x": hp.uniform("x", -5, 5)})
        for seed in range(12):
            docs = rand.suggest(trials.new_trial_ids(1), domain, trials, seed)
            trials.insert_trial_docs(docs)
            trials.refresh()
            finish(docs[0], float(seed))
        finish(trials.trials[0], loss)
        found.append(anneal.suggest([99], domain, trials, 0, avg_best_idx=1.0, shrink_coef=50.0)[0]["misc"]["vals"])
    assert found[0] != found[1]


@given(
    changes=st.lists(
        st.tuples(st.integers(0, 4), st.sampled_from(["loss", "point", "fail", "error", "again"])), max_size=8
    )
)
def test_a_record_after_changes_is_the_record_of_the_changed_documents(changes: list[tuple[int, str]]) -> None:
    """Whatever was changed in whatever order, with or without a refresh in between."""
    trials = searched()
    for position, (number, change) in enumerate(changes):
        doc = trials._dynamic_trials[number]
        if change == "loss":
            finish(doc, float(position) - 3)
        elif change == "point":
            doc["misc"]["vals"]["x"][0] = position / 7
        elif change == "fail":
            doc.update(state=JOB_STATE_DONE, result={"status": "fail"})
        elif change == "error":
            doc["state"], doc["misc"]["error"] = JOB_STATE_ERROR, ("ValueError", "no")
        else:
            doc.update(state=JOB_STATE_NEW, result={"status": "new"})
        if position % 2:
            trials.refresh()
    expected = trials_from_docs(copy.deepcopy(list(trials._dynamic_trials)))
    trials.refresh()
    assert trials.losses() == expected.losses()
    assert trials.statuses() == expected.statuses()
    assert trials.vals == expected.vals
    assert trials.best_loss == expected.best_loss
    assert trials.record.n_settled == expected.record.n_settled
    assert [doc["state"] for doc in trials._dynamic_trials] == [doc["state"] for doc in expected._dynamic_trials]


def test_a_document_is_the_same_object_wherever_it_is_read() -> None:
    """In every list of documents, and before and after its trial has finished."""
    trials = searched()
    doc = trials.trials[2]
    assert doc is trials.trials[2] is trials[2] is trials._trials[2] is trials._dynamic_trials[2]
    assert trials.results[2] is doc["result"]
    assert trials.miscs[2] is doc["misc"]
    fmin(lambda p: 0.0, SPACE, rand.suggest, 8, trials=trials, show_progressbar=False)
    assert trials.trials[2] is doc


def test_a_changed_loss_is_taken_up_by_a_refresh() -> None:
    """In all views."""
    trials = searched()
    for doc in trials.trials:
        doc["result"]["loss"] = -doc["result"]["loss"]
    trials.refresh()
    assert trials.best_loss == min(trials.losses()) == -max(x**2 for x in trials.vals["x"])
    assert trials.argmin["x"] == max(trials.vals["x"], key=abs)


def test_an_array_in_place_of_another_is_a_change() -> None:
    """Though Python cannot compare the two."""
    trials = Trials()
    fmin(lambda x: {"loss": x, "status": "ok", "curve": np.zeros(3)}, hp.uniform("x", 0, 1), rand.suggest, 2,
         trials=trials, show_progressbar=False)  # fmt: skip
    trials.trials[0]["result"]["curve"] = np.ones(3)
    trials.refresh()
    assert trials.record[0].outcome.result["curve"].tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"result": {"loss": 1.0}}, "state=2 and no status in its result"),
        ({"state": 7}, "state=7, which is not one of JOB_STATES"),
        ({"tid": 8}, "has another .'misc'..'tid'."),
    ],
)
def test_a_change_that_makes_no_trial_is_refused(change: dict[str, Any], message: str) -> None:
    """At the refresh, by the name of the trial."""
    trials = searched()
    trials.trials[1].update(change)
    with pytest.raises(InvalidTrial, match=message):
        trials.refresh()


def test_a_change_of_a_trial_that_has_moved_on_is_refused() -> None:
    """It was running when its document was changed; the search has finished it since."""
    trials = Trials()

    def objective(p: dict[str, Any]) -> float:
        trials.trials[-1]["result"]["note"] = "running"
        return p["x"]

    fmin(objective, SPACE, rand.suggest, 1, trials=trials, rstate=0, show_progressbar=False)
    with pytest.raises(InvalidTrial, match="trial 0 was changed in place, and the search has moved on"):
        trials.refresh()


def test_the_list_of_all_documents_can_be_replaced() -> None:
    """By fewer, by those of another search, by a sum of both."""
    trials, others = searched(), searched(3)
    trials._dynamic_trials = trials._dynamic_trials[:2]
    assert len(trials) == 2
    for doc in others._dynamic_trials:
        doc["tid"] = doc["misc"]["tid"] = doc["tid"] + 100
        doc["misc"]["idxs"] = {label: [doc["tid"]] * len(v) for label, v in doc["misc"]["idxs"].items()}
    trials._dynamic_trials += others._dynamic_trials
    trials.refresh()
    assert trials.tids == [0, 1, 100, 101, 102]
    trials._trials = trials._trials[1:]
    assert trials.tids == [1, 100, 101, 102]


def test_what_is_appended_to_all_documents_is_inserted() -> None:
    """And what would change nothing is refused."""
    trials = searched(2)
    doc = copy.deepcopy(trials.trials[0])
    doc["tid"] = doc["misc"]["tid"] = 7
    trials._dynamic_trials.append(doc)
    trials.refresh()
    assert trials.tids == [0, 1, 7]
    with pytest.raises(TypeError, match=r"pop\(\) would change no trial; assign a list"):
        trials._dynamic_trials.pop()


def test_a_trial_that_is_booked_in_place_runs() -> None:
    """With the time that its document says."""
    trials, domain = Trials(), Domain(None, SPACE)
    [doc] = rand.suggest(trials.new_trial_ids(1), domain, trials, 0)
    trials.insert_trial_doc(doc)
    doc["state"], doc["book_time"] = JOB_STATE_RUNNING, datetime.datetime(2026, 1, 1)
    trials.refresh()
    assert trials.count_by_state_unsynced(JOB_STATE_RUNNING) == 1
    assert trials.record[0].started == datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc).timestamp()


def test_copies_have_documents_of_their_own() -> None:
    """A pickle holds no document twice, and a change of a copy does not reach the original."""
    trials = searched()
    trials.trials[0]["result"]["loss"] = -1.0
    trials.refresh()
    for twin in (pickle.loads(pickle.dumps(trials)), copy.deepcopy(trials)):
        assert twin.losses() == trials.losses()
        twin.trials[0]["result"]["loss"] = -2.0
        twin.refresh()
        assert trials.best_loss == -1.0
        assert twin.best_loss == -2.0


def test_a_view_takes_up_changes_for_the_whole_record() -> None:
    """A document that waits, changed and then made visible by a view, is there once."""
    trials, domain = Trials(), Domain(None, SPACE)
    [doc] = rand.suggest(trials.new_trial_ids(1), domain, trials, 0)
    trials.insert_trial_doc(doc)
    finish(doc, 1.5)
    assert trials.view().losses() == [1.5]
    trials.refresh()
    assert trials.losses() == [1.5]
