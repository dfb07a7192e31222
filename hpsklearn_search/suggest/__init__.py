"""Algorithms: functions that propose the next points from a space and the record."""

from . import auto, gp, grid, rand, tpe
from ._protocol import Seen, SuggestAlgorithm, trial_seed
from ._unseen import point_key, unseen_point

__all__ = ["Seen", "SuggestAlgorithm", "auto", "gp", "grid", "point_key", "rand", "tpe", "trial_seed", "unseen_point"]
