"""`describe_space`: parameters, values in plain numbers, conditions and defaults; and the displays of a search."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from scipy.stats import gamma, loguniform
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, hp, plots
from hpsklearn_search.space import Space

PIPELINE = Pipeline([("scale", StandardScaler()), ("model", LogisticRegression(C=3.0))])
FAMILIES = {
    "model": hp.choice(
        "model",
        [
            {"model": LogisticRegression(), "model__C": hp.loguniform("lr_C", np.log(1e-3), np.log(1e3))},
            {"model": RandomForestClassifier(max_depth=7), "model__max_depth": hp.uniformint("depth", 2, 20)},
        ],
    )
}


def row(estimator: Any, space: Any, parameter: str) -> dict[str, str]:
    """The row of a parameter in the description."""
    rows = HyperoptSearchCV(estimator, space).describe_space().as_dicts()
    return next(row for row in rows if row["parameter"] == parameter)


@pytest.mark.parametrize(
    ("node", "words"),
    [
        (hp.loguniform("C", np.log(1e-3), np.log(1e3)), "real in [0.001, 1000], log"),
        (hp.logrange("C", 0.1, 10), "real in [0.1, 10], log"),
        (loguniform(0.1, 10), "real in [0.1, 10], log"),
        (hp.quniform("C", 10, 50, 5), "integer in [10, 50], multiples of 5"),
        (hp.loguniformint("C", 8, 256), "integer in [8, 256], log"),
        (hp.normal("C", 5, 1), "normal: mean 5, 95 % in [3.04004, 6.95996]"),
        (hp.qlognormal("C", 3, 1, 10), "log-normal: median 20, 95 % in [0, 140], multiples of 10"),
        (gamma(2.0), "scipy.stats.gamma(2.0): 95 % in [0.242209, 5.57164]"),
        ([1, 10, 100], "1, 10, 100"),
        (hp.choice("C", [hp.uniform("small", 0.1, 1), 100]), "C (small), 100"),
        (hp.pchoice("C", [(0.75, 1), (0.25, 2)]), "1 (75 %), 2 (25 %)"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_values_are_described_in_plain_numbers(node: Any, words: str) -> None:
    """They are plain also where the bounds are logarithms."""
    assert row(SVC(), {"C": node}, "C")["values"] == words


def test_a_condition_names_the_choice_and_its_option() -> None:
    """A branch that sets a model is named by the model."""
    assert row(PIPELINE, FAMILIES, "model__max_depth")["active when"] == "model is RandomForestClassifier(max_depth=7)"
    assert row(PIPELINE, FAMILIES, "model")["active when"] == "always"


def test_a_label_is_shown_where_it_tells_two_apart() -> None:
    """Else the parameter alone is, marked where it is computed from what is drawn."""
    computed = {"C": 2 ** hp.uniformint("exponent", -3, 3), "gamma": hp.uniform("a", 0, 1) + hp.uniform("b", 0, 1)}
    assert row(SVC(), computed, "C (computed)")["values"] == "integer in [-3, 3]"
    assert row(SVC(), computed, "gamma (a) (computed)")["values"] == "real in [0, 1]"
    kernels = [{"kernel": "rbf", "C": hp.uniform("small", 0, 1)}, {"kernel": "poly", "C": hp.uniform(5, 9)}]
    space = {"kernel": hp.choice("k", kernels), "tol": hp.logrange("t", 1e-5, 1e-2)}
    assert row(SVC(), space, "C (small)")["active when"] == "kernel is {kernel='rbf', C}"
    assert row(SVC(), space, "C (k.1.C)")["values"] == "real in [5, 9]"
    assert row(SVC(), space, "tol")["default"] == "0.001"


def test_an_expression_with_shared_parts_is_described_at_once() -> None:
    """Thirty levels that use each level twice are no tree of a billion parts."""
    part: Any = hp.uniform(1, 2)
    for _ in range(30):
        part = part * 0.5 + part * 0.5
    assert row(SVC(), {"C": part}, "C (computed)")["values"] == "real in [1, 2]"


def test_the_default_is_that_of_the_estimator_that_will_be_there() -> None:
    """That is the model that the branch sets, or else the estimator of the search."""
    assert row(PIPELINE, FAMILIES, "model__max_depth")["default"] == "7"
    assert row(PIPELINE, FAMILIES, "model__C")["default"] == "1"
    assert row(PIPELINE, {"model__C": [1, 2]}, "model__C")["default"] == "3"
    listed = [{"model": [RandomForestClassifier(max_depth=4)], "model__max_depth": [1, 2]}, {"model__C": [1, 2]}]
    assert row(PIPELINE, listed, "model__max_depth")["default"] == "4"


def test_branches_with_the_same_text_are_numbered() -> None:
    """Two dicts with the same names have the same text."""
    space = [{"C": [1, 2]}, {"C": [10, 20]}]
    assert row(SVC(), space, "grid")["values"] == "0: {C}, 1: {C}"
    assert row(SVC(), space, "C (1.C)")["active when"] == "grid is 1: {C}"


def test_a_label_shared_by_branches_names_both() -> None:
    """One node may stand in two branches."""
    shared = hp.uniform("C", 0.1, 1)
    kernels = [{"kernel": "rbf", "C": shared}, {"kernel": "poly", "C": shared}, {"kernel": "linear"}]
    assert row(SVC(), {"kernel": hp.choice("kernel", kernels)}, "C")["active when"] == (
        "kernel is {kernel='rbf', C} or {kernel='poly', C}"
    )


def test_a_long_list_is_cut_in_the_middle() -> None:
    """The last option and the number of options are shown."""
    assert row(SVC(), {"C": np.arange(1, 101)}, "C")["values"].endswith(", ..., 100 (100 options)")


def test_spaces_and_descriptions_show_themselves_in_a_notebook() -> None:
    """They are tables whose texts are escaped."""
    shown = Space({"x": hp.choice("x", ["<b>", "c"])})._repr_html_()
    assert shown.startswith("<table>")
    assert "&lt;b&gt;" in shown
    assert "<td" in HyperoptSearchCV(SVC(), {"C": [1, 2]}).describe_space()._repr_html_()


def test_the_repr_of_a_node_makes_the_node_again() -> None:
    """`eval` of it gives an equal node."""
    for node in [
        hp.logrange("C", 1e-3, 10),
        hp.quniform("x", 0, 1, 0.1),
        hp.uniformint("n", 1, 9),
        hp.normal("z", 0, 2),
    ]:
        again = eval(repr(node), {"hp": hp})
        assert (again.label, again.distribution) == (node.label, node.distribution)
    assert repr(hp.pchoice("k", [(0.5, 1), (0.5, 2)])) == "hp.pchoice('k', [(0.5, 1), (0.5, 2)])"


def test_a_search_shows_its_arguments_and_a_diagram() -> None:
    """Both look as in scikit-learn's own searches."""
    search = HyperoptSearchCV(SVC(), {"C": hp.logrange("C", 0.1, 1)}, max_evals=7)
    assert (
        " ".join(repr(search).split())
        == "HyperoptSearchCV(estimator=SVC(), max_evals=7, space={'C': hp.logrange('C', 0.1, 1)})"
    )
    assert "SVC" in search._repr_html_()


