"""What is logged of a trial, as data: no mlflow needed."""

from __future__ import annotations

import json
import math
import posixpath
import re
import string
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from hpsklearn_search import Trials, tpe
from hpsklearn_search.integrations._content import (
    NAME_LENGTH,
    Update,
    batches,
    best_loss,
    cut,
    default_run_name,
    search_result,
    search_start,
    trial_end,
    trial_start,
    valid_names,
    valid_text,
)
from hpsklearn_search.trials import Failure, Outcome, Trial


def fold(score: Any, **more: Any) -> dict[str, Any]:
    """The result that one fold sends back."""
    return {"test_scores": score, "fit_time": 0.5, "score_time": 0.25, **more}


def ended(outcome: Outcome, **values: Any) -> Update:
    """The update of a trial with this outcome and these parameters."""
    return trial_end(Trial(0, {}, started=1.0).finish(outcome, finished=2.0), lambda point: values)


def metrics(update: Update) -> dict[str, list[tuple[float, int]]]:
    """``{name: [(value, step)]}``."""
    found: dict[str, list[tuple[float, int]]] = {}
    for name, value, _, step in update.metrics:
        found.setdefault(name, []).append((value, step))
    return found


def test_a_trial_is_logged_under_the_names_of_cv_results() -> None:
    """Loss, mean, standard deviation and times are metrics; the scores of the folds are steps of one metric."""
    found = metrics(ended(Outcome("ok", loss=-0.75, folds=(fold(0.5), fold(1.0)))))
    assert found == {
        "loss": [(-0.75, 0)],
        "split_test_score": [(0.5, 0), (1.0, 1)],
        "mean_test_score": [(0.75, 0)],
        "std_test_score": [(0.25, 0)],
        "mean_fit_time": [(0.5, 0)],
        "std_fit_time": [(0.0, 0)],
        "mean_score_time": [(0.25, 0)],
        "std_score_time": [(0.0, 0)],
    }


def test_several_metrics_and_train_scores_have_their_own_names() -> None:
    """Their names are those of ``cv_results_``."""
    scores = {"f1": 0.5, "auc": 1.0}
    found = metrics(ended(Outcome("ok", loss=-0.5, folds=(fold(scores, train_scores=scores),))))
    assert {"mean_test_f1", "mean_test_auc", "mean_train_f1", "split_train_auc"} <= found.keys()


def test_times_are_those_of_the_trial() -> None:
    """MLflow counts in milliseconds."""
    update = ended(Outcome("ok", loss=1.0))
    assert (update.start, update.end) == (1000, 2000)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("ok", "FINISHED"),
        ("fail", "FAILED"),
        ("crashed", "FAILED"),
        ("timeout", "FAILED"),
        ("outside", "FINISHED"),
        ("pruned", "KILLED"),
        ("cancelled", "KILLED"),
    ],
)
def test_the_status_of_a_run_follows_that_of_the_trial(status: str, expected: str) -> None:
    """A pruned or cancelled trial is KILLED, and one that raised is FAILED."""
    assert ended(Outcome(status, loss=0.0)).status == expected


def test_a_failure_is_a_tag() -> None:
    """The tag has the name of the exception and its message."""
    update = ended(Outcome("fail", failure=Failure.of(ValueError("no convergence"))))
    assert update.tags["hpsklearn_search.error"] == "ValueError: no convergence"
    assert update.tags["hpsklearn_search.status"] == "fail"


def test_numbers_that_are_not_finite_are_left_out() -> None:
    """A failed fold has no metric, and a mean that needs it has none either."""
    found = metrics(ended(Outcome("fail", loss=math.inf, folds=(fold(math.nan), fold(1.0)))))
    assert "loss" not in found
    assert "mean_test_score" not in found
    assert found["split_test_score"] == [(1.0, 1)]


def test_the_mean_of_a_pruned_trial_has_another_name() -> None:
    """The mean over fewer folds is not comparable with the other means."""
    found = metrics(ended(Outcome("pruned", loss=-0.5, folds=(fold(0.5),))))
    assert "mean_test_score_partial" in found
    assert "mean_test_score" not in found


def test_a_trial_of_a_search_with_limits_says_whether_it_is_within() -> None:
    """The size of its model is there if it was measured; outside of a limit there is no loss to be the lowest."""
    sized = [fold(0.5, n_bytes=100), fold(0.5, n_bytes=200)]
    within = metrics(ended(Outcome("ok", loss=-0.5, folds=tuple(sized), excess=(-1.0, 0.0))))
    outside = metrics(ended(Outcome("outside", loss=-0.5, folds=tuple(sized), excess=(-1.0, 2.0))))
    assert (within["within_limits"], outside["within_limits"]) == ([(1.0, 0)], [(0.0, 0)])
    assert within["n_bytes"] == outside["n_bytes"] == [(150.0, 0)]
    assert "loss" not in outside


def test_other_numbers_that_a_function_returns_are_metrics() -> None:
    """Texts and other objects are not logged."""
    returned = {"loss": 1.0, "status": "ok", "accuracy": np.float64(0.5), "note": "text", "curve": [1, 2]}
    assert metrics(ended(Outcome("ok", loss=1.0, result=returned))) == {"loss": [(1.0, 0)], "accuracy": [(0.5, 0)]}


def test_parameters_are_values_as_python_writes_them() -> None:
    """Functions and classes are shown by name, estimators as scikit-learn shows them."""
    update = ended(Outcome("ok", loss=1.0), C=np.float64(0.1), model=LogisticRegression(C=2), f=tpe.suggest, none=None)
    assert update.params == {
        "C": "0.1",
        "model": "LogisticRegression(C=2)",
        "f": f"{tpe.suggest.__module__}.suggest",
        "none": "None",
    }


