"""How many evaluations a search saves that has an earlier one on another table, and what it loses to a misleading one.

    python earlier_searches.py run --half choose [--seeds 3]     # resumes in --results
    python earlier_searches.py report --half judge

The recorded losses of a family on a table, smoothed by a forest, are the objective, as in first_points_learn.py: the
first cross-validation is searched, and the second one judges. A search of 50 evaluations on table A is passed to a
search on table B; A is the table of the family that is most like B. The kinds of earlier searches:

    related     the losses of A; "alike" are the pairs whose recorded losses have a rank correlation of at least 0.7
    several     a search on each of the other tables of the family, in a list
    permuted    the losses of A, shuffled over the configurations: a task that has nothing to do with B
    negated     minus those of A: the earlier winner is about the worst that there is

A target is what searches on B without an earlier one have found after 10, 25 or 50 evaluations, in the median over
their seeds. The figure is the evaluations to that target, in the median over other seeds, over those of searches
without an earlier one. (With the same seeds for both, the latter would be about 25 by definition, and any other search
would seem slower.) The algorithm was chosen on one half of the families, and the other half judges.
"""

from __future__ import annotations

import argparse
import json
import os
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from first_points import RECORDED, TASKS
from first_points_families import Family, families
from first_points_learn import encoded, forest, recorded
from scipy.stats import spearmanr

from hpsklearn_search import Trials, fmin
from hpsklearn_search.space import Space, parse_point

RESULTS = RECORDED.with_name("earlier_searches.jsonl")
KINDS = ("none", "target", "related", "several", "permuted", "negated")
N_EARLIER, N_EVALS, TARGETS = 50, 60, (10, 25, 50)
ALIKE = 0.7  # from this rank correlation on, two tables count as alike
Objective = Callable[[np.ndarray], float]


def halves() -> dict[str, list[tuple[str, str, Family]]]:
    """The families with at least two tables, every second one in each half."""
    every = [(task, name, family) for task in TASKS for name, family in sorted(families(task).items())]
    usable = [case for case in every if len(recorded(*case[:2])) > 1]
    return {"choose": usable[::2], "judge": usable[1::2]}


def pairs(half: str) -> Iterator[tuple[str, str, Family, str, str]]:
    """Every table B of a family of the half, with the table A that is most like it."""
    for task, name, family in halves()[half]:
        for table in recorded(task, name):
            yield task, name, family, most_related(task, name, table)[0], table


@cache
def most_related(task: str, name: str, table: str) -> tuple[str, float]:
    """The other table on which the configurations rank most alike, and the rank correlation."""
    losses = {other: found[1:, 0, 0] for other, found in recorded(task, name).items()}

    def alike(other: str) -> float:
        n = min(len(losses[table]), len(losses[other]))
        return float(spearmanr(losses[table][:n], losses[other][:n]).statistic)

    return max(((other, alike(other)) for other in losses if other != table), key=lambda pair: pair[1])


@cache
def objective(task: str, name: str, table: str, cv: int, kind: str = "related") -> Objective:
    """The smoothed loss of a family on a table, by coordinates."""
    family, losses = families(task)[name], recorded(task, name)[table][1:, cv, 0]
    if kind == "permuted":
        losses = np.random.default_rng(zlib.crc32(table.encode())).permutation(losses)
    if kind == "negated":
        losses = np.where(np.isfinite(losses), -losses, np.inf)
    trees = [tree.tree_ for tree in forest(encoded(family)[: len(losses)], losses).estimators_]

    def loss(units: np.ndarray) -> float:
        row = units[None].astype(np.float32)
        return float(np.mean([tree.predict(row)[0, 0] for tree in trees]))

    return loss


def search(family: Family, loss: Objective, seed: int, n: int, **options: Any) -> list[np.ndarray]:
    """The coordinates that a search tries, in order."""
    space, seen = Space(dict(family.space)), list[np.ndarray]()

    def tried(values: Any) -> float:
        seen.append(space.encode(parse_point(space, values)))
        return loss(seen[-1])

    fmin(tried, dict(family.space), max_evals=n, rstate=seed, show_progressbar=False, **options)
    return seen


@cache
def earlier_search(task: str, name: str, table: str, kind: str, seed: int) -> Trials:
    """The trials of a search on table A."""
    trials, family = Trials(), families(task)[name]
    search(family, objective(task, name, table, 0, kind), 1000 + seed, N_EARLIER, trials=trials)
    return trials


