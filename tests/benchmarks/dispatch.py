"""What it costs to send a task to a worker, and how busy workers are kept.

Run it as ``python tests/benchmarks/dispatch.py [--tasks 2000] [--workers 2 8 32]``. Each table stands
compared with what a user would otherwise use, in the same run on the same machine.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky import ProcessPoolExecutor

from hpsklearn_search.executors import Executor, JoblibExecutor, ProcessExecutor, SerialExecutor, Task

PAYLOAD = ({"svc__C": 1.5, "svc__gamma": 0.01, "svc__kernel": "rbf"}, [3])


class FreeWork:
    """Does nothing, with 20 MB of data at hand."""

    def __init__(self) -> None:
        self.X = np.ones((25_000, 100))

    def __call__(self, payload: object) -> float:
        """Return at once."""
        return 0.5


class SleepingWork:
    """Sleeps for as long as the payload says."""

    def __call__(self, payload: float) -> float:
        """Sleep."""
        time.sleep(payload)
        return 0.5


def run_all(executor: Executor, payloads: list[object]) -> None:
    """Keep an executor full until everything is done."""
    sent = done = 0
    while done < len(payloads):
        while sent < len(payloads) and sent - done < executor.capacity:
            executor.submit(Task(sent, sent % 5, payloads[sent]))
            sent += 1
        done += len(executor.wait())


@contextmanager
def started(executor: Executor, function: Callable[[object], float], warm_up: object) -> Iterator[Executor]:
    """An executor whose workers are all up."""
    executor.start(function)
    run_all(executor, [warm_up] * executor.capacity)
    yield executor
    executor.close()


def joblib_executor(backend: str, n_jobs: int) -> JoblibExecutor:
    """An executor made under a joblib configuration."""
    with parallel_config(backend=backend, n_jobs=n_jobs):
        return JoblibExecutor()


def measure(label: str, n: int, run: Callable[[], None]) -> None:
    """Print wall and parent CPU time per task."""
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"  {label:<44}{wall / n * 1e6:>10.0f}{cpu / n * 1e6:>12.0f}")


def overhead(n: int) -> None:
    """Cost of a task that does nothing."""
    print(f"{n} free tasks, 20 MB of data, 2 workers\n  {'':<44}{'wall us':>10}{'parent us':>12}")
    executors = {
        "SerialExecutor": SerialExecutor(),
        "ProcessExecutor(1)": ProcessExecutor(1),
        "ProcessExecutor(2)": ProcessExecutor(2),
        "JoblibExecutor, threading": joblib_executor("threading", 2),
        "JoblibExecutor, loky": joblib_executor("loky", 2),
    }
    function = FreeWork()
    for label, executor in executors.items():
        with started(executor, function, PAYLOAD):
            measure(label, n, lambda executor=executor: run_all(executor, [PAYLOAD] * n))
    with Parallel(n_jobs=2) as parallel:
        parallel(delayed(function)(PAYLOAD) for _ in range(4))
        measure("joblib.Parallel, one call", n, lambda: parallel(delayed(function)(PAYLOAD) for _ in range(n)))
        few = max(10, n // 50)
        measure(
            "joblib.Parallel, a call per 5 tasks",
            5 * few,
            lambda: [parallel(delayed(function)(PAYLOAD) for _ in range(5)) for _ in range(few)],
        )
    with ProcessPoolExecutor(2) as pool:
        pool.submit(function, PAYLOAD).result()
        measure("loky submit", few, lambda: [pool.submit(function, PAYLOAD).result() for _ in range(few)])


def busy(workers: list[int], trials: int, folds: int, median: float) -> None:
    """Share of the ideal time that workers were busy, on tasks of log-normal length."""
    print(f"{trials} trials x {folds} folds that sleep, log-normal per trial (sigma 1), median {median:g} s a fold")
    print(f"  {'':<44}{'% of total/W':>13}{'ideal order':>13}")
    lengths = np.random.default_rng(0).lognormal(np.log(median), 1, trials).repeat(folds).tolist()
    for n in workers:
        best = sum(lengths) / n
        limit = 100 * best / in_order(lengths, n)
        for label, executor in {
            f"ProcessExecutor({n})": ProcessExecutor(n),
            f"JoblibExecutor, threading({n})": joblib_executor("threading", n),
        }.items():
            with started(executor, SleepingWork(), 0.0):
                start = time.perf_counter()
                run_all(executor, lengths)
                print(f"  {label:<44}{100 * best / (time.perf_counter() - start):>13.1f}{limit:>13.1f}")
        start = time.perf_counter()
        Parallel(n_jobs=n, prefer="threads", batch_size=1, pre_dispatch=n)(delayed(time.sleep)(s) for s in lengths)
        print(f"  {'joblib.Parallel, threads':<44}{100 * best / (time.perf_counter() - start):>13.1f}{limit:>13.1f}")


def in_order(lengths: list[float], n: int) -> float:
    """How long n workers take that lose no time at all but take the tasks in this order."""
    free = [0.0] * n
    for length in lengths:
        at = free.index(min(free))
        free[at] += length
    return max(free)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--tasks", type=int, default=2000)
    arguments.add_argument("--workers", type=int, nargs="*", default=[2, 8])
    arguments.add_argument("--trials", type=int, default=200)
    arguments.add_argument("--folds", type=int, default=5)
    arguments.add_argument("--median", type=float, default=0.02, help="seconds of a fold")
    chosen = arguments.parse_args()
    overhead(chosen.tasks)
    busy(chosen.workers, chosen.trials, chosen.folds, chosen.median)
