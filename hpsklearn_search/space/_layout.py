"""The columns of a space by kind: what an algorithm needs that models all labels at once.

A *candidate* is a row with one number for each label: a unit coordinate, or the index of an unordered
option. Candidates are drawn with every column filled, moved to values that can be drawn, and then masked:

>>> import numpy as np
>>> from hpsklearn_search import hp
>>> from hpsklearn_search.space import Space
>>> layout = Space({"n": hp.uniformint("n", 1, 4), "k": hp.choice("k", [{"x": hp.uniform("x", 0, 1)}, "b"])}).layout
>>> x = layout.fill_options(np.array([[0.3, 0.2, 0.7], [0.9, 0.6, 0.7]]))
>>> layout.mask_inactive(layout.snap(x)).tolist()
[[0.375, 0.0, 0.7], [0.875, 1.0, nan]]
>>> layout.to_units(x[1]).tolist()
[0.875, 0.75, 0.5]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from ._distributions import Distribution
from ._typing import FloatArray, IntArray

# (column of a choice, index of its option): alternatives under which a column is active.
Conditions: TypeAlias = "tuple[tuple[int, int], ...]"


_GRID = np.linspace(0.0, 1.0, 513)  # It has a point in each cell that a density may tell from a point.


@dataclass(frozen=True)
class Layout:
    """The columns by kind; made once for a space, since it may have a thousand of them."""

    distributions: tuple[Distribution, ...]
    numeric: IntArray
    categorical: IntArray
    opaque: IntArray
    priors: tuple[FloatArray, ...]  # probabilities of the options of each categorical column
    discrete: tuple[int, ...]  # numeric columns whose coordinates are those of cells
    widest: FloatArray  # the width of the widest cell of each numeric column; 0 where continuous
    sizes: FloatArray  # how many values each numeric column has; infinite where continuous
    branches: tuple[tuple[Conditions, IntArray], ...]  # columns with the same conditions, parents before children
    branching: frozenset[int]  # columns of the choices that other columns depend on

    @classmethod
    def of(cls, distributions: Sequence[Distribution], conditions: Sequence[Conditions]) -> Layout:
        """The layout of columns with these distributions and conditions; no conditions mean always active."""
        kinds = np.array([distribution.kind for distribution in distributions], dtype=str)
        numeric, categorical, opaque = (np.flatnonzero(kinds == k) for k in ("numeric", "categorical", "opaque"))
        branches: dict[Conditions, list[int]] = {}
        for column, alternatives in enumerate(conditions):
            if alternatives:
                branches.setdefault(alternatives, []).append(column)
        probe = np.array([0.123456789])  # the centre of no cell: only a continuous column leaves it where it is
        return cls(
            tuple(distributions),
            numeric,
            categorical,
            opaque,
            tuple(distributions[i].probabilities for i in categorical.tolist()),
            tuple(i for i in numeric.tolist() if distributions[i].snap(probe)[0] != probe[0]),
            np.array([_widest_cell(distributions[i]) for i in numeric.tolist()], dtype=np.float64),
            np.array([distributions[i].n_values or np.inf for i in numeric.tolist()], dtype=np.float64),
            tuple((alternatives, np.array(columns)) for alternatives, columns in branches.items()),
            frozenset(column for alternatives in branches for column, _ in alternatives),
        )

    def fill_options(self, u: FloatArray) -> FloatArray:
        """Uniform numbers `u` of shape (n, d) as draws from the prior, in place: options become indices."""
        for column, prior in zip(self.categorical, self.priors, strict=True):
            u[:, column] = draw_options(prior, u[:, column])
        return u

    def snap(self, x: FloatArray) -> FloatArray:
        """Every candidate moved, in place, to a value that can be drawn: what is scored is what is tried."""
        for column in self.discrete:
            x[:, column] = self.distributions[column].snap(x[:, column])
        return x

    def mask_inactive(self, x: FloatArray) -> FloatArray:
        """NaN, in place, where a candidate's column is inactive, and where it is never modelled."""
        for conditions, columns in self.branches:
            # A masked choice is NaN, which equals no option: so what depends on it is masked, too.
            is_active = np.logical_or.reduce([x[:, choice] == option for choice, option in conditions])
            x[np.ix_(~is_active, columns)] = np.nan
        x[:, self.opaque] = np.nan
        return x

    def to_units(self, row: FloatArray) -> FloatArray:
        """Unit coordinates of one candidate, shape (d,): 0.5 where it is masked."""
        units: FloatArray = np.where(np.isnan(row), 0.5, row)
        for column, prior in zip(self.categorical, self.priors, strict=True):
            if not np.isnan(row[column]):
                units[column] = option_centre(prior, int(row[column]))
        return units


def _widest_cell(distribution: Distribution) -> float:
    left, right = distribution.cells(_GRID)
    return float(np.max(right - left))


def draw_options(prior: FloatArray, u: FloatArray) -> IntArray:
    """The index of the option that each uniform number falls on."""
    # Rounding may leave the sum slightly below 1: then take the last option that can be drawn.
    return np.minimum(np.searchsorted(np.cumsum(prior), u, side="right"), np.flatnonzero(prior)[-1])


def option_centre(prior: FloatArray, option: int) -> float:
    """The centre of the cell of an option."""
    return float(prior[:option].sum() + prior[option] / 2)
