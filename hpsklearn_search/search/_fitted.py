"""The fitted side of a search: its table, its best candidate, its model."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from inspect import getfile
from traceback import format_exc
from typing import Any, TypeVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._keywords import WRITE_STOP
from .._pandas import frame_of
from .._secrets_in_texts import without_secrets
from ..exceptions import add_note
from ..executors._streams import safe_logger
from ..hyperopt._algorithm import has_model, resolve_algo
from ..optimize import Callback
from ..space import Space, SpaceTable
from ..space._typing import FloatArray
from ..suggest import importance_intervals, parameter_importances
from ..trials import Trial, Trials
from ._after_fit import DERIVED, AfterFit
from ._compat import (
    BaseSearchCV,
    InvalidParameterError,
    insert_error_scores,
    num_samples,
    scorers_by_name,
    warn_or_raise_about_fit_failures,
)
from ._describe import parameter_names, settings, space_table
from ._evidence import metric_of
from ._hopeless import ALL_FAILED, raise_if_hopeless
from ._html import summary_html
from ._kept_folds import KeptFolds
from ._known_points import with_learned
from ._none_within import why_none_within
from ._other_ranges import check_ranges
from ._parameters import ParameterSpace
from ._results import (
    add_iteration_columns,
    add_limit_columns,
    add_partial_columns,
    first_failure,
    flat_folds,
    fold_runs,
    padded_folds,
    rank_losers_last,
)
from ._run import SearchRun
from ._score_errors import cure
from ._scorer_names import unknown_scorer
from ._secrets import public_results, shown_params
from ._simplest import Simplest

logger = safe_logger(__name__)
T = TypeVar("T")


# What is most often meant where an argument has a wrong type.
_CURES = {
    "callbacks": "Write callbacks=[...].",
    "early_stop_fn": f"{WRITE_STOP}.",
    "constraints": "Write a function of the parameters: constraints=lambda params: params['C'] < 10.",
    "cv": "Write a number of folds, or a splitter such as cv=ShuffleSplit(5, test_size=0.2).",
}


SCIKIT_LEARN = getfile(BaseSearchCV)


class FittedSearch(AfterFit):
    """What a search makes of its record, in addition to what scikit-learn's own searches offer."""

    n_splits_: int

    def _validate_params(self) -> None:
        """Validate as scikit-learn does, and say which scorer an unknown name probably means."""
        try:
            super()._validate_params()
        except ValueError as error:
            self._raise_if_unknown_scorer(error)
            for name in _CURES:
                if f"'{name}' parameter" in str(error):
                    raise InvalidParameterError(f"{error} {self._cure(name)}") from None
            raise

    def _cure(self, name: str) -> str:
        value = getattr(self, name)
        if name == "early_stop_fn" and isinstance(value, int) and value > 0:
            return _CURES[name].replace("(30)", f"({value})")
        if name == "early_stop_fn" and hasattr(value, "validation_fraction"):
            return (
                "EarlyStopping is no rule for the search but an estimator: write HyperoptSearchCV(EarlyStopping(...))."
            )
        return _CURES[name]

    def _get_scorers(self) -> Any:
        try:
            return super()._get_scorers()
        except ValueError as error:
            self._raise_if_unknown_scorer(error)
            raise

    def _raise_if_unknown_scorer(self, error: ValueError) -> None:
        # scikit-learn prints the set of all names, in an order that differs from process to process.
        complaint = unknown_scorer(self.scoring, type(self).__name__) if "'scoring' parameter" in str(error) else None
        if complaint is not None:
            raise InvalidParameterError(complaint) from None

    def results_frame(self) -> Any:
        """``cv_results_`` as a table, the best candidate first.

        Returns
        -------
        pandas.DataFrame
            One row for each candidate. The index, ``candidate``, is the row of `cv_results_`, so ``best_index_`` is a
            label of it. The row of ``best_index_`` comes first, the others in order of rank. The columns are rank,
            mean and standard deviation of the optimised score, then the parameters, then the rest. The last two
            columns are ``origin``, where the candidate came from (``"algorithm"``, ``"points_to_evaluate"``,
            ``"earlier search"``, ``"own values"``, ``"near own values"`` or ``"learned"``), and ``chosen``, which is
            True in the row of ``best_index_``.

        Raises
        ------
        NotInstalledError
            If pandas is not installed.
        """
        check_is_fitted(self, "cv_results_")
        frame = frame_of(self.cv_results_, what="results_frame()")
        rank = f"rank_test_{metric_of(self)}"
        first = [rank, *(rank.replace("rank", kind, 1) for kind in ("mean", "std"))]
        first += [key for key in frame if key.startswith("param_")]
        frame = frame[[*first, *frame.columns.difference(first, sort=False)]].sort_values(rank, kind="stable")
        best = getattr(self, "best_index_", frame.index[0])
        frame = frame.loc[[best, *frame.index.drop(best)]]  # a callable `refit` may choose any row
        frame["origin"] = [self.trials_.record.origin_of(trial) for trial in map(self._rows().__getitem__, frame.index)]
        frame["chosen"] = frame.index == getattr(self, "best_index_", None)
        return frame.rename_axis("candidate")

    # ------------------------------------------------------------------ in a notebook
    def _repr_html_inner(self) -> str:
        return summary_html(self, super()._repr_html_inner())

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        bundle: dict[str, str] = super()._repr_mimebundle_(**kwargs)
        return {kind: summary_html(self, text) if kind == "text/html" else text for kind, text in bundle.items()}

    def describe_space(self) -> SpaceTable:
        """Show how `space` is understood: each parameter with its values, when it is active, and the default.

        Where settings are known that were best on other data, a further column has the best one: see `first_points`.
        It can be called before and after `fit`.

        Returns
        -------
        SpaceTable
            It prints as a table, also in a notebook; ``as_dicts()`` gives its rows.

        Raises
        ------
        BadSearchSpace, TypeError, ValueError
            If `space` is no search space.

        Examples
        --------
        >>> from sklearn.svm import SVC
        >>> from hpsklearn_search import HyperoptSearchCV, hp
        >>> space = {"C": hp.logrange(1e-2, 1e2), "kernel": ["rbf", "poly"]}
        >>> HyperoptSearchCV(SVC(), space).describe_space()
        parameter  values                    active when  default  learned
        C          real in [0.01, 100], log  always       1        5550
        kernel     'rbf', 'poly'             always       'rbf'    'rbf'
        """
        check_ranges(self.space)
        parameters = ParameterSpace.of(self)
        table = space_table(parameters, self.estimator)
        begins_with_learned = self.first_points is not None and has_model(resolve_algo(self.algo))
        return with_learned(table, parameters, self.estimator) if begins_with_learned else table

    @property
    def importances_(self) -> dict[str, float]:
        """How much each parameter alone decides whether a candidate is good, the largest first.

        A parameter that several labels set is there for each of them, with the label in brackets. A parameter with
        a single value is left out. It is about the optimised metric, and is computed when it is first read. See
        `parameter_importances`.
        """
        trials = self.__dict__.get("trials_")
        if trials is None:
            raise AttributeError(f"importances_: this {type(self).__name__} is not fitted yet; call fit first")
        cached, n_trials, importances = self.__dict__.get("_importances", (None, 0, {}))
        if cached is not trials or n_trials != len(trials.record):
            try:
                importances = self._by_name(lambda space: parameter_importances(trials, space))
            except ValueError as error:  # too few losses: then there is no such attribute
                raise AttributeError(f"importances_: {error}") from None
            self._importances = trials, len(trials.record), importances
        return dict(importances)

    def importance_intervals(self, level: float = 0.9) -> dict[str, tuple[float, float]]:
        """How far each of `importances_` spreads if other candidates had been tried; it takes a second or more.

        Parameters
        ----------
        level : float, default=0.9
            The share of the repetitions that lie within an interval; see `suggest.importance_intervals`.

        Returns
        -------
        dict
            ``{name: (low, high)}`` in the order of `importances_`. An importance whose interval begins at 0 may
            be due to chance.

        Raises
        ------
        NotFittedError, ValueError
            If the search is not fitted, or fewer than two candidates have a score.
        """
        check_is_fitted(self, "trials_")
        return self._by_name(lambda space: importance_intervals(self.trials_, space, level=level))

    def _by_name(self, by_label: Callable[[Space], Mapping[str, T]]) -> dict[str, T]:
        """What `by_label` returns for the space, with names of parameters in place of labels."""
        parameters = ParameterSpace.of(self)
        names = parameter_names(parameters)
        return {names[label]: value for label, value in by_label(parameters.space).items()}

    # ------------------------------------------------------------------ the search and its results
    def _search(self, run: SearchRun) -> None:
        """Run the loop and make the table; where the loop raises, the finished candidates are kept."""
        reset = _Reset(self, run)
        try:
            self.stop_reason_ = run.launch(reset)
        except BaseException:
            if reset.is_done:
                self._keep_partial(run)
            raise
        self._tabulate(run)

    def _tabulate(self, run: SearchRun) -> None:
        """Make ``cv_results_`` of the finished candidates, and warn about failed ones as scikit-learn does."""
        rows = self._rows()
        if not rows:
            raise ValueError(self._why_no_candidate(run))
        folds = padded_folds(rows, self.n_splits_)
        self.n_trials_ = len(rows)
        if callable(self.scoring):
            insert_error_scores(folds, self.error_score)
        self.multimetric_ = isinstance(folds[0]["test_scores"], dict)
        # The table is set before anything is warned about: it stays also where warnings are errors.
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            params = [run.parameters.params(trial.point) for trial in rows]
            results = self._format_results(params, self.n_splits_, folds, {})
        # A warm start may go on without racing, with pruned candidates of an earlier fit.
        has_race = run.objective.race is not None or any(trial.was_pruned for trial in rows)
        if has_race:
            add_partial_columns(results, rows, run.objective.metric_name(folds[0]))
        add_iteration_columns(results, rows, self.n_splits_)
        if run.objective.limits:
            add_limit_columns(results, rows, run.objective.limits)
        self.cv_results_ = rank_losers_last(results, rows)
        try:
            warn_or_raise_about_fit_failures(flat_folds(rows), self.error_score)
        except ValueError as error:
            add_note(error, first_failure(rows, partial(shown_params, run.parameters)))
            if self.stop_reason_ == ALL_FAILED:
                add_note(
                    error, f"The search ended after {len(rows)} candidates, because all failed with the same error."
                )
            raise
        # scikit-learn warns about every NaN in the table; those of pruned candidates are meant to be there.
        if not has_race or any(trial.has_failed for trial in rows):
            for warning in [each for each in caught if each.filename == SCIKIT_LEARN]:  # not those of other threads
                warnings.warn(warning.message, stacklevel=2)

    def _why_no_candidate(self, run: SearchRun) -> str:
        if self.stop_reason_ != "exhausted":
            return f"no candidate finished (stopped by {self.stop_reason_}); give the search more time"
        n_points = run.plan.space.size
        return f"constraints: none of the {n_points} points is accepted; constraints(params) returned False for all"

    def _keep_partial(self, run: SearchRun) -> None:
        """Keep the results of the candidates that finished, and raise nothing in place of the error."""
        self.stop_reason_ = "interrupted"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._tabulate(run)
                if why_none_within(self) is None:
                    self._select(run)
        except Exception:
            logger.debug("no results to keep from the interrupted search\n%s", without_secrets(format_exc()))
        else:
            model = "; refit_best(X, y) fits the best of them" if hasattr(self, "best_params_") else ""
            logger.warning(
                "search interrupted: cv_results_ holds the %d candidates that finished%s", self.n_trials_, model
            )

    def _check_success(self, run: SearchRun) -> None:
        """Warn, or raise, where no candidate succeeded."""
        rows = self._rows()
        if self.stop_reason_ == ALL_FAILED:
            raise_if_hopeless(rows, self.scoring, run.objective.metric_name)
        decides_itself = callable(self.refit) or (self.multimetric_ and not self.refit)
        problem = None if decides_itself and not isinstance(self.refit, Simplest) else why_none_within(self)
        if problem is not None:
            raise ValueError(problem)
        if decides_itself or any(trial.is_ok or trial.was_pruned for trial in rows):
            return
        failures = [trial.outcome.failure for trial in rows if trial.outcome is not None]
        kinds = Counter(failure.kind for failure in failures if failure is not None)
        counts = ", ".join(f"{count} x {kind}" for kind, count in kinds.most_common())
        means = [value for key, value in self.cv_results_.items() if key.startswith("mean_test_")]
        if not np.isinf(means).any():
            nothing = f"None of the {len(rows)} candidates succeeded in every fold"
            chosen = "best_index_ is the first row with the highest mean score, although it failed in a fold"
            text = f"{nothing} ({counts}); {chosen}.{self._cure_of_scorer(rows, run)}"
            warnings.warn(text, UserWarning, stacklevel=4)
            return
        # GridSearchCV would make an infinite score the best one.
        first = next((failure for failure in failures if failure is not None), None)
        raise ValueError(
            f"None of the {len(rows)} candidates succeeded, and a mean test score is infinite, so there is no best one "
            f"({counts}). "
            f"cv_results_ shows their scores. The first failure:\n{first.traceback if first is not None else ''}"
        )

    def _cure_of_scorer(self, rows: list[Trial], run: SearchRun) -> str:
        """What would be right, where every fit succeeded and no score."""
        folds = flat_folds(rows)
        if any(fold["fit_error"] for fold in folds):
            return ""
        return f" {cure(self.scoring, run.objective.metric_name(folds[0]))}."

    def _select(self, run: SearchRun) -> None:
        """Set ``best_*`` and ``scorer_``, as far as `refit` and the metrics allow."""
        refit_metric = run.refit_metric
        if callable(self.scoring) and self.multimetric_:
            scores = (fold["test_scores"] for fold in flat_folds(list(self.trials_.record)))
            first = next(score for score in scores if isinstance(score, dict))  # a failed fold may have a number
            self._check_refit_for_multimetric(first)
            refit_metric = self.refit
        self.scorer_ = scorers_by_name(run.objective.function.settings["scorer"])
        best_loss = self.trials_.best_loss
        if self.refit or not self.multimetric_:
            self._select_row(refit_metric)
            best_loss = self._loss_of(self.best_index_, run)
        if best_loss is not None:
            self.best_loss_ = best_loss

    def _loss_of(self, row: int, run: SearchRun) -> float | None:
        """Minus the score of a row; of a pruned one, over the folds that ran; None if it failed."""
        trial = self._rows()[row]
        if trial.outcome is None or trial.has_failed:
            return None
        metric = run.objective.metric_name(trial.outcome.folds[0])
        column = "mean_test_score_partial" if trial.was_pruned else f"mean_test_{metric}"
        return -float(self.cv_results_[column][row])

    # ------------------------------------------------------------------ for the plots and the log
    def _public_results(self, *, as_hashes: bool = False) -> Mapping[str, Any]:
        """``cv_results_`` without the secrets that only labels name."""
        return public_results(ParameterSpace.of(self), self.cv_results_, as_hashes=as_hashes)

    def _log_scales(self) -> dict[str, bool]:
        """Whether each parameter has a logarithmic scale in the space."""
        scales: dict[str, bool] = {}
        for setting in settings(ParameterSpace.of(self)):
            log = getattr(setting.node.distribution, "log", None)
            if setting.parameter is not None and setting.is_direct and log is not None:
                scales[setting.parameter] = scales.get(setting.parameter, False) or bool(log)
        return scales

    def _seconds_on_the_clock(self) -> FloatArray | None:
        """Seconds from the start of the search to the end of each candidate; None where they are not recorded."""
        rows = self._rows()
        finished, started = np.array([t.finished for t in rows]), np.array([t.started for t in rows])
        return None if not len(rows) or np.isnan(finished).any() else finished - np.nanmin(started)

    def _fold_runs(self) -> list[tuple[int, str, float, float]]:
        """Row of the candidate, worker, start and duration of each fold."""
        return fold_runs(self._rows())


class _Reset(Callback):
    """Deletes the fitted attributes when the search begins: an error before that leaves a former fit as it was."""

    def __init__(self, search: FittedSearch, run: SearchRun) -> None:
        self.search = search
        self.run = run
        self.is_done = False

    def on_search_begin(self, trials: Trials, search: Mapping[str, Any]) -> None:
        for name in [name for name in vars(self.search) if name.endswith("_") or name in DERIVED]:
            delattr(self.search, name)
        self.search.trials_ = trials
        self.search.space_ = self.run.parameters.given
        self.search.n_splits_ = self.run.n_splits
        function = self.run.objective.function
        self.search._limits = self.run.objective.limits
        self.search._kept_folds = KeptFolds.of(function.splits, num_samples(function.X))
        self.is_done = True
