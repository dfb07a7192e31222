"""Problems for `search_quality.py` that real estimators gave on real tables: boosters alone, and choices of families.

The losses were recorded by `first_points.py`. As for the scikit-learn tasks, a forest answers for each configuration.
The tables are those on which nothing of the library was chosen.

>>> from collections import Counter
>>> Counter(problem.kind for problem in recorded_problems())
Counter({'boosters': 9, 'real families': 6})
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from first_points_families import families
from first_points_regret import cases, forests, recorded_space
from quality_problems import Axis, Config, Problem

from hpsklearn_search.space import Choice, fixed_value, parse_point

BOOSTERS = ("HistGradientBoosting", "LightGBM", "XGBoost")
N_TABLES, N_CHOICES = 3, 6


def axes_of(task: str, family: str) -> tuple[Axis, ...]:
    """The parameters of a family as they were recorded; an option that was recorded more often is listed once."""
    return tuple(_axis(name, node) for name, node in families(task)[family].space.items())


def _axis(name: str, node: Any) -> Axis:
    if isinstance(node, Choice):
        return Axis(name, options=tuple(dict.fromkeys(fixed_value(option) for option in node.options)))
    ends = node.distribution
    return Axis(name, float(ends.low), float(ends.high), log=ends.log, whole=ends.is_integral)


@cache
def loss_of(task: str, family: str, table_name: str) -> Callable[[Config], float]:
    """The loss of a configuration, as a forest answers from the first of the two cross-validations."""
    space = recorded_space(task, family)
    trees = [tree.tree_ for tree in forests(task, family, table_name)[0].estimators_]

    def loss(config: Config) -> float:
        row = space.encode(parse_point(space, config)).astype(np.float32)[None]
        return float(np.mean([tree.predict(row)[0, 0] for tree in trees]))

    return loss


def choice_of(task: str, names: list[str], table_name: str) -> Problem:
    """A choice among the families that were recorded on a table, each with its own parameters."""
    axes = [Axis("family", options=tuple(names))]
    for family in names:
        for axis in axes_of(task, family):
            when = ("family", family)
            axes.append(Axis(f"{family}.{axis.name}", axis.low, axis.high, axis.log, axis.whole, axis.options, when))

    def loss(config: Config) -> float:
        family = config["family"]
        own = {name.removeprefix(f"{family}."): value for name, value in config.items() if name != "family"}
        return loss_of(task, family, table_name)(own)

    return Problem(f"families {table_name}", "real families", tuple(axes), loss, moves=False)


def recorded_problems() -> list[Problem]:
    """The same for every instance."""
    alone = [(task, names[0], name) for task, names, name in cases("judge", is_choice=False) if names[0] in BOOSTERS]
    together = sorted(cases("judge", is_choice=True), key=lambda case: -len(case[1]))[:N_CHOICES]
    return [
        *(
            Problem(f"{family} {name}", "boosters", axes_of(task, family),
                    lambda config, case=(task, family, name): loss_of(*case)(config), moves=False)
            for task, family, name in alone[: N_TABLES * len(BOOSTERS)]
        ),
        *(choice_of(*case) for case in together),
    ]  # fmt: skip
