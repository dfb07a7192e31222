"""One ``fit``: all that it needs, checked before the first fit of a candidate."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeAlias

from sklearn.base import clone, is_classifier
from sklearn.model_selection import check_cv

from .._texts import public_repr
from ..exceptions import add_note
from ..executors import Executor, local_executor
from ..hyperopt._algorithm import has_model, resolve_algo
from ..hyperopt._translate import as_trials
from ..optimize import (
    Callback,
    Plan,
    Stopper,
    Window,
    check_positive_integer,
    check_threshold,
    check_timeout,
    entropy_of,
    launch,
    stop_at_loss,
    stoppers,
)
from ..space import Point, Space, point_key
from ..space._coercion import EXAMPLE
from ..suggest import SuggestAlgorithm, grid
from ..trials import EARLIER, GIVEN, Trials, check_other_file
from ._callbacks import collect_callbacks, describe_search, say
from ._checks import check_estimator, check_is_no_class, check_pairs, check_parts, check_rows, check_target
from ._compat import (
    check_method_params,
    indexable,
    is_multimetric_scorer,
    is_passthrough_scorer,
    returns_one_score,
    scorers_by_name,
    strict_scorer,
)
from ._curve_limits import CurveLimits
from ._describe import sets_estimators
from ._earlier import learn_from_earlier
from ._fingerprint import check_origin, fingerprint
from ._hopeless import stop_if_hopeless
from ._known_points import known_points
from ._limits import N_BYTES, Limits
from ._metric_bounds import bound_by_candidate, check_score_threshold, metrics_for
from ._other_ranges import check_ranges
from ._parameters import ParameterSpace
from ._points import as_points
from ._racing import Race, as_racing
from ._refit_checks import check_metric, check_simplest
from ._task_tree import TaskTree
from .early_stopping import check_early_stopping, contains_early_stopping
from .folds import FoldFunction, FoldObjective, Splits, draw_folds, make_step_cache

DEFAULT_MAX_EVALS = 50
How: TypeAlias = "tuple[SuggestAlgorithm, int, Window]"  # the algorithm, the number of candidates, who knows whom


@dataclass(frozen=True)
class SearchRun:
    """What one ``fit`` of `search` runs, and where."""

    search: Any
    parameters: ParameterSpace
    refit_metric: Any
    objective: FoldObjective
    executor: Executor
    tree: TaskTree
    callbacks: list[Callback]
    trials: Trials
    plan: Plan

    def __post_init__(self) -> None:
        check_origin(self.search, self.trials, self._fingerprint)

    @classmethod
    def prepare(cls, search: Any, X: Any, y: Any, params: Mapping[str, Any]) -> SearchRun:
        """Find everything that is wrong with an argument; nothing is fitted, and `search` does not change."""
        check_estimator(search.estimator)
        place = _place(search)
        place.raise_if_driver_objects(estimator=search.estimator, X=X, y=y, **params)
        check_ranges(search.space, stacklevel=4)
        parameters = ParameterSpace.of(search, X, y)
        check_early_stopping(search.estimator, parameters.space.root, params)
        parameters.check_names(search.estimator)
        check_simplest(search.refit, parameters)
        # From here on the order is GridSearchCV's, so that of two mistakes both searches name the same one.
        scorer, refit_metric = search._get_scorers()
        limits = _limits(search, scorer)
        check_target(search, y)
        X, y = indexable(X, y)
        params = check_method_params(X, params=params)
        routed = search._get_routed_params_for_fit(params)
        for metadata in (params, routed.estimator.fit, routed.scorer.score):
            check_rows(metadata, params, X)
        if isinstance(search.space, Mapping) and not search.space:
            raise ValueError(f"space={search.space!r} is empty, so there is nothing to search; {EXAMPLE}")
        splits = _draw_folds(search, X, y, routed.splitter.split)
        tree = TaskTree(search, X, y, params.get("sample_weight"), parameters.space.root)
        caller = search if tree.has_listeners else None
        settings = _fold_settings(search, scorer, routed)
        function = _fold_function(search, parameters, (X, y, splits), settings, caller, limits)
        metric = _objective_metric(search, scorer)
        trials, winners = _starting_trials(search, place, parameters, function, limits)
        algo, max_evals = _algorithm_and_budget(search, parameters.space)
        executor = _open_executor(search, place, max_evals * len(splits))
        window = _window(search, executor.capacity / len(splits))
        objective = FoldObjective(
            function,
            metric,
            _race(search, function, metric, window),
            tree.fold_context,
            is_metric_required=search.objective_metric is not None,
            limits=limits,
        )
        how = algo, max_evals, window
        first_points = _first_points(search, parameters, (X, y), trials, algo, winners)
        rules = stoppers(None, search.early_stop_fn, parameters.space)
        callbacks = collect_callbacks(search, place, objective, rules)
        for trial in trials.record:
            objective.remember(trial)
        plan = _plan(search, parameters, objective, how, rules, first_points)
        return cls(search, parameters, refit_metric, objective, executor, tree, callbacks, trials, plan)

    @property
    def n_splits(self) -> int:
        return len(self.objective.function.splits)

    def launch(self, first: Callback) -> str:
        """Run the loop, with `first` before the other callbacks; the reason why it ended."""
        max_evals, n_points = self.plan.max_evals, self.plan.space.size
        if max_evals is not None and n_points is not None and max_evals < n_points:
            say(self.search, f"The search evaluates {max_evals} of {n_points} points; max_evals sets their number.")
        self.tree.begin_search(None if max_evals is None else max_evals * self.n_splits)
        path = self.search.trials_save_file
        callbacks = [first, *self.callbacks]
        reason = launch(self.plan, self.objective, self.executor, self.trials, callbacks, path, self._fingerprint)
        self.tree.end_search()
        return reason

    def _fingerprint(self) -> dict[str, Any]:
        return self._described

    @cached_property
    def _described(self) -> dict[str, Any]:
        limits = {name: list(pair) for name, pair in self.objective.limits.pairs().items()}
        return fingerprint(self.search, self.plan, self.objective.function, self.trials.record, limits)


# ---------------------------------------------------------------------- folds
def _draw_folds(search: Any, X: Any, y: Any, split_params: Mapping[str, Any]) -> Splits:
    check_is_no_class("cv", search.cv)
    cv = check_cv(search.cv, y, classifier=is_classifier(search.estimator))
    check_pairs(getattr(cv, "cv", ()))
    splits = draw_folds(cv, X, y, split_params, cv.get_n_splits(X, y, **split_params))
    check_parts(splits, search.cv)
    return splits


def _fold_settings(search: Any, scorer: Any, routed: Any) -> dict[str, Any]:
    """Keywords of scikit-learn's fold routine."""
    return {
        "scorer": strict_scorer(scorer),
        "fit_params": routed.estimator.fit,
        "score_params": routed.scorer.score,
        "return_train_score": search.return_train_score,
        "error_score": search.error_score,
        "verbose": search.verbose if search.verbose > 1 else 0,  # 1 is the line of progress
    }


