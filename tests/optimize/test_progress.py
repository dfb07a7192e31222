"""The line of progress: drawn over itself where that works, and in a log file a line at a time."""

from __future__ import annotations

import io
import sys

import pytest

from hpsklearn_search import fmin, hp


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """It does."""
        return True


def shown(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a short search writes to the stream."""
    monkeypatch.setattr(sys, "stderr", stream)
    fmin(lambda x: x**2, hp.uniform("x", -1, 1), "random", 30, rstate=0)
    return stream.getvalue()


def test_a_terminal_shows_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each state overwrites the last."""
    text = shown(Terminal(), monkeypatch)
    assert text.count("\n") == 1
    assert text.startswith("\r")
    assert "30/30" in text.splitlines()[-1]
    assert "best loss: " in text


def test_a_log_file_gets_few_whole_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """No carriage returns; a quick search has a line for its begin and one for its end."""
    text = shown(io.StringIO(), monkeypatch)
    assert "\r" not in text
    first, last = text.splitlines()
    assert "0/30" in first
    assert "30/30" in last
    assert "best loss: " in last


def test_a_notebook_is_drawn_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its stream is no terminal, but heeds a carriage return."""
    notebook = type("OutStream", (io.StringIO,), {"__module__": "ipykernel.iostream"})
    assert shown(notebook(), monkeypatch).count("\n") == 1
