"""The files of a search: its table as CSV, and its picture."""

from __future__ import annotations

import csv
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..exceptions import NotInstalledError
from ..plots import save_history
from ..trials import Trials
from ._content import Values

logger = logging.getLogger(__name__)


def write_files(folder: Path, trials: Trials, values: Values, fitted: Any) -> None:
    """``cv_results.csv`` and ``history.png`` of a fitted search, ``trials.csv`` of a search without a table."""
    if fitted is None:
        _write_table(folder / "trials.csv", _columns(trials, values))
        return
    _write_table(folder / "cv_results.csv", fitted.cv_results_)
    try:
        save_history(fitted, folder / "history.png")
    except NotInstalledError:
        logger.debug("no picture without matplotlib")
    except Exception:  # a table that has no picture, such as one where every candidate failed
        logger.info("the history of the search was not drawn", exc_info=True)


def _columns(trials: Trials, values: Values) -> dict[str, list[Any]]:
    """Number, status, loss and what was sampled, of the trials that finished."""
    finished = [trial for trial in trials.record if trial.outcome is not None]
    sampled = [values(trial.point) for trial in finished]
    names = dict.fromkeys(name for row in sampled for name in row)
    return {
        "number": [trial.number for trial in finished],
        "status": [trial.outcome.status for trial in finished if trial.outcome is not None],
        "loss": [trial.loss for trial in finished],
        **{f"param_{name}": [row.get(name) for row in sampled] for name in names},
    }


def _write_table(path: Path, columns: Mapping[str, Any]) -> None:
    """A table as CSV; what is masked or None is an empty field."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*map(_fields, columns.values()), strict=True))


def _fields(column: Any) -> list[Any]:
    plain = column.tolist() if isinstance(column, np.ndarray) else column  # of a masked array: None where masked
    return ["" if value is None else value for value in plain]
