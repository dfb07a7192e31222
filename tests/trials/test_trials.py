"""`Trials` in hyperopt's shape: documents in and out, views, counts, attachments, pickling."""

from __future__ import annotations

import copy
import datetime
import json
import pickle
from typing import Any

import numpy as np
import pytest

from hpsklearn_search import Trials, fmin, hp, rand
from hpsklearn_search.exceptions import AllTrialsFailed, InvalidTrial
from hpsklearn_search.hyperopt import generate_trials_to_calculate, trials_from_docs
from hpsklearn_search.hyperopt.base import (
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    JOB_STATE_NEW,
    JOB_STATE_RUNNING,
    JOB_VALID_STATES,
    STATUS_FAIL,
    STATUS_OK,
    TRIAL_KEYS,
    TRIAL_MISC_KEYS,
)
from hpsklearn_search.space import Space

SPACE = {"c": hp.choice("c", [hp.uniform("x", 0, 1), hp.randint("n", 5)])}


def objective(point: dict[str, Any]) -> Any:
    """Return the value; a value above 0.9 fails, and a 4 raises."""
    value = point["c"]
    if value == 4:
        raise ValueError("four is too many")
    if isinstance(value, float) and value > 0.9:
        return {"status": STATUS_FAIL}
    return {"loss": np.float32(value), "status": STATUS_OK, "size": np.int64(3), "model": {"n": (np.int8(1), "a")}}


@pytest.fixture
def searched() -> Trials:
    """Forty trials of a conditional space, some of which failed or raised."""
    trials = Trials()
    fmin(objective, SPACE, rand.suggest, 40, trials=trials, rstate=3, catch_eval_exceptions=True, verbose=False,
         show_progressbar=False)  # fmt: skip
    return trials


def finished(tid: Any, loss: Any = None, *, state: int = JOB_STATE_DONE, **misc: Any) -> dict[str, Any]:
    """A document of another program."""
    result = {"status": STATUS_OK, "loss": loss} if loss is not None else {"status": STATUS_FAIL}
    doc = Trials().new_trial_docs(
        [tid], ["spec"], [result], [{"tid": tid, "cmd": None, "idxs": {"x": [tid]}, "vals": {"x": [0.5]}, **misc}]
    )
    return {**doc[0], "state": state}


def test_documents_have_the_keys_of_hyperopt(searched: Trials) -> None:
    """A document and its ``misc`` have hyperopt's keys; an inactive label has empty lists."""
    for doc in searched._dynamic_trials:
        assert set(doc) == {*TRIAL_KEYS, "version"}
        assert set(TRIAL_MISC_KEYS) <= set(doc["misc"])
        assert set(doc["misc"]["vals"]) == set(doc["misc"]["idxs"]) == {"c", "x", "n"}
        active = {label for label, values in doc["misc"]["vals"].items() if values}
        assert active == {"c", "x" if doc["misc"]["vals"]["c"] == [0] else "n"}


def test_trials_that_raised_are_hidden_as_in_hyperopt(searched: Trials) -> None:
    """Only ``_dynamic_trials`` has a trial that raised; a reported failure is in `trials`."""
    errors = [doc for doc in searched._dynamic_trials if doc["state"] == JOB_STATE_ERROR]
    assert errors and all(doc["misc"]["error"] == ("ValueError", "four is too many") for doc in errors)
    assert len(searched) == len(searched.trials) == len(searched.tids) == len(searched.losses()) == 40 - len(errors)
    assert STATUS_FAIL in searched.statuses()
    assert {doc["state"] for doc in searched} == {JOB_STATE_DONE}


def test_all_but_the_times_is_json(searched: Trials) -> None:
    """A document has Python scalars in place of numpy's, and datetimes as hyperopt's."""
    assert json.loads(json.dumps(searched.miscs))[0]["tid"] == 0
    ok = next(result for result in json.loads(json.dumps(searched.results)) if result["status"] == STATUS_OK)
    assert (ok["size"], ok["model"]) == (3, {"n": [1, "a"]})
    json.dumps(searched.vals), json.dumps(searched.idxs), json.dumps(searched.argmin)
    assert isinstance(searched.trials[0]["refresh_time"] - searched.trials[0]["book_time"], datetime.timedelta)


