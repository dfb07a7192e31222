"""Settings of estimators that were best on other data: the table of learned first points, read when it is needed.

>>> from sklearn.svm import SVC
>>> settings = learned_settings(SVC(), {"1 / columns": 0.1})
>>> sorted(settings[0])
['C', 'class_weight', 'gamma', 'kernel']
>>> learned_in_words(SVC(), "kernel")
"'rbf'"
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

from ..space import brief

FILE = "learned.json"

# The units of values that depend on the data, and what they are on some data.
COLUMNS, DEVIATION = "1 / columns", "deviation of y"
Units: TypeAlias = Mapping[str, float]


def learned_settings(estimator: Any, units: Units) -> list[dict[str, Any]]:
    """The settings known for the class of `estimator`, best first; none where its class is not known."""
    table, name = _table(), _known_class(estimator)
    return [_absolute(setting, table["units"].get(name, {}), units) for setting in table["settings"].get(name, ())]


def learned_in_words(estimator: Any, parameter: str) -> str:
    """The value of a parameter in the best of these settings; empty where nothing is known."""
    table, name = _table(), _known_class(estimator)
    best = table["settings"].get(name, [{}])[0]
    if parameter not in best:
        return ""
    words = {COLUMNS: " / columns", DEVIATION: f" * {DEVIATION}"}
    return brief(best[parameter]) + words.get(table["units"].get(name, {}).get(parameter), "")


def _known_class(estimator: Any) -> str:
    """The name of the class of `estimator`, or of its nearest base, that the table has."""
    settings = _table()["settings"]
    return next((kind.__name__ for kind in type(estimator).__mro__ if kind.__name__ in settings), "")


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
