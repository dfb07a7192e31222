"""What logging to MLflow costs a search: the thread that searches, the whole process, and the end.

    PYTHONPATH=. python tests/benchmarks/mlflow_logging.py [tracking URI]

By default it logs to a fresh SQLite store. An address where no server listens shows what an outage costs.
The thread that searches pays for two calls of the callback per trial (CPU time of that thread, and wall time,
in which other threads may have run). The writer thread pays for the rest.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
import warnings
from statistics import median
from typing import Any

from sklearn.datasets import load_iris
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, MLflowCallback, Trials, fmin, hp, rand
from hpsklearn_search.optimize import Callback

N_TRIALS = 100
X, y = load_iris(return_X_y=True)


class Clocked(MLflowCallback):
    """Keeps what its calls cost: seconds of CPU of this thread and seconds on the clock, by trial."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.cpu: list[float] = []
        self.wall: list[float] = []
        self.end = 0.0

    def on_trial_begin(self, trials: Trials, trial: Any) -> None:
        """Clock it."""
        begin = time.thread_time(), time.perf_counter()
        super().on_trial_begin(trials, trial)
        self.cpu.append(time.thread_time() - begin[0])
        self.wall.append(time.perf_counter() - begin[1])

    def on_trial_end(self, trials: Trials, trial: Any) -> None:
        """Clock it, for the same trial."""
        begin = time.thread_time(), time.perf_counter()
        super().on_trial_end(trials, trial)
        self.cpu[trial.number] += time.thread_time() - begin[0]
        self.wall[trial.number] += time.perf_counter() - begin[1]

    def on_finish(self, fitted: Any, error: BaseException | None) -> None:
        """Clock it."""
        begin = time.perf_counter()
        super().on_finish(fitted, error)
        self.end = time.perf_counter() - begin


def small_function(callbacks: list[Callback]) -> None:
    """`fmin` with ten parameters, over a function that takes 10 ms."""
    space = {f"x{i}": hp.uniform(f"x{i}", 0, 1) for i in range(10)}

    def objective(config: dict[str, float]) -> float:
        time.sleep(0.01)
        return sum(config.values())

    fmin(objective, space, rand.suggest, N_TRIALS, rstate=0, show_progressbar=False, callbacks=callbacks)


def small_fits(callbacks: list[Callback]) -> None:
    """A search with five folds, whose fits take a millisecond."""
    space = {"C": hp.logrange("C", 1e-2, 1e2), "gamma": hp.logrange("gamma", 1e-3, 1e1)}
    HyperoptSearchCV(SVC(), space, algo="random", max_evals=N_TRIALS, random_state=0, callbacks=callbacks).fit(X, y)


def main() -> None:
    """Print one line per search."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("uri", nargs="?", help="the tracking URI")
    folder = tempfile.mkdtemp()
    uri = parser.parse_args().uri or f"sqlite:///{folder}/store.db"
    os.chdir(folder)
    warnings.simplefilter("ignore")
    small_function([MLflowCallback(tracking_uri=uri, patience=None)])  # makes the store
    print(f"{N_TRIALS} trials, logged to {uri}")
    print(
        "search          thread CPU ms/trial (median, max)   wall ms/trial (median, max)   process CPU ms/trial   end s"
    )
    for search in (small_function, small_fits):
        begin = time.process_time()
        search([])
        alone = time.process_time() - begin
        callback = Clocked(tracking_uri=uri, patience=None, log_model=None, unsent_dir=folder)
        begin = time.process_time()
        search([callback])
        more = (time.process_time() - begin - alone) / N_TRIALS
        cpu = [1e3 * median(callback.cpu), 1e3 * max(callback.cpu)]
        wall = [1e3 * median(callback.wall), 1e3 * max(callback.wall)]
        print(
            f"{search.__name__:15} {cpu[0]:17.3f} {cpu[1]:17.3f} {wall[0]:16.3f} {wall[1]:12.3f} "
            f"{1e3 * more:22.1f} {callback.end:7.1f}"
        )


if __name__ == "__main__":
    main()
