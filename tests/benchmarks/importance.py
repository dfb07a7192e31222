"""What importances make of noise, of ties and of functions whose answer is known.

Run it as ``python tests/benchmarks/importance.py [--only noise steps ties order time] [--searches 200]``.

- `noise`: losses are chance alone; the sum of the importances without normalising, which should be 0.
  Normal, Cauchy, five-valued, two-valued and exp(5 normal) losses on 4 parameters, which are real if nothing else
  is said; seeds 0 to 199 with algo="random", a tenth of them with the default algorithm.
- `steps`: the loss has two values, or a trial fails, on one side of a limit in one of 4 parameters; how often this
  parameter is the most important one. 50 trials, seeds 0 to 59.
- `ties`: the loss is 1 where one parameter is above a half, else 0; the largest share of the three
  unused ones. 50 trials, seeds 0 to 29.
- `order`: functions whose parameters have a known order; how often it is wrong, or a parameter without
  influence comes before one that has some. Seeds 0 to 29.
- `time`: seconds for ``importances_`` and its intervals on long records.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from hpsklearn_search import Trials, auto, fmin, hp, parameter_importances, rand, tpe
from hpsklearn_search.suggest import importance_intervals

ALGORITHMS = {"random": rand, "tpe": tpe, "default": auto}
Function = Callable[[dict[str, float]], Any]
Draw = Callable[[np.random.Generator, int], float]  # a loss from the number of its trial

# The function, how many of its parameters matter (in their order), how many do not.
KNOWN: dict[str, tuple[Function, int, int]] = {
    "4a + 2b + c": (lambda p: 4 * p["x0"] + 2 * p["x1"] + p["x2"], 3, 3),
    "8(a-.3)^2 + 3(b-.6)^2 + (c-.5)^2": (
        lambda p: 8 * (p["x0"] - 0.3) ** 2 + 3 * (p["x1"] - 0.6) ** 2 + (p["x2"] - 0.5) ** 2,
        3,
        3,
    ),
    "|a - .37|": (lambda p: abs(p["x0"] - 0.37), 1, 8),
}
CHOICES = {f"x{i}": hp.choice(f"x{i}", list(range(n))) for i, n in enumerate((2, 3, 5, 10))}
# How many trials, on what space (None: reals), and their losses.
NOISES: dict[str, tuple[int, dict[str, Any] | None, Draw]] = {
    "normal": (50, None, lambda rng, _: float(rng.normal())),
    "Cauchy": (50, None, lambda rng, _: float(rng.standard_cauchy())),
    "five values": (50, None, lambda rng, _: float(rng.integers(5))),
    "1 of 50 worse": (50, None, lambda _, number: float(number == 16)),
    "1 of 50 better": (50, None, lambda _, number: -float(number == 16)),
    "1 of 50 worse, choices": (50, CHOICES, lambda _, number: float(number == 16)),
    "1 in 10 of 30 worse, choices": (30, CHOICES, lambda rng, _: float(rng.random() < 0.1)),
    "1 in 10 of 50 worse, choices": (50, CHOICES, lambda rng, _: float(rng.random() < 0.1)),
    "1 in 10 of 150 worse, choices": (150, CHOICES, lambda rng, _: float(rng.random() < 0.1)),
    "1 in 10 of 50 worse": (50, None, lambda rng, _: float(rng.random() < 0.1)),
    "1 in 50 of 100 worse": (100, None, lambda rng, _: float(rng.random() < 0.02)),
    "exp(5 normal)": (50, None, lambda rng, _: float(np.exp(5 * rng.normal()))),
    "-exp(5 normal)": (50, None, lambda rng, _: -float(np.exp(5 * rng.normal()))),
}
STEPS: dict[str, Function] = {
    "loss 1 where a > 0.5": lambda p: float(p["x0"] > 0.5),
    "loss 1 where a > 0.8": lambda p: float(p["x0"] > 0.8),
    "loss 1 where a > 0.9": lambda p: float(p["x0"] > 0.9),
    "fails where a > 0.8": lambda p: {"status": "fail"} if p["x0"] > 0.8 else {"status": "ok", "loss": 0.0},
}
RUNS = (("random", 50), ("random", 150), ("tpe", 50), ("tpe", 150), ("default", 50))


def uniforms(n: int) -> dict[str, Any]:
    """A space of n parameters on the unit interval."""
    return {f"x{i}": hp.uniform(f"x{i}", 0, 1) for i in range(n)}


def searched(
    function: Function, n: int, algo: str, max_evals: int, seed: int, space: dict[str, Any] | None = None
) -> Trials:
    """The record of a search over `space`, or `n` parameters."""
    trials, space = Trials(), space or uniforms(n)
    fmin(function, space, ALGORITHMS[algo].suggest, max_evals, trials=trials, rstate=seed, show_progressbar=False)
    return trials


def noise(n_searches: int) -> None:
    """Print quantiles of the sum of the importances of nothing."""
    for name, (max_evals, space, draw) in NOISES.items():
        for algo, n in (("random", n_searches), ("default", n_searches // 10)):
            sums = [noise_sum(draw, algo, max_evals, seed, space or uniforms(4)) for seed in range(n)]
            print(f"noise, {name}, {algo}, {n} searches: 95 % below {np.quantile(sums, 0.95):.3f}, "
                  f"max {max(sums):.3f}, not 0 in {np.count_nonzero(sums)}", flush=True)  # fmt: skip


def noise_sum(draw: Draw, algo: str, max_evals: int, seed: int, space: dict[str, Any]) -> float:
    """The sum of the importances of one search on noise."""
    rng, numbers = np.random.default_rng(10_000 + seed), iter(range(max_evals))
    trials = searched(lambda p: draw(rng, next(numbers)), 4, algo, max_evals, seed, space)
    return sum(parameter_importances(trials, space, normalize=False).values())


def steps(n_searches: int) -> None:
    """Print how often the parameter that decides between two losses is found."""
    n = min(60, n_searches)
    for name, function in STEPS.items():
        found = 0
        for seed in range(n):
            importances = parameter_importances(searched(function, 4, "random", 50, seed), uniforms(4))
            found += importances["x0"] > max(importances[f"x{i}"] for i in (1, 2, 3))
        print(f"steps, {name}: found in {found} of {n}", flush=True)


def ties(n_searches: int) -> None:
    """Print the share of unused parameters where half of the space is tied."""
    for algo in ALGORITHMS:
        shares = []
        for seed in range(min(30, n_searches)):
            trials = searched(lambda p: float(p["x0"] > 0.5), 4, algo, 50, seed)
            importances = parameter_importances(trials, uniforms(4))
            shares.append(max(importances[f"x{i}"] for i in (1, 2, 3)))
        print(f"ties, {algo}: largest share of an unused parameter {max(shares):.3f}", flush=True)


def order(n_searches: int) -> None:
    """Print how often the order is wrong."""
    for name, (function, n_relevant, n_irrelevant) in KNOWN.items():
        wrong, zero, irrelevant = 0, 0, 0.0
        seeds = range(min(30, n_searches))
        for algo, max_evals in RUNS:
            for seed in seeds:
                n = n_relevant + n_irrelevant
                importances = parameter_importances(searched(function, n, algo, max_evals, seed), uniforms(n))
                shares = np.array([importances[f"x{i}"] for i in range(n)])
                relevant, others = shares[:n_relevant], shares[n_relevant:].max()
                wrong += bool((np.diff(relevant) > 0).any() or relevant[0] <= others or relevant.min() < others)
                zero += relevant.min() == 0
                irrelevant = max(irrelevant, float(others))
        print(f"order, {name}: wrong in {wrong} of {len(RUNS) * len(seeds)}, the least relevant one 0 in {zero}, "
              f"largest irrelevant share {irrelevant:.3f}", flush=True)  # fmt: skip


def seconds(_: int) -> None:
    """Print how long the importances and their intervals take."""
    for n, max_evals in ((4, 50), (10, 200), (10, 5000)):
        trials = searched(KNOWN["8(a-.3)^2 + 3(b-.6)^2 + (c-.5)^2"][0], n, "random", max_evals, 0)
        start = time.process_time()
        parameter_importances(trials, uniforms(n))
        middle = time.process_time()
        importance_intervals(trials, uniforms(n))
        print(f"time, {n} parameters, {max_evals} trials: {middle - start:.2f} s, "
              f"intervals {time.process_time() - middle:.2f} s", flush=True)  # fmt: skip


PARTS = {"noise": noise, "steps": steps, "ties": ties, "order": order, "time": seconds}


def main() -> None:
    """Measure the parts asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--searches", type=int, default=200)
    arguments = parser.parse_args()
    for part in arguments.only:
        PARTS[part](arguments.searches)


if __name__ == "__main__":
    main()
