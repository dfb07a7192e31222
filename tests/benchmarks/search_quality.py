"""What a search finds in a given number of evaluations, compared with installed peers and random search.

Run it as ``python tests/benchmarks/search_quality.py [--methods default tpe hyperopt optuna]
[--problems camel2 families] [--kinds conditional] [--seeds 10] [--evals 100] [--open 1] [--jobs 2]
[--results results.jsonl]``. Finished runs in the results file are not repeated, so a comparison can be
interrupted, and methods and seeds added. The figure of merit is the regret relative to random search:
(the best so far - the best known) over (the expected best of as many random draws - the best known),
between 0 and 3, so that random search has 1 and a solved problem 0. On a noisy problem the best so far is
chosen by what was observed and judged by the true loss. `--open` keeps that many evaluations open,
which finish in random order. ``benchmarks_page.py`` makes docs/benchmarks.md of a results file.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from joblib import Parallel, delayed
from quality_methods import METHODS
from quality_problems import Config, Problem, made_problems
from quality_recorded import recorded_problems
from quality_tasks import task_problems

BUDGETS = (10, 25, 50, 100, 200)
Row = dict[str, Any]
"""One run: problem, kind, method, seed, instance, open, trace (of the best), expected (of random search), best, cpu."""


@cache
def all_problems(instance: int) -> dict[str, Problem]:
    """Every problem at one instance, by name."""
    return {problem.name: problem for problem in [*made_problems(instance), *task_problems(), *recorded_problems()]}


# ---------------------------------------------------------------------- one run
def run(method: str, problem: Problem, seed: int, evals: int, open_at_once: int) -> tuple[np.ndarray, float]:
    """The true loss of the best so far after each evaluation, shape (evals,), and CPU seconds per suggestion."""
    noise, order = np.random.default_rng([seed, 1]), np.random.default_rng([seed, 2])
    optimiser, spent = METHODS[method](problem, seed), 0.0
    observed: list[float] = []
    true: list[float] = []
    waiting: list[tuple[Config, Any]] = []
    for asked in range(evals + open_at_once):
        start = time.process_time()
        if asked < evals:
            waiting.append(optimiser.ask())
        spent += time.process_time() - start
        if len(waiting) < open_at_once and asked < evals:
            continue
        if not waiting:
            break
        config, token = waiting.pop(int(order.integers(len(waiting))))
        true.append(problem.loss(config))
        observed.append(true[-1] + problem.noise * float(noise.normal()))
        start = time.process_time()
        optimiser.tell(token, observed[-1])
        spent += time.process_time() - start
    best = [int(np.argmin(observed[: i + 1])) for i in range(evals)]
    return np.array(true)[best], spent / evals


@cache
def reference(name: str, instance: int) -> tuple[np.ndarray, float]:
    """Sorted losses of random draws, and the smallest loss known of: the true one, or by a long local search."""
    problem = all_problems(instance)[name]
    rng = np.random.default_rng(20)
    units = rng.random((problem.reference, len(problem.axes)))
    losses = np.array([problem.loss(problem.at(u)) for u in units])
    drawn = np.sort(losses)
    if problem.best is not None:
        return drawn, problem.best
    for scale in (0.15, 0.1, 0.06, 0.04, 0.02, 0.01):
        parents = units[np.argsort(losses)[:20]]
        moved = np.clip(np.repeat(parents, 20, axis=0) + scale * rng.normal(size=(400, units.shape[1])), 0, 1)
        moved = np.where(rng.random(moved.shape) < 0.1, rng.random(moved.shape), moved)
        units, losses = (
            np.vstack([parents, moved]),
            np.append(np.sort(losses)[:20], [problem.loss(problem.at(u)) for u in moved]),
        )
    return drawn, float(losses.min())


def expected_best(losses: np.ndarray, evals: int) -> list[float]:
    """The expected best of 1, 2, ..., `evals` draws from sorted losses."""
    left = 1.0 - np.arange(len(losses) + 1) / len(losses)
    return [float(losses @ (left[:-1] ** b - left[1:] ** b)) for b in range(1, evals + 1)]


def measured(method: str, name: str, seed: int, evals: int, open_at_once: int) -> Row:
    """One run as a row of the results."""
    warnings.simplefilter("ignore")
    problem = all_problems(seed)[name]
    trace, cpu = run(method, problem, seed, evals, open_at_once)
    instance = seed if problem.moves else 0
    losses, best = reference(name, instance)
    return {
        "problem": name,
        "kind": problem.kind,
        "method": method,
        "seed": seed,
        "instance": instance,
        "open": open_at_once,
        "trace": [float(f"{loss:.7g}") for loss in trace],
        "best": best,
        "expected": [float(f"{loss:.7g}") for loss in expected_best(losses, evals)],
        "cpu": round(1e3 * cpu, 3),
    }


# ---------------------------------------------------------------------- many runs
def loaded(path: Path) -> list[Row]:
    """The rows of a results file, none if there is no file."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def completed(path: Path, wanted: Iterable[tuple[str, str, int, int, int]], jobs: int) -> list[Row]:
    """All rows of a results file, after the runs that it lacks were appended to it."""
    have = {(r["method"], r["problem"], r["seed"], len(r["trace"]), r["open"]) for r in loaded(path)}
    lacking = [key for key in wanted if key not in have]
    with path.open("a") as file:
        for row in Parallel(jobs, return_as="generator_unordered")(delayed(measured)(*key) for key in lacking):
            file.write(json.dumps(row) + "\n")
            file.flush()
    return loaded(path)


