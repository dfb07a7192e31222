"""Candidates in the coordinates of a history: what the model-based algorithms share."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..space import Point, Space

__all__ = ["is_among", "masked", "snapped", "to_point"]

FloatArray: TypeAlias = NDArray[np.float64]


def snapped(space: Space, x: FloatArray) -> FloatArray:
    """Every candidate moved to a value that can be drawn, so that what is scored is what is tried.

    Parameters
    ----------
    space : Space
        The space.
    x : ndarray of shape (n, d)
        Coordinates of candidates, changed in place.
    """
    for axis, dimension in enumerate(space.dimensions):
        if dimension.distribution.kind == "numeric":
            x[:, axis] = dimension.distribution.snap(x[:, axis])
    return x


def masked(space: Space, x: FloatArray) -> FloatArray:
    """The candidates with NaN where a dimension is inactive, in place."""
    for axis, dimension in enumerate(space.dimensions):
        if dimension.conditions:
            holds = [x[:, space.index[label]] == option for label, option in dimension.conditions]
            x[~np.logical_or.reduce(holds), axis] = np.nan
        if dimension.distribution.kind == "opaque":
            x[:, axis] = np.nan
    return x


def to_point(space: Space, row: FloatArray) -> Point:
    """The point at a candidate: the index of an option is turned into a coordinate that falls on it."""
    unit: FloatArray = np.where(np.isnan(row), 0.5, row)
    for axis, dimension in enumerate(space.dimensions):
        if dimension.distribution.kind == "categorical" and not np.isnan(row[axis]):
            p = dimension.distribution.probabilities  # type: ignore[attr-defined]
            index = int(row[axis])
            unit[axis] = p[:index].sum() + p[index] / 2
    return space.point(unit)


def is_among(points: FloatArray, row: FloatArray) -> bool:
    """Whether a candidate equals one of `points`."""
    same = (points == row) | (np.isnan(points) & np.isnan(row))
    return bool(same.all(axis=1).any())
