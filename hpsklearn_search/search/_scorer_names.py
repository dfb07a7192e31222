"""Names of metrics that scikit-learn calls otherwise, or that are misspelt.

>>> unknown_scorer("mse")
"scoring='mse' is unknown. Did you mean scoring='neg_mean_squared_error'?"
>>> unknown_scorer(["accuracy", "f1_makro"])
"scoring=['accuracy', 'f1_makro']: 'f1_makro' is unknown. Did you mean 'f1_macro'?"
>>> unknown_scorer("accuracy") is None
True
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from sklearn.metrics import get_scorer_names

from .._texts import public_repr
from ..space import brief

# By the name without signs and in small letters; an error is negated, so that higher is better.
_MEANINGS: Mapping[str, Iterable[str]] = {
    "accuracy": ("acc", "error rate", "zero one loss"),
    "balanced_accuracy": ("balanced", "bacc", "bal acc", "balanced acc"),
    "roc_auc": ("auc", "roc", "auroc", "gini", "area under curve"),
    "average_precision": ("pr auc", "auprc", "aupr", "ap", "auc pr"),
    "recall": ("sensitivity", "tpr", "true positive rate"),
    "precision": ("ppv", "prec"),
    "jaccard": ("iou",),
    "matthews_corrcoef": ("mcc", "matthews", "phi"),
    "neg_log_loss": ("log loss", "cross entropy", "binary logloss", "multi logloss", "nll", "ce", "bce"),
    "neg_brier_score": ("brier", "brier score loss"),
    "top_k_accuracy": ("top k", "top5", "top 5 accuracy", "hits"),
    "r2": ("r squared", "r2 score", "rsq", "coefficient of determination"),
    "explained_variance": ("ev", "evs", "variance score"),
    "neg_mean_squared_error": ("mse", "l2", "squared error", "squared loss"),
    "neg_root_mean_squared_error": ("rmse", "root mse"),
    "neg_mean_absolute_error": ("mae", "l1", "mad", "absolute error"),
    "neg_median_absolute_error": ("medae", "median error"),
    "neg_mean_absolute_percentage_error": ("mape", "percentage error"),
    "neg_mean_squared_log_error": ("msle",),
    "neg_root_mean_squared_log_error": ("rmsle",),
    "neg_max_error": ("max error", "maximum error", "linf"),
    "neg_mean_poisson_deviance": ("poisson", "poisson deviance"),
    "neg_mean_gamma_deviance": ("gamma", "gamma deviance"),
    "adjusted_rand_score": ("ari", "rand index", "adjusted rand"),
    "normalized_mutual_info_score": ("nmi",),
    "adjusted_mutual_info_score": ("ami",),
}

# Metrics without a scorer of that name.
_TO_BE_MADE = {
    "kappa": "make_scorer(cohen_kappa_score)",
    "cohenkappa": "make_scorer(cohen_kappa_score)",
    "qwk": 'make_scorer(cohen_kappa_score, weights="quadratic")',
    "f2": "make_scorer(fbeta_score, beta=2)",
    "fbeta": "make_scorer(fbeta_score, beta=2)",
    "specificity": "make_scorer(recall_score, pos_label=0)",
    "tnr": "make_scorer(recall_score, pos_label=0)",
    "pinball": "make_scorer(mean_pinball_loss, greater_is_better=False)",
}


def unknown_scorer(scoring: Any, owner: str = "HyperoptSearchCV") -> str | None:
    """What is wrong with the type of `scoring`, or with the first unknown name in it; None if nothing is."""
    if isinstance(scoring, set | frozenset):
        as_list = public_repr(sorted(scoring, key=str))
        return f"scoring={public_repr(scoring)} is a set, which has no order; write scoring={as_list}"
    if scoring is not None and not callable(scoring) and not isinstance(scoring, str | list | tuple | Mapping):
        return (
            f"The 'scoring' parameter of {owner} must be the name of a scorer, a function scoring(estimator, X, y), or "
            f"a list or dict of these. Got {public_repr(scoring)} of type {type(scoring).__name__} instead."
        )
    if isinstance(scoring, str):
        # Where nothing is near, the words are scikit-learn's.
        stranger = (
            f"The 'scoring' parameter of {owner} must be the name of a scorer. Got {public_repr(scoring)} instead."
        )
        known = scoring in get_scorer_names()
        return None if known else _complaint(scoring, "scoring=", f"scoring={public_repr(scoring)}", stranger)
    values = scoring.values() if isinstance(scoring, Mapping) else scoring
    if not isinstance(values, Iterable):
        return None
    unknown = [name for name in values if isinstance(name, str) and name not in get_scorer_names()]
    if not unknown:
        return None
    return _complaint(unknown[0], "", f"scoring={brief(scoring, most=100)}: {public_repr(unknown[0])}")


def _complaint(name: str, prefix: str, subject: str, stranger: str | None = None) -> str:
    plain = _plain(name)
    if plain in _TO_BE_MADE:
        return f"{subject} is unknown. Write scoring={_TO_BE_MADE[plain]}, from sklearn.metrics"
    near = _of_this_meaning(plain) or next(iter(get_close_matches(name.lower(), get_scorer_names(), n=1)), None)
    if near:
        return f"{subject} is unknown. Did you mean {prefix}{near!r}?"
    return f"{stranger or f'{subject} is unknown.'} sklearn.metrics.get_scorer_names() lists the names"


def _of_this_meaning(plain: str) -> str | None:
    """The scorer of this name without signs, prefixes and endings, or of this meaning."""
    names = [name for name in get_scorer_names() if "_scorer" not in name]
    words = {_plain(word): scorer for scorer, words in _MEANINGS.items() for word in words if scorer in names}
    words |= {_plain(name): name for name in names}
    parts = {plain, plain.removeprefix("negative").removeprefix("neg"), f"neg{plain}", plain.removesuffix("score")}
    return next((words[part] for part in (plain, *sorted(parts)) if part in words), None)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
