"""What a large search costs: many candidates, many at once, much data.

PYTHONPATH=. python tests/benchmarks/load.py candidates    # 1,250, 2,500, 5,000: seconds and memory are linear
PYTHONPATH=. python tests/benchmarks/load.py concurrent    # 64 sleeping trials at once, in threads
PYTHONPATH=. python tests/benchmarks/load.py data 200      # X of 200 MB, n_jobs=2: proportional set size (Linux)
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from scipy.stats import uniform
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import RandomizedSearchCV

from hpsklearn_search import HyperoptSearchCV, hp


class Sleeper(ClassifierMixin, BaseEstimator):
    """Sleeps, and predicts one class."""

    def __init__(self, a: float = 0.0, seconds: float = 0.5) -> None:
        self.a = a
        self.seconds = seconds

    def fit(self, X: Any, y: Any) -> Sleeper:
        """Sleep."""
        self.classes_ = np.unique(y)
        time.sleep(self.seconds)
        return self

    def predict(self, X: Any) -> Any:
        """The first class."""
        return np.repeat(self.classes_[0], len(X))


def resident() -> float:
    """MB of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def candidates() -> None:
    """Random search with an estimator that costs nothing, with a save file."""
    X, y = np.zeros((20, 2)), np.arange(20) % 2
    print("candidates   seconds   ms each   growth MB   kB each")
    for n in (100, 1_250, 2_500, 5_000):  # the first warms up
        before, begin = resident(), time.perf_counter()
        search = HyperoptSearchCV(
            Sleeper(seconds=0.0), {"a": hp.uniform("a", 0, 1)}, max_evals=n, cv=2, algo="random", random_state=0,
            refit=False, trials_save_file=Path(tempfile.mkdtemp()) / "s.db",
        ).fit(X, y)  # fmt: skip
        seconds, grown = time.perf_counter() - begin, resident() - before
        print(f"{n:10d}   {seconds:7.2f}   {seconds / n * 1e3:7.3f}   {grown:9.1f}   {grown * 1024 / n:7.2f}")
        del search


def concurrent() -> None:
    """64 candidates that sleep for half a second, on 64 threads."""
    X, y = np.zeros((20, 2)), np.arange(20) % 2
    folds = [(np.arange(10), np.arange(10, 20))]
    begin = time.perf_counter()
    with joblib.parallel_config("threading"):
        HyperoptSearchCV(
            Sleeper(), {"a": hp.uniform("a", 0, 1)}, max_evals=64, cv=folds, algo="random", n_jobs=64, refit=False
        ).fit(X, y)
    print(f"64 trials of 0.5 s on 64 threads: {time.perf_counter() - begin:.2f} s (one after the other: 32 s)")


def family() -> list[int]:
    """This process and all below it."""
    children: dict[int, list[int]] = {}
    for line in subprocess.check_output(["ps", "-eo", "pid=,ppid="], text=True).splitlines():
        pid, parent = map(int, line.split())
        children.setdefault(parent, []).append(pid)
    found = [os.getpid()]
    for pid in found:
        found.extend(children.get(pid, []))
    return found


def proportional() -> float:
    """MB of the family, with shared pages counted once."""
    total = 0
    for pid in family():
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += int(next(line for line in rollup.splitlines() if line.startswith("Pss:")).split()[1])
    return total / 1024


def data(megabytes: str, *who: str) -> None:
    """The most memory that a search with two workers needs, against the size of X; each in a process of its own."""
    if not who:
        for name in ("HyperoptSearchCV", "RandomizedSearchCV"):
            subprocess.run([sys.executable, __file__, "data", megabytes, name], check=True)
        print("expected: 1 shared copy + 2 workers x a fold's train part + two interpreters")
        return
    size = float(megabytes)
    X = np.random.default_rng(0).random((int(size * 2**20 / 8 / 50), 50))
    y = np.arange(len(X)) % 2
    options: dict[str, Any] = {"cv": 5, "n_jobs": 2, "refit": False}
    estimator = Sleeper(seconds=1.0)
    search = (
        RandomizedSearchCV(estimator, {"a": uniform(0, 1)}, n_iter=4, **options)
        if who[0] == "RandomizedSearchCV"
        else HyperoptSearchCV(estimator, {"a": hp.uniform("a", 0, 1)}, max_evals=4, algo="random", **options)
    )
    before, peak, is_done = proportional(), [0.0], threading.Event()

    def watch() -> None:
        while not is_done.wait(0.05):
            peak[0] = max(peak[0], proportional())

    watcher = threading.Thread(target=watch)
    watcher.start()
    search.fit(X, y)
    is_done.set()
    watcher.join()
    more = peak[0] - before
    print(
        f"{who[0]:20s} X {size:.0f} MB, before {before:.0f} MB, most {peak[0]:.0f} MB: {more / size:.2f} times X more"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["candidates", "concurrent", "data"])
    parser.add_argument("size", nargs="*", help="of the data in MB, and the name of one search class")
    arguments = parser.parse_args()
    {"candidates": candidates, "concurrent": concurrent, "data": data}[arguments.what](*arguments.size)
