"""Properties of every distribution: support, coordinates, cells, quantisation."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from hpsklearn_search import hp
from hpsklearn_search.space import Categorical, Integer, Normal, RvsDistribution, Uniform, from_scipy
from tests.strategies import UNIT, leaves


@given(leaves("x"), UNIT)
def test_a_draw_is_in_its_support(node: Any, u: float) -> None:
    """A distribution contains the value at every coordinate."""
    assert node.distribution.contains(node.distribution.from_unit(u))


@given(leaves("x"), UNIT)
def test_values_survive_the_way_to_the_unit_interval_and_back(node: Any, u: float) -> None:
    """from_unit(to_unit(value)) is the value; exactly, if it is discrete."""
    value = node.distribution.from_unit(u)
    back = node.distribution.from_unit(node.distribution.to_unit(value))
    if node.distribution.n_values is not None or getattr(node.distribution, "q", None) is not None:
        assert back == value
    else:
        assert back == pytest.approx(value, rel=1e-6, abs=1e-6)


@given(leaves("x"), st.lists(UNIT, min_size=2, max_size=2))
def test_coordinates_keep_the_order_of_values(node: Any, pair: list[float]) -> None:
    """A larger coordinate never has a smaller value."""
    low, high = sorted(pair)
    assert node.distribution.from_unit(low) <= node.distribution.from_unit(high)


@given(leaves("x"), UNIT)
def test_a_coordinate_lies_in_its_cell(node: Any, u: float) -> None:
    """The cell contains u, and its centre is the coordinate of the value."""
    left, right = node.distribution.cells(np.array([u]))
    assert left[0] - 1e-9 <= u <= right[0] + 1e-9
    snapped = node.distribution.snap(np.array([u]))[0]
    assert left[0] <= snapped <= right[0]
    assert node.distribution.to_unit(node.distribution.from_unit(u)) == pytest.approx(snapped, abs=1e-6)


@given(leaves("x"))
def test_the_cells_of_a_finite_distribution_tile_the_unit_interval(node: Any) -> None:
    """The widths of all cells sum to 1."""
    distribution = node.distribution
    if distribution.n_values is None or distribution.n_values > 500:
        return
    values = list(distribution.values())
    assert len(values) == len(set(values)) == distribution.n_values
    left, right = distribution.cells(np.array([distribution.to_unit(value) for value in values]))
    assert np.sum(right - left) == pytest.approx(1.0)
    assert left[1:] == pytest.approx(right[:-1])


@given(st.integers(-20, 20), st.integers(1, 30), st.integers(1, 9), st.integers(0, 3), UNIT)
def test_quantised_values_carry_no_rounding_dirt(low: int, steps: int, mantissa: int, decimals: int, u: float) -> None:
    """A multiple of q = 0.3 has one decimal: 0.9 and not 0.8999999999999999."""
    q = float(f"{mantissa}e-{decimals}")
    low_bound, high_bound = low * q, (low + steps) * q
    value = hp.quniform("x", low_bound, high_bound, q).distribution.from_unit(u)
    assert value == float(f"{value:.{decimals}f}")
    assert low_bound - 1e-9 <= value <= high_bound + 1e-9


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (hp.quniform("x", 0.1, 1.0, 0.3), [0.3, 0.6, 0.9]),
        (hp.quniform("x", 1, 10, 4), [4.0, 8.0]),
        (hp.quniform("x", -1, 1, 1), [-1.0, 0.0, 1.0]),
        (hp.qloguniform("x", 0.0, math.log(10), 3), [3.0, 6.0, 9.0]),
        (hp.randint("x", 3), [0, 1, 2]),
        (hp.randint("x", 2, 4), [2, 3]),
        (hp.uniformint("x", 2, 4), [2, 3, 4]),
        (hp.loguniformint("x", 1, 3), [1, 2, 3]),
    ],
)
def test_the_values_of_a_discrete_distribution(node: Any, expected: list[float]) -> None:
    """The values are the multiples of q inside the bounds; randint excludes its upper bound."""
    assert list(node.distribution.values()) == expected
    drawn = [node.distribution.from_unit(u) for u in np.linspace(0, 1, 201)]
    assert sorted(set(drawn)) == expected
    assert all(type(value) is type(expected[0]) for value in drawn)


def test_zero_has_no_sign() -> None:
    """A quantised draw near zero is 0.0 and never -0.0."""
    value = hp.quniform("x", -1, 1, 1).distribution.from_unit(0.4999)
    assert math.copysign(1.0, value) == 1.0


@pytest.mark.parametrize("node", [hp.uniformint("n", 1, 5), hp.randint("n", 1, 6)])
def test_all_integers_are_equally_likely(node: Any) -> None:
    """The two bounds are as likely as the other integers."""
    left, right = node.distribution.cells(np.array([node.distribution.to_unit(n) for n in range(1, 6)]))
    assert right - left == pytest.approx(np.full(5, 0.2))


@pytest.mark.parametrize(
    ("node", "frozen"),
    [
        (hp.uniform("x", -1, 3), scipy.stats.uniform(-1, 4)),
        (hp.loguniform("x", -2, 3), scipy.stats.loguniform(math.exp(-2), math.exp(3))),
        (hp.normal("x", 1, 2), scipy.stats.norm(1, 2)),
        (hp.lognormal("x", 1, 0.5), scipy.stats.lognorm(0.5, scale=math.exp(1))),
        (hp.logrange("x", 1e-3, 10), scipy.stats.loguniform(1e-3, 10)),
    ],
)
def test_a_continuous_distribution_equals_the_one_of_scipy(node: Any, frozen: Any) -> None:
    """Its quantiles are those of scipy's distribution."""
    u = np.linspace(0.01, 0.99, 25)
    assert [node.distribution.from_unit(x) for x in u] == pytest.approx(frozen.ppf(u), rel=1e-9)


