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
import time
from collections.abc import Callable, Mapping, MutableMapping
from difflib import get_close_matches
from typing import Any, TypeVar

from ...space import FUNCTIONS, Node
from ...space import Apply as _Apply
from .._translate import translate_space
from . import _graph
from ._evaluate import Evaluation, GarbageCollected
from ._graph import Call, Literal, MissingArgument, clone, dfs, hyperopt_param, toposort
from ._lambda import Lambda, UndefinedValue, clone_merge, p0, p1, p2, p3, p4

__all__ = [
    "Apply",
    "GarbageCollected",
    "Lambda",
    "Literal",
    "MissingArgument",
    "PyllImportError",
    "Scope",
    "SymbolTable",
    "UndefinedValue",
    "apply",
    "as_apply",
    "bincount",
    "clone",
    "clone_merge",
    "dfs",
    "p0",
    "p1",
    "p2",
    "p3",
    "p4",
    "rec_eval",
    "scope",
    "toposort",
]

F = TypeVar("F", bound=Callable[..., Any])

bincount = FUNCTIONS["bincount"]

# In hyperopt every node is of this class; here it is the base of all.
Apply = Node


class PyllImportError(ImportError):
    """`scope` has no function of that name."""


class Scope:
    """Functions by name; ``scope.name(...)`` is the node that calls one.

    There are ``int, float, len, list, dict, range, max, min, getattr``, the operators
    ``add, sub, mul, truediv, floordiv, neg, pow, getitem, eq, ne, lt, le, gt, ge``, numpy's
    ``exp, log, sqrt, sin, cos, tan, sum, minimum, maximum, asarray``, and ``switch`` (of its options the
    one at a position), ``pos_args`` (a tuple), ``identity``, ``call``, ``call_method``. The distributions
    (``uniform``, ``normal``, ``randint`` and the others of `hp`) and ``one_of`` have no label: they are noise,
    drawn from a given ``rng`` or by `sample`. `define` adds more.

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
        self._impls: dict[str, Callable[..., Any]] = {**FUNCTIONS, "hyperopt_param": hyperopt_param}
        self._lengths: dict[str, int] = {}

    def __getattr__(self, name: str) -> Callable[..., _Apply]:
        function = vars(self).get("_impls", {}).get(name)
        if function is None:
            raise AttributeError(_unknown(name, vars(self).get("_impls", {})))
        return functools.partial(_applied, function, self._lengths.get(name))

    def __dir__(self) -> list[str]:
        return sorted([*super().__dir__(), *self._impls])

    def __repr__(self) -> str:
        return f"Scope({', '.join(sorted(self._impls))})"

    # ------------------------------------------------------------------ choices without a label
    def one_of(self, *options: Any) -> _Apply:
        """One of the options, drawn as noise is; a search chooses between options with ``hp.choice``."""
        return _Apply(FUNCTIONS["switch"], (_Apply(FUNCTIONS["randint"], (len(options),)), *options))

    def choice(self, options: Any) -> _Apply:
        """``one_of(*options)``."""
        return self.one_of(*options)

    def kwswitch(self, kw: Any, **options: Any) -> _Apply:
        """The option of that name."""
        position = _Apply(FUNCTIONS["call_method"], (sorted(options), "index", kw))
        return _Apply(FUNCTIONS["switch"], (position, *(options[key] for key in sorted(options))))

    # ------------------------------------------------------------------ functions of the user
    def define(self, f: F, o_len: int | None = None, pure: bool = False) -> F:
        """Make ``scope.<name of f>`` available; works as a decorator.

        Parameters
        ----------
        f : callable
            Has a ``__name__``. A second definition replaces the first for nodes that are made later.
        o_len : int, optional
            The length of what it returns; a node with a length can be unpacked.
        pure : bool, default=False
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
        if name in FUNCTIONS or (hasattr(Scope, name) and name != "_"):
            raise ValueError(f"scope.{name} exists already; give the function another name")
        self._impls[name] = f
        self._lengths.pop(name, None)
        if o_len is not None:
            self._lengths[name] = o_len
        return f

    define_pure = define

    def define_info(self, o_len: int | None = None, pure: bool = False) -> Callable[[F], F]:
        """A decorator that does as `define` with these arguments."""
        return lambda f: self.define(f, o_len=o_len, pure=pure)

    def define_if_new(self, f: F, o_len: int | None = None, pure: bool = False) -> F:
        """As `define`, but a ValueError if another function has that name."""
        if self._impls.get(f.__name__, f) is not f:
            raise ValueError(f"scope.{f.__name__} exists already; give the function another name")
        return self.define(f, o_len=o_len, pure=pure)

    def undefine(self, f: Callable[..., Any] | str) -> None:
        """Remove a function of one's own, given itself or by its name."""
        name = f if isinstance(f, str) else f.__name__
        if name in FUNCTIONS or name not in self._impls:
            raise ValueError(f"scope.{name} was not defined by scope.define")
        del self._impls[name]

    def inject(self, *names: str, **renamed: str) -> dict[str, Any]:
        """``{name: function}`` of some functions; by keyword under another name."""
        missing = [name for name in [*names, *renamed.values()] if not hasattr(self, name)]
        if missing:
            raise PyllImportError(_unknown(missing[0], self._impls))
        return {new: getattr(self, name) for new, name in {**dict(zip(names, names, strict=True)), **renamed}.items()}

    def import_(self, namespace: MutableMapping[str, Any], *names: str, **renamed: str) -> None:
        """Put what `inject` returns into a namespace, such as ``globals()``."""
        namespace.update(self.inject(*names, **renamed))


