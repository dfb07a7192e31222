"""The line of progress: drawn over itself where that works, and in a log file a line at a time."""

from __future__ import annotations

import io
import sys

import pytest

from hpsklearn_search import fmin, hp


class Terminal(io.StringIO):
    """The stream of a terminal."""

    def isatty(self) -> bool:
        """A terminal says yes."""
        return True


def shown(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> str:
    """The text that a short search writes to the stream."""
    monkeypatch.setattr(sys, "stderr", stream)
    fmin(lambda x: x**2, hp.uniform("x", -1, 1), "random", 30, rstate=0)
    return stream.getvalue()


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
