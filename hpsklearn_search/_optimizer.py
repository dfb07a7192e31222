"""`Optimizer`: the library's algorithms and record for a loop that the user runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

from ._keywords import ExplainsKeywords
from ._texts import public_repr
from .hyperopt._algorithm import resolve_algo
from .hyperopt._objective import outcome_of
from .hyperopt._translate import as_trials, translate_space
from .optimize import Suggester, check_positive_integer, entropy_of
from .space import Point, Space, parse_point
from .trials import STATUS_FAIL, Failure, Outcome, Trial


@dataclass(frozen=True)
class Suggestion:
    """A candidate to evaluate."""

    number: int  # of the trial
    point: Point  # {label: raw value}, active labels only, a choice as the index of its option
    configuration: Any  # the space with every node replaced by its value: what an objective would receive


class Optimizer(ExplainsKeywords):
    """Ask for a candidate, tell its result; in any order, from any thread.

    Parameters
    ----------
    space : object
        The space, as for `fmin`: dicts, lists, tuples, constants and ``hp`` expressions, in any combination.
    algo : callable or str, default=None
        The algorithm, as for `fmin`: ``tpe.suggest`` or ``"tpe"``. By default the Gaussian process and TPE
        together.
    random_state : int, RandomState or Generator, default=None
        The seed. With a seed, equal sequences of `ask` and `tell` give equal suggestions. By default every run
        differs.
    trials : Trials, fitted search, path or list, default=None
        The record that new trials are appended to. The algorithm learns from its trials. Trials without an
        outcome are `pending`. A ``hyperopt.Trials`` is copied. What `fmin` can learn from works here, too. By
        default a new record.
    points_to_evaluate : sequence of mapping, default=None
        The points that are suggested first: ``[{"x": 1.0}]``. A choice is given by its index or its option. By
        default there are none.

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong.
    InvalidTrial
        If a point, or a trial in `trials`, is not of this space.

    Notes
    -----
    New suggestions keep away from pending ones. A point of a finite space is suggested again only when no
    other is left. An optimizer can be pickled at any time if its space and its algorithm can.

    Examples
    --------
    >>> from hpsklearn_search import Optimizer, hp
    >>> optimizer = Optimizer(
    ...     {"x": hp.uniform(-5, 5), "y": hp.randint(4)}, random_state=0
    ... )
    >>> for _ in range(30):
    ...     suggestion = optimizer.ask()
    ...     x, y = suggestion.configuration.values()
    ...     optimizer.tell(suggestion, (x - 1) ** 2 + y)
    >>> optimizer.best.configuration["y"], optimizer.trials.best_loss < 0.1
    (0, True)

    Several candidates at once, told in another order, one of them with a failure:

    >>> first, second = optimizer.ask(2)
    >>> optimizer.tell(
    ...     second, {"status": "ok", "loss": 3.0, "operator": "night shift"}
    ... )
    >>> optimizer.tell(first, RuntimeError("the oven was cold"))
    >>> optimizer.pending, optimizer.trials.statuses()[-1]
    ([], 'ok')

    A point that was not suggested can be told as well:

    >>> optimizer.tell({"x": 1.0, "y": 0}, 0.0)
    >>> optimizer.best.point
    {'x': 1.0, 'y': 0}
    """

    _meant = {
        **dict.fromkeys(("seed", "rstate", "random_seed", "rng"), "random_state"),
        **dict.fromkeys(("dimensions", "search_space", "params", "pbounds"), "space"),
        **dict.fromkeys(("sampler", "base_estimator", "optimizer"), "algo"),
        **dict.fromkeys(("n_trials", "max_evals", "n_iter"), "Leave it out: you decide how often you call ask"),
    }

    _attributes_elsewhere = {
        **dict.fromkeys(("suggest", "get_suggestion", "get_suggestions", "ask_tell"), "ask()"),
        **dict.fromkeys(("register", "observe", "report", "update"), "tell(suggestion, loss)"),
        **dict.fromkeys(("best_params", "best_params_", "best_trial", "best_point"), "best.configuration"),
        **dict.fromkeys(("best_value", "best_loss"), "trials.best_loss"),
        **dict.fromkeys(("minimize", "maximize", "optimize", "run"), "fmin(objective, space), which runs the loop"),
    }

    def __init__(
        self,
        space: Any,
        algo: Callable[..., Any] | str | None = None,
        *,
        random_state: Any = None,
        trials: Any = None,
        points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        self.space = Space(translate_space(space))
        self.trials = as_trials(trials)
        self.trials.rewrite_for(self.space)
        self.trials.know_labels(self.space)
        self._first = [parse_point(self.space, point, within=False) for point in points_to_evaluate or ()]  # as in fmin
        self._first += self.trials.record.learn_from(self.trials.earlier, self.space)
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
        """Suggest the next candidate.

        Parameters
        ----------
        n : int, default=None
            The number of suggestions. With it, a list is returned. Each suggestion takes the ones before it
            into account. By default one suggestion is returned.

        Returns
        -------
        Suggestion or list of Suggestion
            A list if `n` is given. A suggestion is `pending` until its result is told.

        Raises
        ------
        RuntimeError
            If the algorithm has nothing more to suggest, which only a user's own algorithm can.
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
        """Record the result of a suggestion, or of a point that was not suggested.

        Parameters
        ----------
        suggestion : Suggestion, int or mapping
            The suggestion that `ask` returned, or its number. For a trial of your own, it is the point: ``{"x":
            1.0}``.
        result : float, mapping or exception
            The loss, or a mapping with ``"status"`` and ``"loss"``, as an objective of `fmin` may return. An
            exception is a failure. So is a loss that is not finite, and ``{"status": "fail"}``.

        Raises
        ------
        InvalidLoss, InvalidResultStatus
            If `result` is none of these; the suggestion is still pending then.
        InvalidTrial
            If the point is not of the space.
        ValueError
            If there is no such suggestion, or if it already has a result.
        """
        with self._lock:
            if isinstance(suggestion, Mapping):
                self._tell_point(parse_point(self.space, suggestion), result)
                return
            trial = self._pending(suggestion)
            self.trials.record.finish(trial.number, _outcome(result, trial, self.space.secrets))

    def _tell_point(self, point: Point, result: Any) -> None:
        number = len(self.trials.record)
        # Before the record: a wrong result must leave no trial.
        outcome = _outcome(result, Trial(number, point), self.space.secrets)
        self.trials.record.finish(self._begin(point).number, outcome)

    def _pending(self, suggestion: Any) -> Trial:
        """The trial of a suggestion or of its number."""
        number = suggestion.number if isinstance(suggestion, Suggestion) else suggestion
        exists = isinstance(number, int) and 0 <= number < len(self.trials.record)
        trial = self.trials.record[number] if exists else None
        if trial is None or (isinstance(suggestion, Suggestion) and suggestion.point != trial.point):
            raise ValueError(
                f"no trial of this optimizer is {public_repr(suggestion)}; tell() takes what its ask() returned, "
                "or the point {label: value} of a trial of your own"
            )
        if trial.is_finished:
            raise ValueError(
                f"trial {number} already has a result; to add another measurement of its point, "
                "call tell(point, result)"
            )
        return trial

    # ------------------------------------------------------------------ results so far
    @property
    def pending(self) -> list[Suggestion]:
        """Suggestions without a result, in order: the ones to start again after a restart."""
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


def _outcome(result: Any, trial: Trial, secrets: Collection[str]) -> Outcome:
    if isinstance(result, BaseException):
        return Outcome(STATUS_FAIL, failure=Failure.of(result))
    return outcome_of(result, trial, secrets)
