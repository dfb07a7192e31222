"""Parameters that are secrets by a label, or by a key above it: their own names do not say so.

>>> from sklearn.svm import SVC
>>> from hpsklearn_search import hp
>>> from ._parameters import ParameterSpace
>>> parameters = ParameterSpace({"kernel": hp.choice("password", ["rbf", "poly"]), "C": [1, 2]}, SVC())
>>> public_params(parameters, {"kernel": "poly", "C": 1})
{'kernel': (hidden), 'C': 1}
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from .._secret_names import is_secret_name
from .._texts import hidden, is_secret
from ..space import Choice, IsBranch, Parameter, Point, children

if TYPE_CHECKING:
    from ._parameters import ParameterSpace


class Hidden:
    """Stands for a value that is not shown."""

    def __repr__(self) -> str:
        return "(hidden)"


HIDDEN = Hidden()


def secret_parameters(parameters: ParameterSpace) -> frozenset[str]:
    """The names of the parameters that only labels, or keys above them, call secrets."""
    if not parameters.space.secrets:  # the usual case costs no walk
        return frozenset()
    names = _secret_names(None, parameters.space.root, False, parameters.is_branch, set())
    return frozenset(name for name in names if not is_secret_name(name))


def _secret_names(
    key: str | None, node: Any, is_hidden: bool, is_branch: IsBranch, visited: set[tuple[str | None, int, bool]]
) -> Iterator[str]:
    """The parameters below a key, or in a whole space, whose values are secrets."""
    if (key, id(node), is_hidden) in visited:  # shared parts would make the walk exponential
        return
    visited.add((key, id(node), is_hidden))
    if isinstance(node, dict) and (key is None or is_branch(key, node)):
        for name, value in node.items():
            yield from _secret_names(name, value, is_hidden or is_secret_name(name), is_branch, visited)
        return
    is_hidden |= isinstance(node, Parameter | Choice) and is_secret_name(node.label)
    if is_hidden and key is not None:
        yield key
    for child in children(node):
        yield from _secret_names(key, child, is_hidden, is_branch, visited)


def public_params(
    parameters: ParameterSpace, params: Mapping[str, Any], hide: Callable[[str], Any] = lambda text: HIDDEN
) -> dict[str, Any]:
    """The parameters of a candidate, without the values that only a label calls a secret."""
    names = secret_parameters(parameters)
    return {name: _public(name in names, value, hide) for name, value in params.items()}


def public_results(parameters: ParameterSpace, results: Mapping[str, Any], *, as_hashes: bool) -> Mapping[str, Any]:
    """``cv_results_`` with a hash, or the text "(hidden 1)", in place of each distinct value of such a secret."""
    names = secret_parameters(parameters)
    if not names:
        return results
    numbers = count(1)
    hide = cache(hidden if as_hashes else lambda text: f"(hidden {next(numbers)})")
    params = [{name: _public(name in names, value, hide) for name, value in row.items()} for row in results["params"]]
    columns = {f"param_{name}": _column(params, name) for name in names if f"param_{name}" in results}
    return {**results, **columns, "params": params}


def _column(params: Sequence[Mapping[str, Any]], name: str) -> Any:
    """A column of the table, masked where the parameter is not set."""
    cells = np.array([*(row.get(name) for row in params), None], dtype=object)[:-1]  # a list would make it 2d
    return np.ma.MaskedArray(cells, [name not in row for row in params])


def shown_params(parameters: ParameterSpace, point: Point) -> dict[str, Any]:
    """The parameters of a candidate for a message."""
    return public_params(parameters, parameters.params(point))


def logged_params(parameters: ParameterSpace, point: Point) -> dict[str, Any]:
    """The parameters of a candidate for a log, with hashes in place of such secrets."""
    return public_params(parameters, parameters.params(point), hidden)


def _public(is_hidden: bool, value: Any, hide: Callable[[str], Any]) -> Any:
    return hide(str(value)) if is_hidden and is_secret("secret", value) else value
