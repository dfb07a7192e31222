"""What learning a limit gains: limits that the algorithm learns, against the same candidates treated as failures.

    PYTHONPATH=. python tests/benchmarks/limits.py [--seeds 12] [--problems branin_disk ...] [--algo auto]

Each made problem has a loss, and one or two excesses that are at most 0 within the limits. "learned" gives both to the
algorithm, "failed" calls every candidate outside a failure, and "random" is random search. The regret is that of the
best candidate within the limits after 30 and 60 evaluations: its loss minus the optimum within the limits, as a share
of what the median of random candidates within them has. Without a candidate within, it is the regret of the worst
random one. Means over seeds, with their standard errors.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from hpsklearn_search import hp, rand, tpe
from hpsklearn_search.space import Space
from hpsklearn_search.suggest import auto, gp, trial_seed
from hpsklearn_search.trials import Outcome, Trials

BUDGETS = (30, 60)
ALGORITHMS = {"auto": auto.suggest, "gp": gp.suggest, "tpe": tpe.suggest}
Config = dict[str, Any]


@dataclass(frozen=True)
class Problem:
    """A loss to minimise where no excess is above 0."""

    name: str
    nodes: dict[str, Any]
    loss: Callable[[Config], float]
    excess: Callable[[Config], tuple[float, ...]]


# ---------------------------------------------------------------------- losses
def _branin(c: Config) -> float:
    x, y = c["x"], c["y"]
    b, r = 5.1 / (4 * np.pi**2), 5 / np.pi
    return float((y - b * x**2 + r * x - 6) ** 2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x) + 10)


_A3 = np.array([[3, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]])
_P3 = 1e-4 * np.array([[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]])
_WEIGHTS = np.array([1.0, 1.2, 3.0, 3.2])


def _hartmann3(c: Config) -> float:
    x = np.array([c["x"], c["y"], c["z"]])
    return float(-_WEIGHTS @ np.exp(-(_A3 * (x - _P3) ** 2).sum(axis=1)))


def _booster(c: Config) -> float:
    """An error that falls with the number of trees and with the depth, up to a point."""
    rate, trees, depth = np.log10(c["rate"]), np.log10(c["trees"]), c["depth"]
    return float(
        0.1 + 0.05 * (trees + rate - 1.6) ** 2 + 0.02 * (depth - 9) ** 2 / 9 + 0.03 * (c["share"] - 0.7) ** 2
        + 0.04 * np.exp(-2 * (trees - 1))
    )  # fmt: skip


_KERNELS = {"rbf": (0.05, 3.0), "poly": (0.15, 1.5), "linear": (0.3, 1.0), "cosine": (0.2, 0.4)}


def _kernel(c: Config) -> float:
    """An error with a bowl for each kernel, of which the best one is the slowest."""
    best, _ = _KERNELS[c["kernel"]]
    return best + 0.1 * (np.log10(c["C"]) - 1 - 3 * best) ** 2 + 0.1 * (np.log10(c["gamma"]) + 2 - 4 * best) ** 2


def _kernel_seconds(c: Config) -> float:
    return _KERNELS[c["kernel"]][1] * (1 + 0.5 * np.log10(c["C"]) + 0.3 * np.exp(np.log10(c["gamma"])))


def _rosenbrock(c: Config) -> float:
    x = np.array([c[name] for name in "xyzw"])
    return float(np.log1p((100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()))


def _square(low: float, high: float, names: str = "xy") -> dict[str, Any]:
    return {name: hp.uniform(name, low, high) for name in names}


PROBLEMS = [
    Problem(  # two of three minima are outside of a disk
        "branin_disk",
        {"x": hp.uniform("x", -5, 10), "y": hp.uniform("y", 0, 15)},
        _branin,
        lambda c: ((c["x"] - 2.5) ** 2 + (c["y"] - 7.5) ** 2 - 50,),
    ),
    Problem(  # the first problem of Gardner and others (2014)
        "gardner_1",
        _square(0, 6),
        lambda c: float(np.cos(2 * c["x"]) * np.cos(c["y"]) + np.sin(c["x"])),
        lambda c: (float(np.cos(c["x"]) * np.cos(c["y"]) - np.sin(c["x"]) * np.sin(c["y"]) - 0.5),),
    ),
    Problem(  # the second one of the same authors: a region of about 1 %
        "gardner_2",
        _square(0, 6),
        lambda c: float(np.sin(c["x"]) + c["y"]),
        lambda c: (float(np.sin(c["x"]) * np.sin(c["y"]) + 0.95),),
    ),
    Problem(  # two limits, one with several pieces (Gramacy and others, 2016)
        "gramacy",
        _square(0, 1),
        lambda c: c["x"] + c["y"],
        lambda c: (
            float(1.5 - c["x"] - 2 * c["y"] - 0.5 * np.sin(2 * np.pi * (c["x"] ** 2 - 2 * c["y"]))),
            c["x"] ** 2 + c["y"] ** 2 - 1.5,
        ),
    ),
    Problem(  # a size that grows with what makes the error fall: the optimum is on the limit
        "booster_size",
        {
            "rate": hp.logrange("rate", 1e-3, 1.0),
            "trees": hp.logrange("trees", 10, 2000),
            "depth": hp.uniform("depth", 2, 14),
            "share": hp.uniform("share", 0.3, 1.0),
        },
        _booster,
        lambda c: (float(np.log(c["trees"] * 1.6 ** c["depth"] / 1500)),),
    ),
    Problem(  # options, of which the limit excludes the best
        "kernel_seconds",
        {
            "kernel": hp.choice("kernel", list(_KERNELS)),
            "C": hp.logrange("C", 1e-2, 1e4),
            "gamma": hp.logrange("gamma", 1e-5, 10),
        },
        _kernel,
        lambda c: (float(np.log(max(_kernel_seconds(c), 1e-3) / 1.5)),),
    ),
    Problem(  # a band of about 5 % of four dimensions
        "rosenbrock_band",
        _square(-2, 2, "xyzw"),
        _rosenbrock,
        lambda c: (abs(c["x"] + c["y"] + c["z"] + c["w"] - 2.0) - 0.16,),
    ),
    Problem(  # a limit that no candidate misses
        "hartmann_inactive",
        _square(0, 1, "xyz"),
        _hartmann3,
        lambda c: (c["x"] + 0.3 * c["y"] - 3.0,),
    ),
]


# ---------------------------------------------------------------------- one search
@dataclass(frozen=True)
class Course:
    """The losses of a search, infinite where a candidate is outside."""

    losses: np.ndarray

    def best(self, n: int) -> float:
        """The lowest loss within the limits of the first `n` candidates."""
        return float(self.losses[:n].min())

    def share_outside(self, n: int) -> float:
        """Which share of the first `n` candidates is outside."""
        return float(np.isinf(self.losses[:n]).mean())


def run(problem: Problem, method: str, algo: Any, seed: int) -> Course:
    """The candidates that a method tries."""
    space, trials, losses = Space(problem.nodes), Trials(), []
    for number in range(max(BUDGETS)):
        (point,) = algo([number], space, trials, trial_seed(seed, number))
        config = space.assemble(point)
        loss, excess = problem.loss(config), problem.excess(config)
        is_outside = max(excess) > 0
        losses.append(np.inf if is_outside else loss)
        if is_outside and method == "failed":
            outcome = Outcome("fail")
        else:
            outcome = Outcome("outside" if is_outside else "ok", loss, excess=excess if method == "learned" else ())
        trials.record.add(point)
        trials.record.finish(number, outcome)
    return Course(np.array(losses))


# ---------------------------------------------------------------------- what is reached at best
def reference(problem: Problem, n: int = 20_000) -> tuple[float, float, float, float]:
    """Share of random candidates within the limits; of those the optimum, the median and the worst loss."""
    space, rng = Space(problem.nodes), np.random.default_rng(0)
    units = rng.random((n, len(space)))
    values = np.array([_value(problem, space, u) for u in units])
    inside = np.flatnonzero(np.isfinite(values))
    starts = inside[np.argsort(values[inside])[:20]]
    best = min(_descend(problem, space, units[row], values[row], rng) for row in starts)
    return len(inside) / n, best, float(np.median(values[inside])), float(values[inside].max())


def _value(problem: Problem, space: Space, units: np.ndarray) -> float:
    config = space.assemble(space.point(space.layout.to_units(space.layout.fill_options(units[None].copy())[0])))
    return problem.loss(config) if max(problem.excess(config)) <= 0 else np.inf


def _descend(problem: Problem, space: Space, units: np.ndarray, value: float, rng: np.random.Generator) -> float:
    """The lowest loss that steps of falling length find."""
    for length in np.geomspace(0.05, 1e-6, 1500):
        moved = np.clip(units + length * rng.standard_normal(len(units)), 0.0, 1.0)
        found = _value(problem, space, moved)
        if found < value:
            units, value = moved, found
    return float(value)


def _mean_and_error(values: Sequence[float]) -> str:
    return f"{np.mean(values):.3f} ± {np.std(values, ddof=1) / np.sqrt(len(values)):.3f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--problems", nargs="*", default=[problem.name for problem in PROBLEMS])
    parser.add_argument("--algo", choices=ALGORITHMS, default="auto")
    arguments = parser.parse_args()
    algo = ALGORITHMS[arguments.algo]
    methods = {"learned": algo, "failed": algo, "random": rand.suggest}
    print("problem", "within", *(f"{m} {n}" for n in BUDGETS for m in methods), "outside", sep=" | ")
    for problem in [problem for problem in PROBLEMS if problem.name in arguments.problems]:
        share, best, median, worst = reference(problem)
        courses = {m: [run(problem, m, a, seed) for seed in range(arguments.seeds)] for m, a in methods.items()}
        cells = [
            _mean_and_error([(min(course.best(n), worst) - best) / (median - best) for course in courses[method]])
            for n in BUDGETS
            for method in methods
        ]
        outside = (f"{100 * np.mean([c.share_outside(60) for c in of_method]):.0f}" for of_method in courses.values())
        print(problem.name, f"{100 * share:.0f} %", *cells, " / ".join(outside) + " %", sep=" | ", flush=True)


if __name__ == "__main__":
    main()
