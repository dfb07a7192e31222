"""hyperopt's name for where trials, states and documents are found; they live in `trials`.

>>> from hpsklearn_search.hyperopt.base import JOB_STATE_DONE, STATUS_OK, Trials
>>> Trials().count_by_state_synced(JOB_STATE_DONE)
0
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..exceptions import AllTrialsFailed, DuplicateLabel, InvalidLoss, InvalidResultStatus, InvalidTrial
from ..optimize import check_threshold, check_timeout
from ..trials import (
    JOB_STATE_CANCEL,
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    JOB_STATE_NEW,
    JOB_STATE_RUNNING,
    JOB_STATES,
    JOB_VALID_STATES,
    STATUS_FAIL,
    STATUS_NEW,
    STATUS_OK,
    STATUS_RUNNING,
    STATUS_STRINGS,
    STATUS_SUSPENDED,
    TRIAL_KEYS,
    TRIAL_MISC_KEYS,
    Trials,
    miscs_to_idxs_vals,
    miscs_update_idxs_vals,
    spec_from_misc,
    trials_from_docs,
)
from ..trials._documents import as_plain
from ._domain import Ctrl, Domain, logger
from ._minimize import THRESHOLD_WORDS, TIMEOUT_WORDS, in_hyperopts_words

__all__ = [
    "JOB_STATES",
    "JOB_STATE_CANCEL",
    "JOB_STATE_DONE",
    "JOB_STATE_ERROR",
    "JOB_STATE_NEW",
    "JOB_STATE_RUNNING",
    "JOB_VALID_STATES",
    "STATUS_FAIL",
    "STATUS_NEW",
    "STATUS_OK",
    "STATUS_RUNNING",
    "STATUS_STRINGS",
    "STATUS_SUSPENDED",
    "TRIAL_KEYS",
    "TRIAL_MISC_KEYS",
    "AllTrialsFailed",
    "Ctrl",
    "Domain",
    "DuplicateLabel",
    "InvalidLoss",
    "InvalidResultStatus",
    "InvalidTrial",
    "SONify",
    "Trials",
    "logger",
    "miscs_to_idxs_vals",
    "miscs_update_idxs_vals",
    "spec_from_misc",
    "trials_from_docs",
    "validate_loss_threshold",
    "validate_timeout",
]


def SONify(arg: Any, memo: Any = None) -> Any:
    """`arg` in Python's plain types, as a document database takes them.

    >>> SONify({"x": np.float64(0.5), "rows": np.eye(2)})
    {'x': 0.5, 'rows': [[1.0, 0.0], [0.0, 1.0]]}
    """
    if isinstance(arg, np.ndarray):
        return arg.tolist()
    if isinstance(arg, dict):
        return {SONify(key): SONify(value) for key, value in arg.items()}
    if isinstance(arg, list | tuple):
        return type(arg)(SONify(item) for item in arg)
    return as_plain(arg)


def validate_timeout(timeout: Any) -> None:
    """Raise an error unless `timeout` is None or a positive number."""
    in_hyperopts_words(check_timeout, timeout, TIMEOUT_WORDS)


def validate_loss_threshold(loss_threshold: Any) -> None:
    """Raise an error unless `loss_threshold` is None or a number."""
    in_hyperopts_words(check_threshold, loss_threshold, THRESHOLD_WORDS)
