"""Ready spaces on real tables: against the estimator's defaults, and against random draws of a generous space.

    python ready_spaces.py run [--minutes 60] [--nice 5]     # resumes in recorded/ready_spaces.jsonl
    python ready_spaces.py report
    python ready_spaces.py ranges     # where the best recorded configuration lies in each range

A search with `spaces.suggest` has 25 candidates and sees the first cross-validation of `first_points.py`; its winner,
the defaults and the winner of 100 random draws (from the recorded losses) are judged by the second one.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import warnings
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from first_points import METRICS, RECORDED, TASKS, configurations, folds
from first_points_families import Family, families
from first_points_learn import encoded, forest, recorded
from real_tables import table
from sklearn.base import clone
from sklearn.model_selection import cross_validate
from threadpoolctl import threadpool_limits

from hpsklearn_search import HyperoptSearchCV, spaces

RESULTS = RECORDED.with_name("ready_spaces.jsonl")
N, N_RANDOM = 25, 100
NOTHING = 0.05  # a cost that is hardly one


def judged(estimator: Any, X: Any, y: Any, task: str) -> np.ndarray:
    """The scores of the second cross-validation, one a fold."""
    scores = cross_validate(estimator, X, y, cv=folds(task, 1), scoring=METRICS[task][0])
    return np.asarray(scores["test_score"])


def one(task: str, name: str, table_name: str) -> dict[str, Any]:
    """Search one family on one table, and judge the winner and the defaults."""
    (X, y), estimator = table(table_name), families(task)[name].defaults()
    space = spaces.suggest(estimator, X, y)
    search = HyperoptSearchCV(
        estimator, space, max_evals=N, cv=folds(task, 0), scoring=METRICS[task][0], random_state=0, refit=False
    ).fit(X, y)
    winner = clone(estimator).set_params(**search.best_params_)
    return {
        "task": task, "family": name, "table": table_name,
        "defaults": judged(estimator, X, y, task).tolist(),
        "found": judged(winner, X, y, task).tolist(),
    }  # fmt: skip


def cases() -> Iterator[tuple[str, str, str]]:
    """Every recorded family and table, a table of each family before the next one."""
    rows = [(i, task, name, each) for task in TASKS for name in families(task)
            for i, each in enumerate(recorded(task, name))]  # fmt: skip
    yield from (row[1:] for row in sorted(rows))


def run(minutes: float, results: Path) -> None:
    """Append a line for each case that has none."""
    until = time.monotonic() + 60 * minutes
    done = {(r["task"], r["family"], r["table"]) for r in lines(results)}
    for case in cases():
        if case not in done and time.monotonic() < until:
            start = time.process_time()
            with warnings.catch_warnings(), threadpool_limits(1), results.open("a") as file:
                warnings.simplefilter("ignore")
                file.write(json.dumps(one(*case)) + "\n")
            print(*case, f"{time.process_time() - start:.0f} s CPU", flush=True)


def lines(results: Path) -> list[dict[str, Any]]:
    """The results so far."""
    return [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []


def random_winner(task: str, name: str, table_name: str) -> float:
    """The judged score of the best of 100 random draws of the generous space."""
    losses = recorded(task, name)[table_name][1 : N_RANDOM + 1, :, 0]
    return float(-losses[int(np.nanargmin(losses[:, 0])), 1])


def report(results: Path) -> None:
    """Print how often a ready space was better than the defaults, and than random draws."""
    by_family = defaultdict(list)
    for r in lines(results):
        found, defaults = np.array(r["found"]), np.array(r["defaults"])
        error = (found - defaults).std(ddof=1) * np.sqrt(1 / 3 + 1 / 2)  # corrected for shared rows
        gain = (found - defaults).mean()
        more = found.mean() - random_winner(r["task"], r["family"], r["table"])
        by_family[r["task"], r["family"]].append((gain, gain < -2 * max(error, 1e-12), more))
    every = [row for rows in by_family.values() for row in rows]
    for (task, name), rows in [*sorted(by_family.items()), (("all", ""), every)]:
        gains, worse, more = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
        print(
            f"{task:15} {name:22} {len(rows):3} tables  better than the defaults {np.mean(gains > 0):.2f}, "
            f"equal {np.mean(gains == 0):.2f}, clearly worse {np.mean(worse):.2f}; at least as good as "
            f"{N_RANDOM} random draws {np.mean(more >= 0):.2f}"
        )


def ranges() -> None:
    """Print what it costs, for each parameter alone, to stay inside of its ready range.

    The cost is the best smoothed loss inside minus the best one, in units of (median - best) of the table.
    """
    every: list[float] = []
    for task in TASKS:
        for name, family in families(task).items():
            found = defaultdict(list)
            for losses in recorded(task, name).values():
                for key, cost in costs(family, losses).items():
                    found[key].append(cost)
            for key, of_key in found.items():
                every += of_key
                print(f"{task:15} {name:22} {key:20} {len(of_key):3} tables  most {max(of_key):.2f}  "
                      f"at most {NOTHING}: {np.mean(np.array(of_key) <= NOTHING):.2f}")  # fmt: skip
    print(f"all: at most {NOTHING} in {np.mean(np.array(every) <= NOTHING):.3f} of {len(every)}")


def costs(family: Family, losses: np.ndarray) -> dict[str, float]:
    """The cost of each ready range of numbers on one table."""
    space = spaces.suggest(family.defaults(), size="large")
    ready = {key.rpartition("__")[2]: node.distribution for key, node in space.items() if hasattr(node, "distribution")}
    x, every, n = encoded(family), configurations(family), len(losses) - 1
    smooth = forest(x[:n], losses[1:, :, 0].mean(axis=1)).predict(x[:n])
    low, middle = smooth.min(), np.median(smooth)
    found = {}
    for key, law in ready.items():
        if law.kind == "numeric" and key in every[0] and key not in family.relative:
            inside = np.array([law.contains(values[key]) for values in every[:n]])
            found[key] = float((smooth[inside].min() - low) / max(middle - low, 1e-9))
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "report", "ranges"])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--nice", type=int, default=0)
    parser.add_argument("--results", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    os.nice(arguments.nice)
    if arguments.command == "run":
        run(arguments.minutes, arguments.results)
    elif arguments.command == "report":
        report(arguments.results)
    else:
        ranges()
