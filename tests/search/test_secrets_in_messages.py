"""Values of a parameter that is named like a secret: no message and no notebook shows them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import make_pipeline

from hpsklearn_search import (
    EarlyStopping,
    HyperoptSearchCV,
    MLflowCallback,
    Optimizer,
    SparkTrials,
    Trials,
    fmin,
    hp,
    one_standard_error,
    rand,
    space_eval,
    spaces,
)
from hpsklearn_search.exceptions import AllTrialsFailed, BadSearchSpace, InvalidLoss, InvalidResultStatus, InvalidTrial
from hpsklearn_search.hyperopt import generate_trials_to_calculate
from hpsklearn_search.plots import Candidates, ParallelCoordinatesDisplay, ParameterScoreDisplay, SearchHistoryDisplay
from hpsklearn_search.search._parameters import ParameterSpace
from hpsklearn_search.search._secrets import secret_parameters

MARKER = "S3CRETpw"
ADDRESS = f"http://me:{MARKER}@host"
NUMBER = 90210774
SPACE = {"place": hp.uniformint("place", 0, 2), "password": hp.choice("password", [MARKER, f"{MARKER}2"])}
X, y = [[float(i)] for i in range(12)], [0, 1] * 6


class Login(DummyClassifier):  # type: ignore[misc]
    """A classifier that needs a password."""

    def __init__(self, password: Any = None, place: int = 0) -> None:
        super().__init__()
        self.password = password
        self.place = place


class Strict(Login):
    """It takes no parameter, and says what it is."""

    def set_params(self, **params: Any) -> Strict:
        """Fail."""
        if params:
            raise TypeError(f"{self!r} cannot be changed")
        return self


@dataclass
class Account:
    """A step of a pipeline that is no estimator of scikit-learn."""

    password: str

    def fit(self, X: Any, y: Any = None) -> Account:
        """Do nothing."""
        return self


class Refused(Login):
    """Its password is never right."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Refused:
        """Fail."""
        raise OSError("no entry")


def search(estimator: Any = None, space: Any = None, **settings: Any) -> HyperoptSearchCV:
    """A search for the right password."""
    return HyperoptSearchCV(estimator or Login(), space or SPACE, max_evals=3, cv=2, random_state=0, **settings)


def minimise(points: Any, **constants: Any) -> Any:
    """The same with `fmin`."""
    return fmin(lambda point: 0.0, {**SPACE, **constants}, max_evals=1, points_to_evaluate=points, verbose=False)


def no_number(estimator: Any, X: Any, y: Any, token: Any) -> Any:
    """A scorer that returns a text."""
    return "good"


def annotated(x: {password: MARKER}) -> float:  # type: ignore[valid-type]  # noqa: F821
    """An objective whose annotation is no space."""
    return 0.0


