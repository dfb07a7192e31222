"""hyperopt's module ``hyperopt.spark``.

>>> SparkTrials(parallelism=2).parallelism, FMIN_CANCELLED_REASON_TIMEOUT
(2, 'fmin run timeout')
"""

from __future__ import annotations

import logging

from ..executors import CANCELLED_REASONS, SparkTrials

__all__ = [
    "FMIN_CANCELLED_REASON_EARLY_STOPPING",
    "FMIN_CANCELLED_REASON_TIMEOUT",
    "FMIN_CANCELLED_REASON_USER",
    "SparkTrials",
]

FMIN_CANCELLED_REASON_EARLY_STOPPING = CANCELLED_REASONS["early_stop_fn"]
FMIN_CANCELLED_REASON_TIMEOUT = CANCELLED_REASONS["timeout"]
FMIN_CANCELLED_REASON_USER = CANCELLED_REASONS["interrupted"]

logger = logging.getLogger(__name__)
