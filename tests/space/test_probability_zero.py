"""What has probability zero is never tried, and a discrete scipy distribution keeps its values and their types."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.model_selection import RandomizedSearchCV
from sklearn.tree import DecisionTreeClassifier

from hpsklearn_search import HyperoptSearchCV, fmin, hp
from hpsklearn_search.space import Space, as_search_space, from_scipy
from hpsklearn_search.suggest import anneal, auto, gp, rand, tpe
from tests.strategies import UNIT

X, y = load_iris(return_X_y=True)
ALGORITHMS = [None, rand.suggest, tpe.suggest, gp.suggest, anneal.suggest, auto.suggest]
LISTED = scipy.stats.rv_discrete(values=([2, 8, 32], [0.5, 0.3, 0.2]))


class Odd(scipy.stats.rv_discrete):
    """The numbers 1, 3 and 5, equally likely."""

    def _pmf(self, k: Any) -> Any:
        return np.where(k % 2 == 1, 1 / 3, 0.0)


def distribution_of(frozen: Any) -> Any:
    """Our distribution for one of scipy."""
    return as_search_space({"x": frozen})["x"].distribution


@pytest.mark.parametrize("algo", ALGORITHMS)
@pytest.mark.parametrize("n", [1, 6, 30])
def test_no_algorithm_tries_an_option_of_probability_zero(algo: Any, n: int) -> None:
    """Neither as a value, nor as a branch, nor when all other points have been seen."""
    seen = []

    def loss(point: dict[str, Any]) -> float:
        seen.append(point)
        return float(point["b"] == "small") + float(isinstance(point["a"], float))

    space = {
        "a": hp.pchoice("a", [(0.0, "never"), (0.7, "often"), (0.3, hp.uniformint("n", 1, 2)), (0.0, "nor this")]),
        "b": hp.pchoice("b", [(1.0, "small"), (0.0, "huge")]),
    }
    fmin(loss, space, algo, n, rstate=0, show_progressbar=False)
    assert {point["a"] for point in seen} <= {"often", 1, 2}
    assert {point["b"] for point in seen} == {"small"}


def test_options_of_probability_zero_are_not_counted() -> None:
    """A finite space has the points that can be drawn."""
    branch = {"n": hp.randint("n", 3)}
    space = Space(hp.pchoice("c", [(0.5, "a"), (0.0, branch), (0.5, {"m": hp.randint("m", 4)})]))
    assert space.size == 5
    assert [*space.points()] == [{"c": 0}, *({"c": 2, "m": m} for m in range(4))]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=6).filter(any), UNIT)
def test_a_weighted_choice_draws_and_lists_the_same(weights: list[int], u: float) -> None:
    """What is drawn, what is listed, and what has a probability are the same options."""
    pairs = [(weight / sum(weights), i) for i, weight in enumerate(weights)]
    distribution = hp.pchoice("c", pairs).distribution
    options = {i for i, weight in enumerate(weights) if weight}
    assert distribution.from_unit(u) in options
    assert set(distribution.values()) == options
    assert distribution.n_values == len(options)


@pytest.mark.parametrize(
    ("frozen", "expected"),
    [
        (LISTED, [2, 8, 32]),
        (LISTED(loc=1), [3, 9, 33]),
        (LISTED(loc=0.5), [2.5, 8.5, 32.5]),
        (scipy.stats.rv_discrete(values=([0.1, 0.5], [0.5, 0.5])), [0.1, 0.5]),
        (scipy.stats.rv_discrete(values=([1.0, 2.0], [0.5, 0.5])), [1.0, 2.0]),
        (scipy.stats.rv_discrete(values=([-4, 0, 7], [0.5, 0.0, 0.5])), [-4, 7]),
        (scipy.stats.rv_discrete(values=([3], [1.0])), [3]),
        (scipy.stats.randint(1, 4, loc=0.5), [1.5, 2.5, 3.5]),
        (scipy.stats.randint(1, 4, loc=2), [3, 4, 5]),
        (scipy.stats.randint(1, 4, loc=0.1), [1.1, 2.1, 3.1]),
        (scipy.stats.bernoulli(1.0), [1]),
        (scipy.stats.binom(3, 0.0), [0]),
        (scipy.stats.hypergeom(5, 5, 3), [3]),
        (Odd(a=1, b=5, name="odd"), [1, 3, 5]),
        (Odd(a=1, b=5, name="odd")(loc=-1), [0, 2, 4]),
    ],
)
def test_a_listed_distribution_has_its_own_values(frozen: Any, expected: list[Any]) -> None:
    """Values, order and types; each is drawn, counted, contained, and comes back from its coordinate."""
    distribution = distribution_of(frozen)
    values = [*distribution.values()]
    assert values == expected
    assert [type(value) for value in values] == [type(value) for value in expected]
    assert distribution.n_values == len(expected)
    assert {distribution.from_unit(u) for u in np.linspace(0, 1, 2001)} == set(expected)
    assert [distribution.from_unit(distribution.to_unit(value)) for value in values] == values
    assert all(map(distribution.contains, values))


@pytest.mark.parametrize("value", [3, 7.9, 33, 0, -2, math.nan, math.inf, 10**400, "2", None])
def test_what_is_not_listed_is_not_contained(value: Any) -> None:
    """Neither gaps, nor what lies outside, nor what is no number."""
    assert not distribution_of(LISTED).contains(value)


@pytest.mark.parametrize("frozen", [LISTED, scipy.stats.rv_discrete(values=([0.1, 0.5], [0.5, 0.5])), LISTED(loc=0.5)])
def test_values_and_types_are_those_of_randomized_search(frozen: Any) -> None:
    """A search tries what RandomizedSearchCV tries; its numbers are Python's."""
    name = "ccp_alpha" if isinstance(frozen.rvs(random_state=0), np.floating) else "min_samples_leaf"
    tree = DecisionTreeClassifier(random_state=0)
    randomized = RandomizedSearchCV(tree, {name: frozen}, n_iter=60, cv=2, random_state=0).fit(X, y)
    ours = HyperoptSearchCV(tree, {name: frozen}, cv=2, max_evals=distribution_of(frozen).n_values).fit(X, y)
    expected = {params[name].item() for params in randomized.cv_results_["params"]}
    values = [params[name] for params in ours.cv_results_["params"]]
    assert sorted(values) == sorted(expected)
    assert {type(value) for value in values} == {type(value) for value in expected}


