"""Points of a finite space that were not visited yet.

>>> from hpsklearn_search import hp
>>> import numpy as np
>>> space = Space(hp.choice("c", ["a", "b"]))
>>> unseen_point(space, {point_key({"c": 0})}, np.random.default_rng(0))
{'c': 1}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from ..space import Point, Space

PointKey: TypeAlias = "tuple[tuple[str, Any], ...]"

TRIES = 100
"""Draws before the space is walked through; only where nearly all of it was seen are they all in vain."""


def point_key(point: Mapping[str, Any]) -> PointKey:
    """A hashable key, equal for points with equal values, in whatever order and of whatever number type."""
    return tuple(sorted((label, _hashable(value)) for label, value in point.items()))


def _hashable(value: Any) -> Any:
    # What an object with rvs may have returned: compared by what it shows.
    return value if isinstance(value, int | float | np.number) else repr(value)


def is_used_up(space: Space, n_trials: int) -> bool:
    """Whether so many trials may be all points of a finite space; what a search does then is look again at the best."""
    return space.size is not None and n_trials >= space.size


def unseen_point(space: Space, seen: set[PointKey], rng: np.random.Generator) -> Point | None:
    """A point of a finite space that is not in `seen`, drawn at random; None if there is none.

    Parameters
    ----------
    space : Space
        Has a finite `size`.
    seen : set
        Keys of the points visited so far.
    rng : numpy.random.Generator
        Source of randomness.
    """
    for _ in range(TRIES):
        point = space.draw(rng)
        if point_key(point) not in seen:
            return point
    left = [point for point in space.points() if point_key(point) not in seen]
    return left[int(rng.integers(len(left)))] if left else None
