"""The search spaces of scikit-learn's users become nodes, and configurations become parameters."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given
from sklearn.model_selection import ParameterGrid

from hpsklearn_search import hp
from hpsklearn_search.exceptions import BadSearchSpace
from hpsklearn_search.space import (
    Choice,
    Integer,
    Normal,
    RvsDistribution,
    ScipyDistribution,
    Space,
    Uniform,
    as_search_space,
    contains_key,
    merge_branches,
)
from tests.strategies import grids


def listing(space: Any) -> list[dict[str, Any]]:
    """All configurations of a finite space, in order."""
    parsed = Space(as_search_space(space))
    return [merge_branches(parsed.assemble(point), contains_key) for point in parsed.points()]


# ---------------------------------------------------------------------- lists
@given(grids)
def test_a_grid_has_the_candidates_of_parameter_grid_in_its_order(grid: Any) -> None:
    """The points of a grid come in the order of `ParameterGrid`."""
    assert list(map(repr, listing(grid))) == list(map(repr, ParameterGrid(grid)))


@pytest.mark.parametrize(
    "options",
    [
        [1, 10, 100],
        (1, 10, 100),
        range(1, 4),
        np.array([1.0, 2.0, 3.0]),
        np.logspace(3, -3, 7),
        [1, 2.5, np.float32(7)],
        [1, 2],
    ],
)
def test_monotonic_numbers_are_ordered(options: Any) -> None:
    """A list of ascending or descending numbers is an ordinal choice."""
    assert as_search_space({"C": options})["C"].distribution.ordered


@pytest.mark.parametrize(
    "options", [[10, 1, 100], [1, 1, 2], ["a", "b"], [None, 5, 10], [False, True], [1], [1, float("nan"), 3]]
)
def test_other_lists_are_not_ordered(options: Any) -> None:
    """Unsorted or repeated numbers, and options that are not numbers, are unordered."""
    assert not as_search_space({"C": options})["C"].distribution.ordered


class Anything:
    """An object without any feature."""


@pytest.mark.parametrize(
    "option",
    [Anything(), [1, 2], (3, 4), {"a": 1}, np.arange(3), np.float64(2), lambda x: x, None, "text", scipy.stats.norm()],
)
def test_an_option_is_the_very_object(option: Any) -> None:
    """An option of a list is neither copied nor converted."""
    space = Space(as_search_space({"x": [option, "other"]}))
    assert space.assemble({"x": 0})["x"] is option


def test_a_list_is_labelled_by_its_key() -> None:
    """A list is a choice: its key is the label, and the raw value is the index of the option."""
    space = as_search_space({"svc__C": [1, 10]})
    assert isinstance(space["svc__C"], Choice)
    assert Space(space).labels == ["svc__C"]


def test_a_pandas_series_is_a_list() -> None:
    """A Series is a list of options, as in RandomizedSearchCV."""
    assert listing({"C": pd.Series([1.0, 2.0])}) == [{"C": 1.0}, {"C": 2.0}]


def test_a_sequence_that_holds_nodes_is_a_container() -> None:
    """A tuple of nodes, such as layer sizes, is one value."""
    space = Space(as_search_space({"hidden_layer_sizes": (hp.randint("first", 1, 9), 3)}))
    assert space.labels == ["first"]
    assert space.assemble({"first": 5}) == {"hidden_layer_sizes": (5, 3)}


def test_keys_keep_their_order_beside_expressions() -> None:
    """Only a grid of plain lists has its keys sorted."""
    assert list(as_search_space({"b": [1], "a": hp.uniform("a", 0, 1)})) == ["b", "a"]
    assert list(as_search_space({"b": [1], "a": [2]})) == ["a", "b"]


def test_constants_are_set_as_they_are() -> None:
    """A value without a list is a constant, if another parameter is searched."""
    value = object()
    space = Space(as_search_space({"kernel": "rbf", "weights": value, "C": [1, 10]}))
    configuration = space.assemble({"C": 1})
    assert configuration == {"kernel": "rbf", "weights": value, "C": 10}
    assert configuration["weights"] is value


@pytest.mark.parametrize("beside", [{}, {"C": [1, 10]}, {"C": hp.uniform("C", 0, 1)}], ids=str)
@pytest.mark.parametrize("within", [lambda space: space, lambda space: hp.choice("m", [space, {"C": [1]}])])
def test_a_dict_is_a_value_in_a_list_alone(beside: Any, within: Any) -> None:
    """A dict without a list is refused in scikit-learn's words; the note has the right line."""
    with pytest.raises(
        TypeError, match=r"'max_depth' needs to be a list .* but got {'a': 1} \(of type dict\)"
    ) as caught:
        as_search_space(within({"max_depth": {"a": 1}, **beside}))
    assert "{'max_depth': [{'a': 1}]}" in caught.value.__notes__[0]


def test_a_dict_that_holds_nodes_is_a_space_of_values() -> None:
    """A dict that contains nodes is a value with searched parts, as in hyperopt."""
    space = Space(as_search_space({"class_weight": {0: 1, 1: hp.uniform("w", 1, 5)}}))
    assert space.assemble({"w": 2.5}) == {"class_weight": {0: 1, 1: 2.5}}


