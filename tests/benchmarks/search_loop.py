"""What the search itself costs: workers that wait, and time of our own for each candidate.

    python tests/benchmarks/search_loop.py busy [--workers 2 8] [--candidates 200] [--median 0.3] [--backend loky]
    python tests/benchmarks/search_loop.py busy --algo random --candidates 2000 --median 0.003 [--together 0.01]
    python tests/benchmarks/search_loop.py cost [--candidates 300 1000 3000]

The first table searches over an estimator that only sleeps, for log-normally distributed times (sigma
1; all folds of a candidate take the same), with processes or threads. The time from when all workers are up
to the end is compared with three limits: all fold fits, divided by the workers; an ideal schedule, in which
each fold fit, in the order of suggestion, is given to the first worker that is free; and, with a seed, an
ideal schedule under the window rule. Workers start by importing scikit-learn, a second and a half of CPU
each; a search of many workers on few cores waits for that, so it is shown apart.

The second compares the CPU time of a search over a free estimator with five parameters, at n_jobs=1, with a
bare loop (clone, set, slice, fit, score) and with RandomizedSearchCV.
"""

from __future__ import annotations

import argparse
import heapq
import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from joblib import parallel_config
from scipy.stats import randint, uniform
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_breast_cancer
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import RandomizedSearchCV, StratifiedKFold, cross_validate

from hpsklearn_search import HyperoptSearchCV, hp
from hpsklearn_search.search.folds import _objective

X, y = load_breast_cancer(return_X_y=True)
FOLDS = 5


# ---------------------------------------------------------------------- workers that wait
def length(x: float, median: float) -> float:
    """How long a fit of the candidate x takes."""
    return median * float(np.random.default_rng(int(x * 2**40)).lognormal(0.0, 1.0))


class Sleeper(ClassifierMixin, BaseEstimator):
    """Sleeps a time that its parameter determines, and notes where and when."""

    def __init__(self, x: float = 0.0, median: float = 0.3, log: str = "") -> None:
        self.x = x
        self.median = median
        self.log = log

    def fit(self, X: Any, y: Any) -> Sleeper:
        """Sleep."""
        began = time.monotonic()
        time.sleep(length(self.x, self.median))
        with open(self.log, "a") as log:
            log.write(f"{began} {time.monotonic()} {os.getpid()}-{threading.get_ident()}\n")
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: Any) -> Any:
        """Anything."""
        return np.full(len(X), self.classes_[0])


def ideal(lengths: list[float], workers: int, window: int | None) -> float:
    """How long workers that lose no time take for trials of these lengths a fold, under the window rule or free."""
    free, now = [0.0] * workers, 0.0
    heapq.heapify(free)
    ends: list[float] = []
    for number, seconds in enumerate(lengths):
        allowed = 0.0 if window is None or number < window else max(ends[: number - window + 1])
        end = 0.0
        for _ in range(FOLDS):
            began = max(heapq.heappop(free), allowed)
            heapq.heappush(free, began + seconds)
            end = max(end, began + seconds)
        ends.append(end)
        now = max(now, end)
    return now


