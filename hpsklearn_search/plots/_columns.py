"""The values of one parameter in all candidates, as numbers that can be drawn.

>>> make_column("kernel", ["rbf", "poly", "rbf"]).positions.tolist()
[1.0, 0.0, 1.0]
>>> make_column("degree", np.ma.array([3, 0, 5], mask=[False, True, False], dtype=object)).positions.tolist()
[3.0, nan, 5.0]
>>> make_column("password", ["abc", "xyz", "abc"]).categories
('(hidden 1)', '(hidden 2)')
>>> make_column("pin_password", [48, 15]).categories
('(hidden 1)', '(hidden 2)')
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._secret_names import is_secret_name
from .._secrets_in_texts import without_secrets
from .._texts import encodable
from ..space import brief, fits_float
from ..space._typing import BoolArray, FloatArray

# Without a space, positive numbers that span this factor are taken as logarithmic if their median lies in this
# lowest part of the range.
LOG_FACTOR, LOG_MEDIAN = 99.0, 0.2
MAX_MIXED = 12  # categories; where texts and more numbers are mixed, all numbers are one category


@dataclass(frozen=True)
class Column:
    """A parameter of n candidates."""

    name: str
    positions: FloatArray  # shape (n,): values, or indices of categories; NaN where the parameter is not set
    categories: tuple[str, ...] = ()  # empty for a number
    is_log: bool = False

    @property
    def is_categorical(self) -> bool:
        """Whether the positions are indices of categories."""
        return bool(self.categories)

    @property
    def is_set(self) -> BoolArray:
        """Which candidates have the parameter; shape (n,)."""
        return ~np.isnan(self.positions)

    @property
    def n_distinct(self) -> int:
        """Number of different values; "not set" counts as one."""
        return len(np.unique(self.values)) + int(not self.is_set.all())

    @property
    def values(self) -> FloatArray:
        """The positions of the candidates that have the parameter."""
        return self.positions[self.is_set]

    @property
    def is_integer(self) -> bool:
        """Whether all values are whole numbers."""
        return not self.is_categorical and bool(np.all(self.values == np.round(self.values)))

    @property
    def limits(self) -> tuple[float, float]:
        """The smallest and the largest position; with categories, half a step more at both ends."""
        if self.is_categorical:
            return -0.5, len(self.categories) - 0.5
        return (float(self.values.min()), float(self.values.max())) if len(self.values) else (0.0, 1.0)

    def text(self, row: int) -> str:
        """The value of a candidate that has the parameter."""
        position = self.positions[row]
        return self.categories[int(position)] if self.is_categorical else f"{position:.4g}"

    def unit(self, positions: FloatArray | None = None) -> FloatArray:
        """Positions scaled to [0, 1] between the limits, logarithmically if the scale is logarithmic."""
        x = self.positions if positions is None else positions
        low, high = self.limits
        if self.is_log:
            x, low, high = np.log(x), float(np.log(low)), float(np.log(high))
        return (x - low) / (high - low) if high > low else np.where(np.isnan(x), np.nan, 0.5)


def make_column(name: str, values: Any, log: bool | None = None) -> Column:
    """The column of a parameter, whose `values` are masked where it is not set; `log=None` guesses the scale."""
    data, mask = _data_and_mask(values)
    set_values = [value for value, is_masked in zip(data, mask, strict=True) if not is_masked]
    positions = np.full(len(data), np.nan)
    is_hidden = is_secret_name(name)
    if set_values and not is_hidden and all(map(_is_number, set_values)):
        positions[~mask] = [float(value) for value in set_values]
        return Column(name, positions, is_log=_is_log(positions[~mask], log))
    texts = _hidden(set_values) if is_hidden else _texts(set_values)
    # The order of secrets would tell something of them.
    categories = tuple(dict.fromkeys(texts) if is_hidden else sorted(set(texts), key=_order(set_values, texts)))
    positions[~mask] = [float(categories.index(text)) for text in texts]
    return Column(name, positions, categories or ("(not set)",))


def _data_and_mask(values: Any) -> tuple[list[Any], BoolArray]:
    # A data frame of cv_results_ has NaN where the table was masked.
    array = values if isinstance(values, np.ma.MaskedArray) else np.ma.array(list(values), dtype=object)
    mask = np.ma.getmaskarray(array) | np.array([isinstance(v, float) and np.isnan(v) for v in array.data.tolist()])
    return array.data.tolist(), mask


def _is_number(value: Any) -> bool:
    if isinstance(value, int) and not fits_float(value):
        return False
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool | np.bool_)


def _is_log(values: FloatArray, log: bool | None) -> bool:
    low, high = (values.min(), values.max()) if len(values) else (0.0, 0.0)
    if low <= 0 or log is not None:
        return bool(log and low > 0)
    return bool(high / low >= LOG_FACTOR and np.median(values) - low < LOG_MEDIAN * (high - low))


def _texts(values: Sequence[Any]) -> list[str]:
    """A text for each value: of an estimator only its class, if that distinguishes all values."""
    whole = [without_secrets(value) if isinstance(value, str) else brief(value) for value in values]
    if len(set(whole)) > MAX_MIXED and any(map(_is_number, values)):
        return ["a number" if _is_number(value) else text for value, text in zip(values, whole, strict=True)]
    short = [type(v).__name__ if hasattr(v, "get_params") else text for v, text in zip(values, whole, strict=True)]
    return short if len(set(short)) == len(set(whole)) else whole


def _hidden(values: Sequence[Any]) -> list[str]:
    """A number in place of each distinct value, so that a picture shows no secret."""
    texts = [str(value) for value in values]
    numbers = {text: i for i, text in enumerate(dict.fromkeys(texts), start=1)}
    return [f"(hidden {numbers[text]})" for text in texts]


def _order(values: Sequence[Any], texts: Sequence[str]) -> Any:
    """A sort key: numbers by size, then everything else by its text."""
    numbers = {text: float(value) for value, text in zip(values, texts, strict=True) if _is_number(value)}
    return lambda text: (text not in numbers, numbers.get(text, 0.0), text.lower())


def shorten(text: str, length: int = 24) -> str:
    r"""A name or value for a picture: at most `length` characters, cut in the middle, and never mathematics.

    >>> shorten("a_very_long_name_of_some_category", 15)
    'a_very_…ategory'
    >>> print(shorten("$x$"))
    \$x\$
    """
    text = encodable(text)  # matplotlib draws no bytes of a file's name that are not UTF-8
    if len(text) > length:
        head = (length - 1) // 2
        text = f"{text[:head]}…{text[head + 1 - length :]}"
    return text.replace("$", r"\$")  # matplotlib reads what stands between two dollars as mathematics
