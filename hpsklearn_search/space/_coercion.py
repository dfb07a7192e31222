"""A scikit-learn user's search space as nodes, and a configuration as parameters.

A list becomes a choice, and a `scipy.stats` distribution a parameter; the key is their label, and the label of a
node that was written without one. Lists of strictly monotonic numbers are ordered. A list of dicts becomes a choice
between branches, labelled ``'grid'``; a key in branch i gets the label ``'i.key'``. A sequence that contains nodes is
a container. A dict without a list around it is a branch or contains nodes.

>>> space = as_search_space([{"kernel": ["linear"]}, {"kernel": ["rbf"], "C": [1, 10, 100]}])
>>> space
hp.choice('grid', [{'kernel': hp.choice('0.kernel', ['linear'])},
                   {'C': hp.choice('1.C', [1, 10, 100]), 'kernel': hp.choice('1.kernel', ['rbf'])}])
>>> merge_branches({"model": {"model": "ridge", "model__alpha": 0.1}, "scale": True}, contains_key)
{'model': 'ridge', 'model__alpha': 0.1, 'scale': True}
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from types import FunctionType
from typing import Any, TypeAlias

import numpy as np

from .._texts import public_repr
from ..exceptions import BadSearchSpace, add_note
from ._distributions import Categorical, Distribution, Integer, Normal, Uniform, is_real
from ._labels import Labels
from ._nodes import Choice, Constant, Node, Parameter, check_depth, has_nodes
from ._scipy import RvsDistribution, from_scipy

EXAMPLE = "write the argument as a dict of parameters, for example space={'C': [0.1, 1, 10]}"

# Whether a dict under a key is a branch, which is a set of parameters; if not, it is a value of the key.
IsBranch: TypeAlias = Callable[[str, dict[Any, Any]], bool]


def contains_key(key: str, option: dict[Any, Any]) -> bool:
    """The rule without an estimator: a dict is a branch if it contains the key that it is the value of."""
    return key in option


def as_search_space(space: Any, is_branch: IsBranch = contains_key) -> Any:
    """What `Space` takes, from a search space in scikit-learn's manner.

    >>> from scipy.stats import loguniform
    >>> as_search_space({"C": loguniform(0.1, 10), "shrinking": True})
    {'C': hp.logrange('C', 0.1, 10), 'shrinking': True}
    """
    check_depth(space)
    return _Coercion(is_branch).root(space)


def merge_branches(configuration: Any, is_branch: IsBranch) -> dict[str, Any]:
    """``{parameter name: value}`` for ``set_params``: branches are merged into one dict."""
    if not isinstance(configuration, dict):
        raise BadSearchSpace(f"a configuration must be a dict of parameters, got {public_repr(configuration)}")
    merged: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for name, value, where in _flat(configuration, is_branch, "space"):
        if name in merged:
            raise BadSearchSpace(f"parameter {name!r} is set twice, by {origin[name]} and by {where}; keep one of them")
        merged[name], origin[name] = value, where
    return merged


def _flat(configuration: dict[str, Any], is_branch: IsBranch, path: str) -> Iterator[tuple[str, Any, str]]:
    for key, value in configuration.items():
        where = f"{path}[{key!r}]"
        if isinstance(value, dict) and is_branch(key, value):
            yield from _flat(value, is_branch, where)
        else:
            yield key, value, where


class _Coercion:
    """The work of one `as_search_space`."""

    def __init__(self, is_branch: IsBranch) -> None:
        self.is_branch = is_branch
        self.labels = Labels()
        self.coerced: dict[int, Choice] = {}  # by id: a choice that occurs twice must stay one node

    def root(self, space: Any) -> Any:
        if isinstance(space, Node):
            return self.branches_of(space)
        if not isinstance(space, Mapping | Iterable) or isinstance(space, Iterator | type):
            raise TypeError(
                f"Parameter grid should be a dict or a list, got: {public_repr(space)} of type "
                f"{type(space).__name__}; {EXAMPLE}"
            )
        grids = [space] if isinstance(space, Mapping) else list(space)
        if not grids:
            raise ValueError(
                "No fits were performed. Was the CV iterator empty? Were there no candidates? "
                f"space={public_repr(space)} is an empty list; {EXAMPLE}"
            )
        if len(grids) > 1:
            return Choice("grid", [self.branch(grid, f"{i}.") for i, grid in enumerate(grids)])
        branch = self.branch(grids[0], "")
        if not has_nodes(branch):
            _refuse_constants(branch)
        return branch

    def branches_of(self, node: Any) -> Any:
        """`node` as a whole space: a choice between dicts, or an expression."""
        if isinstance(node, Parameter | Constant):
            raise TypeError(
                f"Parameter grid should be a dict or a list, got: {public_repr(node)} of type {type(node).__name__}; "
                f"write space={{'name of the parameter': {public_repr(node)}}}"
            )
        node = self.labels.at(None, node)
        if not isinstance(node, Choice):
            return node

        def option(i: int, value: Any) -> Any:
            return self.branches_of(value) if isinstance(value, Node) else self.branch(value, f"{node.label}.{i}.")

        return self.rebuilt(node, option)

    def rebuilt(self, node: Choice, option: Callable[[int, Any], Any]) -> Choice:
        """The choice with every option coerced."""
        if id(node) not in self.coerced:
            options = [option(i, value) for i, value in enumerate(node.options)]
            self.coerced[id(node)] = Choice(node.label, options, node.distribution)
        return self.coerced[id(node)]

    def branch(self, grid: Any, prefix: str) -> dict[str, Any]:
        """A dict of parameters."""
        if not isinstance(grid, dict):
            cure = f"; write {{'name of the parameter': {public_repr(grid)}}}" if isinstance(grid, Node) else ""
            raise TypeError(f"Parameter grid is not a dict ({public_repr(grid)}){cure}")
        for key in grid:
            if not isinstance(key, str):
                raise BadSearchSpace(f"a parameter name must be a string, got {key!r} in {public_repr(grid)}")
        keys: Iterable[str] = grid
        # ParameterGrid sorts its keys; the points of a grid must come in its order.
        if all(_is_listed(value) for value in grid.values()):
            keys = sorted(grid)
        return {key: self.value(key, self.labels.at(prefix + key, grid[key]), prefix) for key in keys}

    def value(self, key: str, value: Any, prefix: str) -> Any:
        """The value under `key` in a dict of parameters."""
        if _is_listed(value):
            return self.listed(key, value, prefix + key)
        if isinstance(value, set | frozenset | Iterator):
            raise _not_a_list(key, value)
        if isinstance(value, dict) and not self.is_branch(key, value) and not has_nodes(value):
            raise _bare_dict(key, value)
        _refuse_spelled_out(key, value)
        return self.option(key, value, prefix + key)

    def listed(self, key: str, value: Any, label: str) -> Any:
        """A list of options, or a container of nodes."""
        options = _options(key, value)
        has_branches = any(isinstance(option, dict) and self.is_branch(key, option) for option in options)
        if not has_branches and any(map(has_nodes, options)):
            return value  # a container, as hyperopt has it: [hp.choice(...), hp.choice(...)] is one value
        coerced = [self.option(key, option, f"{label}.{i}", listed=True) for i, option in enumerate(options)]
        return Choice(label, coerced, Categorical(len(options), ordered=_is_ordered(options)))

    def option(self, key: str, option: Any, label: str, *, listed: bool = False) -> Any:
        """One value of `key`; an option of a list is not coerced, unless it is a branch."""
        if isinstance(option, Choice):
            return self.rebuilt(option, lambda i, inner: self.option(key, inner, f"{option.label}.{i}"))
        if isinstance(option, Node):
            return option
        if isinstance(option, dict) and self.is_branch(key, option):
            return self.branch(option, f"{label}.")
        if isinstance(option, dict | list | tuple):
            # Constant: a large list of constants is not walked through for each configuration.
            return option if has_nodes(option) else Constant(option)
        # A distribution in a list is an option like others, as in GridSearchCV.
        if not listed and hasattr(option, "rvs"):
            return Parameter(label, as_distribution(label, option))
        return option


# ---------------------------------------------------------------------- lists
def _is_listed(value: Any) -> bool:
    """Whether `value` is a list of options: a sequence, or one-dimensional data such as a pandas Series."""
    if isinstance(value, str | bytes | bytearray | Node):
        return False
    return isinstance(value, Sequence | np.ndarray) or (hasattr(value, "__array__") and hasattr(value, "__len__"))


def _options(key: str, value: Any) -> list[Any]:
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and len(shape) > 1:
        raise ValueError(
            f"Parameter array for {key!r} should be one-dimensional, got: {public_repr(value, key)} with shape {shape}"
        )
    if shape == ():
        raise _not_a_list(key, value)
    options = list(value)
    if not options:
        raise ValueError(
            f"Parameter grid for parameter {key!r} need to be a non-empty sequence, got: {public_repr(value, key)}"
        )
    return options


def _is_ordered(options: list[Any]) -> bool:
    """Whether all options are numbers, in strictly ascending or descending order."""
    if len(options) < 2 or not all(map(is_real, options)):
        return False
    pairs = list(pairwise(options))
    return all(a < b for a, b in pairs) or all(a > b for a, b in pairs)


def _not_a_list(key: str, value: Any) -> TypeError:
    cure = ""
    if isinstance(value, FunctionType):
        is_ours = value.__module__ == "hpsklearn_search.hp"
        line = f"hp.{value.__name__}(...)" if is_ours else "hp.uniform(low, high)"
        cure = f" A range is {'a call of the function' if is_ours else 'no function'}: {{{key!r}: {line}}}."
    return TypeError(
        f"Parameter grid for parameter {key!r} needs to be a list or a numpy array, but got {public_repr(value, key)} "
        f"(of type {type(value).__name__}) instead. Single values need to be wrapped in a list with one element.{cure}"
    )


def _bare_dict(key: str, value: dict[Any, Any]) -> TypeError:
    """The error for a dict that is neither a branch nor in a list: it may be the range of another library."""
    error = _not_a_list(key, value)
    add_note(
        error,
        f"If the dict is one value of {key!r}, write {{{key!r}: [{public_repr(value, key)}]}}; a range of numbers is "
        f"{{{key!r}: hp.uniform(low, high)}}.",
    )
    return error


def _refuse_constants(branch: dict[str, Any]) -> None:
    """Refuse a dict without lists and nodes, as GridSearchCV does."""
    for key, value in branch.items():
        raise _not_a_list(key, value.value if isinstance(value, Constant) else value)


def _refuse_spelled_out(key: str, value: Any) -> None:
    """Refuse the name of a distribution as a string."""
    match = _SPELLED_OUT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is not None:
        name = match["name"] or match["other"]
        arguments = (match["arguments"] or "").strip("()").strip() or "..."
        raise BadSearchSpace(
            f"{key!r} must be a distribution, got the string {value!r}; without the quotes: "
            f"{{{key!r}: hp.{name}({arguments})}}"
        )


# "uniform" and "normal" alone are values of many parameters: they need the prefix "hp.".
_SPELLED_OUT = re.compile(
    r"(?:hp\.)?(?P<name>q?loguniform|quniform|logrange|(?:log)?uniformint|randint|q?lognormal|qnormal|p?choice)"
    r"(?P<arguments>\(.*\))?|(?:hp\.(?P<other>uniform|normal)(?:\(.*\))?)"
)


# ---------------------------------------------------------------------- distributions of scipy.stats
def as_distribution(label: str, frozen: Any) -> Distribution:
    """Our distribution for one of `scipy.stats`, or for any object with ``rvs``."""
    if hasattr(frozen, "freeze") and hasattr(frozen, "ppf"):
        if frozen.numargs:
            raise BadSearchSpace(f"{label!r}: scipy.stats.{frozen.name} needs its arguments ({frozen.shapes})")
        frozen = frozen.freeze()
    if not all(hasattr(frozen, name) for name in ("dist", "args", "kwds", "ppf", "cdf")):
        return RvsDistribution(frozen)
    # Impossible shape parameters give NaN; arrays of parameters give an array.
    median = np.asarray(frozen.ppf(0.5))
    if median.ndim or not math.isfinite(median):
        raise BadSearchSpace(
            f"{label!r}: scipy.stats.{frozen.dist.name}{frozen.args or ''}{frozen.kwds or ''} cannot be drawn from; "
            "its median must be one finite number"
        )
    return _translated(frozen) or from_scipy(frozen)


def _translated(frozen: Any) -> Distribution | None:
    """Our own distribution, if one is exactly equal."""
    shapes, loc, scale = frozen.dist._parse_args(*frozen.args, **frozen.kwds)
    name = frozen.dist.name
    if name == "uniform":
        return Uniform(float(loc), float(loc + scale))
    if name == "norm":
        return Normal(float(loc), float(scale))
    if name == "randint" and all(float(x).is_integer() for x in (*shapes, loc)):
        return Integer(int(shapes[0] + loc), int(shapes[1] + loc) - 1)
    if name in ("loguniform", "reciprocal") and loc == 0:
        return Uniform(float(shapes[0] * scale), float(shapes[1] * scale), log=True)
    if name == "lognorm" and loc == 0:
        return Normal(math.log(scale), float(shapes[0]), log=True)
    return None
