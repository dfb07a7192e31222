"""A trial and its outcome: frozen values that the record holds.

>>> trial = Trial(0, {"x": 1.5})
>>> trial.is_finished, trial.finish(Outcome("ok", loss=0.2)).loss
(False, 0.2)
"""

from __future__ import annotations

import math
import numbers
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

STATUS_NEW = "new"
STATUS_RUNNING = "running"
STATUS_SUSPENDED = "suspended"
STATUS_OK = "ok"
STATUS_FAIL = "fail"
STATUS_STRINGS = (STATUS_NEW, STATUS_RUNNING, STATUS_SUSPENDED, STATUS_OK, STATUS_FAIL)
"""What an objective may return as ``status``, as in hyperopt."""

STATUS_TIMEOUT = "timeout"
STATUS_CRASHED = "crashed"
STATUS_CANCELLED = "cancelled"
STATUS_PRUNED = "pruned"
"""Given up before its last part: not a failure, never the best, and its loss is an estimate."""


class _EmptyMapping(Mapping[str, Any]):
    """A mapping without keys. There is one, which nobody can write to, where each trial would have an empty dict."""

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
        return 0  # what cannot change has one, and dataclasses refuse as a default what has none

    def __reduce__(self) -> str:
        return "EMPTY_MAPPING"  # copied and unpickled, it is still the one


EMPTY_MAPPING = _EmptyMapping()
"""What a trial has to say beyond what it says."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something did not finish, as text that crosses any process border.

    ``status`` is one of ``STATUS_FAIL`` (it raised), ``STATUS_TIMEOUT``, ``STATUS_CRASHED`` (its
    worker died) and ``STATUS_CANCELLED``. ``exception`` is there only where nothing was crossed.
    """

    status: str
    kind: str
    message: str
    traceback: str = ""
    exception: BaseException | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, error: BaseException, *, keep: bool = False) -> Failure:
        """The failure that `error` is; with `keep`, the exception itself stays attached."""
        try:
            message = str(error)
        except Exception:  # an exception whose __str__ raises must not take the search with it
            message = "(its message cannot be shown)"
        text = "".join(traceback.format_exception(error))
        return cls(STATUS_FAIL, type(error).__name__, message, text, error if keep else None)

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}" if self.message else self.kind


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a trial.

    Attributes
    ----------
    status : str
        ``"ok"`` for a trial with a usable loss; anything else is a failure.
    loss : float or None
        To be minimised; finite where the status is ok.
    variance : float or None
        Variance of the loss as an estimate, where known.
    result : mapping
        What else the objective returned, untouched.
    folds : tuple of mapping
        Per fold: scores, times, sizes, an error text; empty outside cross-validation.
    failure : Failure or None
        Why it failed.
    """

    status: str
    loss: float | None = None
    variance: float | None = None
    result: Mapping[str, Any] = EMPTY_MAPPING
    folds: tuple[Mapping[str, Any], ...] = ()
    failure: Failure | None = None

    @classmethod
    def of(cls, result: Mapping[str, Any]) -> Outcome:
        """What an objective's result amounts to: ok with a finite loss, else a failure that it reported itself."""
        loss, variance = _finite(result.get("loss")), _finite(result.get("loss_variance"))
        if result.get("status") != STATUS_OK or loss is None:
            return cls(STATUS_FAIL, result=result)
        return cls(STATUS_OK, loss, None if variance is None or variance < 0 else variance, result)


def _finite(value: Any) -> float | None:
    is_number = isinstance(value, numbers.Real)  # numpy's real scalars are
    return float(value) if is_number and math.isfinite(value) else None


@dataclass(frozen=True, slots=True)
class Trial:
    """One suggestion, and its outcome once it is finished.

    Attributes
    ----------
    number : int
        Its place in the order of suggestion (hyperopt's ``tid``).
    point : dict
        ``{label: raw value}``, active labels only, a choice as the index of its option.
    outcome : Outcome or None
        None while the trial runs.
    started, finished : float
        Seconds since the epoch; NaN while unknown.
    document : mapping
        What its hyperopt document says beyond all this, if it was inserted as one (a ``tid`` of its
        own, ``spec``, ``owner`` ...).
    """

    number: int
    point: dict[str, Any]
    outcome: Outcome | None = None
    started: float = float("nan")
    finished: float = float("nan")
    document: Mapping[str, Any] = EMPTY_MAPPING

    @property
    def tid(self) -> Any:
        """hyperopt's identifier of the trial: its number, unless it was inserted under another."""
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
        """Whether it was given up before its last part."""
        return self.outcome is not None and self.outcome.status == STATUS_PRUNED

    @property
    def loss(self) -> float | None:
        """The loss, None unless the trial is ok."""
        return self.outcome.loss if self.outcome is not None and self.outcome.status == STATUS_OK else None

    @property
    def model_loss(self) -> float | None:
        """The loss that an algorithm learns from: also the estimate of a trial that was given up early."""
        if self.outcome is not None and self.outcome.status in (STATUS_OK, STATUS_PRUNED):
            return self.outcome.loss
        return None

    def finish(self, outcome: Outcome, finished: float | None = None) -> Trial:
        """This trial with its outcome."""
        return replace(self, outcome=outcome, finished=time.time() if finished is None else finished)
