"""The first points that no algorithm suggests: the estimator's own values, and settings learned on other data.

>>> from sklearn.svm import SVC
>>> from hpsklearn_search import hp
>>> parameters = ParameterSpace({"C": hp.logrange(0.1, 100), "kernel": ["rbf", "linear"]}, SVC())
>>> own_point(parameters, SVC())
('own values', {'C': 1.0, 'kernel': 0})
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from sklearn.base import OneToOneFeatureMixin

from .._classes import class_names
from ..space import Choice, Parameter, Point, SpaceTable, fixed_value
from ..space._distributions import is_finite
from ..spaces._learned import COLUMNS, DEVIATION, Units, learned_in_words, learned_settings
from ..spaces._meanings import UNLIMITED, Features, Meaning, is_count, is_share_or_count, number_meant
from ..trials import LEARNED, NEAR_OWN_VALUES, OWN_VALUES
from ._describe import Setting, settings
from ._nearest_point import is_numeric, nearest_point
from ._parameters import ParameterSpace
from ._points import is_same
from ._set_params import is_estimator

NOTHING_KNOWN = Features()
HIGH = 0.999  # this quantile stands for "no limit" where a distribution has no upper end
PASSES_X_ON = {"TransformedTargetRegressor", "CalibratedClassifierCV", "EarlyStopping"}


def own_point(
    parameters: ParameterSpace, estimator: Any, features: Features = NOTHING_KNOWN
) -> tuple[str, Point] | None:
    """The point with the values that the estimator was given, or the nearest one, with its origin; None if it is far.

    A value is near if it is an estimate, or a number outside of its range. Then some numbers must be kept exactly, and
    no more may be outside than are kept.
    """
    own = estimator.get_params(deep=True) if is_estimator(estimator) else {}
    meanings = _meanings(parameters, estimator, own, features)
    numbers = {**own, **{name: meaning.number for name, meaning in meanings.items()}}
    point = nearest_point(parameters, numbers, {})
    if _of_other_kind(parameters, estimator, point, numbers):
        return None
    estimates = {name for name, meaning in meanings.items() if not meaning.is_exact}
    n = Counter(_fate(name, value, own, numbers, estimates) for name, value in parameters.params(point).items())
    if n["lost"] or n["moved"] > n["kept"] or (n["estimated"] and not n["kept"]):
        return None
    return (NEAR_OWN_VALUES if n["moved"] or n["estimated"] else OWN_VALUES), point


def _fate(name: str, value: Any, own: Mapping[str, Any], numbers: Mapping[str, Any], estimates: Set[str]) -> str:
    """What has become of an own value at a point where the parameter is `value`."""
    if name in own and is_same(value, own[name]):
        return "kept" if is_finite(value) else "the same option"
    if not (is_finite(value) and is_finite(numbers.get(name))):
        return "lost"
    if not is_same(value, numbers[name]):
        return "moved"
    return "estimated" if name in estimates else "kept"


def _meanings(
    parameters: ParameterSpace, estimator: Any, own: Mapping[str, Any], features: Features
) -> dict[str, Meaning]:
    """The numbers of the own values that are none, such as ``max_features="sqrt"``, where the space has numbers."""
    found = {}
    for setting in settings(parameters):
        name = setting.parameter
        if name is not None and is_numeric(setting.node) and not setting.owners:
            path, short, owner, _ = _owner(setting, estimator)
            value = own.get(name)  # CatBoost has no parameter that was not given
            meaning = number_meant(
                owner, short, value, features, is_share=_largest(setting.node) <= 1, is_scaled=bool(path),
                sees_all_columns=_sees_all_columns(estimator, path),
            )  # fmt: skip
            if meaning is not None:
                found[name] = _without_excess(meaning, setting.node)
    return found


def _without_excess(meaning: Meaning, node: Any) -> Meaning:
    """A high quantile in place of the number that stands for "no limit", if the distribution has no upper end."""
    if meaning.number == UNLIMITED and isinstance(node, Parameter) and node.distribution.contains(UNLIMITED):
        return Meaning(node.distribution.from_unit(HIGH), is_exact=False)
    return meaning


def _sees_all_columns(whole: Any, path: str) -> bool:
    """Whether the estimator at `path` gets the columns of X, and no others."""
    around = whole
    for step in filter(None, path.split("__")):
        steps = dict(getattr(around, "steps", ()))
        before = list(steps.values())[: list(steps).index(step)] if step in steps else []
        if not all(each in (None, "passthrough") or isinstance(each, OneToOneFeatureMixin) for each in before):
            return False
        if step not in steps and PASSES_X_ON.isdisjoint(class_names(around)):
            return False
        around = steps[step] if step in steps else around.get_params(deep=False).get(step)
    return True


def _of_other_kind(parameters: ParameterSpace, estimator: Any, point: Point, numbers: Mapping[str, Any]) -> list[str]:
    """The parameters that are a count at `point` and a share in `numbers`, or the other way round."""
    found, params = [], parameters.params(point)
    for setting in settings(parameters):
        name = setting.parameter
        if name in params and is_finite(params[name]) and is_finite(numbers.get(name)):
            _, short, owner, _ = _owner(setting, estimator)
            if is_share_or_count(owner, short) and is_count(params[name]) is not is_count(numbers[name]):
                found.append(name)
    return found


def _largest(node: Parameter | Choice) -> float:
    if isinstance(node, Choice):
        return max(float(fixed_value(option)) for option in node.options)
    return float(getattr(node.distribution, "high", 1.0))


def units_of(features: Features, y: Any) -> dict[str, float]:
    """The units of learned values on this data, as far as they are known."""
    found, target = {COLUMNS: 1 / features.n} if features.n else {}, np.asarray(y)
    if target.dtype.kind in "fiu":
        found[DEVIATION] = float(np.std(target))
    return found


def learned_points(parameters: ParameterSpace, estimator: Any, units: Units) -> list[Point]:
    """Points at settings that were best on other data, best first; one a family in a choice of families."""
    own = estimator.get_params(deep=True) if is_estimator(estimator) else {}
    always: list[_Known] = []
    families: list[_Known] = []
    for part in _parts(parameters, estimator):
        known = learned_settings(part.estimator, part.units(units))
        if known and part.is_mostly_in(known[0]):
            (families if part.branch else always).append((part, known))
    if families:
        aims = [_merged(0, [*always, family]) for family in families]
    else:
        n_known = max((len(known) for _, known in always), default=0)
        aims = [_merged(rank, always) for rank in range(n_known)]
    return [_near(parameters, estimator, aim, own) for aim in aims]


def _near(parameters: ParameterSpace, estimator: Any, aim: Mapping[str, Any], own: Mapping[str, Any]) -> Point:
    point = nearest_point(parameters, aim, own)
    others = _of_other_kind(parameters, estimator, point, aim)
    return nearest_point(parameters, {k: v for k, v in aim.items() if k not in others}, own) if others else point


def known_points(parameters: ParameterSpace, estimator: Any, X: Any, y: Any) -> Iterator[tuple[str, Point]]:
    """The points with their origin: the estimator's own values, then the learned points."""
    features = Features.of(X)
    own = own_point(parameters, estimator, features)
    if own is not None:
        yield own
    for point in learned_points(parameters, estimator, units_of(features, y)):
        yield LEARNED, point


