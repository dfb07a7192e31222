"""The folds of a fitted search, kept in little memory.

>>> folds = KeptFolds.of([(np.array([0, 1, 3]), np.array([2, 4]))], 5)
>>> [(train.tolist(), test.tolist()) for train, test in folds.splits()]
[([0, 1, 3], [2, 4])]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..space._typing import IntArray


@dataclass(frozen=True)
class KeptFolds:
    """Pairs of train and test rows; ascending rows are kept as one bit for each row of the data."""

    n_samples: int
    parts: tuple[tuple[Any, Any], ...]

    @classmethod
    def of(cls, splits: Sequence[tuple[Any, Any]], n_samples: int) -> KeptFolds:
        """The folds as a splitter returns them."""
        return cls(n_samples, tuple((_pack(train, n_samples), _pack(test, n_samples)) for train, test in splits))

    def splits(self) -> list[tuple[IntArray, IntArray]]:
        """The folds, as arrays of row numbers."""
        return [(_unpack(train, self.n_samples), _unpack(test, self.n_samples)) for train, test in self.parts]

    @property
    def test_per_train(self) -> float:
        """The number of test rows divided by the number of train rows, the mean over the folds."""
        return float(np.mean([len(test) / max(len(train), 1) for train, test in self.splits()]))

    @property
    def n_test(self) -> float:
        """The number of test rows of a fold, the mean over the folds."""
        return float(np.mean([len(test) for _, test in self.splits()]))

    @property
    def smallest_train(self) -> int:
        """The number of train rows of the fold that has the fewest."""
        return min(len(train) for train, _ in self.splits())


def _pack(rows: Any, n_samples: int) -> Any:
    rows = np.asarray(rows)
    # Never bytes: these are packed bits, whatever type a splitter gives to its rows.
    rows = np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.intp)
    is_ascending = bool(np.all(rows[1:] > rows[:-1])) and (not len(rows) or rows[0] >= 0)
    if not is_ascending or 64 * len(rows) <= n_samples:
        return rows
    mask = np.zeros(n_samples, dtype=bool)
    mask[rows] = True
    return np.packbits(mask)


def _unpack(part: Any, n_samples: int) -> IntArray:
    if part.dtype != np.uint8:
        rows: IntArray = part.copy()
        return rows
    return np.flatnonzero(np.unpackbits(part, count=n_samples))