def busy(
    workers: int, candidates: int, seed: int | None, median: float, backend: str, window: int | None, algo: str | None
) -> None:
    """Print what share of the workers' time a search uses."""
    with tempfile.TemporaryDirectory() as folder, parallel_config(backend=backend):
        log = Path(folder) / "log"
        begin = time.monotonic()
        search = HyperoptSearchCV(
            Sleeper(median=median, log=str(log)), {"x": hp.uniform("x", 0, 1)}, max_evals=candidates, cv=FOLDS,
            n_jobs=workers, random_state=seed, refit=False, max_queue_len=window, algo=algo,
        ).fit(X, y)  # fmt: skip
        assert search.n_trials_ == candidates
        rows = [line.split() for line in log.read_text().splitlines()]
    first: dict[str, float] = {}
    for began, _, worker in sorted(rows, key=lambda row: float(row[0])):
        first.setdefault(worker, float(began))
    up, end = max(first.values()), max(float(row[1]) for row in rows)
    worked = sum(max(0.0, float(ended) - max(float(began), up)) for began, ended, _ in rows)
    share = worked / (workers * (end - up))
    lengths = [length(x, median) for x in search.cv_results_["param_x"]]
    used = None if seed is None else window or max(2, 1 + -(-workers // FOLDS))
    limits = [sum(lengths) * FOLDS / workers / ideal(lengths, workers, limit) for limit in (None, used)]
    name = "none" if seed is None else f"W={used}"
    print(
        f"  {workers:3d} {backend:9s}  {name:6s} {100 * share:6.1f} {100 * limits[0]:8.1f} {100 * limits[1]:8.1f}"
        f" {100 * share / limits[1]:11.1f} {up - begin:10.1f} {end - up:9.1f}",
        flush=True,
    )


# ---------------------------------------------------------------------- time of our own
class Free(ClassifierMixin, BaseEstimator):
    """Costs next to nothing."""

    def __init__(self, a: float = 0.0, b: float = 0.0, c: float = 0.0, d: float = 0.0, e: float = 0.0) -> None:
        self.a, self.b, self.c, self.d, self.e = a, b, c, d, e

    def fit(self, X: Any, y: Any) -> Free:
        """Nothing."""
        self.classes_ = np.array([0, 1])
        return self

    def score(self, X: Any, y: Any) -> float:
        """A function of one parameter."""
        return -((self.a - 0.3) ** 2)


def bare(candidates: int) -> None:
    """What a search cannot avoid."""
    rng, splits = np.random.default_rng(0), list(StratifiedKFold(FOLDS).split(X, y))
    for _ in range(candidates):
        params = dict(zip("abcde", rng.random(5), strict=True))
        for train, test in splits:
            clone(Free()).set_params(**params).fit(X[train], y[train]).score(X[test], y[test])


def dummies(candidates: int) -> None:
    """`cross_validate`, again and again."""
    for seed in range(candidates):
        cross_validate(DummyClassifier(random_state=seed), X, y, cv=FOLDS)


def costs(candidates: int) -> None:
    """Print CPU milliseconds a candidate."""
    uniforms = {name: uniform(0, 1) for name in "abcde"}
    cases: list[tuple[str, Callable[[int], None], Any, Any, Any]] = [
        ("free, five parameters", bare, Free(), uniforms, {name: hp.uniform(name, 0, 1) for name in "abcde"}),
        ("DummyClassifier", dummies, DummyClassifier(), {"random_state": randint(0, 10**9)},
         {"random_state": hp.randint("r", 10**9)}),
    ]  # fmt: skip
    options = {"cv": FOLDS, "refit": False}
    for title, loop, estimator, laws, space in cases:
        found = {"loop": measured(lambda loop=loop: loop(candidates))}
        randomized = RandomizedSearchCV(estimator, laws, n_iter=candidates, **options)
        found["RandomizedSearchCV"] = measured(lambda search=randomized: search.fit(X, y))
        for algo in ("random", "tpe", "auto"):
            search = HyperoptSearchCV(estimator, space, max_evals=candidates, algo=algo, **options)
            found[algo] = measured(lambda search=search: search.fit(X, y))
        cells = "  ".join(f"{name} {1e3 * seconds / candidates:.2f}" for name, seconds in found.items())
        print(f"  {candidates:5d} {title:22s} {cells}", flush=True)


def measured(job: Callable[[], object]) -> float:
    """CPU seconds."""
    start = time.process_time()
    job()
    return time.process_time() - start


def main() -> None:
    """Print one of the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["busy", "cost"])
    parser.add_argument("--workers", type=int, nargs="+", default=[2, 8])
    parser.add_argument("--candidates", type=int, nargs="+", default=None)
    parser.add_argument("--median", type=float, default=0.3, help="seconds of a fold")
    parser.add_argument("--backend", choices=["loky", "threading"], default="loky")
    parser.add_argument("--window", type=int, default=None, help="max_queue_len of the searches with a seed")
    parser.add_argument("--seeds", nargs="+", default=["none", "0"])
    parser.add_argument("--algo", default=None, help="of the busy search; random, where fits are short")
    parser.add_argument("--together", type=float, default=None, help="seconds; folds below it travel as one task")
    arguments = parser.parse_args()
    if arguments.together is not None:
        _objective.SHORT_FOLD = arguments.together
    if arguments.what == "cost":
        print("CPU ms a candidate, n_jobs=1")
        for candidates in arguments.candidates or [300, 1000, 3000]:
            costs(candidates)
        return
    print("  workers        seed   % of total/W  ideal  with W  % of allowed  started s  worked s")
    for workers in arguments.workers:
        for seed in arguments.seeds:
            busy(
                workers, (arguments.candidates or [200])[0], None if seed == "none" else int(seed), arguments.median,
                arguments.backend, arguments.window, arguments.algo,
            )  # fmt: skip


if __name__ == "__main__":
    main()
