"""Quantised and whole-number distributions: what is drawn is on the lattice, whatever the bounds."""

from __future__ import annotations

import math
import warnings
from itertools import islice
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hpsklearn_search import HyperoptSearchCV, Trials, fmin, hp
from hpsklearn_search.exceptions import BadSearchSpace
from hpsklearn_search.space import Distribution, Space
from hpsklearn_search.space._lattice import Lattice
from hpsklearn_search.suggest import anneal, auto, rand, tpe
from tests.strategies import UNIT

steps = st.one_of(st.sampled_from([1e-300, 1e-8, 0.1, 0.3, 1.0, 10.0, 1e15, 1e200]), st.floats(1e-6, 1e6))
offsets = st.builds(lambda sign, power: sign * 10.0**power, st.sampled_from([-1, 1]), st.floats(-15.0, -6.0))
multiples = st.one_of(st.integers(-20, 20), st.integers(-(2**49), 2**49))


def made(function: str, *arguments: float) -> Distribution | None:
    """The distribution of an ``hp`` function, None if the function refuses its arguments."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of logarithms that look like plain bounds
        try:
            node: Any = getattr(hp, function)("x", *arguments)
        except BadSearchSpace:
            return None
    return node.distribution


def check(distribution: Distribution | None, u: float) -> None:
    """Assert that the value at `u` is contained, has a coordinate, and comes back from it."""
    if distribution is None:
        return
    value = distribution.from_unit(u)
    assert distribution.contains(value), value
    coordinate = distribution.to_unit(value)
    assert 0 <= coordinate <= 1
    assert distribution.contains(distribution.from_unit(coordinate))
    n = distribution.n_values
    if n is not None:
        first = list(islice(distribution.values(), 1000))
        assert len(first) == min(n, 1000)
        assert all(map(distribution.contains, first))
        assert first == sorted(set(first)) or n > 2**49


@given(multiples, st.integers(1, 30), steps, offsets, offsets, st.booleans(), UNIT)
@example(0, 10, 10.0, 1e-8, 1e-8, True, 0.0)
def test_a_uniform_draw_is_on_the_lattice(
    k: int, width: int, q: float, below: float, above: float, scaled: bool, u: float
) -> None:
    """Bounds may be a hair away from multiples of q, relative to q or not, and negative or huge."""
    size = q if scaled else 1.0
    check(made("quniform", k * q + below * size, (k + width) * q + above * size, q), u)


@given(st.integers(0, 20), st.integers(1, 30), steps, offsets, offsets, UNIT)
@example(0, 10, 10.0, 1e-9, 0.0, 0.0)
def test_a_log_uniform_draw_is_on_the_lattice(
    k: int, width: int, q: float, below: float, above: float, u: float
) -> None:
    """Also where the lower bound is next to zero."""
    low, high = k * q * (1 + below) or abs(below) * q, (k + width) * q * (1 + above)
    check(made("qloguniform", math.log(low), math.log(high), q), u)


@given(st.sampled_from(["qnormal", "qlognormal"]), st.floats(-1e3, 1e3), st.floats(1e-6, 1e6), steps, UNIT)
@example("qlognormal", 700.0, 100.0, 0.1, 1.0)
@example("qnormal", 1e300, 1.0, 1e-10, 0.5)
def test_a_normal_draw_is_on_the_lattice(function: str, mu: float, sigma: float, q: float, u: float) -> None:
    """Whatever the mean, the deviation and the step are."""
    check(made(function, mu, sigma, q), u)


@given(
    st.sampled_from(["randint", "uniformint", "loguniformint"]),
    st.one_of(st.integers(-100, 100), st.integers(-(2**70), 2**70), st.integers(-(10**300), 10**300)),
    st.one_of(st.integers(1, 100), st.integers(1, 2**70)),
    UNIT,
)
@example("loguniformint", 2**60, 10, 0.5)
def test_an_integer_is_inside_its_bounds(function: str, low: int, width: int, u: float) -> None:
    """Also where doubles are coarser than integers."""
    check(made(function, low, low + width), u)


def test_all_of_a_few_huge_integers_are_drawn() -> None:
    """Ten integers above 2**60 are equally likely, although doubles cannot tell them apart."""
    distribution = hp.uniformint("n", 2**60 + 1, 2**60 + 10).distribution
    assert [distribution.from_unit((i + 0.5) / 10) for i in range(10)] == list(range(2**60 + 1, 2**60 + 11))
    assert [distribution.from_unit(distribution.to_unit(n)) for n in distribution.values()] == [*distribution.values()]


def test_rounding_errors_of_a_bound_do_not_lose_its_multiple() -> None:
    """3 * 0.1 is not 0.3, and 0.1 * 3 - 0.3 is not 0, but both are meant as multiples of 0.1."""
    assert list(hp.quniform("x", 0.1 * 3 - 0.3, 3 * 0.1, 0.1).distribution.values()) == [0.0, 0.1, 0.2, 0.3]


def test_a_bound_near_zero_keeps_zero_out() -> None:
    """Who writes 1e-8 as the lower bound does not want 0."""
    distribution = hp.qloguniform("r", math.log(1e-8), math.log(100), 10).distribution
    assert list(distribution.values()) == [10.0 * k for k in range(1, 11)]


def test_an_interval_without_a_multiple_is_refused() -> None:
    """The lattice knows that it is empty."""
    assert len(Lattice.between(0.1, 0.9, 1.0)) == 0


@pytest.mark.parametrize("algo", [None, rand.suggest, tpe.suggest, anneal.suggest, auto.suggest])
@pytest.mark.parametrize(
    "node",
    [
        hp.qloguniform("r", math.log(1e-8), math.log(100), 10),
        hp.quniform("r", -1e-7, 2 + 1e-7, 0.5),
        hp.quniform("r", 5e-10, 1, 1 / 3),
        hp.uniformint("r", 2**62, 2**62 + 3),
    ],
)
def test_no_algorithm_dies_of_its_own_suggestion(algo: Any, node: Any) -> None:
    """Every suggestion of every algorithm is a point of the space."""
    trials, space = Trials(), Space(node)
    fmin(float, node, algo, 25, trials=trials, rstate=0, show_progressbar=False)
    assert all(space.check(trial.point) for trial in trials.record)


def test_a_search_over_a_quantised_range_gets_multiples() -> None:
    """HyperoptSearchCV sets multiples of q."""
    from sklearn.datasets import load_iris
    from sklearn.linear_model import Ridge

    X, y = load_iris(return_X_y=True)
    alpha = hp.quniform("alpha", 1e-10, 1.0, 0.25)
    search = HyperoptSearchCV(Ridge(), {"alpha": alpha}, max_evals=4, cv=2, random_state=0).fit(X, y)
    assert {params["alpha"] for params in search.cv_results_["params"]} <= {0.25, 0.5, 0.75, 1.0}
