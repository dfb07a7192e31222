"""`scope`: functions whose arguments may be nodes, and whose result is a node.

A call of ``scope.f`` computes nothing; it makes an `Apply` that calls ``f`` when a configuration is
assembled. Arithmetic, comparison and indexing of nodes need no scope.

>>> from hpsklearn_search import hp, space_eval
>>> space = {"depth": scope.int(hp.quniform(2, 9, 1)), "rate": 10 ** -hp.uniform("digits", 1, 3)}
>>> space_eval(space, {"depth": 4.0, "digits": 2.0})
{'depth': 4, 'rate': 0.01}
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from ...exceptions import InvalidTrial
from ...space import FUNCTIONS, Apply, Constant, Node, has_nodes, identity
from ...space._nodes import assemble
from .._translate import translate_space

__all__ = ["Apply", "Scope", "as_apply", "rec_eval", "scope"]

F = TypeVar("F", bound=Callable[..., Any])


class Scope:
    """Functions by name; ``scope.name(...)`` is the node that calls one.

    There are ``int, float, len, list, dict, range, max, min, getattr``, the operators
    ``add, sub, mul, truediv, floordiv, neg, pow, getitem, eq, ne, lt, le, gt, ge``, numpy's
    ``exp, log, sqrt, sin, cos, tan, sum, minimum, maximum, asarray``, and ``switch`` (of its options the
    one at a position), ``pos_args`` (a tuple), ``identity``, ``call``, ``call_method``, ``normal`` and
    ``uniform`` (noise from a given ``rng``). `define` adds more.

    Raises
    ------
    AttributeError
        For a name that is not defined.
    TypeError
        If the arguments do not fit the function, where they are written.

    Examples
    --------
    >>> from hpsklearn_search import hp
    >>> scope.int(hp.quniform(2, 9, 1))
    scope.int(hp.quniform(2, 9, 1))
    """

    def __init__(self) -> None:
        self._functions: dict[str, Callable[..., Any]] = dict(FUNCTIONS)

    def __getattr__(self, name: str) -> Callable[..., Apply]:
        function = vars(self).get("_functions", {}).get(name)
        if function is None:
            raise AttributeError(_unknown(name, vars(self).get("_functions", {})))
        return functools.partial(_applied, function)

    def __dir__(self) -> list[str]:
        return sorted([*super().__dir__(), *self._functions])

    def __repr__(self) -> str:
        return f"Scope({', '.join(sorted(self._functions))})"

    def define(self, f: F, o_len: int | None = None, pure: bool = False) -> F:
        """Make ``scope.<name of f>`` available; works as a decorator.

        Parameters
        ----------
        f : callable
            Has a ``__name__``. A second definition replaces the first for nodes that are made later.
        o_len, pure
            Accepted for hyperopt's signature.

        Returns
        -------
        callable
            `f` itself.

        Raises
        ------
        ValueError, TypeError
            If the name is that of a built-in function of `scope`, or if `f` has no name or cannot be called.

        Examples
        --------
        >>> from hpsklearn_search import hp, space_eval
        >>> @scope.define
        ... def layers(n, width):
        ...     return (width,) * n
        >>> space_eval(scope.layers(hp.randint("n", 1, 4), width=8), {"n": 2})
        (8, 8)
        """
        name = getattr(f, "__name__", None)
        if not callable(f) or name is None:
            raise TypeError(f"scope.define takes a function with a name, got {f!r}")
        if name in FUNCTIONS or name.startswith("_") or name in ("define", "define_pure"):
            raise ValueError(f"scope.{name} exists already; give the function another name")
        self._functions[name] = f
        return f

    define_pure = define


def _applied(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Apply:
    """The node that calls `function`; a TypeError if the arguments do not fit."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some functions written in C have no signature
        return Apply(function, args, kwargs)
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(f"scope.{getattr(function, '__name__', function)}: {error}") from None
    return Apply(function, args, kwargs)


def _unknown(name: str, functions: Mapping[str, Any]) -> str:
    near = get_close_matches(name, functions, n=1)
    meant = f" Did you mean scope.{near[0]}?" if near else ""
    return f"scope has no function {name!r}.{meant} To add your own, decorate it with @scope.define"


scope = Scope()


def as_apply(obj: Any) -> Any:
    """`obj` as a node, so that for example a list can be indexed by a parameter.

    >>> from hpsklearn_search import hp, space_eval
    >>> space_eval(as_apply(["small", "large"])[hp.randint("size", 2)], {"size": 1})
    'large'
    """
    obj = translate_space(obj)
    if isinstance(obj, Node):
        return obj
    return Apply(identity, (obj,)) if has_nodes(obj) else Constant(obj)


def rec_eval(expr: Any, memo: Mapping[Any, Any] | None = None) -> Any:
    """The value of `expr`, given the values of its parameters.

    `memo` is ``{node: value}``, for a choice the index of its option; InvalidTrial if a parameter has none.

    >>> from hpsklearn_search import hp
    >>> x = hp.uniform("x", 0, 1)
    >>> rec_eval({"y": x + 1}, memo={x: 0.5})
    {'y': 1.5}
    """
    values = memo or {}

    def value_of(node: Any) -> Any:
        if node not in values:
            raise InvalidTrial(f"label {node.label!r} has no value in memo; write memo={{node: value}}")
        return values[node]

    return assemble(translate_space(expr), value_of)
