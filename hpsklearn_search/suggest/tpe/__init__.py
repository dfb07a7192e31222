"""The tree-structured Parzen estimator, as a staircase: densities, Parzen estimators, split, suggest."""

from ._suggest import DensityRatio, suggest

__all__ = ["DensityRatio", "suggest"]