def with_learned(table: SpaceTable, parameters: ParameterSpace, estimator: Any) -> SpaceTable:
    """The table of a space with a column of the best learned setting, if there is any."""
    every = {COLUMNS: 1.0, DEVIATION: 1.0}
    if not learned_points(parameters, estimator, every):
        return table
    found: dict[str, str] = {}
    for part in _parts(parameters, estimator):
        for label, name in part.names.items():
            found[label] = learned_in_words(part.estimator, name, part.units(every)) or found.get(label, "")
    labels = (dimension.label for dimension in parameters.space.dimensions)
    rows = ((*row, found.get(label, "")) for row, label in zip(table.rows, labels, strict=True))
    return SpaceTable((*table.columns, "learned"), tuple(rows))


# ---------------------------------------------------------------------- the estimators whose parameters are searched
@dataclass
class _Part:
    """An estimator inside of the searched one, and which of its parameters the space has."""

    path: str
    estimator: Any
    branch: Mapping[str, Any]  # the parameters that put it there: empty if it is always there
    has_other_target: bool  # whether an estimator around it transforms y
    numeric: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)  # of all its parameters, by their labels

    @classmethod
    def of(cls, whole: Any, path: str, estimator: Any, branch: Mapping[str, Any]) -> _Part:
        """The part at `path` of the whole estimator."""
        around, place = whole, ""
        for step in filter(None, path.split("__")):
            if "TransformedTargetRegressor" in class_names(around):
                return cls(path, estimator, branch, True)
            place = f"{place}__{step}" if place else step
            around = branch[place] if place in branch else around.get_params(deep=True).get(step)
        return cls(path, estimator, branch, False)

    def units(self, units: Units) -> Units:
        """Those that hold for this part."""
        return {unit: size for unit, size in units.items() if not (self.has_other_target and unit == DEVIATION)}

    def is_mostly_in(self, known: Mapping[str, Any]) -> bool:
        """Whether `known` says something about at least half of the numeric parameters."""
        return bool(self.numeric) and 2 * len(self.numeric & known.keys()) >= len(self.numeric)


# A part, and the settings that are known for its class.
_Known: TypeAlias = "tuple[_Part, list[dict[str, Any]]]"


def _parts(parameters: ParameterSpace, estimator: Any) -> Iterator[_Part]:
    parts: dict[tuple[str, int], _Part] = {}
    for setting in settings(parameters):
        if setting.parameter is not None:
            path, name, owner, branch = _owner(setting, estimator)
            part = parts.setdefault((path, id(owner)), _Part.of(estimator, path, owner, branch))
            part.names[setting.label] = name
            if is_numeric(setting.node):
                part.numeric.add(name)
    yield from parts.values()


def _owner(setting: Setting, estimator: Any) -> tuple[str, str, Any, Mapping[str, Any]]:
    """The estimator that has the parameter: its path, the name there, itself, and what a branch sets to get it."""
    path, name = "", str(setting.parameter)
    above = [owner for owner in setting.owners if name.startswith(f"{owner}__")]
    branch = {owner: setting.owners[owner] for owner in above}
    if above:
        path = max(above, key=len)
        estimator, name = setting.owners[path], name[len(path) + 2 :]
    while "__" in name and is_estimator(estimator):
        step, _, rest = name.partition("__")
        inner = estimator.get_params(deep=True).get(step)
        if not is_estimator(inner):
            break
        path, name, estimator = (f"{path}__{step}" if path else step), rest, inner
    return path, name, estimator, branch


def _merged(rank: int, parts: Sequence[_Known]) -> dict[str, Any]:
    """The settings of that rank of all parts, under the names of the whole estimator."""
    values: dict[str, Any] = {}
    for part, known in parts:
        values |= part.branch
        prefix = f"{part.path}__" if part.path else ""
        values |= {f"{prefix}{name}": value for name, value in known[min(rank, len(known) - 1)].items()}
    return values
