"""Properties of a parsed space: active labels, assembling, counting, sharing, size."""

from __future__ import annotations

import operator
import pickle
from collections import OrderedDict, namedtuple
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpsklearn_search import hp
from hpsklearn_search.exceptions import BadSearchSpace, DuplicateLabel, InvalidTrial
from hpsklearn_search.space import Apply, Choice, Constant, Node, Parameter, Space
from tests.strategies import spaces

SEEDS = st.integers(0, 2**32 - 1)


def active(node: Any, point: dict[str, Any]) -> list[str]:
    """The active labels at `point`, from a walk through the tree."""
    if isinstance(node, Choice):
        return [node.label, *active(node.options[point[node.label]], point)]
    if isinstance(node, Parameter):
        return [node.label]
    below = node.values() if isinstance(node, dict) else node if isinstance(node, list | tuple) else []
    return [label for child in below for label in active(child, point)]


def shape(node: Any, point: dict[str, Any]) -> Any:
    """The configuration at `point`, from a walk through the tree."""
    if isinstance(node, Choice):
        return shape(node.options[point[node.label]], point)
    if isinstance(node, Parameter):
        return point[node.label]
    if isinstance(node, dict):
        return {key: shape(value, point) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return type(node)(shape(value, point) for value in node)
    return node


class Recording(dict):
    """A point that records which labels are read."""

    def __init__(self, point: dict[str, Any]) -> None:
        super().__init__(point)
        self.read: list[str] = []

    def __getitem__(self, label: str) -> Any:
        self.read.append(label)
        return super().__getitem__(label)


@given(spaces(), SEEDS)
def test_a_point_has_exactly_the_active_labels(root: Any, seed: int) -> None:
    """A drawn point has exactly the active labels, and passes the check."""
    space = Space(root)
    point = space.draw(np.random.default_rng(seed))
    assert sorted(point) == sorted(active(root, point))
    assert space.check(point) == point


@given(spaces(), SEEDS)
def test_assembling_uses_exactly_the_active_labels(root: Any, seed: int) -> None:
    """Assembling reads every active label, once for each place, and no other label."""
    space = Space(root)
    point = Recording(space.draw(np.random.default_rng(seed)))
    space.assemble(point)
    assert sorted(point.read) == sorted(active(root, dict(point)))


@given(spaces(), SEEDS)
def test_a_configuration_has_the_containers_of_its_space(root: Any, seed: int) -> None:
    """Dicts, lists and tuples keep type, length and order; constants are unchanged."""
    space = Space(root)
    point = space.draw(np.random.default_rng(seed))
    configuration = space.assemble(point)
    assert repr(configuration) == repr(shape(root, point))


@given(spaces(), SEEDS)
def test_encoding_marks_what_is_inactive(root: Any, seed: int) -> None:
    """A row has NaN exactly in the columns of inactive labels, and decodes to the point."""
    space = Space(root)
    point = space.draw(np.random.default_rng(seed))
    row = space.encode(point)
    assert [label for label, unit in zip(space.labels, row, strict=True) if not np.isnan(unit)] == [
        label for label in space.labels if label in point
    ]
    for dimension, unit in zip(space.dimensions, row.tolist(), strict=True):
        if dimension.label in point and dimension.distribution.kind == "numeric":
            assert dimension.distribution.from_unit(unit) == pytest.approx(point[dimension.label], rel=1e-6, abs=1e-6)


@given(spaces(depth=2, finite=True))
def test_the_size_is_the_number_of_distinct_points(root: Any) -> None:
    """All points are different and pass the check, and `size` is their number."""
    space = Space(root)
    assert space.size is not None
    if space.size > 20_000:
        return
    points = [tuple(sorted(point.items())) for point in space.points()]
    assert len(points) == len(set(points)) == space.size
    assert all(space.check(dict(point)) == dict(point) for point in points[:200])


@given(spaces(), SEEDS)
def test_draws_depend_on_the_seed_alone(root: Any, seed: int) -> None:
    """Two parsed spaces of one tree draw the same point with the same seed."""
    first, second = (Space(root).draw(np.random.default_rng(seed)) for _ in range(2))
    assert first == second


@given(spaces(), SEEDS)
def test_a_space_survives_pickle(root: Any, seed: int) -> None:
    """A copy has the same labels and draws the same points."""
    space = Space(root)
    copy = pickle.loads(pickle.dumps(space))
    assert copy.labels == space.labels
    assert copy.draw(np.random.default_rng(seed)) == space.draw(np.random.default_rng(seed))


def test_a_choice_comes_before_the_labels_in_its_options() -> None:
    """A choice comes before the labels in its options, also before a shared one that occurs earlier."""
    x = hp.uniform("x", 0, 1)
    space = Space([hp.choice("a", [x, 1]), hp.choice("b", [{"c": hp.choice("c", [x, 2])}, 0])])
    assert space.labels.index("x") > max(space.labels.index(label) for label in "abc")


# ---------------------------------------------------------------------- sharing
def test_one_node_in_two_places_is_one_value() -> None:
    """A node that occurs twice has one label and one value."""
    x = hp.uniform("x", 0, 1)
    space = Space({"a": x, "b": [x, x + 1]})
    assert space.labels == ["x"]
    assert space.assemble({"x": 0.25}) == {"a": 0.25, "b": [0.25, 1.25]}


def test_one_node_in_two_options_is_active_with_both() -> None:
    """A node in two options is active with both, and inactive with others."""
    x = hp.uniform("x", 0, 1)
    space = Space(hp.choice("k", [{"x": x}, [x], None]))
    assert [sorted(space.point([u, 0.5])) for u in (0.1, 0.5, 0.9)] == [["k", "x"], ["k", "x"], ["k"]]


def test_one_node_in_two_options_is_counted_once_in_each() -> None:
    """Three values in each of two options, and one option without: seven points."""
    n = hp.randint("n", 3)
    assert Space(hp.choice("k", [{"n": n}, [n], None])).size == 7


@pytest.mark.parametrize("second", [hp.uniform("x", 0, 1), hp.choice("x", [1, 2])])
def test_one_label_on_two_nodes_is_refused(second: Node) -> None:
    """The message names the label, both nodes, and the two remedies."""
    with pytest.raises(DuplicateLabel, match=r"label 'x' is used for two nodes.*another label.*same node object"):
        Space({"a": hp.uniform("x", 0, 1), "b": [second]})


def test_a_label_must_be_a_string() -> None:
    """The message shows a right line."""
    with pytest.raises(BadSearchSpace, match=r"label must be a string, got 3; write, for example, hp\.uniform"):
        hp.uniform(0, 1, label=3)  # type: ignore[call-overload]


# ---------------------------------------------------------------------- assembling
Pair = namedtuple("Pair", ["first", "second"])


def test_containers_of_other_types_are_kept() -> None:
    """An OrderedDict and a namedtuple keep their types."""
    space = Space(OrderedDict(b=hp.randint("n", 3), a=Pair(hp.randint("m", 3), "x")))
    configuration = space.assemble({"n": 1, "m": 2})
    assert configuration == OrderedDict(b=1, a=Pair(2, "x"))
    assert isinstance(configuration, OrderedDict)
    assert isinstance(configuration["a"], Pair)


def test_a_constant_is_the_same_object_every_time() -> None:
    """A constant container is the same object in every configuration."""
    value = {"a": [1, 2]}
    assert Space({"x": Constant(value)}).assemble({})["x"] is value


def test_arithmetic_is_done_when_assembling() -> None:
    """Operators on either side, calls, negation and indexing build expressions."""
    n = hp.randint("n", 10)
    tree = [n + 1, 10 - n, 2 * n, 2**n, -n, abs(-n), n // 2, n % 3, n / 2, np.float64(2) * n, n > 3, Apply(max, (n, 7))]
    expected = [6, 5, 10, 32, -5, 5, 2, 2, 2.5, 10.0, True, 7]
    assert Space(tree).assemble({"n": 5}) == expected
    lookup = Apply(operator.getitem, (["a", "b", "c"], hp.randint("i", 3)))
    assert Space(lookup).assemble({"i": 2}) == "c"


def test_an_expression_has_no_truth_value() -> None:
    """`if hp.uniform(...) > 0.5` is an error that names the alternatives."""
    with pytest.raises(TypeError, match=r"hp\.choice"):
        bool(hp.uniform("x", 0, 1) > 0.5)


def test_whole_quantised_values_become_int_on_request() -> None:
    """A quantised value becomes an int only if q and both bounds are whole."""
    space = Space([hp.quniform("a", 1, 9, 2), hp.quniform("b", 0.5, 9, 1), hp.uniformint("c", 1, 3)])
    values = space.assemble({"a": 4.0, "b": 4.0, "c": 2}, integral=True)
    assert [type(value) for value in values] == [int, float, int]
    assert type(space.assemble({"a": 4.0, "b": 4.0, "c": 2})[0]) is float


@pytest.mark.parametrize(
    ("point", "message"),
    [
        ({"k": 0}, "'x' is active but has no value"),
        ({"k": 3}, "'k'.*3"),
        ({"k": 0, "x": 7.0}, r"7\.0 cannot be drawn"),
        ({"k": 0, "x": float("nan")}, "nan cannot be drawn"),
        ({"k": 1, "y": 0.5}, r"unknown label 'y'; the labels are \['k', 'x'\]"),
    ],
)
def test_a_point_that_does_not_fit_is_refused(point: dict[str, Any], message: str) -> None:
    """The message names the label and the value."""
    with pytest.raises(InvalidTrial, match=message):
        Space(hp.choice("k", [hp.uniform("x", 0, 1), None])).check(point)


def test_values_of_inactive_labels_are_dropped() -> None:
    """The check drops the values of inactive labels."""
    assert Space(hp.choice("k", [hp.uniform("x", 0, 1), None])).check({"k": 1, "x": 0.5}) == {"k": 1}


# ---------------------------------------------------------------------- large spaces
def nested(depth: int) -> Any:
    """Choices nested in choices."""
    node: Any = hp.uniform("leaf", 0, 1)
    for level in range(depth):
        node = {"stop": hp.choice(f"c{level}", [level, {"deeper": node}]), "x": hp.uniform(f"x{level}", 0, 1)}
    return node


def test_fifty_levels_of_nesting() -> None:
    """A space of fifty levels has all labels, and its deepest branch can be assembled."""
    space = Space(nested(50))
    assert len(space) == 101
    point = space.point(np.full(101, 0.9))
    assert len(point) == 101
    configuration = space.assemble(point)
    for _ in range(50):
        configuration = configuration["stop"]["deeper"]
    assert configuration == pytest.approx(0.9)
    assert space.size is None


def test_a_finite_space_of_fifty_levels_is_counted() -> None:
    """The size of a nested space is computed without enumerating its points."""
    node: Any = hp.randint("leaf", 2)
    for level in range(50):
        node = hp.choice(f"c{level}", [level, {"n": hp.randint(f"n{level}", 3), "below": node}])
    count = 2
    for _ in range(50):
        count = 1 + 3 * count
    assert Space(node).size == count


def test_two_hundred_parameters() -> None:
    """A point of two hundred parameters has all labels."""
    space = Space({f"x{i}": hp.uniform(f"x{i}", 0, 1) for i in range(200)})
    assert len(space.draw(np.random.default_rng(0))) == 200


def test_ten_thousand_options() -> None:
    """The first and the last of many options can be drawn, and the size counts all."""
    space = Space(hp.choice("k", list(range(10_000))))
    assert space.size == 10_000
    assert [space.assemble(space.point([u])) for u in (0.0, 1.0)] == [0, 9_999]


def test_a_huge_finite_space_has_a_size() -> None:
    """The size of a huge space is computed without enumerating its points."""
    assert Space([hp.randint(f"n{i}", 1000) for i in range(20)]).size == 1000**20


@pytest.mark.parametrize("text", ["x      real in [0, 1]", "..., 99 (100 options)", "active when"])
def test_a_space_shows_itself(text: str) -> None:
    """The repr of a space is a table of its labels."""
    assert text in repr(Space([hp.uniform("x", 0, 1), hp.choice("k", list(range(100)))]))


@pytest.mark.parametrize("seed", [0, np.random.RandomState(0), np.random.default_rng(0), None])
def test_a_node_can_be_drawn_like_a_scipy_distribution(seed: Any) -> None:
    """`rvs` takes every kind of random state, so that a node works in RandomizedSearchCV."""
    assert hp.choice("k", [hp.uniformint("n", 3, 3 + 1), 7]).rvs(random_state=seed) in (3, 4, 7)


def test_a_table_in_the_terminal_has_one_line_a_label() -> None:
    """A label that clears the terminal, or breaks the line, is shown with escapes."""
    space = Space({"x": hp.uniform("x\x1b[2J\ny", 0, 1), "z": hp.choice("z", ["\u202ea", "b"])})
    lines = repr(space).split("\n")
    assert len(lines) == 3
    assert all(line.isprintable() for line in lines)
