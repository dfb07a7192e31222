"""What `no_expected_gain` saves and costs: recorded searches of 100 evaluations, ended by each rule.

    PYTHONPATH=. python tests/benchmarks/expected_gain.py record --file searches.jsonl [--seeds 0 4] [--methods default]
    PYTHONPATH=. python tests/benchmarks/expected_gain.py judge --file searches.jsonl [--share 0.1]

The problems are those of `search_quality.py`. A task has its three folds: a forest over tabulated scores answers for
each. A made problem has five folds: its loss, what a fold adds for every candidate, and what it adds for this one,
whose deviations are a tenth and a thirtieth of the spread of the better half of random draws. A rule leaves out the
candidates after its end, so a recorded search answers for every rule. Regret is relative to random search, as in
`search_quality.py`: the candidate is chosen by its observed mean and judged by the true loss. Problems belong to two
halves by turns: how often the model is asked was chosen on half 0, with the default algorithm.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import warnings
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from quality_methods import METHODS, Ours, nodes
from quality_problems import Config, Problem, made_problems
from quality_tasks import CACHE, TASKS, _data, encoded, task_problems
from search_quality import all_problems, expected_best, reference

from hpsklearn_search import hp, no_expected_gain
from hpsklearn_search.space import Space
from hpsklearn_search.trials import History, Outcome

EVALS = 100
ROWS = 400
Row = dict[str, Any]


# ---------------------------------------------------------------------- folds
def _tabulated(task: str) -> tuple[np.ndarray, np.ndarray]:
    """Encoded random configurations of a task and their losses on three folds, kept in a file."""
    from sklearn.model_selection import cross_val_score

    axes, build, data = TASKS[task]
    path = CACHE / f"folds {task}.npz"
    if path.exists():
        stored = np.load(path)
        return stored["x"], stored["y"]
    rng, (features, target) = np.random.default_rng(11), _data(data)
    problem = Problem(task, "", axes, lambda config: 0.0)
    configs = [problem.at(rng.random(len(axes))) for _ in range(ROWS)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y = np.array([1.0 - cross_val_score(build(config), features, target, cv=3) for config in configs])
    x, losses = np.array([encoded(axes, c) for c in configs]), np.clip(np.nan_to_num(y, nan=3.0), 0.0, 3.0)
    CACHE.mkdir(parents=True, exist_ok=True)
    np.savez(path, x=x, y=losses)
    return x, losses


@cache
def _forest(task: str) -> Any:
    from sklearn.ensemble import ExtraTreesRegressor

    fitted = ExtraTreesRegressor(25, max_features=None, random_state=0).fit(*_tabulated(task))
    return [tree.tree_ for tree in fitted.estimators_]


def _task_folds(task: str, config: Config) -> np.ndarray:
    """The losses of a configuration on the three folds of a task."""
    x = encoded(TASKS[task][0], config)[None]
    return np.mean([tree.predict(x)[0] for tree in _forest(task)], axis=0).reshape(-1)


FAMILIES = {
    "select friedman": {"svr": "svr friedman", "tree": "tree friedman", "near": "near friedman"},
    "select blobs": {
        "sgd": "sgd blobs", "tree": "tree blobs", "near": "near blobs", "discriminant": "discriminant blobs",
    },
}  # fmt: skip


class Folds:
    """The losses on folds of one problem at one instance; `true` is what a regret is judged by."""

    def __init__(self, problem: Problem, seed: int) -> None:
        self.problem, self.rng = problem, np.random.default_rng([seed, 1])
        self.is_task = problem.name in TASKS or problem.name in FAMILIES
        if self.is_task:
            return
        drawn = reference(problem.name, seed if problem.moves else 0)[0]
        self.spread = float(np.median(drawn) - drawn[0])
        self.by_fold = self.rng.normal(size=5) * self.spread / 10
        self.by_fold -= self.by_fold.mean()

    def losses(self, config: Config) -> np.ndarray:
        """The losses of a configuration on the folds."""
        name = self.problem.name
        if name in TASKS:
            return _task_folds(name, config)
        if name in FAMILIES:
            family = config["family"]
            inner = {k[len(family) + 1 :]: v for k, v in config.items() if k.startswith(f"{family}.")}
            return _task_folds(FAMILIES[name][family], inner)
        noise = max(self.spread / 30, self.problem.noise)
        return self.problem.loss(config) + self.by_fold + noise * self.rng.normal(size=5)

    def true(self, config: Config, losses: np.ndarray) -> float:
        """The loss without noise."""
        return float(losses.mean()) if self.is_task else self.problem.loss(config)


@cache
def references(name: str, seed: int) -> tuple[list[float], float]:
    """The expected best of random draws for each number of them, and the best loss known."""
    problem = all_problems(seed)[name]
    if name not in TASKS and name not in FAMILIES:
        drawn, best = reference(name, seed if problem.moves else 0)
        return expected_best(drawn, EVALS), best
    rng, folds = np.random.default_rng(20), Folds(problem, 0)
    units = rng.random((2000, len(problem.axes)))
    losses = np.array([folds.losses(problem.at(u)).mean() for u in units])
    expected = expected_best(np.sort(losses), EVALS)
    for scale in (0.15, 0.06, 0.02):
        parents = units[np.argsort(losses)[:20]]
        moved = np.clip(np.repeat(parents, 20, axis=0) + scale * rng.normal(size=(400, units.shape[1])), 0, 1)
        moved = np.where(rng.random(moved.shape) < 0.1, rng.random(moved.shape), moved)
        losses = np.append(np.sort(losses)[:20], [folds.losses(problem.at(u)).mean() for u in moved])
        units = np.vstack([parents, moved])
    return expected, float(losses.min())


# ---------------------------------------------------------------------- recording
def searched(method: str, name: str, seed: int) -> Row:
    """One search of 100 evaluations as a row: points in unit coordinates, losses, variances, true losses."""
    problem = all_problems(seed)[name]
    folds, optimiser = Folds(problem, seed), METHODS[method](problem, seed)
    assert isinstance(optimiser, Ours)
    true = []
    for _ in range(EVALS):
        config, token = optimiser.ask()
        losses = folds.losses(config)
        true.append(folds.true(config, losses))
        variance = float(losses.var(ddof=1) / len(losses))
        optimiser.trials.record.finish(token, Outcome("ok", loss=float(losses.mean()), variance=variance))
    history = optimiser.trials.history(optimiser.space)
    expected, best = references(name, seed)
    return {
        "problem": name, "method": method, "seed": seed, "expected": expected, "best": best, "true": true,
        "units": np.where(np.isnan(history.units), -1.0, history.units).tolist(),
        "losses": history.losses.tolist(), "variances": history.variances.tolist(),
    }  # fmt: skip


def names() -> list[str]:
    """All problems; those at even places are one half."""
    return [problem.name for problem in [*made_problems(0), *task_problems()]]


def record(file: Path, problems: Iterable[str], methods: Iterable[str], seeds: Iterable[int]) -> None:
    """Add searches to the file, one a line."""
    done = {(r["problem"], r["method"], r["seed"]) for r in loaded(file)}
    for seed in seeds:
        for method in methods:
            for name in problems:
                if (name, method, seed) not in done:
                    with file.open("a") as lines:
                        lines.write(json.dumps(searched(method, name, seed)) + "\n")
        print(f"recorded seed {seed}", flush=True)


def loaded(file: Path) -> list[Row]:
    """The recorded searches."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


