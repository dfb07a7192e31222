"""Fold fits and CPU seconds until a search reaches the score that random search reaches in 100 candidates.

    PYTHONPATH=. python tests/benchmarks/speed.py run --out speed.jsonl [--jobs svc digits] [--seeds 5]
    PYTHONPATH=. python tests/benchmarks/speed.py table --out speed.jsonl

Six jobs (`speed_jobs.py`), five seeds, one process, one thread. The target of a job is the median over the
seeds of the best mean score among RandomizedSearchCV's first 100 candidates. Every search then runs until it
has a candidate with that score, or until a cap; a capped run counts with what it had spent (a lower bound).
Runs that stand in the file are not run again, so that libraries and seeds can be added. A library that is
not installed is skipped.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy import stats
from sklearn.base import clone
from sklearn.model_selection import RandomizedSearchCV, cross_val_score

from hpsklearn_search import HyperoptSearchCV, Racing, hp
from tests.benchmarks.speed_jobs import JOBS, Job

CANDIDATES = 100
AT_MOST = 3 * CANDIDATES
FOLDS = 5
Result = tuple[int, bool]
"""Fold fits, and whether the target was reached."""


# ---------------------------------------------------------------------- the same space for everybody
def laws(job: Job) -> dict[str, Any]:
    """For scikit-learn."""
    kinds: dict[str, Callable[..., Any]] = {
        "log": stats.loguniform,
        "float": lambda low, high: stats.uniform(low, high - low),
        "int": lambda low, high: stats.randint(low, high + 1),
        "cat": lambda options: options,
    }
    return {name: kinds[kind](*rest) for name, (kind, *rest) in job.space.items()}


def expressions(job: Job, hp: Any = hp) -> dict[str, Any]:
    """For hyperopt, and for ours."""

    def one(name: str, kind: str, *rest: Any) -> Any:
        if kind == "log":
            return hp.loguniform(name, *np.log(rest))
        return {"float": hp.uniform, "int": hp.uniformint, "cat": hp.choice}[kind](name, *rest)

    return {name: one(name, *law) for name, law in job.space.items()}


# ---------------------------------------------------------------------- searches: (job, X, y, target, seed) -> Result
def random_search(job: Job, X: Any, y: Any, target: float, seed: int) -> Result:
    """RandomizedSearchCV, ten candidates at a time of one sequence, so that it can be stopped."""
    rng, done = np.random.RandomState(seed), 0
    while done < AT_MOST:
        search = RandomizedSearchCV(
            job.estimator, laws(job), n_iter=10, cv=job.cv, scoring=job.scoring, random_state=rng, refit=False
        ).fit(X, y)
        reached = np.flatnonzero(search.cv_results_["mean_test_score"] >= target)
        if len(reached):
            return FOLDS * (done + int(reached[0]) + 1), True
        done += 10
    return FOLDS * done, False


def halving(job: Job, X: Any, y: Any, target: float, seed: int) -> Result:
    """HalvingRandomSearchCV over 100 candidates, again from another seed while its winner is below the target."""
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401
    from sklearn.model_selection import HalvingRandomSearchCV

    fits = 0
    for attempt in range(3):
        search = HalvingRandomSearchCV(
            job.estimator, laws(job), n_candidates=CANDIDATES, cv=job.cv, scoring=job.scoring,
            random_state=1000 * attempt + seed, refit=False, min_resources="exhaust",
        ).fit(X, y)  # fmt: skip
        fits += FOLDS * sum(search.n_candidates_)
        last = search.cv_results_["iter"] == search.n_iterations_ - 1
        if np.nanmax(search.cv_results_["mean_test_score"][last]) >= target:
            return fits, True
    return fits, False


def optuna_search(job: Job, X: Any, y: Any, target: float, seed: int) -> Result:
    """OptunaSearchCV."""
    import optuna
    from optuna_integration import OptunaSearchCV

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    kinds: dict[str, Callable[..., Any]] = {
        "log": lambda low, high: optuna.distributions.FloatDistribution(low, high, log=True),
        "float": optuna.distributions.FloatDistribution,
        "int": optuna.distributions.IntDistribution,
        "cat": optuna.distributions.CategoricalDistribution,
    }

    def stop(study: Any, trial: Any) -> None:
        if trial.value is not None and trial.value >= target:
            study.stop()

    search = OptunaSearchCV(
        job.estimator, {name: kinds[kind](*rest) for name, (kind, *rest) in job.space.items()},
        n_trials=AT_MOST, cv=job.cv, scoring=job.scoring, random_state=seed, refit=False, callbacks=[stop],
    ).fit(X, y)  # fmt: skip
    return FOLDS * len(search.trials_), search.best_score_ >= target


def hyperopt_search(job: Job, X: Any, y: Any, target: float, seed: int) -> Result:
    """hyperopt's fmin with its TPE around cross_val_score."""
    import hyperopt

    def loss(params: dict[str, Any]) -> float:
        estimator = clone(job.estimator).set_params(**params)
        return -float(cross_val_score(estimator, X, y, cv=job.cv, scoring=job.scoring).mean())

    trials = hyperopt.Trials()
    hyperopt.fmin(
        loss, expressions(job, hyperopt.hp), algo=hyperopt.tpe.suggest, max_evals=AT_MOST, loss_threshold=-target,
        trials=trials, rstate=np.random.default_rng(seed), show_progressbar=False, verbose=False,
    )  # fmt: skip
    return FOLDS * len(trials), min(trials.losses()) <= -target


