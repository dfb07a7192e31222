"""What distinguishes one search with cross-validation from another: for save files, warm starts and earlier trials."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from ..hyperopt._algorithm import named_algorithm, resolve_algo
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
SAME_SCORES = ("X", "y", "estimator", "parameters of the estimator", "scoring", "refit", "objective_metric")


def fingerprint(
    search: Any, plan: Plan, function: FoldFunction, record: Record, limited: Mapping[str, Any]
) -> dict[str, Any]:
    """Everything that scores and suggestions depend on; n_jobs, max_evals and timeouts are not among it."""
    values = {
        **_scores(search, function),
        "space": plan.space,
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
    }
    extra = {"limits": limited, "trials": _earlier(record)}
    described = {name: _described(name, value) for name, value in values.items()}
    seed = None if search.random_state is None else plan.entropy
    words = words_of_space(plan.space, parameter_names(function.parameters))
    # Files without limits or earlier trials have no such entry.
    return {**described, **{k: v for k, v in extra.items() if v}, "random_state": seed, WORDS: words}


def _earlier(record: Record) -> dict[str, str]:
    """How many trials of earlier searches the algorithm knows, and which."""
    prior: list[Any] = [(trial.point, trial.model_loss) for trial in record.prior_trials]
    others = [(earlier.units, earlier.losses) for earlier in record.earlier]
    n_trials = len(prior) + sum(len(losses) for _, losses in others)
    if not n_trials:
        return {}
    return {"number of earlier candidates": str(n_trials), "their points": describe("trials", [*prior, *others])}


def same_scores(search: Any, function: FoldFunction) -> dict[str, Any]:
    """The part of the fingerprint that says whether two losses can be compared."""
    values = {"X": function.X, "y": function.y, **_scores(search, function)}
    return {name: _described(name, value) for name, value in values.items()}


def _scores(search: Any, function: FoldFunction) -> dict[str, Any]:
    return {
        "estimator": type(function.estimator),
        "parameters of the estimator": function.estimator.get_params(deep=False),
        "scoring": search.scoring,
        "refit": search.refit if isinstance(search.refit, str) else None,
        "objective_metric": search.objective_metric,
    }


def _described(name: str, value: Any) -> Any:
    if name == "space":
        return describe_space(value)
    if name in ("parameters of the estimator", "fit parameters"):
        return describe_items(name, value)
    return None if value is None else describe(name, value)


def check_origin(search: Any, trials: Trials, fingerprint: Callable[[], dict[str, Any]]) -> None:
    """Note what the search is; raise if a warm start would continue another one."""
    problem, current = "", None
    try:
        current = fingerprint()
    except NotComparable as error:
        problem = str(error)
    if search.warm_start and trials is getattr(search, "trials_", None):
        _check_same(trials.fingerprint, current, problem)
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


def _differences(old: Mapping[str, Any], new: Mapping[str, Any], names: Collection[str], where: str) -> list[str]:
    first, second = ({name: value for name, value in whole.items() if name in names} for whole in (old, new))
    return differences(first, second, where)
