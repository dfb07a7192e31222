"""One ``fit``: all that it needs, checked before the first fit of a candidate."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sklearn.base import clone, is_classifier
from sklearn.model_selection import check_cv

from ..executors import Executor, local_executor
from ..hyperopt._algorithm import resolve_algo
from ..hyperopt._translate import as_trials
from ..optimize import (
    Callback,
    Plan,
    Window,
    check_loss_threshold,
    check_positive_integer,
    check_timeout,
    entropy_of,
    launch,
    stoppers,
)
from ..space import Space, parse_point
from ..suggest import SuggestAlgorithm, grid
from ..trials import Trials
from ._callbacks import collect_callbacks, describe_search
from ._compat import (
    check_method_params,
    indexable,
    is_multimetric_scorer,
    refusing_text,
    requires_y,
    scorers_by_name,
)
from ._fingerprint import fingerprint
from ._metric_bounds import highest_score
from ._parameters import ParameterSpace
from ._racing import Race, as_racing
from ._task_tree import TaskTree
from .early_stopping import contains_early_stopping
from .folds import FoldFunction, FoldObjective, Splits, draw_folds, make_step_cache


@dataclass(frozen=True)
class SearchRun:
    """What one ``fit`` of `search` runs, and where."""

    search: Any
    parameters: ParameterSpace
    scorer: Any
    refit_metric: Any
    fit_params: Mapping[str, Any]
    objective: FoldObjective
    executor: Executor
    tree: TaskTree
    callbacks: list[Callback]
    trials: Trials
    plan: Plan

    @classmethod
    def prepare(cls, search: Any, X: Any, y: Any, params: Mapping[str, Any]) -> SearchRun:
        """Everything that can be wrong with an argument is found here."""
        _check_estimator(search.estimator)
        as_trials(search.trials).check_picklable(estimator=search.estimator, X=X, y=y, **params)
        parameters = ParameterSpace(search.space, search.estimator)
        parameters.check_names(search.estimator)
        scorer, refit_metric = search._get_scorers()
        if y is None and requires_y(search.estimator):
            kind = type(search).__name__
            raise ValueError(f"This {kind} estimator requires y to be passed, but the target y is None")
        X, y = indexable(X, y)
        params = check_method_params(X, params=params)
        routed = search._get_routed_params_for_fit(params)
        splits = _draw_folds(search, X, y, routed.splitter.split)
        weight = params.get("sample_weight")
        tree = TaskTree(search, X, y, None if weight is None else {"sample_weight": weight}, parameters.space.root)
        function = _fold_function(search, parameters, X, y, splits, scorer, routed, tree)
        metric = _objective_metric(search, scorer)
        executor = _open_executor(search)
        window = _window(search, executor)
        objective = FoldObjective(function, metric, _race(search, scorer, metric, window), tree.fold_context)
        callbacks = collect_callbacks(search, objective)
        trials = _starting_trials(search, parameters)
        for trial in trials.record:
            objective.remember(trial)
        plan = _plan(search, parameters, objective, window)
        fit_params = routed.estimator.fit
        return cls(
            search, parameters, scorer, refit_metric, fit_params, objective, executor, tree, callbacks, trials, plan
        )

    def launch(self, first: Callback) -> str:
        """Run the loop, with `first` before the other callbacks; the reason why it ended."""
        max_evals = self.plan.max_evals
        self.tree.begin_search(None if max_evals is None else max_evals * self.search.n_splits_)
        path = self.search.trials_save_file
        callbacks = [first, *self.callbacks]
        reason = launch(self.plan, self.objective, self.executor, self.trials, callbacks, path, self._fingerprint)
        self.tree.end_search()
        return reason

    def _fingerprint(self) -> dict[str, Any]:
        return fingerprint(self.search, self.plan, self.objective.function, self.trials.record)


def _check_estimator(estimator: Any) -> None:
    if isinstance(estimator, type):
        name = estimator.__name__
        raise TypeError(f"Expected an estimator instance ({name}()), got estimator class instead ({name}).")


def _draw_folds(search: Any, X: Any, y: Any, split_params: Mapping[str, Any]) -> Splits:
    search._checked_cv_orig = check_cv(search.cv, y, classifier=is_classifier(search.estimator))
    search.n_splits_ = search._checked_cv_orig.get_n_splits(X, y, **split_params)
    return draw_folds(search._checked_cv_orig, X, y, split_params, search.n_splits_)


def _fold_function(
    search: Any, parameters: ParameterSpace, X: Any, y: Any, splits: Splits, scorer: Any, routed: Any, tree: TaskTree
) -> FoldFunction:
    base = clone(search.estimator)
    return FoldFunction(
        base,
        parameters,
        X,
        y,
        splits,
        settings={
            "scorer": refusing_text(scorer),
            "fit_params": routed.estimator.fit,
            "score_params": routed.scorer.score,
            "return_train_score": search.return_train_score,
            "error_score": search.error_score,
            "verbose": search.verbose if search.verbose > 1 else 0,
        },
        cache=make_step_cache(search.step_cache, X),
        search=search if tree.has_listeners else None,
        has_early_stopping=contains_early_stopping(base, parameters.space.root),
    )


def _objective_metric(search: Any, scorer: Any) -> str | None:
    """The metric to optimise: `objective_metric`, else the one refitted on, else the first."""
    name: str | None = search.objective_metric or (search.refit if isinstance(search.refit, str) else None)
    if search.objective_metric is not None and is_multimetric_scorer(scorer):
        names = list(scorers_by_name(scorer))
        if name not in names:
            raise ValueError(f"objective_metric={name!r} is not one of the metrics in scoring: {names}")
    return name


def _open_executor(search: Any) -> Executor:
    limit = check_timeout(search.trial_timeout, "trial_timeout")
    n_tasks = check_positive_integer("max_evals", search.max_evals) * int(search.n_splits_)
    executor: Executor | None = as_trials(search.trials).open_executor(task_timeout=limit, n_tasks=n_tasks)
    return local_executor(search.n_jobs, task_timeout=limit) if executor is None else executor


def _window(search: Any, executor: Executor) -> Window:
    if search.random_state is None:
        return Window(None)
    if search.max_queue_len is None:
        return Window(max(2, 1 + math.ceil(executor.capacity / int(search.n_splits_))))
    return Window(check_positive_integer("max_queue_len", search.max_queue_len))


def _race(search: Any, scorer: Any, metric: str | None, window: Window) -> Race | None:
    is_multimetric = is_multimetric_scorer(scorer)
    racing = as_racing(
        search.racing,
        n_splits=search.n_splits_,
        refit=search.refit,
        return_train_score=search.return_train_score,
        has_objective=not is_multimetric or metric is not None,
    )
    if racing is None:
        return None
    objective_scorer = scorers_by_name(scorer)[metric] if is_multimetric else scorer
    return Race(racing, highest_score(objective_scorer, search.estimator), window)


def _starting_trials(search: Any, parameters: ParameterSpace) -> Trials:
    """Trials with an empty record, or with ``warm_start`` those of the last fit."""
    if not (search.warm_start and hasattr(search, "trials_")):
        earlier = as_trials(search.trials)
        fresh = earlier.fresh()
        fresh.record.prior_trials = earlier.prior_trials(parameters.space)
        return fresh
    trials: Trials = search.trials_
    if trials.labels != parameters.space.labels:
        raise ValueError(
            f"warm_start=True: the space has the labels {parameters.space.labels}, the last fit searched "
            f"{trials.labels}; set warm_start=False to start anew"
        )
    return trials


def _plan(search: Any, parameters: ParameterSpace, objective: FoldObjective, window: Window) -> Plan:
    space = parameters.space
    algo, max_evals = _algorithm_and_budget(search, space)
    constraints = search.constraints
    return Plan(
        space=space,
        algo=algo,
        entropy=entropy_of(search.random_state),
        max_evals=max_evals,
        window=window,
        timeout=check_timeout(search.timeout),
        stoppers=[
            *stoppers(check_loss_threshold(search.loss_threshold), search.early_stop_fn),
            lambda trials: "callback" if objective.asked_to_stop else None,
        ],
        first_points=[
            parse_point(space, point, within=False, options_first=True) for point in search.points_to_evaluate or ()
        ],
        repeats=False,
        accepts=None if constraints is None else lambda point: constraints(parameters.params(point)),
        description=describe_search(search, max_evals, parameters, objective.function.X),
    )


def _algorithm_and_budget(search: Any, space: Space) -> tuple[SuggestAlgorithm, int]:
    """The algorithm and the number of candidates; a space that is no larger than `max_evals` is enumerated."""
    algo, max_evals = resolve_algo(search.algo), check_positive_integer("max_evals", search.max_evals)
    if space.size is None or space.size > max_evals:
        return algo, max_evals
    if space.size < max_evals:
        warnings.warn(
            f"The total space of parameters {space.size} is smaller than max_evals={max_evals}. "
            f"Running {space.size} iterations. For exhaustive searches, use GridSearchCV.",
            UserWarning,
            stacklevel=2,
        )
    return grid.suggest, space.size  # every point once, in GridSearchCV's order