def test_columns_hold_the_trials_where_a_label_is_active(searched: Trials) -> None:
    """``idxs`` has the tids of the trials where a label is active, ``vals`` their values."""
    idxs, vals = searched.idxs_vals
    assert (idxs, vals) == (searched.idxs, searched.vals)
    assert sorted(idxs["x"] + idxs["n"]) == idxs["c"] == searched.tids
    assert [searched.record[tid].point["x"] for tid in idxs["x"]] == vals["x"]


def test_an_empty_record_has_empty_views() -> None:
    """The views of an empty record are empty, and the best trial raises."""
    trials = Trials()
    assert (trials.vals, trials.idxs, trials.results, trials.specs, list(trials)) == ({}, {}, [], [], [])
    with pytest.raises(AllTrialsFailed, match="there are no trials yet"):
        _ = trials.best_trial


def test_trials_can_be_indexed(searched: Trials) -> None:
    """An index is a position in `trials`, and may be negative or a slice."""
    docs = searched.trials
    assert (searched[0], searched[-1], searched[2:5]) == (docs[0], docs[-1], docs[2:5])
    with pytest.raises(IndexError):
        _ = searched[1000]


def test_counts_by_state(searched: Trials) -> None:
    """The synced count counts `trials`; the unsynced one also trials that raised or wait for a refresh."""
    n_errors = len(searched._dynamic_trials) - len(searched)
    assert searched.count_by_state_synced(JOB_STATE_ERROR) == 0
    assert searched.count_by_state_unsynced(JOB_STATE_ERROR) == n_errors
    assert searched.count_by_state_synced(JOB_VALID_STATES) == len(searched)
    assert searched.count_by_state_synced(JOB_STATE_DONE, trials=searched.trials[:3]) == 3
    searched.insert_trial_doc(finished(40, state=JOB_STATE_NEW))
    assert (searched.count_by_state_synced(JOB_STATE_NEW), searched.count_by_state_unsynced(JOB_STATE_NEW)) == (0, 1)
    with pytest.raises(ValueError, match="7"):
        searched.count_by_state_synced(7)


def test_inserted_documents_are_seen_after_a_refresh() -> None:
    """A refresh makes inserted documents visible, with all their entries."""
    trials = Trials()
    doc = {**finished("a", 0.25, workdir="w", from_tid=3), "owner": ("me", 1), "extra": [1],
           "book_time": datetime.datetime(2020, 1, 1), "refresh_time": datetime.datetime(2020, 1, 2)}  # fmt: skip
    assert trials.insert_trial_doc(doc) == "a"
    assert len(trials) == 0
    trials.refresh()
    assert trials.trials == [doc]
    assert (trials.tids, trials.specs, trials.argmin) == (["a"], ["spec"], {"x": 0.5})


@pytest.mark.parametrize("state", [JOB_STATE_NEW, JOB_STATE_RUNNING, JOB_STATE_DONE, JOB_STATE_ERROR])
def test_documents_are_unchanged_by_a_record(state: int) -> None:
    """State, result and error of an inserted document are unchanged."""
    misc = {"error": ("ValueError", "no")} if state == JOB_STATE_ERROR else {}
    trials = trials_from_docs([finished(0, 1.0, state=state, **misc)])
    (doc,) = trials._dynamic_trials
    assert (doc["state"], doc["result"], doc["misc"].get("error")) == (
        state, {"status": STATUS_OK, "loss": 1.0}, misc.get("error"),
    )  # fmt: skip


@pytest.mark.parametrize("loss", [None, float("nan"), float("inf")])
def test_an_inserted_trial_without_a_usable_loss_is_never_the_best(loss: float | None) -> None:
    """A trial without a finite loss is never the best, also with the status ok."""
    trials = trials_from_docs([finished(0, loss), finished(1, 2.0), finished(2, 1.0)])
    assert trials.best_trial["tid"] == 2