def test_importances_that_cannot_be_computed_are_no_attribute() -> None:
    """A tool that lists all attributes of a search must meet no other error than AttributeError."""
    search = HyperoptSearchCV(SVC(), {"C": [1]}, max_evals=1).fit(*load_iris(return_X_y=True))
    assert not hasattr(search, "importances_")
    with pytest.raises(AttributeError, match="at least 2 trials"):
        _ = search.importances_


def test_a_fitted_search_knows_its_importances() -> None:
    """They are computed when they are read, kept in a pickle, and absent in a clone."""
    space = {"C": hp.logrange("C", 1e-4, 1e2), "shrinking": [True, False]}
    search = HyperoptSearchCV(SVC(), space, max_evals=20, cv=3, random_state=0)
    assert not hasattr(search, "importances_")
    search.fit(*load_iris(return_X_y=True))
    importances = search.importances_
    assert list(importances) == ["C", "shrinking"]
    assert sum(importances.values()) == pytest.approx(1.0)
    assert pickle.loads(pickle.dumps(search)).importances_ == importances
    assert not hasattr(clone(search), "importances_")
    with pytest.raises(AttributeError, match="not fitted yet"):
        _ = clone(search).importances_


def test_importances_have_the_names_of_parameters() -> None:
    """Whatever the labels are; `trials_` keeps them."""
    kernels = [{"kernel": "rbf", "C": hp.logrange("a", 0.1, 1)}, {"kernel": "poly", "C": hp.logrange("b", 1, 10)}]
    space = {"kernel": hp.choice("k", kernels), "gamma": hp.logrange("g", 1e-4, 1)}
    search = HyperoptSearchCV(SVC(), space, max_evals=6, cv=2, random_state=0).fit(*load_iris(return_X_y=True))
    assert set(search.importances_) == {"kernel", "C (a)", "C (b)", "gamma"}
    assert search.trials_.labels == ["k", "a", "b", "g"]
    pytest.importorskip("matplotlib")
    display = plots.ParameterImportanceDisplay.from_search(search)
    assert [text.get_text() for text in display.ax_.get_yticklabels()][::-1] == list(search.importances_)


def test_where_one_candidate_succeeded_there_are_no_importances() -> None:
    """`hasattr` is False, and the error says why."""
    search = HyperoptSearchCV(SVC(), {"C": [1]}, max_evals=1, cv=2).fit(*load_iris(return_X_y=True))
    assert not hasattr(search, "importances_")
    with pytest.raises(AttributeError, match="at least 2 trials with a loss, got 1"):
        _ = search.importances_


def test_the_importances_of_a_search_lie_in_their_intervals() -> None:
    """The intervals have the order of the importances; before the fit there are none."""
    space = {"C": hp.logrange("C", 1e-4, 1e2), "shrinking": [True, False]}
    search = HyperoptSearchCV(SVC(), space, max_evals=20, cv=3, random_state=0)
    with pytest.raises(NotFittedError):
        search.importance_intervals()
    search.fit(*load_iris(return_X_y=True))
    intervals = search.importance_intervals()
    assert list(intervals) == list(search.importances_)
    assert all(intervals[label][0] <= share <= intervals[label][1] for label, share in search.importances_.items())
