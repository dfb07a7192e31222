"""The space of a search in words: which parameter of the estimator each label sets, and its default.

>>> from sklearn.svm import SVC
>>> from hpsklearn_search import hp
>>> from ._parameters import ParameterSpace
>>> space = {"C": hp.loguniform("C", -3, 3), "kernel": ["rbf", "linear"]}
>>> space_table(ParameterSpace(space, SVC()), SVC())
label   values                             active when  default
C       real in [0.0497871, 20.0855], log  always       1
kernel  'rbf', 'linear'                    always       'rbf'
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..space import Choice, IsBranch, Parameter, SpaceTable, brief, children, fixed_value
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
    for child in children(node):
        yield from _settings(key, child, owners, is_branch, is_direct and not is_computed)


def _parameter_of(key: str | None, node: Parameter | Choice, is_branch: IsBranch) -> str | None:
    """`key`, or None where every option of the node sets other parameters only."""
    if key is None or isinstance(node, Parameter):
        return key
    sets_others = [isinstance(o, dict) and key not in o and is_branch(key, o) for o in node.options]
    return None if all(sets_others) else key


def _estimators(branch: Mapping[str, Any]) -> dict[str, Any]:
    constants = {key: fixed_value(value) for key, value in branch.items()}
    return {key: value for key, value in constants.items() if is_estimator(value)}


def space_table(parameters: ParameterSpace, estimator: Any) -> SpaceTable:
    """Every label in words, with its default, and with the parameter that it sets where that has another name."""
    plain = parameters.space.table()
    settings_of: dict[str, list[Setting]] = {}
    for setting in settings(parameters):
        settings_of.setdefault(setting.label, []).append(setting)
    names, defaults = {}, {}
    for label, places in settings_of.items():
        named = [place for place in places if place.parameter is not None]
        names[label] = ", ".join(dict.fromkeys(map(_name, named))) or "(branches)"
        defaults[label] = ", ".join(dict.fromkeys(_default(place, estimator) for place in named))
    has_names = any(name != label for label, name in names.items())
    columns = ("label", *(["parameter"] if has_names else []), *plain.columns[1:], "default")
    rows = ((row[0], *([names[row[0]]] if has_names else []), *row[1:], defaults[row[0]]) for row in plain.rows)
    return SpaceTable(columns, tuple(rows))


def _name(place: Setting) -> str:
    return f"{place.parameter}{'' if place.is_direct else ' (computed)'}"


def _default(place: Setting, estimator: Any) -> str:
    """The default of the parameter, in the estimator that its branch sets if it sets one."""
    name = str(place.parameter)
    above = [owner for owner in place.owners if name.startswith(f"{owner}__")]
    if above:
        nearest = max(above, key=len)
        estimator, name = place.owners[nearest], name[len(nearest) + 2 :]
    values = estimator.get_params(deep=True) if hasattr(estimator, "get_params") else {}
    return brief(values[name]) if name in values else ""
