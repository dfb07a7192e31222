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
    TRIAL_KEYS,
    TRIAL_MISC_KEYS,
    miscs_to_idxs_vals,
    miscs_update_idxs_vals,
    spec_from_misc,
)
from ._fingerprint import describe, describe_items, describe_space, differences
from ._identity import NotComparable, text_of
from ._record import Record
from ._save_path import is_address, public_address, save_path
from ._storage import SaveFile
from ._trial import (
    STATUS_CANCELLED,
    STATUS_CRASHED,
    STATUS_FAIL,
    STATUS_NEW,
    STATUS_OK,
    STATUS_PRUNED,
    STATUS_RUNNING,
    STATUS_STRINGS,
    STATUS_SUSPENDED,
    STATUS_TIMEOUT,
    Failure,
    Outcome,
    Trial,
)
from ._trials import Trials, generate_trials_to_calculate, trials_from_docs

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
    "STATUS_PRUNED",
    "STATUS_RUNNING",
    "STATUS_STRINGS",
    "STATUS_SUSPENDED",
    "STATUS_TIMEOUT",
    "TRIAL_KEYS",
    "TRIAL_MISC_KEYS",
    "Columns",
    "Failure",
    "History",
    "NotComparable",
    "Outcome",
    "Record",
    "SaveFile",
    "Trial",
    "Trials",
    "describe",
    "describe_items",
    "describe_space",
    "differences",
    "generate_trials_to_calculate",
    "is_address",
    "miscs_to_idxs_vals",
    "miscs_update_idxs_vals",
    "public_address",
    "save_path",
    "spec_from_misc",
    "text_of",
    "trials_from_docs",
]
