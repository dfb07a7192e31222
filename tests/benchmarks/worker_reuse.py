"""What it costs that workers start, where one process runs several searches with n_jobs=2.

PYTHONPATH=. python tests/benchmarks/worker_reuse.py [--rounds 3]

Two jobs, each in a fresh process for each library and in turn, so that the load of the machine is the same for both:
six small searches of four candidates, and nested cross-validation (three outer folds, a grid of eight inside).
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
import warnings
from statistics import median
from typing import Any

from sklearn.datasets import load_breast_cancer, make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, cross_val_score

from hpsklearn_search import HyperoptSearchCV

VALUES = [10.0**k for k in range(-3, 4)]
GRID = {"max_depth": [2, 4, 6, 8], "min_samples_leaf": [1, 5]}


def six_small_searches(kind: str) -> None:
    """Four candidates on 200 rows, five folds."""
    X, y = make_classification(200, random_state=0)
    for seed in range(6):
        options: dict[str, Any] = {"n_jobs": 2, "random_state": seed}
        if kind == "ours":
            HyperoptSearchCV(LogisticRegression(), {"C": VALUES}, max_evals=4, **options).fit(X, y)
        else:
            RandomizedSearchCV(LogisticRegression(), {"C": VALUES}, n_iter=4, **options).fit(X, y)


def nested_cross_validation(kind: str) -> None:
    """Eight forests on three folds, inside of three folds."""
    X, y = load_breast_cancer(return_X_y=True)
    forest = RandomForestClassifier(20, random_state=0)
    if kind == "ours":
        search: Any = HyperoptSearchCV(forest, GRID, max_evals=8, cv=3, n_jobs=2, random_state=0)
    else:
        search = GridSearchCV(forest, GRID, cv=3, n_jobs=2)
    cross_val_score(search, X, y, cv=3)


JOBS = {
    "six small searches": (six_small_searches, "RandomizedSearchCV"),
    "nested cross-validation": (nested_cross_validation, "GridSearchCV"),
}


def seconds(job: str, kind: str) -> tuple[float, float]:
    """The time of a job in a process of its own, without that process's imports, and the CPU of all its processes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, __file__, "--one", job, kind], capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return float(done.stdout), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(rounds: int) -> None:
    """Print the table."""
    print(
        "| job | theirs | theirs, s | ours, s | ratios | theirs, CPU s | ours, CPU s |\n|---|---|---|---|---|---|---|"
    )
    for job, (_, theirs) in JOBS.items():
        pairs = [(*seconds(job, theirs), *seconds(job, "ours")) for _ in range(rounds)]
        ratios = ", ".join(f"{ours / other:.2f}" for other, _, ours, _ in pairs)
        other, other_cpu, ours, our_cpu = (f"{median(column):.1f}" for column in zip(*pairs, strict=True))
        print(f"| {job} | {theirs} | {other} | {ours} | {ratios} | {other_cpu} | {our_cpu} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", nargs=2)
    arguments = parser.parse_args()
    if arguments.one is None:
        compare(arguments.rounds)
    else:
        warnings.simplefilter("ignore")
        begin = time.perf_counter()
        JOBS[arguments.one[0]][0](arguments.one[1])
        print(time.perf_counter() - begin)
