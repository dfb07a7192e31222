"""Fold fits and CPU seconds until a search reaches the score that random search reaches in 100 candidates.

    PYTHONPATH=. python tests/benchmarks/speed.py run --out speed.jsonl [--jobs svc digits] [--seeds 5]
    PYTHONPATH=. python tests/benchmarks/speed.py table --out speed.jsonl

Ten jobs (`speed_jobs.py`), five seeds, one process, one thread. On the four jobs with boosters, every search is given
the booster with `EarlyStopping`, and optuna also runs as its users run it: a study with `MedianPruner`, which hears
the mean score after each fold. First RandomizedSearchCV evaluates 100
candidates for each of five seeds; the target of a job is the median of their five best mean scores. These runs
are also random search's row, which by construction reaches the target in three of five, and is so a little
better than it would be with other seeds. Every other search runs until it has a candidate with that score, or
until a cap; a capped run counts with what it had spent (a lower bound).
What was spent is looked up after the candidate that reached the target, so that no search pays for how it ends.
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
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy import stats
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.metrics import get_scorer
from sklearn.model_selection import HalvingRandomSearchCV, RandomizedSearchCV, cross_val_score

from hpsklearn_search import Callback, HyperoptSearchCV, hp
from tests.benchmarks.speed_jobs import BOOSTERS, JOBS, Job


def library(name: str) -> Any:
    """Another library, imported before the clock starts; None where it is not installed."""
    try:
        return import_module(name)
    except ImportError:
        return None


optuna, optuna_integration = library("optuna"), library("optuna_integration")
hyperopt, skopt = library("hyperopt"), library("skopt")

CANDIDATES = 100
AT_MOST = 3 * CANDIDATES
FOLDS = 5
TARGET_SEEDS = 5
ROUNDING = 1e-12
RANDOM = "RandomizedSearchCV"
PRUNED = "optuna, MedianPruner"


# ---------------------------------------------------------------------- the same space for all libraries
def distributions(job: Job) -> dict[str, Any]:
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

    return {name: one(name, *spec) for name, spec in job.space.items()}


# ---------------------------------------------------------------------- what a search spends
class Watch:
    """Collects the score of every candidate, and the fits and CPU time spent until then.

    Parameters
    ----------
    target : float
        The score to reach; one that is below it by rounding alone counts.

    Attributes
    ----------
    seen : list of (int, float, float)
        Fold fits and CPU seconds up to and with a candidate, and its score.
    """

    def __init__(self, target: float) -> None:
        self.target = target
        self.seen: list[tuple[int, float, float]] = []
        self._looked = time.process_time()

    def see(self, fits: int, *scores: float) -> bool:
        """Enter the mean scores of candidates that took `fits` each; whether the search may end.

        The CPU time since the last call is divided equally among them.
        """
        share = (time.process_time() - self._looked) / len(scores)
        for score in scores:
            before, cpu, _ = self.seen[-1] if self.seen else (0, 0.0, 0.0)
            self.seen.append((before + fits, cpu + share, float(score)))
        self._looked = time.process_time()
        return any(score >= self.target - ROUNDING for score in scores)

    def spent(self) -> dict[str, Any]:
        """Until the target was reached, or in all."""
        return spent(self.seen, self.target)


def spent(seen: Sequence[tuple[int, float, float]], target: float) -> dict[str, Any]:
    """Fold fits and CPU seconds up to the first candidate that reached the target, or in all."""
    first = next((one for one in seen if one[2] >= target - ROUNDING), None)
    fits, cpu, _ = first or seen[-1]
    return {"fits": fits, "cpu": cpu, "reached": first is not None}


# ---------------------------------------------------------------------- searches: (job, X, y, watch, seed)
def random_search(job: Job, X: Any, y: Any, watch: Watch, seed: int) -> None:
    """RandomizedSearchCV, 100 candidates; ten at a time of one sequence, to see what they cost."""
    rng = np.random.RandomState(10_000 + seed)
    for _ in range(CANDIDATES // 10):
        search = RandomizedSearchCV(
            job.estimator, distributions(job), n_iter=10, cv=job.cv, scoring=job.scoring, random_state=rng, refit=False
        ).fit(X, y)
        if watch.see(FOLDS, *search.cv_results_["mean_test_score"]):
            return


def halving(job: Job, X: Any, y: Any, watch: Watch, seed: int) -> None:
    """HalvingRandomSearchCV over 100 candidates, once; its winner counts."""
    search = HalvingRandomSearchCV(
        job.estimator, distributions(job), n_candidates=CANDIDATES, cv=job.cv, scoring=job.scoring, random_state=seed,
        refit=False, min_resources="exhaust",
    ).fit(X, y)  # fmt: skip
    last = search.cv_results_["iter"] == search.n_iterations_ - 1
    best = float(np.nanmax(search.cv_results_["mean_test_score"][last]))
    watch.see(FOLDS * sum(search.n_candidates_), best)


def optuna_search(job: Job, X: Any, y: Any, watch: Watch, seed: int) -> None:
    """OptunaSearchCV."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    kinds: dict[str, Callable[..., Any]] = {
        "log": lambda low, high: optuna.distributions.FloatDistribution(low, high, log=True),
        "float": optuna.distributions.FloatDistribution,
        "int": optuna.distributions.IntDistribution,
        "cat": optuna.distributions.CategoricalDistribution,
    }

    def stop(study: Any, trial: Any) -> None:
        if watch.see(FOLDS, -np.inf if trial.value is None else trial.value):
            study.stop()

    optuna_integration.OptunaSearchCV(
        job.estimator, {name: kinds[kind](*rest) for name, (kind, *rest) in job.space.items()},
        n_trials=AT_MOST, cv=job.cv, scoring=job.scoring, random_state=seed, refit=False, callbacks=[stop],
    ).fit(X, y)  # fmt: skip