# ---------------------------------------------------------------------- judging
class Recorded:
    """The first candidates of a recorded search, as a stopper sees trials."""

    def __init__(self, row: Row) -> None:
        self.row, self.n = row, 0
        units = np.array(row["units"])
        self.units = np.where(units == -1.0, np.nan, units)
        self.losses, self.variances = np.array(row["losses"]), np.array(row["variances"])
        self.cache: dict[Any, Any] = {}

    def __len__(self) -> int:
        return self.n

    def finished(self) -> Recorded:
        """All of them."""
        return self

    def history(self, space: Space) -> History:
        """As arrays."""
        n = self.n
        pending = np.zeros(n, dtype=bool)
        return History(
            space, self.units[:n], self.losses[:n], self.variances[:n], pending, np.zeros(n, bool), self.cache
        )


def end_by_gain(row: Row, share: float) -> tuple[int, float]:
    """After how many candidates the rule ends the search, and the CPU seconds that it took."""
    space = Space(nodes(all_problems(row["seed"])[row["problem"]].axes, hp))
    stopper, seen = no_expected_gain(share).over(space), Recorded(row)
    start = time.process_time()
    for seen.n in range(1, EVALS + 1):
        if stopper(seen):  # type: ignore[arg-type]
            break
    return seen.n, time.process_time() - start


