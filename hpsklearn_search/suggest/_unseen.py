"""Points of a finite space that were not visited yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from ..space import Point, Space

__all__ = ["point_key", "unseen_point"]

PointKey: TypeAlias = "tuple[tuple[str, Any], ...]"


def point_key(point: Mapping[str, Any]) -> PointKey:
    """A hashable key, equal for equal points."""
    return tuple(sorted((label, repr(value)) for label, value in point.items()))


def unseen_point(space: Space, seen: set[PointKey], rng: np.random.Generator) -> Point | None:
    """A point of a finite space that is not in `seen`, drawn at random; None if there is none."""
    for _ in range(100):
        point = space.draw(rng)
        if point_key(point) not in seen:
            return point
    left = [point for point in space.points() if point_key(point) not in seen]
    return left[int(rng.integers(len(left)))] if left else None
