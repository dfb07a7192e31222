"""The tree-structured Parzen estimator, as a staircase: densities, Parzen estimators, split, suggest."""

from ._suggest import Ratio, suggest

__all__ = ["Ratio", "suggest"]
