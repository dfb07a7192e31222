"""The line of progress, on streams that work and on streams that do not: no stream costs a search."""

from __future__ import annotations

import errno
import io
import logging
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

from hpsklearn_search import HyperoptSearchCV, Trials, fmin, hp

X, y = load_iris(return_X_y=True)


class Terminal(io.StringIO):
    """The stream of a terminal."""

    def isatty(self) -> bool:
        """A terminal says yes."""
        return True


class Broken(Terminal):
    """A terminal whose other end is gone."""

    def write(self, text: str) -> int:
        """Every write fails."""
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")


class Full(io.StringIO):
    """A buffered file on a full disk."""

    def flush(self) -> None:
        """Writes reach the buffer only."""
        raise OSError(errno.ENOSPC, "No space left on device")


class WriteOnly:
    """The smallest object that ``print`` accepts."""

    def write(self, text: str) -> None:
        """Drop the text."""


def closed(kind: type[io.StringIO]) -> io.StringIO:
    """A stream that is closed."""
    stream = kind()
    stream.close()
    return stream


UNUSABLE: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "closed file": lambda: closed(io.StringIO),
    "closed terminal": lambda: closed(Terminal),
    "broken terminal": Broken,
    "full disk": Full,
    "write only": WriteOnly,
    "ascii": lambda: io.TextIOWrapper(io.BytesIO(), encoding="ascii"),
}


def shown(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> str:
    """The text that a short search writes to the stream."""
    monkeypatch.setattr(sys, "stderr", stream)
    fmin(lambda x: x**2, hp.uniform("x", -1, 1), "random", 30, rstate=0)
    return stream.getvalue()


def searched(**arguments: Any) -> HyperoptSearchCV:
    """A fitted search of three candidates."""
    search = HyperoptSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 2, 3]}, max_evals=3, cv=3, **arguments)
    search.fit(X, y)
    return search


def test_a_terminal_shows_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each state overwrites the last one."""
    text = shown(Terminal(), monkeypatch)
    assert text.count("\n") == 1
    assert text.startswith("\r")
    assert "30/30" in text.splitlines()[-1]
    assert "best loss: " in text


def test_a_log_file_gets_few_whole_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no carriage return, and a quick search has only a first and a last line."""
    text = shown(io.StringIO(), monkeypatch)
    assert "\r" not in text
    first, last = text.splitlines()
    assert "0/30" in first
    assert "30/30" in last
    assert "best loss: " in last


def test_a_notebook_is_drawn_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stream of a notebook is no terminal, but a carriage return works there."""
    notebook = type("OutStream", (io.StringIO,), {"__module__": "ipykernel.iostream"})
    assert shown(notebook(), monkeypatch).count("\n") == 1


class Displays(list[str]):
    """Stands for IPython.display: what the notebook that is saved holds."""

    def display(self, content: dict[str, str], *, raw: bool, display_id: bool) -> Displays:
        """Add an output."""
        assert raw
        assert display_id
        self.append(content["text/plain"])
        return self

    def update(self, content: dict[str, str], *, raw: bool) -> None:
        """Replace the last output."""
        self[-1] = content["text/plain"]


def test_a_saved_notebook_holds_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each state replaces the last one, and nothing is written to the stream."""
    notebook = type("OutStream", (io.StringIO,), {"__module__": "ipykernel.iostream"})
    outputs = Displays()
    monkeypatch.setitem(sys.modules, "IPython.display", outputs)
    assert shown(notebook(), monkeypatch) == ""
    (line,) = outputs
    assert "30/30" in line
    assert "best loss: " in line


