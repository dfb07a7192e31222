"""Points that a user wrote, parsed as points of a space.

>>> from hpsklearn_search import hp
>>> space = Space({"k": hp.choice("kernel", ["rbf", "poly"]), "C": hp.uniform("C", 0, 1)})
>>> parse_point(space, {"kernel": "poly", "C": 0.5}), parse_point(space, {"kernel": [1], "C": [0.5]})
({'kernel': 1, 'C': 0.5}, {'kernel': 1, 'C': 0.5})
"""

from __future__ import annotations

import numbers
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from .._texts import public_repr
from ..exceptions import InvalidTrial
from ._nodes import Choice, Constant
from ._space import Point, Space


def parse_point(space: Space, point: Mapping[str, Any], *, within: bool = True) -> Point:
    """`point` as a point of `space`: the active labels with raw values; `within` as in `Space.check`."""
    if not isinstance(point, Mapping):
        raise InvalidTrial(f"a point is a dict such as {{label: value}}, got {public_repr(point)}")
    # The best configuration of an earlier search, as space_eval returns it, has the constants of the space, too.
    others = {key: value for key, value in point.items() if key not in space.index}
    constants = space.constants() if others else {}
    values = {key: value for key, value in point.items() if key not in constants}
    parsed = space.check(parse_values(space, values), within=within)
    _check_constants(space, parsed, others)
    return parsed


def _check_constants(space: Space, point: Point, others: Mapping[str, Any]) -> None:
    """Raise InvalidTrial if one of `others` differs from the constant of that name at `point`."""
    constants = space.constants(point)
    for key, value in others.items():
        if key not in constants:
            continue  # of an option that is not taken, as the value of an inactive label
        given = [value, *value] if isinstance(value, list) and len(value) == 1 else [value]  # as in misc["vals"]
        if not any(_is_same(constant, item) for constant in constants[key] for item in given):
            raise InvalidTrial(
                f"point: {key!r} is {public_repr(value, key)}, but in the space it is the constant "
                f"{public_repr(constants[key][0], key)}; "
                f"leave {key!r} out of the point, or search it: {{{key!r}: hp.choice([...])}}"
            )


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
        values[label] = _index(node, value, space.secrets) if isinstance(node, Choice) else _plain(value)
    return values


def _index(node: Choice, value: Any, secrets: Collection[str]) -> int:
    n = len(node.options)
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    is_index = is_number and isinstance(value, int | np.integer) and 0 <= value < n
    # A whole number may be both: in hyperopt it is an index.
    place = None if is_index else _place(node, value)
    if place is not None:
        return place
    if is_index or (is_number and float(value).is_integer() and 0 <= value < n):
        return int(value)
    is_hidden = node.label in secrets
    shown, options = ["(hidden)"] * 2 if is_hidden else (public_repr(value, node.label), node)
    raise InvalidTrial(
        f"label {node.label!r}: {shown} is neither an index from 0 to {n - 1} nor one of the options of {options!s}"
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
    if isinstance(option, np.ndarray) and isinstance(value, np.ndarray):
        return np.array_equal(option, value)
    try:
        return bool(option == value) or bool(option != option and value != value)  # NaN, too
    except Exception:  # what cannot be compared is not the same
        return False


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