def curve(case: tuple[str, str, Family, str, str], kind: str, seed: int) -> list[list[float]]:
    """[evaluation, its loss, the loss that judges it] each time that a better point is found on table B."""
    task, name, family, before, table = case
    loss, judge = (objective(task, name, table, cv) for cv in range(2))
    options = {}
    if kind == "several":
        others = [other for other in recorded(task, name) if other != table]
        options["trials"] = Trials.from_searches([earlier_search(task, name, t, "related", seed) for t in others])
    elif kind not in ("none", "target"):
        options["trials"] = Trials.from_searches([earlier_search(task, name, before, kind, seed)])
    found: list[list[float]] = []
    for number, units in enumerate(search(family, loss, seed + 100 * (kind == "target"), N_EVALS, **options), start=1):
        if not found or loss(units) < found[-1][1]:
            found.append([number, *(float(f"{value:.7g}") for value in (loss(units), judge(units)))])
    return found


def run(half: str, seeds: int, results: Path, kinds: list[str], every: int) -> None:
    """Append a line for each search that is not in `results` yet."""
    done = {tuple(json.loads(line)[:5]) for line in results.read_text().splitlines()} if results.exists() else set()
    with results.open("a") as file:
        for seed in range(seeds):
            for case in list(pairs(half))[::every]:
                for kind in kinds:
                    key = (case[0], case[1], case[4], kind, seed)
                    if key not in done:
                        file.write(json.dumps([*key, curve(case, kind, seed)]) + "\n")
                        file.flush()


# ---------------------------------------------------------------------- the figures


def first_at(curve: list[list[float]], target: float, column: int) -> float:
    """The first evaluation whose best point has at most the loss `target`; one more than all if none has."""
    return next((at for at, *losses in curve if losses[column] <= target), N_EVALS + 1)


def found_after(curve: list[list[float]], n: int, column: int) -> float:
    """The loss of the best point after `n` evaluations."""
    return [losses[column] for at, *losses in curve if at <= n][-1]


def ratios(half: str, results: Path, budget: int, column: int) -> dict[str, dict[str, float]]:
    """Evaluations to the target over those without an earlier search, by kind and table."""
    curves: dict[tuple[str, str, str], dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    names = {(task, name) for task, name, _ in halves()[half]}
    for task, name, table, kind, _, found in map(json.loads, results.read_text().splitlines()):
        if (task, name) in names:
            curves[task, name, table][kind].append(found)
    answers: dict[str, dict[Any, float]] = defaultdict(dict)
    for case, by_kind in curves.items():
        target = float(np.median([found_after(c, budget, column) for c in by_kind["target"]]))
        needed = {kind: np.median([first_at(c, target, column) for c in each]) for kind, each in by_kind.items()}
        for kind in set(needed) - {"none", "target"}:
            answers[kind][case] = float(needed[kind] / needed["none"])
    return answers


def report(half: str, results: Path) -> None:
    """Print the ratios: the median over the tables with its bootstrap interval, and the quartiles."""
    rng = np.random.default_rng(0)
    for column, words in enumerate(("searched loss", "judged loss")):
        for budget in TARGETS:
            for kind, by_case in sorted(ratios(half, results, budget, column).items()):
                alike = {case for case in by_case if most_related(*case)[1] >= ALIKE}
                for name, cases in ((kind, set(by_case)), *([(f"{kind} (alike)", alike)] if kind == "related" else [])):
                    values = np.array([by_case[case] for case in sorted(cases)])
                    medians = np.median(rng.choice(values, (2000, len(values))), axis=1)
                    low, high = np.quantile(medians, [0.05, 0.95])
                    print(
                        f"{half}  {words}  at {budget}  {name:16} {len(values)} tables  median {np.median(values):.2f} "
                        f"(90 % {low:.2f} to {high:.2f})  quartiles {np.quantile(values, 0.25):.2f} "
                        f"{np.quantile(values, 0.75):.2f}"
                    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "report"])
    parser.add_argument("--half", choices=["choose", "judge"], default="judge")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--every", type=int, default=1, help="run only every k-th table")
    parser.add_argument("--results", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    if arguments.command == "run":
        kinds = arguments.kinds.split(",")
        run(arguments.half, arguments.seeds, arguments.results, kinds, arguments.every)
    report(arguments.half, arguments.results)