def regrets(rows: list[Row]) -> dict[tuple[str, str], np.ndarray]:
    """Relative regret after each evaluation by method and problem, shape (seeds, evals)."""
    best: dict[tuple[str, int], float] = {}
    for row in rows:
        key = (row["problem"], row["instance"])
        best[key] = min(best.get(key, np.inf), row["best"], min(row["trace"]))
    found = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["seed"]):
        low = best[row["problem"], row["instance"]]
        scale = np.maximum(np.array(row["expected"]) - low, 1e-12)
        found[row["method"], row["problem"]].append(np.clip((np.array(row["trace"]) - low) / scale, 0, 3))
    return {key: np.array(each) for key, each in found.items()}


def by_kind(rows: list[Row]) -> dict[tuple[str, str], tuple[np.ndarray, np.ndarray]]:
    """Mean curve over problems, and its standard error over seeds, by method and kind; the kind "all", too.

    A method that did not run on all problems of a kind is left out there.
    """
    found, kinds = regrets(rows), {row["problem"]: row["kind"] for row in rows}
    n_problems = Counter(kind for each in kinds.values() for kind in (each, "all"))
    groups = defaultdict(list)
    for (method, problem), curves in found.items():
        for kind in (kinds[problem], "all"):
            groups[method, kind].append(curves)
    return {
        key: (
            np.mean([curves.mean(axis=0) for curves in each], axis=0),
            np.sqrt(
                np.sum(
                    [curves.var(axis=0, ddof=1) / len(curves) if len(curves) > 1 else 0 * curves[0] for curves in each],
                    axis=0,
                )
            )
            / len(each),
        )
        for key, each in groups.items()
        if len(each) == n_problems[key[1]]
    }


def main() -> None:
    """Print one table a problem, and one over kinds of problems."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--methods", nargs="+", default=["default", "tpe", "hyperopt", "optuna"], choices=METHODS)
    parser.add_argument("--problems", nargs="+", default=list(all_problems(0)))
    parser.add_argument("--kinds", nargs="+")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--evals", type=int, default=100)
    parser.add_argument("--open", type=int, default=1, help="evaluations open at once")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--results", type=Path, default=Path("search_quality.jsonl"))
    args = parser.parse_args()
    chosen = [
        p for p in all_problems(0).values() if p.name in args.problems and (not args.kinds or p.kind in args.kinds)
    ]
    wanted = [
        (method, problem.name, seed, args.evals, args.open)
        for seed in range(args.seeds)
        for problem in chosen
        for method in args.methods
    ]
    names = {problem.name for problem in chosen}
    rows = [
        row
        for row in completed(args.results, wanted, args.jobs)
        if row["problem"] in names
        and row["method"] in args.methods
        and row["seed"] < args.seeds
        and row["open"] == args.open
        and len(row["trace"]) == args.evals
    ]
    report(rows, args.methods, [b for b in BUDGETS if b <= args.evals])


def report(rows: list[Row], methods: list[str], budgets: list[int]) -> None:
    """Print tables of regrets."""
    found = regrets(rows)
    problems = {row["problem"]: row["kind"] for row in rows}
    print("| problem | kind | " + " | ".join(f"{m} at {b}" for m in methods for b in budgets[-2:]) + " |")
    print("|---|---|" + "---|" * (len(methods) * len(budgets[-2:])))
    for problem, kind in problems.items():
        means = [found[m, problem].mean(axis=0) if (m, problem) in found else None for m in methods]
        cells = ["" if mean is None else f"{mean[b - 1]:.2f}" for mean in means for b in budgets[-2:]]
        print(f"| {problem} | {kind} | " + " | ".join(cells) + " |")
    curves = by_kind(rows)
    print("\n| kind | method | " + " | ".join(f"at {b}" for b in budgets) + " | CPU ms a suggestion |")
    print("|---|---|" + "---|" * (len(budgets) + 1))
    for kind in [*dict.fromkeys(problems.values()), "all"]:
        for method in [each for each in methods if (each, kind) in curves]:
            mean, error = curves[method, kind]
            cpu = np.mean([row["cpu"] for row in rows if row["method"] == method and kind in ("all", row["kind"])])
            cells = " | ".join(f"{mean[b - 1]:.3f} ± {error[b - 1]:.3f}" for b in budgets)
            print(f"| {kind} | {method} | {cells} | {cpu:.2f} |")


if __name__ == "__main__":
    main()
