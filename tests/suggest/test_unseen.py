"""Finite spaces: each point is suggested once, in order or at random, until none is left."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hpsklearn_search import hp
from hpsklearn_search.space import Space, point_key
from hpsklearn_search.suggest import grid, unseen_point
from hpsklearn_search.trials import Trials

GRID = Space({"a": hp.choice("a", ["x", {"b": hp.randint("b", 3)}]), "c": hp.quniform("c", 0, 1, 0.5)})


def test_the_grid_is_walked_in_order() -> None:
    """Trial i is the i-th point, and the last label varies fastest."""
    points = [grid.suggest([i], GRID, Trials(), 0)[0] for i in range(12)]
    assert points == list(GRID.points())
    assert points[:2] == [{"a": 0, "c": 0.0}, {"a": 0, "c": 0.5}]


@given(st.integers(0, 1000))
def test_unseen_points_use_the_space_up(seed: int) -> None:
    """Twelve draws give all twelve points, and then none is left."""
    rng, seen = np.random.default_rng(seed), set()
    for _ in range(12):
        point = unseen_point(GRID, seen, rng)
        assert point is not None
        assert point_key(point) not in seen
        seen.add(point_key(point))
    assert unseen_point(GRID, seen, rng) is None


def test_keys_are_about_values() -> None:
    """Points are equal whatever the order of labels and the types of numbers."""
    assert point_key({"a": 1, "b": 2.0}) == point_key({"b": np.float64(2.0), "a": np.int64(1)})
