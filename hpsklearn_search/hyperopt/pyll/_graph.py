"""The nodes of a space as hyperopt's graph shows them: every node has a ``name``, ``pos_args`` and ``named_args``.

A labelled value is ``float(hyperopt_param(label, uniform(0, 1)))``, with ``int`` for whole numbers, and a choice
is ``switch(hyperopt_param(label, randint(n)), *options)``. A node keeps what it shows, so that ``inputs()`` gives
the same objects whenever it is called.

>>> from hpsklearn_search import hp
>>> node = hp.uniform("x", 0, 1)
>>> node.name, node.inputs()[0].arg["label"].obj, node.inputs()[0].arg["obj"].name
('float', 'x', 'uniform')
>>> [inner.name for inner in dfs(node + 1)]
['literal', 'literal', 'literal', 'uniform', 'hyperopt_param', 'float', 'literal', 'add']
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ...space import (
    FUNCTIONS,
    NOISE,
    Apply,
    Categorical,
    Choice,
    Constant,
    Integer,
    Node,
    Normal,
    Parameter,
    Uniform,
    children,
)


# ---------------------------------------------------------------------- nodes that only the graph has
class MissingArgument:
    """Stands for an argument that a call leaves out."""


class _Sized(Node):
    """A node whose value has a known length, so that it can be unpacked."""

    o_len: int | None = None

    def __len__(self) -> int:
        if self.o_len is None:
            raise TypeError(f"the length of {self!r} is not known before a trial")
        return self.o_len

    def __iter__(self) -> Iterator[Apply]:  # type: ignore[override]
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> Apply:
        if self.o_len is not None and isinstance(index, int) and index >= self.o_len:
            raise IndexError(index)
        return Apply(FUNCTIONS["getitem"], (self, index))


class Literal(Constant, _Sized):
    """A constant as a node."""

    def __init__(self, obj: Any = None) -> None:
        super().__init__(obj)
        try:
            self.o_len = len(obj)
        except (AttributeError, TypeError):  # scikit-learn's forests have a length only when they are fitted
            self.o_len = None

    def __str__(self) -> str:
        return f"0 Literal{{{self.value}}}"


class Call(Apply, _Sized):
    """A function of nodes whose result has a known length."""

    def __init__(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Any = None, o_len: int | None = None
    ) -> None:
        super().__init__(function, args, kwargs)
        self.o_len = o_len


def hyperopt_param(label: str, obj: Any) -> Any:
    """The value of a label; it is given by a memo and not computed."""
    raise TypeError(f"label {label!r} has no value in memo; write memo={{node: value}}")


class LabelledValue(Apply):
    """``hyperopt_param(label, distribution)`` below the node of a label."""

    def __init__(self, node: Parameter | Choice) -> None:
        self.node = node
        self.prior = _prior(node)
        super().__init__(hyperopt_param, (Literal(node.label), self.prior))


def _prior(node: Parameter | Choice) -> Apply:
    """The distribution of a label as a call of `scope`."""
    distribution, q = node.distribution, getattr(node.distribution, "q", None)
    prefix = f"{'' if q is None else 'q'}{'log' if getattr(distribution, 'log', False) else ''}"
    step = () if q is None else (q,)
    if isinstance(distribution, Categorical):
        weights = distribution.weights
        return _call("randint", distribution.n) if weights is None else _call("categorical", weights)
    if isinstance(distribution, Integer) and not distribution.log:
        stop = distribution.high + 1
        return _call("randint", *([distribution.low] if distribution.low else []), stop)
    if isinstance(distribution, Integer):
        return _call("qloguniform", math.log(distribution.low), math.log(distribution.high), 1.0)
    if isinstance(distribution, Uniform):
        ends = (distribution.low, distribution.high)
        return _call(f"{prefix}uniform", *(map(math.log, ends) if distribution.log and min(ends) > 0 else ends), *step)
    if isinstance(distribution, Normal):
        return _call(f"{prefix}normal", distribution.mu, distribution.sigma, *step)
    return Apply(distribution.from_unit, ())  # of scipy.stats, which hyperopt does not know


def _call(name: str, *args: Any) -> Apply:
    return Apply(FUNCTIONS[name], tuple(map(Literal, args)))


# ---------------------------------------------------------------------- containers
def as_apply(obj: Any) -> Any:
    """`obj` as a node; a list and a tuple become a call of ``pos_args``, whose value is a tuple.

    >>> from hpsklearn_search import hp, space_eval
    >>> space_eval(as_apply(["small", "large"])[hp.randint("size", 2)], {"size": 1})
    'large'
    """
    if isinstance(obj, Node):
        return obj
    if isinstance(obj, tuple | list):
        return Call(
            FUNCTIONS["pos_args"], tuple(map(as_apply, obj)), o_len=len(obj) if isinstance(obj, tuple) else None
        )
    if isinstance(obj, dict) and all(isinstance(key, str) for key in obj):
        return Call(dict, (), {key: as_apply(obj[key]) for key in sorted(obj)}, o_len=len(obj))
    if isinstance(obj, dict):
        return Call(dict, (as_apply(list(obj.items())),))
    return Literal(obj)


# ---------------------------------------------------------------------- what a node shows
class _View(NamedTuple):
    name: str
    pos_args: list[Any]
    named_args: list[tuple[str, Any]]


def _view(node: Any) -> _View:
    view: _View | None = vars(node).get("_view")
    if view is None:
        view = node._view = _make_view(node)
    return view


def _make_view(node: Any) -> _View:
    if isinstance(node, Parameter):
        return _View("int" if isinstance(node.distribution, Integer) else "float", [LabelledValue(node)], [])
    if isinstance(node, Choice):
        return _View("switch", [LabelledValue(node), *map(as_apply, node.options)], [])
    if isinstance(node, Constant):
        return _View("literal", [], [])
    name = getattr(node.function, "__name__", repr(node.function))
    named = [(key, as_apply(value)) for key, value in sorted(node.kwargs.items())]
    return _View(name, [*map(as_apply, node.args)], named)


def _arg(node: Any) -> dict[str, Any]:
    """The arguments of a node by the names of its function's parameters."""
    if not isinstance(node, Apply):
        return {}
    view = _view(node)
    names = list(inspect.signature(node.function).parameters)
    bound = {**dict(zip(names, view.pos_args, strict=False)), **dict(view.named_args)}
    return {name: bound.get(name, MissingArgument) for name in [*names, *(key for key in bound if key not in names)]}