@pytest.mark.parametrize("key", TRIAL_KEYS)
def test_a_document_without_a_key_is_refused(key: str) -> None:
    """The message names the missing key."""
    doc = finished(0, 1.0)
    del doc[key]
    with pytest.raises(InvalidTrial, match=key):
        Trials().insert_trial_doc(doc)


@pytest.mark.parametrize(
    ("doc", "match"),
    [
        (3, "a dict with the keys"),
        ({**finished(0), "misc": {"tid": 0}}, "cmd"),
        ({**finished(0), "tid": 1}, r"another \['misc'\]\['tid'\]: 0"),
        ({**finished(0), "exp_key": "a"}, "exp_key='a'"),
        ({**finished(0), "state": 9}, "state=9"),
        (finished(0, vals={"x": [1, 2]}), "several values for label 'x'"),
    ],
)
def test_a_document_that_contradicts_itself_is_refused(doc: Any, match: str) -> None:
    """The message names the entries that contradict each other."""
    with pytest.raises(InvalidTrial, match=match):
        Trials().insert_trial_doc(doc)


def test_one_bad_document_keeps_all_out() -> None:
    """If one document has a used tid, no document is inserted."""
    trials = Trials()
    with pytest.raises(InvalidTrial, match="tid=0"):
        trials.insert_trial_docs([finished(0, 1.0), finished(0, 2.0)])
    trials.refresh()
    assert len(trials) == 0


def test_ids_are_never_repeated() -> None:
    """New identifiers differ from earlier ones and from those of trials."""
    trials = Trials()
    assert trials.new_trial_ids(2) == [0, 1]
    assert trials.new_trial_ids(1) == [2]
    other = trials_from_docs([finished(0, 1.0)])
    assert other.new_trial_ids(1) == [1]


def test_a_search_goes_on_after_inserted_documents() -> None:
    """fmin learns from finished documents, runs waiting ones, and uses new tids."""
    trials = trials_from_docs([finished(7, 0.5), finished(2, state=JOB_STATE_NEW)])
    fmin(abs, hp.uniform("x", -1, 1), rand.suggest, 9, trials=trials, rstate=0, show_progressbar=False)
    assert len(set(trials.tids)) == len(trials) == 9
    assert trials.losses()[:2] == [0.5, 0.5]
    assert all(idx == tid for doc in trials for tid, (idx,) in [(doc["tid"], doc["misc"]["idxs"]["x"])])


def test_source_documents_keep_their_source() -> None:
    """A source document gives state, owner and times, and its tid as ``from_tid``."""
    source = {**finished(3, 1.0), "owner": "me"}
    (doc,) = Trials().source_trial_docs(
        [9], [None], [{"status": STATUS_OK, "loss": 2.0}], [dict(source["misc"])], [source]
    )
    assert (doc["tid"], doc["misc"]["from_tid"], doc["owner"], doc["state"]) == (9, 3, "me", JOB_STATE_DONE)


def test_an_experiment_key_is_carried_and_filters() -> None:
    """Trials with a key contain the trials of this key; a view without a key contains all."""
    trials = Trials(exp_key="a")
    fmin(abs, hp.uniform("x", -1, 1), rand.suggest, 3, trials=trials, rstate=0, show_progressbar=False)
    assert {doc["exp_key"] for doc in trials} == {"a"}
    assert (len(trials.view("b")), len(trials.view("a")), len(trials.view())) == (0, 3, 3)
    assert trials.view("a").argmin == trials.argmin
    with pytest.raises(AllTrialsFailed):
        _ = trials.view("b").argmin


def test_delete_all_leaves_nothing() -> None:
    """`delete_all` removes trials and attachments, and numbers start at 0 again."""
    trials = trials_from_docs([finished(0, 1.0)])
    trials.attachments["a"] = 1
    trials.delete_all()
    assert (len(trials), trials.attachments, trials.new_trial_ids(1), trials.vals) == (0, {}, [0], {})


