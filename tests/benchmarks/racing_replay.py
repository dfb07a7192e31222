"""What racing changes: recorded searches, replayed with each rule.

    PYTHONPATH=. python tests/benchmarks/racing_replay.py [--seeds 12] [--candidates 60]

A search without racing is recorded: its candidates, in order of suggestion, with their scores on all five
folds. Then its candidates are judged again in that order by the rules of `Racing`, with all candidates
before known, or with W = 2 as a search with a seed knows them; with a rung, in its own order. Candidates,
and so all scores, are the same, and the best score among those that are not stopped is compared with the best
of all. A loss is given in standard errors of the best candidate's mean over its folds.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections.abc import Iterator
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine, make_classification
from sklearn.linear_model import ElasticNet, LogisticRegression
from sklearn.model_selection import KFold
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier

from hpsklearn_search import HyperoptSearchCV, Racing, hp
from hpsklearn_search.search._racing import Race

SCORES = NDArray[np.float64]
JOBS: dict[str, tuple[Any, dict[str, Any], Any, str, float | None]] = {
    "SVC, breast_cancer": (
        make_pipeline(StandardScaler(), SVC()),
        {"svc__C": hp.logrange("C", 1e-2, 1e3), "svc__gamma": hp.logrange("gamma", 1e-5, 1.0)},
        load_breast_cancer(return_X_y=True), "accuracy", 1.0,
    ),
    "SVR, diabetes": (
        make_pipeline(StandardScaler(), SVR()),
        {"svr__C": hp.logrange("C", 1e-1, 1e3), "svr__gamma": hp.logrange("gamma", 1e-4, 1.0)},
        load_diabetes(return_X_y=True), "r2", 1.0,
    ),
    "logistic, wine": (
        make_pipeline(StandardScaler(), LogisticRegression(solver="liblinear")),
        {"logisticregression__C": hp.logrange("C", 1e-3, 1e3), "logisticregression__l1_ratio": [0.0, 1.0]},
        (lambda X, y: (X, y == 1))(*load_wine(return_X_y=True)), "neg_log_loss", 0.0,
    ),
    "neighbours, iris": (
        KNeighborsClassifier(),
        {"n_neighbors": hp.uniformint("k", 1, 60), "p": hp.uniform("p", 1, 4), "weights": ["uniform", "distance"]},
        load_iris(return_X_y=True), "accuracy", 1.0,
    ),
    "tree, made rows": (
        DecisionTreeClassifier(random_state=0),
        {"max_depth": hp.uniformint("depth", 1, 12), "min_samples_leaf": hp.uniformint("leaf", 1, 50),
         "ccp_alpha": hp.logrange("alpha", 1e-5, 1e-1)},
        make_classification(600, 12, n_informative=5, flip_y=0.1, random_state=0), "roc_auc", 1.0,
    ),
    "elastic net, diabetes": (
        ElasticNet(),
        {"alpha": hp.logrange("alpha", 1e-4, 10.0), "l1_ratio": hp.uniform("ratio", 0, 1)},
        load_diabetes(return_X_y=True), "neg_root_mean_squared_error", 0.0,
    ),
    "neighbours, diabetes": (
        make_pipeline(StandardScaler(), KNeighborsRegressor()),
        {"kneighborsregressor__n_neighbors": hp.uniformint("k", 1, 80),
         "kneighborsregressor__weights": ["uniform", "distance"]},
        load_diabetes(return_X_y=True), "neg_mean_absolute_error", 0.0,
    ),
}  # fmt: skip
RULES = {
    "ceiling": Racing("ceiling"),
    "predictive, z=3": Racing("predictive"),
    "auto (z=3 or ceiling)": Racing(),
    "auto, z=4": Racing(z=4),
    "auto, z=2": Racing(z=2),
    "auto, first fold of 20": Racing(first_fold_of=20),
    "auto, z=3, first fold of 20": Racing(z=3, first_fold_of=20),
}


def recorded(seeds: int, candidates: int) -> Iterator[tuple[SCORES, float | None]]:
    """Fold scores of searches without racing, shape (candidates, folds), and the bound of the metric."""
    for name, (estimator, space, (X, y), scoring, bound) in JOBS.items():
        for algo in ("random", "tpe"):
            for seed in range(seeds):
                search = HyperoptSearchCV(
                    estimator, space, max_evals=candidates, algo=algo, scoring=scoring, random_state=seed,
                    cv=KFold(5, shuffle=True, random_state=seed), refit=False,
                ).fit(X, y)  # fmt: skip
                yield np.array([search.cv_results_[f"split{i}_test_score"] for i in range(5)]).T, bound
        print(f"recorded {name}", flush=True)


def replay(scores: SCORES, racing: Racing, bound: float | None, window: int | None) -> tuple[int, float]:
    """Fold fits, and the best mean among the candidates that are not stopped."""
    race = Race(racing, bound, window)
    fits, best = 0, -np.inf
    size = racing.first_fold_of or 1
    for first in range(0, len(scores), size):
        group = list(range(first, min(first + size, len(scores))))
        if race.rung is not None:
            for number in group:
                race.rung.note(number, scores[number, 0])
            race.rung.release()
            group.sort(key=lambda number: race.rung.position(number) or 0)
        for number in group:
            row = scores[number].tolist()
            stop = race.stop_after(number, row)
            fits += len(row) if stop is None else stop
            if stop is None:
                race.add(number, row)
                best = max(best, float(np.mean(row)))
            if race.rung is not None:
                race.rung.settle(number)
    return fits, best


def main() -> None:
    """Record, replay, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--candidates", type=int, default=60)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    begin = time.process_time()
    searches = list(recorded(arguments.seeds, arguments.candidates))
    print(f"{len(searches)} searches of {arguments.candidates} candidates ({time.process_time() - begin:.0f} s of CPU)")
    print(f"{'rule':30s}{'W':>6s}{'fits saved':>12s}{'lossy':>10s}{'largest loss / standard error':>32s}")
    for name, racing in RULES.items():
        for window in (None, 2):
            saved, losses = [], []
            for scores, bound in searches:
                fits, best = replay(scores, racing, bound, window)
                means = scores.mean(axis=1)
                error = scores[means.argmax()].std(ddof=1) / np.sqrt(scores.shape[1])
                saved.append(1 - fits / scores.size)
                losses.append((means.max() - best) / error if means.max() - best > 1e-12 else 0.0)
            lossy = sum(loss > 0 for loss in losses)
            print(
                f"{name:30s}{window or 'none':>6}{100 * np.mean(saved):>10.0f} %{lossy:>6d} of {len(losses)}"
                f"{max(losses):>24.2f}"
            )


if __name__ == "__main__":
    main()
