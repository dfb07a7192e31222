"""A secret is known by every name that leads to it: in save files, their errors and their pages it is a hash."""

from __future__ import annotations

import functools
from collections import OrderedDict, defaultdict, namedtuple
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from sklearn.dummy import DummyClassifier
from sklearn.utils import Bunch

from hpsklearn_search import HyperoptSearchCV, fmin, hp, rand
from hpsklearn_search.exceptions import InvalidTrial, SaveFileError
from hpsklearn_search.report import make_page
from hpsklearn_search.report._file import facts_of_file
from hpsklearn_search.space import Space
from hpsklearn_search.trials import read_save_file, text_of

MARKER = "S3CRETpw"
X, y = [[float(i)] for i in range(12)], [0, 1] * 6

Account = namedtuple("Account", ["user", "password"])


def ask(point: Any, token: Any = None, account: Any = None) -> float:
    """The objective."""
    return 0.0


class Login:
    """An objective whose class says itself how it is pickled."""

    def __init__(self, user: str, password: str) -> None:
        self.secret = (user, password)

    def __reduce__(self) -> Any:
        return Login, self.secret

    def __call__(self, point: Any) -> float:
        """The objective."""
        return 0.0


class Ticket:
    """An objective whose arguments pickle passes to ``__new__``."""

    def __new__(cls, user: str, password: str) -> Any:
        """Keep both."""
        new = super().__new__(cls)
        object.__setattr__(new, "_parts", (user, password))
        return new

    def __getnewargs__(self) -> Any:
        return self._parts

    def __getstate__(self) -> None:
        return None

    def __call__(self, point: Any) -> float:
        """The objective."""
        return 0.0


class Key(Enum):
    """Secrets by name."""

    PASSWORD = MARKER


class State:
    """An objective whose state is a tuple."""

    def __getstate__(self) -> Any:
        return "token", MARKER

    def __setstate__(self, state: Any) -> None:
        """Do nothing."""

    def __call__(self, point: Any) -> float:
        """The objective."""
        return 0.0


def with_a_member(key: Key) -> Callable[[Any], float]:
    """An objective that holds a secret of a list of them."""
    return lambda point: float(len(key.value))


def in_a_closure(token: str) -> Callable[[Any], float]:
    """An objective that holds a secret."""
    return lambda point: float(len(token))


SHARED = hp.choice("b", [MARKER, "x"])
SPACES: dict[str, Any] = {
    "a label with another name": {"password": hp.choice("a", [MARKER, "x"])},
    "a label with probabilities": {"password": hp.pchoice("a", [(0.5, MARKER), (0.5, "x")])},
    "a key further up": {"credentials": {"second": [hp.choice("a", [MARKER, {"x": MARKER}])]}},
    "a choice further up": {"x": hp.choice("password", [hp.choice("a", [MARKER, "x"]), 1])},
    "a path without a label": {"token": hp.choice([{"x": hp.choice([MARKER, "x"])}, 1])},
    "a node in two places": {"password": SHARED, "x": SHARED},
    "an expression": {"password": hp.choice("a", [MARKER, "x"]) + "!"},
    "fields of a tuple": Account("me", hp.choice("a", [MARKER, "x"])),
    "a dict of another type": {"x": hp.choice("a", [OrderedDict(password=Path(MARKER)), 3])},
    "a pair with a label": {"x": [("password", hp.choice("a", [MARKER, "x"]))]},
    "a pair as a constant": {"x": hp.choice("a", [3, 4]), "y": ("password", Path(MARKER))},
    "a tuple as an option": {"x": hp.choice("a", [Account("me", MARKER), 3])},
}
FUNCTIONS: dict[str, Any] = {
    "a default": lambda point, token=MARKER: 0.0,
    "a default of a keyword": lambda point, *, token=MARKER: 0.0,
    "a closure": in_a_closure(MARKER),
    "a keyword in its code": lambda point: ask(point, token=MARKER),
    "a key in its code": lambda point: ask({"password": MARKER}),
    "an argument by its place": functools.partial(lambda token, point: 0.0, MARKER),
    "a tuple": functools.partial(ask, account=Account("me", MARKER)),
    "what pickle makes an object of": Login("me", MARKER),
    "what is passed to __new__": Ticket("me", MARKER),
    "a state that is a pair": State(),
    "a dict of another type": functools.partial(ask, account=OrderedDict(password=Path(MARKER))),
    "a dict with defaults": functools.partial(ask, account=[defaultdict(int, password=Path(MARKER))]),
    "a dict with attributes": functools.partial(ask, account=Bunch(api_key=Path(MARKER))),
    "a list of pairs": functools.partial(ask, account=[("C", 1), ("password", Path(MARKER))]),
    "a member of an enumeration": with_a_member(Key.PASSWORD),
}


