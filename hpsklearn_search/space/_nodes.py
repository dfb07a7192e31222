"""Nodes of a space: a distribution, a branch, a function of other nodes.

A space is any nest of dicts, lists, tuples and constants with nodes in it. Nodes are
specifications: they never remember a drawn value, and one node with a label used twice is one parameter.

>>> from hpsklearn_search import hp
>>> 2 * hp.randint("n", 5) + 1
(2 * hp.uniformint('n', 0, 4)) + 1
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from .._secret_names import is_secret_name
from .._texts import is_secret
from ..exceptions import BadSearchSpace
from ._distributions import Categorical, Distribution
from ._repr import hp_call

SHOWN = 40  # Most terms in the repr of an expression: with shared parts it may have far more terms than nodes.
SHOWN_LEVELS = 20  # Most levels in the repr of a node.
# Deepest nesting of a space: a node counts 3, a container 1, as many stack frames as pickle and copy need of each.
# So all that walks through a space needs at most three quarters of Python's recursion limit of 1000.
MAX_FRAMES, NODE_FRAMES, CONTAINER_FRAMES = 750, 7, 4
"""Deepest nesting of a space, in the stack frames that a copy or the description for a save file needs of each level.

So all that walks through a space stays within Python's recursion limit of 1000.
"""


def add(*terms: Any) -> Any:
    """The sum, from the left."""
    return functools.reduce(operator.add, terms)


def mul(*factors: Any) -> Any:
    """The product, from the left."""
    return functools.reduce(operator.mul, factors)


def switch(position: Any, *options: Any) -> Any:
    """The option at `position`; as the function of a node, only that option is evaluated."""
    index = operator.index(position)
    if not 0 <= index < len(options):
        raise IndexError(f"switch: there is no option {index} among {len(options)}")
    return options[index]


def _binary(function: Callable[..., Any]) -> Callable[[Any, Any], Apply]:
    return lambda self, other: Apply(function, (self, other))


def _reflected(function: Callable[..., Any]) -> Callable[[Any, Any], Apply]:
    return lambda self, other: Apply(function, (other, self))


def _chained(function: Callable[..., Any]) -> Callable[[Any, Any], Apply]:
    """``a + b + c`` is a single node: a sum of hundreds of nodes is not nested too deeply for pickle."""

    def chain(self: Any, other: Any) -> Apply:
        terms = self.args if isinstance(self, Apply) and self.function is function else (self,)
        return Apply(function, (*terms, other))

    return chain


class Node:
    """Base of all nodes: arithmetic, comparison and indexing build `Apply` nodes."""

    # == and != keep Python's meaning, identity, so that nodes can be keys of a dict.

    __add__, __radd__ = _chained(add), _reflected(add)
    __sub__, __rsub__ = _binary(operator.sub), _reflected(operator.sub)
    __mul__, __rmul__ = _chained(mul), _reflected(mul)
    __truediv__, __rtruediv__ = _binary(operator.truediv), _reflected(operator.truediv)
    __floordiv__, __rfloordiv__ = _binary(operator.floordiv), _reflected(operator.floordiv)
    __mod__, __rmod__ = _binary(operator.mod), _reflected(operator.mod)
    __pow__, __rpow__ = _binary(operator.pow), _reflected(operator.pow)
    __lt__, __le__ = _binary(operator.lt), _binary(operator.le)
    __gt__, __ge__ = _binary(operator.gt), _binary(operator.ge)
    __getitem__ = _binary(operator.getitem)
    __iter__ = None  # otherwise Python would iterate over self[0], self[1], ... without an end
    # With this, `np.float64(1) + node` calls __radd__ and does not build an object array.
    __array_ufunc__ = None

    def __getstate__(self) -> dict[str, Any]:
        # How hyperopt's names show a node is made again when it is asked for.
        return {name: value for name, value in vars(self).items() if name != "_view"}

    def __neg__(self) -> Apply:
        return Apply(operator.neg, (self,))

    def __pos__(self) -> Apply:
        return Apply(operator.pos, (self,))

    def __abs__(self) -> Apply:
        return Apply(operator.abs, (self,))

    def __bool__(self) -> bool:
        raise TypeError(
            f"{self!r} has no truth value, because it gets its value in a trial; decide inside the objective, "
            "or choose between branches with hp.choice"
        )

    def rvs(self, random_state: Any = None) -> Any:
        """Draw one value, so that a node works in scikit-learn's ``RandomizedSearchCV``."""
        rng = as_generator(random_state)
        point: dict[Any, Any] = {}  # a node that occurs twice has one value

        def draw(node: Parameter | Choice) -> Any:
            name = node if node.label is None else node.label
            if name not in point:
                point[name] = node.distribution.from_unit(rng.random())
            return point[name]

        check_depth(self)
        return assemble(self, draw, integral=True)


