"""The space of a search read back beside its estimator: which parameter a label sets, and its default.

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

from ..space import Choice, Parameter, SpaceTable, brief, children, fixed_value
from ._parameters import ParameterSpace


@dataclass(frozen=True)
class Setting:
    """Where a label acts.

    Attributes
    ----------
    label : str
        The label.
    parameter : str or None
        The parameter that it sets, alone or with others; None for a choice between branches only.
    owners : mapping
        ``{parameter name: estimator}`` that the same branch puts in place.
    node : Parameter or Choice
        The labelled node.
    is_direct : bool
        Whether its value, or option, is that of the parameter, with nothing computed between.
    """

    label: str
    parameter: str | None
    owners: Mapping[str, Any]
    node: Parameter | Choice
    is_direct: bool


def settings(parameters: ParameterSpace) -> Iterator[Setting]:
    """Every place where a label acts, in the order of the tree."""
    yield from _below(None, parameters.space.root, {}, parameters, True)


def _below(
    key: str | None, node: Any, owners: Mapping[str, Any], of: ParameterSpace, direct: bool
) -> Iterator[Setting]:
    """The settings in what stands under a parameter, or at the top of a space."""
    if isinstance(node, dict) and (key is None or of.is_branch(key, node)):
        here = {**owners, **_estimators(node)}
        for name, value in node.items():
            yield from _below(name, value, here, of, True)
        return
    if isinstance(node, Parameter | Choice):
        yield Setting(node.label, _set_by(key, node, of), owners, node, direct)
    is_computed = not isinstance(node, Choice)
    for child in children(node):
        yield from _below(key, child, owners, of, direct and not is_computed)


def _set_by(key: str | None, node: Parameter | Choice, of: ParameterSpace) -> str | None:
    """`key`, unless all that stands under it is a set of other parameters."""
    if key is None or isinstance(node, Parameter):
        return key
    branches = [isinstance(option, dict) and of.is_branch(key, option) for option in node.options]
    return None if all(b and key not in o for b, o in zip(branches, node.options, strict=True)) else key


def _estimators(branch: Mapping[str, Any]) -> dict[str, Any]:
    fixed = {key: fixed_value(value) for key, value in branch.items()}
    return {k: v for k, v in fixed.items() if hasattr(v, "get_params") and not isinstance(v, type)}


def space_table(parameters: ParameterSpace, estimator: Any) -> SpaceTable:
    """Every label in words, with the parameter that it sets where that has another name, and its default.

    Parameters
    ----------
    parameters : ParameterSpace
        The parsed space.
    estimator : estimator
        Whose parameters they are.
    """
    plain = parameters.space.table()
    found: dict[str, list[Setting]] = {}
    for setting in settings(parameters):
        found.setdefault(setting.label, []).append(setting)
    names, defaults = {}, {}
    for label, places in found.items():
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
    """What the parameter is if nobody sets it: in the estimator of its own branch, if that brings one."""
    name = str(place.parameter)
    above = [owner for owner in place.owners if name.startswith(f"{owner}__")]
    if above:
        nearest = max(above, key=len)
        estimator, name = place.owners[nearest], name[len(nearest) + 2 :]
    values = estimator.get_params(deep=True) if hasattr(estimator, "get_params") else {}
    return brief(values[name]) if name in values else ""