# ---------------------------------------------------------------------- streams that do not work
@pytest.mark.parametrize("stream", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_no_stream_costs_a_search_of_fmin(stream: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """All trials run, whatever happens to the line of progress."""
    monkeypatch.setattr(sys, "stderr", stream())
    trials = Trials()
    fmin(lambda x: x**2, hp.uniform("x", -1, 1), "random", 5, trials=trials, rstate=0)
    assert len(trials) == 5


@pytest.mark.parametrize("verbose", [1, 3])
@pytest.mark.parametrize("stream", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_no_stream_costs_a_fold(stream: Callable[[], Any], verbose: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ``verbose > 1`` scikit-learn prints a line for each fold, and the fold keeps its score."""
    monkeypatch.setattr(sys, "stderr", stream())
    monkeypatch.setattr(sys, "stdout", stream())
    assert np.isfinite(searched(verbose=verbose).cv_results_["mean_test_score"]).all()


def test_the_lines_of_scikit_learn_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """On a stream that works, there is one line for each of nine folds."""
    searched(verbose=3)
    assert capsys.readouterr().out.count("END") == 9


PROGRAM = """
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier
from hpsklearn_search import HyperoptSearchCV, fmin, hp
search = HyperoptSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 2, 3]}, max_evals=3, cv=3, verbose=3, n_jobs=2)
search.fit(*load_iris(return_X_y=True))
fmin(abs, hp.uniform("x", -1, 1), max_evals=3)
print(sum(search.cv_results_["mean_test_score"] > 0), file=open("done", "w"))
"""


@pytest.mark.slow
@pytest.mark.parametrize("streams", [">/dev/full 2>/dev/full", "2>&1 | true", ">&- 2>&-", "2>&-"])
@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full")
def test_no_stream_of_the_shell_costs_a_search(streams: str, tmp_path: Any) -> None:
    """Worker processes inherit the streams of the program, and run all folds."""
    (tmp_path / "program.py").write_text(PROGRAM)
    subprocess.run(["sh", "-c", f"{sys.executable} program.py {streams}"], cwd=tmp_path, timeout=280, check=False)
    assert (tmp_path / "done").read_text() == "3\n"


# ---------------------------------------------------------------------- contexts and log handlers of the user
class Context:
    """A context for ``show_progressbar`` that raises in one of its methods."""

    def __init__(self, method: str, error: Exception) -> None:
        self.method, self.error = method, error

    def __call__(self, initial: int, total: int) -> Context:
        """The context itself."""
        self._raise("open")
        return self

    def __enter__(self) -> Context:
        self._raise("enter")
        return self

    def update(self, n: int) -> None:
        """Count a trial."""
        self._raise("update")

    def __exit__(self, *_: object) -> None:
        self._raise("exit")

    def _raise(self, method: str) -> None:
        if method == self.method:
            raise self.error


@pytest.mark.parametrize("method", ["open", "enter", "update", "exit"])
@pytest.mark.parametrize("error", [BrokenPipeError(), ValueError("I/O operation on closed file")])
def test_a_context_without_a_stream_costs_nothing(method: str, error: Exception) -> None:
    """All trials run."""
    trials = Trials()
    fmin(abs, hp.uniform("x", -1, 1), "random", 3, trials=trials, show_progressbar=Context(method, error))
    assert len(trials) == 3


def test_another_error_of_a_context_is_not_hidden() -> None:
    """A mistake in the user's code is no error of a stream."""
    with pytest.raises(KeyError):
        fmin(abs, hp.uniform("x", -1, 1), "random", 3, show_progressbar=Context("update", KeyError("n")))


class Raising(logging.Handler):
    """A log handler that raises."""

    n = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Fail in the thread that logs."""
        self.n += 1
        raise RuntimeError("the log server is down")


def test_a_log_handler_that_raises_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failing trial is logged, and the search goes on."""
    handler = Raising()
    monkeypatch.setattr(logging.getLogger("hpsklearn_search"), "handlers", [handler])
    trials = Trials()

    def fails(x: float) -> float:
        raise ZeroDivisionError

    fmin(
        fails, hp.uniform("x", -1, 1), "random", 3,
        trials=trials, catch_eval_exceptions=True, return_argmin=False, show_progressbar=False,
    )  # fmt: skip
    assert len(trials.record) == 3
    assert handler.n == 3


def test_a_notebook_without_widgets_gives_no_warning() -> None:
    """tqdm's choice of a bar is not the user's problem."""
    code = """
import sys, types
sys.modules["ipykernel.zmqshell"] = types.SimpleNamespace()
sys.modules["IPython"] = types.SimpleNamespace(get_ipython=lambda: types.SimpleNamespace(config={}))
sys.modules["IPython.display"] = sys.modules["ipywidgets"] = None
from hpsklearn_search import fmin, hp
fmin(abs, hp.uniform("x", -1, 1), max_evals=2)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=200, check=True)
    assert "2/2" in done.stderr
    assert "Warning" not in done.stderr
