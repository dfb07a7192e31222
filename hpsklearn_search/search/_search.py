"""`HyperoptSearchCV`: GridSearchCV's surface over the library's own loop."""

from __future__ import annotations

import logging
import math
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
from numpy.random import Generator, RandomState
from sklearn.base import clone, is_classifier
from sklearn.model_selection import check_cv

from .._hyperopt import own_trials
from ..executors import Executor, local_executor
from ..optimize import (
    Callback,
    Loop,
    Plan,
    Stopper,
    check_algo,
    check_loss_threshold,
    check_positive_integer,
    check_timeout,
    early_stop,
    entropy_of,
    finishing,
    journal,
)
from ..optimize import (
    loss_threshold as below_threshold,
)
from ..suggest import grid
from ..trials import Trials
from ._bounds import highest_score
from ._compat import (
    BaseSearchCV,
    Interval,
    StrOptions,
    check_method_params,
    fit_context,
    indexable,
    is_multimetric_scorer,
    refusing_text,
    requires_y,
    scorers_by_name,
)
from ._early_stopping import mentions_early_stopping
from ._fingerprint import fingerprint
from ._fitted import FittedSearch
from ._folds import FoldObjective, FoldWork, draw_folds
from ._parameters import ParameterSpace
from ._prefix import check_cache_prefix
from ._racing import Race, Racing, check_racing, wide_enough
from ._task_tree import TaskTree
from ._watchers import all_watchers, description

__all__ = ["HyperoptSearchCV"]

