"""Algorithms: functions that propose the next points from a space and the record."""

from . import anneal, auto, gp, grid, mix, rand, tpe
from ._domain import Domain, as_points
from ._protocol import Seen, SuggestAlgorithm, trial_seed
from ._unseen import point_key, unseen_point

__all__ = [
    "Domain",
    "Seen",
    "SuggestAlgorithm",
    "anneal",
    "as_points",
    "auto",
    "gp",
    "grid",
    "mix",
    "point_key",
    "rand",
    "tpe",
    "trial_seed",
    "unseen_point",
]
