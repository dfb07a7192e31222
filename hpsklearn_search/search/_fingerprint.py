"""What distinguishes one search with cross-validation from another: for save files, warm starts and earlier trials."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Mapping
from typing import Any

from ..hyperopt._algorithm import named_algorithm, resolve_algo
from ..hyperopt._translate import as_trials
from ..optimize import Plan
from ..trials import (
    WORDS,
    NotComparable,
    Record,
    Trials,
    describe,
    describe_items,
    describe_space,
    differences,
    words_of_space,
)
from ._describe import parameter_names
from .folds import FoldFunction

CV = "cv (it draws other folds in every run unless its random_state is set)"
# A search may continue with another algorithm, and rules that concern new candidates alone.
MAY_CHANGE = {"algo", "racing", "constraints", "error_score", "random_state", "trials", WORDS}
# Losses of other searches may be compared if these are the same.
DATA_AND_METRIC = ("X", "y", "scoring", "refit", "objective_metric")


def fingerprint(search: Any, plan: Plan, function: FoldFunction, record: Record) -> dict[str, Any]:
    """Everything that scores and suggestions depend on; n_jobs, max_evals and timeouts are not among it."""
    prior = [(trial.point, trial.model_loss) for trial in record.prior_trials]
    values = {
        "estimator": type(function.estimator),
        "parameters of the estimator": function.estimator.get_params(deep=False),
        "space": plan.space,
        "scoring": search.scoring,
        "refit": search.refit if isinstance(search.refit, str) else None,
        "objective_metric": search.objective_metric,
        "error_score": search.error_score,
        "return_train_score": bool(search.return_train_score),
        CV: list(map(list, function.splits)),
        "X": function.X,
        "y": function.y,
        "fit parameters": dict(function.settings["fit_params"]),
        "score parameters": dict(function.settings["score_params"]) or None,
        "algo": named_algorithm(resolve_algo(search.algo)),
        "racing": search.racing,
        "constraints": search.constraints,
        **({"trials": prior} if prior else {}),
    }
    described = {name: _described(name, value) for name, value in values.items()}
    seed = None if search.random_state is None else plan.entropy
    words = words_of_space(plan.space, parameter_names(function.parameters))
    return {**described, "random_state": seed, WORDS: words}


def _described(name: str, value: Any) -> Any:
    if name == "space":
        return describe_space(value)
    if name in ("parameters of the estimator", "fit parameters"):
        return describe_items(name, value)
    return None if value is None else describe(name, value)


def check_origin(search: Any, trials: Trials, fingerprint: Callable[[], dict[str, Any]]) -> None:
    """Raise if a warm start would continue another search; warn if earlier trials are of other data or scores."""
    is_warm = bool(search.warm_start) and trials is getattr(search, "trials_", None)
    earlier = as_trials(search.trials)
    problem, current = "", None
    try:
        current = fingerprint()
    except NotComparable as error:
        problem = str(error)
    if is_warm:
        _check_same(trials.fingerprint, current, problem)
    elif len(earlier):
        trials.record.is_prior_foreign = _warn_of_other_data(earlier.fingerprint, current)
    trials.fingerprint = current


def _check_same(last: Mapping[str, Any] | None, current: Mapping[str, Any] | None, problem: str) -> None:
    if last is None or current is None:
        raise ValueError(
            "warm_start=True cannot find out whether this is the search of the last fit. "
            f"{problem or 'An argument of the last fit cannot be compared'}. Set warm_start=False to start anew"
        )
    changed = _differences(last, current, {*last, *current} - MAY_CHANGE, "in the last fit")
    if changed:
        raise ValueError(
            "warm_start=True continues the last fit, but this is a different search. Differences:\n  "
            + "\n  ".join(changed)
            + "\nRestore these settings, or set warm_start=False to start anew"
        )


def _warn_of_other_data(earlier: Mapping[str, Any] | None, current: Mapping[str, Any] | None) -> bool:
    """Whether the earlier trials are, or may be, of other data or another metric."""
    if earlier and current is None:
        text = "trials= may hold trials of a search on other data or with another metric; this cannot be found out"
        reason = "because an argument of this search cannot be compared. Their losses are compared by rank"
        warnings.warn(f"{text}, {reason}", UserWarning, stacklevel=2)
        return True
    changed = _differences(earlier, current, DATA_AND_METRIC, "in trials") if earlier and current else []
    if changed:
        warnings.warn(
            "trials= holds trials of a search on other data or with another metric, so their losses are compared by "
            "rank. Differences:\n  " + "\n  ".join(changed) + "\nPass trials=None to start anew",
            UserWarning,
            stacklevel=2,
        )
    return bool(changed)


def _differences(old: Mapping[str, Any], new: Mapping[str, Any], names: Collection[str], where: str) -> list[str]:
    first, second = ({name: value for name, value in whole.items() if name in names} for whole in (old, new))
    return differences(first, second, where)
