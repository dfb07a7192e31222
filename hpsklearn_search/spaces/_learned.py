"""Settings of estimators that were best on other data: the table of learned first points, read when it is needed.

>>> from sklearn.svm import SVC
>>> settings = learned_settings(SVC(), n_features=10)
>>> sorted(settings[0])
['C', 'class_weight', 'gamma', 'kernel']
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

FILE = "learned.json"


def learned_settings(estimator: Any, n_features: int | None) -> list[dict[str, Any]]:
    """The settings known for the class of `estimator`, best first; none where its class is not known."""
    table = _table()
    names = [kind.__name__ for kind in type(estimator).__mro__]
    name = next((name for name in names if name in table["settings"]), None)
    if name is None:
        return []
    relative = table["per_feature"].get(name, ())
    return [_absolute(settings, relative, n_features) for settings in table["settings"][name]]


def _absolute(settings: Mapping[str, Any], relative: list[str], n_features: int | None) -> dict[str, Any]:
    """The settings in the estimator's units; what depends on the number of columns is left out if that is unknown."""
    found: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in settings.items()}
    for name in set(relative) & set(found):
        value = found.pop(name)
        if n_features:
            found[name] = value / n_features
    return found


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(files(__package__).joinpath(FILE).read_text(encoding="utf-8"))
    return table
