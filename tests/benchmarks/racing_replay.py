"""What racing changes: recorded searches, judged again by each rule.

    PYTHONPATH=. python tests/benchmarks/racing_replay.py record --file searches.jsonl [--seeds 100 108]
    PYTHONPATH=. python tests/benchmarks/racing_replay.py judge --file searches.jsonl

Searches without racing are recorded: their candidates, in order of suggestion, with their scores on all five
folds, which are drawn anew for each seed. Then a search's candidates are judged again in that order by the
rules of `Racing`, either with all earlier candidates known, or with those that a seeded search with W = 2
knows. Candidates and scores are the same, and the best score of the candidates that are not pruned is compared
with the best of all. A loss is given in standard errors of the best candidate's mean over its folds.
"""

from __future__ import annotations

import argparse
import json
import os
import warnings
from collections.abc import Iterable
from pathlib import Path
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
from hpsklearn_search.optimize import Window
from hpsklearn_search.search._racing import Race
from hpsklearn_search.trials import Trial

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
}


def record(file: Path, seeds: Iterable[int], candidates: int) -> None:
    """Add to the file the fold scores of searches without racing, one search a line."""
    for seed in seeds:
        for name, (estimator, space, (X, y), scoring, bound) in JOBS.items():
            for algo in ("random", None):
                search = HyperoptSearchCV(
                    estimator, space, max_evals=candidates, algo=algo, scoring=scoring, random_state=seed,
                    cv=KFold(5, shuffle=True, random_state=seed), refit=False,
                ).fit(X, y)  # fmt: skip
                scores = np.array([search.cv_results_[f"split{i}_test_score"] for i in range(5)]).T
                row = {"job": name, "algo": algo, "seed": seed, "bound": bound, "scores": scores.tolist()}
                with file.open("a") as lines:
                    lines.write(json.dumps(row) + "\n")
        print(f"recorded seed {seed}", flush=True)


def judge_search(scores: SCORES, racing: Racing, bound: float | None, window: int | None) -> tuple[int, float]:
    """Fold fits, and the best mean of the candidates that are not pruned."""
    race = Race(racing, Window(window), lambda point: bound)
    fits, best = 0, -np.inf
    for number, row in enumerate(scores.tolist()):
        length = race.pruned_after(Trial(number, {}), row)
        fits += len(row) if length is None else length
        if length is None:
            race.add(number, row)
            best = max(best, float(np.mean(row)))
    return fits, best


def judge(searches: list[dict[str, Any]]) -> None:
    """Judge each search by each rule, and print what is saved and lost."""
    print(f"{len(searches)} searches of {len(searches[0]['scores'])} candidates")
    print(f"{'rule':30s}{'W':>6s}{'fits saved':>12s}{'lossy':>10s}{'largest loss / standard error':>32s}")
    for name, racing in RULES.items():
        for window in (None, 2):
            saved, losses = [], []
            for search in searches:
                scores = np.array(search["scores"])
                fits, best = judge_search(scores, racing, search["bound"], window)
                means = scores.mean(axis=1)
                error = scores[means.argmax()].std(ddof=1) / np.sqrt(scores.shape[1])
                saved.append(1 - fits / scores.size)
                losses.append((means.max() - best) / error if means.max() - best > 1e-12 else 0.0)
            lossy = sum(loss > 0 for loss in losses)
            print(
                f"{name:30s}{window or 'none':>6}{100 * np.mean(saved):>10.0f} %{lossy:>6d} of {len(losses)}"
                f"{max(losses):>24.2f}"
            )


def main() -> None:
    """Record or judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["record", "judge"])
    parser.add_argument("--file", type=Path, nargs="+", required=True)
    parser.add_argument("--seeds", type=int, nargs=2, default=[100, 108], metavar=("FIRST", "END"))
    parser.add_argument("--candidates", type=int, default=50)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    if arguments.what == "record":
        record(arguments.file[0], range(*arguments.seeds), arguments.candidates)
    else:
        judge([json.loads(line) for file in arguments.file for line in file.read_text().splitlines()])


if __name__ == "__main__":
    main()
