"""The append-only record of a search: trials in order of suggestion, and views of them.

>>> record = Record()
>>> record.add({"x": 1.0}).number, record.add({"x": 2.0}).number
(0, 1)
>>> record.finish(1, Outcome("ok", loss=0.3)).loss
0.3
>>> record.best.point, record.told
({'x': 2.0}, 0)
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from ..exceptions import AllTrialsFailed
from ..space import Space
from ._columns import Columns, History
from ._trial import Outcome, Trial

__all__ = ["Record"]


class Record:
    """Trials in order of suggestion, numbered 0, 1, 2, ..."""

    def __init__(self) -> None:
        self._trials: list[Trial] = []
        self._best: Trial | None = None
        self._columns: Columns | None = None
        self.told = 0
        """How many trials from the first on are finished without a gap."""

    def __len__(self) -> int:
        return len(self._trials)

    def __iter__(self) -> Iterator[Trial]:
        return iter(self._trials)

    def __getitem__(self, number: int) -> Trial:
        return self._trials[number]

    def __getstate__(self) -> dict[str, Any]:
        # The arrays can be derived again, and an algorithm's cache may not pickle.
        return {**self.__dict__, "_columns": None}

    def add(self, point: Mapping[str, Any], started: float | None = None) -> Trial:
        """Append a running trial at `point`."""
        trial = Trial(len(self._trials), dict(point), started=time.time() if started is None else started)
        self._trials.append(trial)
        if self._columns is not None:
            self._columns.append(trial.point)
        return trial

    def finish(self, number: int, outcome: Outcome, finished: float | None = None) -> Trial:
        """Enter the outcome of a running trial, and return the finished one."""
        trial = self._trials[number]
        if trial.is_finished:
            raise ValueError(f"trial {number} is finished already")
        trial = self._trials[number] = trial.finish(outcome, finished)
        while self.told < len(self._trials) and self._trials[self.told].is_finished:
            self.told += 1
        if trial.loss is not None and (self._best is None or _is_better(trial, self._best)):
            self._best = trial
        if self._columns is not None:
            self._columns.tell(number, trial.model_loss, outcome.variance)
        return trial

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
        """The ok trial with the lowest loss, the earliest of equals.

        Raises
        ------
        AllTrialsFailed
            If no trial is ok.
        """
        if self._best is None:
            raise AllTrialsFailed(f"none of {len(self._trials)} trials succeeded")
        return self._best

    def best_of(self, told: int) -> Trial | None:
        """The best among the first `told` trials, None if none is ok."""
        if self._best is None or self._best.number < told:
            return self._best
        candidates = [trial for trial in self._trials[:told] if trial.is_ok]
        return min(candidates, key=lambda trial: (trial.loss, trial.number), default=None)

    def history(self, space: Space, told: int | None = None) -> History:
        """The record as arrays over `space`, with the outcomes of the first `told` trials only."""
        if self._columns is None or self._columns.space is not space:
            self._columns = Columns(space)
            for trial in self._trials:
                self._columns.append(trial.point)
                if trial.outcome is not None:
                    self._columns.tell(trial.number, trial.model_loss, trial.outcome.variance)
        return self._columns.history(told)


def _is_better(trial: Trial, best: Trial) -> bool:
    assert trial.loss is not None and best.loss is not None
    return (trial.loss, trial.number) < (best.loss, best.number)
