"""The arguments of other searches, and what they are called here.

>>> KEYWORDS["param_grid"], KEYWORDS["loss_threshold"](-0.98)
('space', 'score_threshold=0.98')
"""

from __future__ import annotations

from numbers import Real
from typing import Any

from .._keywords import WRITE_STOP, Meant


def _score_of(loss: Any) -> str:
    """The score that a loss stands for."""
    return f"score_threshold={-float(loss):g}" if isinstance(loss, Real) else "score_threshold=..., minus the loss"


_SPACE = ("param_grid", "param_distributions", "search_spaces", "params", "param_space", "grid", "search_space")
_NUMBER = (
    "n_iter",
    "n_trials",
    "n_calls",
    "num_samples",
    "num_evals",
    "n_evals",
    "max_iter",
    "iterations",
    "trials_num",
)
_SEED = ("seed", "rstate", "random_seed", "rng")
_WORKERS = ("n_workers", "num_workers", "n_threads", "nthread", "parallelism", "n_cpus")
_METRIC = ("metric", "metrics", "scorer", "score", "eval_metric")
_FOLDS = ("folds", "n_folds", "n_splits", "kfold", "splitter")
_SECONDS = ("time_budget", "time_budget_s", "max_time", "max_run_time", "time_limit", "train_time_limit")
_POINTS = ("initial_points", "x0", "initial_params", "warm_start_params", "low_cost_partial_config")
_ALGORITHM = ("optimizer", "sampler", "method", "search_algo", "search_optimization", "suggest")

KEYWORDS: Meant = {
    **dict.fromkeys(_SPACE, "space"),
    **dict.fromkeys(_NUMBER, "max_evals"),
    **dict.fromkeys(_SEED, "random_state"),
    **dict.fromkeys(_WORKERS, "n_jobs"),
    **dict.fromkeys(_METRIC, "scoring"),
    **dict.fromkeys(_FOLDS, "cv"),
    **dict.fromkeys(_SECONDS, "timeout"),
    **dict.fromkeys(_POINTS, "points_to_evaluate"),
    **dict.fromkeys(_ALGORITHM, "algo"),
    **dict.fromkeys(("early_stopping", "early_stop", "patience"), WRITE_STOP),
    **dict.fromkeys(("pruner", "pruning"), 'Write racing="auto"'),
    **dict.fromkeys(("storage", "save_file", "checkpoint", "study_name"), 'Write trials_save_file="search.db"'),
    **dict.fromkeys(("model", "clf", "regressor", "classifier", "pipeline"), "estimator"),
    **dict.fromkeys(
        ("outcome_constraints", "metric_constraints", "constraints_func"), 'Write limits={"mean_score_time": 0.01}'
    ),
    **dict.fromkeys(("study", "trial"), "Write trials=..., with Trials of an earlier search"),
    **dict.fromkeys(
        ("fit_params", "fit_kwargs"), "Pass the parameters of fit to fit: search.fit(X, y, sample_weight=...)"
    ),
    "callback": lambda callback: f"callbacks=[{type(callback).__name__}(...)]",
    "direction": "Leave it out: a search finds the highest score, and scoring='neg_...' negates an error",
    "iid": "Leave it out: a score is the mean over the folds",
    "loss_threshold": _score_of,
    "target": _score_of,
    "trials_save": "trials_save_file",
    "warm": "warm_start",
}
"""What arguments of GridSearchCV, RandomizedSearchCV, BayesSearchCV, OptunaSearchCV, fmin and others mean here."""

ATTRIBUTES = {
    **{name: f"{name}_" for name in ("best_params", "best_score", "best_estimator", "best_index", "cv_results")},
    **dict.fromkeys(("study_", "study", "optimizer_results_", "results_grid_", "trials_dataframe"), "trials_"),
    **dict.fromkeys(("best_trial_", "best_trial"), "trials_.best_trial"),
    **dict.fromkeys(("grid_scores_", "results_", "results", "search_results"), "cv_results_, or results_frame()"),
    **dict.fromkeys(("best_model", "best_model_", "model"), "best_estimator_"),
    **dict.fromkeys(("best_config", "best_config_", "best_parameters_"), "best_params_"),
    **dict.fromkeys(("best_value", "best_value_"), "best_score_"),
    "param_importances_": "importances_",
    "feature_importances_": "best_estimator_.feature_importances_",
    "coef_": "best_estimator_.coef_",
}
"""The attributes of other searches, and where the same is here."""