def bayes_search(job: Job, X: Any, y: Any, target: float, seed: int) -> Result:
    """scikit-optimize's BayesSearchCV, at most 30 candidates: its own model costs a second and more for each."""
    from skopt import BayesSearchCV
    from skopt.space import Categorical, Integer, Real

    kinds: dict[str, Callable[..., Any]] = {
        "log": lambda low, high: Real(low, high, prior="log-uniform"),
        "float": Real,
        "int": Integer,
        "cat": Categorical,
    }
    search = BayesSearchCV(
        job.estimator, {name: kinds[kind](*rest) for name, (kind, *rest) in job.space.items()},
        n_iter=30, cv=job.cv, scoring=job.scoring, random_state=seed, refit=False,
    )  # fmt: skip
    search.fit(X, y, callback=lambda result: bool(result.fun <= -target))
    scores = search.cv_results_["mean_test_score"]
    return FOLDS * len(scores), max(scores) >= target


def ours(**levers: Any) -> Callable[..., Result]:
    """HyperoptSearchCV with some levers on."""

    def search(job: Job, X: Any, y: Any, target: float, seed: int) -> Result:
        found = HyperoptSearchCV(
            job.estimator, expressions(job), max_evals=AT_MOST, cv=job.cv, scoring=job.scoring, random_state=seed,
            refit=False, loss_threshold=-target + 1e-12, **levers,
        ).fit(X, y)  # fmt: skip
        fits = sum(len(trial.outcome.folds) for trial in found.trials_.record if trial.outcome is not None)
        return fits, found.stop_reason_ == "loss_threshold"

    return search


SEARCHES = {
    "RandomizedSearchCV": random_search,
    "HalvingRandomSearchCV": halving,
    "OptunaSearchCV": optuna_search,
    "hyperopt": hyperopt_search,
    "BayesSearchCV": bayes_search,
    "ours": ours(),
    "ours, racing": ours(racing="auto"),
    "ours, ceiling": ours(racing="ceiling"),
    "ours, prefix": ours(cache_prefix="auto"),
    "ours, racing, prefix": ours(racing="auto", cache_prefix="auto"),
    "ours, racing, prefix, first fold of 8": ours(racing=Racing(first_fold_of=8), cache_prefix="auto"),
    "ours, random": ours(algo="random"),
    "ours, random, racing": ours(algo="random", racing="auto"),
    "ours, random, racing, first fold of 50": ours(algo="random", racing=Racing(first_fold_of=50)),
}


