"""What ends the program while an objective or a fit runs in this process."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris
from sklearn.exceptions import FitFailedWarning

from hpsklearn_search import HyperoptSearchCV, Trials, fmin, hp, rand


class Stop(BaseException):
    """What a program raises in its signal handler to stop."""


def exit_by_signal() -> None:
    """Send the signal whose handler calls sys.exit."""
    os.kill(os.getpid(), signal.SIGTERM)


def raise_stop() -> None:
    """Raise what is no Exception."""
    raise Stop


@pytest.fixture
def handler() -> Iterator[None]:
    """A handler of SIGTERM that saves and leaves, as people write it."""
    previous = signal.signal(signal.SIGTERM, lambda *_: sys.exit(4))
    yield
    signal.signal(signal.SIGTERM, previous)


@pytest.mark.usefixtures("handler")
@pytest.mark.parametrize("catch", [True, False])
@pytest.mark.parametrize(
    ("leave", "kind"), [(lambda: sys.exit(4), SystemExit), (exit_by_signal, SystemExit), (raise_stop, Stop)]
)
def test_an_exit_ends_fmin_after_what_finished(
    leave: Callable[[], None], kind: type[BaseException], catch: bool, tmp_path: Any
) -> None:
    """SystemExit passes, also with catch_eval_exceptions; three trials are recorded, and the search can go on."""
    trials, file, is_over = Trials(), tmp_path / "trials.db", False
    arguments = (hp.uniform("x", 0, 1), rand.suggest, 5)
    options = {"rstate": 0, "show_progressbar": False, "trials_save_file": file, "catch_eval_exceptions": catch}

    def objective(x: float) -> float:
        if len(trials.record.ok) == 3 and not is_over:
            leave()
        return x

    with pytest.raises(kind) as caught:
        fmin(objective, *arguments, trials=trials, **options)
    assert kind is Stop or caught.value.code == 4  # type: ignore[attr-defined]
    assert len(trials.record.ok) == 3
    is_over = True
    fmin(objective, *arguments, trials=(again := Trials()), **options)
    assert len(again.losses()) == 5
    assert again.losses()[:3] == [trial.loss for trial in trials.record.ok]


class Leaves(ClassifierMixin, BaseEstimator):
    """Ends the program in fit, if asked to."""

    def __init__(self, kind: type[BaseException] | None = None) -> None:
        self.kind = kind

    def fit(self, X: Any, y: Any) -> Leaves:
        """Raise what was asked for."""
        if self.kind is not None:
            raise self.kind("so long")
        self.classes_ = [0, 1, 2]
        return self

    def predict(self, X: Any) -> list[int]:
        """The same class for all."""
        return [0] * len(X)


@pytest.mark.parametrize("kind", [SystemExit, Stop])
def test_an_exit_in_a_fit_is_a_failed_candidate(kind: type[BaseException]) -> None:
    """A library that exits, or panics, in a fit does not end the program."""
    search = HyperoptSearchCV(Leaves(), {"kind": [kind, None]}, max_evals=2, cv=2, n_jobs=1)
    with pytest.warns(FitFailedWarning, match=kind.__name__):
        search.fit(*load_iris(return_X_y=True))
    assert search.best_params_ == {"kind": None}


def test_an_exit_in_a_fit_is_raised_as_an_error_on_request() -> None:
    """With error_score="raise" the search ends with an error that quotes the exit."""
    search = HyperoptSearchCV(Leaves(), {"kind": [SystemExit]}, max_evals=1, cv=2, error_score="raise")
    with pytest.raises(RuntimeError, match="SystemExit: so long"):
        search.fit(*load_iris(return_X_y=True))


def test_ctrl_c_in_a_fit_ends_the_search() -> None:
    """KeyboardInterrupt is no failure of the fit."""
    with pytest.raises(KeyboardInterrupt):
        HyperoptSearchCV(Leaves(), {"kind": [KeyboardInterrupt]}, max_evals=1, cv=2).fit(*load_iris(return_X_y=True))
