"""What users of scikit-learn write, turned into nodes; and a configuration turned into parameters.

A list becomes a choice labelled by its key, a `scipy.stats` distribution a parameter, a list of
dicts a choice between branches.

>>> space = as_search_space([{"kernel": ["linear"]}, {"kernel": ["rbf"], "C": [1, 10, 100]}])
>>> space
hp.choice('grid', [{'kernel': hp.choice('0.kernel', ['linear'])},
                   {'C': hp.choice('1.C', [1, 10, 100]), 'kernel': hp.choice('1.kernel', ['rbf'])}])
>>> merge_branches({"model": {"model": "ridge", "model__alpha": 0.1}, "scale": True}, sets_itself)
{'model': 'ridge', 'model__alpha': 0.1, 'scale': True}
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from ..exceptions import BadSearchSpace, add_note
from ._distributions import Categorical, Distribution, Integer, Normal, Uniform, is_real
from ._nodes import Choice, Constant, Node, Parameter, children
from ._scipy import RvsDistribution, ScipyDistribution

IsBranch: TypeAlias = Callable[[str, dict[Any, Any]], bool]
"""Whether a dict that stands under a key is a set of parameters (True) or a value of the key (False)."""


def sets_itself(key: str, option: dict[Any, Any]) -> bool:
    """The rule where no estimator is known: a dict is a set of parameters if it sets the key it stands under."""
    return key in option


def as_search_space(space: Any, merges: IsBranch = sets_itself) -> Any:
    """The nodes that a search space in scikit-learn's manner means.

    Parameters
    ----------
    space : dict, list of dict, or Choice
        Values of a dict may be nodes; lists, tuples and arrays (a choice labelled by the key; ordered
        if strictly monotonic numbers); frozen `scipy.stats` distributions, and other objects with
        ``rvs(random_state=...)``; and constants, but for a dict: as one value of a parameter it stands
        in a list, or holds nodes. A sequence that holds nodes is a container. A list of
        dicts is a choice labelled ``'grid'``; what is labelled by a key inside branch i is labelled
        ``'i.key'``.
    merges : callable, default=sets_itself
        ``merges(key, option)`` tells whether a dict under `key` is a set of parameters, in which lists
        mean choices again, or a value.

    Returns
    -------
    object
        What `Space` takes. A dict of nothing but lists has its keys in sorted order, so that its points
        run in the order of `sklearn.model_selection.ParameterGrid`.

    Raises
    ------
    TypeError, ValueError
        As ``GridSearchCV`` raises them, for what is no dict, an empty list, an array of two dimensions.
    BadSearchSpace
        If a distribution cannot be drawn from, or a name is no string.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> as_search_space({"C": loguniform(0.1, 10), "shrinking": True})
    {'C': hp.logrange('C', 0.1, 10), 'shrinking': True}
    """
    return _Coercion(merges).root(space)


def merge_branches(configuration: Any, merges: IsBranch) -> dict[str, Any]:
    """The parameters that a configuration sets: dicts that are sets of parameters are merged into one.

    Parameters
    ----------
    configuration : dict
        What `Space.assemble` returns.
    merges : callable
        As for `as_search_space`; the same rule must be used in both places.

    Returns
    -------
    dict
        ``{parameter name: value}``, for ``set_params``.

    Raises
    ------
    BadSearchSpace
        If a parameter is set twice, or the configuration is no dict.
    """
    if not isinstance(configuration, dict):
        raise BadSearchSpace(f"a configuration must be a dict of parameters, got {configuration!r}")
    merged: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for name, value, where in _flat(configuration, merges, "space"):
        if name in merged:
            raise BadSearchSpace(f"parameter {name!r} is set twice, by {origin[name]} and by {where}; keep one of them")
        merged[name], origin[name] = value, where
    return merged


def _flat(configuration: dict[str, Any], merges: IsBranch, path: str) -> Iterator[tuple[str, Any, str]]:
    for key, value in configuration.items():
        where = f"{path}[{key!r}]"
        if isinstance(value, dict) and merges(key, value):
            yield from _flat(value, merges, where)
        else:
            yield key, value, where


def has_nodes(value: Any) -> bool:
    """Whether a node stands anywhere in `value`."""
    return isinstance(value, Node) or any(map(has_nodes, children(value)))


class _Coercion:
    """One call of `as_search_space`; remembers what became of a choice, so that one node stays one node."""

    def __init__(self, merges: IsBranch) -> None:
        self.merges = merges
        self.coerced: dict[int, Choice] = {}

    def root(self, space: Any) -> Any:
        if isinstance(space, Node):
            return self.branches_of(space)
        if not isinstance(space, Mapping | Iterable):
            raise TypeError(f"Parameter grid should be a dict or a list, got: {space!r} of type {type(space).__name__}")
        grids = [space] if isinstance(space, Mapping) else list(space)
        if not grids:
            raise ValueError("No fits were performed. Was the CV iterator empty? Were there no candidates?")
        if len(grids) > 1:
            return Choice("grid", [self.branch(grid, f"{i}.") for i, grid in enumerate(grids)])
        branch = self.branch(grids[0], "")
        if not has_nodes(branch):
            _refuse_constants(branch)
        return branch

    def branches_of(self, node: Any) -> Any:
        """`node` at the top of a space: a choice between dicts, or something computed."""
        if isinstance(node, Parameter | Constant):
            raise TypeError(
                f"Parameter grid should be a dict or a list, got: {node!r} of type {type(node).__name__}; "
                "write {'name of the parameter': ...}"
            )
        if not isinstance(node, Choice):
            return node

        def option(i: int, value: Any) -> Any:
            return self.branches_of(value) if isinstance(value, Node) else self.branch(value, f"{node.label}.{i}.")

        return self.rebuilt(node, option)

    def rebuilt(self, node: Choice, option: Callable[[int, Any], Any]) -> Choice:
        """The choice with every option coerced; the same object for the same choice."""
        if id(node) not in self.coerced:
            options = [option(i, value) for i, value in enumerate(node.options)]
            self.coerced[id(node)] = Choice(node.label, options, node.distribution)
        return self.coerced[id(node)]

    def branch(self, grid: Any, prefix: str) -> dict[str, Any]:
        """A dict of parameters."""
        if not isinstance(grid, dict):
            raise TypeError(f"Parameter grid is not a dict ({grid!r})")
        for key in grid:
            if not isinstance(key, str):
                raise BadSearchSpace(f"a parameter name must be a string, got {key!r} in {grid!r}")
        keys: Iterable[str] = grid
        if all(_is_listed(value) for value in grid.values()):
            keys = sorted(grid)
        return {key: self.value(key, grid[key], prefix) for key in keys}

    def value(self, key: str, value: Any, prefix: str) -> Any:
        """What stands under `key` in a dict of parameters."""
        if _is_listed(value):
            return self.listed(key, value, prefix + key)
        if isinstance(value, set | frozenset | Iterator):
            raise _not_a_list(key, value)
        if isinstance(value, dict) and not self.merges(key, value) and not has_nodes(value):
            raise _bare_dict(key, value)
        _refuse_spelled_out(key, value)
        return self.option(key, value, prefix + key)

    def listed(self, key: str, value: Any, label: str) -> Any:
        """A list of options, or a container of nodes."""
        options = _options(key, value)
        branches = any(isinstance(option, dict) and self.merges(key, option) for option in options)
        if not branches and any(map(has_nodes, options)):
            return value
        coerced = [self.option(key, option, f"{label}.{i}", listed=True) for i, option in enumerate(options)]
        return Choice(label, coerced, Categorical(len(options), ordered=_is_ordered(options)))

    def option(self, key: str, option: Any, label: str, *, listed: bool = False) -> Any:
        """One value that `key` may have. What a list holds is taken as it is, unless it is a set of parameters."""
        if isinstance(option, Choice):
            return self.rebuilt(option, lambda i, below: self.option(key, below, f"{option.label}.{i}"))
        if isinstance(option, Node):
            return option
        if isinstance(option, dict) and self.merges(key, option):
            return self.branch(option, f"{label}.")
        if isinstance(option, dict | list | tuple):
            return option if has_nodes(option) else Constant(option)
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
            f"Parameter array for {key!r} should be one-dimensional, got: {value!r} with shape {value.shape}"
        )
    if shape == ():
        raise _not_a_list(key, value)
    options = list(value)
    if not options:
        raise ValueError(f"Parameter grid for parameter {key!r} need to be a non-empty sequence, got: {value!r}")
    return options


def _is_ordered(options: list[Any]) -> bool:
    """Whether these are numbers in strictly ascending or descending order."""
    if len(options) < 2 or not all(map(is_real, options)):
        return False
    pairs = list(pairwise(options))
    return all(a < b for a, b in pairs) or all(a > b for a, b in pairs)


def _not_a_list(key: str, value: Any) -> TypeError:
    return TypeError(
        f"Parameter grid for parameter {key!r} needs to be a list or a numpy array, but got {value!r} "
        f"(of type {type(value).__name__}) instead. Single values need to be wrapped in a list with one element."
    )


def _bare_dict(key: str, value: dict[Any, Any]) -> TypeError:
    """A dict without a list around it: a forgotten list, or a range in another library's manner."""
    error = _not_a_list(key, value)
    add_note(
        error,
        f"If the dict is one value of {key!r}, write {{{key!r}: [{value!r}]}}; a range of numbers is "
        f"{{{key!r}: hp.uniform({key!r}, low, high)}}.",
    )
    return error


