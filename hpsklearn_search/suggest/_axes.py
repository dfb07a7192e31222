"""Candidates in the coordinates of a history: what the model-based algorithms share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from ..space import Point, Space

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.intp]
Conditions: TypeAlias = "tuple[tuple[str, int], ...]"


@dataclass(frozen=True)
class Layout:
    """The columns of a history by kind, found once for a space, since a space may have a thousand of them.

    Attributes
    ----------
    numeric, categorical, opaque : ndarray of int
        Columns of each kind.
    priors : tuple of ndarray
        Probabilities of the options of each categorical column.
    discrete : tuple of int
        Numeric columns that hold finitely many values, or a grid.
    sizes : ndarray of shape (n_numeric,)
        How many values a numeric column holds; infinite where continuous.
    branches : tuple of (conditions, ndarray of int)
        The columns that share their conditions, parents before children.
    branching : frozenset of int
        The columns of choices that others hang under.
    """

    numeric: IntArray
    categorical: IntArray
    opaque: IntArray
    priors: tuple[FloatArray, ...]
    discrete: tuple[int, ...]
    sizes: FloatArray
    branches: tuple[tuple[Conditions, IntArray], ...]
    branching: frozenset[int]


_layouts: WeakKeyDictionary[Space, Layout] = WeakKeyDictionary()


def layout(space: Space) -> Layout:
    """The layout of a space."""
    if space not in _layouts:
        _layouts[space] = _layout(space)
    return _layouts[space]


def _layout(space: Space) -> Layout:
    laws = [dimension.distribution for dimension in space.dimensions]
    kinds = np.array([law.kind for law in laws], dtype=str)
    numeric, categorical, opaque = (np.flatnonzero(kinds == k) for k in ("numeric", "categorical", "opaque"))
    branches: dict[Conditions, list[int]] = {}
    for axis, dimension in enumerate(space.dimensions):
        if dimension.conditions:
            branches.setdefault(dimension.conditions, []).append(axis)
    probe = np.array([0.123456789])
    return Layout(
        numeric,
        categorical,
        opaque,
        tuple(laws[i].probabilities for i in categorical),
        tuple(int(i) for i in numeric if laws[i].snap(probe)[0] != probe[0]),
        np.array([laws[i].n_values or np.inf for i in numeric], dtype=float),
        tuple((conditions, np.array(columns)) for conditions, columns in branches.items()),
        frozenset(space.index[label] for conditions in branches for label, _ in conditions),
    )


def from_prior(space: Space, u: FloatArray) -> FloatArray:
    """Candidates as the prior draws them, every axis filled.

    Parameters
    ----------
    space : Space
        The space.
    u : ndarray of shape (n, d)
        Uniform numbers, changed in place: those of an unordered choice become the index of an option.
    """
    columns = layout(space)
    for axis, p in zip(columns.categorical, columns.priors, strict=True):
        u[:, axis] = np.minimum(np.searchsorted(np.cumsum(p), u[:, axis], side="right"), len(p) - 1)
    return u


def snapped(space: Space, x: FloatArray) -> FloatArray:
    """Every candidate moved to a value that can be drawn, so that what is scored is what is tried.

    Parameters
    ----------
    space : Space
        The space.
    x : ndarray of shape (n, d)
        Coordinates of candidates, changed in place.
    """
    for axis in layout(space).discrete:
        x[:, axis] = space.dimensions[axis].distribution.snap(x[:, axis])
    return x


def masked(space: Space, x: FloatArray) -> FloatArray:
    """The candidates with NaN where a dimension is inactive, in place."""
    columns = layout(space)
    for conditions, axes in columns.branches:
        holds = np.logical_or.reduce([x[:, space.index[label]] == option for label, option in conditions])
        x[np.ix_(~holds, axes)] = np.nan
    x[:, columns.opaque] = np.nan
    return x


def to_point(space: Space, row: FloatArray) -> Point:
    """The point at a candidate: the index of an option is turned into a coordinate that falls on it."""
    unit: FloatArray = np.where(np.isnan(row), 0.5, row)
    columns = layout(space)
    for axis, p in zip(columns.categorical, columns.priors, strict=True):
        if not np.isnan(row[axis]):
            index = int(row[axis])
            unit[axis] = p[:index].sum() + p[index] / 2
    return space.point(unit)


def is_among(points: FloatArray, row: FloatArray) -> bool:
    """Whether a candidate equals one of `points`."""
    same = (points == row) | (np.isnan(points) & np.isnan(row))
    return bool(same.all(axis=1).any())
