"""What it costs to look at trials: each document is made when it is read, and no other."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpsklearn_search import Trials, fmin, hp, rand
from hpsklearn_search.trials import Outcome, Trial, _views
from hpsklearn_search.trials._trial import Failure

SPACE = {f"x{i}": hp.uniform(f"x{i}", 0, 1) for i in range(6)}
ERROR = Failure("fail", "ValueError", "no")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The numbers of the documents that were made."""
    numbers = []
    document = _views.document
    monkeypatch.setattr(_views, "document", lambda trial, *rest: numbers.append(trial.number) or document(trial, *rest))
    return numbers


def searched(n: int = 200) -> Trials:
    """Trials of a search."""
    trials = Trials()
    fmin(lambda x: x["x0"], SPACE, rand.suggest, n, trials=trials, rstate=0, show_progressbar=False)
    return trials


def mixed(n: int = 40) -> Trials:
    """Trials of which some raised, some were cancelled and some run, with two keys."""
    trials = Trials()
    trials.labels = ["x"]
    for number in range(n):
        trials.record.insert(Trial(number, {"x": float(number)}, started=0.0, document={"exp_key": number % 2}))
    for number in range(n - 5):
        failure = ERROR if number % 5 == 1 else None
        status = "cancelled" if number % 7 == 1 else "ok" if failure is None else "fail"
        trials.record.finish(number, Outcome(status, loss=float(number) if status == "ok" else None, failure=failure))
    return trials


def listed(view: Any) -> list[Any]:
    """Tids and states of a view, from its documents one by one."""
    return [(view.trials[i]["tid"], view.trials[i]["state"]) for i in range(len(view.trials))]


def slowly(trials: Trials, *, exp_key: Any = None, n_known: int | None = None, finished: bool = False) -> list[Any]:
    """The same from the record, by the definition of the views."""
    rows = []
    for trial in trials.record:
        is_known = trial.is_finished and (n_known is None or trial.number < n_known)
        if (exp_key is not None and trial.document["exp_key"] != exp_key) or (finished and not is_known):
            continue
        if not (is_known and trial.has_error):
            rows.append((trial.number, 2 if is_known else 1))
    return rows


def test_a_loop_over_positions_makes_each_document_once(made: list[Any]) -> None:
    """The commonest way to read losses is linear in the number of trials."""
    trials = searched()
    losses = [trials.trials[i]["result"]["loss"] for i in range(len(trials.trials))]
    assert losses == trials.losses()
    assert made == list(range(200))


def test_a_loop_over_miscs_makes_each_document_once(made: list[Any]) -> None:
    """Also of columns that are read again and again, each document is made once."""
    trials = searched()
    assert [trials.miscs[i]["vals"]["x0"] for i in range(200)] == [[x] for x in trials.vals["x0"]]
    assert len(made) == 400
    for i in range(200):
        assert trials.vals["x1"][i] == trials.idxs_vals[1]["x1"][i]
    assert len(made) == 400


def test_the_length_makes_no_document(made: list[Any]) -> None:
    """Neither does the truth value."""
    trials = searched()
    assert (len(trials.trials), bool(trials.trials), len(trials.miscs), len(trials)) == (200, True, 200, 200)
    assert made == []


def test_an_objective_may_look_at_the_last_trial(made: list[Any]) -> None:
    """It costs one document a trial."""
    trials, numbers = Trials(), []

    def loss(x: dict[str, float]) -> float:
        assert len(trials.trials) == len(numbers) + 1
        numbers.append(trials.trials[-1]["tid"])
        return x["x0"]

    fmin(loss, SPACE, rand.suggest, 100, trials=trials, show_progressbar=False)
    assert numbers == made == list(range(100))


def test_an_early_stop_function_may_loop(made: list[Any]) -> None:
    """A view makes each document that is read once, not one for each position."""

    def stop(trials: Any) -> tuple[bool, list[Any]]:
        losses = [trials.trials[i]["result"]["loss"] for i in range(len(trials.trials))]
        return len(losses) == 20, []

    fmin(lambda x: x["x0"], SPACE, rand.suggest, 100, early_stop_fn=stop, show_progressbar=False)
    assert len(made) == sum(range(21))


