r"""Make docs/benchmarks.md and its picture from what `search_quality.py` and `suggest_cost.py` measured.

Run it as ``python tests/benchmarks/benchmarks_page.py results.jsonl costs.md``, after

    python tests/benchmarks/search_quality.py --results results.jsonl --seeds 10
    python tests/benchmarks/search_quality.py --results results.jsonl --seeds 10 --methods default tpe optuna --open 8
    python tests/benchmarks/search_quality.py --results results.jsonl --seeds 2 --methods optuna-gp hebo \
        --problems "LightGBM bands" "XGBoost car_prices" "HistGradientBoosting australian"
    python tests/benchmarks/suggest_cost.py > costs.md

The sentences stand in benchmarks_page.md, in which ``{{name}}`` is where a table goes. It also holds the results of
the other scripts of this folder, under the name of the script that prints them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from search_quality import Row, by_kind, loaded, regrets

DOCS = Path(__file__).parents[2] / "docs"
TEMPLATE = Path(__file__).with_suffix(".md")
ORDER = ("default", "tpe", "hyperopt", "optuna", "optuna-gp", "hebo", "scikit-optimize")
OURS = ("default", "tpe")
COLOURS = dict(zip(ORDER, ("#b2182b", "#ef8a62", "#4d4d4d", "#2166ac", "#67a9cf", "#762a83", "#5aae61"), strict=True))


def main() -> None:
    """Write the page."""
    rows, costs = loaded(Path(sys.argv[1])), Path(sys.argv[2]).read_text()
    alone = [row for row in rows if row["open"] == 1]
    methods = [m for m in ORDER if any(row["method"] == m for row in alone)]
    kinds = [*dict.fromkeys(row["kind"] for row in alone), "all"]
    curves(alone, methods, kinds, DOCS / "images" / "regret.png")
    together = [row for row in rows if row["open"] == 8]
    page = filled(
        TEMPLATE.read_text(),
        versions=_versions(),
        seeds=seeds(alone, methods),
        by_kind="\n".join(kind_table(alone, methods, kinds)),
        spread="\n".join(spread(alone, methods)),
        needed="\n".join(needed(alone, methods)),
        eight_open="\n".join(kind_table(together, methods, ["all"])),
        losses="\n".join(losses(alone, methods)),
        by_problem="\n".join(problem_table(alone, methods)),
        costs=costs.strip(),
    )
    (DOCS / "benchmarks.md").write_text(page)


def filled(template: str, **parts: str) -> str:
    """The template, with each ``{{name}}`` replaced by the part of this name."""
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], template)


def curves(rows: list[Row], methods: list[str], kinds: list[str], path: Path) -> None:
    """One panel a kind: mean regret against evaluations, with a band of one standard error."""
    import matplotlib.pyplot as plt

    found = by_kind(rows)
    figure, axes = plt.subplots(
        2, (len(kinds) + 1) // 2, figsize=(11, 5.2), sharex=True, sharey=True, layout="constrained"
    )
    for panel, kind in zip(axes.flat, [kinds[-1], *kinds[:-1]], strict=False):
        for method in methods:
            if (method, kind) in found:
                mean, error = found[method, kind]
                x = np.arange(1, len(mean) + 1)
                panel.plot(x, mean, label=method, color=COLOURS[method], lw=2 if method in OURS else 1.2)
                panel.fill_between(x, mean - error, mean + error, color=COLOURS[method], alpha=0.15, lw=0)
        panel.set(title=f"{kind} ({_count(rows, kind)})", xlim=(5, None), ylim=(0, 1.4))
        panel.axhline(1.0, color="#bbbbbb", lw=0.8, ls=":")
    for panel in axes.flat[len(kinds) :]:
        panel.axis("off")
        panel.legend(*axes.flat[0].get_legend_handles_labels(), loc="center", frameon=False)
    if len(kinds) == axes.size:
        axes.flat[0].legend(frameon=False, fontsize=8)
    figure.supxlabel("evaluations")
    figure.supylabel("regret, random search = 1")
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=75)


def kind_table(rows: list[Row], methods: list[str], kinds: list[str]) -> list[str]:
    """Regrets at 25, 50 and 100."""
    found = by_kind(rows)
    lines = ["| kind | method | at 25 | at 50 | at 100 |", "|---|---|---|---|---|"]
    for kind in kinds:
        for method in methods:
            if (method, kind) in found:
                mean, error = found[method, kind]
                cells = " | ".join(f"{mean[b - 1]:.2f} ± {error[b - 1]:.2f}" for b in (25, 50, 100))
                lines.append(f"| {kind} ({_count(rows, kind)}) | {method} | {cells} |")
    return lines


def spread(rows: list[Row], methods: list[str]) -> list[str]:
    """The median and the 90th percentile over the runs of the methods that have run on every problem."""
    found, lines = regrets(rows), ["| method | 25, median | 90 % | 50, median | 90 % | 100, median | 90 % |"]
    lines.append("|---|" + "---|" * 6)
    for method in methods:
        mine = [curves for (name, _), curves in found.items() if name == method]
        if len(mine) == _count(rows, "all"):
            at = np.concatenate(mine)[:, [24, 49, 99]]
            cells = " | ".join(
                f"{m:.2f} | {high:.2f}" for m, high in zip(*np.quantile(at, [0.5, 0.9], axis=0), strict=True)
            )
            lines.append(f"| {method} | {cells} |")
    return lines


def seeds(rows: list[Row], methods: list[str]) -> str:
    """How often each method ran, in words."""
    n = {method: len({row["seed"] for row in rows if row["method"] == method}) for method in methods}
    most = max(n.values())
    fewer = [f"`{method}` with {count}" for method, count in n.items() if count < most]
    return f"{most} seeds" + (f", {' and '.join(fewer)}" if fewer else "")


def needed(rows: list[Row], methods: list[str]) -> list[str]:
    """Evaluations until the median run has what hyperopt's median run has at 100."""
    lines = ["| method | evaluations |", "|---|---|"]
    found = regrets(rows)
    problems = [problem for method, problem in found if method == "hyperopt"]
    for method in methods:
        counts = []
        for problem in problems:
            if (method, problem) in found:
                goal = np.median(found["hyperopt", problem] * _scales(rows, problem), axis=0)[99]
                median = np.median(found[method, problem] * _scales(rows, problem), axis=0)
                reached = np.flatnonzero(median <= goal + 1e-12)
                counts.append(reached[0] + 1 if len(reached) else 100)
        if len(counts) == len(problems):
            lines.append(f"| {method} | {np.exp(np.mean(np.log(counts))):.0f} |")
    return lines


