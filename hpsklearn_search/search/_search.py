"""`HyperoptSearchCV`: the arguments and attributes of GridSearchCV, on the library's own loop."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np
from numpy.random import Generator, RandomState

from .._keywords import ExplainsParameters
from ..optimize import Callback, NoExpectedGain, notify_on_finish
from ..trials import is_source
from ._callbacks import say, say_baseline
from ._compat import BaseSearchCV, Interval, StrOptions, fit_context
from ._fitted import FittedSearch
from ._other_searches import ATTRIBUTES, KEYWORDS
from ._racing import Racing
from ._run import SearchRun


class HyperoptSearchCV(ExplainsParameters, FittedSearch):
    """Search for the best parameters of an estimator with cross-validation, guided by the scores so far.

    It is used as `GridSearchCV` is, with the same attributes. The candidates come from a sequential
    model-based algorithm instead of a grid.

    Parameters
    ----------
    estimator : estimator object
        The estimator whose parameters are searched. It is cloned before every fit. It needs a ``score``
        method unless `scoring` is given.
    space : dict or list of dict, default=None
        ``{parameter name: values}``. Values are an ``hp`` expression, a list or array, a frozen
        `scipy.stats` distribution, or a constant; a dict that is one value of a parameter stands in a list.
        An ``hp`` expression under a key needs no label. If an option of ``hp.choice`` is a dict of parameters,
        choosing it sets all of them. A list of dicts is a choice between them.
        None means a ready space for the estimator and the data, `spaces.suggest(estimator, X, y)`.
    max_evals : int, default=None
        Number of candidates to evaluate. None means 50, or all points of a space that has fewer.
    algo : {"auto", "tpe", "random", "anneal"} or callable, default=None
        The algorithm that suggests candidates. None means ``"auto"``.
    trials : fitted search, path, Trials or list of these, default=None
        What to learn from: a fitted search (one of scikit-learn's, too), the path of its save file, its
        `trials_`, or a list of them. The data, the metric, the ranges and the options may be others. Then losses
        count by rank, they lose weight as candidates of this search finish, and the best candidate of each
        earlier search is tried early. Candidates of earlier searches get no row in `cv_results_`. With
        `SparkTrials`, alone or in the list, this is also where to run. Nothing that is passed is modified; the new
        record is `trials_`. A `hyperopt.Trials` works too.
    scoring : str, callable, list, tuple or dict, default=None
        The metric by which a candidate is judged on the test part of each fold: a name such as ``"roc_auc"``, or
        a function ``scoring(estimator, X, y)``. A list, tuple or dict, or a function that returns a dict, computes
        several metrics. None means the estimator's ``score`` method.
    n_jobs : int, default=None
        Number of folds that are fitted at the same time, each in a worker process. -1 means one for each core;
        None means 1, which needs no other process, or the setting of ``joblib.parallel_config``.
    refit : bool, str or callable, default=True
        Whether to fit the best candidate on all data afterwards, as `best_estimator_`. With several metrics,
        the name of the one that decides, which the search also optimises. A function receives `cv_results_`
        and returns the row of the candidate to fit. Ready-made: `one_standard_error`, `simplest_of_the_best`.
    cv : int, cross-validation generator or iterable, default=None
        The folds: a number, a splitter, or pairs of train and test indices; None means 5. They are drawn once,
        so that all candidates are judged on the same folds. A number means stratified folds for a classifier.
    verbose : int, default=0
        0 shows nothing, 1 shows one line of progress on stderr, and more adds scikit-learn's lines for each fold.
    pre_dispatch : int or str, default="2*n_jobs"
        Ignored; it exists so that the arguments of `GridSearchCV` can be passed.
    random_state : int, RandomState, Generator or None, default=None
        Seed of the search. With a seed the result is the same for every `n_jobs` up to the number of folds; a
        larger `n_jobs` widens `max_queue_len`. None gives another search in each fit.
    error_score : "raise" or float, default=nan
        The score of a fold whose fit or scoring fails. ``"raise"`` ends the search with the error instead.
    return_train_score : bool, default=False
        Whether `cv_results_` also contains the scores on the train part of each fold.
    timeout : float, default=None
        Seconds after which the search ends. The candidates that have finished are kept, and the best is refitted.
        The start of worker processes counts, and the refit afterwards does not.
    score_threshold : float, default=None
        The search ends as soon as the mean test score of a candidate is at least this.
    early_stop_fn : callable or no_expected_gain(...), default=None
        When to end the search. `no_expected_gain` ends it when little is expected of the next candidates, and
        ``no_progress_loss(30)`` when 30 candidates in a row bring no better score. A function of your own is called
        after each candidate, ``early_stop_fn(trials, *arguments) -> (stop, arguments)``, with the arguments that it
        returned before.
    points_to_evaluate : list of dict, default=None
        Candidates to evaluate first, as ``{parameter name: value}``: for example ``[old.best_params_]``. Parameters
        that are left out are drawn. Labels can be used instead of names.
    first_points : {"learned"} or None, default="learned"
        Whether the search begins with the estimator's own values, or near them where one is outside of its range,
        and with settings that were best on other data, where they are known for its class. It has no effect with
        ``algo="random"`` or ``"anneal"``, with a function of your own, with `trials` of the same data, and where a
        finite space is enumerated.
    max_queue_len : int, default=None
        How many candidates may be open at once, W. Candidate t is suggested from the outcomes of candidates
        0 .. t-W. None means ``1 + ceil(n_jobs / n_splits)``, at least 2. It is used only with a `random_state`.
    objective_metric : str, default=None
        With several metrics, the one to optimise. None means the one that `refit` names, or else the first.
    racing : {"auto", "ceiling", "predictive"} or Racing, default=None
        Whether to prune candidates that cannot win, before their last fold. ``"auto"`` is a good choice, and also
        stops hopeless boosters in `EarlyStopping` within a fold; None prunes none. Folds that are left out or
        stopped are NaN in `cv_results_`, which gets the columns ``n_splits_run`` and ``mean_test_score_partial``.
    step_cache : {"auto"} or int, default=None
        Memory in bytes, per worker, for caching the output of a pipeline's leading steps on each fold.
        ``"auto"``: twice the size of X, at least 64 MB. Scores do not change; ``mean_fit_time`` is what was left
        to do. A step is cached only if its output depends on nothing but its parameters: a random step needs an
        integer ``random_state``.
    limits : dict, default=None
        ``{column of cv_results_: limit}``: candidates outside of a limit cannot win, and the algorithm learns where
        the limit lies. A number is the highest value allowed, a pair is ``(lowest, highest)`` with None for an open
        end: ``{"mean_score_time": 0.01, "mean_test_recall": (0.9, None)}``. The columns are ``mean_fit_time``,
        ``mean_score_time``, means and standard deviations of scores, and ``n_bytes``, the size of the pickled model.
    constraints : callable, default=None
        ``constraints(params) -> bool``. Combinations for which it is False are replaced before they are fitted:
        ``lambda p: p["penalty"] == "l2" or p["solver"] == "saga"``. None allows all.
    warm_start : bool, default=False
        Whether a further ``fit`` continues the last one, up to a larger `max_evals`. All candidates of both
        are rows of `cv_results_`.
    trials_save_file : path-like, default=None
        An SQLite file to which every finished candidate is written. If the same search runs again with the
        same file, it continues.
    trial_timeout : float, default=None
        Time limit in seconds for fitting and scoring one fold (for very short fits, all folds of a
        candidate). When it is exceeded, the worker is killed and the candidate fails with status
        ``"timeout"``. Uses a worker process even with ``n_jobs=1``.
    callbacks : list of Callback, default=None
        Objects whose methods are called when the search and its trials begin and end: ``[MLflowCallback()]``.

    Attributes
    ----------
    cv_results_ : dict of ndarray
        One row for each candidate, in order of suggestion, with the columns of `GridSearchCV`. With `limits`, the
        column ``within_limits`` says which candidates could win.
    best_estimator_ : estimator
        The best candidate, fitted on all data. Only with `refit`.
    best_score_ : float
        Mean test score of the best candidate. Not with a callable `refit`.
    best_params_ : dict
        ``{parameter name: value}`` of the best candidate.
    best_index_ : int
        Row of the best candidate in `cv_results_`.
    scorer_ : callable or dict
        The scorer; with several metrics ``{name: scorer}``.
    n_splits_ : int
        Number of folds.
    refit_time_ : float
        Seconds that fitting the best candidate on all data took. Only with `refit`.
    multimetric_ : bool
        Whether there are several metrics.
    space_ : dict or list of dict
        The space that was searched: `space`, or the ready one.
    baseline_score_ : float
        Mean test score of the estimator's own values, or of the candidate nearest to them. Only if there was one.
    trials_ : Trials
        The record of the search.
    best_loss_ : float
        Minus the mean score of the best candidate, of the optimised metric.
    n_trials_ : int
        Number of candidates that finished.
    advice_ : list of Finding
        What the search has found out besides the winner, the most useful first; `verbose=1` shows three.
    splits_ : list of tuple
        The folds, as pairs of train and test rows.
    importances_ : dict
        How much each parameter alone decides whether a candidate is good; see `parameter_importances`.
    stop_reason_ : str
        Why the search ended: ``"max_evals"``, ``"exhausted"`` (a finite space has no more points), ``"timeout"``,
        ``"score_threshold"``, ``"early_stop_fn"``, ``"callback"``, ``"interrupted"``, or ``"all_failed"`` (all folds
        of the first five candidates failed with the same error).

    Raises
    ------
    BadSearchSpace, ValueError, TypeError
        If an argument is wrong, before the first fit. A ValueError also if all fits failed, or if no candidate is
        within `limits`.
    SaveFileError
        If `trials_save_file` cannot be used, or was written by a different search.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from hpsklearn_search import HyperoptSearchCV, hp
    >>> search = HyperoptSearchCV(
    ...     SVC(), {"C": hp.logrange(1e-2, 1e2)}, max_evals=10, cv=3, random_state=0
    ... )
    >>> search.fit(*load_iris(return_X_y=True)).best_params_
    {'C': ...}
    """

    _meant = KEYWORDS
    _attributes_elsewhere = ATTRIBUTES
    _required_parameters = ("estimator",)  # read by scikit-learn before 1.6
    _parameter_constraints: dict[str, Any] = {
        **BaseSearchCV._parameter_constraints,
        "space": "no_validation",
        "max_evals": [Interval(Integral, 1, None, closed="left"), None],
        "algo": "no_validation",
        "trials": "no_validation",
        "random_state": [Interval(Integral, 0, None, closed="left"), RandomState, Generator, None],
        "timeout": "no_validation",
        "score_threshold": "no_validation",
        "early_stop_fn": [callable, NoExpectedGain, None],
        "points_to_evaluate": "no_validation",
        "first_points": [StrOptions({"learned"}), None],
        "max_queue_len": "no_validation",
        "objective_metric": [str, None],
        "racing": "no_validation",
        "step_cache": "no_validation",
        "limits": "no_validation",
        "constraints": [callable, None],
        "warm_start": ["boolean"],
        "trials_save_file": [str, os.PathLike, None],
        "trial_timeout": "no_validation",
        "callbacks": [list, tuple, None],
    }

    def __init__(
        self,
        estimator: Any,
        space: Any = None,
        *,
        max_evals: int | None = None,
        algo: str | Callable[..., Any] | None = None,
        trials: Any = None,
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
        score_threshold: float | None = None,
        early_stop_fn: Callable[..., tuple[bool, Any]] | NoExpectedGain | None = None,
        points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
        first_points: str | None = "learned",
        max_queue_len: int | None = None,
        objective_metric: str | None = None,
        racing: str | Racing | None = None,
        step_cache: str | int | None = None,
        limits: Mapping[str, Any] | None = None,
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
        self.score_threshold = score_threshold
        self.early_stop_fn = early_stop_fn
        self.points_to_evaluate = points_to_evaluate
        self.first_points = first_points
        self.max_queue_len = max_queue_len
        self.objective_metric = objective_metric
        self.racing = racing
        self.step_cache = step_cache
        self.limits = limits
        self.constraints = constraints
        self.warm_start = warm_start
        self.trials_save_file = trials_save_file
        self.trial_timeout = trial_timeout
        self.callbacks = callbacks

    def __sklearn_clone__(self) -> HyperoptSearchCV:
        twin: HyperoptSearchCV = super().__sklearn_clone__()
        if is_source(self.trials):
            twin.trials = self.trials  # the clone of a fitted search would have nothing to teach
        return twin

    def _why_missing(self, name: str) -> str:
        cure = super()._why_missing(name)
        if cure or name.startswith("_") or not name.endswith("_"):
            return cure
        if "trials_" not in vars(self):
            return "the search is not fitted yet; call fit(X, y) first"
        if name == "baseline_score_":
            return "the estimator's own values were not among the candidates"
        return "call refit_best(X, y), which fits the best candidate" if name == "best_estimator_" else ""

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
            self._check_success(run)
            self._select(run)
            say_baseline(self, run.objective)
            self._refit(run)
        if self.verbose > 0:
            for finding in self._first_findings():
                say(self, str(finding))
        return self
