"""What distinguishes one search with cross-validation from another, for its save file."""

from __future__ import annotations

import inspect
from typing import Any

from ..hyperopt._algorithm import resolve_algo
from ..optimize import Plan
from ..trials import Record, describe_space, digest, text_of
from .folds import FoldFunction


def fingerprint(search: Any, plan: Plan, function: FoldFunction, record: Record) -> dict[str, Any]:
    """Everything that scores and suggestions depend on; n_jobs, max_evals and timeouts are not among it."""
    fixed = function.estimator.get_params(deep=False)
    prior = [(trial.point, trial.model_loss) for trial in record.prior_trials]
    return {
        "estimator": text_of(type(function.estimator)),
        "parameters of the estimator": {name: _short(value) for name, value in sorted(fixed.items())},
        "space": describe_space(plan.space),
        "scoring": text_of(search.scoring),
        "refit": text_of(search.refit if isinstance(search.refit, str) else None),
        "objective_metric": search.objective_metric,
        "error_score": text_of(search.error_score),
        "return_train_score": bool(search.return_train_score),
        "cv (it draws other folds in every run unless its random_state is set)": digest(
            [part for fold in function.splits for part in map(digest, fold)]
        ),
        "X": digest(function.X),
        "y": digest(function.y),
        "fit parameters": {name: digest(value) for name, value in sorted(function.settings["fit_params"].items())},
        "score parameters": digest(dict(function.settings["score_params"]))
        if function.settings["score_params"]
        else None,
        "algo": text_of(inspect.unwrap(resolve_algo(search.algo))),
        "racing": text_of(search.racing),
        "constraints": text_of(search.constraints),
        "random_state": None if search.random_state is None else plan.entropy,
        **({"trials": _short(prior)} if prior else {}),
    }


def _short(value: Any) -> str:
    text = text_of(value)
    return text if len(text) <= 200 else digest(text)
