"""`GridSearchCV` and `RandomizedSearchCV` as thin adapters over `HyperoptSearchCV`, put in place of the originals.

Nothing here searches: an adapter only has the argument names of the class that it stands for, and
maps the grid or the distributions to ``space``, and their number of candidates to ``max_evals``.
"""

from __future__ import annotations

import sys
from inspect import signature
from typing import Any

import numpy as np
from sklearn.model_selection import GridSearchCV as OriginalGridSearchCV
from sklearn.model_selection import ParameterGrid
from sklearn.model_selection import RandomizedSearchCV as OriginalRandomizedSearchCV

from hpsklearn_search import HyperoptSearchCV

__all__ = ["GridSearchCV", "RandomizedSearchCV", "substitute"]

COMMON = ("scoring", "n_jobs", "refit", "cv", "verbose", "pre_dispatch", "error_score", "return_train_score")


ADDED = {
    "trials_",
    "n_trials_",
    "best_loss_",
    "stop_reason_",
    "importances_",
    "space_",
    "advice_",
    "splits_",
    "baseline_score_",
}
"""Fitted attributes beyond those of the originals."""


class _Adapter(HyperoptSearchCV):
    """Arguments that the originals do not have stand at their defaults."""

    def __dir__(self) -> list[str]:
        """Without the additions: a test lists all attributes, and compares each with another class's."""
        return [name for name in super().__dir__() if name not in ADDED]


for _name, _parameter in signature(HyperoptSearchCV).parameters.items():
    if _name not in ("estimator", *COMMON):
        setattr(_Adapter, _name, None if _parameter.default is _parameter.empty else _parameter.default)


class GridSearchCV(_Adapter):
    """The grid as a space, and every point of it a candidate."""

    __doc__ = OriginalGridSearchCV.__doc__
    __module__ = OriginalGridSearchCV.__module__
    _parameter_constraints = OriginalGridSearchCV._parameter_constraints

    def __init__(
        self,
        estimator: Any,
        param_grid: Any,
        *,
        scoring: Any = None,
        n_jobs: Any = None,
        refit: Any = True,
        cv: Any = None,
        verbose: Any = 0,
        pre_dispatch: Any = "2*n_jobs",
        error_score: Any = np.nan,
        return_train_score: Any = False,
    ) -> None:
        self.estimator = estimator
        self.param_grid = param_grid
        self.scoring = scoring
        self.n_jobs = n_jobs
        self.refit = refit
        self.cv = cv
        self.verbose = verbose
        self.pre_dispatch = pre_dispatch
        self.error_score = error_score
        self.return_train_score = return_train_score

    @property
    def space(self) -> Any:
        """The grid."""
        return self.param_grid

    @property
    def max_evals(self) -> int:
        """Its size; 1 where it is no grid, so that the search complains of it and not this adapter."""
        try:
            return max(1, len(ParameterGrid(self.param_grid)))
        except (TypeError, ValueError):
            return 1


class RandomizedSearchCV(_Adapter):
    """The distributions as a space, and ``n_iter`` candidates."""

    __doc__ = OriginalRandomizedSearchCV.__doc__
    __module__ = OriginalRandomizedSearchCV.__module__
    _parameter_constraints = OriginalRandomizedSearchCV._parameter_constraints

    def __init__(
        self,
        estimator: Any,
        param_distributions: Any,
        *,
        n_iter: Any = 10,
        scoring: Any = None,
        n_jobs: Any = None,
        refit: Any = True,
        cv: Any = None,
        verbose: Any = 0,
        pre_dispatch: Any = "2*n_jobs",
        random_state: Any = None,
        error_score: Any = np.nan,
        return_train_score: Any = False,
    ) -> None:
        self.estimator = estimator
        self.param_distributions = param_distributions
        self.n_iter = n_iter
        self.scoring = scoring
        self.n_jobs = n_jobs
        self.refit = refit
        self.cv = cv
        self.verbose = verbose
        self.pre_dispatch = pre_dispatch
        self.random_state = random_state
        self.error_score = error_score
        self.return_train_score = return_train_score

    @property
    def space(self) -> Any:
        """The distributions."""
        return self.param_distributions

    @property
    def max_evals(self) -> Any:
        """How many candidates."""
        return self.n_iter


def substitute() -> None:
    """Put the adapters wherever a loaded module of scikit-learn has the originals, as a name or as a key of a table."""
    for original, ours in ((OriginalGridSearchCV, GridSearchCV), (OriginalRandomizedSearchCV, RandomizedSearchCV)):
        for module in [module for name, module in sys.modules.items() if name.partition(".")[0] == "sklearn"]:
            for name, value in list(vars(module).items()):
                if value is original:
                    setattr(module, name, ours)
                elif type(value) is dict and original in value:
                    value[ours] = value[original]
