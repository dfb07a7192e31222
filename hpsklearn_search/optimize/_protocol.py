"""What the loop asks of an objective and of a stopper."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from ..executors import Finished, Function
from ..trials import Outcome, Trial, Trials

# Called with the trials known so far; returns the reason to stop, or None.
Stopper: TypeAlias = Callable[[Trials], "str | None"]


class Objective(Protocol):
    """What a trial consists of, and what its parts amount to."""

    @property
    def function(self) -> Function:
        """What an executor runs; shipped once per worker."""

    def tasks(self, trial: Trial, *, batch_folds: bool = False) -> Sequence[Any]:
        """The payloads of the trial's parts, in order; with `batch_folds` preferably one part for all."""

    def outcome(self, trial: Trial, parts: Mapping[int, Finished]) -> Outcome | None:
        """What the finished parts amount to; None while the others are needed. Called when a part has finished."""

    def stored_outcome(self, trial: Trial) -> Outcome:
        """The outcome of a save file's finished trial; InvalidTrial if it cannot be one of this search."""

    def remember(self, trial: Trial) -> None:
        """Learn from a trial that an earlier run finished."""

    def raise_if_fatal(self, trial: Trial) -> None:
        """Raise what must end the search; called when the trial, with its outcome, is recorded."""
