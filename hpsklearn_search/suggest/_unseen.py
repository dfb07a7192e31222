"""Points of a finite space that were not visited yet.

>>> from hpsklearn_search import hp
>>> import numpy as np
>>> space = Space(hp.choice("c", ["a", "b"]))
>>> unseen_point(space, {point_key({"c": 0})}, np.random.default_rng(0))
{'c': 1}
"""

from __future__ import annotations

import numpy as np

from ..space import Point, PointKey, Space, point_key

MAX_DRAWS = 100  # Draws before all points are listed; they all fail only where nearly every point has been visited.


def is_used_up(space: Space, n_trials: int) -> bool:
    """Whether so many trials may have visited every point of a finite space."""
    return space.size is not None and n_trials >= space.size


def unseen_point(space: Space, seen: set[PointKey], rng: np.random.Generator) -> Point | None:
    """A random point of a finite space whose key is not in `seen`; None if there is none."""
    for _ in range(MAX_DRAWS):
        point = space.draw(rng)
        if point_key(point) not in seen:
            return point
    unseen = [point for point in space.points() if point_key(point) not in seen]
    return unseen[int(rng.integers(len(unseen)))] if unseen else None