def end_by_patience(row: Row, patience: int) -> int:
    """After how many candidates `no_progress_loss` ends the search."""
    best = np.minimum.accumulate(row["losses"])
    last = 0
    for n in range(1, EVALS):
        last = n if best[n] < best[n - 1] else last
        if n - last >= patience:
            return n + 1
    return EVALS


def lost(row: Row, n: int) -> tuple[float, float]:
    """What ending after `n` candidates adds to the relative regret, and to the loss in standard errors of the best."""
    true, first = np.array(row["true"]), int(np.argmin(row["losses"][:n]))
    last, scale = int(np.argmin(row["losses"])), row["expected"][-1] - row["best"]
    early, late = (min(max((true[best] - row["best"]) / scale, 0.0), 3.0) for best in (first, last))
    return early - late, float(true[first] - true[last]) / np.sqrt(row["variances"][first])


def judge(rows: list[Row], share: float) -> None:
    """Print a table of rules for each method and half."""
    print(
        f"{'algorithm':10}{'half':>5}{'searches':>10}  {'rule':24}{'saved':>14}{'regret raised':>18}{'lost / SE':>11}"
    )
    for method in dict.fromkeys(row["method"] for row in rows):
        for half in (0, 1):
            chosen = [row for row in rows if row["method"] == method and names().index(row["problem"]) % 2 == half]
            ends = [end_by_gain(row, share) for row in chosen]
            seconds = sum(spent for _, spent in ends) / max(sum(n for n, _ in ends), 1)
            rules = {f"no_expected_gain({share:g})": [n for n, _ in ends]}
            rules |= {f"no_progress_loss({p})": [end_by_patience(row, p) for row in chosen] for p in (20, 30)}
            for rule, stops in rules.items():
                regrets, errors = np.array([lost(row, n) for row, n in zip(chosen, stops, strict=True)]).T
                saved = EVALS - np.array(stops)
                print(
                    f"{method:10}{half:5d}{len(chosen):10d}  {rule:24}{np.median(saved):6.0f} ({saved.mean():4.0f})"
                    f"{np.median(regrets):9.3f} ({regrets.mean():.3f}){errors.mean():11.2f}", flush=True,
                )  # fmt: skip
            print(f"{'':10}{'':5}{'':10}  {1e3 * seconds:.1f} ms of CPU for each candidate", flush=True)


def main() -> None:
    """Record or judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["record", "judge"])
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs=2, default=[0, 4], metavar=("FIRST", "END"))
    parser.add_argument("--methods", nargs="+", default=["default", "tpe", "random"])
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("--problems", nargs="+", default=names())
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    if arguments.what == "record":
        record(arguments.file, arguments.problems, arguments.methods, range(*arguments.seeds))
    else:
        rows = loaded(arguments.file)
        judge([row for row in rows if row["method"] in arguments.methods], arguments.share)


if __name__ == "__main__":
    main()
