"""Settings of estimators that were best on other data: the table of learned first points, read when it is needed.

>>> from sklearn.svm import SVC
>>> settings = learned_settings(SVC(), {"1 / columns": 0.1})
>>> sorted(settings[0])
['C', 'class_weight', 'gamma', 'kernel']
>>> learned_in_words(SVC(), "kernel", {})
"'rbf'"
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

from ..space import brief
from ._meanings import OF_TREES

FILE = "learned.json"
LIBRARIES = frozenset({"sklearn", "lightgbm", "xgboost", "catboost"})

# The units of values that depend on the data, and what they are on some data.
COLUMNS, DEVIATION = "1 / columns", "deviation of y"
Units: TypeAlias = Mapping[str, float]


def learned_settings(estimator: Any, units: Units) -> list[dict[str, Any]]:
    """The settings known for the class of `estimator`, best first; none where its class is not known."""
    table, name = _table(), _known_class(estimator)
    return [_absolute(setting, table["units"].get(name, {}), units) for setting in table["settings"].get(name, ())]


def learned_in_words(estimator: Any, parameter: str, units: Units) -> str:
    """The value of a parameter in the best of these settings; empty where nothing is known, or not its unit."""
    table, name = _table(), _known_class(estimator)
    best = table["settings"].get(name, [{}])[0]
    unit = table["units"].get(name, {}).get(parameter)
    if parameter not in best or (unit is not None and unit not in units):
        return ""
    words = {COLUMNS: " / columns", DEVIATION: f" * {DEVIATION}"}
    return brief(best[parameter]) + words.get(unit, "")


def _known_class(estimator: Any) -> str:
    """The name of the class of `estimator`, or of the nearest base that is of a library, if the table has it."""
    if getattr(estimator, "booster", None) not in OF_TREES:
        return ""
    for kind in type(estimator).__mro__:
        # A class of a library that inherits from a known one is another model: ExtraTreeClassifier, XGBRFClassifier.
        if kind.__module__.partition(".")[0] in LIBRARIES and hasattr(kind, "get_params"):
            return kind.__name__ if kind.__name__ in _table()["settings"] else ""
    return ""


def _absolute(setting: Mapping[str, Any], unit_of: Mapping[str, str], units: Units) -> dict[str, Any]:
    """The setting in the estimator's units; what has a unit that is not known is left out."""
    found: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in setting.items()}
    for name in unit_of.keys() & found.keys():
        value, unit = found.pop(name), units.get(unit_of[name])
        if unit is not None:
            found[name] = value * unit
    return found


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(files(__package__).joinpath(FILE).read_text(encoding="utf-8"))
    return table
