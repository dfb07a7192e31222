"""A space for an estimator: its class decides the ranges, and its place in a pipeline the names.

>>> from sklearn.linear_model import Ridge
>>> space = suggest(Ridge())
>>> space["alpha"]
hp.logrange(0.001, 10000)
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from scipy.sparse import issparse

from .. import hp
from .._classes import class_names
from .._texts import printable, public_repr
from ..space import brief
from ._meanings import all_given_otherwise
from ._ranges import KEEPS_COLUMNS, MAKES_DENSE, MAKES_SPARSE, NOTHING_TO_TUNE, RANGES, SIZES, Data

# What EarlyStopping finds by itself.
ITERATIONS = frozenset({"n_estimators", "max_iter", "iterations"})
# The parameters under which an estimator holds another one.
INNER = ("estimator", "base_estimator", "regressor", "classifier", "final_estimator")


class ReadySpace(dict[str, Any]):
    """A dict of parameters and their ``hp`` nodes, to be edited; it is printed as one would write it.

    Attributes
    ----------
    left_alone : dict of str
        ``{step: reason}`` of the steps that get no parameter.
    """

    def __init__(self, nodes: Mapping[str, Any], left_alone: Mapping[str, str]) -> None:
        super().__init__(nodes)
        self.left_alone = dict(left_alone)

    def __repr__(self) -> str:
        lines = [f"    {_double_quoted(repr(name))}: {_double_quoted(repr(node))}," for name, node in self.items()]
        notes = [f"# left alone: {printable(str(place))} ({reason})" for place, reason in self.left_alone.items()]
        return "\n".join(["{", *lines, "}", *notes])

    def __reduce__(self) -> tuple[Any, ...]:
        return ReadySpace, (dict(self), self.left_alone)


def suggest(estimator: Any, X: Any = None, y: Any = None, *, size: str = "medium") -> ReadySpace:
    """Suggest a search space for an estimator, a pipeline, or what contains them.

    Parameters
    ----------
    estimator : estimator object
        An estimator of scikit-learn, LightGBM, XGBoost or CatBoost, or a pipeline, column transformer, ensemble
        or other meta-estimator of them.
    X : array-like of shape (n_samples, n_features), default=None
        Training data. Some ranges depend on the number of rows and columns, such as that of ``k`` in
        ``SelectKBest``; without data these are left out or as wide as usual.
    y : array-like of shape (n_samples,), default=None
        The target, which is not used today.
    size : {"small", "medium", "large"}, default="medium"
        How many parameters of each step: the two or three that decide most, those that often matter, or all
        that have a known range.

    Returns
    -------
    ReadySpace
        A dict for `HyperoptSearchCV`, ``{parameter name: hp node}``. Its ``left_alone`` says which steps get no
        parameter, and why.

    Raises
    ------
    ValueError
        If `size` is unknown, or if no parameter of the estimator has a known range.

    Examples
    --------
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from hpsklearn_search import spaces
    >>> spaces.suggest(RandomForestClassifier(), size="small")
    {
        "max_features": hp.uniform(0.1, 1),
        "min_samples_leaf": hp.loguniformint(1, 60),
    }
    """
    _check_size(size, X)
    _check_estimator("spaces.suggest", estimator)
    walk = _Walk(size)
    walk.visit(estimator, "", _data_of(X))
    if not walk.nodes:
        reasons = "; ".join(f"{place or 'the estimator'}: {reason}" for place, reason in walk.left_alone.items())
        raise ValueError(
            f"there is no ready space for {type(estimator).__name__} ({reasons}). "
            f"Write one, such as {_example(estimator)}"
        )
    return ReadySpace(walk.nodes, walk.left_alone)


def choose(
    estimators: Iterable[Any], parameter: str = "model", X: Any = None, y: Any = None, *, size: str = "medium"
) -> ReadySpace:
    """Suggest a space that chooses among whole estimators, each with its own parameters.

    Parameters
    ----------
    estimators : list of estimator objects
        The estimators to choose from: ``[LogisticRegression(), SVC()]``.
    parameter : str, default="model"
        The name of the step of the pipeline, or of any parameter that takes an estimator.
    X, y : array-like, default=None
        The training data and the target, as for `suggest`.
    size : {"small", "medium", "large"}, default="medium"
        How many parameters of each estimator are in the space, as for `suggest`.

    Returns
    -------
    ReadySpace
        ``{parameter: hp.choice(...)}``; each option sets the estimator and its parameters.

    Raises
    ------
    ValueError, TypeError
        If there are fewer than two estimators, or something else is among them.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.neighbors import KNeighborsRegressor
    >>> from hpsklearn_search import spaces
    >>> space = spaces.choose([Ridge(), KNeighborsRegressor()], "model", size="small")
    >>> [sorted(option) for option in space["model"].options]
    [['model', 'model__alpha'], ['model', 'model__n_neighbors', 'model__weights']]
    """
    if hasattr(estimators, "get_params") or isinstance(estimators, str | Mapping):
        raise TypeError(
            f"spaces.choose needs a list of estimators, got {brief(estimators)}; "
            "write spaces.choose([SVC(), LogisticRegression()])"
        )
    _check_size(size, X)
    estimators = list(estimators)
    for estimator in estimators:
        if estimator is not None and not (isinstance(estimator, str) and estimator in ("passthrough", "drop")):
            _check_estimator("spaces.choose", estimator)
    if not isinstance(parameter, str):
        raise TypeError(f"parameter must be the name of a step, such as 'model', got {brief(parameter)}")
    if len(estimators) < 2:
        raise ValueError(
            f"spaces.choose needs two estimators or more, got {public_repr(estimators)}; for one write "
            "spaces.suggest(estimator)"
        )
    walk, branches = _Walk(size), []
    for estimator in estimators:
        inner = _Walk(size)
        inner.visit(estimator, f"{parameter}__", _data_of(X))
        branches.append({parameter: estimator, **inner.nodes})
        walk.left_alone |= {
            f"{type(estimator).__name__} {place}".strip(): why for place, why in inner.left_alone.items()
        }
    return ReadySpace({parameter: hp.choice(branches)}, walk.left_alone)


def _check_size(size: Any, X: Any) -> None:
    if size not in SIZES:
        raise ValueError(f"size must be 'small', 'medium' or 'large', got {brief(size)}")
    if isinstance(X, str):
        raise TypeError(f"X must be training data, got {brief(X)}; a size is written by its name: size={brief(X)}")


def _check_estimator(function: str, estimator: Any) -> None:
    if isinstance(estimator, type):
        raise TypeError(
            f"{function} needs an estimator, got the class {estimator.__name__}; write {estimator.__name__}()"
        )
    if not hasattr(estimator, "get_params"):
        cure = "; to choose among several write spaces.choose([...])" if isinstance(estimator, list | tuple) else ""
        raise TypeError(f"{function} needs an estimator such as SVC(), got {brief(estimator)}{cure}")


def _example(estimator: Any) -> str:
    """A space around a positive number that the estimator has."""
    for name, value in estimator.get_params().items():
        if isinstance(value, float) and 0 < value < math.inf and not name.endswith("tol"):
            return f"space={{{printable(name)!r}: hp.logrange({value / 10:g}, {value * 10:g})}}"
    return "space={'parameter': hp.logrange(0.01, 100)}"


class _Walk:
    """The nodes and the steps left alone that were found so far."""

    def __init__(self, size: str) -> None:
        self.size = size
        self.nodes: dict[str, Any] = {}
        self.left_alone: dict[str, str] = {}

    def visit(self, estimator: Any, prefix: str, data: Data, skip: frozenset[str] = frozenset()) -> Data:
        """Add the parameters of `estimator`, and return what is known of the data that it passes on."""
        kind = type(estimator).__name__
        own = self._own(estimator, prefix, data, skip)
        inner_skip = skip | (ITERATIONS if kind == "EarlyStopping" else frozenset())
        current = replace(data, n_features=None) if hasattr(estimator, "transformers") else data
        members, outputs = list(_members(estimator)), []
        for name, inner in members:
            outputs.append(self.visit(inner, f"{prefix}{name}__", current, inner_skip))
            if hasattr(estimator, "steps"):  # a step sees what the one before it returns
                current = outputs[-1]
        if not own and not members:
            self.left_alone[prefix.removesuffix("__")] = _why_nothing(estimator, kind, self.size)
        if kind in KEEPS_COLUMNS or hasattr(estimator, "steps"):
            return current
        return replace(data, n_features=None, is_sparse=_is_sparse_after(estimator, kind, data, outputs))

    def _own(self, estimator: Any, prefix: str, data: Data, skip: frozenset[str]) -> bool:
        ranges = _ranges_of(estimator)
        given, otherwise = _given_by_one_name(estimator), all_given_otherwise(estimator)
        found = False
        for each in ranges:
            if each.parameter in skip or not each.is_in(self.size) or not each.has_effect(given):
                continue
            if each.parameter in otherwise:  # it stays as it is
                continue
            node = each.node(data, given)
            if node is not None:
                self.nodes[f"{prefix}{each.parameter}"] = node
                found = True
        return found


def _ranges_of(estimator: Any) -> Any:
    """The ranges of the nearest class that has some, for the parameters that the estimator has as well."""
    ranges = next((RANGES[name] for name in class_names(estimator) if name in RANGES), ())
    if not hasattr(type(estimator), "_get_param_names"):  # CatBoost's parameters are only those that were given
        return ranges
    names = _given(estimator)
    return tuple(each for each in ranges if each.parameter in names)


class _Given(dict[str, Any]):
    """The parameters of an estimator; None for one that a subclass, or a class of the same name, does not have."""

    def __missing__(self, name: str) -> None:
        return None


def _given(estimator: Any) -> Mapping[str, Any]:
    return estimator.get_params(deep=False) if hasattr(estimator, "get_params") else {}


def _given_by_one_name(estimator: Any) -> _Given:
    return _Given({**_given(estimator), **all_given_otherwise(estimator)})


def _members(estimator: Any) -> Iterator[tuple[str, Any]]:
    """The estimators inside of `estimator`, by the name under which ``set_params`` reaches them."""
    lists = [getattr(estimator, name, None) for name in ("steps", "transformers", "transformer_list", "estimators")]
    for members in lists:
        for member in members if isinstance(members, list) else ():
            if isinstance(member, tuple) and len(member) > 1 and _is_estimator(member[1]):
                yield member[0], member[1]
    if _is_search(estimator):
        return
    for name, value in _given(estimator).items():
        if name in INNER and _is_estimator(value):
            yield name, value


def _is_estimator(value: Any) -> bool:
    return hasattr(value, "get_params") and not isinstance(value, type)


def _is_search(estimator: Any) -> bool:
    return hasattr(estimator, "refit") and hasattr(estimator, "cv")


def _why_nothing(estimator: Any, kind: str, size: str) -> str:
    if _is_search(estimator):
        return f"{kind} searches its own parameters"
    if kind in NOTHING_TO_TUNE:
        return f"{kind} has no parameter worth a search"
    ranges, given = _ranges_of(estimator), _given_by_one_name(estimator)
    if ranges and not any(each.has_effect(given) for each in ranges):
        return f"{kind} has a range with other parameters"
    if ranges:
        if size != SIZES[-1]:
            return f"{kind} has a range with size='large', or where its number of columns is known"
        return f"{kind} has a range where its number of columns is known, or with other parameters"
    return f"no range is known for {kind}"


def _data_of(X: Any) -> Data:
    """Half of the rows of X: no usual cross-validation trains on fewer."""
    if X is None:
        return Data()
    shape = getattr(X, "shape", None)
    n_rows = shape[0] if shape else len(X)
    return Data(int(n_rows) // 2, int(shape[1]) if shape and len(shape) == 2 else None, issparse(X))


def _is_sparse_after(estimator: Any, kind: str, data: Data, outputs: Iterable[Data]) -> bool:
    """Whether the output may be sparse: that of several transformers is where one of theirs is."""
    given = _given(estimator)
    if given.get("sparse_threshold") == 0:
        return False
    is_made_sparse = kind in MAKES_SPARSE or given.get("sparse_output") or given.get("encode") == "onehot"
    has_sparse_part = hasattr(estimator, "transform") and any(output.is_sparse for output in outputs)
    return bool(is_made_sparse) or has_sparse_part or (data.is_sparse and kind not in MAKES_DENSE)


def _double_quoted(text: str) -> str:
    return text if '"' in text else text.replace("'", '"')
