"""What the first points save, on recorded losses: regret with none, with the own values, and with learned settings.

    python first_points_regret.py run --half choose [--seeds 5] [--narrowed] [--choice]   # resumes in --results
    python first_points_regret.py report --half judge

The recorded losses of a family on a table, answered for every configuration by a forest, are the objective: a search
of 100 evaluations sees those of the first cross-validation, and those of the second one judge. The settings are learned
on the other tables. With `--narrowed`, each range is cut to a random part of it, half or more, that differs by seed.
With `--choice`, the space chooses among all families that were recorded on the table.

    none     no first points
    own      the estimator's own values, or the nearest point
    own+N    N learned settings as well
    learned  all that a search has by default
    perfect  the best searched loss of 4,000 random draws, from the first evaluation on: its judged regret is luck

The measure is that of `search_quality.py`: the distance to the best known loss, relative to the expected one of as many
random draws, of which the one with the best searched loss counts. The last lines of the report count the evaluations,
at most 100, up to the searched loss that 100 random draws are expected to have. Tables are halved by their names, so
that the number of settings is chosen on one half and judged on the other.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from first_points import RECORDED, TASKS
from first_points_families import Family, families
from first_points_learn import FEWEST_TABLES, class_name, encoded, recorded, table_of
from real_tables import table
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.pipeline import Pipeline

from hpsklearn_search import Trials, fmin, hp
from hpsklearn_search.search._known_points import known_points
from hpsklearn_search.search._parameters import ParameterSpace
from hpsklearn_search.space import Choice, Point, PointKey, Space, fixed_value, parse_point, point_key
from hpsklearn_search.spaces import _learned
from hpsklearn_search.trials import LEARNED

RESULTS = RECORDED.with_name("first_points_regret.jsonl")
METHODS = ("none", "own", "own+1", "own+2", "learned", "perfect")
BUDGETS = (10, 25, 50, 100)
LAST = np.array(BUDGETS) - 1
N_DRAWS = 4000
MOST_TABLES = 6  # of a family, in each half
FEWEST_FAMILIES = 4  # in a choice
TREES = 40


@dataclass(frozen=True)
class Member:
    """A family on a table, in the estimator's values; its parameters are those of `prefix` and of a scaled step."""

    task: str
    name: str
    table: str
    prefix: str = ""

    @property
    def family(self) -> Family:
        """What was recorded."""
        return families(self.task)[self.name]

    @property
    def step(self) -> str:
        """What stands before each parameter."""
        return self.prefix + (f"{self.family.defaults().steps[-1][0]}__" if self.family.is_scaled else "")

    def space(self, rng: np.random.Generator | None) -> dict[str, Any]:
        """The recorded space, or a random part of each range if there is a generator."""
        return {self.step + key: self._node(key, node, rng) for key, node in self.family.space.items()}

    def _node(self, key: str, node: Any, rng: np.random.Generator | None) -> Any:
        label = f"{self.name} {key}"
        if isinstance(node, Choice):  # an option that was recorded more often is listed once
            return hp.choice(label, list(dict.fromkeys(fixed_value(option) for option in node.options)))
        law, length = node.distribution, 1.0 if rng is None else rng.uniform(0.5, 1.0)
        start = 0.0 if rng is None else rng.uniform(0.0, 1.0 - length)
        low, high = (law.from_unit(end) / self._scale(key) for end in (start, start + length))
        if law.is_integral:
            return (hp.loguniformint if law.log else hp.uniformint)(label, int(low), int(high))
        return (hp.logrange if law.log else hp.uniform)(label, low, high)

    def _scale(self, key: str) -> int:
        return n_columns(self.table) if key in self.family.relative else 1

    def row(self, params: Mapping[str, Any]) -> np.ndarray:
        """The coordinates of a configuration among the recorded ones."""
        units = {key: params[self.step + key] for key in self.family.space}
        units |= {key: units[key] * self._scale(key) for key in self.family.relative}
        space = recorded_space(self.task, self.name)
        return space.encode(parse_point(space, units)).astype(np.float32)

    def forests(self) -> tuple[ExtraTreesRegressor, ExtraTreesRegressor]:
        """They answer for the searched and for the judging losses."""
        return forests(self.task, self.name, self.table)


