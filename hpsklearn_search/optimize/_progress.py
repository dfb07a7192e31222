"""The progress of a search: a line on stderr, or a context manager of the user."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from ..executors._streams import ignore_stream_errors
from ..trials import Trial, Trials
from ._callbacks import Callback

SECONDS_BETWEEN_LINES = 10.0  # in a log file


class _Stream:
    """A stream for tqdm that never raises."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.is_redrawn = False
        with ignore_stream_errors():
            self.is_redrawn = bool(getattr(stream, "isatty", bool)()) or type(stream).__module__.startswith("ipykernel")

    def write(self, text: str) -> None:
        if not self.is_redrawn:  # a carriage return does nothing in a file: each state of the bar is a new line
            text = f"{text.strip()}\n" if text.strip() else ""
        with ignore_stream_errors():
            self._stream.write(text)

    def flush(self) -> None:
        with ignore_stream_errors():
            getattr(self._stream, "flush", bool)()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)  # tqdm asks for the encoding, and for the width of a terminal


class _Cell(_Stream):
    """The output of a notebook's cell, as one display that is replaced: a saved notebook holds its last state only."""

    def __init__(self, stream: Any, display: Callable[..., Any]) -> None:
        super().__init__(stream)
        self._display = display
        self._handle: Any = None

    def write(self, text: str) -> None:
        if not text.strip():
            return
        content = {"text/plain": text.strip()}
        with ignore_stream_errors():
            if self._handle is None:
                self._handle = self._display(content, raw=True, display_id=True)
            else:
                self._handle.update(content, raw=True)


def _open_stream(stream: Any) -> _Stream:
    if type(stream).__module__.startswith("ipykernel"):
        with contextlib.suppress(ImportError):
            from IPython.display import display

            return _Cell(stream, display)
    return _Stream(stream)


def _tqdm() -> Any:
    """tqdm's bar for this frontend; a notebook without ipywidgets gets the bar made of text."""
    from tqdm import TqdmWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TqdmWarning)  # that ipywidgets are missing: nobody asked for widgets
        from tqdm.auto import tqdm
    return tqdm


class ProgressLine(Callback):
    """A tqdm bar on stderr; in a log file, a line every ten seconds and at the end."""

    def __init__(self, unit: str = "trial", describe: Callable[[Trial], str] | None = None) -> None:
        self.unit = unit
        self.describe = describe or (lambda trial: f"best loss: {trial.loss:.6g}")
        self._bar: Any = None

    def on_search_begin(self, trials: Trials, search: Mapping[str, Any]) -> None:
        if sys.stderr is None:  # under pythonw, in some services, and after 2>&-
            return
        stream = _open_stream(sys.stderr)
        in_lines = {"ncols": 120, "ascii": True, "mininterval": SECONDS_BETWEEN_LINES}
        self._bar = _tqdm()(
            total=search.get("total"),
            initial=sum(trial.is_finished for trial in trials.record),
            unit=self.unit,
            file=stream,
            **({"dynamic_ncols": True} if stream.is_redrawn else in_lines),
        )

    def on_trial_end(self, trials: Trials, trial: Trial) -> None:
        if self._bar is None:
            return
        if trials.best_loss is not None:
            self._bar.set_postfix_str(self.describe(trials.record.best), refresh=False)
        self._bar.update(1)

    def on_search_end(self, trials: Trials, reason: str) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class ProgressContext(Callback):
    """hyperopt's protocol: a context manager that gives an object with ``update(n)`` and ``postfix``."""

    def __init__(self, open_context: Callable[..., AbstractContextManager[Any]]) -> None:
        self.open_context = open_context
        self._manager: AbstractContextManager[Any] | None = None
        self._context: Any = None

    def on_search_begin(self, trials: Trials, search: Mapping[str, Any]) -> None:
        done = sum(trial.is_finished for trial in trials.record)
        with ignore_stream_errors():
            manager = self.open_context(initial=done, total=search.get("total"))
            self._context = manager.__enter__()
            self._manager = manager

    def on_trial_end(self, trials: Trials, trial: Trial) -> None:
        if self._manager is None:
            return
        with ignore_stream_errors():
            if trials.best_loss is not None:
                self._context.postfix = f"best loss: {trials.best_loss}"
            self._context.update(1)

    def on_search_end(self, trials: Trials, reason: str) -> None:
        manager, self._manager = self._manager, None
        if manager is not None:
            with ignore_stream_errors():
                manager.__exit__(None, None, None)