def _fold_function(
    search: Any,
    parameters: ParameterSpace,
    data: tuple[Any, Any, Splits],
    settings: Mapping[str, Any],
    caller: Any,
    limits: Limits,
) -> FoldFunction:
    base, (X, y, splits) = clone(search.estimator), data
    return FoldFunction(
        base,
        parameters,
        X,
        y,
        splits,
        settings,
        cache=make_step_cache(search.step_cache, X),
        search=caller,
        measures_size=N_BYTES in limits.columns,
        has_early_stopping=contains_early_stopping(base, parameters.space.root),
    )


def _limits(search: Any, scorer: Any) -> Limits:
    """The limits, checked together with the columns that `refit` names."""
    metrics: list[str] | None = ["score"]
    if is_multimetric_scorer(scorer):
        metrics = list(scorers_by_name(scorer))
    elif callable(search.scoring) and not returns_one_score(scorer):
        metrics = None  # only its result would tell its metrics
    if not callable(search.scoring):
        check_metric(search.refit, metrics or [], has_train_scores=search.return_train_score)
    return Limits.of(search.limits, metrics, has_train_scores=search.return_train_score)


def _objective_metric(search: Any, scorer: Any) -> str | None:
    """The metric to optimise: `objective_metric`, else the one that `refit` names, else None for the first."""
    name: str | None = search.objective_metric or (search.refit if isinstance(search.refit, str) else None)
    if search.objective_metric is None or callable(search.scoring):
        return name
    if not is_multimetric_scorer(scorer):
        raise ValueError(
            f"objective_metric={public_repr(name)} chooses among several metrics, and "
            f"scoring={public_repr(search.scoring)} is one; write scoring={public_repr(name)}"
        )
    names = list(scorers_by_name(scorer))
    if name not in names:
        raise ValueError(f"objective_metric={public_repr(name)} is not one of the metrics in scoring: {names}")
    return name


