"""What is logged for a search and its trials: functions from values to updates, and the limits of MLflow.

Columns of ``cv_results_`` give the names: ``mean_test_score`` and ``std_test_score``, and
``split_test_score`` with the number of the fold as step.

>>> from hpsklearn_search.trials import Outcome
>>> fold = {"test_scores": 0.5, "fit_time": 0.1, "score_time": 0.0}
>>> trial = Trial(3, {"C": 1.0}, started=10.0).finish(Outcome("ok", loss=-0.5, folds=(fold, fold)), finished=11.0)
>>> update = trial_end(trial, lambda point: {"C": point["C"]})
>>> update.params, update.status, update.metrics[:2]
({'C': '1.0'}, 'FINISHED', [('loss', -0.5, 11000, 0), ('split_test_score', 0.5, 11000, 0)])
>>> Update.from_json(update.to_json()) == update
True
>>> valid_names(["C", "svc:C", "svc C", "svc_C", "../x"])
['C', 'svc_C', 'svc C', 'svc_C_2', '__x']
"""

from __future__ import annotations

import dataclasses
import json
import math
import numbers
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import numpy as np

from .._secrets_in_texts import without_secrets
from .._texts import concealed, encodable, hidden, is_secret
from ..space import fits_float
from ..trials import STATUS_CANCELLED, STATUS_PRUNED, Trial, Trials

TAG = "hpsklearn_search."
SEARCH_TAG = TAG + "search"
TRIAL_TAG = TAG + "trial"

FINISHED, FAILED, KILLED = "FINISHED", "FAILED", "KILLED"  # how an MLflow run ends

NAME_LENGTH = 250
PARAM_LENGTH = 6000
TAG_LENGTH = 8000
ITEMS_PER_BATCH = 50  # parameters, or tags, in one call: MLflow takes 100, but at most a megabyte
METRICS_PER_BATCH = 1000

Metric: TypeAlias = tuple[str, float, int, int]  # name, finite value, milliseconds since the epoch, step
Values: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, Any]]  # from a point to parameter values
Item = TypeVar("Item")


@dataclass(frozen=True)
class Update:
    """What is written to one run, as plain data that a file can hold."""

    trial: int | None = None  # None is the parent run; a run that does not exist yet is created
    start: int | None = None  # milliseconds since the epoch, of the run to create
    end: int | None = None  # milliseconds since the epoch, of the run that ends
    status: str | None = None  # None leaves the run open
    tags: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Sequence[Metric] = field(default_factory=list)
    folder: str | None = None  # its files become artifacts of the run
    model: str | None = None  # a folder with a saved model
    dataset: Mapping[str, str] = field(default_factory=dict)  # the training data in mlflow's words, without the data

    def to_json(self) -> dict[str, Any]:
        """The fields that are not empty, as JSON values."""
        return {name: value for name, value in dataclasses.asdict(self).items() if value not in (None, {}, (), [])}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Update:
        """The update that `to_json` wrote."""
        return cls(**{**values, "metrics": [tuple(metric) for metric in values.get("metrics", ())]})

    def __str__(self) -> str:
        return json.dumps(self.to_json())


# ---------------------------------------------------------------------- the search
def search_start(search: Mapping[str, Any]) -> Update:
    """The settings of a search, for its parent run."""
    settings = {name: value for name, value in search.get("settings", {}).items() if value is not None}
    trials = settings.get("trials")
    if isinstance(trials, Trials | list | tuple) or hasattr(trials, "get_params"):  # to show them all would be long
        settings["trials"] = type(trials).__name__
    estimator = settings.get("estimator")
    tags = {}
    if estimator is not None:  # the tags that mlflow's autologging gives to searches of scikit-learn
        kind = type(estimator)
        tags = {"estimator_name": kind.__name__, "estimator_class": f"{kind.__module__}.{kind.__qualname__}"}
    return Update(params=_params(settings), tags=valid_tags(tags))


def default_run_name(search: Mapping[str, Any]) -> str:
    """A name for the parent run: the kind of search and what it tunes."""
    settings = search.get("settings", {})
    target = settings.get("estimator", settings.get("fn"))
    name = getattr(target, "__name__", None) or type(target).__name__
    return f"{search.get('kind', 'search')}({name})"


