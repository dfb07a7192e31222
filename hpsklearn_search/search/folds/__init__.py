"""A candidate as fold tasks: the function that runs in a worker, and the objective that combines its results."""

from ._draw import draw_folds
from ._function import FoldFunction, Splits
from ._objective import FoldObjective
from ._step_cache import make_step_cache

__all__ = ["FoldFunction", "FoldObjective", "Splits", "draw_folds", "make_step_cache"]
