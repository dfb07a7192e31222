"""The default: three of four suggestions by a Gaussian process and a Parzen estimator together, the rest by the latter.

The process predicts better while trials are few. The estimator's candidates are added to those of the process,
and half of the logarithm of its density ratio is added to the logarithm of the expected improvement, because it
sees steps and narrow basins that the process smooths away. A quarter of the suggestions comes from the estimator
alone, which keeps the search from staying in one basin. Above 250 trials or 60 parameters, every suggestion
comes from the estimator alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..space import Point, Space
from . import gp, tpe
from ._protocol import HasHistory, answers_in_kind
from ._startup import startup_jobs

SHARE_OF_TPE = 0.25
MOST_TRIALS = 250
MOST_DIMENSIONS = 60


@answers_in_kind
def suggest(new_ids: Sequence[int], domain: Space, trials: HasHistory, seed: int) -> list[Point]:
    """Suggest points by a portfolio of `gp.suggest` and `tpe.suggest`.

    Parameters
    ----------
    new_ids, domain, trials, seed
        As for `rand.suggest`.

    Returns
    -------
    list of dict
        ``{label: raw value}`` for each id.

    Examples
    --------
    >>> from hpsklearn_search import fmin, hp
    >>> space = hp.uniform("x", -5, 5)
    >>> quiet = {"rstate": 0, "show_progressbar": False}
    >>> best = fmin(lambda x: (x - 2) ** 2, space, max_evals=30, **quiet)
    >>> abs(best["x"] - 2) < 0.01
    True
    """
    many = len(trials.history(domain)) > MOST_TRIALS or len(domain) > MOST_DIMENSIONS
    # 7: a stream apart from the one that tpe and gp draw from `seed`
    if many or np.random.default_rng([seed, 7]).random() < SHARE_OF_TPE:
        return tpe.suggest(new_ids, domain, trials, seed, n_startup_jobs=startup_jobs(domain, gp.STARTUP_JOBS))
    return gp.suggest(new_ids, domain, trials, seed, auxiliary_model=tpe.DensityRatio.fit)
