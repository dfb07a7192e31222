"""Points that a user wrote, parsed as points of a space.

>>> from hpsklearn_search import hp
>>> space = Space({"k": hp.choice("kernel", ["rbf", "poly"]), "C": hp.uniform("C", 0, 1)})
>>> parse_point(space, {"kernel": "poly", "C": 0.5}), parse_point(space, {"kernel": [1], "C": [0.5]})
({'kernel': 1, 'C': 0.5}, {'kernel': 1, 'C': 0.5})
"""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..exceptions import InvalidTrial
from ._nodes import Choice, Constant
from ._space import Point, Space


def parse_point(space: Space, point: Mapping[str, Any], *, within: bool = True) -> Point:
    """`point` as a point of `space`: the active labels with raw values; `within` as in `Space.check`."""
    if not isinstance(point, Mapping):
        raise InvalidTrial(f"a point is a dict such as {{label: value}}, got {point!r}")
    return space.check(parse_values(space, point), within=within)


def parse_values(space: Space, point: Mapping[str, Any]) -> Point:
    """`point` with Python scalars, and with the index of an option in place of the option."""
    values = {}
    for label, value in point.items():
        node = space.dimensions[space.index[label]].node if label in space.index else None
        is_option = isinstance(node, Choice) and _place(node, value) is not None  # an option may be a list
        if isinstance(value, list) and len(value) <= 1 and not is_option:  # as in hyperopt's misc["vals"]
            if not value:
                continue
            (value,) = value
        values[label] = _index(node, value) if isinstance(node, Choice) else _plain(value)
    return values


def _index(node: Choice, value: Any) -> int:
    n = len(node.options)
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if is_number and isinstance(value, int | np.integer) and 0 <= value < n:
        return int(value)
    place = _place(node, value)
    if place is not None:
        return place
    if is_number and float(value).is_integer() and 0 <= value < n:
        return int(value)
    raise InvalidTrial(
        f"label {node.label!r}: {value!r} is neither an index from 0 to {n - 1} nor one of the options of {node!r}"
    )


def _place(node: Choice, value: Any) -> int | None:
    """The index of `value` among the options, if it is one."""
    options = [option.value if isinstance(option, Constant) else option for option in node.options]
    return next((i for i, option in enumerate(options) if _is_same(option, value)), None)


def _is_same(option: Any, value: Any) -> bool:
    if option is value:
        return True
    if isinstance(option, bool) is not isinstance(value, bool):
        return False  # Python says True == 1
    try:
        return bool(option == value)
    except Exception:  # arrays and others cannot be compared
        return False


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