def as_generator(random_state: Any = None) -> np.random.Generator:
    """A numpy Generator from an int, a RandomState, a Generator, or None for fresh entropy."""
    if isinstance(random_state, np.random.Generator):
        return random_state
    if isinstance(random_state, np.random.RandomState):
        return np.random.default_rng(random_state.randint(2**31 - 1, size=4))
    return np.random.default_rng(random_state)


class Parameter(Node):
    """A distribution with a label; None until a space gives it that of its place."""

    def __init__(self, label: str | None, distribution: Distribution) -> None:
        self.label: Any = label
        self.distribution = distribution

    def __repr__(self) -> str:
        return hp_call(self.label, self.distribution)

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        # scikit-learn's clone copies the dicts of a list one by one: a parameter of two of them must stay one node.
        return self


class Choice(Node):
    """A branch with a label, None as for `Parameter`; its raw value is the index of the option."""

    def __init__(self, label: str | None, options: Any, distribution: Categorical | None = None) -> None:
        self.label: Any = label
        self.options = list(options)
        self.distribution = distribution or Categorical(len(self.options))

    def __repr__(self) -> str:
        return _shown(self, iter(range(SHOWN)), SHOWN_LEVELS)


class Apply(Node):
    """``function(*args, **kwargs)``, evaluated when a configuration is assembled."""

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any] | None = None):
        self.function = function
        self.args = args
        self.kwargs = kwargs or {}

    def __repr__(self) -> str:
        return _shown(self, iter(range(SHOWN)), SHOWN_LEVELS)


# How the repr of an expression shows operators; other functions are shown as calls.
SIGNS: dict[Any, str] = {
    add: " + ", mul: " * ", operator.sub: " - ", operator.truediv: " / ", operator.floordiv: " // ",
    operator.mod: " % ", operator.pow: " ** ", operator.neg: "-", operator.getitem: "[",
    operator.lt: " < ", operator.le: " <= ", operator.gt: " > ", operator.ge: " >= ",
}  # fmt: skip


def _sign(node: Apply) -> str | None:
    return next((sign for function, sign in SIGNS.items() if function is node.function), None)


def _shown(value: Any, budget: Iterator[int], levels: int, *, in_brackets: bool = False) -> str:
    """A value of a space in Python's notation; an expression with at most as many terms as the budget has."""
    if not levels:
        return "..."

    def shown(inner: Any) -> str:
        return _shown(inner, budget, levels - 1)

    if isinstance(value, Choice):
        return _shown_choice(value, shown)
    if isinstance(value, Apply):
        return _shown_expression(value, budget, levels - 1, in_brackets)
    if type(value) is dict:
        return (
            "{"
            + ", ".join(f"{key!r}: {'...' if is_secret(key, item) else shown(item)}" for key, item in value.items())
            + "}"
        )
    if type(value) is list:
        return "[" + ", ".join(map(shown, value)) + "]"
    if type(value) is tuple:
        return "(" + ", ".join(map(shown, value)) + (",)" if len(value) == 1 else ")")
    return repr(value)