def optuna_pruned(job: Job, X: Any, y: Any, watch: Watch, seed: int) -> None:
    """optuna's study with its TPE and MedianPruner, on a booster; the mean score is reported after each fold."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def suggested(trial: Any) -> dict[str, Any]:
        kinds: dict[str, Callable[..., Any]] = {
            "log": lambda name, low, high: trial.suggest_float(name, low, high, log=True),
            "float": trial.suggest_float,
            "int": trial.suggest_int,
            "cat": trial.suggest_categorical,
        }
        return {name: kinds[kind](name, *rest) for name, (kind, *rest) in job.space.items()}

    def score(trial: Any) -> float:
        estimator, scores = clone(job.estimator).set_params(**suggested(trial)), []
        for train, test in job.cv.split(X, y):
            scores.append(get_scorer(job.scoring)(clone(estimator).fit(X[train], y[train]), X[test], y[test]))
            trial.report(float(np.mean(scores)), len(scores))
            if len(scores) < FOLDS and trial.should_prune():
                raise optuna.TrialPruned
        return float(np.mean(scores))

    def stop(study: Any, trial: Any) -> None:
        if watch.see(len(trial.intermediate_values), trial.value if trial.state.name == "COMPLETE" else -np.inf):
            study.stop()

    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed), pruner=optuna.pruners.MedianPruner()
    )
    study.optimize(score, n_trials=AT_MOST, callbacks=[stop])


def hyperopt_search(job: Job, X: Any, y: Any, watch: Watch, seed: int) -> None:
    """hyperopt's fmin with its TPE around cross_val_score."""

    def loss(params: dict[str, Any]) -> float:
        estimator = clone(job.estimator).set_params(**params)
        return -float(cross_val_score(estimator, X, y, cv=job.cv, scoring=job.scoring).mean())

    def stop(trials: Any, *arguments: Any) -> tuple[bool, list[Any]]:
        return watch.see(FOLDS, -trials.losses()[-1]), []

    hyperopt.fmin(
        loss, expressions(job, hyperopt.hp), algo=hyperopt.tpe.suggest, max_evals=AT_MOST, early_stop_fn=stop,
        rstate=np.random.default_rng(seed), show_progressbar=False, verbose=False,
    )  # fmt: skip


def bayes_search(job: Job, X: Any, y: Any, watch: Watch, seed: int) -> None:
    """scikit-optimize's BayesSearchCV, at most 30 candidates: its own model costs half a second and more for each."""
    space = skopt.space
    kinds: dict[str, Callable[..., Any]] = {
        "log": lambda low, high: space.Real(low, high, prior="log-uniform"),
        "float": space.Real,
        "int": space.Integer,
        "cat": space.Categorical,
    }
    skopt.BayesSearchCV(
        job.estimator, {name: kinds[kind](*rest) for name, (kind, *rest) in job.space.items()},
        n_iter=30, cv=job.cv, scoring=job.scoring, random_state=seed, refit=False,
    ).fit(X, y, callback=lambda result: watch.see(FOLDS, -result.func_vals[-1]))  # fmt: skip


