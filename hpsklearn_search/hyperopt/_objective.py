"""The user's function as an objective of the loop: one trial, one part."""

from __future__ import annotations

import inspect
import math
import numbers
from collections.abc import Callable, Collection, Mapping, MutableMapping
from contextlib import suppress
from typing import Any, NamedTuple

from .._texts import public_repr
from ..exceptions import InvalidLoss, InvalidResultStatus, InvalidTrial
from ..executors import Finished
from ..integrations import inside_run
from ..space import Point, Space, public_point
from ..trials import STATUS_OK, STATUS_STRINGS, Failure, Outcome, Trial


class InRun(NamedTuple):
    """A point, and the variables by which mlflow finds the run of its trial."""

    point: Point
    environment: dict[str, str]


class _Call:
    """What an executor runs: assemble the configuration and call the user's function."""

    def __init__(self, fn: Callable[..., Any], space: Space, by_keyword: bool) -> None:
        self.fn = fn
        self.space = space
        self.by_keyword = by_keyword

    def __call__(self, payload: Point | InRun) -> Any:
        if isinstance(payload, InRun):
            with inside_run(payload.environment):
                return self(payload.point)
        configuration = self.space.assemble(payload)
        return self.fn(**configuration) if self.by_keyword else self.fn(configuration)


class FunctionObjective:
    """Calls ``fn(configuration)`` once a trial."""

    def __init__(
        self,
        fn: Callable[..., Any],
        space: Space,
        *,
        catch: bool = False,
        by_keyword: bool = False,
        attachments: MutableMapping[str, Any] | None = None,
        environment: Callable[[Trial], dict[str, str]] | None = None,
        function: Callable[[Point], Any] | None = None,
    ) -> None:
        self.function: Callable[[Any], Any] = function or _Call(fn, space, by_keyword)
        self.space = space
        self.environment = environment
        self.catch = catch  # whether an exception of fn makes a failed trial instead of ending the search
        self.attachments = {} if attachments is None else attachments

    def tasks(self, trial: Trial, *, batch_folds: bool = False) -> list[Any]:
        return [trial.point if self.environment is None else InRun(trial.point, self.environment(trial))]

    def outcome(self, trial: Trial, parts: Mapping[int, Finished]) -> Outcome:
        finished = parts[0]
        if finished.failure is not None:
            return Outcome(finished.failure.status, failure=finished.failure)
        try:
            outcome = outcome_of(finished.value, trial, self.space.secrets)
        except (InvalidLoss, InvalidResultStatus) as error:
            return Outcome("fail", failure=Failure.of(error, keep=True))
        self._attach(trial, outcome)
        return outcome

    def stored_outcome(self, trial: Trial) -> Outcome:
        """The outcome of a trial in a save file; InvalidTrial if it cannot be one of this search."""
        assert trial.outcome is not None
        if trial.outcome.folds:
            raise InvalidTrial("a trial of fmin has no folds")
        return trial.outcome

    def remember(self, trial: Trial) -> None:
        if trial.outcome is not None:
            self._attach(trial, trial.outcome)

    def _attach(self, trial: Trial, outcome: Outcome) -> None:
        returned = outcome.result.get("attachments")
        if isinstance(returned, Mapping):
            self.attachments.update({f"ATTACH::{trial.tid}::{name}": value for name, value in returned.items()})

    def raise_if_fatal(self, trial: Trial) -> None:
        """Raise an invalid result, and the exception of the user's function unless exceptions are caught."""
        failure = trial.outcome.failure if trial.outcome is not None else None
        if failure is None:
            return
        is_invalid = isinstance(failure.exception, InvalidLoss | InvalidResultStatus)
        if self.catch and not is_invalid:
            return
        if failure.exception is not None:
            if hasattr(failure.exception, "add_note") and not is_invalid:  # from Python 3.11 on
                failure.exception.add_note(f"in trial {trial.tid} at {public_point(trial.point, self.space.secrets)}")
            raise failure.exception
        if failure.status == "fail":
            raise RuntimeError(f"trial {trial.number} failed: {failure}\n{failure.traceback}")


def outcome_of(value: Any, trial: Trial, secrets: Collection[str]) -> Outcome:
    """What an objective returned, as an outcome; errors do not show the values of the labels in `secrets`."""
    if not isinstance(value, Mapping):
        return _of_loss(_loss(value, trial, secrets))
    result = dict(value)
    status = result.get("status")
    if status not in STATUS_STRINGS:
        found = (
            f"status={public_repr(status)}"
            if "status" in result
            else f"a dict without the key 'status', {_keys(result)}"
        )
        raise InvalidResultStatus(
            f"{_shown(trial, secrets)}: the objective returned {found}; "
            f"return {{'loss': ..., 'status': STATUS_OK}}, with a status of {STATUS_STRINGS}"
        )
    if status == STATUS_OK:
        if "loss" not in result:
            raise InvalidLoss(
                f"{_shown(trial, secrets)}: the objective returned a dict without the key 'loss', "
                f"{_keys(result)}; return {{'loss': ..., 'status': STATUS_OK}}, where a lower loss is better"
            )
        result["loss"] = _loss(result.get("loss"), trial, secrets)
        if len(result) == 2:  # nothing but loss and status: no dict is kept for it
            return _of_loss(result["loss"])
    return Outcome.of(result)


def _shown(trial: Trial, secrets: Collection[str]) -> str:
    return f"trial {trial.number} at {public_point(trial.point, secrets)}"


def _keys(result: Mapping[str, Any]) -> str:
    return f"with the keys {list(result)}"


def check_takes_one_argument(fn: Callable[..., Any], space: Space) -> None:
    """Raise TypeError if `fn` cannot be called with one configuration, as far as its signature tells."""
    if not callable(fn):
        raise TypeError(
            f"fn must be a function of the configuration, got {public_repr(fn)}; write fmin(objective, space), no call"
        )
    try:
        signature = inspect.signature(fn)
    except (TypeError, ValueError):  # a compiled function may have none
        return
    try:
        signature.bind(None)
    except TypeError as error:
        labels = ", ".join(f"config[{label!r}]" for label in space.labels[:3])
        raise TypeError(
            f"fn: {error}. The objective is called with one argument, the configuration: "
            f"def objective(config): ... uses {labels or 'config'}"
        ) from None


def _of_loss(loss: float) -> Outcome:
    """The outcome of a trial that returned nothing but a loss."""
    return Outcome(STATUS_OK, loss) if math.isfinite(loss) else Outcome.of({"loss": loss, "status": STATUS_OK})


def _loss(loss: Any, trial: Trial, secrets: Collection[str]) -> float:
    with suppress(OverflowError):  # of an integer that is too large
        if isinstance(loss, numbers.Real):  # numpy's real scalars are
            return float(loss)
    raise InvalidLoss(
        f"{_shown(trial, secrets)}: the objective must return a real number as loss, "
        f"got {public_repr(loss)} of type {type(loss).__name__}; return float(loss), "
        "or {'loss': float(loss), 'status': STATUS_OK}"
    )
