"""A candidate as fold tasks: what travels to a worker, and what the results amount to."""

from ._draw import draw_folds
from ._function import FoldFunction, Splits
from ._objective import FoldObjective
from ._step_cache import make_step_cache

__all__ = ["FoldFunction", "FoldObjective", "Splits", "draw_folds", "make_step_cache"]
