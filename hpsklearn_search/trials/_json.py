"""JSON that keeps every float: what is not finite becomes ``{"$float": "nan"}``.

>>> dumps({"score": float("nan")})
'{"score":{"$float":"nan"}}'
>>> loads(dumps([float("-inf"), 0.1]))
[-inf, 0.1]
>>> json_part({"loss": 1.0, "model": object()})
({'loss': 1.0}, ['model'])
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

DEEPEST = 100  # levels of lists and dicts; Python stops at a thousand calls, and a level may take several


def dumps(value: Any) -> str:
    """The compact JSON text of plain values and numpy scalars; a TypeError for anything else."""
    plain = _plain(value)
    text = json.dumps(plain, allow_nan=False, separators=(",", ":"))
    _check_depth(plain, text)
    return text


def loads(text: str) -> Any:
    """The value behind a text made by `dumps`; tuples come back as lists. ValueError for a text that it cannot make."""
    value = _DECODER.decode(text)
    _check_depth(value, text)
    return value


def _check_depth(value: Any, text: str) -> None:
    """Raise ValueError if lists and dicts are nested more than `DEEPEST` levels; `text` is the JSON of `value`."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    level, depth = [value], 0
    while level := [item for each in level for item in _items(each)]:
        depth += 1
        if depth > DEEPEST:
            raise ValueError(f"it is nested too deeply: more than {DEEPEST} levels")


def _items(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def json_part(values: Mapping[Any, Any]) -> tuple[dict[str, Any], list[str]]:
    """The entries that are JSON, and the names of those that are not."""
    plain: dict[str, Any] = {}
    dropped = []
    for key, value in values.items():
        try:
            dumps({key: value})
        except (TypeError, ValueError, RecursionError):  # a container may contain itself
            dropped.append(str(key))
        else:
            plain[key] = value
    return plain, dropped


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        # NaN and Infinity, as Python writes them, are not JSON: other programs could not read the file.
        return value if math.isfinite(value) else {"$float": repr(value)}
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("a key that is not a string")
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} is not JSON")


def _revived(value: dict[str, Any]) -> Any:
    is_float = value.keys() == {"$float"} and value["$float"] in ("nan", "inf", "-inf")
    return float(value["$float"]) if is_float else value  # else a dict of the user's that looks like it


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_hook=_revived, parse_constant=_refuse)  # one for all: to make it costs more