# ---------------------------------------------------------------------- running
def run(out: Path, jobs: Iterable[str], searches: Iterable[str], seeds: Iterable[int]) -> None:
    """Add what is missing to the file."""
    rows = read(out)
    for name in jobs:
        X, y = JOBS[name].data()
        target = target_of(name, rows, out, list(seeds), X, y)
        for seed in seeds:
            for search in searches:
                if any((row["job"], row["search"], row["seed"]) == (name, search, seed) for row in rows):
                    continue
                began = time.process_time()
                try:
                    fits, reached = SEARCHES[search](JOBS[name], X, y, target, seed)
                except ImportError as error:
                    print(f"{search}: {error}")
                    continue
                row = {"job": name, "search": search, "seed": seed, "fits": fits, "reached": bool(reached)}
                write(out, {**row, "cpu": time.process_time() - began})


def target_of(name: str, rows: list[dict[str, Any]], out: Path, seeds: list[int], X: Any, y: Any) -> float:
    """The median over the seeds of the best of random search's first 100 candidates; found once for a file."""
    known = [row["target"] for row in rows if row["job"] == name and row["search"] == "target"]
    if known:
        return float(known[0])
    job, best = JOBS[name], []
    for seed in seeds:
        search = RandomizedSearchCV(
            job.estimator, laws(job), n_iter=CANDIDATES, cv=job.cv, scoring=job.scoring, refit=False,
            random_state=np.random.RandomState(10_000 + seed),
        ).fit(X, y)  # fmt: skip
        best.append(float(search.best_score_))
    row = {"job": name, "search": "target", "seed": -1, "target": median(best), "best": best}
    write(out, row)
    rows.append(row)
    return median(best)


def read(out: Path) -> list[dict[str, Any]]:
    """Rows of the file."""
    return [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []


def write(out: Path, row: dict[str, Any]) -> None:
    """Add a row to the file, and show it."""
    print(row, flush=True)
    with out.open("a") as file:
        file.write(json.dumps(row) + "\n")


# ---------------------------------------------------------------------- the table
def table(out: Path) -> None:
    """Medians over the seeds, in Markdown, and the ratios to ours with racing and prefix reuse."""
    runs: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in read(out):
        runs[row["job"], row["search"]].append(row)
    jobs = [name for name in JOBS if (name, "ours") in runs]
    searches = [name for name in SEARCHES if any((job, name) in runs for job in jobs)]
    print("| search | " + " | ".join(jobs) + " | median ratio |\n|---|" + "---|" * (len(jobs) + 1))
    for search in searches:
        cells, ratios = [], []
        for job in jobs:
            found = runs[job, search]
            if not found:
                cells.append("-")
                continue
            missed = sum(not row["reached"] for row in found)
            fits, cpu = (median(row[key] for row in found) for key in ("fits", "cpu"))
            cells.append(f"{fits:.0f} / {cpu:.1f}" + (f" ({missed} of {len(found)} missed)" if missed else ""))
            base = runs[job, "ours, racing, prefix"]
            if base:
                ratios.append(cpu / median(row["cpu"] for row in base))
        print(f"| {search} | " + " | ".join(cells) + f" | {median(ratios) if ratios else float('nan'):.2f} |")
    print("\nFold fits / CPU seconds until the target, medians over the seeds; the ratio is that of the CPU seconds")
    print("to those of ours with racing and prefix reuse, its median over the jobs.")
    print("seeds:", {job: len(runs[job, "ours"]) for job in jobs})


def chosen(names: list[str] | None, among: Iterable[str]) -> list[str]:
    """Those that contain one of the words."""
    return [name for name in among if names is None or any(word in name for word in names)]


def main() -> None:
    """Run or show."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["run", "table"])
    parser.add_argument("--out", type=Path, default=Path("speed.jsonl"))
    parser.add_argument("--jobs", nargs="+", help="words of their names")
    parser.add_argument("--searches", nargs="+", help="their names; all by default")
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    if arguments.what == "run":
        searches = arguments.searches or list(SEARCHES)
        run(arguments.out, chosen(arguments.jobs, JOBS), searches, range(arguments.seeds))
    table(arguments.out)


if __name__ == "__main__":
    main()
