"""The record: trials, outcomes, hyperopt's documents over them, and the save file."""

from ._columns import Columns, History
from ._record import Record
from ._trial import (
    STATUS_CANCELLED,
    STATUS_CRASHED,
    STATUS_FAIL,
    STATUS_NEW,
    STATUS_OK,
    STATUS_RUNNING,
    STATUS_STRINGS,
    STATUS_SUSPENDED,
    STATUS_TIMEOUT,
    Failure,
    Outcome,
    Trial,
)

__all__ = [
    "STATUS_CANCELLED",
    "STATUS_CRASHED",
    "STATUS_FAIL",
    "STATUS_NEW",
    "STATUS_OK",
    "STATUS_RUNNING",
    "STATUS_STRINGS",
    "STATUS_SUSPENDED",
    "STATUS_TIMEOUT",
    "Columns",
    "Failure",
    "History",
    "Outcome",
    "Record",
    "Trial",
]
