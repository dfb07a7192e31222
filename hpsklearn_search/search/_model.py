"""The model of a search: the best candidate, fitted on all data, at the end of ``fit`` or by `refit_best`."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ..exceptions import add_note
from ..executors._streams import safe_logger
from ..trials import Trial, Trials
from ._callbacks import say
from ._compat import BaseSearchCV, check_method_params, indexable
from ._evidence import fold_scores, width_of_scores
from ._kept_folds import KeptFolds
from ._limits import NO_LIMITS, Limits
from ._none_within import why_none_within
from ._results import BEST_ITERATIONS, DERIVED_PARAMS, finished_trials, has_failed
from ._run import SearchRun
from ._simplest import FoldFacts, Simplest
from .early_stopping import refit_params

logger = safe_logger(__name__)

NO_MODEL = (
    "The search has a best candidate, but no model of it, because it ended before the refit was done. "
    "Call refit_best(X, y), which fits the best candidate; fit(X, y) would search anew"
)


class BestModel(BaseSearchCV):
    """A search with a table and a best candidate, and a model where it has been fitted."""

    trials_: Trials
    best_index_: int
    _kept_folds: KeptFolds
    _limits: Limits = NO_LIMITS

    def __sklearn_is_fitted__(self) -> bool:
        # An interrupted search has a table and no model.
        if self.refit and hasattr(self, "best_params_") and not hasattr(self, "best_estimator_"):
            raise NotFittedError(NO_MODEL)
        return hasattr(self, "best_estimator_" if self.refit else "cv_results_")

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import get_tags  # scikit-learn 1.6 and later, as is this method

        # scikit-learn's own searches leave out the estimator's tags of a transformer and of the target.
        tags, inner = super().__sklearn_tags__(), get_tags(self.estimator)
        tags.transformer_tags = deepcopy(inner.transformer_tags)
        tags.target_tags = deepcopy(inner.target_tags)
        return tags

    @available_if(lambda self: hasattr(self, "transform"))
    def fit_transform(self, X: Any, y: Any = None, **params: Any) -> Any:
        """``fit(X, y, **params).transform(X)``."""
        return self.fit(X, y, **params).transform(X)

    @available_if(lambda self: hasattr(self.estimator, "set_output"))
    def set_output(self, *, transform: str | None = None) -> BestModel:
        """Set the type that ``transform`` returns, in the estimator and in ``best_estimator_``; as in a transformer."""
        for estimator in (self.estimator, getattr(self, "best_estimator_", None)):
            if estimator is not None:
                estimator.set_output(transform=transform)
        return self

    def refit_best(self, X: Any, y: Any = None, **params: Any) -> BestModel:
        """Fit the best of the candidates that have finished on all data, as ``best_estimator_``.

        It completes a search that was interrupted, whose refit failed, or that ran with ``refit=False``. No fold is
        fitted again.

        Parameters
        ----------
        X, y : array-like
            Training data, most often those of the search.
        **params : dict
            Parameters of the estimator's ``fit``, as in `fit`.

        Returns
        -------
        HyperoptSearchCV
            The search. Where it has ``refit=False``, only ``best_estimator_`` predicts.

        Raises
        ------
        NotFittedError
            If no candidate has finished.
        ValueError
            With several metrics, if `refit` does not name the one that decides.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.svm import SVC
        >>> from hpsklearn_search import HyperoptSearchCV
        >>> X, y = load_iris(return_X_y=True)
        >>> search = HyperoptSearchCV(SVC(), {"C": [0.1, 1, 10]}, refit=False).fit(X, y)
        >>> search.refit_best(X, y).best_estimator_
        SVC(C=10)
        """
        check_is_fitted(self, "cv_results_")
        self._select_row("score" if not self.multimetric_ else self._deciding_metric())
        X, y = indexable(X, y)
        routed = self._get_routed_params_for_fit(check_method_params(X, params=params))
        self._fit_best(clone(self.estimator), X, y, routed.estimator.fit)
        return self

    def _deciding_metric(self) -> Any:
        names = [key.removeprefix("rank_test_") for key in self.cv_results_ if key.startswith("rank_test_")]
        if not callable(self.refit) and self.refit not in names:
            raise ValueError(
                f"refit={self.refit!r}: with several metrics, refit names the one that decides; write "
                f"set_params(refit={names[0]!r}).refit_best(X, y), with one of {names}"
            )
        return self.refit

    def _select_row(self, metric: Any) -> None:
        """Set what says which candidate is the best by `metric`, or by a callable `refit`."""
        problem = None if callable(self.refit) else why_none_within(self)
        if problem is not None:
            raise ValueError(problem)
        self.best_index_ = self._select_best_index(self._choice(), metric, self.cv_results_)
        if not callable(self.refit):
            self.best_score_ = self.cv_results_[f"mean_test_{metric}"][self.best_index_]
        self.best_params_ = self.cv_results_["params"][self.best_index_]

    def _choice(self) -> Any:
        """`refit`, which learns from the record what the table does not always show: failures, sizes of folds."""
        if not isinstance(self.refit, Simplest):
            return self.refit
        failed, folds = has_failed(self._rows(), self.refit.metric), self._kept_folds
        failed = np.zeros_like(failed) if failed.all() else failed
        scores = np.where(failed[:, None], np.nan, fold_scores(self.cv_results_, self.refit.metric))
        width = width_of_scores(self, scores, self.refit.metric)
        facts = FoldFacts(failed, folds.test_per_train, folds.n_test, width)
        return partial(self.refit.choose, facts=facts)

    def _rows(self) -> list[Trial]:
        """The trials that have a row in `cv_results_`, in its order."""
        return finished_trials(list(self.trials_.record))

    # ------------------------------------------------------------------ the refit
    def _refit(self, run: SearchRun) -> None:
        """Fit the best candidate on all data, if `refit` asks for it."""
        if self.refit:
            function = run.objective.function
            base = clone(function.estimator)
            self._fit_best(base, function.X, function.y, function.settings["fit_params"], run.tree.refit)
        run.tree.end()

    def _fit_best(self, base: Any, X: Any, y: Any, fit_params: Any, around: Any = None) -> None:
        """Fit `base` with the best parameters; it becomes the model when its fit is done, and not before."""
        model = self._best_candidate(base)
        say(self, f"The refit of candidate {self.best_index_} on all data begins.")
        context: AbstractContextManager[Any] = nullcontext() if around is None else around(model)
        start = time.time()
        try:
            with context:
                start = time.time()
                model.fit(X, *(() if y is None else (y,)), **fit_params)
                seconds = time.time() - start
        except BaseException as error:
            self._explain_failed_refit(error)
            raise
        self.best_estimator_, self.refit_time_ = model, seconds
        say(self, f"The refit took {seconds:.3g} s.")
        if hasattr(model, "feature_names_in_"):
            self.feature_names_in_ = model.feature_names_in_

    def _explain_failed_refit(self, error: BaseException) -> None:
        text = "cv_results_ and best_params_ are there, and refit_best(X, y) fits the best candidate again"
        if isinstance(error, Exception):
            add_note(error, f"The refit of the best candidate failed: {text}.")
        else:
            logger.warning("refit interrupted: %s", text)

    def _best_candidate(self, base: Any) -> Any:
        """`base` with the best parameters, and the number of iterations where its folds stopped early."""
        best = self._rows()[self.best_index_]
        folds = best.outcome.folds if best.outcome is not None else ()
        candidate = base.set_params(**clone(self.best_params_, safe=False))
        params = refit_params(*([fold.get(key, {}) for fold in folds] for key in (BEST_ITERATIONS, DERIVED_PARAMS)))
        if params:  # an estimator's own set_params may refuse an empty call
            candidate.set_params(**params)
        return candidate