def search_result(trials: Trials, values: Values, fitted: Any, error: BaseException | None) -> Update:
    """The best trial and the result, for the parent run."""
    tags: dict[str, Any] = {TAG + "stop_reason": trials.stop_reason or ""}
    if error is not None:
        tags[TAG + "error"] = f"{type(error).__name__}: {_text(error)}"
    metrics: dict[str, Any] = {"n_trials": sum(trial.is_finished for trial in trials.record)}
    best: Mapping[str, Any] = {}
    if trials.best_loss is not None:
        tags[TAG + "best_trial"] = trials.record.best.number
        best = values(trials.record.best.point)
    if fitted is not None:
        if hasattr(fitted, "best_params_"):
            best = values(fitted._rows()[fitted.best_index_].point)
        metrics["best_cv_score"] = getattr(fitted, "best_score_", None)
        metrics |= _scores_of_best(trials, fitted)
        metrics["refit_time"] = getattr(fitted, "refit_time_", None) if error is None else None
    end = max((t.finished for t in trials.record if t.is_finished), default=math.nan)
    return Update(
        tags=valid_tags(tags),
        params=_params({f"best_{name}": value for name, value in best.items()}),
        metrics=_metrics(((name, value, 0) for name, value in metrics.items()), end),
    )


def _scores_of_best(trials: Trials, fitted: Any) -> dict[str, Any]:
    """With several metrics, all scores of the best candidate."""
    if not getattr(fitted, "multimetric_", False):
        return {}
    if hasattr(fitted, "best_index_"):
        table, row = fitted.cv_results_, fitted.best_index_
        return {f"best_{name}": table[name][row] for name in table if re.match("(mean|std)_(test|train)_", name)}
    # Without `refit`, it is the best one by the metric that the search optimises.
    outcome = trials.record.best.outcome if trials.best_loss is not None else None
    scores = _fold_scores(outcome.folds) if outcome is not None else {}
    return {f"best_mean_{name}": np.mean(values) for name, values in scores.items()}


def best_loss(trial: Trial) -> Update:
    """A new best loss, for the parent run, with the number of the trial as step."""
    return Update(metrics=_metrics([("best_loss", trial.loss, trial.number)], trial.finished))


# ---------------------------------------------------------------------- a trial
def trial_start(trial: Trial) -> Update:
    """A new run for a trial."""
    return Update(trial=trial.number, start=milliseconds(trial.started), tags={TRIAL_TAG: str(trial.number)})


def trial_end(trial: Trial, values: Values) -> Update:
    """Parameters, scores, times and status of a finished trial."""
    outcome = trial.outcome
    assert outcome is not None
    tags: dict[str, Any] = {TAG + "status": outcome.status}
    if outcome.failure is not None:
        tags[TAG + "error"] = str(outcome.failure)
    return Update(
        trial=trial.number,
        start=milliseconds(trial.started),  # again, because the update that starts the run may have been refused
        end=milliseconds(trial.finished),
        status=_run_status(trial),
        tags=valid_tags(tags),
        params=_params(values(trial.point)),
        metrics=_metrics(_trial_metrics(trial), trial.finished),
    )


def _run_status(trial: Trial) -> str:
    assert trial.outcome is not None
    if trial.is_ok or trial.is_outside:
        return FINISHED
    return KILLED if trial.outcome.status in (STATUS_PRUNED, STATUS_CANCELLED) else FAILED


def _trial_metrics(trial: Trial) -> Iterator[tuple[str, Any, int]]:
    """Name, value and step; `_metrics` leaves out what is not a finite number."""
    outcome = trial.outcome
    assert outcome is not None
    yield "loss", trial.loss, 0
    for name, value in outcome.result.items():
        if name not in ("loss", "status") and isinstance(name, str):
            yield name, value, 0
    for name, scores in _fold_scores(outcome.folds).items():
        yield from ((f"split_{name}", score, fold) for fold, score in enumerate(scores))
        suffix = "_partial" if trial.was_pruned else ""  # not comparable with a mean over all folds
        yield f"mean_{name}{suffix}", np.mean(scores), 0
        yield f"std_{name}{suffix}", np.std(scores), 0
    if trial.excess:
        yield "within_limits", int(all(excess <= 0 for excess in trial.excess)), 0
    for name in ("fit_time", "score_time") if outcome.folds else ():
        times = [fold[name] for fold in outcome.folds]
        yield f"mean_{name}", np.mean(times), 0
        yield f"std_{name}", np.std(times), 0
    sizes = [fold["n_bytes"] for fold in outcome.folds if "n_bytes" in fold]
    if sizes:
        yield "n_bytes", np.mean(sizes), 0


