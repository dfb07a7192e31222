"""Nesting: a space works at any depth that is allowed, and a deeper one is refused in words."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, Optimizer, fmin, hp, rand
from hpsklearn_search.exceptions import BadSearchSpace
from hpsklearn_search.hyperopt import space_eval
from hpsklearn_search.space import Choice, Space, as_search_space, check_depth, merge_branches
from hpsklearn_search.trials import describe_space


def choices(depth: int) -> Any:
    """A choice in a choice, and so on."""
    node: Any = hp.uniform("leaf", 0, 1)
    for level in range(depth):
        node = hp.choice(f"c{level}", [level, node])
    return {"x": node}


def branches(depth: int) -> Any:
    """A branch in a branch, and so on."""
    node: Any = {"x": hp.uniform("leaf", 0, 1)}
    for level in range(depth):
        node = {"x": hp.choice(f"c{level}", [{"x": level}, node])}
    return node


def grids(depth: int) -> Any:
    """A list of dicts in a dict, and so on."""
    node: Any = {"x": [0.0, 1.0]}
    for level in range(depth):
        node = {"x": [{"x": [level]}, node]}
    return node


def expressions(depth: int) -> Any:
    """A difference of a difference, and so on."""
    node: Any = hp.uniform("leaf", 0, 1)
    for _ in range(depth):
        node = 1 - node
    return {"x": node}


def lists(depth: int) -> Any:
    """A list in a list, and so on."""
    node: Any = hp.uniform("leaf", 0, 1)
    for _ in range(depth):
        node = [node]
    return {"x": node}


def tuples_and_calls(depth: int) -> Any:
    """A function of a tuple of a function, and so on."""
    node: Any = hp.uniform("leaf", 0, 1)
    for _ in range(depth):
        node = -hp.choice(f"c{id(node)}", [0, abs(node)])
    return {"x": (node,)}


def walk(space: Any) -> None:
    """All that is done with a space."""
    for parsed in (Space(space), Space(as_search_space(space, lambda key, option: "x" in option))):
        point = parsed.point(np.full(len(parsed), 0.9))
        configuration = parsed.assemble(point)
        if isinstance(configuration, dict):
            merge_branches(configuration, lambda key, option: isinstance(option, dict) and "x" in option)
        assert parsed.check(point) == point
        assert len(parsed.encode(point)) == len(parsed)
        assert repr(parsed)
        assert repr(parsed.root)
        assert describe_space(parsed)
        assert parsed.size is None or next(parsed.points()) is not None
        assert parsed.values(point) is not None
        assert parsed.constants(point) is not None
        assert Space(copy.deepcopy(parsed.root)).labels == pickle.loads(pickle.dumps(parsed)).labels == parsed.labels


def deepest(nest: Callable[[int], Any]) -> int:
    """The number of levels at which a space is refused for the first time."""
    for depth in range(1, 400):
        try:
            check_depth(nest(depth))
        except BadSearchSpace:
            return depth
    raise AssertionError("no depth is refused")


NESTS = [choices, branches, grids, expressions, lists, tuples_and_calls]


@pytest.mark.parametrize("nest", NESTS)
def test_the_deepest_space_that_is_allowed_works(nest: Callable[[int], Any]) -> None:
    """Parsing, assembling, encoding, showing, describing, merging, copying and pickling need no more stack."""
    depth = deepest(nest) - 1
    assert depth >= 30
    walk(nest(depth // 2 if nest is grids else depth))  # a list becomes a choice, which counts more


@pytest.mark.parametrize("nest", NESTS)
@pytest.mark.parametrize("depth", [500, 5000])
def test_a_space_that_is_nested_too_deeply_is_refused(nest: Callable[[int], Any], depth: int) -> None:
    """By every door, with a message that shows what to write."""
    space = nest(depth)
    for door in (
        Space,
        as_search_space,
        Optimizer,
        lambda space: fmin(abs, space, rand.suggest, 1, show_progressbar=False),
        lambda space: space_eval(space, {}),
        lambda space: HyperoptSearchCV(SVC(), space).describe_space(),
    ):
        with pytest.raises(BadSearchSpace, match=r"nested too deeply: more than \d+ choices.*write them side by side"):
            door(space)


def test_a_choice_that_contains_itself_is_refused() -> None:
    """The message names its label."""
    choice = hp.choice("outer", [1, hp.choice("inner", [2])])
    inner: Choice = choice.options[1]
    inner.options.append({"again": choice})
    for door in (Space, as_search_space):
        with pytest.raises(BadSearchSpace, match=r"label '(outer|inner)' is nested inside its own choice; a"):
            door({"x": choice})


def test_a_list_that_contains_itself_is_refused() -> None:
    """As one that is nested too deeply."""
    endless: list[Any] = [hp.uniform("x", 0, 1)]
    endless.append(endless)
    with pytest.raises(BadSearchSpace, match="a list that contains itself"):
        Space(endless)


@pytest.mark.parametrize("nest", NESTS)
def test_the_repr_of_a_deep_node_is_short(nest: Callable[[int], Any]) -> None:
    """What is below the twentieth level, or after the fortieth term, is left out."""
    if nest is not grids:
        assert "..." in repr(hp.choice("top", [nest(300)]))
        assert len(repr(hp.choice("top", [nest(300)]))) < 2000


def test_a_shared_part_counts_as_deep_as_its_deepest_place() -> None:
    """The order in which places are found does not matter."""
    part: Any = hp.uniform("leaf", 0, 1)
    for _ in range(60):
        part = 1 - part
    deep: Any = part
    for _ in range(60):
        deep = 1 - deep
    for space in ([part, deep], [deep, part]):
        with pytest.raises(BadSearchSpace, match="nested too deeply"):
            Space(space)


def test_a_thousand_labels_with_one_value_each_are_one_point() -> None:
    """The points of a wide space are listed without recursion."""
    space = Space({f"p{i}": hp.choice(f"p{i}", [i]) for i in range(1500)})
    assert [*space.points()] == [{f"p{i}": 0 for i in range(1500)}]
