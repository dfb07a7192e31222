"""Candidates that the user wrote down, as points of the space: parameters with their values, or labels.

>>> from sklearn.svm import SVC
>>> from hpsklearn_search import hp
>>> space = {"C": [1, 2, 3], "kernel": hp.choice(["rbf", {"kernel": "poly", "degree": hp.randint(2, 5)}])}
>>> parameters = ParameterSpace(space, SVC())
>>> as_points(parameters, [{"C": 1, "kernel": "poly", "degree": 3}, {"C": 2, "kernel": "rbf"}])
[{'C': 0, 'kernel': 1, 'kernel.1.degree': 3}, {'C': 1, 'kernel': 0}]
"""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import numpy as np

from .._texts import public_repr
from ..exceptions import InvalidTrial
from ..space import Choice, Constant, IsBranch, Node, Parameter, Point, Space, has_nodes
from ._describe import parameter_names, settings
from ._parameters import ParameterSpace
from ._secrets import public_params, secret_parameters
from ._set_params import is_estimator

MOST_ENUMERATED = 10_000
"""Values of a computed parameter that are tried, to find the labels that it was computed from."""


def as_points(parameters: ParameterSpace, candidates: Iterable[Any] | None) -> list[Point]:
    """The points that ``points_to_evaluate`` means; what a candidate does not name is drawn."""
    if isinstance(candidates, str | Mapping) or not (candidates is None or isinstance(candidates, Iterable)):
        raise TypeError(
            f"points_to_evaluate must be a list of candidates, as in [{{'C': 1.0}}], got {public_repr(candidates)}"
        )
    points = []
    for place, candidate in enumerate(() if candidates is None else candidates):
        try:
            fixed = _fixed_labels(parameters, candidate)
            # The draws are the same in every run: a search that continues from a file must meet the same point.
            point = _completed(parameters.space, fixed, np.random.default_rng(place))
            points.append(parameters.space.check(point))
        except InvalidTrial as error:
            raise InvalidTrial(f"points_to_evaluate[{place}]: {error}") from None
    return points


def _completed(space: Space, fixed: Mapping[str, Any], rng: np.random.Generator) -> Point:
    point: Point = {}
    for dimension, coordinate in zip(space.dimensions, rng.random(len(space)).tolist(), strict=True):
        if dimension.is_active(point):
            point[dimension.label] = fixed.get(dimension.label, dimension.distribution.from_unit(coordinate))
    return point


def _fixed_labels(parameters: ParameterSpace, candidate: Any) -> Point:
    if not isinstance(candidate, Mapping):
        raise InvalidTrial(f"a candidate is a dict such as {{'C': 1.0}}, got {public_repr(candidate)}")
    names = dict.fromkeys(_names(None, parameters.space.root, parameters.is_branch))
    unknown = [key for key in candidate if key not in names and key not in parameters.space.index]
    if unknown:
        raise InvalidTrial(_unknown(unknown[0], list(names)))
    # What is both is first read as a parameter with its value; an index comes second.
    for is_label in (lambda key: key not in names, lambda key: key in parameters.space.index):
        fixed = _match(parameters, candidate, is_label)
        if fixed is not None:
            return fixed
    raise InvalidTrial(_misfit(parameters, candidate, lambda key: key not in names))


def _match(parameters: ParameterSpace, candidate: Mapping[str, Any], is_label: Any) -> Point | None:
    """The labels that `candidate` fixes, None if it does not fit into the space."""
    raw = {key: _raw(parameters.space, key, value) for key, value in candidate.items() if is_label(key)}
    values = {key: value for key, value in candidate.items() if not is_label(key)}
    match = _Reader(parameters.is_branch, values, raw).match(None, parameters.space.root)
    return match.point if match is not None and len(match.used) == len(candidate) else None


def _raw(space: Space, label: str, value: Any) -> Any:
    """The raw value of a label: of a choice the index, where that cannot be taken for a value."""
    node = space.dimensions[space.index[label]].node
    if isinstance(node, Parameter):
        return _plain(value)
    options = [_constant(option) for option in node.options]
    place = next((i for i, option in enumerate(options) if is_same(option, value)), None)
    is_index = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if place is None and is_index and not any(isinstance(option, numbers.Number) for option in options):
        return int(value)
    return place


# ---------------------------------------------------------------------- matching
@dataclass
class _Match:
    """How a part of the space agrees with a candidate."""

    point: Point = field(default_factory=dict)  # the labels that it fixes
    used: set[str] = field(default_factory=set)  # the keys of the candidate that it sets
    n_others: int = 0  # how many parameters it sets that the candidate does not name


