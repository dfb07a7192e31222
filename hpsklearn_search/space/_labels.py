"""Labels of the nodes that were written without one: each gets the path of its place in the space.

A path has the keys, and the positions in lists, with dots between them. What stands in an option of a choice has
the choice's label and the number of the option before it. An expression is one place: one node in it has the path
of the expression, several are numbered. A node without a label that stands in two places is two parameters.

>>> from hpsklearn_search import hp
>>> labelled({"svm": {"C": hp.uniform(0, 1)}, "k": hp.choice([{"d": hp.randint(2, 5)}, "none"])})
{'svm': {'C': hp.uniform('svm.C', 0, 1)}, 'k': hp.choice('k', [{'d': hp.uniformint('k.0.d', 2, 4)}, 'none'])}
>>> labelled({"x": 2 * hp.normal(0, 1), "y": hp.normal(0, 1) + hp.normal(0, 1)})
{'x': 2 * hp.normal('x', 0, 1), 'y': hp.normal('y.0', 0, 1) + hp.normal('y.1', 0, 1)}
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from ..exceptions import BadSearchSpace
from ._nodes import Apply, Choice, Node, Parameter, children


def labelled(space: Any) -> Any:
    """`space` with a label for every node; the same object where all have one."""
    return Labels().at(None, space)


class Labels:
    """The labels of one space, part by part; a node with a label stays one node wherever it stands."""

    def __init__(self) -> None:
        self._is_complete: dict[int, bool] = {}
        self._choices: dict[int, Choice] = {}  # with a label, by the id of the choice as it was written
        self._kept: list[Any] = []  # what ids belong to, here and where the results are looked up: no id is used twice

    def at(self, path: str | None, node: Any) -> Any:
        """`node`, which stands at `path`, with a label for every node in it; None is the path of a whole space."""
        new = self._at(path, node)
        self._kept += node, new
        return new

    def _at(self, path: str | None, node: Any) -> Any:
        if self._has_labels(node):
            return node
        if isinstance(node, Apply):
            return self._expression(path, node)
        if isinstance(node, Choice):
            return self._choice(path, node)
        if isinstance(node, Parameter):
            return Parameter(_required(path, node), node.distribution)
        return _rebuilt(node, lambda key, part: self._at(_below(path, key), part))

    def _choice(self, path: str | None, choice: Choice) -> Choice:
        if id(choice) in self._choices:
            return self._choices[id(choice)]
        label = _required(path, choice) if choice.label is None else choice.label
        options = [self._at(_below(label, i), option) for i, option in enumerate(choice.options)]
        new = Choice(label, options, choice.distribution)
        if choice.label is not None:
            self._choices[id(choice)] = new
        return new

    def _expression(self, path: str | None, expression: Apply) -> Any:
        """An expression at one place: a node that occurs in it twice has one value, and so one label."""
        open_nodes = list(_without_label(expression))
        paths = {id(n): path if len(open_nodes) == 1 else _below(path, i) for i, n in enumerate(open_nodes)}
        if open_nodes and path is None:
            _required(path, open_nodes[0])
        new: dict[int, Any] = {}

        def rebuilt(node: Any) -> Any:
            if self._has_labels(node):
                return node
            if id(node) not in new:
                if isinstance(node, Apply):
                    kwargs = {key: rebuilt(value) for key, value in node.kwargs.items()}
                    new[id(node)] = Apply(node.function, tuple(map(rebuilt, node.args)), kwargs)
                elif isinstance(node, Node):
                    new[id(node)] = self._at(paths.get(id(node)), node)
                else:
                    new[id(node)] = _rebuilt(node, lambda _, part: rebuilt(part))
            return new[id(node)]

        return rebuilt(expression)

    def _has_labels(self, node: Any) -> bool:
        if not isinstance(node, Node | dict | list | tuple):
            return True
        if id(node) not in self._is_complete:
            has_label = not isinstance(node, Parameter | Choice) or node.label is not None
            self._is_complete[id(node)] = has_label and all(map(self._has_labels, children(node)))
        return self._is_complete[id(node)]


def _without_label(expression: Apply) -> Iterator[Parameter | Choice]:
    """The nodes of an expression that have no label, in order; those in options belong to their choice."""
    seen: set[int] = set()
    remaining: list[Any] = [expression]
    while remaining:
        node = remaining.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if not isinstance(node, Parameter | Choice):
            remaining.extend(reversed(children(node)))
        elif node.label is None:
            yield node


def _below(path: str | None, key: Any) -> str:
    return str(key) if path is None else f"{path}.{key}"


def _rebuilt(container: Any, new: Callable[[Any, Any], Any]) -> Any:
    """A container of the same type with other parts."""
    if isinstance(container, dict):
        changed = copy.copy(container)
        changed.update({key: new(key, part) for key, part in container.items()})
        return changed
    items = [new(i, part) for i, part in enumerate(container)]
    return type(container)(*items) if hasattr(container, "_fields") else type(container)(items)


def _required(path: str | None, node: Parameter | Choice) -> str:
    if path is not None:
        return path
    named = copy.copy(node)
    named.label = "x"
    raise BadSearchSpace(
        f"{node!r} needs a label, because no key of a dict names it; write {named!r}, or put it into a dict: "
        f"{{'x': {node!r}}}"
    )
