"""hyperopt's module ``hyperopt.utils``: small functions that scripts and libraries import.

>>> coarse_utcnow().microsecond % 1000
0
"""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from .pyll._graph import Literal, dfs

__all__ = ["coarse_utcnow", "fast_isin", "pmin_sampled", "temp_dir", "use_obj_for_literal_in_memo", "working_dir"]


def coarse_utcnow() -> datetime.datetime:
    """The time now, in UTC and without a zone, in whole milliseconds."""
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def pmin_sampled(mean: Any, var: Any, n_samples: int = 1000, rng: Any = None) -> Any:
    """The probability that each of several normal values is the lowest, from draws.

    >>> pmin_sampled([0.0, 100.0], [1.0, 1.0]).tolist()
    [1.0, 0.0]
    """
    rng = np.random.default_rng(232342) if rng is None else rng
    draws = rng.standard_normal((n_samples, len(mean))) * np.sqrt(var) + mean
    return np.bincount(draws.argmin(axis=1), minlength=len(mean)) / n_samples


def fast_isin(X: Any, Y: Any) -> Any:
    """Whether each element of `X` is in `Y`."""
    return np.isin(X, Y)


def use_obj_for_literal_in_memo(expr: Any, obj: Any, lit: Any, memo: dict[Any, Any]) -> dict[Any, Any]:
    """Set ``memo[node] = obj`` for every constant `lit` in an expression."""
    for node in dfs(expr):
        if isinstance(node, Literal) and type(node.value) is type(lit) and node.value == lit:
            memo[node] = obj
    return memo


@contextlib.contextmanager
def working_dir(dir: str) -> Iterator[None]:
    """Change into a folder, and back."""
    before = os.getcwd()
    os.chdir(dir)
    try:
        yield
    finally:
        os.chdir(before)


@contextlib.contextmanager
def temp_dir(dir: str, erase_after: bool = False, with_sentinel: bool = True) -> Iterator[None]:
    """Make a folder; it is kept, and `erase_after` refused, so that nothing of the user's is deleted."""
    if erase_after:
        raise NotImplementedError("temp_dir(erase_after=True) is not offered; use tempfile.TemporaryDirectory()")
    os.makedirs(dir, exist_ok=True)
    yield