# ---------------------------------------------------------------------- list of dicts
def test_branches_have_labels_of_their_own() -> None:
    """The same key in two branches makes two parameters; expressions keep their labels."""
    gamma = hp.uniform("gamma", 0, 1)
    space = Space(as_search_space([{"C": [1, 2]}, {"C": [3, 4], "gamma": gamma}, {}]))
    assert space.labels == ["grid", "0.C", "1.C", "gamma"]
    assert space.assemble({"grid": 1, "1.C": 0, "gamma": 0.5}) == {"C": 3, "gamma": 0.5}
    assert space.assemble({"grid": 2}) == {}


def test_a_list_of_one_dict_is_that_dict() -> None:
    """A list of one dict makes no choice."""
    assert Space(as_search_space([{"C": [1, 2]}])).labels == ["C"]


def test_lists_inside_an_option_that_is_merged_are_choices() -> None:
    """Lists in a branch are choices, at the top, under a key, and in another choice."""
    branches = [{"kernel": "rbf", "C": [1, 2]}, {"kernel": "linear"}]
    top = Space(as_search_space(hp.choice("k", branches)))
    keyed = Space(as_search_space({"kernel": hp.choice("k", branches)}))
    nested = Space(as_search_space({"kernel": hp.choice("outer", [hp.choice("k", branches), "poly"])}))
    assert top.labels == keyed.labels == ["k", "k.0.C"]
    assert nested.labels == ["outer", "k", "k.0.C"]


def test_one_choice_in_two_places_stays_one() -> None:
    """A choice that occurs twice is still one node."""
    shared = hp.choice("k", [[1], [2]])
    assert Space(as_search_space({"a": shared, "b": shared})).labels == ["k"]


def test_the_given_space_is_not_changed() -> None:
    """Coercing does not change the nodes of the user."""
    choice = hp.choice("k", [{"kernel": "rbf", "C": [1, 2]}, {"kernel": "linear"}])
    before = repr(choice)
    as_search_space({"kernel": choice})
    assert repr(choice) == before


# ---------------------------------------------------------------------- distributions
@pytest.mark.parametrize(
    ("frozen", "expected"),
    [
        (scipy.stats.uniform(2, 3), Uniform(2.0, 5.0)),
        (scipy.stats.uniform(loc=-1, scale=2), Uniform(-1.0, 1.0)),
        (scipy.stats.uniform, Uniform(0.0, 1.0)),
        (scipy.stats.loguniform(1e-3, 1e3), Uniform(1e-3, 1e3, log=True)),
        (scipy.stats.reciprocal(1, 10, scale=2), Uniform(2.0, 20.0, log=True)),
        (scipy.stats.randint(1, 10), Integer(1, 9)),
        (scipy.stats.randint(1, 10, loc=5), Integer(6, 14)),
        (scipy.stats.norm(1, 2), Normal(1.0, 2.0)),
        (scipy.stats.lognorm(s=0.5), Normal(0.0, 0.5, log=True)),
        (scipy.stats.loguniform(1, 10, loc=3), ScipyDistribution(scipy.stats.loguniform(1, 10, loc=3))),
        (scipy.stats.expon(scale=2), ScipyDistribution(scipy.stats.expon(scale=2))),
    ],
)
def test_a_scipy_distribution_becomes_a_parameter(frozen: Any, expected: Any) -> None:
    """It becomes one of our own distributions if that is equal, and a `ScipyDistribution` if not."""
    parameter = as_search_space({"x": frozen})["x"]
    assert (parameter.label, parameter.distribution) == ("x", expected)


@pytest.mark.parametrize(
    "frozen",
    [scipy.stats.uniform(2, 3), scipy.stats.loguniform(1e-3, 10), scipy.stats.randint(3, 9), scipy.stats.norm(1)],
)
def test_a_translated_distribution_has_the_same_quantiles(frozen: Any) -> None:
    """The quantiles are those of scipy's distribution."""
    distribution = as_search_space({"x": frozen})["x"].distribution
    u = np.linspace(0.013, 0.987, 50)
    assert [distribution.from_unit(x) for x in u] == pytest.approx(frozen.ppf(u))


class Coin:
    """An object with ``rvs`` that is not a scipy distribution."""

    def rvs(self, random_state: Any = None) -> int:
        """Return heads or tails."""
        return int(random_state.randint(2))


def test_what_has_rvs_is_drawn_from() -> None:
    """Any object with ``rvs`` is a parameter that is only drawn from."""
    assert isinstance(as_search_space({"x": Coin()})["x"].distribution, RvsDistribution)


def test_a_distribution_may_be_an_option_of_a_choice() -> None:
    """A distribution in a choice gets a label from its position."""
    space = Space(as_search_space({"gamma": hp.choice("g", ["scale", scipy.stats.uniform(0, 1)])}))
    assert space.labels == ["g", "g.1"]
    assert space.assemble({"g": 1, "g.1": 0.5}) == {"gamma": 0.5}


