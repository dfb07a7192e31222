"""Boosters that stop early on held-out rows of a fold's training part."""

from ._estimator import EarlyStopping, best_iterations, mentions_early_stopping, with_iterations

__all__ = ["EarlyStopping", "best_iterations", "mentions_early_stopping", "with_iterations"]
