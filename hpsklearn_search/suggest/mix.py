"""Several algorithms in one search: each suggestion comes from one of them, drawn by its probability."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..space import Space


def suggest(
    new_ids: Sequence[int], domain: Space, trials: Any, seed: int, p_suggest: Sequence[tuple[float, Callable[..., Any]]]
) -> Any:
    """Suggest points by one of several algorithms.

    Parameters
    ----------
    new_ids, domain, trials, seed
        As for `rand.suggest`.
    p_suggest : sequence of (probability, algorithm)
        Probabilities must not be negative and must sum to 1.

    Returns
    -------
    list
        The result of the algorithm that was drawn.

    Raises
    ------
    ValueError
        If a probability is negative, or they do not sum to 1.

    Examples
    --------
    >>> from functools import partial
    >>> from hpsklearn_search import anneal, fmin, hp, mix, rand, tpe
    >>> algo = partial(
    ...     mix.suggest,
    ...     p_suggest=[
    ...         (0.1, rand.suggest),
    ...         (0.2, anneal.suggest),
    ...         (0.7, tpe.suggest),
    ...     ],
    ... )
    >>> space = hp.uniform("x", -5, 5)
    >>> quiet = {"rstate": 0, "show_progressbar": False}
    >>> best = fmin(lambda x: (x - 2) ** 2, space, algo, 60, **quiet)
    >>> abs(best["x"] - 2) < 0.05
    True
    """
    pairs = list(p_suggest)
    if not pairs or min(p for p, _ in pairs) < 0 or not math.isclose(sum(p for p, _ in pairs), 1.0, abs_tol=1e-6):
        raise ValueError(
            f"p_suggest must be a list of (probability, algorithm) whose probabilities sum to 1, got {pairs!r}; "
            "write partial(mix.suggest, p_suggest=[(0.2, rand.suggest), (0.8, tpe.suggest)])"
        )
    rng = np.random.default_rng(seed)
    upper = np.cumsum([p for p, _ in pairs])
    drawn = min(int(np.searchsorted(upper, rng.random() * upper[-1], side="right")), len(pairs) - 1)
    return pairs[drawn][1](new_ids, domain, trials, seed=int(rng.integers(2**31)))
