"""Algorithms: functions that propose the next points from a space and the record."""

from . import anneal, auto, gp, grid, mix, rand, tpe
from ._protocol import HasHistory, SuggestAlgorithm, trial_seed
from ._unseen import unseen_point
from .gain import Outlook
from .importance import importance_intervals, parameter_importances

# The names that ``algo=`` takes; None means "auto".
ALGORITHMS: dict[str, SuggestAlgorithm] = {
    "anneal": anneal.suggest,
    "auto": auto.suggest,
    "random": rand.suggest,
    "tpe": tpe.suggest,
}

__all__ = [
    "ALGORITHMS",
    "HasHistory",
    "Outlook",
    "SuggestAlgorithm",
    "anneal",
    "auto",
    "gp",
    "grid",
    "importance_intervals",
    "mix",
    "parameter_importances",
    "rand",
    "tpe",
    "trial_seed",
    "unseen_point",
]