@pytest.mark.parametrize("options", [{}, {"algo": "random"}, {"algo": "tpe"}])
def test_a_search_with_more_trials_than_values_repeats_none(options: dict[str, Any]) -> None:
    """The search ends when all values have been tried."""
    search = HyperoptSearchCV(DecisionTreeClassifier(), {"max_depth": LISTED}, cv=2, max_evals=9, **options)
    with pytest.warns(UserWarning, match="is smaller than max_evals"):
        search.fit(X, y)
    assert sorted(params["max_depth"] for params in search.cv_results_["params"]) == [2, 8, 32]


@pytest.mark.parametrize(
    "frozen",
    [scipy.stats.poisson(4), scipy.stats.poisson(4, loc=0.5), scipy.stats.dlaplace(0.8), scipy.stats.binom(10**6, 0.3)],
)
@given(u=UNIT)
def test_an_unlisted_distribution_draws_what_it_contains(frozen: Any, u: float) -> None:
    """Infinitely many values, or too many to list, with any ``loc``."""
    distribution = distribution_of(frozen)
    value = distribution.from_unit(u)
    assert distribution.contains(value)
    assert distribution.n_values is None
    assert not distribution.contains(value + 0.25)
    if 1e-9 < u < 1 - 1e-9:  # beyond, the cells of the tails are smaller than the resolution of coordinates
        assert distribution.from_unit(distribution.to_unit(value)) == value


def test_a_histogram_with_a_gap_draws_from_its_bins() -> None:
    """A continuous distribution never gives a value inside of a gap."""
    histogram = scipy.stats.rv_histogram((np.array([1, 0, 0, 1]), np.array([0.0, 1.0, 2.0, 3.0, 4.0])))
    distribution = distribution_of(histogram)
    values = [distribution.from_unit(u) for u in [*np.linspace(0, 1, 999), 0.5]]
    assert not any(1.0 < value < 3.0 for value in values)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (LISTED, scipy.stats.rv_discrete(values=([2, 8, 33], [0.5, 0.3, 0.2]))),
        (LISTED, scipy.stats.rv_discrete(values=([2, 8, 32], [0.4, 0.4, 0.2]))),
        (
            scipy.stats.rv_histogram((np.array([1, 1]), np.array([0.0, 1.0, 2.0]))),
            scipy.stats.rv_histogram((np.array([1, 1]), np.array([0.0, 1.0, 3.0]))),
        ),
        (scipy.stats.gamma(2.0), scipy.stats.gamma(2.5)),
    ],
)
def test_distributions_without_names_differ_by_their_values(one: Any, other: Any) -> None:
    """Neither equality nor the repr, which a save file compares, takes one for the other."""
    assert distribution_of(one) != distribution_of(other)
    assert repr(distribution_of(one)) != repr(distribution_of(other))
    assert distribution_of(one) == from_scipy(one.freeze() if hasattr(one, "freeze") else one)
