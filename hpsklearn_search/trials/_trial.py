"""A trial and its outcome: frozen values that the record holds.

>>> trial = Trial(0, {"x": 1.5})
>>> trial.is_finished, trial.finish(Outcome("ok", loss=0.2)).loss
(False, 0.2)
"""

from __future__ import annotations

import numbers
import re
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from .._secrets_in_texts import without_secrets
from ..space import fits_float

STATUS_NEW = "new"
STATUS_RUNNING = "running"
STATUS_SUSPENDED = "suspended"
STATUS_OK = "ok"
STATUS_FAIL = "fail"
# What an objective may return as ``status``, as in hyperopt.
STATUS_STRINGS = (STATUS_NEW, STATUS_RUNNING, STATUS_SUSPENDED, STATUS_OK, STATUS_FAIL)

STATUS_TIMEOUT = "timeout"
STATUS_CRASHED = "crashed"
STATUS_CANCELLED = "cancelled"
# Racing stopped it before its last fold: it is not a failure, is never the best, and its loss is an estimate.
STATUS_PRUNED = "pruned"
# It lies outside a limit of the search: it is not a failure, is never the best, and an algorithm learns from its loss.
STATUS_OUTSIDE = "outside"
WITH_LOSS = (STATUS_OK, STATUS_PRUNED, STATUS_OUTSIDE)
NUMBER = re.compile(r"[-+]?\d[\d.]*(?:e[-+]?\d+)?")


class _EmptyMapping(Mapping[str, Any]):
    """A mapping without keys that cannot be changed: a single object in place of an empty dict per trial."""

    __slots__ = ()

    def __getitem__(self, key: str) -> NoReturn:
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "{}"

    def __hash__(self) -> int:
        return 0  # a dataclass refuses an unhashable default

    def __reduce__(self) -> str:
        return "EMPTY_MAPPING"  # copies and pickles are the same object


EMPTY_MAPPING = _EmptyMapping()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a trial or a fold did not finish, as text that can be sent between processes."""

    status: str  # "fail" (it raised), "timeout", "crashed" (its worker died) or "cancelled"
    kind: str
    message: str
    traceback: str = ""
    exception: BaseException | None = field(default=None, compare=False, repr=False)  # None from other processes

    @classmethod
    def of(cls, error: BaseException, *, keep: bool = False) -> Failure:
        """The failure for `error`; with `keep`, it holds the exception, too."""
        try:
            message = str(error)
        except Exception:  # an exception whose __str__ raises must not end the search
            message = "(its message cannot be shown)"
        kind = type(error).__name__
        text = without_secrets(_traceback_of(error, f"{kind}: {message}"))
        return cls(STATUS_FAIL, kind, without_secrets(message), text, error if keep else None)

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}" if self.message else self.kind

    @property
    def without_numbers(self) -> str:
        """Its text without the numbers in the message, which is the same for all candidates with one reason to fail.

        >>> Failure("fail", "HTTP404", "C must be above 0, got -1.5e-07").without_numbers
        'HTTP404: C must be above ..., got ...'
        """
        message = NUMBER.sub("...", " ".join(self.message.split()))
        return f"{self.kind}: {message}" if message else self.kind


def _traceback_of(error: BaseException, last_line: str) -> str:
    """What Python prints for an exception that nobody catches; without its causes if these cannot be found."""
    try:
        return "".join(traceback.format_exception(error))
    except Exception:  # a class of exceptions may have a __cause__ of its own, which raises
        return "".join(["Traceback (most recent call last):\n", *traceback.format_tb(error.__traceback__), last_line])


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a trial."""

    status: str  # "ok" for a trial with a usable loss
    loss: float | None = None  # to be minimised; finite if the status is ok
    variance: float | None = None  # of the loss as an estimate, if known
    result: Mapping[str, Any] = EMPTY_MAPPING  # what the objective returned, unchanged
    folds: tuple[Mapping[str, Any], ...] = ()  # scores, times, sizes and error of each; empty without folds
    failure: Failure | None = None
    excess: tuple[float, ...] = ()  # of each limit, how far outside: at most 0 within; empty without limits

    @classmethod
    def of(cls, result: Mapping[str, Any]) -> Outcome:
        """The outcome for the result of an objective: ok if the loss is finite and the status says so."""
        loss, variance = _finite(result.get("loss")), _finite(result.get("loss_variance"))
        if result.get("status") != STATUS_OK or loss is None:
            return cls(STATUS_FAIL, result=result)
        return cls(STATUS_OK, loss, None if variance is None or variance < 0 else variance, result)


def _finite(value: Any) -> float | None:
    is_number = isinstance(value, numbers.Real)  # includes numpy's real scalars
    return float(value) if is_number and fits_float(value) else None


@dataclass(frozen=True, slots=True)
class Trial:
    """One suggestion, and its outcome when it has finished."""

    number: int  # the place in the order of suggestion (hyperopt's tid)
    point: dict[str, Any]  # {label: raw value}, active labels only, a choice as the index of its option
    outcome: Outcome | None = None  # None while the trial runs
    started: float = float("nan")  # seconds since the epoch; NaN while unknown
    finished: float = float("nan")
    document: Mapping[str, Any] = EMPTY_MAPPING  # further entries of an inserted document: tid, spec, owner ...

    @property
    def tid(self) -> Any:
        """hyperopt's identifier of the trial: its number, unless its document had another one."""
        return self.document.get("tid", self.number)

    @property
    def is_finished(self) -> bool:
        """Whether there is an outcome."""
        return self.outcome is not None

    @property
    def is_ok(self) -> bool:
        """Whether there is an outcome with a usable loss."""
        return self.outcome is not None and self.outcome.status == STATUS_OK

    @property
    def was_pruned(self) -> bool:
        """Whether racing pruned it before its last fold."""
        return self.outcome is not None and self.outcome.status == STATUS_PRUNED

    @property
    def is_outside(self) -> bool:
        """Whether all folds ran, and it lies outside a limit of the search."""
        return self.outcome is not None and self.outcome.status == STATUS_OUTSIDE

    @property
    def has_failed(self) -> bool:
        """Whether there is an outcome, and no loss to learn from."""
        return self.outcome is not None and self.outcome.status not in WITH_LOSS

    @property
    def has_error(self) -> bool:
        """Whether it raised or was cancelled; a failure that the objective reported is no error, as in hyperopt."""
        return self.outcome is not None and (
            self.outcome.status == STATUS_CANCELLED or self.outcome.failure is not None
        )

    @property
    def loss(self) -> float | None:
        """The loss, None unless the trial is ok."""
        return self.outcome.loss if self.outcome is not None and self.outcome.status == STATUS_OK else None

    @property
    def model_loss(self) -> float | None:
        """The loss that an algorithm learns from; of a pruned trial it is an estimate."""
        return self.outcome.loss if self.outcome is not None and self.outcome.status in WITH_LOSS else None

    @property
    def excess(self) -> tuple[float, ...]:
        """How far outside of each limit the trial is; empty without limits or without an outcome."""
        return self.outcome.excess if self.outcome is not None and self.outcome.status in WITH_LOSS else ()

    def finish(self, outcome: Outcome, finished: float | None = None) -> Trial:
        """This trial with its outcome."""
        return replace(self, outcome=outcome, finished=time.time() if finished is None else finished)