@pytest.mark.parametrize(
    ("node", "frozen", "q"),
    [
        (hp.qnormal("x", 3, 2, 0.5), scipy.stats.norm(3, 2), 0.5),
        (hp.qlognormal("x", 1, 1, 2), scipy.stats.lognorm(1, scale=math.e), 2),
    ],
)
def test_a_quantised_distribution_rounds_the_continuous_one(node: Any, frozen: Any, q: float) -> None:
    """The value is the multiple of q nearest to the unquantised draw, as in hyperopt."""
    for u in np.linspace(0.013, 0.987, 40):
        assert node.distribution.from_unit(u) == pytest.approx(np.round(frozen.ppf(u) / q) * q)


@pytest.mark.parametrize(("weights", "u", "index"), [((0.2, 0.8), 0.1, 0), ((0.2, 0.8), 0.3, 1), ((1.0, 0.0), 1.0, 0)])
def test_weights_say_how_likely_an_option_is(weights: tuple[float, ...], u: float, index: int) -> None:
    """The share of an option in the unit interval is its weight; an option of weight 0 is never drawn."""
    assert Categorical(2, weights).from_unit(u) == index


@pytest.mark.parametrize("weights", [None, (0.1, 0.2, 0.7)])
def test_an_ordered_choice_is_numeric(weights: tuple[float, ...] | None) -> None:
    """The coordinates of ordered options have the same order; that of an unordered option is its index."""
    ordered = Categorical(3, weights, ordered=True)
    units = [ordered.to_unit(i) for i in range(3)]
    assert units == sorted(units)
    assert [ordered.from_unit(u) for u in units] == [0, 1, 2]
    assert (ordered.kind, Categorical(3, weights).kind) == ("numeric", "categorical")
    assert Categorical(3, weights).to_unit(2) == 2.0


@pytest.mark.parametrize(
    ("frozen", "value"),
    [(scipy.stats.gamma(2.0), 1.7), (scipy.stats.beta(2, 5), 0.3), (scipy.stats.poisson(4), 3)],
)
def test_a_frozen_scipy_distribution_is_read_through_its_cdf(frozen: Any, value: float) -> None:
    """The coordinate of a value is its cumulative probability, and has this value."""
    distribution = from_scipy(frozen)
    back = distribution.from_unit(distribution.to_unit(value))
    assert back == pytest.approx(value)
    assert type(back) is type(value)
    assert distribution.contains(value)


class Dice:
    """An object that can only be drawn from."""

    def rvs(self, random_state: Any = None) -> np.int64:
        """Return one throw."""
        return np.int64(random_state.randint(1, 7))


def test_an_opaque_draw_is_a_function_of_its_coordinate() -> None:
    """The same coordinate gives the same value, so a trial depends on its seed alone."""
    opaque = RvsDistribution(Dice())
    throws = [opaque.from_unit(u) for u in np.linspace(0, 0.99, 60)]
    assert throws == [opaque.from_unit(u) for u in np.linspace(0, 0.99, 60)]
    assert set(throws) == {1, 2, 3, 4, 5, 6}
    assert all(type(throw) is int for throw in throws)


@pytest.mark.parametrize(
    "distribution",
    [
        Uniform(0.0, 1.0, q=0.1),
        Normal(0.0, 1.0),
        Integer(1, 9, log=True),
        Categorical(3),
        from_scipy(scipy.stats.gamma(2)),
        RvsDistribution(Dice()),
    ],
)
def test_distributions_pickle(distribution: Any) -> None:
    """An unpickled copy draws the same values."""
    copy = pickle.loads(pickle.dumps(distribution))
    assert [copy.from_unit(u) for u in (0.1, 0.6)] == [distribution.from_unit(u) for u in (0.1, 0.6)]


@given(leaves("x"), st.one_of(st.none(), st.text(max_size=2), st.just(math.nan), st.booleans(), st.just([1])))
def test_what_is_no_number_cannot_be_drawn(node: Any, value: Any) -> None:
    """`contains` is False for what is not a number, and does not raise."""
    assert not node.distribution.contains(value)
