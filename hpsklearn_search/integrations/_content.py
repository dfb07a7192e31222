"""What is logged of a search and of its trials: functions from values to updates.

Columns of ``cv_results_`` give the names: ``mean_test_score`` and ``std_test_score``, and
``split_test_score`` with the number of the fold as step.

>>> from hpsklearn_search.trials import Outcome
>>> fold = {"test_scores": 0.5, "fit_time": 0.1, "score_time": 0.0}
>>> trial = Trial(3, {"C": 1.0}, started=10.0).finish(Outcome("ok", loss=-0.5, folds=(fold, fold)), finished=11.0)
>>> update = trial_ended(trial, lambda point: {"C": point["C"]})
>>> update.params, update.status, update.metrics[:2]
({'C': '1.0'}, 'FINISHED', [('loss', -0.5, 11000, 0), ('split_test_score', 0.5, 11000, 0)])
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..trials import STATUS_CANCELLED, STATUS_PRUNED, Trial, Trials
from ._limits import PARAM_LENGTH, TAG_LENGTH, allowed_names, cut
from ._updates import FAILED, FINISHED, KILLED, Metric, Update, milliseconds

TAG = "hpsklearn_search."
SEARCH_TAG = TAG + "search"
TRIAL_TAG = TAG + "trial"

Values = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""From a point to what it stands for."""


# ---------------------------------------------------------------------- the search
def search_began(search: Mapping[str, Any]) -> Update:
    """The settings of a search, for its parent run."""
    settings = dict(search.get("settings", {}))
    if isinstance(settings.get("trials"), Trials):
        settings["trials"] = type(settings["trials"]).__name__
    estimator = settings.get("estimator")
    tags = {}
    if estimator is not None:  # as mlflow's autologging tags the runs of scikit-learn's searches
        kind = type(estimator)
        tags = {"estimator_name": kind.__name__, "estimator_class": f"{kind.__module__}.{kind.__qualname__}"}
    return Update(params=_params(settings), tags=tags_of(tags))


def name_of(search: Mapping[str, Any]) -> str:
    """A name for the parent run: what searches, and what is tuned."""
    settings = search.get("settings", {})
    tuned = settings.get("estimator", settings.get("fn"))
    name = getattr(tuned, "__name__", None) or type(tuned).__name__
    return f"{search.get('kind', 'search')}({name})"


def result(trials: Trials, values: Values, fitted: Any, error: BaseException | None) -> Update:
    """The best trial and the result, for the parent run."""
    tags: dict[str, Any] = {TAG + "stop_reason": trials.stop_reason or ""}
    if error is not None:
        tags[TAG + "error"] = f"{type(error).__name__}: {_text(error)}"
    numbers_: dict[str, Any] = {"n_trials": sum(trial.is_finished for trial in trials.record)}
    best: Mapping[str, Any] = {}
    if trials.best_loss is not None:
        tags[TAG + "best_trial"] = trials.record.best.number
        best = values(trials.record.best.point)
    if fitted is not None:
        best = getattr(fitted, "best_params_", best)
        numbers_["best_cv_score"] = getattr(fitted, "best_score_", None)
        numbers_["refit_time"] = getattr(fitted, "refit_time_", None) if error is None else None
    ended = max((t.finished for t in trials.record if t.is_finished), default=math.nan)
    return Update(
        tags=tags_of(tags),
        params=_params({f"best_{name}": value for name, value in best.items()}),
        metrics=_metrics(((name, value, 0) for name, value in numbers_.items()), ended),
    )


def improved(trial: Trial) -> Update:
    """A new best loss, for the parent run, with the number of the trial as step."""
    return Update(metrics=_metrics([("best_loss", trial.loss, trial.number)], trial.finished))


# ---------------------------------------------------------------------- a trial
def trial_began(trial: Trial) -> Update:
    """A run for a trial."""
    return Update(trial=trial.number, start=milliseconds(trial.started), tags={TRIAL_TAG: str(trial.number)})


def trial_ended(trial: Trial, values: Values) -> Update:
    """Parameters, scores and times of a trial, and how it ended."""
    outcome = trial.outcome
    assert outcome is not None
    tags: dict[str, Any] = {TAG + "status": outcome.status}
    if outcome.failure is not None:
        tags[TAG + "error"] = str(outcome.failure)
    return Update(
        trial=trial.number,
        start=milliseconds(trial.started),
        end=milliseconds(trial.finished),
        status=_run_status(trial),
        tags=tags_of(tags),
        params=_params(values(trial.point)),
        metrics=_metrics(_trial_metrics(trial), trial.finished),
    )


def _run_status(trial: Trial) -> str:
    assert trial.outcome is not None
    if trial.is_ok:
        return FINISHED
    return KILLED if trial.outcome.status in (STATUS_PRUNED, STATUS_CANCELLED) else FAILED


def _trial_metrics(trial: Trial) -> Iterator[tuple[str, Any, int]]:
    """Name, value and step; what is no finite number is left out later."""
    outcome = trial.outcome
    assert outcome is not None
    yield "loss", trial.loss, 0
    for name, value in outcome.result.items():
        if name not in ("loss", "status") and isinstance(name, str):
            yield name, value, 0
    for name, per_fold in _fold_scores(outcome.folds).items():
        yield from ((f"split_{name}", score, fold) for fold, score in enumerate(per_fold))
        suffix = "_partial" if trial.was_pruned else ""  # not comparable with a mean over all folds
        yield f"mean_{name}{suffix}", np.mean(per_fold), 0
        yield f"std_{name}{suffix}", np.std(per_fold), 0
    for name in ("fit_time", "score_time") if outcome.folds else ():
        times = [fold[name] for fold in outcome.folds]
        yield f"mean_{name}", np.mean(times), 0
        yield f"std_{name}", np.std(times), 0


def _fold_scores(folds: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
    """``{"test_score": [one a fold]}``; with several metrics one list each."""
    found: dict[str, list[float]] = {}
    for side in ("test", "train"):
        for fold in folds:
            scores = fold.get(f"{side}_scores", {})
            for metric, score in scores.items() if isinstance(scores, Mapping) else [("score", scores)]:
                found.setdefault(f"{side}_{metric}", []).append(score)
    return found


# ---------------------------------------------------------------------- texts and numbers
def _params(values: Mapping[str, Any]) -> dict[str, str]:
    return dict(
        zip(allowed_names(map(str, values)), (cut(_text(v), PARAM_LENGTH) for v in values.values()), strict=True)
    )


def tags_of(values: Mapping[str, Any]) -> dict[str, str]:
    """Names and texts as MLflow takes them for tags."""
    texts = (cut(_text(value), TAG_LENGTH) for value in values.values())
    return dict(zip(allowed_names(map(str, values)), texts, strict=True))


def _metrics(values: Iterable[tuple[str, Any, int]], seconds: float) -> list[Metric]:
    at = milliseconds(seconds) or 0
    finite = [(name, float(v), step) for name, v, step in values if isinstance(v, numbers.Real) and math.isfinite(v)]
    names = list(dict.fromkeys(name for name, _, _ in finite))
    allowed = dict(zip(names, allowed_names(names), strict=True))
    return [(allowed[name], value, at, step) for name, value, step in finite]


def _text(value: Any) -> str:
    """`value` as a reader knows it: a function by name, a number as Python writes it."""
    if isinstance(value, np.generic):
        value = value.item()
    if callable(value) and hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    try:
        return str(value)
    except Exception:  # an object of the user's whose text cannot be made must not end the search
        return f"({type(value).__name__} without a text)"