def test_an_object_without_a_text_does_not_stop_anything() -> None:
    """The text of such an object is the name of its class."""

    class Silent:
        def __str__(self) -> str:
            raise RuntimeError

    assert ended(Outcome("ok", loss=1.0), x=Silent()).params == {"x": "(Silent without a text)"}


def test_long_values_are_cut() -> None:
    """MLflow stores 6000 characters."""
    assert len(ended(Outcome("ok", loss=1.0), x="a" * 10_000).params["x"]) == 6000


def test_a_search_begins_with_its_settings() -> None:
    """The parent has the tags that mlflow's autologging gives to searches of scikit-learn."""
    settings = {"estimator": LogisticRegression(), "max_evals": 5, "trials": Trials(), "timeout": None}
    update = search_start({"settings": settings, "kind": "HyperoptSearchCV"})
    assert update.params == {"estimator": "LogisticRegression()", "max_evals": "5", "trials": "Trials"}
    assert update.tags["estimator_name"] == "LogisticRegression"
    assert (
        default_run_name({"settings": settings, "kind": "HyperoptSearchCV"}) == "HyperoptSearchCV(LogisticRegression)"
    )


def test_the_result_has_the_name_that_autologging_uses() -> None:
    """The metric is ``best_cv_score``, and the best parameters are logged."""
    trials = Trials()
    trials.record.add({"C": 0.5})
    trials.record.finish(0, Outcome("ok", loss=-0.9))

    class Fitted:
        best_params_ = {"C": 0.5}
        best_score_ = 0.9
        best_index_ = 0

        def _rows(self) -> Any:
            return trials.record

    update = search_result(trials, dict, Fitted(), None)
    assert update.params == {"best_C": "0.5"}
    assert metrics(update)["best_cv_score"] == [(0.9, 0)]
    assert update.tags["hpsklearn_search.best_trial"] == "0"


def test_a_search_without_a_success_has_no_best() -> None:
    """The error of the search is a tag."""
    update = search_result(Trials(), dict, None, ValueError("all failed"))
    assert update.params == {}
    assert update.tags["hpsklearn_search.error"] == "ValueError: all failed"


@pytest.mark.parametrize(
    "update",
    [
        trial_start(Trial(3, {"x": 1}, started=1.5)),
        best_loss(Trial(3, {"x": 1}).finish(Outcome("ok", loss=0.5), 2.0)),
        ended(Outcome("ok", loss=0.1, folds=(fold(0.1),)), C=0.1),
        Update(folder="a", model="b", status="KILLED", end=3),
        Update(dataset={"name": "dataset", "digest": "1"}),
    ],
)
def test_an_update_survives_json(update: Update) -> None:
    """The update that is read equals the one that was written."""
    assert Update.from_json(json.loads(str(update))) == update


# ---------------------------------------------------------------------- what MLflow accepts
@given(st.lists(st.text(min_size=0, max_size=300), unique=True))
def test_any_distinct_names_become_distinct_names_that_mlflow_takes(names: list[str]) -> None:
    """The names have a valid length and valid characters, and none is a path to another folder."""
    valid = valid_names(names)
    assert len(set(valid)) == len(names)
    for name in valid:
        assert 0 < len(name) <= NAME_LENGTH
        assert re.fullmatch(r"[\w.\- /]+", name)
        assert posixpath.normpath(name) == name != "."
        assert not name.startswith(("/", ".."))


@given(st.lists(st.text(alphabet=string.ascii_letters + string.digits + "_-", min_size=1, max_size=40), unique=True))
def test_names_of_parameters_stay_as_they_are(names: list[str]) -> None:
    """Names of scikit-learn's parameters are not changed."""
    assert valid_names(names) == names


@given(st.text(), st.integers(3, 50))
def test_a_cut_text_is_never_too_long(text: str, length: int) -> None:
    """A text that is short enough is not changed."""
    assert len(cut(text, length)) <= length
    assert cut(text, length) == text or len(text) > length


@given(st.text(st.characters(categories=["L", "Cs"])), st.integers(3, 50))
def test_a_text_has_escapes_for_what_cannot_be_encoded(text: str, length: int) -> None:
    """It can be stored, is never too long, and is as it was if it could be stored before."""
    valid = valid_text(text, length)
    assert len(valid.encode("utf-8").decode("utf-8")) <= length
    escapes = text.encode("utf-8", "backslashreplace").decode("utf-8")
    assert valid == cut(escapes, length)


def test_a_name_of_a_file_that_is_not_utf_8_is_a_parameter_with_escapes() -> None:
    """So it is in tags, and in the error of a trial."""
    file = b"caf\xe9.csv".decode("utf-8", "surrogateescape")
    failure = Failure.of(ValueError(f"no {file}"))
    update = ended(Outcome("fail", failure=failure), file=file)
    assert update.params["file"] == r"caf\udce9.csv"
    assert update.tags["hpsklearn_search.error"] == r"ValueError: no caf\udce9.csv"


@given(st.lists(st.integers()), st.integers(1, 5))
def test_batches_hold_everything_in_order(items: list[int], size: int) -> None:
    """No batch is larger than the limit."""
    pieces = list(batches(items, size))
    assert [item for piece in pieces for item in piece] == items
    assert all(len(piece) <= size for piece in pieces)
