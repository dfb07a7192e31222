"""The refit of a candidate, from what its boosters did in the folds.

>>> refit_params([{"": 20}, {"": 31}, {"": 24}], [{"estimator__learning_rate": rate} for rate in (0.1, 0.3, 0.2)])
{'n_iterations': 24, 'estimator__learning_rate': 0.2}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral

import numpy as np


def refit_params(
    iterations: Sequence[Mapping[str, int]], derived: Sequence[Mapping[str, float]]
) -> dict[str, int | float]:
    """Parameters for the refit: the medians over the folds of the best iterations, and of what boosters derived."""
    paths = {f"{path}__n_iterations".removeprefix("__"): n for path, n in _medians(iterations).items()}
    return {**paths, **_medians(derived)}


def _medians(folds: Sequence[Mapping[str, float]]) -> dict[str, int | float]:
    names = dict.fromkeys(name for fold in folds for name in fold)
    return {name: _median([fold[name] for fold in folds if name in fold]) for name in names}


def _median(values: Sequence[float]) -> int | float:
    """The median, which is an integer again if all values are."""
    middle = float(np.median(values))
    return round(middle) if all(isinstance(value, Integral) for value in values) else middle