class Seen(Callback):
    """Reports to the watch, and ends the search when the target is reached."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch

    def on_trial_end(self, trials: Any, trial: Any) -> bool:
        """A trial finished, or was pruned."""
        return self.watch.see(len(trial.outcome.folds), -trial.outcome.loss if trial.is_ok else -np.inf)


def ours(**options: Any) -> Callable[..., None]:
    """HyperoptSearchCV with some options."""

    def search(job: Job, X: Any, y: Any, watch: Watch, seed: int) -> None:
        HyperoptSearchCV(
            job.estimator, expressions(job), max_evals=AT_MOST, cv=job.cv, scoring=job.scoring, random_state=seed,
            refit=False, callbacks=[Seen(watch)], **options,
        ).fit(X, y)  # fmt: skip

    return search


SEARCHES = {
    RANDOM: random_search,
    "HalvingRandomSearchCV": halving,
    "OptunaSearchCV": optuna_search,
    PRUNED: optuna_pruned,
    "hyperopt": hyperopt_search,
    "BayesSearchCV": bayes_search,
    "ours": ours(),
    "ours, racing": ours(racing="auto"),
    "ours, ceiling": ours(racing="ceiling"),
    "ours, step cache": ours(step_cache="auto"),
    "ours, racing, step cache": ours(racing="auto", step_cache="auto"),
    "ours, random": ours(algo="random"),
    "ours, random, racing": ours(algo="random", racing="auto"),
}
NEEDED = {"OptunaSearchCV": optuna_integration, PRUNED: optuna, "hyperopt": hyperopt, "BayesSearchCV": skopt}


# ---------------------------------------------------------------------- running
def run(out: Path, jobs: Iterable[str], searches: Iterable[str], seeds: Iterable[int]) -> None:
    """Add what is missing to the file."""
    searches = [search for search in searches if NEEDED.get(search, True) is not None]
    warm = next(iter(JOBS.values()))
    for search in searches:  # what a library loads at its first use is not to be counted
        SEARCHES[search](warm, *warm.data(), Watch(-np.inf), 0)
    finished = {(row["job"], row["search"], row["seed"]) for row in read(out)}
    for name in jobs:
        X, y = JOBS[name].data()
        for seed in range(TARGET_SEEDS):
            if (name, RANDOM, seed) not in finished:
                watch = Watch(np.inf)
                random_search(JOBS[name], X, y, watch, seed)
                write(out, {"job": name, "search": RANDOM, "seed": seed, "seen": watch.seen})
        target = target_of(read(out), name)
        for seed in seeds:
            for search in searches:
                if (name, search, seed) not in finished and search != RANDOM and (search != PRUNED or name in BOOSTERS):
                    watch = Watch(target)
                    SEARCHES[search](JOBS[name], X, y, watch, seed)
                    write(out, {"job": name, "search": search, "seed": seed, **watch.spent()})


def target_of(rows: Iterable[dict[str, Any]], job: str) -> float:
    """The median over the seeds of the best of random search's 100 candidates."""
    return median(
        max(score for _, _, score in row["seen"]) for row in rows if (row["job"], row["search"]) == (job, RANDOM)
    )


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
    """Medians over the seeds, in Markdown, and the ratios to ours with racing and the step cache."""
    runs: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    rows = read(out)
    for row in rows:
        if "seen" in row:
            row.update(spent(row["seen"], target_of(rows, row["job"])))
        runs[row["job"], row["search"]].append(row)
    jobs = [name for name in JOBS if (name, "ours") in runs]
    searches = [name for name in SEARCHES if any((job, name) in runs for job in jobs)]
    print("| search | " + " | ".join(jobs) + " | median ratio |\n|---|" + "---|" * (len(jobs) + 1))
    for search in searches:
        cells, ratios = [], []
        for job in jobs:
            rows_of_job = runs[job, search]
            if not rows_of_job:
                cells.append("-")
                continue
            missed = sum(not row["reached"] for row in rows_of_job)
            fits, cpu = (median(row[key] for row in rows_of_job) for key in ("fits", "cpu"))
            cells.append(f"{fits:.0f} / {cpu:.2g}" + (f" ({missed} of {len(rows_of_job)} missed)" if missed else ""))
            base = runs[job, "ours, racing, step cache"]
            if base:
                ratios.append(cpu / median(row["cpu"] for row in base))
        print(f"| {search} | " + " | ".join(cells) + f" | {median(ratios) if ratios else float('nan'):.2f} |")
    print("\nFold fits / CPU seconds until the target, medians over the seeds; the ratio is that of the CPU seconds")
    print("to those of ours with racing and the step cache, its median over the jobs.")
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
