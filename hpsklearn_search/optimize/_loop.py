"""The only loop: ask, dispatch, record, stop.

With a seed, the *window rule* holds: trial t is suggested from exactly the outcomes of trials
0 .. t-W, however the later ones finished, and waits for them. What is suggested, and where the
search stops, then depends neither on timing nor on where the work runs.
"""

from __future__ import annotations

import logging
import numbers
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..executors import Executor, Finished, Task
from ..space import Point, Space
from ..suggest import SuggestAlgorithm
from ..trials import STATUS_CANCELLED, Trial, Trials
from ._ask import Asker
from ._protocol import Callback, Objective, Stopper, check_callback
from ._stoppers import loss_threshold

__all__ = ["Loop", "Plan", "entropy_of"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """What to search, and when to stop.

    Attributes
    ----------
    space, algo, entropy
        The space, the algorithm, and the root of all its seeds.
    max_evals : int or None
        Total number of trials, those already in the record included.
    window : int or None
        W of the window rule; None uses whatever has finished.
    timeout : float or None
        Seconds; what is in flight then is cancelled.
    stoppers : sequence of callable
        Asked after every finished trial (with a window: in order of suggestion).
    first_points : sequence of Point
        Suggested first, before the algorithm is asked; those that are in the record already are not.
    repeats : bool
        Whether a finite space may be visited twice once it is used up; if not, the search ends.
    accepts : callable or None
        ``accepts(point) -> bool``: points it refuses are replaced before they cost a trial.
    description : mapping
        What callbacks are told about the search.
    """

    space: Space
    algo: SuggestAlgorithm
    entropy: int
    max_evals: int | None = None
    window: int | None = None
    timeout: float | None = None
    stoppers: Sequence[Stopper] = ()
    first_points: Sequence[Point] = ()
    repeats: bool = True
    accepts: Any = None
    description: Mapping[str, Any] = field(default_factory=dict)


class Loop:
    """One search over one record.

    Parameters
    ----------
    plan : Plan
        What to search.
    objective : Objective
        What a trial consists of.
    executor : Executor
        Where it runs; started and closed by `run`.
    trials : Trials
        The record to append to. Trials in it without an outcome are run again.
    callbacks : sequence of Callback, optional
        Who watches.
    """

    def __init__(
        self,
        plan: Plan,
        objective: Objective,
        executor: Executor,
        trials: Trials,
        callbacks: Sequence[Callback] = (),
    ) -> None:
        self.plan = plan
        self.objective = objective
        self.executor = executor
        self.trials = trials
        self.callbacks = [check_callback(callback) for callback in callbacks]
        self._record = trials.record
        self._stoppers = [*plan.stoppers, *_prescribed(trials)]
        self._queue: deque[Task] = deque()
        self._in_flight: set[Task] = set()
        self._parts: dict[int, dict[int, Finished]] = {}
        self._asker = Asker(
            plan.space,
            plan.algo,
            plan.entropy,
            first_points=plan.first_points,
            repeats=plan.repeats,
            accepts=plan.accepts,
        )
        self._last: int | None = plan.max_evals  # no trial from this number on
        self._judged = 0  # trials that the stoppers have seen, with a window
        self._is_exhausted = False
        self._reason = ""

    def run(self) -> str:
        """Search until a budget is used up or somebody stops it; the reason.

        Returns
        -------
        str
            ``"max_evals"``, ``"exhausted"`` (a finite space has no more points), ``"timeout"``,
            ``"callback"``, or what a stopper said.
        """
        self.trials.labels = self.plan.space.labels
        limits = [limit for limit in (self.plan.timeout, self.trials.timeout) if limit is not None]
        deadline = time.monotonic() + min(limits) if limits else None
        for callback in self.callbacks:
            callback.on_search_begin(self.trials, self.plan.description)
        try:
            self._restart_unfinished()
            if any(trial.is_finished for trial in self._record):
                self._judge()
            self.executor.start(self.objective.work)
            self._search(deadline)
        except KeyboardInterrupt:
            self._reason = "interrupted"
            raise
        except BaseException:
            self._reason = "error"
            raise
        finally:
            self.trials.stop_reason = self._reason
            self.executor.close()
            for callback in self.callbacks:
                callback.on_search_end(self.trials, self._reason)
        return self._reason

    # ------------------------------------------------------------------ dispatch
    def _search(self, deadline: float | None) -> None:
        while True:
            self._fill()
            if not self._in_flight and self._queue and self.objective.order is not None:
                self.objective.order.release()
                self._fill()
            if not self._in_flight:
                break
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            for finished in self.executor.wait(left):
                self._receive(finished)
            if deadline is not None and time.monotonic() >= deadline:
                self._reason = "timeout"
            if self._reason and self._must_end_now():
                self._abandon()
                break
        if not self._reason:
            self._reason = "exhausted" if self._is_exhausted else "max_evals"

    def _fill(self) -> None:
        """Keep every worker busy: first folds of open trials, then a new trial.

        With several workers a trial is suggested before one of them is free, so that none waits for it.
        """
        while True:
            while len(self._in_flight) < self.executor.capacity and (task := self._next_task()) is not None:
                self._in_flight.add(task)
                self.executor.submit(task)
            if len(self._in_flight) >= self.executor.capacity and (self._queue or self.executor.capacity == 1):
                return
            if not self._may_ask():
                return
            point = self._next_point(len(self._record))
            if point is None:
                self._last = len(self._record)
                self._is_exhausted = True
                return
            self._open(self._record.add(point))

    def _next_task(self) -> Task | None:
        """The part to run next, None if there is none that may."""
        order = self.objective.order
        if order is None:
            return self._queue.popleft() if self._queue else None
        while (task := order.choose(self._queue)) is not None:
            trial, parts = self._record[task.trial], self._parts[task.trial]
            if parts and self.objective.is_decided(trial, parts):  # by what became of others
                self._settle(task.trial)
                continue
            self._queue.remove(task)
            return task
        return None

    def _open(self, trial: Trial) -> None:
        self._asker.note(trial.point)
        self._parts[trial.number] = {}
        self._queue.extend(
            Task(trial.number, part, payload)
            for part, payload in enumerate(self.objective.tasks(trial, whole=self._better_whole()))
        )
        for callback in self.callbacks:
            callback.on_trial_begin(self.trials, trial)

    def _better_whole(self) -> bool:
        """Whether the trial just added should be one task: each task is dear, and trials enough fill the workers."""
        if not getattr(self.executor, "prefers_whole_trials", False):
            return False
        free = self.executor.capacity - len(self._in_flight) - len(self._queue)
        added = len(self._record)
        ends = [self._last, None if self.plan.window is None else self._record.told + self.plan.window]
        still_to_come = min([end - added for end in ends if end is not None], default=free)
        return free <= 1 + max(0, still_to_come)

    def _restart_unfinished(self) -> None:
        self._asker.resume(self._record)
        for trial in self._record.running:
            self._open(self._record.begin(trial.number))

    def _must_end_now(self) -> bool:
        # With a window, trials that were allowed before the reason came up belong to the result.
        return self.plan.window is None or self._reason == "timeout"

    def _abandon(self) -> None:
        cancelled = self.executor.cancel()
        logger.info("search ended (%s) with %d tasks in flight", self._reason, len(cancelled))

    # ------------------------------------------------------------------ asking
    def _may_ask(self) -> bool:
        number = len(self._record)
        if self._last is not None and number >= self._last:
            return False
        if self.plan.window is None:
            return not self._reason
        return self._record.told >= number - self.plan.window + 1

    def _told(self, number: int) -> int | None:
        """How many outcomes trial `number` may know; None for all there are."""
        return None if self.plan.window is None else max(0, number - self.plan.window + 1)

    def _next_point(self, number: int) -> Point | None:
        return self._asker.ask(number, self.trials.until(self._told(number)))

    # ------------------------------------------------------------------ recording
    def _receive(self, finished: Finished) -> None:
        self._in_flight.discard(finished.task)
        number = finished.task.trial
        if number not in self._parts:
            return  # a part of a trial that was decided without it
        parts = self._parts[number]
        parts[finished.task.part] = finished
        if self.objective.is_decided(self._record[number], parts):
            self._settle(number)

    def _settle(self, number: int) -> None:
        trial, parts = self._record[number], self._parts.pop(number)
        self._drop_rest(number)
        outcome = self.objective.outcome(trial, parts)
        if outcome.status == STATUS_CANCELLED:
            return
        self._tell(self._record.finish(number, outcome))

    def _drop_rest(self, number: int) -> None:
        """Parts of a decided trial that have not finished: forget the queued, cancel the running."""
        if any(task.trial == number for task in self._queue):
            self._queue = deque(task for task in self._queue if task.trial != number)
        if any(task.trial == number for task in self._in_flight):
            for task in self.executor.cancel(number):
                self._in_flight.discard(task)

    def _tell(self, trial: Trial) -> None:
        for callback in self.callbacks:
            if callback.on_trial_end(self.trials, trial) is True and not self._reason:
                self._stop("callback", len(self._record))
        self.objective.check(trial)
        self._judge()

    def _judge(self) -> None:
        """Ask the stoppers; with a window about each leading run of finished trials, else about all."""
        if self._reason or not self._stoppers:
            return
        if self.plan.window is None:
            self._ask_stoppers(self.trials, len(self._record))
            return
        while not self._reason and self._judged < self._record.told:
            self._judged += 1
            # Every trial that was allowed before this outcome was known still belongs to the result.
            self._ask_stoppers(self.trials.until(self._judged), self._judged + self.plan.window - 1)

    def _ask_stoppers(self, trials: Trials, last: int) -> None:
        for stopper in self._stoppers:
            reason = stopper(trials)
            if reason:
                self._stop(reason, last)
                return

    def _stop(self, reason: str, last: int) -> None:
        self._reason = reason
        self._last = last if self._last is None else min(self._last, last)


def _prescribed(trials: Trials) -> list[Stopper]:
    return [] if trials.loss_threshold is None else [loss_threshold(trials.loss_threshold)]


def entropy_of(random_state: Any, name: str = "random_state") -> int:
    """The root of all seeds of a search: from an int, a RandomState, a Generator, or fresh for None.

    A RandomState or Generator is advanced, as scikit-learn and hyperopt do. `name` is what the argument is called.

    Raises
    ------
    TypeError
        If it is something else.
    ValueError
        If it is a negative number.
    """
    if random_state is None:
        return int(np.random.SeedSequence().entropy)  # type: ignore[arg-type]
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**63 - 1))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    if isinstance(random_state, bool) or not isinstance(random_state, numbers.Integral):
        raise TypeError(f"{name} must be an int, a RandomState, a Generator or None, got {random_state!r}")
    if random_state < 0:
        raise ValueError(f"{name} must not be negative, got {random_state!r}")
    return int(random_state)
