"""Where the time of a search went: fits, the model that suggests, and waiting.

>>> from hpsklearn_search.trials import Outcome
>>> fold = {"fit_time": 1.5, "score_time": 0.5}
>>> trials = [Trial(0, {}, started=0.0).finish(Outcome("ok", loss=0.0, folds=(fold, fold)), finished=5.0)]
>>> for row in timing(trials, workers=1, suggesting=0.25):
...     print(*row, sep=": ")
wall clock: 5 s from the first start to the last end, with the pauses of a resumed search
fits: 2 fits took 3 s, and their scores 1 s; in the mean, 0.8 of them ran at a time
model: 0.25 s for the suggestions of 1 candidate
waiting: 1 s in which a worker did not fit, in the mean of 1 worker: suggestions, sending data, saving
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..trials import Trial


def timing(
    trials: Sequence[Trial], *, workers: int | None = None, suggesting: float | None = None, refit: float | None = None
) -> Iterator[tuple[str, str]]:
    """What is said of the time; `workers` is None where it is not known."""
    times = [t for trial in trials for t in (trial.started, trial.finished) if not math.isnan(t)]
    wall = max(times) - min(times) if times else 0.0
    folds = [fold for trial in trials if trial.outcome is not None for fold in trial.outcome.folds]
    fits, scores = (sum(_seconds(fold, name) for fold in folds) for name in ("fit_time", "score_time"))
    if wall:
        yield "wall clock", f"{seconds(wall)} from the first start to the last end, with the pauses of a resumed search"
    if folds:
        at_once = f"; in the mean, {(fits + scores) / wall:.2g} of them ran at a time" if wall else ""
        yield "fits", f"{_count(len(folds), 'fit')} took {seconds(fits)}, and their scores {seconds(scores)}{at_once}"
    if suggesting is not None:
        yield "model", f"{seconds(suggesting)} for the suggestions of {_count(len(trials), 'candidate')}"
    if workers is not None and folds and wall:
        idle = max(0.0, wall - (fits + scores) / workers)
        whose = f"in the mean of {_count(workers, 'worker')}"
        yield (
            "waiting",
            f"{seconds(idle)} in which a worker did not fit, {whose}: suggestions, sending data, saving",
        )
    if refit is not None:
        yield "refit", f"{seconds(refit)} to fit the best candidate on all data"


def seconds(value: float) -> str:
    """A duration in its largest units.

    >>> seconds(0.01234), seconds(75), seconds(7300), seconds(200000)
    ('0.0123 s', '1 min 15 s', '2 h 1 min', '55 h 33 min')
    """
    if value < 60:
        return f"{value:.3g} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _seconds(fold: Mapping[str, Any], name: str) -> float:
    value = fold.get(name)
    # A save file may hold anything, and no fold takes more than a hundred years.
    return float(value) if isinstance(value, int | float) and 0 <= value < 3e9 else 0.0


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
