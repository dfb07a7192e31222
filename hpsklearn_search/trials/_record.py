"""The append-only record of a search: trials in order of suggestion, and views of them.

>>> record = Record()
>>> record.add({"x": 1.0}).number, record.add({"x": 2.0}).number
(0, 1)
>>> record.finish(1, Outcome("ok", loss=0.3)).loss
0.3
>>> record.best.point, record.n_settled
({'x': 2.0}, 0)
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from .._texts import printable, public_repr
from ..exceptions import AllTrialsFailed
from ..space import Point, PointKey, Space, point_key, public_point
from ._columns import Columns, History
from ._earlier import EarlierSearch, EarlierTrials
from ._trial import EMPTY_MAPPING, Outcome, Trial

T = TypeVar("T")

# Where the point of a trial came from.
ALGORITHM, GIVEN, LEARNED, EARLIER = "algorithm", "points_to_evaluate", "learned", "earlier search"
OWN_VALUES, NEAR_OWN_VALUES = "own values", "near own values"


class Record:
    """Trials in order of suggestion, numbered 0, 1, 2, ..."""

    # Of the last search, with what it has measured; a pickle of an earlier version has none of these.
    suggest_seconds = 0.0  # that the suggestions took
    n_workers: int | None = None
    secrets: Collection[str] = ()  # labels whose values no message shows

    def __init__(self, exp_key: Any = None) -> None:
        self.exp_key = exp_key
        self._trials: list[Trial] = []
        self._best: Trial | None = None
        self._columns: Columns | None = None
        self._valid: list[Trial] | None = None
        self._derived: dict[str, tuple[Any, Any]] = {}
        self._version = 0
        self._has_other_tids = False
        # Finished trials of an earlier search: algorithms learn from them, but they are not part of the record.
        self.prior_trials: tuple[Trial, ...] = ()
        # Searches of other data or another metric, whose losses have other scales.
        self.earlier: tuple[EarlierTrials, ...] = ()
        # Where the points came from that no algorithm suggested: {point_key(point): origin}.
        self.origins: Mapping[PointKey, str] = {}
        self.n_settled = 0  # Number of the first trial that is not finished.

    def __len__(self) -> int:
        return len(self._trials)

    def __iter__(self) -> Iterator[Trial]:
        return iter(self._trials)

    def __getitem__(self, number: int) -> Trial:
        return self._trials[number]

    def __getstate__(self) -> dict[str, Any]:
        # The arrays can be made again; an algorithm's cache and an exception may not be picklable.
        trials = [_without_exception(trial) for trial in self._trials]
        best = None if self._best is None else trials[self._best.number]
        return {**self.__dict__, "_trials": trials, "_best": best, "_columns": None, "_valid": None, "_derived": {}}

    def add(self, point: Mapping[str, Any], started: float | None = None) -> Trial:
        """Append a running trial at `point`."""
        started = time.time() if started is None else started
        return self._append(Trial(len(self._trials), dict(point), started=started, document=self._own_document()))

    def insert(self, trial: Trial) -> Trial:
        """Append a trial that was made elsewhere, finished or not; it gets the next number."""
        self._has_other_tids |= "tid" in trial.document
        return self._append(replace(trial, number=len(self._trials)))

    def _append(self, trial: Trial) -> Trial:
        self._version += 1
        self._trials.append(trial)
        if self._valid is not None and not trial.has_error:
            self._valid.append(trial)
        if self._columns is not None:
            self._columns.append(trial.point)
        if trial.is_finished:
            self._enter(trial)
        return trial

    def _own_document(self) -> Mapping[str, Any]:
        """The key of the experiment, and a tid if an inserted trial has this number as its tid."""
        document: dict[str, Any] = {} if self.exp_key is None else {"exp_key": self.exp_key}
        if self._has_other_tids:  # else every tid is a number, and this one is new
            tids = {trial.tid for trial in self._trials}
            if len(self._trials) in tids:
                document["tid"] = 1 + max(tid for tid in tids if isinstance(tid, int))
        return document or EMPTY_MAPPING

    def begin(self, number: int) -> Trial:
        """Set the start time of an unfinished trial to now."""
        return self._replace(replace(self._trials[number], started=time.time()))

    def _replace(self, trial: Trial) -> Trial:
        """Put `trial` in the place of an unfinished one."""
        self._version += 1
        self._trials[trial.number] = trial
        if self._valid is not None:
            position = bisect_left(self._valid, trial.number, key=lambda other: other.number)
            self._valid[position : position + 1] = [] if trial.has_error else [trial]
        return trial

    def move(self, number: int, point: Mapping[str, Any]) -> None:
        """Replace the point of a trial by an equal one in another notation."""
        self._trials[number] = replace(self._trials[number], point=dict(point))
        if self._best is not None and self._best.number == number:
            self._best = self._trials[number]
        self._version += 1
        self._columns = self._valid = None  # made again with the new point

    def change(self, number: int, trial: Trial) -> Trial:
        """Put `trial` in the place of one that may have finished already; the trial with this number."""
        old, trial = self._trials[number], replace(trial, number=number)
        self._has_other_tids |= "tid" in trial.document
        if not old.is_finished and trial.point == old.point:  # the usual case, a result, costs no walk
            self._replace(trial)
            if trial.is_finished:
                self._enter(trial)
            return trial
        self._version += 1
        self._trials[number] = trial
        self._columns = self._valid = None
        unfinished = (i for i, other in enumerate(self._trials) if not other.is_finished)
        self.n_settled = next(unfinished, len(self._trials))
        self._best = min(self.ok, key=lambda other: (other.loss, other.number), default=None)
        return trial

    def finish(self, number: int, outcome: Outcome, finished: float | None = None) -> Trial:
        """Set the outcome of a running trial; the finished trial."""
        trial = self._trials[number]
        if trial.is_finished:
            raise ValueError(f"trial {number} has finished already")
        trial = self._replace(trial.finish(outcome, finished))
        self._enter(trial)
        return trial

    def _enter(self, trial: Trial) -> None:
        while self.n_settled < len(self._trials) and self._trials[self.n_settled].is_finished:
            self.n_settled += 1
        if trial.loss is not None and (self._best is None or _is_better(trial, self._best)):
            self._best = trial
        if self._columns is not None:
            assert trial.outcome is not None
            self._columns.tell(trial.number, trial.model_loss, trial.outcome.variance, trial.excess)

    @property
    def valid(self) -> list[Trial]:
        """Trials without an error, in order; to be read only. It is kept up to date, so that looking costs nothing."""
        if self._valid is None:
            self._valid = [trial for trial in self._trials if not trial.has_error]
        return self._valid

    def derived(self, name: str, key: Any, make: Callable[[], T]) -> T:
        """What `make` returns; made once for `key` and a state of the record."""
        key = (self._version, key)
        if name not in self._derived or self._derived[name][0] != key:
            self._derived[name] = key, make()
        value: T = self._derived[name][1]
        return value

    @property
    def ok(self) -> list[Trial]:
        """Finished trials with a usable loss."""
        return [trial for trial in self._trials if trial.is_ok]

    @property
    def running(self) -> list[Trial]:
        """Trials without an outcome."""
        return [trial for trial in self._trials if not trial.is_finished]

    @property
    def best(self) -> Trial:
        """The ok trial with the lowest loss, the earliest of equals; raises AllTrialsFailed if no trial is ok."""
        if self._best is None:
            raise AllTrialsFailed(_why_none(self._trials, self.secrets))
        return self._best

    def best_of(self, n_known: int) -> Trial | None:
        """The best among the first `n_known` trials, None if none is ok."""
        if self._best is None or self._best.number < n_known:  # the usual case costs no walk
            return self._best
        candidates = [trial for trial in self._trials[:n_known] if trial.is_ok]
        return min(candidates, key=lambda trial: (trial.loss, trial.number), default=None)

    def learn_from(
        self, searches: Iterable[EarlierSearch], space: Space, names: Mapping[str, str] = EMPTY_MAPPING
    ) -> list[Point]:
        """Let algorithms see trials of other data or metrics; the best point of each search, to be tried first.

        `names` are those of the parameters of `space`.
        """
        moved = [search.moved_to(space, names) for search in searches]
        self.earlier = tuple(trials for trials in moved if trials.can_teach)
        winners = {point_key(trials.winner): trials.winner for trials in moved if trials.winner is not None}
        self.origins = {**self.origins, **dict.fromkeys(winners, EARLIER)}
        return list(winners.values())

    def origin_of(self, trial: Trial) -> str:
        """Where the point of a trial came from."""
        return self.origins.get(point_key(trial.point), ALGORITHM) if self.origins else ALGORITHM

    def history(self, space: Space, n_known: int | None = None) -> History:
        """The record as arrays over `space`, with the outcomes of the first `n_known` trials only."""
        if self._columns is None or self._columns.space is not space:
            known = {key for key, origin in self.origins.items() if origin not in (ALGORITHM, GIVEN)}
            self._columns = Columns(space, self.prior_trials, known_points=known, earlier=self.earlier)
            for trial in self._trials:
                self._columns.append(trial.point)
                if trial.outcome is not None:
                    self._columns.tell(trial.number, trial.model_loss, trial.outcome.variance, trial.excess)
        return self._columns.history(n_known)


def _without_exception(trial: Trial) -> Trial:
    failure = None if trial.outcome is None else trial.outcome.failure
    if trial.outcome is None or failure is None or failure.exception is None:
        return trial
    return replace(trial, outcome=replace(trial.outcome, failure=replace(failure, exception=None)))


def _why_none(trials: list[Trial], secrets: Collection[str]) -> str:
    """The message that no trial is ok, with the first failure."""
    finished = [trial for trial in trials if trial.outcome is not None]
    text = f"none of {len(trials)} trials succeeded"
    n_outside = sum(trial.is_outside for trial in trials)
    if n_outside:
        return f"none of {len(trials)} trials is within the limits of the search: {n_outside} are outside"
    if not finished:
        return f"{text}: none has finished; give the search more time" if trials else "there are no trials yet"
    first = finished[0]
    assert first.outcome is not None
    reason = printable(
        str(first.outcome.failure or f"the objective returned {public_repr(dict(first.outcome.result))}"), keep="\n\t"
    )
    return f"{text}; the first that failed is trial {first.tid} at {public_point(first.point, secrets)}: {reason}"


def _is_better(trial: Trial, best: Trial) -> bool:
    assert trial.loss is not None and best.loss is not None
    return (trial.loss, trial.number) < (best.loss, best.number)