def test_attachments_are_kept_apart_from_results() -> None:
    """Attachments are read, written and deleted by trial and name."""

    def fn(x: float) -> dict[str, Any]:
        return {"loss": x, "status": STATUS_OK, "attachments": {"model": b"weights"}}

    trials = Trials()
    fmin(fn, hp.uniform("x", 0, 1), rand.suggest, 2, trials=trials, rstate=0, show_progressbar=False)
    assert trials.results[1].keys() == {"loss", "status"}
    assert trials.attachments == {"ATTACH::0::model": b"weights", "ATTACH::1::model": b"weights"}
    own = trials.trial_attachments(trials.trials[1])
    assert (own["model"], list(own), "log" in own) == (b"weights", ["model"], False)
    own["log"] = "text"
    del own["model"]
    assert set(trials.attachments) == {"ATTACH::0::model", "ATTACH::1::log"}


def test_pickling_keeps_everything(searched: Trials) -> None:
    """Trials can be pickled, even if an exception in them cannot."""

    class Local(Exception):
        """An exception that cannot be pickled."""

    trials = Trials()
    with pytest.raises(Local):
        fmin(lambda x: (_ for _ in ()).throw(Local("here")), hp.uniform("x", 0, 1), rand.suggest, 3, trials=trials,
             show_progressbar=False)  # fmt: skip
    (doc,) = pickle.loads(pickle.dumps(trials))._dynamic_trials
    assert doc["misc"]["error"] == ("Local", "here")
    again = pickle.loads(pickle.dumps(searched))
    assert (again.trials, again.argmin, again.labels) == (searched.trials, searched.argmin, searched.labels)


def test_trials_without_further_entries_share_one_mapping() -> None:
    """Trials without further entries share one immutable mapping, also after a copy or pickle."""
    trials = Trials()
    fmin(lambda x: {"loss": x, "status": STATUS_OK}, hp.uniform("x", 0, 1), rand.suggest, 2, trials=trials,
         show_progressbar=False)  # fmt: skip
    for record in (trials.record, copy.deepcopy(trials).record, pickle.loads(pickle.dumps(trials)).record):
        held = [mapping for trial in record for mapping in (trial.document, trial.outcome.result)]
        assert all(mapping is held[0] for mapping in held)
        assert held[0] == {}
        with pytest.raises(TypeError):
            held[0]["x"] = 1


def test_documents_of_a_search_continue_it() -> None:
    """A record made from documents has the same next suggestions."""
    space = hp.uniform("x", -1, 1)
    whole, half = Trials(), Trials()
    fmin(abs, space, max_evals=20, trials=whole, rstate=0, show_progressbar=False)
    fmin(abs, space, max_evals=12, trials=half, rstate=0, show_progressbar=False)
    again = trials_from_docs(half.trials)
    fmin(abs, space, max_evals=20, trials=again, rstate=0, show_progressbar=False)
    assert again.vals == whole.vals


def test_trials_can_minimise() -> None:
    """`Trials.fmin` has hyperopt's order of arguments, and shows nothing."""
    trials = Trials()
    best = trials.fmin(abs, hp.uniform("x", -1, 1), rand.suggest, 5, None, None, 1, 0)
    assert (trials.argmin, len(trials)) == (best, 5)


def test_the_table_has_a_row_for_every_trial(searched: Trials) -> None:
    """The table has all trials, with errors of the failed ones and further scalars of the results."""
    table = searched.to_frame()
    assert len(table) == 40
    assert list(table.columns[:2]) == ["status", "loss"]
    assert {"param_c", "param_x", "param_n", "result_size", "started", "seconds", "error"} <= set(table.columns)
    assert table["loss"].idxmin() == searched.best_trial["tid"]
    assert set(table.loc[table["param_n"] == 4, "error"]) == {"ValueError: four is too many"}
    assert table.loc[table["param_c"] == 0, "param_n"].isna().all()