def _scales(rows: list[Row], problem: str) -> np.ndarray:
    """Expected regret of random search after each evaluation over that after 100: undoes the budget's share."""
    expected = np.mean([row["expected"] for row in rows if row["problem"] == problem], axis=0)
    best = np.mean([min(row["best"], min(row["trace"])) for row in rows if row["problem"] == problem])
    scale: np.ndarray = (expected - best) / max(expected[99] - best, 1e-12)
    return scale


def losses(rows: list[Row], methods: list[str]) -> list[str]:
    """Problems and budgets at which a peer's mean is below that of one of ours by more than a standard error."""
    found, lines = regrets(rows), []
    for ours in OURS:
        for peer in (method for method in methods if method not in OURS):
            for problem in dict.fromkeys(row["problem"] for row in rows):
                if (peer, problem) in found and (ours, problem) in found:
                    lines += _behind(found[ours, problem], found[peer, problem], f"{ours} to {peer} on *{problem}*")
    return lines or ["- none of these problems"]


def _behind(ours: np.ndarray, peer: np.ndarray, what: str) -> list[str]:
    """A line for each of 50 and 100 evaluations at which ours is behind; both of shape (seeds, evals)."""
    lines, n = [], min(len(ours), len(peer))
    for b in (50, 100):
        gap = ours[:n, b - 1] - peer[:n, b - 1]
        error = gap.std(ddof=1) / np.sqrt(n) if n > 1 else np.inf
        if gap.mean() > max(0.02, error):
            sure = "" if gap.mean() > 2 * error else ", within two standard errors"
            lines.append(f"- {what} at {b}: {gap.mean():.2f} ± {error:.2f} behind{sure}")
    return lines


def problem_table(rows: list[Row], methods: list[str]) -> list[str]:
    """Mean regret at 100 of every method."""
    found, kinds = regrets(rows), {row["problem"]: row["kind"] for row in rows}
    lines = ["| problem | kind | " + " | ".join(methods) + " |", "|---|---|" + "---|" * len(methods)]
    for problem, kind in kinds.items():
        cells = [f"{found[m, problem][:, 99].mean():.2f}" if (m, problem) in found else "" for m in methods]
        lines.append(f"| {problem} | {kind} | " + " | ".join(cells) + " |")
    return lines


def _count(rows: Iterable[Row], kind: str) -> int:
    return len({row["problem"] for row in rows if kind in ("all", row["kind"])})


def _versions() -> str:
    found = []
    for name in ("hyperopt", "optuna", "scikit-optimize"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


if __name__ == "__main__":
    main()
