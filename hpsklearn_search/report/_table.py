"""All candidates as a table whose columns can be sorted by a click.

>>> from hpsklearn_search.plots import Candidates
>>> results = {"mean_test_score": np.array([0.5, 0.75]), "param_C": [1, 10]}
>>> [column.title for column in columns(Facts("", Candidates.from_cv_results(results), results=results))]
['candidate', 'score', 'C', 'status']
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _html as html
from ._facts import Facts

MOST_CELLS = 30_000  # with some 50 bytes a cell, the page stays below 3 MB
SCORES = ("rank", "mean", "std")
TITLES = {"mean_fit_time": "fit, s", "mean_score_time": "scoring, s", "n_bytes": "bytes", "n_splits_run": "folds"}


@dataclass(frozen=True)
class Column:
    """A column of the table, with an entry for each candidate."""

    title: str
    values: Sequence[Any]
    is_exact: bool = False  # whether it is sorted by more digits than are shown


def columns(facts: Facts) -> list[Column]:
    """Number, scores, parameters, times and status."""
    results, n = facts.results, len(facts.candidates)
    found = [Column("candidate", range(n))]
    metrics = [key.removeprefix("mean_test_") for key in results if key.startswith("mean_test_")]
    metrics.sort(key=lambda name: name != facts.candidates.metric)
    for metric in (name for name in metrics if name != "score_partial"):
        found += [
            Column(_title(kind, metric, is_loss=facts.is_loss), _values(facts, results[f"{kind}_test_{metric}"]), True)
            for kind in SCORES
            if f"{kind}_test_{metric}" in results
        ]
    train = f"mean_train_{facts.candidates.metric}"
    found += [Column("train score", results[train])] if train in results else []
    names = [key.removeprefix("param_") for key in results if key.startswith("param_")]
    found += [Column(name, [html.shown(name, value) for value in _entries(results[f"param_{name}"])]) for name in names]
    found += [Column(title, results[key]) for key, title in TITLES.items() if key in results]
    return [*found, Column("status", _statuses(facts))]


def _title(kind: str, metric: str, *, is_loss: bool) -> str:
    name = "loss" if is_loss else metric
    return {"rank": f"rank of {name}" if metric != "score" else "rank", "mean": name, "std": f"± {name}"}[kind]


def _values(facts: Facts, column: Any) -> Any:
    return -np.asarray(column) if facts.is_loss else column


def _entries(column: Any) -> list[Any]:
    """The entries of a parameter's column; None where the parameter is not set."""
    return list(column.filled(None)) if isinstance(column, np.ma.MaskedArray) else list(column)


def _statuses(facts: Facts) -> list[str]:
    if facts.trials:
        return [trial.outcome.status if trial.outcome is not None else "running" for trial in facts.trials]
    candidates = facts.candidates
    return [
        "fail" if failed else "pruned" if pruned else "outside" if outside else "ok"
        for failed, pruned, outside in zip(candidates.failed, candidates.pruned, candidates.outside, strict=True)
    ]


def candidates_table(facts: Facts) -> str:
    """The table, the best candidate first; of very many candidates, the best."""
    shown = columns(facts)
    n = len(facts.candidates)
    scores = np.where(facts.candidates.complete, facts.candidates.scores, -np.inf)
    order = np.argsort(-scores, kind="stable").tolist()
    if facts.best is not None:
        order.remove(facts.best)
        order.insert(0, facts.best)
    rows = order[: max(MOST_CELLS // len(shown), 1)]
    note = "" if len(rows) == n else f"The {len(rows)} best of {n} candidates are shown; cv_results_ has all."
    head = "".join(
        f'<th aria-sort="none"><button type="button">{html.text(column.title)}</button></th>' for column in shown
    )
    body = "".join(_row(facts, shown, row) for row in rows)
    return (
        f'{html.paragraph(note)}<div class="scroll tall" id="candidates-scroll" tabindex="0">'
        f'<table id="candidates-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _row(facts: Facts, shown: Sequence[Column], row: int) -> str:
    kind = ' class="best"' if row == facts.best else ' class="bad"' if facts.candidates.failed[row] else ""
    cells = "".join(html.cell(column.values[row], is_exact=column.is_exact) for column in shown)
    return f"<tr{kind}>{cells}</tr>"
