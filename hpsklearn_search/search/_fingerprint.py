"""What tells one search with cross-validation from another, for its save file."""

from __future__ import annotations

from typing import Any

from ..optimize import Plan, check_algo
from ..trials import Record, describe_space, digest, text_of
from ._folds import FoldWork

__all__ = ["fingerprint"]


def fingerprint(search: Any, plan: Plan, work: FoldWork, record: Record) -> dict[str, Any]:
    """All that scores and suggestions depend on: not n_jobs, max_evals, timeouts.

    Parameters
    ----------
    search : HyperoptSearchCV
        The search.
    plan : Plan
        What the loop was given.
    work : FoldWork
        Data, folds and settings.
    record : Record
        What the search starts from.

    Returns
    -------
    dict
        JSON values, by the name of the argument.
    """
    fixed = work.estimator.get_params(deep=False)
    known = [(trial.point, trial.model_loss) for trial in record.known]
    return {
        "estimator": text_of(type(work.estimator)),
        "parameters of the estimator": {name: _short(value) for name, value in sorted(fixed.items())},
        "space": describe_space(plan.space),
        "scoring": text_of(search.scoring),
        "refit": text_of(search.refit if isinstance(search.refit, str) else None),
        "objective_metric": search.objective_metric,
        "error_score": text_of(search.error_score),
        "return_train_score": bool(search.return_train_score),
        "cv (it draws other folds in every run unless its random_state is set)": digest(
            [part for fold in work.splits for part in map(digest, fold)]
        ),
        "X": digest(work.X),
        "y": digest(work.y),
        "fit parameters": {name: digest(value) for name, value in sorted(work.settings["fit_params"].items())},
        "score parameters": digest(dict(work.settings["score_params"])) if work.settings["score_params"] else None,
        "algo": text_of(check_algo(search.algo)),
        "racing": text_of(search.racing),
        "constraints": text_of(search.constraints),
        "random_state": None if search.random_state is None else plan.entropy,
        **({"trials": _short(known)} if known else {}),
    }


def _short(value: Any) -> str:
    text = text_of(value)
    return text if len(text) <= 200 else digest(text)