SymbolTable = Scope  # hyperopt's name for it


def _applied(function: Callable[..., Any], o_len: int | None, /, *args: Any, **kwargs: Any) -> _Apply:
    """The node that calls `function`; a TypeError if the arguments do not fit."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some functions written in C have no signature
        return _Apply(function, args, kwargs)
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(f"scope.{getattr(function, '__name__', function)}: {error}") from None
    return _Apply(function, args, kwargs) if o_len is None else Call(function, args, kwargs, o_len)


def _unknown(name: str, functions: Mapping[str, Any]) -> str:
    near = get_close_matches(name, functions, n=1)
    meant = f" Did you mean scope.{near[0]}?" if near else ""
    return f"scope has no function {name!r}.{meant} To add your own, decorate it with @scope.define"


scope = Scope()


@scope.define_info(o_len=2)
def curtime(obj: Any) -> tuple[float, Any]:
    """The time of day, and the argument."""
    return time.time(), obj


def as_apply(obj: Any) -> Any:
    """`obj` as a node, so that for example a list can be indexed by a parameter.

    The value of a list is a tuple then, as in hyperopt; a list that is no node itself stays a list in every
    configuration.

    >>> from hpsklearn_search import hp, space_eval
    >>> space_eval(as_apply(["small", "large"])[hp.randint("size", 2)], {"size": 1})
    'large'
    """
    return _graph.as_apply(translate_space(obj))


class _DefinedLater:
    """A function of `scope` that is looked up when it is called, as one that calls itself must be."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return scope._impls[self.__name__](*args, **kwargs)


def apply(name: str, *args: Any, **kwargs: Any) -> _Apply:
    """``scope.name(*args, **kwargs)``, with the name as text; the function may be defined later."""
    return _Apply(scope._impls.get(name) or _DefinedLater(name), args, kwargs)


def rec_eval(
    expr: Any,
    deepcopy_inputs: bool = False,
    memo: Mapping[Any, Any] | None = None,
    max_program_len: int | None = None,
    memo_gc: bool = True,
    print_trace: bool = False,
    print_node_on_error: bool = True,
) -> Any:
    """The value of `expr`, given the values of its parameters.

    `memo` is ``{node: value}``, for a choice the index of its option; InvalidTrial if a parameter has none.
    With `deepcopy_inputs` every function receives copies. The other arguments are hyperopt's, and change nothing.

    >>> from hpsklearn_search import hp
    >>> x = hp.uniform("x", 0, 1)
    >>> rec_eval({"y": x + 1}, memo={x: 0.5})
    {'y': 1.5}
    """
    if deepcopy_inputs not in (0, 1):
        raise ValueError(
            f"deepcopy_inputs must be True or False, got {deepcopy_inputs!r}; write rec_eval(expr, memo=...)"
        )
    return Evaluation(memo or {}, deepcopy_inputs=bool(deepcopy_inputs)).value(translate_space(expr))


def _eval(self: Node, memo: Any = None) -> Any:
    """The value of an expression without parameters."""
    return rec_eval(self)


setattr(Node, "eval", _eval)  # noqa: B010 -- as in _graph
