"""`HyperoptSearchCV`: GridSearchCV's surface over the library's own loop."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np
from numpy.random import Generator, RandomState

from ..optimize import Callback, notify_on_finish
from ..trials import Trials
from ._compat import BaseSearchCV, Interval, fit_context
from ._fitted import FittedSearch
from ._racing import Racing
from ._run import SearchRun


class HyperoptSearchCV(FittedSearch):
    """Search over hyperparameters with cross-validation, guided by the scores so far.

    Used like `GridSearchCV`, with the same attributes; the candidates come from a sequential
    model-based algorithm instead of a grid.

    Parameters
    ----------
    estimator : estimator object
        Cloned before every fit; needs a ``score`` method, or `scoring`.
    space : dict or list of dict
        ``{parameter name: values}``, where values are an ``hp`` expression, a list or array, a
        frozen `scipy.stats` distribution, or a constant (but a dict that is a value stands in a list).
        An ``hp.choice`` whose option is a dict merges it into the parameters. A list of dicts is a
        choice between them.
    max_evals : int, default=50
        How many candidates to evaluate.
    algo : {"auto", "tpe", "random", "anneal"} or callable, default=None
        How candidates are suggested; None is ``"auto"``.
    trials : Trials, default=None
        Where to run, and what is known: trials in it, of this space and with minus a mean score as loss,
        guide the search, but have no row in `cv_results_`. Never mutated, the record is `trials_`.
        hyperopt's own ``Trials`` are understood.
    scoring, n_jobs, refit, cv, verbose, pre_dispatch, error_score, return_train_score
        As in `RandomizedSearchCV`. ``verbose=1`` shows one line of progress on stderr.
        ``pre_dispatch`` has no effect.
    random_state : int, RandomState, Generator or None, default=None
        With a seed the search is reproducible, for every `n_jobs` up to the number of folds.
    timeout : float, default=None
        Seconds after which the search ends, with what has finished.
    loss_threshold : float, default=None
        The search ends once a loss (minus the mean score) is this low.
    early_stop_fn : callable, default=None
        ``early_stop_fn(trials, *previous) -> (stop, next previous)``.
    points_to_evaluate : list of dict, default=None
        ``{label: raw value}``, evaluated first.
    max_queue_len : int, default=None
        The window W: candidate t is suggested from the outcomes of candidates 0 .. t-W. By default
        ``1 + ceil(n_jobs / n_splits)``, at least 2. Only used with a `random_state`.
    objective_metric : str, default=None
        With several metrics: the one to optimise, where `refit` does not name one.
    racing : {"auto", "ceiling", "predictive"} or Racing, default=None
        Whether candidates that cannot win are stopped before their last fold. Their other folds are NaN
        in `cv_results_`, which gets the columns ``n_splits_run`` and ``mean_test_score_partial``.
    step_cache : {"auto"} or int, default=None
        Bytes for what a pipeline's first steps made of each fold, in every worker; ``"auto"`` is twice
        the size of X, at least 64 MB. The scores are the same; only what is a function of its
        parameters is kept (no step without a fixed ``random_state`` where it has one).
    constraints : callable, default=None
        ``constraints(params) -> bool``: a combination it refuses is replaced before it costs a fit.
    warm_start : bool, default=False
        Whether a further ``fit`` continues the last one, up to a larger `max_evals`; all candidates
        are rows of `cv_results_`.
    trials_save_file : path-like, default=None
        An SQLite file that every finished candidate is written to, and that a second run of the same
        search continues from.
    trial_timeout : float, default=None
        Seconds that the fit and scoring of a candidate on one fold may take, counted from its begin
        (where all folds travel to a worker as one task, those together). Then its process is killed,
        and the candidate has failed with the status ``"timeout"``. With ``n_jobs=1`` one worker
        process runs, too.
    callbacks : list of Callback, default=None
        Who watches the search.

    Attributes
    ----------
    cv_results_ : dict of ndarray
        GridSearchCV's table, one row a candidate in order of suggestion.
    best_estimator_, best_score_, best_params_, best_index_, scorer_, n_splits_, refit_time_, multimetric_
        As in `GridSearchCV`.
    trials_ : Trials
        The record of the search.
    best_loss_ : float
        Minus the best mean score of the optimised metric.
    n_trials_ : int
        How many candidates finished.
    importances_ : dict
        How much each label decides by itself whether a candidate is good; see `parameter_importances`.
    stop_reason_ : str
        Why the search ended: ``"max_evals"``, ``"exhausted"``, ``"timeout"``, ...

    Raises
    ------
    BadSearchSpace, ValueError, TypeError
        If an argument is wrong, before the first fit.
    SaveFileError
        If `trials_save_file` cannot be used, or belongs to another search.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from hpsklearn_search import HyperoptSearchCV, hp
    >>> search = HyperoptSearchCV(SVC(), {"C": hp.logrange("C", 1e-2, 1e2)}, max_evals=10, cv=3, random_state=0)
    >>> search.fit(*load_iris(return_X_y=True)).best_params_
    {'C': ...}
    """

    _required_parameters = ("estimator", "space")  # read by scikit-learn before 1.6
    _parameter_constraints: dict[str, Any] = {
        **BaseSearchCV._parameter_constraints,
        "space": "no_validation",
        "max_evals": [Interval(Integral, 1, None, closed="left")],
        "algo": "no_validation",
        "trials": "no_validation",
        "random_state": [Interval(Integral, 0, None, closed="left"), RandomState, Generator, None],
        "timeout": "no_validation",
        "loss_threshold": "no_validation",
        "early_stop_fn": [callable, None],
        "points_to_evaluate": "no_validation",
        "max_queue_len": "no_validation",
        "objective_metric": [str, None],
        "racing": "no_validation",
        "step_cache": "no_validation",
        "constraints": [callable, None],
        "warm_start": ["boolean"],
        "trials_save_file": [str, os.PathLike, None],
        "trial_timeout": "no_validation",
        "callbacks": [list, tuple, None],
    }

    def __init__(
        self,
        estimator: Any,
        space: Any,
        *,
        max_evals: int = 50,
        algo: str | Callable[..., Any] | None = None,
        trials: Trials | None = None,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: Any = True,
        cv: Any = None,
        verbose: int = 0,
        pre_dispatch: int | str = "2*n_jobs",
        random_state: Any = None,
        error_score: Any = np.nan,
        return_train_score: bool = False,
        timeout: float | None = None,
        loss_threshold: float | None = None,
        early_stop_fn: Callable[..., tuple[bool, Any]] | None = None,
        points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
        max_queue_len: int | None = None,
        objective_metric: str | None = None,
        racing: str | Racing | None = None,
        step_cache: str | int | None = None,
        constraints: Callable[[dict[str, Any]], bool] | None = None,
        warm_start: bool = False,
        trials_save_file: str | os.PathLike[str] | None = None,
        trial_timeout: float | None = None,
        callbacks: Sequence[Callback] | None = None,
    ) -> None:
        super().__init__(
            estimator=estimator,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.space = space
        self.max_evals = max_evals
        self.algo = algo
        self.trials = trials
        self.random_state = random_state
        self.timeout = timeout
        self.loss_threshold = loss_threshold
        self.early_stop_fn = early_stop_fn
        self.points_to_evaluate = points_to_evaluate
        self.max_queue_len = max_queue_len
        self.objective_metric = objective_metric
        self.racing = racing
        self.step_cache = step_cache
        self.constraints = constraints
        self.warm_start = warm_start
        self.trials_save_file = trials_save_file
        self.trial_timeout = trial_timeout
        self.callbacks = callbacks

    # ------------------------------------------------------------------ fit
    @fit_context(prefer_skip_nested_validation=False)  # the estimator validates its own parameters
    def fit(self, X: Any, y: Any = None, **params: Any) -> HyperoptSearchCV:
        """Search, and refit the best candidate on all data.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), or whatever the estimator takes
            Training data.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Target.
        **params : dict
            Parameters of the estimator's ``fit``, the scorer and the splitter, as in `GridSearchCV`.

        Returns
        -------
        HyperoptSearchCV
            The fitted search.
        """
        run = SearchRun.prepare(self, X, y, params)
        with notify_on_finish(run.callbacks, self):
            self._search(run)
            self._warn_if_nothing_finite()
            self._select(run)
            self._refit(run)
        return self