# ---------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("space", "error", "message"),
    [
        (0, TypeError, "Parameter grid should be a dict or a list, got: 0 of type int"),
        ("abc", TypeError, r"Parameter grid is not a dict \('a'\)"),
        ([{"C": [1]}, 0], TypeError, r"Parameter grid is not a dict \(0\)"),
        ({"C": 1}, TypeError, "'C' needs to be a list or a numpy array, but got 1 \\(of type int\\) instead"),
        ({"C": "1,2"}, TypeError, "'C' needs to be a list or a numpy array, but got '1,2'"),
        ({"C": {1, 2}}, TypeError, "'C' needs to be a list or a numpy array"),
        ({"C": {"low": 1}}, TypeError, "'C' needs to be a list or a numpy array, but got {'low': 1}"),
        ({"C": iter([1, 2])}, TypeError, "'C' needs to be a list or a numpy array"),
        ({"C": []}, ValueError, r"'C' need to be a non-empty sequence, got: \[\]"),
        ({"C": np.ones((3, 2))}, ValueError, r"(?s)'C' should be one-dimensional.* with shape \(3, 2\)"),
        ({"C": np.array(3)}, TypeError, "'C' needs to be a list or a numpy array"),
        ([], ValueError, r"No fits were performed.*space=\[\] is an empty list.*space={'C': \[0.1, 1, 10\]}"),
        (5, TypeError, "of type int; write the argument as a dict of parameters, for example space={'C'"),
        (None, TypeError, "of type NoneType; write the argument as a dict of parameters, for example space={'C'"),
        (dict, TypeError, "of type type; write the argument as a dict"),
        (iter([{"C": [1]}]), TypeError, "of type list_iterator; write the argument as a dict"),
        ((grid for grid in [{"C": [1]}]), TypeError, "of type generator; write the argument as a dict"),
        ({3: [1]}, BadSearchSpace, "a parameter name must be a string, got 3"),
        (hp.uniform("x", 0, 1), TypeError, r"write space={'name of the parameter': hp.uniform"),
        (hp.choice("x", [{"C": [1]}, 3]), TypeError, r"Parameter grid is not a dict \(3\)"),
        ({"x": scipy.stats.uniform(0, -1)}, BadSearchSpace, "'x': scipy.stats.uniform.* cannot be drawn from"),
        ({"x": scipy.stats.beta}, BadSearchSpace, r"'x': scipy.stats.beta needs its arguments \(a, b\)"),
    ],
)
def test_what_is_no_space_is_refused(space: Any, error: type[Exception], message: str) -> None:
    """The error is scikit-learn's, if scikit-learn has one."""
    with pytest.raises(error, match=message):
        as_search_space(space)


@pytest.mark.parametrize(
    "grid",
    [0, [{"C": [1]}, 0], {"C": 1}, {"C": "1,2"}, {"C": []}, {"C": np.ones((3, 2))}, {"C": {1, 2}}, {"C": {"low": 1}}],
)
def test_errors_are_those_of_parameter_grid(grid: Any) -> None:
    """The error has the class and the text of scikit-learn's, after which a right line may follow."""
    with pytest.raises(Exception) as theirs:
        ParameterGrid(grid)
    with pytest.raises(type(theirs.value)) as ours:
        as_search_space(grid)
    assert str(ours.value).startswith(str(theirs.value))


# ---------------------------------------------------------------------- merging
def test_a_branch_is_merged_at_any_depth() -> None:
    """The entries of nested branches become parameters."""
    configuration = {"a": {"a": 1, "b": {"b": 2, "c": 3}}, "d": {"x": 4}}
    assert merge_branches(configuration, contains_key) == {"a": 1, "b": 2, "c": 3, "d": {"x": 4}}


def test_a_parameter_that_is_set_twice_is_an_error() -> None:
    """The message names both places that set the parameter."""
    with pytest.raises(BadSearchSpace, match=r"'b' is set twice, by space\['b'\] and by space\['a'\]\['b'\]"):
        merge_branches({"b": 1, "a": {"a": 0, "b": 2}}, contains_key)


def test_a_configuration_must_be_a_dict() -> None:
    """A configuration that is not a dict is refused."""
    with pytest.raises(BadSearchSpace, match=r"must be a dict of parameters, got \[1\]"):
        merge_branches([1], contains_key)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("loguniform", "{'C': hp.loguniform(...)}"),
        ("hp.uniformint(2, 5)", "{'C': hp.uniformint(2, 5)}"),
        ("randint('n', 5)", "{'C': hp.randint('n', 5)}"),
        ("hp.uniform", "{'C': hp.uniform(...)}"),
    ],
)
def test_a_distribution_in_quotes_is_refused(text: str, right: str) -> None:
    """The message has the line without the quotes."""
    with pytest.raises(BadSearchSpace, match=re.escape(right)):
        as_search_space({"C": text, "kernel": ["rbf", "poly"]})


@pytest.mark.parametrize("value", ["uniform", "normal", "rbf", "choices", ""])
def test_a_string_that_estimators_take_stays_a_constant(value: str) -> None:
    """``weights="uniform"`` of the nearest neighbours is a value."""
    assert as_search_space({"weights": value, "p": [1, 2]})["weights"] == value
