"""Scripts that the fault tests run in processes of their own: ``python cases.py NAME arguments``."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from hpsklearn_search import HyperoptSearchCV, fmin, hp, rand

X = np.random.default_rng(0).normal(size=(60, 3))
y = (X[:, 0] > 0).astype(int)


class Slow(ClassifierMixin, BaseEstimator):
    """Takes a random time; its score depends only on `a`."""

    def __init__(self, a: float = 0.0, mode: str = "none", seconds: float = 0.04) -> None:
        self.a = a
        self.mode = mode
        self.seconds = seconds

    def fit(self, X: Any, y: Any) -> Slow:
        """Sleep, and then die as `mode` says if `a` is large."""
        self.classes_ = np.unique(y)
        time.sleep(self.seconds * np.random.default_rng().random())
        if self.a > 0.7 and self.mode != "none":
            getattr(sys.modules[__name__], self.mode)()
        return self

    def predict(self, X: Any) -> Any:
        """Predict the better, the nearer `a` is to 0.3."""
        return (X[:, 0] > self.a - 0.3).astype(int)


def exit() -> None:
    """End the process at once."""
    os._exit(3)


def system_exit() -> None:
    """Raise SystemExit."""
    sys.exit(0)


def segfault() -> None:
    """Read from address 0."""
    ctypes.string_at(0)


def abort() -> None:
    """End as a failed assertion in C does."""
    os.abort()


def killed() -> None:
    """End as the kernel ends a process that uses too much memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def hang() -> None:
    """Sleep for an hour."""
    time.sleep(3600)


def hang_ignoring_sigterm() -> None:
    """Sleep for an hour and ignore SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(3600)


def hang_holding_gil() -> None:
    """Sleep for an hour in C code that holds the interpreter lock."""
    ctypes.PyDLL(None).sleep(3600)


def search(**settings: Any) -> HyperoptSearchCV:
    """A small seeded search over `Slow`."""
    mode = settings.pop("mode", "none")
    options = {"max_evals": 12, "cv": 2, "random_state": 0, "max_queue_len": 3, "algo": "tpe", **settings}
    return HyperoptSearchCV(Slow(mode=mode), {"a": hp.uniform("a", 0, 1)}, **options)


def shown(fitted: HyperoptSearchCV) -> str:
    """`cv_results_` without times, as JSON."""
    table = {k: v for k, v in fitted.cv_results_.items() if "time" not in k and k != "params"}
    return json.dumps({k: np.ma.getdata(v).tolist() for k, v in table.items()}, default=float)


def run(path: str, n_jobs: str = "1", seeded: str = "1") -> None:
    """Search with a save file, and print the table."""
    options = {} if seeded == "1" else {"random_state": None}
    print(shown(search(trials_save_file=path or None, n_jobs=int(n_jobs), max_evals=40, **options).fit(X, y)))


def die(mode: str, n_jobs: str) -> None:
    """A search in which some candidates die."""
    limit = 1.0 if mode.startswith("hang") else None
    fitted = search(mode=mode, n_jobs=int(n_jobs), trial_timeout=limit, max_evals=8, algo="random").fit(X, y)
    statuses = [(t.point["a"] > 0.7, t.outcome.status, str(t.outcome.failure)) for t in fitted.trials_.record]
    print(json.dumps(statuses))


def full_disk(path: str) -> None:
    """A search whose save file may not grow beyond 60 kB; then, with room, once more."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, resource.RLIM_INFINITY))
    first = search(trials_save_file=path, max_evals=300, algo="random").set_params(estimator__seconds=0.0)
    try:
        first.fit(X, y)
    except OSError as error:
        print(json.dumps([type(error).__name__, str(error), len(first.cv_results_["params"])]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    again = search(trials_save_file=path, max_evals=300, algo="random").set_params(estimator__seconds=0.0)
    again.fit(X, y)
    print(json.dumps([len(again.cv_results_["params"])]))


def hold(path: str) -> None:
    """Hold the save file of an `fmin` until a line comes on stdin."""

    def objective(x: float) -> float:
        print("running", flush=True)
        sys.stdin.readline()
        return x

    fmin(objective, hp.uniform("x", 0, 1), rand.suggest, 2, rstate=0, trials_save_file=path, show_progressbar=False)


if __name__ == "__main__":
    # Workers must find the classes by a name that can be imported.
    sys.path.insert(0, str(Path(__file__).parent))
    import cases

    getattr(cases, sys.argv[1])(*sys.argv[2:])
