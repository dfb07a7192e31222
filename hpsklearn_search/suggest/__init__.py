"""Algorithms: functions that propose the next points from a space and the record."""

from . import rand
from ._protocol import Seen, SuggestAlgorithm, trial_seed

__all__ = ["Seen", "SuggestAlgorithm", "rand", "trial_seed"]
