"""Which rows of a training set are held out to tell when to stop.

>>> train, held_out = hold_out(np.zeros(10), 0.3, shuffle=False)
>>> held_out.tolist()
[7, 8, 9]
>>> _, held_out = hold_out(np.array(list("aaaaaaaabb")), 0.5, stratify=True)
>>> int((held_out >= 8).sum())
1
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...space._typing import IntArray


def hold_out(
    y: Any,
    fraction: float,
    *,
    stratify: bool = False,
    shuffle: bool = True,
    groups: Any = None,
    random_state: Any = None,
) -> tuple[IntArray, IntArray]:
    """Rows to train on and rows to hold out, both ascending: a share of all rows, of each class, or of the groups."""
    # scikit-learn's splitters do not fit here: they refuse a class with a single row, and hold out either
    # random rows or the last ones.
    rng = np.random.RandomState(random_state) if not hasattr(random_state, "permutation") else random_state
    rows = np.arange(len(y))
    if groups is not None:
        _, first, group = np.unique(np.asarray(groups), return_index=True, return_inverse=True)
        order = np.argsort(first) if not shuffle else rng.permutation(len(first))
        is_held_out = np.isin(group, _last(order, fraction, "groups"))
    elif not shuffle:  # the last rows, as a time series needs it
        is_held_out = np.isin(rows, _last(rows, fraction, "n_samples"))
    elif stratify:
        is_held_out = np.isin(rows, _of_each_class(np.asarray(y), fraction, rng))
    else:
        is_held_out = np.isin(rows, _last(rng.permutation(len(y)), fraction, "n_samples"))
    # A booster cannot be evaluated on a class that it was not trained on. So rows of a class with no training row
    # are moved back to training, unless no row would be left to hold out.
    if stratify:
        is_of_known_class = np.isin(y, np.asarray(y)[~is_held_out])
        if np.any(is_held_out & is_of_known_class):
            is_held_out &= is_of_known_class
    return np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)


def _last(order: IntArray, fraction: float, name: str) -> IntArray:
    if len(order) < 2:
        kind = "groups" if name == "groups" else "training samples"
        raise ValueError(f"EarlyStopping needs at least 2 {kind} (one to hold out), got {name} = {len(order)}")
    return order[len(order) - min(max(1, round(fraction * len(order))), len(order) - 1) :]


def _of_each_class(y: NDArray[Any], fraction: float, rng: Any) -> IntArray:
    """Every k-th row, sorted by class: the right share of each class, whatever its size."""
    order = rng.permutation(len(y))
    _, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    order = order[np.argsort(codes[order], kind="stable")]
    order = order[counts[codes[order]] > 1]  # a class's only row is trained on
    if not len(order):
        return _last(rng.permutation(len(y)), fraction, "n_samples")
    # k = 1 / fraction is at least 2, so that every class keeps a row.
    places = np.arange(0.5 / fraction, len(order), 1.0 / fraction).astype(np.intp)
    held_out: IntArray = order[places] if len(places) else order[:1]
    return held_out
