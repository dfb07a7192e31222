"""Boosters that stop early, judged by held-out rows of each fold's training part."""

from ._boosters import DERIVED
from ._curve import BEST, BEST_CASE, NAME, Limit, curve_of, following
from ._estimator import (
    EarlyStopping,
    best_iterations,
    check_early_stopping,
    contains_early_stopping,
    derived_params,
)
from ._metrics import METRICS_OF_SCORER
from ._refit import refit_params

__all__ = [
    "BEST",
    "BEST_CASE",
    "DERIVED",
    "METRICS_OF_SCORER",
    "NAME",
    "EarlyStopping",
    "Limit",
    "best_iterations",
    "check_early_stopping",
    "contains_early_stopping",
    "curve_of",
    "derived_params",
    "following",
    "refit_params",
]
