"""The record: trials, outcomes, hyperopt's documents over them, and the save file."""

from ._columns import Columns, History
from ._documents import (
    JOB_STATE_CANCEL,
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    JOB_STATE_NEW,
    JOB_STATE_RUNNING,
    JOB_STATES,
    JOB_VALID_STATES,
)
from ._fingerprint import describe_space, digest, text_of
from ._record import Record
from ._storage import SaveFile
from ._trial import (
    STATUS_CANCELLED,
    STATUS_CRASHED,
    STATUS_FAIL,
    STATUS_NEW,
    STATUS_OK,
    STATUS_RUNNING,
    STATUS_STOPPED,
    STATUS_STRINGS,
    STATUS_SUSPENDED,
    STATUS_TIMEOUT,
    Failure,
    Outcome,
    Trial,
)
from ._trials import Trials

__all__ = [
    "JOB_STATES",
    "JOB_STATE_CANCEL",
    "JOB_STATE_DONE",
    "JOB_STATE_ERROR",
    "JOB_STATE_NEW",
    "JOB_STATE_RUNNING",
    "JOB_VALID_STATES",
    "STATUS_CANCELLED",
    "STATUS_CRASHED",
    "STATUS_FAIL",
    "STATUS_NEW",
    "STATUS_OK",
    "STATUS_RUNNING",
    "STATUS_STOPPED",
    "STATUS_STRINGS",
    "STATUS_SUSPENDED",
    "STATUS_TIMEOUT",
    "Columns",
    "Failure",
    "History",
    "Outcome",
    "Record",
    "SaveFile",
    "Trial",
    "Trials",
    "describe_space",
    "digest",
    "text_of",
]