@dataclass(frozen=True)
class _Reader:
    is_branch: IsBranch
    values: Mapping[str, Any]  # of the parameters
    raw: Mapping[str, Any]  # of the labels

    def match(self, key: str | None, node: Any) -> _Match | None:
        """How `node`, which stands under `key`, can agree with the candidate; None if it cannot."""
        if isinstance(node, dict) and (key is None or self.is_branch(key, node)):
            return self.branch(node)
        if isinstance(node, Choice):
            return self.choice(key, node)
        if isinstance(node, Parameter) and node.label in self.raw:
            return _drawn(node, node.label, self.raw[node.label])
        if key is None or key not in self.values:
            inner = [label for label in Space({"": node}).labels if label in self.raw] if has_nodes(node) else []
            return _Match({label: self.raw[label] for label in inner}, set(inner), n_others=1)
        if isinstance(node, Parameter):
            return _drawn(node, key, _plain(self.values[key]))
        if has_nodes(node):
            return _computed(node, key, self.values[key])
        return _Match(used={key}) if is_same(_constant(node), self.values[key]) else None

    def branch(self, branch: Mapping[str, Any]) -> _Match | None:
        total = _Match()
        for key, node in branch.items():
            match = self.match(key, node)
            if match is None:
                return None
            total.point.update(match.point)
            total.used |= match.used
            total.n_others += match.n_others
        return total

    def choice(self, key: str | None, node: Choice) -> _Match | None:
        matches = {}
        for i, option in enumerate(node.options):
            match = self.match(key, option)
            if match is not None and self.raw.get(node.label, i) == i:
                matches[i] = match
        if not matches:
            return None
        # The option that sets most of what is named, and least of what is not.
        best = max(matches, key=lambda i: (len(matches[i].used), -matches[i].n_others))
        match = matches[best]
        if node.label in self.raw:
            match.used.add(node.label)
        if match.used:
            match.point[node.label] = best
        return match


def _drawn(node: Parameter, key: str, value: Any) -> _Match | None:
    return _Match({node.label: value}, {key}) if node.distribution.contains(value) else None


def _computed(node: Any, key: str, value: Any) -> _Match | None:
    """A computed value: searched among all that there are, or taken for that of its one label."""
    space = Space({"": node})
    points: Iterator[Point] = iter(())
    if space.size is not None and space.size <= MOST_ENUMERATED:
        points = space.points()
    elif len(space) == 1 and space.dimensions[0].distribution.contains(_plain(value)):
        points = iter([{space.labels[0]: _plain(value)}])
    for point in points:
        if is_same(space.assemble(point, integral=True)[""], value):
            return _Match(dict(point), {key})
    return None


def _names(key: str | None, node: Any, is_branch: IsBranch) -> Iterator[str]:
    """The parameters that `node`, which stands under `key`, may set."""
    if isinstance(node, dict) and (key is None or is_branch(key, node)):
        for name, value in node.items():
            yield from _names(name, value, is_branch)
    elif isinstance(node, Choice):
        for option in node.options:
            yield from _names(key, option, is_branch)
    elif key is not None:
        yield key


# ---------------------------------------------------------------------- values
def _constant(option: Any) -> Any:
    """The value of an option; a fresh object, which equals nothing, where it is drawn or a branch."""
    if isinstance(option, Constant):
        return option.value
    return object() if isinstance(option, Node) or has_nodes(option) else option


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def is_same(one: Any, other: Any) -> bool:
    """Whether two values of a parameter are the same: estimators by class and parameters, arrays by content."""
    if one is other:
        return True
    if is_estimator(one) and is_estimator(other):
        return type(one) is type(other) and is_same(one.get_params(deep=False), other.get_params(deep=False))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        is_parallel = type(one) is type(other) and len(one) == len(other)
        return is_parallel and all(map(is_same, one, other))
    if isinstance(one, bool | np.bool_) is not isinstance(other, bool | np.bool_):
        return False  # True is not 1 here
    try:
        if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
            return type(one) is type(other) and bool(np.array_equal(one, other))
        return bool(one == other) or bool(one != one and other != other)  # NaN is NaN here
    except Exception:  # what cannot be compared is never taken for equal
        return False


# ---------------------------------------------------------------------- messages
def _unknown(key: str, names: list[str]) -> str:
    nearest = get_close_matches(str(key), names, n=1) or [name for name in names if name.endswith(f"__{key}")]
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    return f"{key!r} is neither a parameter nor a label of the space.{hint} Its parameters: {names!r}"


def _misfit(parameters: ParameterSpace, candidate: Mapping[str, Any], is_label: Any) -> str:
    rows = parameters.space.table(parameter_names(parameters)).as_dicts()
    words = {row["label"]: row["values"] for row in rows}
    for key, value in candidate.items():
        if _match(parameters, {key: value}, is_label) is None:
            labels = [s.label for s in settings(parameters) if key in (s.parameter, s.label)]
            choices = " or ".join(words[label] for label in dict.fromkeys(labels)) or "a constant"
            is_hidden = key in secret_parameters(parameters) or not parameters.space.secrets.isdisjoint(labels)
            shown = "(hidden)" if is_hidden else public_repr(value, key)
            return f"{key!r} cannot be {shown}; in the space it is {choices}"
    return f"no candidate of the space has {public_repr(public_params(parameters, candidate))} together"
