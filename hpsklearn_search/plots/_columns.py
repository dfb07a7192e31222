"""One parameter over all candidates, as numbers that can be drawn.

>>> column("kernel", ["rbf", "poly", "rbf"]).positions.tolist()
[1.0, 0.0, 1.0]
>>> column("degree", np.ma.array([3, 0, 5], mask=[False, True, False], dtype=object)).positions.tolist()
[3.0, nan, 5.0]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._typing import BoolArray, FloatArray
from ..space import brief

LOG_FROM, LOW_MEDIAN = 99.0, 0.2
"""Positive numbers that span this factor, half of them in this lowest part of their range, are taken for
logarithmic where the space does not say."""
MOST_MIXED = 12
"""So many different values, numbers among them, stand as categories of their own."""


@dataclass(frozen=True)
class Column:
    """A parameter of n candidates.

    Attributes
    ----------
    name : str
        The name of the parameter.
    positions : ndarray of shape (n,)
        Its value, or the index of its category; NaN where it is not set.
    categories : tuple of str
        Texts of the categories; empty for a number.
    is_log : bool
        Whether a number has a logarithmic scale.
    """

    name: str
    positions: FloatArray
    categories: tuple[str, ...] = ()
    is_log: bool = False

    @property
    def is_categorical(self) -> bool:
        """Whether positions are indices of categories."""
        return bool(self.categories)

    @property
    def is_set(self) -> BoolArray:
        """Which candidates have the parameter, shape (n,)."""
        return ~np.isnan(self.positions)

    @property
    def n_distinct(self) -> int:
        """How many different values there are; not being set counts as one."""
        known = self.positions[self.is_set]
        return len(np.unique(known)) + (len(known) < len(self.positions))

    @property
    def limits(self) -> tuple[float, float]:
        """The smallest and largest position; of categories, half a step beyond."""
        if self.is_categorical:
            return -0.5, len(self.categories) - 0.5
        known = self.positions[self.is_set]
        return (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)

    def unit(self, positions: FloatArray | None = None) -> FloatArray:
        """Positions on [0, 1] between the limits, in the logarithm where the scale is one."""
        x = self.positions if positions is None else positions
        low, high = self.limits
        if self.is_log:
            x, low, high = np.log(x), float(np.log(low)), float(np.log(high))
        return (x - low) / (high - low) if high > low else np.where(np.isnan(x), np.nan, 0.5)


def column(name: str, values: Any, log: bool | None = None) -> Column:
    """The column of a parameter.

    Parameters
    ----------
    name : str
        The name of the parameter.
    values : array-like of shape (n,)
        Masked where the parameter is not set, as in ``cv_results_``; NaN in an object array means the same.
    log : bool, default=None
        Whether the scale is logarithmic; None to guess.
    """
    data, mask = _with_mask(values)
    is_set = ~mask
    known: list[Any] = [value for value, there in zip(data, is_set, strict=True) if there]
    positions = np.full(len(data), np.nan)
    if known and all(map(_is_number, known)):
        positions[is_set] = [float(value) for value in known]
        return Column(name, positions, is_log=_is_log(positions[is_set], log))
    texts = _texts(known)
    categories = tuple(sorted(set(texts), key=_order(known, texts)))
    positions[is_set] = [float(categories.index(text)) for text in texts]
    return Column(name, positions, categories or ("(not set)",))


def _with_mask(values: Any) -> tuple[list[Any], BoolArray]:
    array = values if isinstance(values, np.ma.MaskedArray) else np.ma.array(list(values), dtype=object)
    mask = np.ma.getmaskarray(array) | np.array([isinstance(v, float) and np.isnan(v) for v in array.data.tolist()])
    return array.data.tolist(), mask


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool | np.bool_)


def _is_log(known: FloatArray, log: bool | None) -> bool:
    low, high = (known.min(), known.max()) if len(known) else (0.0, 0.0)
    if low <= 0 or log is not None:
        return bool(log and low > 0)
    return bool(high / low >= LOG_FROM and np.median(known) - low < LOW_MEDIAN * (high - low))


def _texts(values: Sequence[Any]) -> list[str]:
    """A text for each value: of estimators the class alone where that tells them apart."""
    whole = [value if isinstance(value, str) else brief(value) for value in values]
    if len(set(whole)) > MOST_MIXED and any(map(_is_number, values)):
        return ["a number" if _is_number(value) else text for value, text in zip(values, whole, strict=True)]
    short = [type(v).__name__ if hasattr(v, "get_params") else text for v, text in zip(values, whole, strict=True)]
    return short if len(set(short)) == len(set(whole)) else whole


def _order(values: Sequence[Any], texts: Sequence[str]) -> Any:
    """Numbers by size, then everything else by its text."""
    numbers = {text: float(value) for value, text in zip(values, texts, strict=True) if _is_number(value)}
    return lambda text: (text not in numbers, numbers.get(text, 0.0), text.lower())


def shortened(text: str, most: int = 24) -> str:
    """A text of at most `most` characters, cut in the middle.

    Examples
    --------
    >>> shortened("a_very_long_name_of_some_category", 15)
    'a_very_…ategory'
    """
    if len(text) <= most:
        return text
    head = (most - 1) // 2
    return f"{text[:head]}…{text[head + 1 - most :]}"
