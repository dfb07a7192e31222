"""The only loop: ask, dispatch, record, stop. With a seed it keeps the rule of `Window`."""

from __future__ import annotations

import numbers
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .._texts import public_repr
from ..executors import Executor, Finished, Task
from ..executors._streams import safe_logger
from ..space import Point, Space
from ..suggest import SuggestAlgorithm
from ..trials import STATUS_CANCELLED, Outcome, Trial, Trials
from ._callbacks import Callback, check_callback
from ._protocol import Objective, Stopper
from ._stoppers import stoppers
from ._suggester import Suggester
from ._window import Window

logger = safe_logger(__name__)


@dataclass(frozen=True)
class Plan:
    """What to search, and when to stop."""

    space: Space
    algo: SuggestAlgorithm
    entropy: int  # the root of all seeds
    max_evals: int | None = None  # the total, trials that are in the record already included
    window: Window = Window()
    timeout: float | None = None  # seconds; trials that run then are cancelled
    stoppers: Sequence[Stopper] = ()
    first_points: Sequence[Point] = ()  # before the algorithm is asked; points of the record are left out
    repeats: bool = True  # whether the search goes on when all points of a finite space were tried
    accepts: Any = None  # accepts(point) -> bool: a refused point is replaced before it costs a trial
    description: Mapping[str, Any] = field(default_factory=dict)  # for callbacks


