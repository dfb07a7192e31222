"""The fitted side of a search: its table, its best candidate, its model."""

from __future__ import annotations

import logging
import time
import warnings
from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.metrics import get_scorer_names
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from .._pandas import frame_of
from ..exceptions import add_note
from ..optimize import Callback
from ..space import SpaceTable
from ..suggest import parameter_importances
from ..trials import Trials
from ._compat import BaseSearchCV, insert_error_scores, scorers_by_name, warn_or_raise_about_fit_failures
from ._describe import settings, space_table
from ._parameters import ParameterSpace
from ._results import (
    BEST_ITERATIONS,
    DERIVED_PARAMS,
    add_iteration_columns,
    add_partial_columns,
    finished_trials,
    first_failure,
    flat_folds,
    padded_folds,
    rank_without_infinities,
)
from ._run import SearchRun
from .early_stopping import refit_params

logger = logging.getLogger(__name__)


class FittedSearch(BaseSearchCV):
    """What a search makes of its record, on top of what scikit-learn's own searches offer."""

    trials_: Trials
    n_splits_: int

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there is the model, or without `refit` the table: an interrupted search has the table alone."""
        return hasattr(self, "best_estimator_" if self.refit else "cv_results_")

    def __sklearn_tags__(self) -> Any:
        """The estimator's tags; scikit-learn's own searches leave out those of a transformer and of the target."""
        from sklearn.utils import get_tags  # scikit-learn 1.6 and later, as is this method

        tags, inner = super().__sklearn_tags__(), get_tags(self.estimator)
        tags.transformer_tags = deepcopy(inner.transformer_tags)
        tags.target_tags = deepcopy(inner.target_tags)
        return tags

    @available_if(lambda self: hasattr(self, "transform"))
    def fit_transform(self, X: Any, y: Any = None, **params: Any) -> Any:
        """Search, refit, and transform `X` with the best estimator.

        Parameters
        ----------
        X, y, **params
            As in `fit`.

        Returns
        -------
        array-like of shape (n_samples, n_new_features)
            What ``best_estimator_.transform`` makes of `X`.
        """
        return self.fit(X, y, **params).transform(X)

    @available_if(lambda self: hasattr(self.estimator, "set_output"))
    def set_output(self, *, transform: str | None = None) -> FittedSearch:
        """Say what ``transform`` returns, of the estimator and of the best one found.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None, default=None
            As in a transformer's own ``set_output``; None changes nothing.

        Returns
        -------
        FittedSearch
            This search.
        """
        for estimator in (self.estimator, getattr(self, "best_estimator_", None)):
            if estimator is not None:
                estimator.set_output(transform=transform)
        return self

    def _validate_params(self) -> None:
        """As in scikit-learn, with the nearest scorer where its name is misspelt."""
        try:
            super()._validate_params()
        except ValueError as error:
            near = get_close_matches(self.scoring, get_scorer_names(), n=1) if isinstance(self.scoring, str) else []
            if near and "'scoring' parameter" in str(error):
                add_note(error, f"Did you mean scoring={near[0]!r}?")
            raise

    def results_frame(self) -> Any:
        """``cv_results_`` as a table, the best candidate first, with what one looks for on the left.

        Returns
        -------
        pandas.DataFrame
            One row a candidate; its index is the row of `cv_results_`, so that ``best_index_`` finds it.
            Rank, mean and standard deviation of the score come first, then the parameters, then the rest.

        Raises
        ------
        NotInstalledError
            If pandas is not installed.
        """
        check_is_fitted(self, "cv_results_")
        frame = frame_of(self.cv_results_, what="results_frame()")
        ranks = [key for key in frame if key.startswith("rank_test_")]
        rank = f"rank_test_{self.refit}" if isinstance(self.refit, str) and self.multimetric_ else ranks[0]
        first = [rank, *(rank.replace("rank", kind, 1) for kind in ("mean", "std"))]
        first += [key for key in frame if key.startswith("param_")]
        return frame[[*first, *frame.columns.difference(first, sort=False)]].sort_values(rank, kind="stable")

    def describe_space(self) -> SpaceTable:
        """Read the space back: every label, its values in plain numbers, when it is active, and the default.

        Works before and after `fit`.

        Returns
        -------
        SpaceTable
            Prints as a table, and shows as one in a notebook; ``as_dicts()`` are its rows.

        Raises
        ------
        BadSearchSpace, TypeError, ValueError
            If `space` is no search space.

        Examples
        --------
        >>> from sklearn.svm import SVC
        >>> from hpsklearn_search import HyperoptSearchCV, hp
        >>> kernels = [{"kernel": "poly", "degree": hp.uniformint("degree", 2, 5)}, {"kernel": "rbf"}]
        >>> HyperoptSearchCV(SVC(), {"kernel": hp.choice("kernel", kernels)}).describe_space()
        label   values                                   active when                       default
        kernel  {kernel='poly', degree}, {kernel='rbf'}  always                            'rbf'
        degree  integer in [2, 5]                        kernel is {kernel='poly', degree}  3
        """
        return space_table(ParameterSpace(self.space, self.estimator), self.estimator)

    @property
    def importances_(self) -> dict[str, float]:
        """How much each label decides by itself whether a candidate is good, the largest first.

        Of the optimised metric; computed when it is first asked for. See `parameter_importances`.
        """
        trials = self.__dict__.get("trials_")
        if trials is None:
            raise AttributeError(f"importances_: this {type(self).__name__} is not fitted yet; call fit first")
        known, found = self.__dict__.get("_importances", (None, {}))
        if known != (len(trials.record), id(trials)):
            space = ParameterSpace(self.space, self.estimator).space
            try:
                found = parameter_importances(trials, space)
            except ValueError as error:  # too few losses: then the attribute is not there
                raise AttributeError(f"importances_: {error}") from None
            self._importances = (len(trials.record), id(trials)), found
        return dict(found)

    # ------------------------------------------------------------------ the search and its results
    def _search(self, run: SearchRun) -> None:
        """Run the loop and make the table; whatever ends the search, what has finished stays within reach."""
        former_fit = _ForgetFormerFit(self)
        try:
            self.stop_reason_ = run.launch(former_fit)
        except BaseException:
            if former_fit.is_forgotten:
                self._keep_partial(run)
            raise
        self._tabulate(run)

    def _tabulate(self, run: SearchRun) -> None:
        """``cv_results_`` of the finished candidates, and scikit-learn's warnings about failed ones."""
        rows = finished_trials(list(self.trials_.record))
        if not rows:
            raise ValueError(f"no candidate finished (stopped by {self.stop_reason_}); give the search more time")
        folds = padded_folds(rows, self.n_splits_)
        self.n_trials_ = len(rows)
        if callable(self.scoring):
            insert_error_scores(folds, self.error_score)
        self.multimetric_ = isinstance(folds[0]["test_scores"], dict)
        # Results first, complaints after: also where warnings are errors, the table stays.
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            results = self._format_results(
                [run.parameters.params(trial.point) for trial in rows], self.n_splits_, folds, {}
            )
        race = run.objective.race
        if race is not None:
            add_partial_columns(results, rows, run.objective.metric_name(folds[0]))
        add_iteration_columns(results, rows, self.n_splits_)
        self.cv_results_ = rank_without_infinities(results)
        try:
            warn_or_raise_about_fit_failures(flat_folds(rows), self.error_score)
        except ValueError as error:
            add_note(error, first_failure(rows, run.parameters.params))
            raise
        if race is None or not all(trial.is_ok or trial.was_pruned for trial in rows):
            for warning in caught:
                warnings.warn(warning.message, stacklevel=2)

    def _keep_partial(self, run: SearchRun) -> None:
        """After an interrupt or error: the results of what finished, without raising anything else."""
        self.stop_reason_ = "interrupted"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._tabulate(run)
                self._select(run)
        except Exception:
            logger.debug("no results to keep from the interrupted search", exc_info=True)
        else:
            logger.warning("search interrupted: cv_results_ holds the %d candidates that finished", self.n_trials_)

    def _warn_if_nothing_finite(self) -> None:
        """Where no candidate has a finite score: GridSearchCV takes the first, and would crown an infinite one."""
        rows = finished_trials(list(self.trials_.record))
        decides_itself = callable(self.refit) or (self.multimetric_ and not self.refit)
        if decides_itself or any(trial.is_ok or trial.was_pruned for trial in rows):
            return
        failures = [trial.outcome.failure for trial in rows if trial.outcome is not None]
        kinds = Counter(failure.kind for failure in failures if failure is not None)
        counts = ", ".join(f"{count} x {kind}" for kind, count in kinds.most_common())
        nothing = f"None of the {len(rows)} candidates has a finite mean test score"
        if all(np.isnan(self.cv_results_[key]).all() for key in self.cv_results_ if key.startswith("mean_test_")):
            text = f"{nothing} ({counts}), so none is the best; the first is taken, as GridSearchCV does."
            warnings.warn(text, UserWarning, stacklevel=4)
            return
        first = next((failure for failure in failures if failure is not None), None)
        raise ValueError(
            f"{nothing}, so there is no best one ({counts}). "
            f"cv_results_ shows their scores. The first failure:\n{first.traceback if first is not None else ''}"
        )

    def _select(self, run: SearchRun) -> None:
        refit_metric = run.refit_metric
        if callable(self.scoring) and self.multimetric_:
            scores = (fold["test_scores"] for fold in flat_folds(list(self.trials_.record)))
            first = next(score for score in scores if isinstance(score, dict))  # a failed fold may have a number
            self._check_refit_for_multimetric(first)
            refit_metric = self.refit
        self.scorer_ = scorers_by_name(run.scorer)
        best_loss = self.trials_.best_loss
        if best_loss is not None:
            self.best_loss_ = best_loss
        if self.refit or not self.multimetric_:
            self.best_index_ = self._select_best_index(self.refit, refit_metric, self.cv_results_)
            if not callable(self.refit):
                self.best_score_ = self.cv_results_[f"mean_test_{refit_metric}"][self.best_index_]
            self.best_params_ = self.cv_results_["params"][self.best_index_]

    def _refit(self, run: SearchRun) -> None:
        """Fit the best candidate on all data, if `refit` asks for it."""
        if self.refit:
            function, fit_params = run.objective.function, run.fit_params
            self.best_estimator_ = self._best_candidate(clone(function.estimator))
            with run.tree.refit(self.best_estimator_):
                start = time.time()
                if function.y is None:
                    self.best_estimator_.fit(function.X, **fit_params)
                else:
                    self.best_estimator_.fit(function.X, function.y, **fit_params)
                self.refit_time_ = time.time() - start
            if hasattr(self.best_estimator_, "feature_names_in_"):
                self.feature_names_in_ = self.best_estimator_.feature_names_in_
        run.tree.end()

    def _best_candidate(self, base: Any) -> Any:
        """`base` with the best parameters, and the number of iterations where its folds stopped early."""
        best = finished_trials(list(self.trials_.record))[self.best_index_]
        folds = best.outcome.folds if best.outcome is not None else ()
        candidate = base.set_params(**clone(self.best_params_, safe=False))
        params = refit_params(*([fold.get(key, {}) for fold in folds] for key in (BEST_ITERATIONS, DERIVED_PARAMS)))
        if params:  # an estimator's own set_params may not take an empty call
            candidate.set_params(**params)
        return candidate

    # ------------------------------------------------------------------ for the plots
    def _log_scales(self) -> dict[str, bool]:
        """Whether each parameter has a logarithmic scale in the space."""
        scales: dict[str, bool] = {}
        for setting in settings(ParameterSpace(self.space, self.estimator)):
            log = getattr(setting.node.distribution, "log", None)
            if setting.parameter is not None and setting.is_direct and log is not None:
                scales[setting.parameter] = scales.get(setting.parameter, False) or bool(log)
        return scales

    def _seconds_on_the_clock(self) -> NDArray[np.float64] | None:
        """When each candidate finished, from the start of the search; None where that is not recorded."""
        rows = finished_trials(list(self.trials_.record))
        finished, started = np.array([t.finished for t in rows]), np.array([t.started for t in rows])
        return None if not len(rows) or np.isnan(finished).any() else finished - np.nanmin(started)


class _ForgetFormerFit(Callback):
    """Deletes the fitted attributes when the search begins: an error before that leaves a former fit as it was."""

    def __init__(self, search: FittedSearch) -> None:
        self.search = search
        self.is_forgotten = False

    def on_search_begin(self, trials: Trials, search: Mapping[str, Any]) -> None:
        attributes = vars(self.search)
        for name in [name for name in attributes if name.endswith("_") and name != "n_splits_"]:
            delattr(self.search, name)
        self.search.trials_ = trials
        self.is_forgotten = True
