"""A trial as a row of a save file, and a row as a trial: what was read is checked, since anybody may have written it.

>>> row = row_of(Trial(0, {"x": 1.5}, Outcome("ok", loss=0.25), 0.0, 1.0), {})
>>> trial_of(row).loss
0.25
>>> trial_of((*row[:2], "0.25", *row[3:]))
Traceback (most recent call last):
ValueError: the checksum of trial 0 is wrong
"""

from __future__ import annotations

import math
import sys
import zlib
from collections.abc import Mapping
from typing import Any

from .._texts import encodable
from ._json import dumps, loads
from ._trial import (
    STATUS_CANCELLED,
    STATUS_CRASHED,
    STATUS_FAIL,
    STATUS_OK,
    STATUS_RUNNING,
    STATUS_TIMEOUT,
    WITH_LOSS,
    Failure,
    Outcome,
    Trial,
)

COLUMNS = "number, status, loss, variance, started, finished, point, folds, result, error, failure, checksum"

FAILURES = (STATUS_FAIL, STATUS_TIMEOUT, STATUS_CRASHED, STATUS_CANCELLED)
LAST_SECOND = 253402300799.0  # of the year 9999: a datetime takes no later one


def row_of(trial: Trial, result: Mapping[str, Any]) -> tuple[Any, ...]:
    """The values of `COLUMNS`; `result` is the part of the trial's result that is JSON."""
    outcome = trial.outcome or Outcome(STATUS_RUNNING)
    failure = outcome.failure
    # SQLite stores NaN as NULL, and -0.0, the loss of a mean score of 0, as 0.0: so does `+ 0.0`.
    # A clock that was never set may show a year before 1970, and the reader refuses that.
    times = [None if t != t else min(max(t, 0.0), LAST_SECOND) for t in (trial.started, trial.finished)]
    values = (
        trial.number,
        outcome.status,
        *(None if number is None else float(number) + 0.0 for number in (outcome.loss, outcome.variance)),
        *times,
        dumps(trial.point),
        dumps(outcome.folds),
        dumps(result),
        None if failure is None else encodable(str(failure)),
        None if failure is None else dumps([failure.status, failure.kind, failure.message, failure.traceback]),
    )
    return (*values, checksum(values))


def checksum(values: tuple[Any, ...]) -> int:
    """A checksum over all columns but the last; it finds damage, not a forgery."""
    return zlib.crc32(repr(values).encode("utf-8", "backslashreplace"))


def trial_of(row: tuple[Any, ...]) -> Trial:
    """The trial in a row; ValueError if the row has another type, range or shape than `row_of` writes."""
    *values, stored = row
    # Earlier versions made the checksum of -0.0, which SQLite had stored as 0.0.
    signed = [*values[:2], -0.0, *values[3:]] if values[2] == 0 else values
    if stored not in (checksum(tuple(values)), checksum(tuple(signed))):
        raise ValueError(f"the checksum of trial {values[0]} is wrong")
    try:
        return _trial(*values)
    except RecursionError:
        raise ValueError(f"trial {values[0]} is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"trial {values[0]}: {error}") from error


def _trial(
    number: int,
    status: Any,
    loss: Any,
    variance: Any,
    started: Any,
    finished: Any,
    point: Any,
    folds: Any,
    result: Any,
    error: Any,
    failure: Any,
) -> Trial:
    _check(type(number) is int, "number", number)
    _check(status in (STATUS_RUNNING, *WITH_LOSS, *FAILURES), "status", status)
    for name, value in (("loss", loss), ("variance", variance)):
        _check(value is None or (type(value) is float and math.isfinite(value)), name, value)
    for name, value in (("started", started), ("finished", finished)):
        _check(value is None or (type(value) is float and 0 <= value <= LAST_SECOND), name, value)
    _check(error is None or isinstance(error, str), "error", error)
    _check(status not in WITH_LOSS or loss is not None, "loss", loss)
    _check(variance is None or variance >= 0, "variance", variance)
    began, ended = (math.nan if t is None else t for t in (started, finished))
    if status == STATUS_RUNNING:
        return Trial(number, _dict("point", point), None, began, ended)
    outcome = Outcome(
        status,
        loss=loss,
        variance=variance,
        result=_result(result, status),
        folds=tuple(_folds(folds)),
        failure=None if failure is None else _failure(failure),
    )
    return Trial(number, _dict("point", point), outcome, began, ended)


# ---------------------------------------------------------------------- the columns that are JSON
def _json(name: str, text: Any) -> Any:
    _check(isinstance(text, str), name, text)
    try:
        return loads(text)
    except ValueError as error:
        raise ValueError(f"{name} is not JSON: {error}") from error


def _dict(name: str, text: Any) -> dict[str, Any]:
    value = _json(name, text)
    _check(isinstance(value, dict), name, value)
    return dict(value)


def _result(text: Any, status: str) -> dict[str, Any]:
    result = _dict("result", text)
    # The views of hyperopt compare the losses of the results.
    if status == STATUS_OK and "loss" in result:
        returned = result["loss"]
        _check(isinstance(returned, int | float) and abs(returned) <= sys.float_info.max, "loss in result", returned)
    return result


def _folds(text: Any) -> list[dict[str, Any]]:
    folds = _json("folds", text)
    _check(isinstance(folds, list) and all(isinstance(fold, dict) for fold in folds), "folds", folds)
    return list(folds)


def _failure(text: Any) -> Failure:
    parts = _json("failure", text)
    is_list = isinstance(parts, list) and len(parts) == 4 and all(isinstance(part, str) for part in parts)
    _check(is_list and parts[0] in FAILURES, "failure", parts)
    return Failure(*parts)


def _check(is_right: bool, name: str, value: Any) -> None:
    if not is_right:
        raise ValueError(f"{name} cannot be {repr(value)[:100]}")
