"""What a trial costs on Spark, compared with hyperopt's SparkTrials in the same session, and what data costs.

Run it as ``python tests/benchmarks/spark.py [--trials 50] [--seconds 0 0.01 0.2] [--on local standalone]``.
It prints a table for ``local[2]`` and one for a standalone cluster of one master and two workers of one core
each, all on this machine. The ideal time is trials x seconds / 2. The session is warm, and so are its Python
workers: before it is timed, a search runs a few trials, since workers that served the other one import anew.
"""

from __future__ import annotations

import argparse
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))  # for `tests`

from hpsklearn_search import SparkTrials, fmin, hp, rand
from tests.spark import sparks

PARALLELISM = 2


def ours(objective: Callable[[float], float], n: int) -> None:
    """The library's fmin."""
    fmin(objective, hp.uniform("x", 0, 1), rand.suggest, n, trials=SparkTrials(PARALLELISM), show_progressbar=False)


def theirs(objective: Callable[[float], float], n: int) -> None:
    """hyperopt's."""
    import hyperopt

    logging.getLogger("hyperopt-spark").setLevel(logging.ERROR)
    trials = hyperopt.SparkTrials(PARALLELISM)
    hyperopt.fmin(
        objective, hyperopt.hp.uniform("x", 0, 1), hyperopt.rand.suggest, n, trials=trials, show_progressbar=False
    )


def sleeper(seconds: float) -> Callable[[float], float]:
    """An objective that takes so long."""

    def objective(x: float) -> float:
        time.sleep(seconds)
        return x

    return objective


def seconds_of(run: Callable[[], Any]) -> float:
    """Wall time."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def warm_seconds_of(search: Callable[[Callable[[float], float], int], None], length: float, n: int) -> float:
    """Wall time of n trials of that length, after a few."""
    search(sleeper(0), 4)
    return seconds_of(lambda: search(sleeper(length), n))


def throughput(n: int, lengths: list[float], with_hyperopt: bool) -> None:
    """Both searches, one after the other, for each length of a trial."""
    print(f"{n} trials, parallelism {PARALLELISM}, warm session")
    print(f"  {'trial':>8}{'ideal s':>10}{'ours s':>10}{'% of ideal':>12}{'hyperopt s':>12}{'ratio':>8}")
    for length in lengths:
        ideal = n * length / PARALLELISM
        own = warm_seconds_of(ours, length, n)
        share = f"{100 * ideal / own:.0f}" if length else "-"
        peer = warm_seconds_of(theirs, length, n) if with_hyperopt else float("nan")
        print(f"  {length:>7g}s{ideal:>10.1f}{own:>10.1f}{share:>12}{peer:>12.1f}{peer / own:>8.1f}", flush=True)


def loopback_bytes() -> int:
    """What has gone over the loopback interface, of all programs."""
    line = next(line for line in Path("/proc/net/dev").read_text().splitlines() if line.strip().startswith("lo:"))
    return int(line.split()[1])


def data(counts: list[int], with_hyperopt: bool) -> None:
    """What 100 MB in the objective cost, over a number of trials."""
    X = np.random.default_rng(0).normal(size=(12_500_000 // 100, 100))
    print("100 MB captured by the objective (loopback counts all programs of this machine)")
    print(f"  {'trials':>8}{'':>12}{'s':>8}{'driver CPU s':>14}{'MB over loopback':>18}")
    for name, search in {"ours": ours, **({"hyperopt": theirs} if with_hyperopt else {})}.items():
        for n in counts:
            bytes_before, cpu = loopback_bytes(), time.process_time()
            wall = seconds_of(lambda search=search, n=n: search(lambda x: x + float(X[0, 0]), n))
            cpu = time.process_time() - cpu
            moved = (loopback_bytes() - bytes_before) / 1e6
            print(f"  {n:>8}{name:>12}{wall:>8.1f}{cpu:>14.2f}{moved:>18.0f}", flush=True)


def run(kind: str, arguments: argparse.Namespace) -> None:
    """All tables on one kind of Spark."""
    with ExitStack() as stack:
        function = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        master = "local[2]" if kind == "local" else stack.enter_context(sparks.standalone(function))
        stack.callback(sparks.session(master).stop)
        print(f"\n== {master.partition(':')[0]}")
        for _ in range(3):
            ours(sleeper(0), 8)
        throughput(arguments.trials, arguments.seconds, not arguments.ours)
        data([4, 16], not arguments.ours)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--seconds", type=float, nargs="*", default=[0.0, 0.01, 0.2])
    parser.add_argument("--on", nargs="*", default=["local", "standalone"], choices=["local", "standalone"])
    parser.add_argument("--ours", action="store_true", help="without hyperopt")
    chosen = parser.parse_args()
    if len(chosen.on) == 1:
        run(chosen.on[0], chosen)
    else:
        for kind in chosen.on:  # a process has one SparkContext
            rest = [argument for argument in sys.argv[1:] if argument not in ("--on", *chosen.on)]
            subprocess.run([sys.executable, __file__, *rest, "--on", kind], check=True)
