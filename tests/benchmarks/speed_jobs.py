"""Ten tuning jobs, each with a space that every library can be given; four are boosters that stop early.

A space is ``{parameter: (kind, ...)}``: ``("log", low, high)``, ``("float", low, high)``,
``("int", low, high)`` or ``("cat", options)``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine, make_classification
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from hpsklearn_search import EarlyStopping
from tests.benchmarks.real_tables import table

__all__ = ["BOOSTERS", "JOBS", "Job"]


@dataclass(frozen=True)
class Job:
    """What is tuned, on what, over which space."""

    estimator: Any
    space: dict[str, tuple[Any, ...]]
    data: Callable[[], tuple[Any, Any]]
    scoring: str
    is_classification: bool = True

    @property
    def cv(self) -> Any:
        """Five fixed folds."""
        folds = StratifiedKFold if self.is_classification else KFold
        return folds(5, shuffle=True, random_state=0)


def some_digits() -> tuple[Any, Any]:
    """Every other image of digits: a fit on all of them takes three times as long."""
    X, y = load_digits(return_X_y=True)
    return X[::2], y[::2]


def made_texts() -> tuple[list[str], Any]:
    """600 documents of 40 to 160 words from two overlapping vocabularies."""
    rng = np.random.default_rng(0)
    words = np.array([f"{a}{b}{c}" for a in "bcdfghklmn" for b in "aeiou" for c in "prstvxz"])
    common = 1 / np.arange(1, len(words) + 1)
    tilt = np.exp(0.35 * rng.standard_normal(len(words)))
    laws = [common / common.sum(), common * tilt / (common * tilt).sum()]
    y = np.arange(600) % 2
    return [" ".join(rng.choice(words, rng.integers(40, 160), p=laws[label])) for label in y], y


def made_rows() -> tuple[Any, Any]:
    """20,000 rows of 12 numbers, a tenth of the labels flipped."""
    found: tuple[Any, Any] = make_classification(
        20_000, 12, n_informative=8, n_clusters_per_class=4, flip_y=0.1, random_state=0
    )
    return found


def lightgbm() -> Any:
    """Up to 400 trees, until 20 in a row do not improve a tenth of the training rows."""
    from lightgbm import LGBMClassifier

    return EarlyStopping(LGBMClassifier(n_estimators=400, n_jobs=1, random_state=0, verbose=-1))


def xgboost() -> Any:
    """The same with XGBoost."""
    from xgboost import XGBRegressor

    return EarlyStopping(XGBRegressor(n_estimators=400, n_jobs=1, random_state=0))


LIGHTGBM = {
    "estimator__learning_rate": ("log", 0.02, 0.3),
    "estimator__num_leaves": ("int", 4, 64),
    "estimator__min_child_samples": ("int", 1, 100),
    "estimator__colsample_bytree": ("float", 0.3, 1.0),
    "estimator__reg_lambda": ("log", 1e-3, 10.0),
}
XGBOOST = {
    "estimator__learning_rate": ("log", 0.02, 0.3),
    "estimator__max_depth": ("int", 2, 10),
    "estimator__min_child_weight": ("log", 1.0, 100.0),
    "estimator__colsample_bytree": ("float", 0.3, 1.0),
    "estimator__subsample": ("float", 0.5, 1.0),
}
BOOSTERS = {
    "LightGBM, attrition": Job(lightgbm(), LIGHTGBM, lambda: table("attrition", 2000), "neg_log_loss"),
    "LightGBM, mlc_churn": Job(lightgbm(), LIGHTGBM, lambda: table("mlc_churn", 2000), "neg_log_loss"),
    "XGBoost, hotel_rates": Job(xgboost(), XGBOOST, lambda: table("hotel_rates", 2000), "r2", is_classification=False),
    "XGBoost, Chicago": Job(xgboost(), XGBOOST, lambda: table("Chicago", 2000), "r2", is_classification=False),
}

JOBS = {
    "SVC, breast_cancer": Job(
        make_pipeline(StandardScaler(), SVC()),
        {"svc__C": ("log", 1e-2, 1e3), "svc__gamma": ("log", 1e-5, 1.0), "svc__kernel": ("cat", ["rbf", "sigmoid"])},
        lambda: load_breast_cancer(return_X_y=True),
        "accuracy",
    ),
    "SVR, diabetes": Job(
        make_pipeline(StandardScaler(), SVR()),
        {"svr__C": ("log", 1e-1, 1e3), "svr__gamma": ("log", 1e-4, 1.0), "svr__epsilon": ("log", 1e-1, 1e2)},
        lambda: load_diabetes(return_X_y=True),
        "r2",
        is_classification=False,
    ),
    "scaler, PCA, SVC, digits": Job(
        make_pipeline(StandardScaler(), PCA(random_state=0), SVC()),
        {"pca__n_components": ("int", 8, 48), "svc__C": ("log", 1e-2, 1e3), "svc__gamma": ("log", 1e-4, 1.0)},
        some_digits,
        "accuracy",
    ),
    "random forest, wine": Job(
        RandomForestClassifier(n_estimators=25, random_state=0),
        {
            "max_depth": ("int", 1, 16),
            "max_features": ("float", 0.05, 1.0),
            "min_samples_leaf": ("int", 1, 20),
            "criterion": ("cat", ["gini", "entropy"]),
        },
        lambda: load_wine(return_X_y=True),
        "neg_log_loss",
    ),
    "tf-idf, logistic, made texts": Job(
        make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=300)),
        {
            "tfidfvectorizer__min_df": ("cat", [1, 2, 5]),
            "tfidfvectorizer__norm": ("cat", ["l1", "l2"]),
            "logisticregression__C": ("log", 1e-2, 1e4),
        },
        made_texts,
        "roc_auc",
    ),
    "gradient boosting, 20,000 rows": Job(
        HistGradientBoostingClassifier(max_iter=10, early_stopping=False, random_state=0),
        {
            "learning_rate": ("log", 1e-2, 1.0),
            "max_leaf_nodes": ("int", 4, 64),
            "min_samples_leaf": ("int", 1, 100),
            "l2_regularization": ("log", 1e-6, 1e2),
        },
        made_rows,
        "accuracy",
    ),
    **BOOSTERS,
}
