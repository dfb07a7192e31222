"""Random search: every point is an independent draw from the prior. The model for a new algorithm.

>>> from hpsklearn_search import hp, fmin, rand
>>> best = fmin(lambda x: (x - 2) ** 2, hp.uniform("x", -5, 5), algo=rand.suggest, max_evals=50, rstate=0)
>>> abs(best["x"] - 2) < 0.2
True
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..space import Point, Space
from ._protocol import HasHistory, answers_in_kind


@answers_in_kind
def suggest(new_ids: Sequence[int], domain: Space, trials: HasHistory, seed: int) -> list[Point]:
    """Draw a point from the prior for each new trial.

    Parameters
    ----------
    new_ids : sequence of int
        Numbers of the trials to suggest.
    domain : Space
        The parsed space.
    trials : Trials
        Not used.
    seed : int
        Source of all randomness.

    Returns
    -------
    list of dict
        ``{label: raw value}`` for each id.
    """
    rng = np.random.default_rng(seed)
    return [domain.draw(rng) for _ in new_ids]
