"""The space of a search in the names of the estimator's parameters.

>>> from sklearn.svm import SVC
>>> from hpsklearn_search import hp
>>> from ._parameters import ParameterSpace
>>> kernels = [{"kernel": "poly", "C": hp.logrange("poly_C", 0.1, 10)}, {"kernel": "rbf", "C": hp.logrange(1, 100)}]
>>> parameters = ParameterSpace({"kernel": hp.choice(kernels), "tol": hp.logrange("t", 1e-5, 1e-2)}, SVC())
>>> parameter_names(parameters)
{'kernel': 'kernel', 'poly_C': 'C (poly_C)', 'kernel.1.C': 'C (kernel.1.C)', 't': 'tol'}
>>> space_table(parameters, SVC())
parameter       values                                   active when                  default
kernel          {kernel='poly', C}, {kernel='rbf', C}    always                       'rbf'
C (poly_C)      real in [0.1, 10], log                   kernel is {kernel='poly', C}  1
C (kernel.1.C)  real in [1, 100], log                    kernel is {kernel='rbf', C}   1
tol             real in [1e-05, 0.01], log               always                       0.001
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .._texts import is_secret
from ..space import Apply, Choice, IsBranch, Parameter, SpaceTable, brief, children, fixed_value
from ._parameters import ParameterSpace
from ._set_params import is_estimator


@dataclass(frozen=True)
class Setting:
    """A place in the space where a label sets a parameter."""

    label: str
    parameter: str | None  # None for a choice between branches that set other parameters only
    owners: Mapping[str, Any]  # {parameter name: estimator} that the same branch sets
    node: Parameter | Choice
    is_direct: bool  # whether the parameter is the value itself, and not computed from it


def settings(parameters: ParameterSpace) -> Iterator[Setting]:
    """Every place where a label sets a parameter, in the order of the tree."""
    yield from _settings(None, parameters.space.root, {}, parameters.is_branch, True)


def sets_estimators(parameters: ParameterSpace) -> bool:
    """Whether a candidate may bring an estimator of its own."""

    def has_estimator(node: Any) -> bool:
        return is_estimator(fixed_value(node)) or any(map(has_estimator, children(node)))

    return has_estimator(parameters.space.root)


def _settings(
    key: str | None, node: Any, owners: Mapping[str, Any], is_branch: IsBranch, is_direct: bool
) -> Iterator[Setting]:
    """The settings in the value of the parameter `key`, or in a whole space."""
    if isinstance(node, dict) and (key is None or is_branch(key, node)):
        all_owners = {**owners, **_estimators(node)}
        for name, value in node.items():
            yield from _settings(name, value, all_owners, is_branch, True)
        return
    if isinstance(node, Parameter | Choice):
        yield Setting(node.label, _parameter_of(key, node, is_branch), owners, node, is_direct)
    is_computed = not isinstance(node, Choice)
    for child in _parts(node) if isinstance(node, Apply) else children(node):
        yield from _settings(key, child, owners, is_branch, is_direct and not is_computed)


def _parts(expression: Apply) -> list[Any]:
    """What an expression is computed from, once each: with shared parts it may have far more terms than parts."""
    parts: dict[int, Any] = {}
    remaining: list[Any] = [expression]
    while remaining:
        part = remaining.pop()
        if id(part) not in parts:
            parts[id(part)] = part
            remaining.extend(reversed(children(part)) if isinstance(part, Apply) else ())
    return [part for part in parts.values() if not isinstance(part, Apply)]


def _parameter_of(key: str | None, node: Parameter | Choice, is_branch: IsBranch) -> str | None:
    """`key`, or None where every option of the node sets other parameters only."""
    if key is None or isinstance(node, Parameter):
        return key
    sets_others = [isinstance(o, dict) and key not in o and is_branch(key, o) for o in node.options]
    return None if all(sets_others) else key


def _estimators(branch: Mapping[str, Any]) -> dict[str, Any]:
    constants = {key: fixed_value(value) for key, value in branch.items()}
    return {key: value for key, value in constants.items() if is_estimator(value)}


def parameter_names(parameters: ParameterSpace) -> dict[str, str]:
    """For each label the parameter that it sets; the label in brackets where several labels set that parameter."""
    set_by: dict[str, dict[str, None]] = {label: {} for label in parameters.space.labels}
    for setting in settings(parameters):
        if setting.parameter is not None:
            set_by[setting.label][setting.parameter] = None
    names = {label: ", ".join(names) or label for label, names in set_by.items()}
    counts = Counter(names.values())
    return {label: name if counts[name] == 1 or name == label else f"{name} ({label})" for label, name in names.items()}


def space_table(parameters: ParameterSpace, estimator: Any) -> SpaceTable:
    """Every parameter in words, with its default."""
    names = parameter_names(parameters)
    plain = parameters.space.table(names)
    defaults: dict[str, dict[str, None]] = {label: {} for label in names}
    computed = set()
    for setting in settings(parameters):
        if setting.parameter is not None:
            defaults[setting.label][_default(setting, estimator)] = None
        if not setting.is_direct:
            computed.add(setting.label)
    rows = (
        (names[label] + (" (computed)" if label in computed else ""), *words, ", ".join(defaults[label]))
        for label, *words in plain.rows
    )
    return SpaceTable(("parameter", *plain.columns[1:], "default"), tuple(rows))


def _default(place: Setting, estimator: Any) -> str:
    """The default of the parameter, in the estimator that its branch sets if it sets one."""
    name = str(place.parameter)
    above = [owner for owner in place.owners if name.startswith(f"{owner}__")]
    if above:
        nearest = max(above, key=len)
        estimator, name = place.owners[nearest], name[len(nearest) + 2 :]
    values = estimator.get_params(deep=True) if hasattr(estimator, "get_params") else {}
    if name not in values:
        return ""
    return "(hidden)" if is_secret(name, values[name]) else brief(values[name])