def _fold_scores(folds: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
    """``{"test_score": [score of each fold]}``; with several metrics a list for each metric."""
    columns: dict[str, list[float]] = {}
    for side in ("test", "train"):
        for fold in folds:
            scores = fold.get(f"{side}_scores", {})
            for metric, score in scores.items() if isinstance(scores, Mapping) else [("score", scores)]:
                columns.setdefault(f"{side}_{metric}", []).append(score)
    return columns


# ---------------------------------------------------------------------- what MLflow accepts
def valid_names(names: Iterable[str]) -> list[str]:
    """The names with the characters that MLflow takes on every system; distinct names stay distinct."""
    valid: dict[str, None] = {}
    for name in names:
        base = _valid_name(name)
        distinct, n = base, 1
        while distinct in valid:
            n += 1
            distinct = f"{base[: NAME_LENGTH - 6]}_{n}"
        valid[distinct] = None
    return list(valid)


def _valid_name(name: str) -> str:
    name = re.sub(r"[^\w.\- /]", "_", name)[:NAME_LENGTH] or "_"
    if name != posixpath.normpath(name) or name.startswith(("/", "..")):
        name = name.replace("/", "_")  # a slash stays only in a plain relative path
    return re.sub(r"^(\.\.|\.$)", "_", name)  # MLflow refuses names that look like a parent folder


def valid_tags(values: Mapping[str, Any]) -> dict[str, str]:
    """Names and texts of tags as MLflow takes them."""
    return _valid_texts(values, TAG_LENGTH)


def _params(values: Mapping[str, Any]) -> dict[str, str]:
    return _valid_texts(values, PARAM_LENGTH)


def _valid_texts(values: Mapping[str, Any], length: int) -> dict[str, str]:
    texts = (valid_text(_public_text(name, value), length) for name, value in values.items())
    return dict(zip(valid_names(map(str, values)), texts, strict=True))


def _metrics(values: Iterable[tuple[str, Any, int]], seconds: float) -> list[Metric]:
    timestamp = milliseconds(seconds) or 0
    finite = [(name, float(v), step) for name, v, step in values if isinstance(v, numbers.Real) and fits_float(v)]
    names = list(dict.fromkeys(name for name, _, _ in finite))
    valid = dict(zip(names, valid_names(names), strict=True))
    return [(valid[name], value, timestamp, step) for name, value, step in finite]


def _public_text(name: Any, value: Any) -> str:
    """`value` as text, with hashes in place of secrets, which a reader of the log need not know."""
    if is_secret(name, value):
        return hidden(_text(value))
    return without_secrets(_text(concealed(value)))


def _text(value: Any) -> str:
    """`value` as text: a function by its name, a number as Python writes it."""
    if isinstance(value, np.generic):
        value = value.item()
    if callable(value) and hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    try:
        return str(value)
    except Exception:  # a user's object whose text cannot be made must not end the search
        return f"({type(value).__name__} without a text)"


def valid_text(text: str, length: int) -> str:
    """A text as MLflow takes it: one that its data base can encode, of at most `length` characters."""
    return cut(encodable(text), length)


def cut(text: str, length: int) -> str:
    """`text`, shortened to at most `length` characters."""
    return text if len(text) <= length else text[: length - 3] + "..."


def batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """`items` in pieces of at most `size`."""
    return (items[start : start + size] for start in range(0, len(items), size))


def milliseconds(seconds: float) -> int | None:
    """MLflow's unit of time; None for NaN, an unknown time."""
    return round(1000 * seconds) if math.isfinite(seconds) else None