class Problem:
    """One family on a table, or a choice among several."""

    def __init__(self, task: str, names: Sequence[str], table_name: str, narrowed: int | None) -> None:
        self.key, self.data = (task, "+".join(names), table_name), table(table_name)
        rng = None if narrowed is None else np.random.default_rng(zlib.crc32(f"{self.key} {narrowed}".encode()))
        self.members = [Member(task, name, table_name, "model__" if len(names) > 1 else "") for name in names]
        estimators = [member.family.defaults() for member in self.members]
        if len(names) == 1:
            self.estimator, self.space = estimators[0], self.members[0].space(rng)
        else:
            self.estimator = Pipeline([("model", estimators[0])])
            options = zip(estimators, self.members, strict=True)
            self.space = {"model": hp.choice("model", [{"model": each, **m.space(rng)} for each, m in options])}
        self.numbers = {class_name(each): number for number, each in enumerate(estimators)}
        self.known = table_of([(task, name) for name in names], without=table_name)

    def candidate(self, params: Mapping[str, Any]) -> tuple[int, np.ndarray]:
        """The number of the family, and the coordinates there."""
        if len(self.members) == 1:
            return 0, self.members[0].row(params)
        option = params["model"]
        chosen = self.numbers[class_name(option["model"])]
        return chosen, self.members[chosen].row(option)

    def losses(self, candidates: Sequence[tuple[int, np.ndarray]]) -> np.ndarray:
        """Searched and judged losses, shape (candidates, 2)."""
        found = np.empty((len(candidates), 2))
        for number, member in enumerate(self.members):
            mine = [place for place, (chosen, _) in enumerate(candidates) if chosen == number]
            if mine:
                rows = np.array([candidates[place][1] for place in mine])
                found[mine] = np.column_stack([forest.predict(rows) for forest in member.forests()])
        return found

    def random_search(self) -> tuple[np.ndarray, np.ndarray]:
        """Expected losses of the best of 1 to 100 random draws, searched and judged, shape (100, 2); all losses."""
        space, rng = Space(self.space), np.random.default_rng(20)
        losses = self.losses([self.candidate(space.assemble(space.draw(rng))) for _ in range(N_DRAWS)])
        losses = losses[np.argsort(losses[:, 0], kind="stable")]
        left = 1.0 - np.arange(N_DRAWS + 1) / N_DRAWS  # the chance that a draw is not among the k best
        first = np.array([left[:-1] ** n - left[1:] ** n for n in range(1, BUDGETS[-1] + 1)])
        return first @ losses, losses


@cache
def n_columns(table_name: str) -> int:
    """Of a table, which takes a while to read."""
    return int(table(table_name)[0].shape[1])


@cache
def recorded_space(task: str, name: str) -> Space:
    """The space of a family, as it was recorded."""
    return Space(dict(families(task)[name].space))


@cache
def forests(task: str, name: str, table_name: str) -> tuple[ExtraTreesRegressor, ExtraTreesRegressor]:
    """A forest for each of the two cross-validations."""
    losses, x = recorded(task, name)[table_name][1:, :, 0], encoded(families(task)[name])
    losses = np.where(np.isfinite(losses), losses, np.nanmax(np.where(np.isfinite(losses), losses, np.nan), axis=0))
    # The loss of a setting that diverges may be huge; it is bad, and no more.
    losses = np.minimum(losses, 3 * np.median(losses, axis=0) - 2 * losses.min(axis=0))
    fits = (ExtraTreesRegressor(TREES, random_state=0).fit(x[: len(losses)], losses[:, cv]) for cv in range(2))
    return next(fits), next(fits)