def _race(search: Any, function: FoldFunction, metric: str | None, window: Window) -> Race | None:
    scorer = function.settings["scorer"]
    is_multimetric = is_multimetric_scorer(scorer)
    racing = as_racing(
        search.racing,
        n_splits=len(function.splits),
        refit=search.refit,
        return_train_score=search.return_train_score,
        objective_metric=search.objective_metric,
        has_objective=not is_multimetric or metric is not None,
    )
    if racing is None:
        return None
    scorers = scorers_by_name(scorer)
    objective_scorer = scorers[metric] if is_multimetric else scorers
    bound = bound_by_candidate(objective_scorer, function.estimator, function.parameters, function.settings)
    metrics = metrics_for(objective_scorer, function.estimator, function.settings)
    follows = racing.rule == "auto" and function.has_early_stopping and metrics
    return Race(racing, window, bound, search.error_score, CurveLimits(metrics) if follows else None)


# ---------------------------------------------------------------------- the plan
def _open_executor(search: Any, place: Trials, n_tasks: int) -> Executor:
    limit = check_timeout(search.trial_timeout, "trial_timeout")
    executor: Executor | None = place.open_executor(task_timeout=limit, n_tasks=n_tasks)
    return local_executor(search.n_jobs, task_timeout=limit) if executor is None else executor


def _window(search: Any, n_candidates_at_once: float) -> Window:
    ahead = search.max_queue_len
    if ahead is not None:
        check_positive_integer("max_queue_len", ahead)
    if search.random_state is None:
        return Window(None)  # nothing can be repeated, so no suggestion waits for an outcome
    return Window(max(2, 1 + math.ceil(n_candidates_at_once)) if ahead is None else int(ahead))


def _place(search: Any) -> Trials:
    """Where to run and what to learn from."""
    check_other_file(search.trials, search.trials_save_file)
    return as_trials(search.trials)


def _starting_trials(
    search: Any, place: Trials, parameters: ParameterSpace, function: FoldFunction, limits: Limits
) -> tuple[Trials, list[Point]]:
    """Trials with an empty record, or with ``warm_start`` those of the last fit; and what to try first."""
    if not (search.warm_start and hasattr(search, "trials_")):
        trials = place.fresh()
        trials.earlier = ()  # the record holds what it needs of them
        first = learn_from_earlier(search, place, trials, parameters, function)
        trials.record.prior_trials = tuple(map(limits.judge_earlier, trials.record.prior_trials))
        return trials, first
    last: Trials = search.trials_
    if last.labels != parameters.space.labels:
        raise ValueError(
            f"warm_start=True: this search is over {parameters.space.labels}, the last fit was over {last.labels}; "
            "set warm_start=False to start anew"
        )
    return last, []


