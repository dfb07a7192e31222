"""
How many fits does a grid need for the same score?
==================================================

A support vector machine on breast_cancer: forty candidates from ranges, beside ``GridSearchCV`` over a grid of
the same ranges.
"""

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, hp


def print_best_rows(results: dict, n: int = 5) -> None:
    """The first rows of ``cv_results_`` in order of rank."""
    names = sorted(name for name in results if name.startswith("param_"))
    print("rank    score      std " + "".join(f"{name.removeprefix('param_'):>13}" for name in names))
    for i in np.argsort(results["rank_test_score"], kind="stable")[:n]:
        values = [results[name][i] for name in names]
        shown = "".join(f"{value:>13.5g}" if isinstance(value, float) else f"{value:>13}" for value in values)
        score, std = results["mean_test_score"][i], results["std_test_score"][i]
        print(f"{results['rank_test_score'][i]:>4}  {score:.5f}  {std:.5f} {shown}")


def main() -> None:
    """Search, show what was found, and what a grid of the same ranges costs."""
    X, y = load_breast_cancer(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), SVC())

    space = {
        "svc__C": hp.loguniform("C", np.log(1e-2), np.log(1e3)),
        "svc__gamma": hp.loguniform("gamma", np.log(1e-5), np.log(1e0)),
        "svc__kernel": hp.choice("kernel", ["rbf", "poly"]),
    }
    search = HyperoptSearchCV(pipeline, space, max_evals=40, cv=5, n_jobs=2, random_state=0, verbose=1)
    search.fit(X, y)
    best = {name: float(f"{v:.4g}") if isinstance(v, float) else v for name, v in search.best_params_.items()}
    print(f"best parameters: {best}\n")
    print_best_rows(search.cv_results_)

    grid = {
        "svc__C": np.logspace(-2, 3, 20),
        "svc__gamma": np.logspace(-5, 0, 12),
        "svc__kernel": ["rbf", "poly"],
    }
    reference = GridSearchCV(pipeline, grid, cv=5, n_jobs=2).fit(X, y)
    print()
    for name, fitted in [("HyperoptSearchCV", search), ("GridSearchCV", reference)]:
        fits = len(fitted.cv_results_["params"]) * fitted.n_splits_
        print(f"{name + ':':17} {fits:>4} fits, best score {fitted.best_score_:.5f}")


if __name__ == "__main__":  # worker processes import this file
    main()
