"""The point of a space that comes nearest to given values of parameters.

>>> from sklearn.svm import SVC
>>> from hpsklearn_search import hp
>>> parameters = ParameterSpace({"C": [0.1, 1, 10], "gamma": hp.logrange(0.01, 1), "kernel": ["linear", "rbf"]}, SVC())
>>> nearest_point(parameters, {"C": 5, "gamma": 7.0, "kernel": "rbf"}, {})
{'C': 2, 'gamma': 1.0, 'kernel': 1}
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..space import Apply, Choice, Constant, IsBranch, Parameter, Point, Space, fixed_value, has_nodes
from ..space._distributions import is_finite
from ._parameters import ParameterSpace
from ._points import is_same

STEPS = 65  # values of a computed parameter among which the nearest is sought
MIDDLE = 0.5


def nearest_point(parameters: ParameterSpace, values: Mapping[str, Any], own: Mapping[str, Any]) -> Point:
    """The point nearest to `values`; options that these leave open are `own`, and ranges are in their middle."""
    _, fixed = _Aim(values, own, parameters.is_branch).at(None, parameters.space.root)
    point: Point = {}
    for dimension in parameters.space.dimensions:
        if dimension.is_active(point):
            point[dimension.label] = fixed.get(dimension.label, dimension.distribution.from_unit(MIDDLE))
    return point


def is_numeric(node: Parameter | Choice) -> bool:
    """Whether the node is a range of numbers, or a list of them."""
    if isinstance(node, Choice):
        return len(node.options) > 1 and all(is_finite(fixed_value(option)) for option in node.options)
    return node.distribution.kind == "numeric"


@dataclass(frozen=True)
class _Aim:
    """The values to come near to."""

    values: Mapping[str, Any]
    own: Mapping[str, Any]
    is_branch: IsBranch

    def at(self, key: str | None, node: Any) -> tuple[float, Point]:
        """How well `node`, which stands under `key`, can agree with the aim, and the labels that it takes."""
        if isinstance(node, dict) and (key is None or self.is_branch(key, node)):
            found = [self.at(name, value) for name, value in node.items()]
            return sum(score for score, _ in found), {k: v for _, fixed in found for k, v in fixed.items()}
        if isinstance(node, Choice):
            return self.choice(key, node)
        if key is None:
            return 0.0, {}
        if isinstance(node, Constant) or not has_nodes(node):
            return self.agreement(key, fixed_value(node)), {}
        value: Any = self.values.get(key)
        if not is_finite(value):
            return 0.0, {}
        is_inside = isinstance(node, Parameter) and node.distribution.contains(value)
        return 1.0 if is_inside else 0.5, _nearest(node, value)

    def choice(self, key: str | None, node: Choice) -> tuple[float, Point]:
        value: Any = None if key is None else self.values.get(key)
        if is_finite(value) and is_numeric(node):
            options = [float(fixed_value(option)) for option in node.options]
            return 1.0, {node.label: _nearest_of(options, float(value))}
        found = [self.at(key, option) for option in node.options]
        best = max(range(len(found)), key=lambda i: found[i][0])
        if is_numeric(node) and found[best][0] <= 0:
            return 0.0, {}  # a list of numbers that nothing is known about: its middle
        return found[best][0], {node.label: best, **found[best][1]}

    def agreement(self, key: str, value: Any) -> float:
        """2 for a value of the aim, -2 for another one; 1 for one of the estimator's own."""
        if key in self.values:
            return 2.0 if is_same(value, self.values[key]) else -2.0
        return float(key in self.own and is_same(value, self.own[key]))


def _nearest(node: Any, value: float) -> Point:
    """The label of `node` where its value is nearest to `value`; none if it is not a number of one label."""
    if isinstance(node, Parameter):
        distribution = node.distribution
        if distribution.kind == "numeric" and distribution.contains(value):
            return {node.label: value}
        nearest = getattr(distribution, "nearest", None)  # a distribution of scipy.stats has no ends to move to
        return {} if nearest is None else {node.label: nearest(value)}
    return _nearest_computed(node, value) if isinstance(node, Apply) else {}


def _nearest_computed(node: Apply, value: float) -> Point:
    space = Space({"": node})
    if len(space) != 1 or space.dimensions[0].distribution.kind != "numeric":
        return {}
    points = [space.point([u]) for u in np.linspace(0.0, 1.0, STEPS)]
    try:
        values = [float(space.assemble(point, integral=True)[""]) for point in points]
    except Exception:  # not a number: nothing is known about it
        return {}
    return dict(points[_nearest_of(values, value)])


def _nearest_of(numbers: Sequence[float], value: float) -> int:
    """The place of the nearest number: by ratio where all are positive."""
    if value > 0 and min(numbers) > 0:
        return min(range(len(numbers)), key=lambda i: abs(math.log(numbers[i] / value)))
    return min(range(len(numbers)), key=lambda i: abs(numbers[i] - value))
