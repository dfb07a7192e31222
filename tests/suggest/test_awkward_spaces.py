"""Every suggestion can be drawn: bounds near multiples of q, huge numbers, probability zero, deep nests, any losses."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rv_discrete

from hpsklearn_search import hp
from hpsklearn_search.space import Choice, Point, Space, as_search_space
from hpsklearn_search.suggest import anneal, auto, gp, grid, mix, rand, tpe
from hpsklearn_search.trials import Outcome, Trials
from tests.strategies import awkward_spaces, spaces


def mixed(ids: Any, space: Space, trials: Trials, seed: int) -> Any:
    """An equal mix of three algorithms."""
    return mix.suggest(ids, space, trials, seed, [(1 / 3, module.suggest) for module in (rand, anneal, tpe)])


ALGORITHMS = {module.__name__.rsplit(".", 1)[1]: module.suggest for module in (anneal, auto, gp, rand, tpe)}
ALGORITHMS["mix"] = mixed


def recorded(space: Space, points: list[Point]) -> Trials:
    """A record of these points, of which the last ones are the best and the third one failed."""
    trials = Trials()
    for number, point in enumerate(points):
        trials.record.add(point)
        trials.record.finish(number, Outcome("fail") if number == 2 else Outcome("ok", loss=float(-number)))
    return trials


def options_of(space: Space, point: Point) -> dict[str, float]:
    """The probability of the option of each choice at a point."""
    choices = {d.label: d.distribution.probabilities for d in space.dimensions if isinstance(d.node, Choice)}
    return {label: choices[label][value] for label, value in point.items() if label in choices}


def assert_possible(space: Space, point: Point) -> None:
    """The point has the active labels, with values that can be drawn."""
    assert space.check(point) == point
    assert all(probability > 0 for probability in options_of(space, point).values())


@pytest.mark.parametrize("name", ALGORITHMS)
@given(space=awkward_spaces(), n=st.sampled_from([0, 1, 12, 30]), seed=st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
@pytest.mark.filterwarnings("ignore:hp.")
def test_a_suggestion_lies_in_an_awkward_space(name: str, space: Any, n: int, seed: int) -> None:
    """Bounds are close to multiples of q, negative or huge; some options have probability 0."""
    parsed, rng = Space(space), np.random.default_rng(seed)
    trials = recorded(parsed, [parsed.draw(rng) for _ in range(n)])
    for point in ALGORITHMS[name]([n, n + 1], parsed, trials, seed):
        assert_possible(parsed, point)


@given(space=st.one_of(awkward_spaces(), spaces(finite=True)))
@settings(max_examples=60, deadline=None)
@pytest.mark.filterwarnings("ignore:hp.")
def test_a_grid_lists_possible_points(space: Any) -> None:
    """Each of the first points of a finite space can be drawn."""
    parsed = Space(space)
    if parsed.size is not None:
        for point in grid.suggest(range(50), parsed, Trials(), seed=0):
            assert_possible(parsed, point)


FORBIDDEN = {
    "a": hp.pchoice("a", [(0.5, "p"), (0.0, "q"), (0.5, "r")]),
    "b": hp.pchoice("b", [(0.0, {"x": hp.uniform("x", 0, 1)}), (1.0, {"y": hp.uniform("y", 0, 1)})]),
    "c": hp.pchoice("c", [(1 / 3, 0), (1 / 3, 1), (1 / 3, 2), (0.0, 3)]),
    "d": hp.pchoice("d", [(1.0, 0), (1e-310, 1)]),
}


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize("n", [1, 7, 25])
def test_an_option_of_probability_zero_is_not_suggested_after_it_was_the_best(name: str, n: int) -> None:
    """A user may give such a point to evaluate; algorithms learn from it, but do not suggest its options."""
    space = Space(FORBIDDEN)
    for seed in range(12):
        rng = np.random.default_rng(seed)
        points = [space.draw(rng) for _ in range(n)] + [{"a": 1, "b": 0, "c": 3, "d": 1, "x": 0.5}] * 3
        for point in ALGORITHMS[name](range(n + 3, n + 6), space, recorded(space, points), seed):
            assert_possible(space, point)


@pytest.mark.parametrize("name", [*ALGORITHMS, "grid"])
def test_a_discrete_distribution_is_suggested_where_it_has_mass(name: str) -> None:
    """Integers between the values of a scipy distribution have probability 0."""
    suggest: Callable[..., Any] = grid.suggest if name == "grid" else ALGORITHMS[name]
    frozen = rv_discrete(values=([2, 4, 8, 32], [0.5, 0.0, 0.3, 0.2]))
    space, trials = Space(as_search_space({"x": frozen})), Trials()
    for number in range(20):
        [point] = suggest([number], space, trials, number)
        assert point["x"] in (2, 8, 32)
        trials.record.add(point)
        trials.record.finish(number, Outcome("ok", loss=abs(point["x"] - 5.0)))


def nested(depth: int) -> Space:
    """Choices inside each other; nearly all draws reach the innermost one."""
    space: Any = {"n": hp.randint("n", 3)}
    for level in range(depth):
        space = {f"k{level}": hp.pchoice(f"c{level}", [(0.9999, space), (0.0001, level)])}
    return Space(space)


@pytest.mark.parametrize("name", [*ALGORITHMS, "grid"])
def test_algorithms_do_not_recurse_into_a_space(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty more frames are enough for a suggestion in choices that are nested sixty deep."""
    suggest: Callable[..., Any] = grid.suggest if name == "grid" else ALGORITHMS[name]
    space, rng = nested(60), np.random.default_rng(0)
    trials = recorded(space, [space.draw(rng) for _ in range(25)])
    monkeypatch.setattr(Space, "size", space.size)  # how a space counts its points is not tested here
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 50)
    try:
        [point] = suggest([25], space, trials, 0)
    finally:
        sys.setrecursionlimit(limit)
    assert_possible(space, point)


AWKWARD_NUMBERS = st.one_of(st.sampled_from([0.0, 1.0, 1.0 + 1e-15, 1e-320, 1e308, -1e308]), st.floats(-1e308, 1e308))
OUTCOMES = st.one_of(
    st.just(Outcome("fail")),
    st.builds(lambda loss, v: Outcome("ok", loss=loss, variance=abs(v)), AWKWARD_NUMBERS, AWKWARD_NUMBERS),
)
BRANCHES = Space(
    {
        "k": hp.choice("k", [{"x": hp.uniform("x", 0, 1)}, {"n": hp.randint("n", 3)}]),
        "c": hp.choice("c", [0, 1]),
    }
)


@pytest.mark.parametrize("name", ALGORITHMS)
@given(outcomes=st.lists(OUTCOMES, min_size=20, max_size=30), seed=st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_any_losses_and_variances_give_a_suggestion(name: str, outcomes: list[Outcome], seed: int) -> None:
    """Differences and ratios of the losses may be larger than any float, or all be zero."""
    trials, rng = Trials(), np.random.default_rng(seed)
    for outcome in outcomes:
        trials.record.finish(trials.record.add(BRANCHES.draw(rng)).number, outcome)
    assert_possible(BRANCHES, ALGORITHMS[name]([len(outcomes)], BRANCHES, trials, seed)[0])
