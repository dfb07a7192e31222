"""Functions that are expressions, and expressions with equal parts made one; hyperopt's tools around its graph.

>>> from hpsklearn_search.hyperopt.pyll.base import rec_eval, scope
>>> triple = scope.define(Lambda("triple", [("x", p0)], p0 * 3))
>>> rec_eval(scope.triple(2))
6
>>> scope.undefine(triple)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...space import Apply, Constant
from ._graph import Call, Literal, as_apply, clone, dfs


class UndefinedValue:
    """The value of a parameter outside of a call."""


p0, p1, p2, p3, p4 = (Literal(UndefinedValue) for _ in range(5))


class Lambda:
    """An expression as a function; calling it gives the expression with arguments in place of its parameters.

    Parameters
    ----------
    name : str
        The name under which `scope` knows it.
    params : sequence of (name, node)
        The parameters; the nodes stand in `expr`.
    expr : node
        The expression.
    """

    def __init__(self, name: str, params: Sequence[tuple[str, Any]], expr: Any) -> None:
        self.__name__ = name
        self.params = params
        self.expr = expr

    def __call__(self, *args: Any) -> Any:
        if len(args) != len(self.params):
            raise TypeError(f"{self.__name__} takes {len(self.params)} arguments, got {len(args)}")
        return clone(self.expr, {node: as_apply(arg) for arg, (_, node) in zip(args, self.params, strict=True)})


def clone_merge(expr: Any, memo: dict[Any, Any] | None = None, merge_literals: bool = False) -> Any:
    """A copy of `expr` in which equal calls are one node, and equal constants too if `merge_literals`."""
    copies = {} if memo is None else memo
    first: dict[Any, Any] = {}
    for node in dfs(expr):
        if node in copies:
            continue
        if isinstance(node, Constant):
            key: Any = ("literal", type(node.value), repr(node.value)) if merge_literals else id(node)
            copies[node] = first.setdefault(key, clone(node))
        elif type(node) in (Apply, Call):
            args = tuple(copies[arg] for arg in node.pos_args)
            kwargs = {name: copies[value] for name, value in node.named_args}
            key = (node.function, *map(id, args), *((name, id(value)) for name, value in kwargs.items()))
            copies[node] = first.setdefault(key, Apply(node.function, args, kwargs))
        else:
            copies[node] = node
    return copies[expr]