class Loop:
    """One search over one record."""

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
        self._stoppers = [*plan.stoppers, *stoppers(trials.loss_threshold, None)]
        self._queue: deque[Task] = deque()
        self._in_flight: set[Task] = set()
        self._parts: dict[int, dict[int, Finished]] = {}
        self._suggester = Suggester(
            plan.space,
            plan.algo,
            plan.entropy,
            first_points=plan.first_points,
            repeats=plan.repeats,
            accepts=plan.accepts,
        )
        self._last: int | None = plan.max_evals  # no trial from this number on
        self._n_judged = 0  # trials that the stoppers have seen, in a seeded search
        self._is_exhausted = False
        self._reason = ""

    def run(self) -> str:
        """The reason why the search ended, such as "max_evals", "exhausted", "timeout" or a stopper's."""
        self.trials.know_labels(self.plan.space)
        limits = [limit for limit in (self.plan.timeout, self.trials.timeout) if limit is not None]
        deadline = time.monotonic() + min(limits) if limits else None
        for callback in self.callbacks:
            callback.on_search_begin(self.trials, self.plan.description)
        try:
            self._restart_unfinished()
            if any(trial.is_finished for trial in self._record):
                self._judge()
            self.executor.start(self.objective.function)
            self._record.n_workers = self.executor.capacity
            self._search(deadline)
        except (KeyboardInterrupt, SystemExit):
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
            if not self._in_flight:
                break
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            for finished in self.executor.wait(left):
                self._receive(finished)
            if deadline is not None and time.monotonic() >= deadline:
                self._reason = "timeout"
            if self._reason and self._must_end_now():
                cancelled = self.executor.cancel()
                logger.info("search ended (%s) with %d tasks in flight", self._reason, len(cancelled))
                break
        if not self._reason:
            self._reason = "exhausted" if self._is_exhausted else "max_evals"

    def _fill(self) -> None:
        """Keep every worker busy: first parts of open trials, then a new trial."""
        # Parts of open trials first: few trials are open at a time, and the algorithm sees fresh outcomes.
        while True:
            while len(self._in_flight) < self.executor.capacity and self._queue:
                task = self._queue.popleft()
                self._in_flight.add(task)
                self.executor.submit(task)
            # With several workers a trial is suggested before one of them is free, so that none waits for it.
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

    def _open(self, trial: Trial) -> None:
        self._suggester.note(trial.point)
        self._parts[trial.number] = {}
        for callback in self.callbacks:  # before its tasks, which may name the run of a tracker
            callback.on_trial_begin(self.trials, _copy_of(trial))
        self._queue.extend(
            Task(trial.number, part, payload)
            for part, payload in enumerate(self.objective.tasks(trial, batch_folds=self._should_batch_folds()))
        )

    def _should_batch_folds(self) -> bool:
        """Whether the trial just added should be one task, because sending a task costs much here."""
        if not self.executor.batch_folds:
            return False
        # One task a trial leaves no worker idle only where enough trials are still to come.
        free = self.executor.capacity - len(self._in_flight) - len(self._queue)
        ends = [self._last, self.plan.window.n_allowed(self._record.n_settled)]
        still_to_come = min([end - len(self._record) for end in ends if end is not None], default=free)
        return free <= 1 + max(0, still_to_come)

    def _restart_unfinished(self) -> None:
        """Begin the trials of the record that have no outcome, once more."""
        self._suggester.resume(self._record)
        for trial in self._record.running:
            self._open(self._record.begin(trial.number))

    def _must_end_now(self) -> bool:
        # Seeded, trials that were allowed before the reason came up belong to the result.
        return self.plan.window.size is None or self._reason == "timeout"

    # ------------------------------------------------------------------ asking
    def _may_ask(self) -> bool:
        number = len(self._record)
        if self._last is not None and number >= self._last:
            return False
        # Seeded, a reason has lowered _last, and the trials before it are still asked for.
        has_ended = self.plan.window.size is None and self._reason != ""
        return not has_ended and self.plan.window.may_begin(number, self._record.n_settled)

    def _next_point(self, number: int) -> Point | None:
        start = time.monotonic()
        try:
            return self._suggester.ask(number, self.trials.limited_to(self.plan.window.known_to(number)))
        finally:
            self._record.suggest_seconds += time.monotonic() - start

    # ------------------------------------------------------------------ recording
    def _receive(self, finished: Finished) -> None:
        self._in_flight.discard(finished.task)
        number = finished.task.trial
        if number not in self._parts:
            return  # a part of a trial that was settled without it
        parts = self._parts[number]
        parts[finished.task.part] = finished
        outcome = self.objective.outcome(self._record[number], parts)
        if outcome is not None:
            self._settle(number, outcome)

    def _settle(self, number: int, outcome: Outcome) -> None:
        del self._parts[number]
        self._drop_rest(number)
        if outcome.status != STATUS_CANCELLED:  # a cancelled trial stays unfinished, and runs again on resuming
            self._announce(self._record.finish(number, outcome))

    def _drop_rest(self, number: int) -> None:
        """Forget the queued parts of a settled trial, and cancel those that run."""
        if any(task.trial == number for task in self._queue):
            self._queue = deque(task for task in self._queue if task.trial != number)
        if any(task.trial == number for task in self._in_flight):
            for task in self.executor.cancel(number):
                self._in_flight.discard(task)

    def _announce(self, trial: Trial) -> None:
        for callback in self.callbacks:
            if callback.on_trial_end(self.trials, _copy_of(trial)) is True and not self._reason:
                self._stop("callback", len(self._record))
        self.objective.raise_if_fatal(trial)  # after the callbacks: the save file and trackers have the trial
        self._judge()

    def _judge(self) -> None:
        """Ask the stoppers; in a seeded search about trials 0 .. n for each n, else about all at once."""
        if self._reason or not self._stoppers:
            return
        if self.plan.window.size is None:
            self._ask_stoppers(self.trials, len(self._record))
            return
        # In order of suggestion, whichever trial finished first: the end must not depend on timing.
        while not self._reason and self._n_judged < self._record.n_settled:
            # Every trial that was allowed before this outcome was known still belongs to the result.
            last = self.plan.window.n_allowed(self._n_judged)
            self._n_judged += 1
            self._ask_stoppers(self.trials.limited_to(self._n_judged), last)

    def _ask_stoppers(self, trials: Trials, last: int | None) -> None:
        for stopper in self._stoppers:
            reason = stopper(trials)
            if reason:
                self._stop(reason, last)
                return

    def _stop(self, reason: str, last: int | None) -> None:
        self._reason = reason
        self._last = min((end for end in (self._last, last) if end is not None), default=None)


def entropy_of(random_state: Any, name: str = "random_state") -> int:
    """The root of all seeds of a search: from an int, a RandomState, a Generator, or fresh for None."""
    if random_state is None:
        return int(np.random.SeedSequence().entropy)  # type: ignore[arg-type]
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**63 - 1))  # advances the generator, as scikit-learn and hyperopt do
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))  # what randint takes on every platform
    if isinstance(random_state, bool) or not isinstance(random_state, numbers.Integral):
        raise TypeError(f"{name} must be an int, a RandomState, a Generator or None, got {public_repr(random_state)}")
    if random_state < 0:
        raise ValueError(f"{name} must not be negative, got {public_repr(random_state)}")
    return int(random_state)


def _copy_of(trial: Trial) -> Trial:
    """The trial with a point of its own: a callback may change it, and the record may not change with it."""
    return replace(trial, point=dict(trial.point))
