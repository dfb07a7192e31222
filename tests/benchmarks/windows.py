"""Which window needs the least wall time to a score, for a number of workers and of folds.

    python windows.py record [--seeds 6] [--minutes 60]     # resumes in recorded/windows.jsonl
    python windows.py report

`record` runs the default algorithm on made problems under the window rule: with W, suggestion t knows the outcomes
0 .. t-W. `report` simulates workers whose fits of a fold take log-normal times (sigma 1, one factor a candidate), and
gives the wall time until the gap is as small as W=2 leaves it after 25 and 50 candidates: with (the best so far -
the best known) / (what 50 random draws are expected to find - the best known), at most 3, averaged over problems and
seeds. The time is in units of a mean fold fit.
"""

from __future__ import annotations

import argparse
import heapq
import json
import os
import time
import warnings
from collections import defaultdict, deque
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from quality_methods import METHODS
from quality_problems import made_problems
from search_quality import all_problems, expected_best, reference

RESULTS = Path(__file__).parent / "recorded" / "windows.jsonl"
WINDOWS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
EVALS, AT = 120, 50  # candidates of a search, and the random draws that a gap is measured by
GOALS = (25, 50)
LAYOUTS = ((2, 5), (4, 5), (8, 5), (16, 5), (32, 5), (8, 3), (32, 3), (8, 10), (32, 10))  # workers, folds


def gaps(name: str, seed: int, window: int) -> list[float]:
    """The gap after each candidate of a search under the window rule."""
    problem = all_problems(seed)[name]
    noise, optimiser = np.random.default_rng([seed, 1]), METHODS["default"](problem, seed)
    waiting: deque[tuple[Any, float]] = deque()
    observed, true = [], []
    for _ in range(EVALS):
        config, token = optimiser.ask()
        true.append(problem.loss(config))
        observed.append(true[-1] + problem.noise * float(noise.normal()))
        waiting.append((token, observed[-1]))
        if len(waiting) == window:
            optimiser.tell(*waiting.popleft())
    losses, best = reference(name, seed if problem.moves else 0)
    best = min(best, min(true))
    expected = expected_best(losses, AT)[-1]
    found = np.array(true)[[int(np.argmin(observed[: i + 1])) for i in range(EVALS)]]
    return [round(float(g), 4) for g in np.clip((found - best) / max(expected - best, 1e-12), 0.0, 3.0)]


def record(seeds: int, minutes: float, results: Path) -> None:
    """Append a line for each search that has none."""
    warnings.simplefilter("ignore")
    until = time.monotonic() + 60 * minutes
    done = {(row["problem"], row["seed"], row["window"]) for row in rows_of(results)}
    names = [problem.name for problem in made_problems(0)]
    for seed in range(seeds):
        for name in names:
            for window in WINDOWS:
                if (name, seed, window) not in done and time.monotonic() < until:
                    row = {"problem": name, "seed": seed, "window": window, "gaps": gaps(name, seed, window)}
                    with results.open("a") as file:
                        file.write(json.dumps(row) + "\n")


def rows_of(results: Path) -> list[dict[str, Any]]:
    """The recorded searches."""
    return [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []


def ends(workers: int, folds: int, window: int, rng: np.random.Generator) -> np.ndarray:
    """When each candidate has finished, in the loop's order: folds of open candidates first, then a new candidate."""
    lengths = np.exp(rng.normal(size=EVALS)) / np.exp(0.5)
    free, settled = [0.0] * workers, np.zeros(EVALS)
    for candidate in range(EVALS):
        # It begins when candidates 0 .. t-W have finished.
        known = settled[: max(0, candidate - window + 1)].max(initial=0.0)
        finished = []
        for _ in range(folds):
            end = max(heapq.heappop(free), known) + lengths[candidate]
            heapq.heappush(free, end)
            finished.append(end)
        settled[candidate] = max(finished)
    return settled


def report(results: Path) -> None:
    """Print the mean gap by window, and for each layout and goal the wall time relative to that of the default."""
    found: dict[int, dict[tuple[str, int], list[float]]] = defaultdict(dict)
    for row in rows_of(results):
        found[row["window"]][row["problem"], row["seed"]] = row["gaps"]
    cases = sorted(set.intersection(*(set(by_case) for by_case in found.values())))
    gaps_of = {w: np.array([found[w][case] for case in cases]) for w in WINDOWS if w in found}
    print(f"{len(cases)} searches for each window; mean gap at 25, 50 and 100 candidates, and its difference to W=2\n")
    print("| W | 25 | 50 | 100 |\n|---|---|---|---|")
    for window, table in gaps_of.items():
        apart = table - gaps_of[2]
        cells = (
            f"{table[:, n].mean():.2f} ({apart[:, n].mean():+.2f} ± {apart[:, n].std(ddof=1) / len(cases) ** 0.5:.2f})"
            for n in (24, 49, 99)
        )
        print(f"| {window} | {' | '.join(cells)} |")
    for at in GOALS:
        goal = float(gaps_of[2].mean(axis=0)[at - 1])
        print(f"\nwall time to a mean gap of {goal:.2f} ({at} candidates with W=2), in units of a mean fit\n")
        print(
            f"| workers, folds | default | {' | '.join(f'W={w}' for w in gaps_of)} |\n|---|---|{'---|' * len(gaps_of)}"
        )
        for workers, folds in LAYOUTS:
            times = (time_to(goal, table.mean(axis=0), workers, folds, w) for w, table in gaps_of.items())
            cells = ("-" if t is None else f"{t:.0f}" for t in times)
            print(f"| {workers}, {folds} | {max(2, 1 + -(-workers // folds))} | {' | '.join(cells)} |")


def time_to(goal: float, curve: np.ndarray, workers: int, folds: int, window: int) -> float | None:
    """The mean time, over simulated searches, until the curve of mean gaps is at the goal."""
    if curve.min() > goal:
        return None
    last = int(np.argmax(curve <= goal))
    runs = (ends(workers, folds, window, np.random.default_rng(s)) for s in range(60))
    return float(np.mean([run[: last + 1].max() for run in runs]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["record", "report"])
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--results", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    if arguments.command == "record":
        record(arguments.seeds, arguments.minutes, arguments.results)
    else:
        report(arguments.results)
