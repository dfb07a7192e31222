"""Boosters that stop early, judged by held-out rows of each fold's training part."""

from ._estimator import (
    EarlyStopping,
    best_iterations,
    check_early_stopping,
    contains_early_stopping,
    derived_params,
    refit_params,
)

__all__ = [
    "EarlyStopping",
    "best_iterations",
    "check_early_stopping",
    "contains_early_stopping",
    "derived_params",
    "refit_params",
]
