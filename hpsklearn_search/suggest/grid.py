"""Every point of a finite space once, in order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from ..space import Point, Space
from ._protocol import Seen

__all__ = ["suggest"]


def suggest(new_ids: Sequence[int], domain: Space, trials: Seen, seed: int) -> list[Point]:
    """Trial i is the i-th point of the space."""
    return [next(islice(domain.points(), number, None)) for number in new_ids]
