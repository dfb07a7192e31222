"""`Optimizer`: the same algorithms and the same record for a loop that is not ours."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

from .hyperopt._algorithm import resolve_algo
from .hyperopt._objective import outcome_of
from .hyperopt._translate import as_trials, translate_space
from .optimize import Suggester, check_positive_integer, entropy_of
from .space import Point, Space, parse_point
from .trials import STATUS_FAIL, Failure, Outcome, Trial, Trials


@dataclass(frozen=True)
class Suggestion:
    """What to try.

    Attributes
    ----------
    number : int
        The number of the trial.
    point : dict
        ``{label: raw value}``, active labels only, a choice as the index of its option.
    configuration : object
        The space with every node replaced by its value: what an objective would receive.
    """

    number: int
    point: Point
    configuration: Any


class Optimizer:
    """Ask what to try, tell what came of it; in whatever order, from whatever thread.

    Parameters
    ----------
    space : object
        Any nest of dicts, lists, tuples, constants and ``hp`` nodes, as for `fmin`.
    algo : callable or str, optional
        As for `fmin`; by default the library's best all-round algorithm.
    random_state : int, RandomState, Generator or None
        Seed. With one, equal sequences of `ask` and `tell` give equal suggestions.
    trials : Trials, optional
        The record to append to. Its trials are known to the algorithm; those without an outcome are
        `pending`. Of hyperopt's own ``Trials`` a copy is made.
    points_to_evaluate : sequence of mapping, optional
        ``{label: value}``, the first suggestions; of a choice the index or the option.

    Attributes
    ----------
    trials : Trials
        The record, with hyperopt's views.

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong.
    InvalidTrial
        If a point, or a trial in `trials`, is not of this space.

    Notes
    -----
    Suggestions that were not told of are known to the algorithm, and the next ones keep away from them.
    A point of a finite space is suggested again only when there is no other left. An optimizer can be
    pickled, at any time, if its space and its algorithm can.

    Examples
    --------
    >>> from hpsklearn_search import Optimizer, hp
    >>> optimizer = Optimizer({"x": hp.uniform("x", -5, 5), "y": hp.randint("y", 4)}, random_state=0)
    >>> for _ in range(30):
    ...     suggestion = optimizer.ask()
    ...     x, y = suggestion.configuration.values()
    ...     optimizer.tell(suggestion, (x - 1) ** 2 + y)
    >>> optimizer.best.configuration["y"], optimizer.trials.best_loss < 0.1
    (0, True)

    Several at once, which come back in another order, one of them with a failure:

    >>> first, second = optimizer.ask(2)
    >>> optimizer.tell(second, {"status": "ok", "loss": 3.0, "operator": "night shift"})
    >>> optimizer.tell(first, RuntimeError("the oven was cold"))
    >>> optimizer.pending, optimizer.trials.statuses()[-1]
    ([], 'ok')

    What was tried without being asked for counts, too:

    >>> optimizer.tell({"x": 1.0, "y": 0}, 0.0)
    >>> optimizer.best.point
    {'x': 1.0, 'y': 0}
    """

    def __init__(
        self,
        space: Any,
        algo: Callable[..., Any] | str | None = None,
        *,
        random_state: Any = None,
        trials: Trials | None = None,
        points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        self.space = Space(translate_space(space))
        self.trials = as_trials(trials)
        self.trials.rewrite_for(self.space)
        self.trials.labels = self.space.labels
        self._first = [parse_point(self.space, point) for point in points_to_evaluate or ()]
        self._suggester = Suggester(self.space, resolve_algo(algo), entropy_of(random_state))
        for trial in self.trials.record:
            self._suggester.note(trial.point)
        self._lock = threading.RLock()

    def __repr__(self) -> str:
        return f"Optimizer({len(self.trials.record)} trials, {len(self.pending)} pending)"

    def __getstate__(self) -> dict[str, Any]:
        with self._lock:
            return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=threading.RLock())

    # ------------------------------------------------------------------ ask and tell
    @overload
    def ask(self, n: None = None) -> Suggestion: ...

    @overload
    def ask(self, n: int) -> list[Suggestion]: ...

    def ask(self, n: int | None = None) -> Suggestion | list[Suggestion]:
        """What to try next.

        Parameters
        ----------
        n : int, optional
            How many suggestions; each knows of those before it.

        Returns
        -------
        Suggestion or list of Suggestion
            A list if `n` is given. They are `pending` until they are told of.

        Raises
        ------
        RuntimeError
            If the algorithm has nothing more to suggest; the library's own always have.
        """
        if n is None:
            return self._ask()
        return [self._ask() for _ in range(check_positive_integer("n", n))]

    def _ask(self) -> Suggestion:
        with self._lock:
            number = len(self.trials.record)
            point = self._first.pop(0) if self._first else self._suggester.ask(number, self.trials)
            if point is None:
                raise RuntimeError(f"algo has nothing more to suggest after {number} trials")
            return self._suggestion(self._begin(point))

    def _begin(self, point: Point) -> Trial:
        self._suggester.note(point)
        return self.trials.record.add(point)

    def tell(self, suggestion: Suggestion | int | Mapping[str, Any], result: Any) -> None:
        """What came of a suggestion, or of a point that was not suggested.

        Parameters
        ----------
        suggestion : Suggestion, int or mapping
            As `ask` returned it, or its number; or the point ``{label: value}`` of a trial of your own.
        result : float, mapping or exception
            What an objective of `fmin` may return: a loss, or a mapping with ``"status"`` and ``"loss"``.
            An exception is a failure, as are a loss that is not finite and ``{"status": "fail"}``.

        Raises
        ------
        InvalidLoss, InvalidResultStatus
            If `result` is none of these; the suggestion is still pending then.
        InvalidTrial
            If the point is not of the space.
        ValueError
            If there is no such suggestion, or it was told of before.
        """
        with self._lock:
            if isinstance(suggestion, Mapping):
                self._tell_of_own(parse_point(self.space, suggestion), result)
                return
            trial = self._pending(suggestion)
            self.trials.record.finish(trial.number, _outcome(result, trial))

    def _tell_of_own(self, point: Point, result: Any) -> None:
        number = len(self.trials.record)
        outcome = _outcome(result, Trial(number, point))  # what is no result must leave no trial behind
        self.trials.record.finish(self._begin(point).number, outcome)

    def _pending(self, suggestion: Any) -> Trial:
        """The trial that a suggestion, or its number, stands for."""
        number = suggestion.number if isinstance(suggestion, Suggestion) else suggestion
        known = isinstance(number, int) and 0 <= number < len(self.trials.record)
        trial = self.trials.record[number] if known else None
        if trial is None or (isinstance(suggestion, Suggestion) and suggestion.point != trial.point):
            raise ValueError(
                f"no trial of this optimizer is {suggestion!r}; tell() takes what its ask() returned, "
                "or the point {label: value} of a trial of your own"
            )
        if trial.is_finished:
            raise ValueError(f"trial {number} was told of before; for another measurement write tell(point, result)")
        return trial

    # ------------------------------------------------------------------ what is known
    @property
    def pending(self) -> list[Suggestion]:
        """Suggestions that were not told of, in order: what to start again after a restart."""
        with self._lock:
            return [self._suggestion(trial) for trial in self.trials.record.running]

    @property
    def best(self) -> Suggestion:
        """The suggestion with the lowest loss.

        Raises
        ------
        AllTrialsFailed
            If none has a usable loss.
        """
        with self._lock:
            return self._suggestion(self.trials.record.best)

    def _suggestion(self, trial: Trial) -> Suggestion:
        return Suggestion(trial.number, dict(trial.point), self.space.assemble(trial.point))


def _outcome(result: Any, trial: Trial) -> Outcome:
    if isinstance(result, BaseException):
        return Outcome(STATUS_FAIL, failure=Failure.of(result))
    return outcome_of(result, trial)
