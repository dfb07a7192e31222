"""What was raised, read from the text of a traceback."""

from __future__ import annotations

import sys
import traceback
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin

from hpsklearn_search import HyperoptSearchCV
from hpsklearn_search.search._tracebacks import headline, raised, whole

X, y = np.arange(30.0).reshape(-1, 1), np.arange(30) % 2


def text_of(error: BaseException) -> str:
    """The traceback of an error that was raised."""
    try:
        raise error
    except BaseException:
        return traceback.format_exc()


@given(st.text())
def test_the_message_is_whole(message: str) -> None:
    """It has all lines, whatever is in them."""
    message = message.replace("\r", "")
    assert raised(text_of(ValueError(message))) == ("ValueError", message.strip())


@pytest.mark.parametrize("cause", [KeyError("low"), ValueError("two\nlines"), None])
def test_of_several_the_last_exception_counts(cause: Any) -> None:
    """Those that led to it are left out."""
    error = RuntimeError("cannot fit\nsee the manual")
    error.__cause__ = cause
    assert headline(text_of(error)) == "RuntimeError: cannot fit"
    assert raised(text_of(error)) == ("RuntimeError", "cannot fit\nsee the manual")


def test_a_traceback_in_a_message_is_part_of_it() -> None:
    """Some libraries put the traceback of another process into their message."""
    inner = text_of(KeyError("a"))
    assert headline(text_of(RuntimeError(f"a worker failed:\n{inner}"))) == "RuntimeError: a worker failed:"


def test_an_exception_without_a_message_is_its_kind() -> None:
    """Nothing stands in its place."""
    assert raised(text_of(MemoryError())) == ("MemoryError", "")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="needs Python 3.11: notes and groups")
def test_notes_and_groups_do_not_hide_the_kind() -> None:
    """A note follows the message, and the members of a group are not in it."""
    error = ValueError("a must be above 2")
    error.add_note("see the manual")
    assert raised(text_of(error)) == ("ValueError", "a must be above 2\nsee the manual")
    group = ExceptionGroup("two failed", [ValueError("a"), KeyError("b")])  # noqa: F821
    other = ExceptionGroup("two failed", [ValueError("a"), KeyError("c")])  # noqa: F821
    assert raised(text_of(group)) == ("ExceptionGroup", "two failed (2 sub-exceptions)")
    assert whole(text_of(group)) != whole(text_of(other))


def test_a_text_that_is_no_traceback_is_its_own_message() -> None:
    """Scores that are not finite have no traceback."""
    assert raised("NotFinite: nan") == ("NotFinite", "nan")


class Choosy(ClassifierMixin, BaseEstimator):
    """A classifier whose errors end with the same line."""

    def __init__(self, a: int = 0) -> None:
        self.a = a

    def fit(self, X: Any, y: Any) -> Choosy:
        """Fail for a below 5."""
        self.classes_ = np.unique(y)
        if self.a < 3:
            raise ValueError(f"a must be above 2, got {self.a}\nsee the manual")
        if self.a < 5:
            raise MemoryError("too little memory\nsee the manual")
        return self

    def predict(self, X: Any) -> Any:
        """The first class."""
        return np.zeros(len(X))


@pytest.mark.filterwarnings("ignore")
def test_errors_that_differ_in_their_first_line_do_not_end_a_search() -> None:
    """Only five candidates with one and the same error do."""
    search = HyperoptSearchCV(Choosy(), {"a": list(range(8))}, cv=3, refit=False).fit(X, y)
    assert search.best_params_["a"] >= 5
    errors = search.trials_.to_frame()["error"]
    assert errors[0] == "ValueError: a must be above 2, got 0\nsee the manual"
