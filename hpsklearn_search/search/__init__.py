"""`HyperoptSearchCV`, and how a candidate becomes fold tasks and a row of a table."""

from ._advice import Finding
from ._one_standard_error import one_standard_error
from ._racing import Racing
from ._search import HyperoptSearchCV
from ._simplest_of_the_best import simplest_of_the_best
from .early_stopping._estimator import EarlyStopping

__all__ = ["EarlyStopping", "Finding", "HyperoptSearchCV", "Racing", "one_standard_error", "simplest_of_the_best"]