def test_the_table_has_texts_that_cannot_be_encoded() -> None:
    """Half of a surrogate pair, as in the name of a file that is not UTF-8, stays in the message as it is."""

    def fail(x: float) -> float:
        raise ValueError("no file \udcff")

    trials = Trials()
    fmin(fail, hp.uniform("x", 0, 1), rand.suggest, 1, trials=trials, catch_eval_exceptions=True, return_argmin=False)
    assert list(trials.to_frame()["error"]) == ["ValueError: no file \udcff"]


def test_the_table_of_no_trials_is_empty() -> None:
    """The table of no trials has the columns and no row."""
    assert Trials().to_frame().shape == (0, 5)


def test_the_average_best_error_of_certain_losses_is_the_true_loss_of_the_best() -> None:
    """Certain losses are not averaged."""
    docs = [finished(0, 1.0), finished(1, 2.0), finished(2, None)]
    docs[0]["result"]["true_loss"] = 5.0
    assert trials_from_docs(docs).average_best_error() == 5.0
    with pytest.raises(AllTrialsFailed):
        trials_from_docs([finished(0)]).average_best_error()


def test_the_average_best_error_weighs_what_may_be_the_best() -> None:
    """Two losses within their noise have half the weight each; a distant one has none."""
    docs = [finished(tid, loss) for tid, loss in enumerate([1.0, 1.0, 100.0])]
    for doc, true_loss in zip(docs, [0.0, 1.0, 50.0], strict=True):
        doc["result"] |= {"loss_variance": 1.0, "true_loss": true_loss}
    # The draws are fixed; of all seeds, one in 1.7 million would be further off (five standard deviations).
    assert trials_from_docs(docs).average_best_error() == pytest.approx(0.5, abs=0.08)


def test_a_bandit_may_compute_losses() -> None:
    """A bandit may compute losses and statuses, as hyperopt's domains do."""

    class Bandit:
        """A bandit that negates losses."""

        def status(self, result: Any, spec: Any = None) -> str:
            """Return the status."""
            return result["status"]

        def loss(self, result: Any, spec: Any = None) -> float:
            """Return the negated loss."""
            return -result["loss"]

        def loss_variance(self, result: Any, spec: Any = None) -> float:
            """Return no variance."""
            return 0.0

        true_loss = loss

    trials = trials_from_docs([finished(0, 1.0), finished(1, 2.0)])
    assert (trials.losses(Bandit()), trials.statuses(Bandit())) == ([-1.0, -2.0], [STATUS_OK, STATUS_OK])
    assert trials.average_best_error(Bandit()) == -2.0


def test_points_to_calculate_wait_in_their_trials() -> None:
    """Points to calculate are trials without a result, which `fmin` runs first."""
    trials = generate_trials_to_calculate([{"x": 0.5}, {"x": -0.5}])
    assert [doc["state"] for doc in trials] == [JOB_STATE_NEW, JOB_STATE_NEW]
    fmin(abs, hp.uniform("x", -1, 1), rand.suggest, 3, trials=trials, rstate=0, show_progressbar=False)
    assert trials.vals["x"][:2] == [0.5, -0.5]


def test_points_are_written_as_points_of_the_space() -> None:
    """Inactive labels are dropped, options become indices, and numbers outside of the bounds stay."""
    trials = generate_trials_to_calculate([{"c": "b", "x": 7.0}, {"c": 0, "x": 7.0}])
    trials.rewrite_for(Space(hp.choice("c", [hp.uniform("x", 0, 1), "b"])))
    assert [trial.point for trial in trials.record] == [{"c": 1}, {"c": 0, "x": 7.0}]


def test_trials_of_another_space_are_refused() -> None:
    """The message names the labels that differ, before the first trial."""
    trials = trials_from_docs([finished(0, 1.0)])
    with pytest.raises(InvalidTrial, match=r"'x', which the space does not have; 'y', which the trials do not have"):
        fmin(abs, hp.uniform("y", -1, 1), rand.suggest, 3, trials=trials, show_progressbar=False)
    with pytest.raises(InvalidTrial, match="neither an index"):
        fmin(abs, hp.choice("x", [0, 1]), rand.suggest, 3, trials=trials, show_progressbar=False)
    assert len(trials) == 1
