"""First points learned on real tables: record configurations, choose the points, and judge them.

    python first_points.py record [--minutes 60] [--families A,B] [--nice 19]   # pieces that resume
    python first_points.py pack                                                  # pieces -> recorded/first_points.npz

A piece holds the losses of 200 configurations of a family on one table, and of the defaults as row 0, by two
independent 3-fold cross-validations. Every table sees the same configurations.
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
TASKS = {"classification": CLASSIFICATION, "regression": REGRESSION}
METRICS = {"classification": ("accuracy", "balanced_accuracy"), "regression": ("r2", "neg_mean_absolute_error")}
PIECES = Path(os.environ.get("HPSKLEARN_SEARCH_PIECES", Path(tempfile.gettempdir()) / "hpsklearn_search_pieces"))
RECORDED = Path(__file__).parent / "recorded" / "first_points.npz"


def configurations(family: Family, n: int = N) -> list[dict[str, Any]]:
    """The same `n` random configurations for every table."""
    space, rng = Space(dict(family.space)), np.random.default_rng(2026)
    return [space.assemble(space.draw(rng)) for _ in range(n)]


def losses(estimator: Any, X: np.ndarray, y: np.ndarray, task: str) -> np.ndarray:
    """Minus the mean scores: shape (2 cross-validations, 2 metrics)."""
    folds = StratifiedKFold if task == "classification" else KFold
    found = []
    for seed in range(2):
        cv = folds(3, shuffle=True, random_state=seed)
        scores = cross_validate(estimator, X, y, cv=cv, scoring=METRICS[task])
        found.append([-scores[f"test_{metric}"].mean() for metric in METRICS[task]])
    return np.array(found)


def record_piece(task: str, name: str, table_name: str, path: Path) -> None:
    """Write the losses of the defaults and of every configuration on one table."""
    family, (X, y) = families(task)[name], table(table_name)
    estimators = [family.defaults(), *(family.estimator(values, X.shape[1]) for values in configurations(family))]
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        found = np.array([losses(estimator, X, y, task) for estimator in estimators])
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part.npy")
    np.save(unfinished, found.astype(np.float32))
    unfinished.rename(path)


def record(minutes: float, chosen: list[str]) -> None:
    """Write pieces that are missing until the minutes are over; a table of each task in turn."""
    until = time.monotonic() + 60 * minutes
    for name in chosen or list(dict.fromkeys([*families("regression"), *families("classification")])):
        for position in range(max(map(len, TASKS.values()))):
            for task, tables in TASKS.items():
                if position >= len(tables) or name not in families(task):
                    continue
                path = PIECES / task / f"{name}-{tables[position]}.npy"
                if path.exists():
                    continue
                if time.monotonic() > until:
                    return
                start = time.process_time()
                try:
                    record_piece(task, name, tables[position], path)
                    print(f"{task} {name} {tables[position]}: {time.process_time() - start:.0f} s CPU", flush=True)
                except Exception as error:
                    print(f"{task} {name} {tables[position]}: {error!r}", flush=True)


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