def _plan(
    search: Any,
    parameters: ParameterSpace,
    objective: FoldObjective,
    how: How,
    rules: Sequence[Stopper],
    first_points: list[Point],
) -> Plan:
    (algo, max_evals, window), space, constraints = how, parameters.space, search.constraints
    accepts = None if constraints is None else lambda point: _accepts(constraints, parameters.params(point))
    if algo is grid.suggest:
        algo = partial(grid.suggest, after=first_points, accepts=accepts)
    return Plan(
        space=space,
        algo=algo,
        entropy=entropy_of(search.random_state),
        max_evals=max_evals,
        window=window,
        timeout=check_timeout(search.timeout),
        stoppers=[
            *_score_stopper(search, parameters, objective),
            *rules,
            lambda trials: "callback" if objective.asked_to_stop else None,
            stop_if_hopeless(objective.metric_name),
        ],
        first_points=first_points,
        repeats=False,
        accepts=accepts,
        description=describe_search(search, max_evals, parameters, objective.function.X, objective.function.y),
    )


def _first_points(
    search: Any, parameters: ParameterSpace, data: tuple[Any, Any], trials: Trials, algo: Any, winners: list[Point]
) -> list[Point]:
    """What is evaluated before the algorithm is asked; the record of `trials` notes where each came from."""
    points = as_points(parameters, search.points_to_evaluate)
    origins = {point_key(point): GIVEN for point in points}
    found = [(EARLIER, winner) for winner in winners if algo is not grid.suggest]
    # An algorithm without a model is the user's own, or shall stay pure; trials of this data know the space better.
    if search.first_points is not None and has_model(algo) and not trials.record.prior_trials:
        found.extend(known_points(parameters, search.estimator, *data))
    for origin, point in found:
        is_accepted = search.constraints is None or _accepts(search.constraints, parameters.params(point))
        if point_key(point) not in origins and is_accepted:
            points.append(point)
            origins[point_key(point)] = origin
    trials.record.origins = {**trials.record.origins, **origins}
    return points


def _accepts(constraints: Any, params: dict[str, Any]) -> bool:
    """What ``constraints(params)`` answers; an error says what it is called with."""
    try:
        answer = constraints(params)
    except Exception as error:
        add_note(error, "constraints is called with one dict: constraints=lambda params: params['C'] < 10")
        raise
    if answer is None:
        raise TypeError("constraints must return True or False, got None; does the function end with a return?")
    return bool(answer)


def _score_stopper(search: Any, parameters: ParameterSpace, objective: FoldObjective) -> list[Stopper]:
    """What ends the search at ``score_threshold``; ValueError where every score ends it, or none can."""
    threshold = check_threshold(search.score_threshold, "score_threshold")
    if threshold is None:
        return []
    scorers = scorers_by_name(objective.function.settings["scorer"])
    scorer = scorers.get(objective.metric) or next(iter(scorers.values())) if isinstance(scorers, dict) else scorers
    # A candidate that brings another estimator may also bring another score method.
    if not (is_passthrough_scorer(scorer) and sets_estimators(parameters)):
        check_score_threshold(threshold, scorer, search.estimator)
    return [stop_at_loss(-threshold, "score_threshold")]


def _algorithm_and_budget(search: Any, space: Space) -> tuple[SuggestAlgorithm, int]:
    """The algorithm and the number of candidates; a space that is no larger than `max_evals` is enumerated."""
    algo, max_evals = resolve_algo(search.algo), DEFAULT_MAX_EVALS
    if search.max_evals is not None:
        max_evals = check_positive_integer("max_evals", search.max_evals)
    if space.size is None or space.size > max_evals:
        return algo, max_evals
    if space.size < max_evals and search.max_evals is not None:
        warnings.warn(
            f"The total space of parameters {space.size} is smaller than max_evals={max_evals}. "
            f"Running {space.size} iterations. For exhaustive searches, use GridSearchCV.",
            UserWarning,
            stacklevel=2,
        )
    return grid.suggest, space.size  # every point once, in GridSearchCV's order