def first_points(problem: Problem, method: str) -> dict[PointKey, tuple[str, Point]]:
    """The points that the method begins with, and where they come from."""
    if method == "none":
        return {}
    with patch.object(_learned, "_table", lambda: problem.known):
        parameters = ParameterSpace(problem.space, problem.estimator)
        found = list(known_points(parameters, problem.estimator, *problem.data))
    learned = [point for origin, point in found if origin == LEARNED]
    if method != "learned":
        learned = learned[: int(method.partition("+")[2] or 0)]
    chosen = [*((origin, point) for origin, point in found if origin != LEARNED), *((LEARNED, p) for p in learned)]
    return {point_key(point): (origin, point) for origin, point in reversed(chosen)}


def search(problem: Problem, method: str, seed: int) -> np.ndarray:
    """Searched and judged losses of the best candidate after 1 to 100 evaluations, shape (100, 2)."""
    seen: list[tuple[int, np.ndarray]] = []
    trees = [[tree.tree_ for tree in member.forests()[0].estimators_] for member in problem.members]

    def loss(params: Mapping[str, Any]) -> float:
        seen.append(problem.candidate(params))
        chosen, row = seen[-1]
        return float(np.mean([tree.predict(row[None])[0, 0] for tree in trees[chosen]]))  # faster for a single row

    trials, first = Trials(), first_points(problem, method)
    trials.record.origins = {key: origin for key, (origin, _) in first.items()}
    fmin(
        loss, problem.space, max_evals=BUDGETS[-1], rstate=seed, show_progressbar=False, trials=trials,
        points_to_evaluate=[point for _, point in reversed(first.values())] or None,
    )  # fmt: skip
    losses = problem.losses(seen)
    return losses[[int(np.argmin(losses[: n + 1, 0])) for n in range(len(losses))]]


# ---------------------------------------------------------------------- running
def cases(half: str, is_choice: bool) -> Iterator[tuple[str, list[str], str]]:
    """Task, families and table of the problems of a half; a table of each family before the next one."""
    usable = [(task, name) for task in TASKS for name, family in families(task).items()
              if "layers" not in family.space and len(recorded(task, name)) > FEWEST_TABLES]  # fmt: skip
    if is_choice:
        for task, tables in TASKS.items():
            for each in tables:
                names = [name for kind, name in usable if kind == task and each in recorded(task, name)]
                if len(names) >= FEWEST_FAMILIES and is_in(half, each):
                    yield task, names, each
        return
    rows = []
    for task, name in usable:
        mine = [each for each in recorded(task, name) if is_in(half, each)]
        rows += [(place, task, [name], each) for place, each in enumerate(mine[:MOST_TABLES])]
    yield from (row[1:] for row in sorted(rows, key=lambda row: row[0]))


def is_in(half: str, table_name: str) -> bool:
    """Whether a table belongs to a half."""
    return zlib.crc32(table_name.encode()) % 2 == (half == "judge")


def run(options: argparse.Namespace) -> None:
    """Append a line for each search that is not there yet."""
    until = time.monotonic() + 60 * options.minutes
    done = {(*row["case"], row["seed"], row["narrowed"], row["method"]) for row in rows_of(options.results)}
    for seed in range(options.seeds):
        for task, names, table_name in cases(options.half, options.choice):
            case = (task, "+".join(names), table_name)
            if options.families and case[1] not in options.families:
                continue
            lacking = [each for each in options.methods if (*case, seed, options.narrowed, each) not in done]
            if not lacking or time.monotonic() > until:
                continue
            problem = Problem(task, names, table_name, seed if options.narrowed else None)
            expected, drawn = problem.random_search()
            for method in lacking:
                found = drawn[[0] * BUDGETS[-1]] if method == "perfect" else search(problem, method, seed)
                row = {
                    "case": case, "half": options.half, "seed": seed, "narrowed": options.narrowed, "method": method,
                    "best": drawn.min(axis=0).round(7).tolist(),
                    "found": found[LAST].round(7).tolist(), "expected": expected[LAST].round(7).tolist(),
                    "matched": int(np.argmax(np.append(found[:-1, 0] <= expected[-1, 0], True))) + 1,
                }  # fmt: skip
                with options.results.open("a") as file:
                    file.write(json.dumps(row) + "\n")
            print(seed, *case, flush=True)