def run(fn: Any, space: Any, path: Path) -> None:
    """A short search with a file."""
    fmin(fn, space, rand.suggest, max_evals=3, rstate=0, verbose=False, trials_save_file=str(path))


def shown(path: Path) -> str:
    """All that a file says, its page, and the error of another search."""
    page = make_page(facts_of_file(read_save_file(path)))
    with pytest.raises(SaveFileError) as error:
        run(ask, {"other": hp.uniform("other", 0, 1)}, path)
    return path.read_bytes().decode("latin-1") + page + str(error.value)


@pytest.mark.parametrize("what", SPACES)
def test_no_option_of_a_secret_is_in_a_file(what: str, tmp_path: Path) -> None:
    """The label need not say what its key says."""
    run(ask, SPACES[what], tmp_path / "s.db")
    assert MARKER not in shown(tmp_path / "s.db")


@pytest.mark.parametrize("what", FUNCTIONS)
def test_no_secret_of_a_function_is_in_a_file(what: str, tmp_path: Path) -> None:
    """A value that a function holds has the name of its argument or variable."""
    run(FUNCTIONS[what], {"x": hp.uniform("x", 0, 1)}, tmp_path / "s.db")
    assert MARKER not in shown(tmp_path / "s.db")


@pytest.mark.parametrize("what", SPACES)
def test_the_same_secrets_are_the_same_search(what: str, tmp_path: Path) -> None:
    """A hash tells two searches apart as the text would."""
    run(ask, SPACES[what], tmp_path / "s.db")
    run(ask, SPACES[what], tmp_path / "s.db")
    if what == "a label with another name":
        with pytest.raises(SaveFileError, match=r"space \(a\): hidden:"):
            run(ask, {"password": hp.choice("a", [f"{MARKER}2", "x"])}, tmp_path / "s.db")


def test_no_option_of_a_parameter_is_in_the_file_or_the_page_of_a_search(tmp_path: Path) -> None:
    """A parameter of an estimator is named by its key; several labels may set it."""

    class Login(DummyClassifier):  # type: ignore[misc]
        def __init__(self, api_key: Any = None, place: int = 0) -> None:
            super().__init__()
            self.api_key, self.place = api_key, place

    branches = [
        {"api_key": hp.choice("k", [MARKER, f"{MARKER}2"]), "place": 1},
        {"api_key": hp.choice("l", [MARKER, f"{MARKER}3"]), "place": 2},
    ]
    for name, space in (("one", branches[0]), ("two", hp.choice("branch", branches))):
        path = tmp_path / f"{name}.db"
        search = HyperoptSearchCV(Login(), space, max_evals=2, cv=2, random_state=0, trials_save_file=str(path))
        search.fit(X, y).report(tmp_path / f"{name}.html")
        assert MARKER not in path.read_bytes().decode("latin-1")
        assert MARKER not in (tmp_path / f"{name}.html").read_text()
        assert MARKER not in repr(search.describe_space())


def test_messages_about_points_show_no_secret() -> None:
    """They end in logs of jobs."""
    space = {"password": hp.choice("a", [MARKER, "x"]), "token": hp.uniform("t", 0, 1)}
    for point in ({"a": "wrong", "t": 0.5}, {"a": 7, "t": 0.5}, {"a": 0, "t": "0.125"}):
        with pytest.raises(InvalidTrial) as error:
            fmin(ask, space, max_evals=1, points_to_evaluate=[point], verbose=False)
        assert MARKER not in str(error.value)
        assert "0.125" not in str(error.value)


def test_a_label_is_secret_by_any_name_above_it() -> None:
    """A name beside it or below it says nothing about it."""
    assert Space({"password": {"x": [hp.choice("a", [1, 2])]}, "y": hp.choice("b", [{"token": 1}, 2])}).secrets == {"a"}


def test_a_function_without_a_secret_keeps_its_text() -> None:
    """Only values with the name of a secret are hashed."""
    plain, secret = (lambda x, C=1: x + 3), in_a_closure(MARKER)
    assert text_of(plain, at_first_sight=True) == text_of(plain)
    assert "hidden:" in text_of(secret, at_first_sight=True)


def test_a_step_of_a_pipeline_is_no_secret() -> None:
    """A pair of a name and an estimator keeps the estimator's text."""
    steps = [("token", DummyClassifier(strategy="prior"))]
    assert text_of(steps, at_first_sight=True) == text_of(steps)