def _refuse_constants(branch: dict[str, Any]) -> None:
    """A dict in which nothing varies is a grid whose lists were forgotten."""
    for key, value in branch.items():
        raise _not_a_list(key, value.value if isinstance(value, Constant) else value)


def _refuse_spelled_out(key: str, value: Any) -> None:
    """The name of a distribution as a string; ``"uniform"`` and ``"normal"`` are values of many estimators."""
    match = _SPELLED_OUT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is not None:
        name = match["name"] or match["other"]
        arguments = (match["arguments"] or "").strip("()").strip() or "..."
        raise BadSearchSpace(
            f"{key!r} is the string {value!r}, where a distribution belongs; without the quotes: "
            f"{{{key!r}: hp.{name}({_labelled(key, arguments)})}}"
        )


def _labelled(key: str, arguments: str) -> str:
    return arguments if arguments[0] in "'\"" else f"{key!r}, {arguments}"


_SPELLED_OUT = re.compile(
    r"(?:hp\.)?(?P<name>q?loguniform|quniform|logrange|(?:log)?uniformint|randint|q?lognormal|qnormal|p?choice)"
    r"(?P<arguments>\(.*\))?|(?:hp\.(?P<other>uniform|normal)(?:\(.*\))?)"
)


# ---------------------------------------------------------------------- distributions of scipy.stats
def as_distribution(label: str, law: Any) -> Distribution:
    """The distribution that a `scipy.stats` distribution, or any object with ``rvs``, means.

    Parameters
    ----------
    label : str
        Named in errors.
    law : object with ``rvs``
        uniform, loguniform, randint, norm and lognorm become our own distributions, other frozen
        ones are read through their cdf and ppf, anything else is only drawn from.

    Returns
    -------
    Distribution
        The law of the value.

    Raises
    ------
    BadSearchSpace
        If the distribution lacks its shape parameters, or has impossible ones.
    """
    if hasattr(law, "freeze") and hasattr(law, "ppf"):
        if law.numargs:
            raise BadSearchSpace(f"{label!r}: scipy.stats.{law.name} needs its arguments ({law.shapes})")
        law = law.freeze()
    if not all(hasattr(law, name) for name in ("dist", "args", "kwds", "ppf", "cdf")):
        return RvsDistribution(law)
    median = np.asarray(law.ppf(0.5))
    if median.ndim or not math.isfinite(median):
        raise BadSearchSpace(
            f"{label!r}: scipy.stats.{law.dist.name}{law.args or ''}{law.kwds or ''} cannot be drawn from; "
            "its median must be one finite number"
        )
    return _translated(law) or ScipyDistribution(law)


def _translated(law: Any) -> Distribution | None:
    """Our own distribution where it is exactly the same law."""
    shapes, loc, scale = law.dist._parse_args(*law.args, **law.kwds)
    name = law.dist.name
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