@pytest.mark.parametrize("exp_key", [None, 0, 1])
@pytest.mark.parametrize("n_known", [None, 0, 13, 38, 100])
@pytest.mark.parametrize("finished", [False, True])
def test_views_of_views_show_what_they_may_know(exp_key: Any, n_known: int | None, finished: bool) -> None:
    """In every combination, and also after the record has grown."""
    trials = mixed()

    def views() -> Iterator[Any]:
        yield trials.view(exp_key).limited_to(n_known)
        yield trials.limited_to(n_known).view(exp_key)

    for number in (35, 37):
        for view in views():
            view = view.finished() if finished else view
            assert listed(view) == slowly(trials, exp_key=exp_key, n_known=n_known, finished=finished)
        assert listed(trials) == slowly(trials)
        trials.record.insert(Trial(0, {"x": 1.0}, started=0.0, document={"exp_key": 1}))
        trials.record.finish(number, Outcome("fail", failure=ERROR))
        trials.record.finish(number + 1, Outcome("ok", loss=1.0))


def test_a_record_keeps_its_valid_trials_up_to_date() -> None:
    """Whatever happens to its trials, they are those without an error."""
    trials = mixed()
    assert len(trials.trials) == len(slowly(trials))
    trials.record.begin(38)
    trials.record.finish(39, Outcome("ok", loss=0.0))
    trials.record.finish(35, Outcome("cancelled"))
    trials.record.move(6, {"x": -1.0})
    trials.record.move(0, {"x": -2.0})
    assert listed(trials) == slowly(trials)
    assert trials.trials[0]["misc"]["vals"] == {"x": [-2.0]}
    restored = pickle.loads(pickle.dumps(trials))
    restored.record.finish(36, Outcome("fail", failure=ERROR))
    assert listed(restored) == slowly(restored)


def test_a_changed_list_or_column_changes_no_other() -> None:
    """Neither in the record, nor in what is read next."""
    trials = searched(5)
    docs, vals = trials.trials, trials.vals
    docs.clear()
    vals["x0"].clear()
    assert len(trials.trials) == len(trials.vals["x0"]) == 5


def test_a_list_of_documents_is_a_list() -> None:
    """Everything that takes a list takes it, and a document that was changed in it stays changed in it."""
    trials = searched(4)
    plain = [dict(doc) for doc in trials.trials]
    docs = trials.trials
    docs[2]["spec"] = plain[2]["spec"] = "changed"
    assert isinstance(docs, list)
    assert docs == plain
    assert plain == docs
    assert trials.trials == trials.trials
    assert docs + plain == plain + docs == plain * 2
    assert [*reversed(docs)] == plain[::-1]
    assert docs[1:3] == plain[1:3]
    assert repr(docs) == repr(plain)
    assert json.dumps(docs, default=str) == json.dumps(plain, default=str)
    assert copy.copy(docs) == copy.deepcopy(docs) == pickle.loads(pickle.dumps(docs)) == docs.copy() == plain
    assert pd.DataFrame(docs).equals(pd.DataFrame(plain))
    assert np.array(docs, dtype=object).tolist() == plain
    assert plain[1] in docs
    assert docs.index(plain[3]) == 3


@pytest.mark.parametrize("change", ["sort", "pop", "reverse", "extend", "insert", "delete", "unpack"])
def test_a_list_of_documents_can_be_changed(change: str) -> None:
    """Its methods work as those of a list of documents."""

    def changed(docs: Any) -> Any:
        if change == "sort":
            docs.sort(key=lambda doc: doc["result"]["loss"])
        elif change == "pop":
            docs.append(docs.pop(1))
        elif change == "reverse":
            docs.reverse()
        elif change == "extend":
            docs += [{"tid": 9}]
        elif change == "insert":
            docs.insert(0, {"tid": 9})
        elif change == "delete":
            del docs[1:3]
        else:
            first, *others = docs
            return [*others, first]
        return docs

    trials = searched(6)
    assert changed(trials.trials) == changed([*trials.trials])
