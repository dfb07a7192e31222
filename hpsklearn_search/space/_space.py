"""A space, parsed once: its labels, when each is active, and how a configuration is assembled.

A *point* is ``{label: raw value}`` with the active labels only; the raw value of a choice is the
index of its option. A *configuration* is what the objective, or ``set_params``, receives.

>>> from hpsklearn_search import hp
>>> space = Space({"k": hp.choice([{"d": hp.uniformint(2, 5)}, "none"]), "c": 1})
>>> [dimension.label for dimension in space.dimensions]
['k', 'k.0.d']
>>> space.assemble({"k": 0, "k.0.d": 3}), space.assemble({"k": 1})
({'k': {'d': 3}, 'c': 1}, {'k': 'none', 'c': 1})
>>> space.size
5
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from .._texts import public_repr
from ..exceptions import DuplicateLabel, InvalidTrial
from ._description import SpaceTable, condition_in_words, values_in_words
from ._distributions import Distribution, is_finite
from ._labels import labelled
from ._layout import Layout
from ._nodes import (
    Apply,
    Choice,
    Constant,
    Parameter,
    assemble,
    check_depth,
    check_label,
    children,
    has_nodes,
    secret_labels,
)
from ._typing import FloatArray

Point: TypeAlias = dict[str, Any]
Condition: TypeAlias = tuple[str, int]  # (label of a choice, index of the option that contains something).


EXHAUSTED = object()


@dataclass(frozen=True)
class Dimension:
    """One label of a space."""

    label: str
    distribution: Distribution
    conditions: tuple[Condition, ...]  # alternatives: one must hold; without any, always active
    node: Parameter | Choice

    def is_active(self, point: Mapping[str, Any]) -> bool:
        """Whether the label is active at `point`, which needs the values of the labels before this one."""
        return not self.conditions or any(point.get(label, -1) == option for label, option in self.conditions)

    def takes(self, value: Any) -> bool:
        """Whether `value` is a number for a numeric label, inside its bounds or not."""
        return isinstance(self.node, Parameter) and is_finite(value)


class Space:
    """A parsed space; immutable. Every choice in `dimensions` comes before the labels in its options."""

    def __init__(self, root: Any) -> None:
        check_depth(root)
        self.root = labelled(root)
        self.dimensions = tuple(_dimensions(self.root))
        self.index = {dimension.label: i for i, dimension in enumerate(self.dimensions)}

    def __repr__(self) -> str:
        return repr(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()

    def __len__(self) -> int:
        return len(self.dimensions)

    @property
    def labels(self) -> list[str]:
        """All labels, in order."""
        return [dimension.label for dimension in self.dimensions]

    def table(self, names: Mapping[str, str] | None = None) -> SpaceTable:
        """Every label with its values, and when it is active, in words; `names` replace labels in these."""
        choices = {d.label: d.node for d in self.dimensions if isinstance(d.node, Choice)}
        rows = (
            (
                d.label,
                values_in_words(d.node, names, self.secrets),
                condition_in_words(d.conditions, choices, names, self.secrets),
            )
            for d in self.dimensions
        )
        return SpaceTable(("label", "values", "active when"), tuple(rows))

    @cached_property
    def secrets(self) -> frozenset[str]:
        """The labels of secrets, by their own names and by those of all keys above them."""
        return secret_labels(self.root)

    @cached_property
    def is_conditional(self) -> bool:
        """Whether any label is active only under some option."""
        return any(dimension.conditions for dimension in self.dimensions)

    @cached_property
    def layout(self) -> Layout:
        """The columns by kind, for algorithms that model all labels at once."""
        conditions = (tuple((self.index[label], i) for label, i in d.conditions) for d in self.dimensions)
        return Layout.of([d.distribution for d in self.dimensions], list(conditions))

    # ------------------------------------------------------------------ drawing and coordinates
    def draw(self, rng: np.random.Generator) -> Point:
        """One point from the prior."""
        return self.point(rng.random(len(self.dimensions)))

    def point(self, u: Any) -> Point:
        """The point at unit coordinates `u`, shape (n_dimensions,); those of inactive labels are not used."""
        point: Point = {}
        for dimension, coordinate in zip(self.dimensions, np.asarray(u, dtype=float).tolist(), strict=True):
            if dimension.is_active(point):
                point[dimension.label] = dimension.distribution.from_unit(coordinate)
        return point

    def encode(self, point: Mapping[str, Any]) -> FloatArray:
        """Coordinates of `point`, shape (n_dimensions,): NaN where inactive, the index of an unordered choice."""
        row = np.full(len(self.dimensions), math.nan)
        for i, dimension in enumerate(self.dimensions):
            if dimension.label in point:
                row[i] = dimension.distribution.to_unit(point[dimension.label])
        return row

    # ------------------------------------------------------------------ assembling
    def assemble(self, point: Mapping[str, Any], *, integral: bool = False) -> Any:
        """The configuration at `point`; `integral` makes an int of a quantised value whose q and bounds are whole."""
        return assemble(self.root, _lookup(point), integral=integral)

    def values(self, point: Mapping[str, Any]) -> dict[str, Any]:
        """The value of each active label at `point`; of a choice the assembled option.

        >>> from hpsklearn_search import hp
        >>> Space(hp.choice("kernel", ["rbf", {"degree": hp.uniformint(2, 5)}])).values({"kernel": 0})
        {'kernel': 'rbf'}
        """
        lookup = _lookup(point)
        return {d.label: assemble(d.node, lookup) for d in self.dimensions if d.label in point}

    def check(self, point: Mapping[str, Any], *, within: bool = True) -> Point:
        """The active labels of `point`, checked; with ``within=False`` any finite number will do."""
        unknown = sorted(set(point) - set(self.index))
        if unknown:
            raise InvalidTrial(
                f"point {public_point(point, self.secrets)}: unknown label {unknown[0]!r}; the labels are {self.labels}"
            )
        checked: Point = {}
        for dimension in self.dimensions:
            if not dimension.is_active(checked):
                continue
            label = dimension.label
            if label not in point:
                raise InvalidTrial(
                    f"point {public_point(point, self.secrets)}: label {label!r} is active but has no value"
                )
            if not (dimension.distribution.contains(point[label]) or (not within and dimension.takes(point[label]))):
                is_hidden = label in self.secrets
                value, node = ["(hidden)"] * 2 if is_hidden else (public_repr(point[label], label), dimension.node)
                raise InvalidTrial(f"point {public_point(point, self.secrets)}: {value} cannot be drawn from {node!s}")
            checked[label] = point[label]
        return checked

    def constants(self, point: Mapping[str, Any] | None = None) -> dict[str, list[Any]]:
        """``{key: its values}`` of the entries of dicts without nodes: at `point`, or with any options."""
        constants: dict[str, list[Any]] = {}
        remaining = [self.root]
        while remaining:
            node = remaining.pop()
            items = list(node.items()) if isinstance(node, dict) else []
            fixed = {key: value for key, value in items if isinstance(value, Constant) or not has_nodes(value)}
            for key, value in fixed.items():
                constants.setdefault(key, []).append(value.value if isinstance(value, Constant) else value)
            remaining.extend(value for key, value in items if key not in fixed)
            if isinstance(node, Choice):
                remaining.extend(node.options if point is None else [node.options[point[node.label]]])
            elif isinstance(node, list | tuple):
                remaining.extend(node)
        return constants

    # ------------------------------------------------------------------ finite spaces
    @cached_property
    def size(self) -> int | None:
        """How many distinct points there are; None if infinitely many."""
        if any(dimension.distribution.n_values is None for dimension in self.dimensions):
            return None
        if all(len(dimension.conditions) <= 1 for dimension in self.dimensions):
            below: dict[Condition | None, list[Dimension]] = {}
            for dimension in self.dimensions:
                below.setdefault(dimension.conditions[0] if dimension.conditions else None, []).append(dimension)
            return _count(None, below)
        # Branches that share a label have no simple product: count the points, up to a limit.
        counted = 0
        for counted, _ in enumerate(self.points(), start=1):
            if counted >= 100_000:
                return None
        return max(counted, 1)

    def points(self) -> Iterator[Point]:
        """All points of a finite space, the last label varying fastest."""
        point: Point = {}
        remaining: dict[str, Iterator[Any]] = {}  # of each label in the point, the values after its present one
        while True:
            for dimension in self.dimensions:
                if dimension.label not in point and dimension.is_active(point):
                    remaining[dimension.label] = dimension.distribution.values()
                    point[dimension.label] = next(remaining[dimension.label])
            yield dict(point)
            while remaining:  # the last label that has another value takes it
                label, values = remaining.popitem()
                del point[label]
                value = next(values, EXHAUSTED)
                if value is not EXHAUSTED:
                    point[label], remaining[label] = value, values
                    break
            else:
                return


def public_point(point: Mapping[str, Any], secrets: Collection[str]) -> str:
    """A point for a message, without the values of the labels in `secrets`.

    >>> public_point({"a": 1397, "x": 0.5}, {"a"})
    "{'a': '(hidden)', 'x': 0.5}"
    """
    return public_repr({label: "(hidden)" if label in secrets else value for label, value in point.items()})


def _lookup(point: Mapping[str, Any]) -> Callable[[Parameter | Choice], Any]:
    """A function for the raw value of a node at `point`; its errors name the label."""

    def value_of(node: Parameter | Choice) -> Any:
        try:
            value = point[node.label]
        except KeyError:
            raise InvalidTrial(
                f"label {node.label!r} is active but has no value in {public_repr(dict(point))}"
            ) from None
        if isinstance(node, Choice) and not 0 <= value < len(node.options):
            raise InvalidTrial(
                f"label {node.label!r}: there is no option {public_repr(value, node.label)} among {len(node.options)}"
            )
        return value

    return value_of


def _count(condition: Condition | None, below: dict[Condition | None, list[Dimension]]) -> int:
    product = 1
    for dimension in below.get(condition, ()):
        if isinstance(dimension.node, Choice):
            product *= sum(_count((dimension.label, i), below) for i in dimension.distribution.values())
        else:
            product *= dimension.distribution.n_values or 0
    return product


def _dimensions(root: Any) -> list[Dimension]:
    """All labels of a tree; a node that occurs again adds the conditions of its new place."""
    nodes: dict[str, tuple[Parameter | Choice, list[Condition | None]]] = {}
    visited: set[tuple[int, Condition | None]] = set()  # shared parts would make the walk exponential

    def walk(node: Any, condition: Condition | None) -> None:
        if isinstance(node, Parameter | Choice):
            check_label(node.label)
            first, conditions = nodes.setdefault(node.label, (node, []))
            if first is not node:
                raise DuplicateLabel(_used_twice(first, node, secret_labels(root)))
            if condition in conditions:
                return
            conditions.append(condition)
            if isinstance(node, Choice) and len(conditions) == 1:
                for i, option in enumerate(node.options):
                    walk(option, (node.label, i))
            return
        if isinstance(node, Apply):
            if (id(node), condition) in visited:
                return
            visited.add((id(node), condition))
        for child in children(node):
            walk(child, condition)

    walk(root, None)
    dimensions = [
        Dimension(label, node.distribution, () if None in conditions else tuple(filter(None, conditions)), node)
        for label, (node, conditions) in nodes.items()
    ]
    return _parents_first(dimensions)


def _used_twice(first: Parameter | Choice, second: Parameter | Choice, secrets: Collection[str]) -> str:
    label = first.label
    nodes = "" if label in secrets else f": {public_repr(first)} and {public_repr(second)}"
    return (
        f"label {label!r} is used for two nodes{nodes}; "
        "give one of them another label or none, or use the same node object in both places"
    )


def _parents_first(dimensions: list[Dimension]) -> list[Dimension]:
    """The order of the walk, but with a shared label after every choice that contains it."""
    ordered: dict[str, Dimension] = {}
    remaining = dimensions
    while remaining:  # it ends: a space that contains itself was refused
        later = []
        for dimension in remaining:
            if all(label in ordered for label, _ in dimension.conditions):
                ordered[dimension.label] = dimension
            else:
                later.append(dimension)
        remaining = later
    return list(ordered.values())