def _shown_choice(choice: Choice, shown: Callable[[Any], str]) -> str:
    weights = choice.distribution.weights
    options = choice.options if weights is None else list(zip(weights, choice.options, strict=True))
    text = ", ".join(map(shown, options[:4])) + (", ..." if len(options) > 4 else "")
    text = "..." if is_secret_name(choice.label) else text  # the texts of spaces are logged
    label = "" if choice.label is None else f"{choice.label!r}, "
    return f"hp.{'choice' if weights is None else 'pchoice'}({label}[{text}])"


def _shown_expression(node: Apply, budget: Iterator[int], levels: int, in_brackets: bool) -> str:
    if next(budget, None) is None:
        return "..."
    sign, parts = _sign(node), []
    for key, value in [*((None, arg) for arg in node.args), *node.kwargs.items()]:
        is_spent = not isinstance(value, Apply) and next(budget, None) is None
        text = "..." if is_spent else _shown(value, budget, levels, in_brackets=sign is not None)
        parts.append(text if key is None else f"{key}={text}")
        if text == "...":
            break
    if sign is None:
        return f"scope.{getattr(node.function, '__name__', repr(node.function))}({', '.join(parts)})"
    text = {"-": f"-{parts[0]}", "[": f"{parts[0]}[{parts[-1]}]"}.get(sign) or sign.join(parts)
    return f"({text})" if in_brackets else text