MESSAGES: dict[str, Callable[[], Any]] = {
    "a candidate that is not in the space": lambda: search(points_to_evaluate=[{"password": MARKER * 2}]).fit(X, y),
    "one candidate": lambda: search(points_to_evaluate={"password": MARKER}).fit(X, y),
    "an address": lambda: search(points_to_evaluate=f"http://me:{MARKER}@host").fit(X, y),
    "an argument of a wrong type": lambda: search(cv=f"http://me:{MARKER}@host").fit(X, y),
    "candidates in lists": lambda: search(points_to_evaluate=[[{"password": MARKER}]]).fit(X, y),
    "a value without a list": lambda: search(space=[{"password": MARKER}]).fit(X, y),
    "a dict without a list": lambda: search(space={"password": {"x": MARKER}}).fit(X, y),
    "every candidate fails": lambda: search(Refused()).fit(X, y),
    "a point of fmin that is not in the space": lambda: minimise([{"password": MARKER * 2, "place": 0}]),
    "one point of fmin": lambda: minimise({"password": MARKER}),
    "an unknown label": lambda: minimise([{"password": MARKER, "place": 0, "other": 1}]),
    "another constant": lambda: minimise([{"password": MARKER, "place": 0, "token": "x"}], token=MARKER),
    "another library's keyword": lambda: search(param_distributions={"password": [MARKER]}),  # type: ignore[arg-type]
    "an unknown keyword": lambda: MLflowCallback(uri=f"http://me:{MARKER}@host"),  # type: ignore[call-arg]
    "arguments without names": lambda: HyperoptSearchCV(Login(), SPACE, 3, {"password": MARKER}),  # type: ignore[misc]
    "options by another name": lambda: hp.choice("password", values=[MARKER]),  # type: ignore[call-arg]
    "options after the label": lambda: hp.choice("password", [MARKER], MARKER),  # type: ignore[call-overload]
    "options that are no list": lambda: hp.choice("password", MARKER),
    "options without probabilities": lambda: hp.pchoice("password", [MARKER]),
    "a space of pairs": lambda: search(space=[("password", [MARKER])]).fit(X, y),
    "a bound of a secret": lambda: hp.uniform("password", MARKER, 1),  # type: ignore[arg-type]
    "a callback": lambda: search(callbacks=[f"token={MARKER}"]).fit(X, y),
    "an estimator as the algorithm": lambda: search(algo=Login(MARKER)).fit(X, y),
    "an address as the algorithm": lambda: search(algo=f"http://me:{MARKER}@host").fit(X, y),
    "an address as the metric": lambda: search(scoring=f"http://me:{MARKER}@host").fit(X, y),
    "an address as the cache": lambda: search(step_cache=f"redis://me:{MARKER}@host").fit(X, y),
    "an address as the trials": lambda: search(trials=f"mongo://me:{MARKER}@host").fit(X, y),
    "a secret as the simplest": lambda: search(refit=one_standard_error("password")).fit(X, y),
    "a text as the space": lambda: fmin(abs, f"password={MARKER}", max_evals=1),
    "an estimator as the objective": lambda: fmin(Login(MARKER), SPACE, max_evals=1),
    "a point of pairs": lambda: space_eval(SPACE, [("password", MARKER)]),  # type: ignore[arg-type]
    "a suggestion of another optimizer": lambda: Optimizer(SPACE).tell({"token": MARKER}, 0.0),
    "an algorithm's answer": lambda: fmin(abs, SPACE, lambda *_: {"token": MARKER}, max_evals=1, verbose=False),
    "a document of trials": lambda: Trials().insert_trial_doc(f"token={MARKER}"),  # type: ignore[arg-type]
    "searches in a list": lambda: SearchHistoryDisplay.from_searches([Login(MARKER)]),  # type: ignore[arg-type]
    "one estimator to choose from": lambda: spaces.choose(Login(MARKER)),
    "tags in pairs": lambda: MLflowCallback(tags=[("token", MARKER)]),  # type: ignore[arg-type]
    "an address as the log": lambda: MLflowCallback.resend(f"http://me:{MARKER}@host"),
    "a parameter that the estimator has not": lambda: search(Login(MARKER), {"nope": [1, 2]}).fit(X, y),
    "the same inside of a pipeline": lambda: search(make_pipeline(Login(MARKER)), {"login__nope": [1, 2]}).fit(X, y),
    "a dict under a key of its own": lambda: search(Login(MARKER), {"nope": {"place": [1, 2]}}).fit(X, y),
    "a parameter of one option": lambda: search(
        make_pipeline(Login()), {"login": [Login(MARKER)], "login__nope": [1, 2]}
    ).fit(X, y),
    "an option without parameters": lambda: search(
        make_pipeline(Login()), {"login": [Account(MARKER)], "login__nope": [1, 2]}
    ).fit(X, y),
    "a text that is cut before the name": lambda: search(
        Login([f"{'a' * 700}", {"password": f"{'b' * 700}{MARKER}"}]), {"nope": [1, 2]}
    ).fit(X, y),
    "a value that is refused": lambda: search(Strict(MARKER), {"nope": [1, 2]}).fit(X, y),
    "a label without a value": lambda: minimise([{"password": MARKER}]),
    "a label of two nodes": lambda: fmin(abs, {"password": [hp.choice("a", [MARKER, 1]), hp.choice("a", [2])]}),
    "a scorer with arguments": lambda: search(scoring=functools.partial(no_number, token=MARKER)).fit(X, y),
    "an address in a list of metrics": lambda: search(scoring=[ADDRESS], refit=False).fit(X, y),
    "an address as the file of a page": lambda: search(refit=False).fit(X, y).report(ADDRESS),
    "a dict as points": lambda: generate_trials_to_calculate({"token": MARKER}),  # type: ignore[arg-type]
    "an annotation": lambda: fmin(annotated, "annotated", max_evals=1),
    "bounds in a wrong order": lambda: hp.uniform("password", NUMBER, 1),
    "whole bounds in a wrong order": lambda: hp.randint("password", NUMBER, 1),
    "a bound of a logarithm": lambda: hp.logrange("password", -NUMBER, 1),
    "a spread below 0": lambda: hp.normal("password", 0, -NUMBER),
    "a step that is too large": lambda: hp.quniform("password", 0, 1, NUMBER),
    "a name of the simplest": lambda: search(refit=one_standard_error(ADDRESS)).fit(X, y),
    "a parameter of a picture": lambda: ParameterScoreDisplay.from_search(search(refit=False).fit(X, y), [ADDRESS]),
    "an address as a column": lambda: search(limits={ADDRESS: 1.0}).fit(X, y),
    "an address that is fitted": lambda: EarlyStopping(ADDRESS).fit(X, y),
    "an address that stops early": lambda: search(EarlyStopping(ADDRESS), {"patience": [1, 2]}).fit(X, y),
    "an address as the racing": lambda: search(racing=ADDRESS).fit(X, y),
    "an object as the racing": lambda: search(racing=Account(MARKER)).fit(X, y),
    "an address as a number of workers": lambda: SparkTrials(ADDRESS),  # type: ignore[arg-type]
    "an address as the metric to optimise": lambda: search(objective_metric=ADDRESS).fit(X, y),
    **{
        f"an address as {name}": functools.partial(lambda name: search(**{name: ADDRESS}).fit(X, y), name)
        for name in ("timeout", "trial_timeout", "score_threshold", "max_queue_len", "random_state")
    },
    **{
        f"an address as {name} of fmin": functools.partial(lambda name: fmin(abs, SPACE, **{name: ADDRESS}), name)
        for name in ("timeout", "loss_threshold", "max_evals", "max_queue_len", "rstate")
    },
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("what", MESSAGES)
def test_a_message_shows_no_secret(what: str) -> None:
    """Messages end in logs of jobs."""
    with pytest.raises((BadSearchSpace, InvalidTrial, TypeError, ValueError, OSError)) as error:
        MESSAGES[what]()
    text = str(error.value) + "".join(getattr(error.value, "__notes__", []))
    assert MARKER not in text
    assert f"{NUMBER:g}" not in text.replace(str(NUMBER), f"{NUMBER:g}")


@pytest.mark.filterwarnings("ignore:The total space")
def test_a_warning_about_a_pair_shows_no_secret() -> None:
    """Two numbers look like the bounds of a range."""
    with pytest.warns(UserWarning, match=r"is the tuple \(hidden\)") as warned:
        search(space={"password": (NUMBER, NUMBER + 1)}).fit(X, y)
    assert str(NUMBER) not in "".join(str(warning.message) for warning in warned)


NUMBERS = {
    "a key": {"password": hp.uniformint("a", 1397, 1398), "x": hp.randint("x", 2)},
    "a label": {"y": hp.uniformint("password", 1397, 1398), "x": hp.randint("x", 2)},
}


def raises(point: Any) -> float:
    """An objective that never succeeds."""
    raise OSError("no entry")


@pytest.mark.parametrize("objective", [raises, lambda point: {"status": "fail"}, lambda point: {}, lambda point: "x"])
@pytest.mark.parametrize("name", NUMBERS)
def test_an_error_of_an_objective_shows_no_secret_number(objective: Any, name: str) -> None:
    """It shows the rest of the point, with the label."""
    with pytest.raises((OSError, AllTrialsFailed, InvalidResultStatus, InvalidLoss)) as error:
        fmin(objective, NUMBERS[name], rand.suggest, 2, rstate=0, verbose=False)
    text = str(error.value) + "".join(getattr(error.value, "__notes__", []))
    assert "139" not in text
    assert "'x': " in text or not hasattr(error.value, "add_note")  # Python 3.10 has no notes


@pytest.mark.parametrize("name", NUMBERS)
def test_a_warning_about_an_objective_shows_no_secret_number(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """Neither does the error at the end."""
    with pytest.raises(AllTrialsFailed) as error:
        fmin(raises, NUMBERS[name], rand.suggest, 2, rstate=0, catch_eval_exceptions=True, show_progressbar=False)
    assert "no entry" in caplog.text
    assert "139" not in caplog.text + str(error.value)


@pytest.mark.parametrize("name", NUMBERS)
def test_an_optimizer_shows_no_secret_number(name: str) -> None:
    """It has no loop that knows the labels."""
    optimizer = Optimizer(NUMBERS[name])
    for result, kind in (({}, InvalidResultStatus), ("x", InvalidLoss)):
        with pytest.raises(kind) as error:
            optimizer.tell(optimizer.ask(), result)
        assert "139" not in str(error.value)
    optimizer.tell(optimizer.ask(), OSError("no entry"))
    with pytest.raises(AllTrialsFailed) as failed:
        optimizer.best  # noqa: B018
    assert "139" not in str(failed.value)


def no_score(estimator: Any, X: Any, y: Any) -> float:
    """A scorer whose server does not answer."""
    raise OSError(f"no answer from http://me:{MARKER}@host, password={MARKER!r}", "http://me:S3CRETpw@host")


@pytest.mark.filterwarnings("ignore:None of the 3 candidates", "ignore:One or more of the test scores")
@pytest.mark.parametrize("scoring", [no_score, {"a": no_score}], ids=["one", "several"])
@pytest.mark.parametrize("X", [np.array(X), X], ids=["array", "list"])
def test_the_warning_about_a_scorer_shows_no_secret(scoring: Any, X: Any) -> None:
    """scikit-learn shows its traceback, which has lines of code."""
    with pytest.warns(UserWarning, match="Scoring failed") as warned:
        search(scoring=scoring, refit=False).fit(X, y)
    texts = "\n".join(str(warning.message) for warning in warned)
    assert "no answer from http://host" in texts
    assert MARKER not in texts


def test_the_best_secret_is_not_in_a_notebook() -> None:
    """A saved notebook keeps what it shows; the representation of the estimator is scikit-learn's."""
    table = search(refit=False).fit(X, y)._repr_html_().partition("<details>")[0]
    assert "password</th><td>(hidden)" in table
    assert MARKER not in table


# ---------------------------------------------------------------------- secrets that only a label names
BY_LABEL: dict[str, Any] = {
    "a label": {"place": hp.uniformint("place", 0, 2), "site": hp.choice("password", [MARKER, f"{MARKER}2"])},
    "a branch": hp.choice("token", [{"site": f"{MARKER}2"}, {"site": MARKER, "place": hp.uniformint("p", 0, 2)}]),
    "an expression": {
        "place": hp.uniformint("place", 0, 20),
        "site": hp.choice("api_key", [MARKER, f"{MARKER}2"]) + "!",
    },
    "a key above it": {"credentials": hp.choice("way", [{"site": MARKER}, {"site": f"{MARKER}2"}])},
    "a range": {"place": hp.uniformint("place", 0, 20), "site": hp.uniformint("token", 10**7, 10**8)},
}


def fitted_by_label(what: str, **settings: Any) -> Any:
    """A search over such a space; the second password is right."""
    settings = {"max_evals": 4, "cv": 2, "random_state": 0, "algo": "random", **settings}
    return HyperoptSearchCV(OnlySecond(), BY_LABEL[what], **settings).fit(X, y)


@pytest.mark.filterwarnings("ignore:The total space")
@pytest.mark.parametrize("what", BY_LABEL)
def test_a_label_hides_its_parameter_in_notebooks_and_pages(what: str, tmp_path: Path) -> None:
    """The parameter's own name does not say so; the table and the best parameters are as they are."""
    fitted = fitted_by_label(what)
    page = fitted.report(tmp_path / "page.html").read_text(encoding="utf-8")
    shown = page + fitted._repr_html_().partition("<details>")[0] + str(fitted.advice_)
    values = [str(value) for value in fitted.cv_results_["param_site"]]
    assert str(fitted.best_params_["site"]) in values
    assert not any(value in shown for value in (MARKER, *values))
    assert "fill in the dots: site, (hidden)" in page


@pytest.mark.filterwarnings("ignore:The total space")
@pytest.mark.parametrize("what", BY_LABEL)
def test_a_label_hides_its_parameter_in_a_picture(what: str) -> None:
    """Each value has a number."""
    columns = Candidates.from_search(fitted_by_label(what)).columns
    assert {"(hidden 1)", "(hidden 2)"} <= set(columns["site"].categories)


@pytest.mark.parametrize("what", ["a label", "a branch"])
@pytest.mark.filterwarnings("ignore")
def test_a_label_hides_its_parameter_in_messages(what: str) -> None:
    """About a candidate that is not in the space, a text as the simplest, and failures."""
    wrong: Any = [
        {"points_to_evaluate": [{"site": f"{MARKER}3"}]},
        {"points_to_evaluate": [{"site": MARKER, "place": 77}]},
        {"limits": {"mean_test_score": (2.0, None)}},
    ]
    for settings in wrong:
        with pytest.raises((InvalidTrial, ValueError)) as error:
            fitted_by_label(what, **settings)
        assert MARKER not in str(error.value) + "".join(getattr(error.value, "__notes__", []))
    with pytest.raises(ValueError, match="fits failed") as failed:
        HyperoptSearchCV(Refuses(), BY_LABEL[what], max_evals=2, cv=2, random_state=0).fit(X, y)
    assert MARKER not in str(failed.value) + "".join(getattr(failed.value, "__notes__", []))


@pytest.mark.parametrize("what", ["a label", "a branch"])
def test_a_label_hides_a_text_that_is_no_number(what: str) -> None:
    """It cannot order candidates, and this is said before the first fit."""
    with pytest.raises(ValueError, match=r"site can be \(hidden\), which is not a number"):
        fitted_by_label(what, refit=one_standard_error("site"))


def test_a_name_of_a_secret_beside_a_parameter_hides_nothing_else() -> None:
    """Only what the label sets is a secret."""
    parameters = ParameterSpace(BY_LABEL["a label"], OnlySecond())
    assert secret_parameters(parameters) == {"site"}
    assert secret_parameters(ParameterSpace({"place": [1], "password": [MARKER]}, OnlySecond())) == frozenset()


@pytest.mark.parametrize("display", [ParallelCoordinatesDisplay, ParameterScoreDisplay])
def test_no_secret_is_in_a_picture(display: Any) -> None:
    """Options are the labels of an axis, and pictures go into reports."""
    text_of_figures = pytest.importorskip("matplotlib.text", reason="needs the extra 'plot'").Text
    space = {**SPACE, "site": hp.choice([f"http://me:{MARKER}@one", f"http://me:{MARKER}@two"])}
    fitted = HyperoptSearchCV(OnlySecond(), space, max_evals=12, cv=2, random_state=0, refit=False).fit(X, y)
    figure = display.from_search(fitted).figure_
    figure.canvas.draw()
    texts = " ".join(text.get_text() for text in figure.findobj(text_of_figures))
    assert "(hidden 2)" in texts
    assert "http://two" in texts
    assert MARKER not in texts


class OnlySecond(Login):
    """The second password is right; with `strict` the first one is an error, and else a bad score."""

    def __init__(self, password: Any = None, place: int = 0, site: Any = None, strict: bool = False) -> None:
        super().__init__(password, place)
        self.site = site
        self.strict = strict

    @property
    def is_right(self) -> bool:
        """Whether the second password is given, by itself or in a site."""
        return f"{MARKER}2" in repr((self.password, self.site))

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> OnlySecond:
        """Fail if it is strict and the password is wrong."""
        if self.strict and not self.is_right:
            raise OSError("no entry")
        super().fit(X, y)
        return self

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Good or bad, and a little better with each place."""
        return (0.5 if self.is_right else 0.0) + 0.01 * (self.place % 7) + 0.001 * float(X[0][0])


class Refuses(OnlySecond):
    """No password is right."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Refuses:
        """Fail."""
        raise OSError("no entry")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(
    ("name", "inside"),
    [("password", str), ("site", "http://me:{}@host".format), ("site", Login), ("site", lambda pw: ("x", {"pw": pw}))],
    ids=["text", "address", "estimator", "dict"],
)
def test_advice_shows_no_secret(strict: bool, name: str, inside: Callable[[str], Any]) -> None:
    """A finding names the option that failed, or was never good, and goes to terminals and notebooks."""
    space = {"place": hp.uniformint(0, 99), name: hp.choice([inside(MARKER), inside(f"{MARKER}2")])}
    with_secrets = HyperoptSearchCV(OnlySecond(strict=strict), space, max_evals=40, cv=5, random_state=0)
    findings = with_secrets.fit(X * 20, y * 20).advice_
    assert {"failures" if strict else "behind"} <= {finding.kind for finding in findings}
    assert MARKER not in str(findings) + " ".join(map(str, findings))
