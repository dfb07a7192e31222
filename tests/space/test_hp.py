"""hyperopt's constructors: their meaning, and what they refuse before the first draw."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest

from hpsklearn_search import hp
from hpsklearn_search.exceptions import BadSearchSpace

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hp.uniform("x", 1, 1), r"hp\.uniform\('x'\): low must be < high, got low=1, high=1"),
        (lambda: hp.uniform("x", 2, 1), "low must be < high"),
        (lambda: hp.uniform("x", NAN, 1), "low must be a finite number, got nan"),
        (lambda: hp.uniform("x", 0, INF), "high must be a finite number, got inf"),
        (lambda: hp.uniform("x", "0", 1), "low must be a finite number, got '0'"),
        (lambda: hp.uniform("x", True, 2), "low must be a finite number, got True"),
        (lambda: hp.quniform("x", 0, 1, 0), "q must be > 0 and at most high - low = 1, got 0"),
        (lambda: hp.quniform("x", 0, 1, -1), "q must be > 0"),
        (lambda: hp.quniform("x", 0, 1, 2), "at most high - low = 1, got 2"),
        (lambda: hp.quniform("x", 0, 1, NAN), "q must be a finite number"),
        (lambda: hp.quniform("x", 0, 1e6, 1e-320), r"lost in rounding.*write hp\.uniform, or q >= "),
        (lambda: hp.qnormal("x", 0, 1, 0), "q must be > 0, got 0"),
        (lambda: hp.qlognormal("x", 0, 1, -2), "q must be > 0"),
        (lambda: hp.normal("x", 0, 0), r"hp\.normal\('x'\): sigma must be > 0, got 0"),
        (lambda: hp.lognormal("x", 0, -1), "sigma must be > 0"),
        (lambda: hp.normal("x", INF, 1), "mu must be a finite number"),
        (lambda: hp.loguniform("x", 1, 1000), r"natural logarithms.*did you mean hp\.logrange\('x', 1, 1000\)"),
        (lambda: hp.loguniform("x", -1e6, 0), r"natural logarithms.*did you mean hp\.uniform"),
        (lambda: hp.qloguniform("x", 1, 1000, 1), "natural logarithms"),
        (lambda: hp.logrange("x", 0, 1), r"low must be > 0, got 0; for logarithmic bounds write hp\.loguniform"),
        (lambda: hp.logrange("x", -3, 3), "low must be > 0"),
        (lambda: hp.loguniformint("x", 0, 9), "low must be at least 1"),
        (lambda: hp.randint("x", 0), "low must be < high.*the upper bound is excluded"),
        (lambda: hp.randint("x", 5, 5), "low=5, high=5"),
        (lambda: hp.randint("x", 1.5), "must be a whole number, got 1.5"),
        (lambda: hp.uniformint("x", 3, 3), "low must be < high"),
        (lambda: hp.uniformint("x", 0.5, 3), "low must be a whole number"),
        (lambda: hp.choice("x", []), r"hp\.choice\('x'\): options must not be empty"),
        (lambda: hp.choice("x", "rbf"), r"options must be a list, got 'rbf'; write hp\.choice\('x', \[\.\.\.\]\)"),
        (lambda: hp.choice("x", {"a": 1}), "options must be a list"),
        (lambda: hp.choice("x", 3), "options must be a list, got 3"),
        (lambda: hp.pchoice("x", []), "options must not be empty"),
        (lambda: hp.pchoice("x", [(0.5, 1), (0.4, 2)]), r"sum to 1, got \[0\.5, 0\.4\] \(sum 0\.9\)"),
        (lambda: hp.pchoice("x", [(1.5, 1), (-0.5, 2)]), "at least 0"),
        (lambda: hp.pchoice("x", [(NAN, 1), (1, 2)]), "probability must be a finite number"),
        (lambda: hp.pchoice("x", [1, 2]), r"\(probability, option\) pairs"),
        (lambda: hp.choice([1], label=1), "label must be a string, got 1"),  # type: ignore[call-overload]
    ],
)
def test_bad_arguments_are_refused_at_once(call: Any, message: str) -> None:
    """The message names the function, the label, the argument, its value, and often the right line."""
    with pytest.raises(BadSearchSpace, match=message):
        call()


@pytest.mark.parametrize(("low", "high"), [(1e-2, 1e3), (1e-5, 1e0), (1e-4, 1e4), (0.03, 70)])
def test_logarithmic_bounds_come_back_as_the_numbers_meant(low: float, high: float) -> None:
    """np.log(100) is not exact, but the bound is exactly 100."""
    distribution = hp.loguniform("x", np.log(low), np.log(high)).distribution
    assert (distribution.low, distribution.high) == (low, high)


def test_arguments_may_be_numpy_numbers_and_keywords() -> None:
    """Bounds may be numpy numbers, and hyperopt's names of arguments work."""
    assert hp.uniform("x", np.float32(0), np.int64(1)).distribution == hp.uniform("x", low=0, high=1).distribution
    assert hp.randint("x", np.int64(3)).distribution == hp.randint("x", low=0, high=3).distribution


def test_huge_integers_stay_inside_their_bounds() -> None:
    """Integers above 2**53, where doubles are coarser, stay inside their bounds."""
    distribution = hp.randint("seed", 2**62).distribution
    assert [distribution.contains(distribution.from_unit(u)) for u in (0.0, 0.5, 1.0)] == [True] * 3


def test_an_option_array_is_a_list_of_options() -> None:
    """The elements of arrays and ranges are the options."""
    assert hp.choice("x", np.arange(3)).options == [0, 1, 2]
    assert hp.choice("x", range(3)).options == [0, 1, 2]


def test_probabilities_may_carry_rounding_dirt() -> None:
    """Ten probabilities of 0.1 sum to 1."""
    assert len(hp.pchoice("x", [(0.1, i) for i in range(10)]).options) == 10


@pytest.mark.parametrize(("low", "high"), [(0.001, 100), (0.01, 0.3)])
def test_bounds_that_were_hardly_meant_as_logarithms_are_warned_of(low: float, high: float) -> None:
    """The warning shows the range of the values and the right line, and points to the caller's line."""
    with pytest.warns(UserWarning, match=rf"write hp.logrange\('C', {low}, {high}\)") as caught:
        hp.loguniform("C", low, high)
    assert caught[0].filename == __file__


@pytest.mark.parametrize(("low", "high"), [(-7, 0), (math.log(10), math.log(1e6)), (0, 1)])
def test_logarithmic_bounds_are_not_warned_of(low: float, high: float) -> None:
    """Logarithmic bounds, as hyperopt's users write them, cause no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hp.loguniform("C", low, high)