class Constant(Node):
    """A container that is one value: it is not searched for nodes, and every configuration holds this object."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"Constant({self.value!r})"


def secret_labels(root: Any) -> frozenset[str]:
    """The labels of secrets: a label, a key or the name of a field on the way to it is the name of a secret.

    >>> node = Choice("a", ["abc", "xyz"])
    >>> secret_labels({"password": node}), secret_labels({"x": node})
    (frozenset({'a'}), frozenset())
    """
    labels: set[str] = set()
    visited: set[tuple[int, bool]] = set()
    remaining: list[tuple[Any, bool]] = [(root, False)]
    while remaining:
        node, is_hidden = remaining.pop()
        if isinstance(node, Parameter | Choice):
            is_hidden |= is_secret_name(node.label)
            labels |= {node.label} if is_hidden else set()
        if (id(node), is_hidden) not in visited:
            visited.add((id(node), is_hidden))
            remaining.extend((part, is_hidden or is_secret_name(key)) for key, part in _named_children(node))
    return frozenset(labels)


def _named_children(node: Any) -> Iterable[tuple[Any, Any]]:
    """The parts of `node`, each with its key or the name of its field or argument, None if it has none."""
    if isinstance(node, dict):
        return node.items()
    if isinstance(node, Apply):
        return [*((None, arg) for arg in node.args), *node.kwargs.items()]
    if type(node) is tuple and len(node) == 2:  # ("token", ...), as in the headers of a request
        return zip((None, node[0]), node, strict=True)
    parts = children(node)
    return zip(getattr(node, "_fields", None) or [None] * len(parts), parts, strict=True)


def check_label(label: Any) -> None:
    """Raise BadSearchSpace if `label` is not a string."""
    if not isinstance(label, str):
        raise BadSearchSpace(f"label must be a string, got {label!r}; write, for example, hp.uniform('x', 0, 1)")


def children(node: Any) -> list[Any]:
    """The parts of `node`; of a choice, all its options."""
    if isinstance(node, Choice):
        return node.options
    if isinstance(node, Apply):
        return [*node.args, *node.kwargs.values()]
    if isinstance(node, dict):
        return list(node.values())
    if isinstance(node, list | tuple):
        return list(node)
    return []


def has_nodes(value: Any) -> bool:
    """Whether `value` contains a node at any depth."""
    return isinstance(value, Node) or any(map(has_nodes, children(value)))


def check_depth(space: Any) -> None:
    """Raise BadSearchSpace if a space is nested too deeply, or contains itself."""
    layers: list[dict[int, Any]] = [{} for _ in range(MAX_FRAMES + NODE_FRAMES + 1)]
    layers[0] = {id(space): space}
    for depth in range(MAX_FRAMES + 1):
        for node in layers[depth].values():
            below = (child for child in children(node) if isinstance(child, Node | dict | list | tuple))
            layers[depth + (NODE_FRAMES if isinstance(node, Node) else CONTAINER_FRAMES)].update(
                {id(child): child for child in below}
            )
    if not any(layers[MAX_FRAMES + 1 :]):
        return
    deepest = [node for layer in layers[MAX_FRAMES + 1 :] for node in layer.values()]
    label = next((label for node in deepest for label in _labels_around(node)), None)
    if label is not None:
        raise BadSearchSpace(f"label {label!r} is nested inside its own choice; a choice cannot contain itself")
    raise BadSearchSpace(
        f"the space is nested too deeply: more than {MAX_FRAMES // NODE_FRAMES} choices or expressions inside each "
        f"other, {MAX_FRAMES // CONTAINER_FRAMES} lists or dicts, or a list that contains itself; "
        "write them side by side, for example "
        "space={'a': hp.choice([...]), 'b': hp.choice([...])}"
    )


def _labels_around(node: Any) -> Iterator[str]:
    """Labels of the choices between `node` and itself, if it contains itself."""
    below = _all_below(node)
    if any(other is node for other in below):
        for choice in below:
            if isinstance(choice, Choice) and any(other is node for other in _all_below(choice)):
                yield choice.label


def _all_below(node: Any) -> list[Any]:
    nodes: dict[int, Any] = {}
    remaining = [*children(node)]
    while remaining:
        child = remaining.pop()
        if id(child) not in nodes:
            nodes[id(child)] = child
            remaining.extend(children(child))
    return list(nodes.values())


def assemble(node: Any, value_of: Callable[[Parameter | Choice], Any], *, integral: bool = False) -> Any:
    """The tree below `node` with every node replaced by its value; containers keep their type and order."""
    return _Assembly(value_of, integral).value(node)


class _Assembly:
    """The work of one `assemble`; an expression that occurs in several places is evaluated once."""

    def __init__(self, value_of: Callable[[Parameter | Choice], Any], integral: bool) -> None:
        self.value_of = value_of
        self.integral = integral
        self.computed: dict[int, Any] = {}

    def value(self, node: Any) -> Any:
        """The value of the tree below `node`."""
        if isinstance(node, Parameter):
            value = self.value_of(node)
            return int(value) if self.integral and node.distribution.is_integral else value
        if isinstance(node, Choice):
            return self.value(node.options[int(self.value_of(node))])
        if isinstance(node, Apply):
            return self.applied(node)
        if isinstance(node, Constant):
            return node.value
        if isinstance(node, dict):
            values = {key: self.value(value) for key, value in node.items()}
            return values if type(node) is dict else _same_type(node, values)
        if isinstance(node, list):
            return [*map(self.value, node)]
        if isinstance(node, tuple):
            items = [*map(self.value, node)]
            return type(node)(*items) if hasattr(node, "_fields") else tuple(items)
        return node

    def applied(self, node: Apply) -> Any:
        """The value of an expression."""
        if id(node) not in self.computed:
            self.computed[id(node)] = self.evaluated(node)
        return self.computed[id(node)]

    def evaluated(self, node: Apply) -> Any:
        if node.function is switch:
            return self.value(switch(self.value(node.args[0]), *node.args[1:]))
        args = [*map(self.value, node.args)]
        return node.function(*args, **{key: self.value(value) for key, value in node.kwargs.items()})


def _same_type(node: dict[Any, Any], values: dict[Any, Any]) -> Any:
    """A dict subclass (an OrderedDict, a Bunch) of the same type with new values."""
    try:
        return type(node)(values)
    except TypeError:
        return values
