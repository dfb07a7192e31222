"""The value of an expression, given the values of some of its nodes.

>>> from hpsklearn_search import hp
>>> x = hp.uniform("x", 0, 1)
>>> Evaluation({x: 0.5}).value({"y": x + 1})
{'y': 1.5}
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from ...exceptions import InvalidTrial
from ...space import Apply, Choice, Constant, Integer, Node, Parameter, switch
from ...space._nodes import _Assembly
from ._graph import LabelledValue, is_noise


class GarbageCollected:
    """Stands for the value of a node that is not active."""


class Evaluation(_Assembly):
    """One evaluation; a memo has values for parameters, or for any other node in place of what it would compute."""

    def __init__(self, memo: Mapping[Any, Any], *, rng: Any = None, deepcopy_inputs: bool = False) -> None:
        super().__init__(self.raw_value, integral=False)
        self.memo = memo
        self.rng = rng  # for noise that has no generator of its own
        self.deepcopy_inputs = deepcopy_inputs
        self.by_label = {node.node.label: value for node, value in memo.items() if isinstance(node, LabelledValue)}

    def raw_value(self, node: Parameter | Choice) -> Any:
        """The value of a label, of a choice its index."""
        value = self.memo[node] if node in self.memo else self.by_label.get(node.label, GarbageCollected)
        if value is GarbageCollected:
            raise InvalidTrial(f"label {node.label!r} has no value in memo; write memo={{node: value}}")
        return int(value) if isinstance(node.distribution, Integer) else value

    def value(self, node: Any) -> Any:
        """The value of the tree below `node`."""
        if isinstance(node, LabelledValue):
            return self.raw_value(node.node)
        if isinstance(node, Apply | Constant) and node in self.memo:
            return self.memo[node]
        return super().value(node)

    def evaluated(self, node: Apply) -> Any:
        if node.function is switch:
            return super().evaluated(node)
        args = [*map(self.value, node.args)]
        kwargs = {key: self.value(value) for key, value in node.kwargs.items()}
        if self.rng is not None and is_noise(node):
            kwargs["rng"] = self.rng
        if self.deepcopy_inputs:
            args, kwargs = copy.deepcopy(args), copy.deepcopy(kwargs)
        result = node.function(*args, **kwargs)
        return self.value(result) if isinstance(result, Node) else result  # an expression that makes an expression