logger = logging.getLogger(__name__)


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
    cache_prefix : {"auto"} or int, default=None
        Bytes for what a pipeline's first steps made of each fold, in every worker; ``"auto"`` is twice
        the size of X, at least 64 MB. The scores are the same; only what is a function of its
        parameters is kept (no step without a fixed ``random_state`` where it has one).
    constraints : callable, default=None
        ``constraints(params) -> bool``: a combination it refuses is replaced before it costs a fit.
    return_estimators : {"best"}, default=None
        Whether to fit the best candidate on the training part of each fold once more, for
        `best_estimators_`.
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
    inner_max_num_threads : int, default=None
        How many BLAS and OpenMP threads each local worker may use, be it a process, a thread, or, with
        ``n_jobs=1``, this one. None is what ``joblib.parallel_config`` says, else the number of cores
        divided by that of workers.
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
    best_estimators_ : list of estimators
        The best candidate, fitted on the training part of each fold; with ``return_estimators="best"``.
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
        "cache_prefix": "no_validation",
        "constraints": [callable, None],
        "return_estimators": [StrOptions({"best"}), None],
        "warm_start": ["boolean"],
        "trials_save_file": [str, os.PathLike, None],
        "trial_timeout": "no_validation",
        "inner_max_num_threads": "no_validation",
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
        cache_prefix: str | int | None = None,
        constraints: Callable[[dict[str, Any]], bool] | None = None,
        return_estimators: str | None = None,
        warm_start: bool = False,
        trials_save_file: str | os.PathLike[str] | None = None,
        trial_timeout: float | None = None,
        inner_max_num_threads: int | None = None,
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
        self.cache_prefix = cache_prefix
        self.constraints = constraints
        self.return_estimators = return_estimators
        self.warm_start = warm_start
        self.trials_save_file = trials_save_file
        self.trial_timeout = trial_timeout
        self.inner_max_num_threads = inner_max_num_threads
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
        if isinstance(self.estimator, type):
            name = self.estimator.__name__
            raise TypeError(f"Expected an estimator instance ({name}()), got estimator class instead ({name}).")
        own_trials(self.trials).check_travels(estimator=self.estimator, X=X, y=y, **params)
        parameters = ParameterSpace(self.space, self.estimator)
        parameters.check_names(self.estimator)
        scorer, refit_metric = self._get_scorers()
        if y is None and requires_y(self.estimator):
            raise ValueError(f"This {type(self).__name__} estimator requires y to be passed, but the target y is None")
        X, y = indexable(X, y)
        params = check_method_params(X, params=params)
        routed = self._get_routed_params_for_fit(params)
        splits = self._draw_folds(X, y, routed.splitter.split)
        base = clone(self.estimator)
        settings = {
            "scorer": refusing_text(scorer),
            "fit_params": routed.estimator.fit,
            "score_params": routed.scorer.score,
            "return_train_score": self.return_train_score,
            "error_score": self.error_score,
            "verbose": self.verbose if self.verbose > 1 else 0,
        }
        weight = params.get("sample_weight")
        metadata = None if weight is None else {"sample_weight": weight}
        tree = TaskTree(self, X, y, metadata, parameters.space.root)
        work = FoldWork(base, parameters, X, y, splits, settings, check_cache_prefix(self.cache_prefix, X))
        work.stops_early = mentions_early_stopping(base, parameters.space.root)
        if tree.has_listeners:
            work.caller = self
        objective = FoldObjective(work, self._objective_metric(scorer), leaf_of=tree.leaf)
        executor = self._open_executor()
        objective.race = self._race(scorer, objective.metric, executor)
        watchers = all_watchers(self, objective)
        with finishing(watchers, self):
            self._search(parameters, objective, executor, tree, watchers)
            self._judge_nothing_finite()
            self._select(scorer, refit_metric)
            if self.return_estimators == "best":
                self._refit_folds(work)
            if self.refit:
                self._refit(base, X, y, routed.estimator.fit, tree)
            tree.end()
        return self

    def _draw_folds(self, X: Any, y: Any, split_params: Mapping[str, Any]) -> list[tuple[Any, Any]]:
        """The folds, drawn once, so that every candidate is judged on the same ones."""
        self._checked_cv_orig = check_cv(self.cv, y, classifier=is_classifier(self.estimator))
        self.n_splits_ = self._checked_cv_orig.get_n_splits(X, y, **split_params)
        return draw_folds(self._checked_cv_orig, X, y, split_params, self.n_splits_)

    def _objective_metric(self, scorer: Any) -> str | None:
        """The metric to optimise: as said, else the one refitted on, else the first."""
        name = self.objective_metric or (self.refit if isinstance(self.refit, str) else None)
        if self.objective_metric is not None and is_multimetric_scorer(scorer):
            names = list(scorers_by_name(scorer))
            if name not in names:
                raise ValueError(f"objective_metric={name!r} is not one of the metrics in scoring: {names}")
        return name

    def _race(self, scorer: Any, metric: str | None, executor: Executor) -> Race | None:
        is_multimetric = is_multimetric_scorer(scorer)
        racing = check_racing(
            self.racing,
            n_splits=self.n_splits_,
            refit=self.refit,
            return_train_score=self.return_train_score,
            has_objective=not is_multimetric or metric is not None,
        )
        if racing is None:
            return None
        objective_scorer = scorers_by_name(scorer)[metric] if is_multimetric else scorer
        return Race(racing, highest_score(objective_scorer, self.estimator), self._window(executor))

    # ------------------------------------------------------------------ the search proper
    def _search(
        self,
        parameters: ParameterSpace,
        objective: FoldObjective,
        executor: Executor,
        tree: TaskTree,
        watchers: Sequence[Callback],
    ) -> None:
        trials = self._starting_record(parameters)
        for trial in trials.record:
            objective.remember(trial)
        plan = self._plan(parameters, executor, objective)
        tree.begin_search(None if plan.max_evals is None else plan.max_evals * self.n_splits_)
        wanted = partial(fingerprint, self, plan, objective.work, trials.record)
        has_begun = False
        try:
            with journal(self.trials_save_file, wanted, trials.record, objective, plan) as keeper:
                has_begun = True  # until here an error leaves what a former fit found
                self._begin_anew(trials)
                self.stop_reason_ = Loop(plan, objective, executor, trials, [*keeper, *watchers]).run()
            tree.end_search()
        except BaseException:
            # Whatever ended the search: what has finished stays reachable.
            if has_begun:
                self._keep_partial(parameters, objective)
            raise
        self._format(parameters, objective)

    def _starting_record(self, parameters: ParameterSpace) -> Trials:
        """An empty record, or with ``warm_start`` that of the last fit."""
        if not (self.warm_start and hasattr(self, "trials_")):
            given = own_trials(self.trials)
            fresh = given.fresh()
            fresh.record.known = given.known_to(parameters.space)
            return fresh
        if self.trials_.labels != parameters.space.labels:
            raise ValueError(
                f"warm_start=True: the space has the labels {parameters.space.labels}, the last fit searched "
                f"{self.trials_.labels}; set warm_start=False to start anew"
            )
        return self.trials_

    def _open_executor(self) -> Executor:
        limit = check_timeout(self.trial_timeout, "trial_timeout")
        threads = self.inner_max_num_threads
        threads = None if threads is None else check_positive_integer("inner_max_num_threads", threads)
        n_tasks = check_positive_integer("max_evals", self.max_evals) * int(self.n_splits_)
        prescribed: Executor | None = own_trials(self.trials).open_executor(task_timeout=limit, n_tasks=n_tasks)
        if prescribed is not None:
            return prescribed
        return local_executor(self.n_jobs, task_timeout=limit, inner_threads=threads)

    def _plan(self, parameters: ParameterSpace, executor: Executor, objective: FoldObjective) -> Plan:
        space = parameters.space
        max_evals = check_positive_integer("max_evals", self.max_evals)
        algo = check_algo(self.algo)
        if space.size is not None and space.size <= max_evals:
            algo = grid.suggest  # every point once, in GridSearchCV's order
            if space.size < max_evals:
                warnings.warn(
                    f"The total space of parameters {space.size} is smaller than max_evals={max_evals}. "
                    f"Running {space.size} iterations. For exhaustive searches, use GridSearchCV.",
                    UserWarning,
                    stacklevel=2,
                )
                max_evals = space.size
        return Plan(
            space=space,
            algo=algo,
            entropy=entropy_of(self.random_state),
            max_evals=max_evals,
            window=wide_enough(self._window(executor), self.racing),
            timeout=check_timeout(self.timeout),
            stoppers=[*self._stoppers(), lambda trials: "callback" if objective.asked_to_stop else None],
            first_points=[space.check(point) for point in self.points_to_evaluate or ()],
            repeats=False,
            accepts=None if self.constraints is None else lambda point: self.constraints(parameters.params(point)),
            description=description(self, max_evals, parameters, objective.work.X),
        )

    def _window(self, executor: Executor) -> int | None:
        if self.random_state is None:
            return None
        if self.max_queue_len is None:
            return max(2, 1 + math.ceil(executor.capacity / int(self.n_splits_)))
        return check_positive_integer("max_queue_len", self.max_queue_len)

    def _stoppers(self) -> list[Stopper]:
        level = check_loss_threshold(self.loss_threshold)
        return [
            *([below_threshold(level)] if level is not None else []),
            *([early_stop(self.early_stop_fn)] if self.early_stop_fn is not None else []),
        ]