def _inputs(node: Any) -> list[Any]:
    """The nodes that a node is computed from."""
    view = _view(node)
    return [*view.pos_args, *(value for _, value in view.named_args)]


# hyperopt's names on every node. They are set here, because a space knows nothing of hyperopt's graph.
for _name, _value in {
    "name": property(lambda self: _view(self).name),
    "pos_args": property(lambda self: list(_view(self).pos_args)),
    "named_args": property(lambda self: list(_view(self).named_args)),
    "arg": property(_arg),
    "inputs": _inputs,
}.items():
    setattr(Node, _name, _value)
for _name in ("obj", "_obj"):
    setattr(Constant, _name, property(lambda self: self.value))


# ---------------------------------------------------------------------- walks
def dfs(aa: Any, seq: list[Any] | None = None, seqset: dict[Any, Any] | None = None) -> list[Any]:
    """All nodes below `aa` and itself, each once, and after what it is computed from."""
    if not isinstance(aa, Node):
        raise TypeError(f"dfs takes a node, got {aa!r}; write dfs(as_apply(space))")
    found = [] if seq is None else seq
    seen = {} if seqset is None else seqset
    if aa not in seen:
        seen[aa] = aa.inputs()  # type: ignore[attr-defined]
        for inner in seen[aa]:
            dfs(inner, found, seen)
        found.append(aa)
    return found


def toposort(expr: Any) -> list[Any]:
    """All nodes of `expr`, each after what it is computed from."""
    return dfs(expr)


def clone(expr: Any, memo: dict[Any, Any] | None = None) -> Any:
    """A copy of `expr` with expressions of its own; a label stays the same label.

    `memo` is ``{node: its replacement}``.
    """
    copies = {} if memo is None else memo
    if expr in copies:
        return copies[expr]
    if isinstance(expr, Parameter | LabelledValue):
        copies[expr] = expr
    elif isinstance(expr, Choice):
        copies[expr] = Choice(expr.label, [_clone_inside(option, copies) for option in expr.options], expr.distribution)
    elif isinstance(expr, Constant):
        copies[expr] = type(expr)(expr.value)
    else:
        args = tuple(_clone_inside(arg, copies) for arg in expr.args)
        kwargs = {key: _clone_inside(value, copies) for key, value in expr.kwargs.items()}
        is_sized = isinstance(expr, Call)
        copies[expr] = Call(expr.function, args, kwargs, expr.o_len) if is_sized else Apply(expr.function, args, kwargs)
    return copies[expr]


def _clone_inside(value: Any, copies: dict[Any, Any]) -> Any:
    if isinstance(value, Node):
        return clone(value, copies)
    if type(value) is dict:
        return {key: _clone_inside(item, copies) for key, item in value.items()}
    return type(value)(_clone_inside(item, copies) for item in value) if type(value) in (list, tuple) else value


def is_noise(node: Any) -> bool:
    """Whether a node draws by itself and has no generator yet."""
    if not isinstance(node, Apply) or getattr(node.function, "__name__", None) not in NOISE:
        return False
    name = node.function.__name__
    return FUNCTIONS[name] is node.function and "rng" not in node.kwargs and len(node.args) <= NOISE[name]


def find_noise(space: Any) -> Apply | None:
    """A node of a space that draws by itself and has no generator, if there is one."""
    remaining, seen = [space], set()
    while remaining:
        node = remaining.pop()
        if is_noise(node):
            noise: Apply = node
            return noise
        if id(node) not in seen:
            seen.add(id(node))
            remaining.extend(child for child in children(node) if isinstance(child, Node | dict | list | tuple))
    return None
