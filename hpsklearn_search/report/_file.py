"""The facts of a save file: it knows points, scores, times and errors, and neither the estimator nor the data.

Anybody may have written the file, so nothing but its types is relied on.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np

from .._secret_names import is_secret_name
from ..plots import Candidates
from ..space._typing import FloatArray
from ..trials import HIDDEN, STATUS_CANCELLED, WORDS, SavedSearch, Trial
from ._facts import Facts, Pairs, Table
from ._found import found_in_space, n_best
from ._html import assignments, number
from ._timing import seconds, timing

MOST_METRICS, MOST_FOLDS, LONGEST_VALUE = 20, 1000, 300
LARGEST = 1e150  # of a number: its square is finite
# The settings that are shown, by their keys in the file.
SETTINGS = (
    "parameters of the estimator",
    "scoring",
    "refit",
    "objective_metric",
    "algo",
    "fn",
    "racing",
    "limits",
    "random_state",
)
REASONS = {
    "code": "A save file holds neither the estimator nor the data. After fit, search.report('search.html') has the "
    "code of the best model, and advice, the comparison and importances too. If the search was interrupted, run its "
    "script again with this file: it continues where it stopped.",
}


@dataclass(frozen=True)
class Word:
    """What a label is called, and what its values are."""

    name: str
    values: str = ""
    options: tuple[str, ...] = ()

    def value(self, raw: Any) -> Any:
        """A raw value as it is shown: the option of a choice, else a number."""
        if self.options and isinstance(raw, int):
            return self.options[raw] if 0 <= raw < len(self.options) else f"option {raw}"
        return HIDDEN if self.is_hidden else raw

    @property
    def is_hidden(self) -> bool:
        """Whether it is a secret number, by its name or by that of a key above it, as the file says."""
        return not self.options and (is_secret_name(self.name) or self.values == HIDDEN)


def facts_of_file(saved: SavedSearch) -> Facts:
    """All that a save file knows."""
    finished = [_plain_trial(t) for t in saved.trials if t.outcome is not None and t.outcome.status != STATUS_CANCELLED]
    words, is_loss = _words(saved), "fn" in saved.fingerprint
    results = _results(finished, words)
    candidates = _on_the_clock(Candidates.from_cv_results(results, "score"), finished)
    best = candidates.best
    return Facts(
        title=f"{_kind(saved.fingerprint)} in {Path(saved.path).name}",
        candidates=candidates,
        trials=finished,
        results=results,
        best=best,
        is_loss=is_loss,
        tiles=list(_tiles(candidates, saved.trials, is_loss=is_loss)),
        limits=_limits(saved.fingerprint),
        result=_result(best, results),
        settings=list(_settings(saved.fingerprint)),
        space=_space(saved, words, finished, candidates),
        timing=[*timing(finished), *_last(finished)],
        data=[(name, str(saved.fingerprint[name])) for name in ("X", "y") if saved.fingerprint.get(name)],
        reasons={**REASONS, "result": _nothing_yet(saved.trials, best)},
    )


def _kind(fingerprint: Mapping[str, Any]) -> str:
    if "fn" in fingerprint:
        return "Search of fmin"
    return f"Search of {str(fingerprint.get('estimator', 'an estimator')).rpartition('.')[2][:80]}"


def _nothing_yet(trials: Sequence[Trial], best: int | None) -> str:
    if best is not None:
        return ""
    return "No candidate has a score yet." if trials else "No candidate has finished yet."


# ---------------------------------------------------------------------- labels
def _words(saved: SavedSearch) -> dict[str, Word]:
    """The words of the labels; of a file without words, or with others, the labels themselves."""
    stored = saved.fingerprint.get(WORDS)
    stored = stored if isinstance(stored, dict) else {}
    labels = dict.fromkeys(label for trial in saved.trials for label in trial.point)
    return {label: _word(label, stored.get(label)) for label in [*stored, *(x for x in labels if x not in stored)]}


def _word(label: str, stored: Any) -> Word:
    is_right = isinstance(stored, list) and len(stored) == 3 and all(isinstance(part, str) for part in stored[:2])
    if not is_right or not isinstance(stored[2], list) or not all(isinstance(text, str) for text in stored[2]):
        return Word(label)
    return Word(stored[0], stored[1], tuple(stored[2]))


# ---------------------------------------------------------------------- the table
def _results(trials: Sequence[Trial], words: Mapping[str, Word]) -> dict[str, Any]:
    """Columns as in ``cv_results_``, with the optimised score as ``score``."""
    losses = [None if trial.was_pruned else trial.model_loss for trial in trials]
    scores = np.array([math.nan if loss is None else -loss for loss in losses], dtype=float)
    results: dict[str, Any] = {"mean_test_score": scores}
    folds = [trial.outcome.folds[:MOST_FOLDS] if trial.outcome is not None else () for trial in trials]
    metrics = dict.fromkeys(name for of_trial in folds for fold in of_trial for name in _scores(fold))
    for name in list(metrics)[:MOST_METRICS]:
        columns = [[_scores(fold).get(name, math.nan) for fold in of_trial] for of_trial in folds]
        results[f"std_test_{name}"] = np.array([np.std(c) if c else math.nan for c in columns], dtype=float)
        if name != "score":
            results[f"mean_test_{name}"] = np.array([np.mean(c) if c else math.nan for c in columns], dtype=float)
    for time_ in ("fit_time", "score_time"):
        if any(folds):
            results[f"mean_{time_}"] = np.array([_mean(of_trial, time_) for of_trial in folds])
    if any(trial.is_outside for trial in trials):
        results["within_limits"] = np.array([trial.is_ok or trial.was_pruned for trial in trials])
    if any("n_bytes" in fold for of_trial in folds for fold in of_trial):
        results["n_bytes"] = np.array([_mean(of_trial, "n_bytes") for of_trial in folds])
    if any(trial.was_pruned for trial in trials):
        results["n_splits_run"] = np.array([len(of_trial) for of_trial in folds])
        partial = [trial.model_loss for trial in trials]
        results["mean_test_score_partial"] = np.array([-x if x is not None else math.nan for x in partial], dtype=float)
    return {**results, **_parameters(trials, words)}


def _scores(fold: Mapping[str, Any]) -> dict[str, float]:
    """The test scores of a fold, by metric."""
    scores = fold.get("test_scores")
    by_name = scores if isinstance(scores, dict) else {"score": scores}
    return {str(name): float(x) for name, x in by_name.items() if _is_number(x)}


def _mean(folds: Sequence[Mapping[str, Any]], name: str) -> float:
    values = [float(value) for value in (fold.get(name) for fold in folds) if _is_number(value)]
    return float(np.mean(values)) if values else math.nan


def _is_number(value: Any) -> TypeGuard[float]:
    """Whether `value` is a number that one can reckon with."""
    return isinstance(value, int | float) and abs(value) < LARGEST


def _plain_trial(trial: Trial) -> Trial:
    """The trial with numbers and short texts as the values of its point."""
    point = {label: raw if _is_number(raw) else str(raw)[:LONGEST_VALUE] for label, raw in trial.point.items()}
    return replace(trial, point=point)


def _parameters(trials: Sequence[Trial], words: Mapping[str, Word]) -> dict[str, Any]:
    """A column for each parameter, which several labels may set."""
    columns: dict[str, list[Any]] = {}
    for row, trial in enumerate(trials):
        for label, raw in trial.point.items():
            name = words[label].name.removesuffix(f" ({label})")
            columns.setdefault(name, [None] * len(trials))[row] = _plain(words[label].value(raw))
    return {
        f"param_{name}": np.ma.MaskedArray(np.array([*values, None], dtype=object)[:-1], [v is None for v in values])
        for name, values in columns.items()
    }


def _plain(value: Any) -> Any:
    # The text of an option that is a text has quotes.
    if isinstance(value, str):
        is_quoted = len(value) > 1 and value[0] == value[-1] == "'"
        return value[1:-1] if is_quoted else value
    return value


def _on_the_clock(candidates: Candidates, trials: Sequence[Trial]) -> Candidates:
    finished: FloatArray = np.array([trial.finished for trial in trials], dtype=float)
    started = [trial.started for trial in trials if not math.isnan(trial.started)]
    if not started or np.isnan(finished).any():
        return candidates
    return replace(candidates, seconds=finished - min(started), is_wall_clock=True)


# ---------------------------------------------------------------------- sections
def _tiles(candidates: Candidates, trials: Sequence[Trial], *, is_loss: bool) -> Iterator[tuple[str, str]]:
    if candidates.best is not None:
        best = float(candidates.scores[candidates.best])
        yield ("best loss", number(-best + 0.0)) if is_loss else ("best score", number(best))
        yield "best candidate", str(candidates.best)
    yield "finished", str(len(candidates))
    yield "failed", str(int(candidates.failed.sum()))
    if candidates.outside.any():
        yield "outside a limit", str(int(candidates.outside.sum()))
    if candidates.pruned.any():
        yield "pruned", str(int(candidates.pruned.sum()))
    yield "not finished", str(sum(trial.outcome is None for trial in trials))


def _result(best: int | None, results: Mapping[str, Any]) -> Pairs:
    columns = {key.removeprefix("param_"): column for key, column in results.items() if key.startswith("param_")}
    if best is None:
        return []
    shown = {name: column[best] for name, column in columns.items() if column[best] is not np.ma.masked}
    return [(name, assignments([(name, value)]).removeprefix(f"{name}=")) for name, value in shown.items()]


def _space(
    saved: SavedSearch, words: Mapping[str, Word], trials: Sequence[Trial], candidates: Candidates
) -> Table | None:
    if not words:
        return None
    points = [trial.point for trial in trials]
    scores = np.where(candidates.complete, candidates.scores, -np.inf)
    best_first = [row for row in np.argsort(-scores, kind="stable").tolist() if candidates.complete[row]]
    rows = []
    for label, word in words.items():
        tried, best, among = found_in_space(label, points, best_first, word.options)
        if word.is_hidden:
            best, among = HIDDEN, HIDDEN
        rows.append([word.name, word.values, tried, best, among])
    return Table(["parameter", "values", "tried", "best", f"in the {n_best(len(best_first))} best"], rows)


def _settings(fingerprint: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key in SETTINGS:
        value = fingerprint.get(key)
        if isinstance(value, dict):
            value = assignments(value.items())
        if value is not None and value != "":
            yield key, str(value)[:LONGEST_VALUE]


def _limits(fingerprint: Mapping[str, Any]) -> dict[str, tuple[float | None, float | None]]:
    """The limits of the search; of a file that was changed, those that can be read."""
    stored = fingerprint.get("limits")
    pairs = stored.items() if isinstance(stored, dict) else ()
    are_bounds = [(name, pair) for name, pair in pairs if isinstance(pair, list) and len(pair) == 2]
    return {name: (pair[0], pair[1]) for name, pair in are_bounds if all(b is None or _is_number(b) for b in pair)}


def _last(trials: Sequence[Trial]) -> Iterator[tuple[str, str]]:
    finished = [trial.finished for trial in trials if not math.isnan(trial.finished)]
    if finished:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(max(finished)))
        yield "last candidate", f"finished at {when}, {seconds(max(0.0, time.time() - max(finished)))} before this page"