def rows_of(results: Path) -> list[Any]:
    """The searches so far."""
    return [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []


# ---------------------------------------------------------------------- the table
def regrets(rows: Sequence[Any]) -> dict[str, dict[Any, np.ndarray]]:
    """Searched and judged regrets of each method by case and seed, shape (budgets, 2)."""
    best: dict[Any, np.ndarray] = defaultdict(lambda: np.full(2, np.inf))
    for row in rows:
        best[_space_of(row)] = np.minimum(best[_space_of(row)], np.minimum(row["best"], np.min(row["found"], axis=0)))
    found: dict[str, dict[Any, np.ndarray]] = defaultdict(dict)
    for row in rows:
        low = best[_space_of(row)]
        regret = (np.array(row["found"]) - low) / np.maximum(np.array(row["expected"]) - low, 1e-12)
        found[row["method"]][(*row["case"], row["seed"])] = np.clip(regret, 0, 3)
    return found


def _space_of(row: Any) -> tuple[Any, ...]:
    return (*row["case"], row["seed"] if row["narrowed"] else 0)


def by_problem(changes: dict[Any, np.ndarray]) -> np.ndarray:
    """The means over the seeds of each problem."""
    found = defaultdict(list)
    for key, change in changes.items():
        found[key[:3]].append(change)
    return np.array([np.mean(each, axis=0) for each in found.values()])


def gaining(results: Path = RESULTS) -> list[tuple[str, str]]:
    """Task and name of the families whose mean regret after 25, 50 and 100 evaluations fell by learned settings."""
    rows = [row for row in rows_of(results) if not row["narrowed"] and "+" not in row["case"][1]]
    found, changes = regrets(rows), defaultdict(dict)
    for key in found["learned"].keys() & found["none"].keys():
        changes[key[:2]][key] = (found["learned"][key] - found["none"][key])[1:, 0]
    return sorted(family for family, each in changes.items() if by_problem(each).mean() < 0)


def report(options: argparse.Namespace) -> None:
    """Print the regrets of each method, and their difference from that without first points."""
    wanted = options.half, options.narrowed, options.choice
    rows = [row for row in rows_of(options.results) if (row["half"], row["narrowed"], "+" in row["case"][1]) == wanted]
    found = regrets(rows)
    for place, name in enumerate(("searched", "judged")):
        print(f"\n{name}: regret after {BUDGETS}, 90th percentile after 50, change from none with one standard error")
        for method in [each for each in METHODS if each in found]:
            keys = sorted(found[method].keys() & found["none"].keys())
            mine = by_problem({key: found[method][key][:, place] for key in keys})
            change = mine - by_problem({key: found["none"][key][:, place] for key in keys})
            error = change.std(axis=0, ddof=1) / np.sqrt(len(change))
            cells = "  ".join(
                f"{m:.3f} ({c:+.3f} ± {e:.3f})" for m, c, e in zip(mine.mean(0), change.mean(0), error, strict=True)
            )
            tail = np.quantile([found[method][key][2, place] for key in keys], 0.9)
            print(f"{method:7} {cells}  {tail:.2f}  {len(mine)} problems, {len(keys)} searches")
    for method in [each for each in METHODS if each in found]:
        counts = [row["matched"] for row in rows if row["method"] == method and "matched" in row]
        if counts:
            print(f"{method:7} {np.exp(np.log(counts).mean()):.0f} evaluations to match 100 random ones (at most 100)")
    print("\nfamilies that gain:", *(f"{task} {name}" for task, name in gaining(options.results)), sep="\n  ")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "report"])
    parser.add_argument("--half", choices=["choose", "judge"], default="choose")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--methods", nargs="+", default=list(METHODS))
    parser.add_argument("--families", nargs="+")
    parser.add_argument("--narrowed", action="store_true")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--choice", action="store_true")
    arguments = parser.parse_args()
    (run if arguments.command == "run" else report)(arguments)
