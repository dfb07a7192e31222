"""Judge the learned first points by searches on tables that they were not learned on.

    python first_points_judge.py run [--minutes 60] [--families A,B] [--seeds 1]   # resumes in --results
    python first_points_judge.py report

Each search is over the ready space of the family, with the first of the cross-validations of `first_points.py`, once
with learned first points and once without (the estimator's own values come first in both). Its best candidates after
5, 10, 25 and 50 are judged by five other cross-validations. The figure is the change of the error, 1 - accuracy or
1 - R2, in per cent of the error without learned points: a negative one is a gain.
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
from unittest.mock import patch

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from first_points import METRICS, RECORDED, TASKS, folds
from first_points_families import families
from first_points_learn import FEWEST_TABLES, recorded, table_of
from real_tables import table
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from threadpoolctl import threadpool_limits

from hpsklearn_search import HyperoptSearchCV, spaces
from hpsklearn_search.spaces import _learned

JUDGED = RECORDED.with_name("first_points_judged.jsonl")
BUDGETS = (5, 10, 25, 50)
MOST_TABLES = 40  # of a family


def search(task: str, name: str, table_name: str, seed: int, learned: bool) -> list[float]:
    """The error of the best candidate after each budget, by five cross-validations that the search did not see."""
    (X, y), estimator, metric = table(table_name), families(task)[name].defaults(), METRICS[task][0]
    known = table_of([(task, name)] if learned else [], without=table_name)
    with patch.object(_learned, "_table", lambda: known):
        fitted = HyperoptSearchCV(
            estimator, spaces.suggest(estimator, X, y), scoring=metric, max_evals=max(BUDGETS), cv=folds(task, 0),
            random_state=seed, refit=False,
        ).fit(X, y)  # fmt: skip
    means, params = fitted.cv_results_["mean_test_score"], fitted.cv_results_["params"]
    best = [int(np.nanargmax(means[:budget])) for budget in BUDGETS]
    judged = {
        row: np.mean([
            cross_val_score(clone(estimator).set_params(**params[row]), X, y, cv=folds(task, other), scoring=metric)
            for other in range(1, 6)
        ])
        for row in set(best)
    }  # fmt: skip
    return [1.0 - float(judged[row]) for row in best]


def cases(chosen: list[str], seeds: int) -> Iterator[tuple[str, str, str, int]]:
    """Family, table and seed; all families come to their first table before one comes to its second."""
    rows = []
    for task, tables in TASKS.items():
        for name in chosen or families(task):
            if name in families(task) and len(recorded(task, name)) > FEWEST_TABLES:
                # First the tables that nothing was learned on.
                fresh = sorted(tables, key=lambda each: each in recorded(task, name))
                rows += [(place, seed, task, name, each) for place, each in enumerate(fresh[:MOST_TABLES])
                         for seed in range(seeds)]  # fmt: skip
    for _, seed, task, name, each in sorted(rows, key=lambda row: row[:2]):
        yield task, name, each, seed


def run(minutes: float, chosen: list[str], seeds: int, results: Path) -> None:
    """Append a line for each pair of searches that is not there yet."""
    until = time.monotonic() + 60 * minutes
    done = {tuple(row[:4]) for row in rows_of(results)}
    for case in cases(chosen, seeds):
        if case in done or time.monotonic() > until:
            continue
        start = time.process_time()
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore")
            pair = [search(*case, learned) for learned in (False, True)]
        with results.open("a") as file:
            file.write(json.dumps([*case, *pair]) + "\n")
        print(*case, f"{time.process_time() - start:.0f} s CPU", flush=True)


def rows_of(results: Path) -> list[Any]:
    """Task, family, table, seed, and the errors without and with learned points."""
    return [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []


def changes(results: Path = JUDGED) -> dict[tuple[str, str], np.ndarray]:
    """Per cent of change by family; shape (tables, budgets), each the mean over seeds."""
    found: dict[tuple[str, str], dict[str, list[np.ndarray]]] = defaultdict(lambda: defaultdict(list))
    for task, name, table_name, _, without, learned in rows_of(results):
        found[task, name][table_name].append(100 * (np.array(learned) / np.array(without) - 1))
    return {key: np.array([np.mean(each, axis=0) for each in tables.values()]) for key, tables in found.items()}


def gaining(results: Path = JUDGED) -> list[tuple[str, str]]:
    """The families whose error fell by two standard errors after 5 or 10 candidates, and rose by none at any budget."""
    found = []
    for key, of_tables in changes(results).items():
        if len(of_tables) > 3:
            mean, error = of_tables.mean(axis=0), of_tables.std(axis=0, ddof=1) / np.sqrt(len(of_tables))
            if (mean[:2] < -2 * error[:2]).any() and (mean < error).all():
                found.append(key)
    return found


def report(results: Path) -> None:
    """Print the mean change of the error by family, with its standard error over tables."""
    found = changes(results)
    print(f"change of the error in per cent after {BUDGETS} candidates")
    for key, rows in [*sorted(found.items()), (("all", ""), np.concatenate(list(found.values())))]:
        errors = rows.std(axis=0, ddof=1) / np.sqrt(len(rows)) if len(rows) > 1 else np.full(len(BUDGETS), np.nan)
        row = "  ".join(f"{mean:+6.1f} ± {error:.1f}" for mean, error in zip(rows.mean(axis=0), errors, strict=True))
        print(f"{key[0]:15} {key[1]:22} {len(rows):3} tables  {row}  {'kept' if key in gaining(results) else ''}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "report"])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--families", default="")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--results", type=Path, default=JUDGED)
    arguments = parser.parse_args()
    if arguments.command == "run":
        run(arguments.minutes, [n for n in arguments.families.split(",") if n], arguments.seeds, arguments.results)
    else:
        report(arguments.results)
