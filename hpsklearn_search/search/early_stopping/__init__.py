"""Boosters that stop early, judged by held-out rows of each fold's training part."""

from ._estimator import EarlyStopping, best_iterations, contains_early_stopping, refit_params

__all__ = ["EarlyStopping", "best_iterations", "contains_early_stopping", "refit_params"]
