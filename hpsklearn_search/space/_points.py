"""Points that somebody wrote down, read as points of a space.

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
    """The point of `space` that `point` means: active labels, raw values.

    Parameters
    ----------
    space : Space
        Where it must lie.
    point : mapping
        As for `parse_values`.
    within : bool, default=True
        Whether a number must be one that can be drawn; if not, any finite one will do.

    Raises
    ------
    InvalidTrial
        If a label is unknown, or active without a value, or a value does not fit.
    """
    if not isinstance(point, Mapping):
        raise InvalidTrial(f"a point is a dict such as {{label: value}}, got {point!r}")
    return space.check(parse_values(space, point), within=within)


def parse_values(space: Space, point: Mapping[str, Any]) -> Point:
    """`point` with Python scalars, and each choice as the index of its option.

    Parameters
    ----------
    space : Space
        Knows the options.
    point : mapping
        ``{label: value}``; of a choice the index, or an option (a whole number that is an index is one).
        Lists of no or one value, as in hyperopt's ``misc["vals"]``, are understood.

    Raises
    ------
    InvalidTrial
        If the value of a choice is neither an index nor an option.
    """
    found = {}
    for label, value in point.items():
        node = space.dimensions[space.index[label]].node if label in space.index else None
        is_option = isinstance(node, Choice) and _place(node, value) is not None  # an option may be a list
        if isinstance(value, list) and len(value) <= 1 and not is_option:
            if not value:
                continue
            (value,) = value
        found[label] = _index(node, value) if isinstance(node, Choice) else _plain(value)
    return found


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
    """Where `value` stands among the options."""
    options = [option.value if isinstance(option, Constant) else option for option in node.options]
    return next((i for i, option in enumerate(options) if _is_same(option, value)), None)


def _is_same(option: Any, value: Any) -> bool:
    if option is value:
        return True
    if isinstance(option, bool) is not isinstance(value, bool):
        return False  # True is not 1 here
    try:
        return bool(option == value)
    except Exception:  # arrays, and whatever else cannot be compared
        return False


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
