"""The progress of a search: a line on stderr, or a context manager of the user."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from tqdm.auto import tqdm

from ..trials import Trial, Trials
from ._callbacks import Callback

SECONDS_BETWEEN_LINES = 10.0  # in a log file, where each state of the bar is a new line


class _Lines:
    """A stream that writes each state of a bar as a new line, for files, where a carriage return does nothing."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        if text.strip():
            self._stream.write(f"{text.strip()}\n")

    def flush(self) -> None:
        self._stream.flush()


def _is_redrawn(stream: Any) -> bool:
    """Whether a carriage return overwrites the line, as on a terminal or in a notebook."""
    return bool(getattr(stream, "isatty", bool)()) or type(stream).__module__.startswith("ipykernel")


class ProgressLine(Callback):
    """A tqdm bar on stderr; in a log file, a line every ten seconds and at the end."""

    def __init__(self, unit: str = "trial", describe: Callable[[Trial], str] | None = None) -> None:
        self.unit = unit
        self.describe = describe or (lambda trial: f"best loss: {trial.loss:.6g}")
        self._bar: Any = None

    def on_search_begin(self, trials: Trials, search: Mapping[str, Any]) -> None:
        in_place = {"file": sys.stderr, "dynamic_ncols": True}
        in_lines = {"file": _Lines(sys.stderr), "ncols": 120, "ascii": True, "mininterval": SECONDS_BETWEEN_LINES}
        self._bar = tqdm(
            total=search.get("total"),
            initial=sum(trial.is_finished for trial in trials.record),
            unit=self.unit,
            **(in_place if _is_redrawn(sys.stderr) else in_lines),
        )

    def on_trial_end(self, trials: Trials, trial: Trial) -> None:
        if trials.best_loss is not None:
            self._bar.set_postfix_str(self.describe(trials.record.best), refresh=False)
        self._bar.update(1)

    def on_search_end(self, trials: Trials, reason: str) -> None:
        self._bar.close()


class ProgressContext(Callback):
    """hyperopt's protocol: a context manager that gives an object with ``update(n)`` and ``postfix``."""

    def __init__(self, open_context: Callable[..., AbstractContextManager[Any]]) -> None:
        self.open_context = open_context
        self._manager: AbstractContextManager[Any] | None = None
        self._context: Any = None

    def on_search_begin(self, trials: Trials, search: Mapping[str, Any]) -> None:
        done = sum(trial.is_finished for trial in trials.record)
        manager = self.open_context(initial=done, total=search.get("total"))
        self._context = manager.__enter__()
        self._manager = manager

    def on_trial_end(self, trials: Trials, trial: Trial) -> None:
        if trials.best_loss is not None:
            self._context.postfix = f"best loss: {trials.best_loss}"
        self._context.update(1)

    def on_search_end(self, trials: Trials, reason: str) -> None:
        if self._manager is not None:
            self._manager.__exit__(None, None, None)
