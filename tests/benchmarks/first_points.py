"""First points learned on real tables: record configurations, choose the points, and judge them.

    python first_points.py record [--minutes 60] [--families A,B] [--nice 19]   # pieces that resume
    python first_points.py pack                                                  # pieces -> recorded/first_points.npz

A piece holds the losses of 100 of the 200 configurations of a family on one table, by two independent 3-fold
cross-validations; the first of two pieces has the defaults as row 0. Every table sees the same configurations.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from first_points_families import Family, families
from real_tables import CLASSIFICATION, REGRESSION, table
from sklearn.model_selection import KFold, StratifiedKFold, cross_validate
from threadpoolctl import threadpool_limits

from hpsklearn_search.space import Space

N = 200
PARTS = 2  # pieces of one family on one table; the first ones of all tables come first
TASKS = {"classification": CLASSIFICATION, "regression": REGRESSION}
METRICS = {"classification": ("accuracy", "balanced_accuracy"), "regression": ("r2", "neg_mean_absolute_error")}
PIECES = Path(os.environ.get("HPSKLEARN_SEARCH_PIECES", Path(tempfile.gettempdir()) / "hpsklearn_search_pieces"))
RECORDED = Path(__file__).parent / "recorded" / "first_points.npz"


def configurations(family: Family, n: int = N) -> list[dict[str, Any]]:
    """The same `n` random configurations for every table."""
    space, rng = Space(dict(family.space)), np.random.default_rng(2026)
    return [space.assemble(space.draw(rng)) for _ in range(n)]


def folds(task: str, seed: int) -> Any:
    """One of the cross-validations; a search sees that of seed 0, and others judge."""
    kind = StratifiedKFold if task == "classification" else KFold
    return kind(3, shuffle=True, random_state=seed)


def losses(estimator: Any, X: np.ndarray, y: np.ndarray, task: str) -> np.ndarray:
    """Minus the mean scores: shape (2 cross-validations, 2 metrics)."""
    found = []
    for seed in range(2):
        scores = cross_validate(estimator, X, y, cv=folds(task, seed), scoring=METRICS[task])
        found.append([-scores[f"test_{metric}"].mean() for metric in METRICS[task]])
    return np.array(found)


def record_piece(task: str, name: str, table_name: str, part: int, path: Path) -> None:
    """Write the losses of a part of the configurations on one table, the defaults before the first part."""
    family, (X, y) = families(task)[name], table(table_name)
    chosen = np.array_split(np.arange(N), PARTS)[part]
    every = configurations(family)
    estimators = [family.estimator(every[row], X.shape[1]) for row in chosen]
    if part == 0:
        estimators.insert(0, family.defaults())
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        found = np.array([losses(estimator, X, y, task) for estimator in estimators])
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part.npy")
    np.save(unfinished, found.astype(np.float32))
    unfinished.rename(path)


def missing(name: str, task: str) -> list[tuple[str, int, Path]]:
    """Table, part and file of the pieces of a family that are not written yet."""
    if name not in families(task):
        return []
    pieces = [
        (each, part, PIECES / task / f"{name}-{each}-{part}.npy") for part in range(PARTS) for each in TASKS[task]
    ]
    recorded = set(np.load(RECORDED).files) if RECORDED.exists() else set()
    return [piece for piece in pieces if not piece[2].exists() and f"{task}/{piece[2].stem}" not in recorded]


def record(minutes: float, chosen: list[str]) -> None:
    """Write pieces that are missing until the minutes are over; the family that has cost least CPU is next."""
    until = time.monotonic() + 60 * minutes
    queues = {(name, task): missing(name, task) for task in TASKS for name in chosen or families(task)}
    spent = {key: 0.0 for key, pieces in queues.items() if pieces}
    while spent and time.monotonic() < until:
        name, task = key = min(spent, key=lambda each: spent[each])
        (table_name, part, path), start = queues[key].pop(0), time.process_time()
        try:
            record_piece(task, name, table_name, part, path)
        except Exception as error:
            print(f"{task} {path.stem}: {error!r}", flush=True)
        spent[key] += time.process_time() - start
        print(f"{task} {path.stem}: {time.process_time() - start:.0f} s CPU", flush=True)
        if not queues[key]:
            del spent[key]


def pack() -> None:
    """Add all pieces to the recorded file."""
    found = dict(np.load(RECORDED)) if RECORDED.exists() else {}
    for path in sorted(PIECES.glob("*/*.npy")):
        if not path.stem.endswith(".part"):
            found[f"{path.parent.name}/{path.stem}"] = np.load(path)
    RECORDED.parent.mkdir(exist_ok=True)
    np.savez_compressed(RECORDED, **found)
    print(len(found), "pieces,", RECORDED.stat().st_size, "bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["record", "pack"])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--families", default="")
    parser.add_argument("--nice", type=int, default=0)
    arguments = parser.parse_args()
    os.nice(arguments.nice)
    if arguments.command == "record":
        record(arguments.minutes, [name for name in arguments.families.split(",") if name])
    else:
        pack()
