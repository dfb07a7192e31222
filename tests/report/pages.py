"""A page as a test reads it, and searches that have one."""

from __future__ import annotations

import time
from html.parser import HTMLParser
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from hpsklearn_search import HyperoptSearchCV, hp

VOID = {"meta", "img", "br", "hr", "input", "link", "wbr"}
X, Y = np.arange(40.0).reshape(20, 2), np.arange(20) % 2


class Page(HTMLParser):
    """The elements, sections and texts of a page; an AssertionError where a tag is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.sections: dict[str, str] = {}
        self.text = ""
        self._section = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element, and that it is open."""
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        if tag == "section":
            self._section = attributes["id"]
            self.sections[self._section] = ""
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Only the last open element may be closed."""
        assert self.open.pop() == tag
        if tag == "section":
            self._section = ""

    def handle_data(self, data: str) -> None:
        """Note a text, also for its section."""
        self.text += data
        if self._section:
            self.sections[self._section] += f"{data} "

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of each element of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]


class Hill(ClassifierMixin, BaseEstimator):
    """Its score is a known function of its parameters; some of them fail, some take a while."""

    def __init__(
        self, a: float = 0.0, b: float = 0.0, kind: Any = "u", message: str = "a is too large", wait: float = 0
    ):
        self.a = a
        self.b = b
        self.kind = kind
        self.message = message
        self.wait = wait

    def fit(self, X: Any, y: Any) -> Hill:
        """Fail where a is large."""
        time.sleep(self.wait)
        if self.a > 0.8:
            raise ValueError(self.message)
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: Any) -> Any:
        """Zeros."""
        return np.zeros(len(X))

    def score(self, X: Any, y: Any = None) -> float:
        """A hill, a little different on each fold."""
        return float(1 - (self.a - 0.4) ** 2 - (self.b - 0.5) ** 2 + 1e-3 * np.mean(X))


SPACE = {"a": hp.uniform(0, 1), "b": hp.uniform(0, 1), "kind": ["u", "v"]}


def hill(space: Any = None, max_evals: int = 25, **options: Any) -> HyperoptSearchCV:
    """A fitted search on a hill, with failures."""
    options = {"algo": "random", "cv": 4, "random_state": 0, **options}
    estimator = options.pop("estimator", Hill())
    return HyperoptSearchCV(estimator, space or SPACE, max_evals=max_evals, **options).fit(X, Y)
