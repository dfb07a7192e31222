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

from ..._typing import IntArray


def hold_out(
    y: Any,
    fraction: float,
    *,
    stratify: bool = False,
    shuffle: bool = True,
    groups: Any = None,
    random_state: Any = None,
) -> tuple[IntArray, IntArray]:
    """Rows to train on, and rows to hold out, both ascending.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        The target; looked at only to stratify.
    fraction : float
        The share of the rows, or of the groups, that is held out; at least one.
    stratify : bool, default=False
        Whether every class gives its share, and keeps at least one row.
    shuffle : bool, default=True
        Whether rows are drawn; if not, the last ones are held out, as a time series needs it.
    groups : array-like of shape (n_samples,), default=None
        Rows of one group stay together.
    random_state : None, int or RandomState
        Source of randomness.

    Raises
    ------
    ValueError
        If there are not two rows, or groups, to part.
    """
    rng = np.random.RandomState(random_state) if not hasattr(random_state, "permutation") else random_state
    n = len(y)
    if groups is not None:
        _, first, group = np.unique(np.asarray(groups), return_index=True, return_inverse=True)
        order = np.argsort(first) if not shuffle else rng.permutation(len(first))
        is_out = np.isin(group, _last(order, fraction, "groups"))
    elif not shuffle:
        is_out = np.isin(np.arange(n), _last(np.arange(n), fraction, "n_samples"))
    elif stratify:
        is_out = np.isin(np.arange(n), _of_each_class(np.asarray(y), fraction, rng))
    else:
        is_out = np.isin(np.arange(n), _last(rng.permutation(n), fraction, "n_samples"))
    return np.flatnonzero(~is_out), np.flatnonzero(is_out)


def _last(order: IntArray, fraction: float, what: str) -> IntArray:
    if len(order) < 2:
        raise ValueError(f"early stopping parts the training data, which needs at least 2, got {what} = {len(order)}")
    return order[len(order) - min(max(1, round(fraction * len(order))), len(order) - 1) :]


def _of_each_class(y: NDArray[Any], fraction: float, rng: Any) -> IntArray:
    """Every so-manieth row in the order of the classes: the right share of each, whatever their sizes."""
    order = rng.permutation(len(y))
    _, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    order = order[np.argsort(codes[order], kind="stable")]
    order = order[counts[codes[order]] > 1]  # a class's only row is trained on
    if not len(order):
        return _last(rng.permutation(len(y)), fraction, "n_samples")
    places = np.arange(0.5 / fraction, len(order), 1.0 / fraction).astype(np.intp)
    chosen: IntArray = order[places] if len(places) else order[:1]
    return chosen
