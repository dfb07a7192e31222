"""Settings of estimators that were best on other data: the table of learned first points, read when it is needed.

>>> from sklearn.svm import SVC
>>> sorted(learned_setting(SVC(), n_features=10))
['C', 'class_weight', 'gamma', 'kernel']
>>> learned_in_words(SVC(), "kernel")
"'rbf'"
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from ..space import brief

FILE = "learned.json"


def learned_setting(estimator: Any, n_features: int | None) -> dict[str, Any]:
    """The setting known for the class of `estimator`; empty where its class is not known."""
    table, name = _table(), _known_class(estimator)
    return _absolute(table["settings"].get(name, {}), table["per_feature"].get(name, ()), n_features)


def learned_in_words(estimator: Any, parameter: str) -> str:
    """The value of a parameter in this setting; empty where nothing is known."""
    table, name = _table(), _known_class(estimator)
    known = table["settings"].get(name, {})
    if parameter not in known:
        return ""
    return brief(known[parameter]) + (" / columns" if parameter in table["per_feature"].get(name, ()) else "")


def _known_class(estimator: Any) -> str:
    """The name of the class of `estimator`, or of its nearest base, that the table has."""
    settings = _table()["settings"]
    return next((kind.__name__ for kind in type(estimator).__mro__ if kind.__name__ in settings), "")


def _absolute(setting: Mapping[str, Any], relative: Sequence[str], n_features: int | None) -> dict[str, Any]:
    """The setting in the estimator's units; what depends on the number of columns is left out if that is unknown."""
    found: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in setting.items()}
    for name in set(relative) & set(found):
        value = found.pop(name)
        if n_features:
            found[name] = value / n_features
    return found


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(files(__package__).joinpath(FILE).read_text(encoding="utf-8"))
    return table
