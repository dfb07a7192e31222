"""What the search itself costs: workers that wait, and time of our own for each candidate.

Run it as ``python tests/benchmarks/search_loop.py [--workers 2 8] [--candidates 200]``.

The first table searches over an estimator that only sleeps, for log-normally distributed times (sigma
1; all folds of a candidate take the same). The time from the first fit to the end is compared with an
ideal schedule: the same fold fits, in the order of suggestion, each given to the first worker that is
free. The second compares the CPU time of a search over a free estimator, at n_jobs=1, with
`cross_validate` called in a loop and with RandomizedSearchCV.
"""

from __future__ import annotations

import argparse
import heapq
import os
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from scipy.stats import randint
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_breast_cancer
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import RandomizedSearchCV, cross_validate

from hpsklearn_search import HyperoptSearchCV, hp

X, y = load_breast_cancer(return_X_y=True)
FOLDS = 5


class Sleeper(ClassifierMixin, BaseEstimator):
    """Sleeps a time that its parameter determines, and notes when."""

    def __init__(self, x: float = 0.0, median: float = 0.05, log: str = "") -> None:
        self.x = x
        self.median = median
        self.log = log

    def fit(self, X: Any, y: Any) -> Sleeper:
        """Sleep."""
        began = time.monotonic()
        seconds = self.median * float(np.random.default_rng(int(self.x * 2**40)).lognormal(0.0, 1.0))
        time.sleep(seconds)
        with open(self.log, "a") as log:
            log.write(f"{began} {time.monotonic()} {seconds}\n")
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: Any) -> Any:
        """Anything."""
        return np.full(len(X), self.classes_[0])


def ideal(seconds: list[float], workers: int) -> float:
    """The makespan of list scheduling in the given order."""
    free = [0.0] * workers
    for duration in seconds:
        heapq.heappush(free, heapq.heappop(free) + duration)
    return max(free)


def busy(workers: int, candidates: int, random_state: int | None, median: float) -> float:
    """The share of an ideal schedule that a search reaches."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        search = HyperoptSearchCV(
            Sleeper(median=median, log=str(log)),
            {"x": hp.uniform("x", 0, 1)},
            max_evals=candidates,
            cv=FOLDS,
            n_jobs=workers,
            random_state=random_state,
            refit=False,
        ).fit(X, y)
        assert search.n_trials_ == candidates
        rows = sorted(tuple(map(float, line.split())) for line in log.read_text().splitlines())
    took = max(end for _, end, _ in rows) - rows[0][0]
    return ideal([seconds for *_, seconds in rows], workers) / took


def own_cost(candidates: int) -> dict[str, float]:
    """CPU milliseconds a candidate, for a free estimator."""
    space, laws = {"random_state": hp.randint("r", 10**9)}, {"random_state": randint(0, 10**9)}
    options = {"cv": FOLDS, "refit": False}

    def loop() -> None:
        for seed in range(candidates):
            cross_validate(DummyClassifier(random_state=seed), X, y, cv=FOLDS)

    randomized = RandomizedSearchCV(DummyClassifier(), laws, n_iter=candidates, **options)
    jobs = {
        "cross_validate in a loop": loop,
        "RandomizedSearchCV": lambda: randomized.fit(X, y),
        **{
            f"HyperoptSearchCV(algo={algo!r})": lambda algo=algo: HyperoptSearchCV(
                DummyClassifier(), space, max_evals=candidates, algo=algo, **options
            ).fit(X, y)
            for algo in ("random", "tpe", "auto")
        },
    }
    found = {}
    for name, job in jobs.items():
        start = time.process_time()
        job()
        found[name] = 1e3 * (time.process_time() - start) / candidates
    return found


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, nargs="+", default=[2, 8])
    parser.add_argument("--candidates", type=int, default=200)
    parser.add_argument("--median", type=float, default=0.05, help="seconds of a fold")
    arguments = parser.parse_args()
    print(f"{arguments.candidates} candidates, {FOLDS} folds: % of an ideal schedule")
    for workers in arguments.workers:
        shares = [busy(workers, arguments.candidates, seed, arguments.median) for seed in (None, 0)]
        print(f"  {workers:3d} workers   without a seed {100 * shares[0]:5.1f}   with one {100 * shares[1]:5.1f}")
    for candidates in (300, 1000, 3000):
        print(f"CPU ms a candidate, {candidates} candidates of a DummyClassifier, {FOLDS} folds")
        for name, cost in own_cost(candidates).items():
            print(f"  {name:34s} {cost:6.2f}")


if __name__ == "__main__":
    main()
