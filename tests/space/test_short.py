"""Values without rounding errors in their last digits, and distributions that are the same as before."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from hpsklearn_search import hp
from hpsklearn_search.space import Normal, Uniform, from_scipy
from hpsklearn_search.space._short import short
from tests.strategies import UNIT, leaves


def decimals(low: int, high: int) -> st.SearchStrategy[float]:
    """Numbers as a user writes them, of at most four digits."""
    return st.builds(lambda m, e: float(f"{m}e{e}"), st.integers(low, high), st.integers(-12, 12))


CONTINUOUS = st.one_of(
    st.builds(lambda a, b: Uniform(*sorted((a, b))), decimals(-9999, 9999), decimals(-9999, 9999)),
    st.builds(lambda a, b: Uniform(*sorted((a, b)), log=True), decimals(1, 9999), decimals(1, 9999)),
    st.builds(Normal, decimals(-9999, 9999), decimals(1, 9999)),
    st.builds(lambda mu, sigma: Normal(mu, sigma, log=True), st.floats(-9, 9), st.floats(0.01, 9)),
)
POSITIONS = st.one_of(UNIT, st.builds(lambda k, n: min(k, n) / n, st.integers(0, 100), st.integers(1, 100)))


@given(distribution=CONTINUOUS, u=POSITIONS)
def test_no_value_has_rounding_errors_in_its_last_digits(distribution: Any, u: float) -> None:
    """Where a number of twelve digits is within four units in the last place, the value is that number."""
    value = distribution.from_unit(u)
    twelve = float(f"{value:.12g}")
    assert value == twelve or abs(value - twelve) > 3 * math.ulp(value)


@given(distribution=CONTINUOUS, u=POSITIONS)
def test_a_value_is_moved_by_rounding_errors_at_most(distribution: Any, u: float) -> None:
    """Of the range it is no part that anybody could see, and no value leaves the bounds."""
    value, exact = distribution.from_unit(u), float(distribution._ppf(np.float64(min(max(u, 1e-12), 1 - 1e-12))))
    low, high = distribution._support()
    assert low <= value <= high
    if getattr(distribution, "log", False):
        assert value == pytest.approx(exact, rel=1e-13)
    else:
        bounds = (low, high) if isinstance(distribution, Uniform) else (distribution.mu, distribution.sigma, exact)
        assert abs(value - exact) <= 2e-15 * max(map(abs, bounds))


@given(node=leaves("x"), seed=st.integers(0, 99))
def test_no_two_draws_become_one(node: Any, seed: int) -> None:
    """Draws of a continuous distribution still differ, as a thousand random numbers do."""
    distribution = node.distribution
    if distribution.n_values is not None or getattr(distribution, "q", None) is not None:
        return
    draws = [distribution.from_unit(u) for u in np.random.default_rng(seed).random(1000)]
    assert len(set(draws)) == 1000


def test_very_few_values_are_moved() -> None:
    """One in five hundred at most: a seeded search meets the same numbers as before."""
    u = np.random.default_rng(0).random(20_000)
    for distribution in (Uniform(0.0, 1.0), Uniform(1e-4, 1e2, log=True), Normal(0.0, 1.0), Uniform(-3e5, 7e5)):
        moved = sum(distribution.from_unit(x) != distribution._ppf(np.float64(x)) for x in u)
        assert moved <= 80  # 0.2 % of 20,000 are 40 +- 6


@pytest.mark.parametrize("exponent", range(1, 13))
def test_the_middle_of_a_range_of_powers_of_ten_is_one(exponent: int) -> None:
    """Written with plain bounds or with logarithms."""
    low, high = float(f"1e-{exponent}"), float(f"1e{exponent}")
    assert hp.logrange("C", low, high).distribution.from_unit(0.5) == 1.0
    assert hp.loguniform("C", math.log(low), math.log(high)).distribution.from_unit(0.5) == 1.0


@pytest.mark.parametrize("tenth", range(1, 10))
def test_tenths_of_a_range_are_round(tenth: int) -> None:
    """3 * 0.1 is 0.3, and the middle of -0.3 and 0.3 is 0."""
    assert Uniform(0.0, 1.0).from_unit(tenth * 0.1) == tenth / 10
    assert Uniform(-0.5, 0.5).from_unit(tenth * 0.1) == (tenth - 5) / 10
    assert Uniform(1e-5, 1e5, log=True).from_unit(tenth * 0.1) == float(f"1e{tenth - 5}")


def test_the_middle_of_a_normal_is_its_mean() -> None:
    """Of one of scipy, too."""
    assert Normal(0.1, 0.3).from_unit(0.5) == 0.1
    assert from_scipy(scipy.stats.beta(3, 3)).from_unit(0.5) == 0.5


def test_a_narrow_range_far_from_zero_keeps_its_values() -> None:
    """Of 8,000 doubles in it at least a thousand are drawn."""
    distribution = Uniform(1e6, 1e6 + 1e-6)
    draws = {distribution.from_unit(u) for u in np.random.default_rng(0).random(5000)}
    assert len(draws) > 1000


@pytest.mark.parametrize("x", [0.0, math.inf, -math.inf, 5e-324, 1.7e308, -1.7e308, 1e300])
def test_the_ends_of_the_doubles_stay_what_they_are(x: float) -> None:
    """Nothing is raised."""
    assert short(x) == x
    assert math.isnan(short(math.nan))
