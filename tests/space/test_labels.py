"""Labels that are left out: the path of the key takes their place."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections import OrderedDict, namedtuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RandomizedSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, Optimizer, Trials, fmin, hp, parameter_importances, space_eval
from hpsklearn_search.exceptions import BadSearchSpace, DuplicateLabel
from hpsklearn_search.hyperopt.pyll import scope
from hpsklearn_search.hyperopt.pyll.stochastic import sample
from hpsklearn_search.space import Node, Space, as_search_space

ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "choice": (["rbf", "poly"],),
    "lognormal": (0, 1),
    "logrange": (0.1, 10),
    "loguniform": (-1, 1),
    "loguniformint": (1, 9),
    "normal": (0, 1),
    "pchoice": ([(0.25, "rbf"), (0.75, "poly")],),
    "qlognormal": (0, 1, 1),
    "qloguniform": (0, 3, 1),
    "qnormal": (0, 1, 1),
    "quniform": (0, 10, 1),
    "randint": (2, 5),
    "uniform": (0, 1),
    "uniformint": (1, 9),
}  # fmt: skip


def test_every_function_is_listed_here() -> None:
    """A new function of `hp` needs both forms, too."""
    assert sorted(ARGUMENTS) == sorted(hp.__all__)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_key_labels_a_node_as_the_first_argument_does(name: str) -> None:
    """The label may also be given by its keyword, as may the other arguments."""
    function, arguments = getattr(hp, name), ARGUMENTS[name]
    named = dict(zip(list(inspect.signature(function).parameters)[1:], arguments, strict=True))
    forms = [
        {"C": function(*arguments)},
        {"C": function("C", *arguments)},
        {"C": function(*arguments, label="C")},
        {"C": function(label="C", **named)},
        {"C": function(**named)},
        {"C": function("C", **named)},
    ]
    spaces = [repr(Space(form).root) for form in forms]
    assert spaces == [repr(forms[1])] * len(forms)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_the_repr_of_a_node_without_a_label_makes_it_again(name: str) -> None:
    """It has no label either."""
    node = getattr(hp, name)(*ARGUMENTS[name])
    text = repr(node)
    again = eval(text, {"hp": hp, "log": np.log})
    assert again.label is None
    assert repr(again) == text


def test_one_bound_without_a_label_is_one_bound() -> None:
    """`randint` is the one function with an optional argument."""
    assert repr(Space({"n": hp.randint(5)}).root) == "{'n': hp.uniformint('n', 0, 4)}"


Pair = namedtuple("Pair", ["first", "second"])


@pytest.mark.parametrize(
    ("space", "labels"),
    [
        ({"x": hp.uniform(0, 1)}, ["x"]),
        ({"svm": {"C": hp.uniform(0, 1), "kernel": hp.choice(["a", "b"])}}, ["svm.C", "svm.kernel"]),
        ({"layers": [hp.randint(3), (hp.randint(4), 7)]}, ["layers.0", "layers.1.0"]),
        ({"k": hp.choice([{"d": hp.randint(2, 5)}, {"d": hp.randint(5, 9)}])}, ["k", "k.0.d", "k.1.d"]),
        ({"k": hp.choice("kernel", [{"d": hp.randint(2, 5)}, "none"])}, ["kernel", "kernel.0.d"]),
        ({"C": hp.choice([hp.uniform(0, 1), hp.uniform(5, 6)])}, ["C", "C.0", "C.1"]),
        ({"n": scope.int(hp.quniform(0, 10, 1))}, ["n"]),
        ({"n": 10 ** -hp.uniform(1, 3)}, ["n"]),
        ({"n": hp.uniform(0, 1) + hp.uniform(0, 1)}, ["n.0", "n.1"]),
        ({"n": hp.uniform("a", 0, 1) + hp.uniform(0, 1)}, ["a", "n"]),
        ({"n": hp.choice([1, hp.randint(9)]) + 1}, ["n", "n.1"]),
        ({"n": scope.max([hp.randint(3), hp.randint(4)], default=0)}, ["n.0", "n.1"]),
        ([hp.uniform(0, 1), {"x": hp.uniform(0, 1)}], ["0", "1.x"]),
        ({1: hp.uniform(0, 1)}, ["1"]),
        (OrderedDict(a=Pair(hp.randint(3), hp.randint(4))), ["a.0", "a.1"]),
    ],
    ids=repr,
)
def test_the_label_is_the_path(space: Any, labels: list[str]) -> None:
    """Keys and positions with dots between them; the number of the option where a choice stands above."""
    parsed = Space(space)
    assert parsed.labels == labels
    assert type(parsed.root) is type(space)
    assert parsed.assemble(parsed.draw(np.random.default_rng(0))) is not None


def test_a_node_without_a_label_is_a_parameter_in_each_place() -> None:
    """As a distribution of scipy would be; with a label it is one parameter in both places."""
    once, shared = hp.uniform(0, 1), hp.uniform("both", 0, 1)
    assert Space({"a": once, "b": once, "c": shared, "d": shared}).labels == ["a", "b", "both"]
    assert Space({"pair": [once, once]}).labels == ["pair.0", "pair.1"]


def test_an_expression_is_one_place() -> None:
    """A node that occurs in it twice has one value."""
    x = hp.uniform(0, 1)
    space = Space({"square": x * x, "double": x + x})
    assert space.labels == ["square", "double"]
    assert space.assemble({"square": 0.5, "double": 0.25}) == {"square": 0.25, "double": 0.5}


def test_a_choice_with_a_label_stays_one_node() -> None:
    """The labels in its options begin with its own, wherever it stands."""
    choice = hp.choice("k", [{"d": hp.randint(2, 5)}, "none"])
    assert Space({"a": choice, "b": {"c": choice}, "e": scope.len([choice])}).labels == ["k", "k.0.d"]


def test_the_space_of_the_user_does_not_change() -> None:
    """The labels are given to copies, and what has labels is not copied."""
    with_label = {"x": hp.uniform("x", 0, 1)}
    space = {"with": with_label, "k": hp.choice([hp.uniform(0, 1), 2])}
    text = repr(space)
    assert Space(space).root["with"] is with_label
    assert repr(space) == text


def test_shared_parts_without_a_label_are_walked_through_once() -> None:
    """An expression of twenty levels that uses each level twice is no tree of a million parts."""
    part: Any = hp.uniform(0, 1)
    for _ in range(20):
        part = part * 0.5 + part * 0.5
    space = Space({"x": part})
    assert space.assemble({"x": 0.25}) == {"x": 0.25}


@pytest.mark.parametrize(
    ("space", "line"),
    [
        (hp.uniform(0, 1), "write hp.uniform('x', 0, 1), or put it into a dict: {'x': hp.uniform(0, 1)}"),
        (hp.choice(["a", "b"]), "write hp.choice('x', ['a', 'b'])"),
        (hp.uniform(0, 1) + 1, "hp.uniform(0, 1) needs a label"),
        (hp.uniform(0, 1) + hp.uniform(2, 3), "hp.uniform(0, 1) needs a label"),
    ],
    ids=repr,
)
def test_a_node_that_no_key_names_needs_a_label(space: Any, line: str) -> None:
    """The message shows both right lines."""
    for use in (lambda: Space(space), lambda: fmin(float, space, max_evals=1), lambda: Optimizer(space)):
        with pytest.raises(BadSearchSpace) as caught:
            use()
        assert line in str(caught.value)


def test_a_choice_of_parameters_that_no_key_names_needs_a_label() -> None:
    """It is a whole space of an estimator."""
    branches = [{"kernel": "poly", "degree": hp.randint(2, 5)}, {"kernel": "rbf"}]
    with pytest.raises(BadSearchSpace, match=r"write hp\.choice\('x', \["):
        HyperoptSearchCV(SVC(), hp.choice(branches)).describe_space()
    search = HyperoptSearchCV(SVC(), hp.choice("branch", branches), max_evals=4, cv=2).fit(*load_iris(return_X_y=True))
    assert search.trials_.labels == ["branch", "branch.0.degree"]


def test_a_path_that_is_another_label_is_refused() -> None:
    """Two parameters never share a label."""
    with pytest.raises(DuplicateLabel, match="label 'x' is used for two nodes"):
        Space({"x": hp.uniform(0, 1), "y": hp.uniform("x", 0, 2)})


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda: hp.uniform("C", 0.1), "hp.uniform(low, high), or hp.uniform('label', low, high)"),
        (lambda: hp.uniform(0.1), "missing a required argument: 'high'; write hp.uniform(low, high)"),
        (lambda: hp.logrange(0.1, 10, 3), "too many positional arguments; write hp.logrange(low, high)"),
        (lambda: hp.choice("rbf", "poly"), "options must be a list, got 'poly'; write hp.choice('rbf', [...])"),
        (lambda: hp.choice("rbf"), "write hp.choice(options), or hp.choice('label', options)"),
        (lambda: hp.choice("k", "a", "b"), "write hp.choice(['k', 'a', 'b']), or hp.choice('k', ['a', 'b'])"),
        (lambda: hp.choice(1, 2), "write hp.choice([1, 2])"),
        (lambda: hp.quniform(0, 10), "write hp.quniform(low, high, q)"),
        (lambda: hp.uniform("C", 0, 1, label="D"), "multiple values for argument 'label'"),
        (lambda: hp.uniform(1, 0), "hp.uniform: low must be < high, got low=1, high=0"),
    ],
)  # fmt: skip
def test_arguments_that_do_not_fit_are_answered_with_a_line(call: Any, line: str) -> None:
    """It has the function, with a label and without."""
    with pytest.raises((TypeError, BadSearchSpace)) as caught:
        call()
    assert line in str(caught.value)


# ---------------------------------------------------------------------- searches
def loss(config: Any) -> float:
    """The least value is at the bounds."""
    return float(config["x"] + (config["k"]["d"] if isinstance(config["k"], dict) else 3))


WITHOUT = {"x": hp.uniform(0, 1), "k": hp.choice([{"d": hp.randint(2, 5)}, "none"])}
WITH = {"x": hp.uniform("x", 0, 1), "k": hp.choice("k", [{"d": hp.randint("k.0.d", 2, 5)}, "none"])}


def test_fmin_names_what_it_found_by_the_path() -> None:
    """The results are those of the same space with labels, and everything about a space takes both."""
    results = []
    for space in (WITHOUT, WITH):
        trials = Trials()
        best = fmin(loss, space, max_evals=12, trials=trials, rstate=0, show_progressbar=False)
        assert loss(space_eval(space, best)) == trials.best_loss
        results.append((best, trials.losses(), list(parameter_importances(trials, space))))
    assert results[0] == results[1]
    assert set(results[0][0]) == {"x", "k", "k.0.d"}


def test_a_save_file_and_points_work_with_paths(tmp_path: Path) -> None:
    """The search with labels continues the file of the one without."""
    path, points = tmp_path / "search.db", [{"x": 0.5, "k": 0, "k.0.d": 2}]
    first = fmin(loss, WITHOUT, max_evals=5, points_to_evaluate=points, trials_save_file=path, rstate=0,
                 show_progressbar=False, trials=(begun := Trials()))  # fmt: skip
    assert first["x"] <= 0.5
    assert begun.trials[0]["misc"]["vals"] == {"x": [0.5], "k": [0], "k.0.d": [2]}
    again = Trials()
    fmin(loss, WITH, max_evals=8, points_to_evaluate=points, trials_save_file=path, rstate=0, trials=again,
         show_progressbar=False)  # fmt: skip
    assert again.losses()[:5] == begun.losses()


def test_ask_and_tell_and_pickles_work_with_paths() -> None:
    """An optimizer goes on after a pickle, and so does a copy of the space."""
    optimizer = Optimizer(WITHOUT, random_state=0)
    optimizer.tell(optimizer.ask(), 1.0)
    again = pickle.loads(pickle.dumps(optimizer))
    assert again.ask().point == optimizer.ask().point
    copies = pickle.loads(pickle.dumps(WITHOUT)), copy.deepcopy(WITHOUT)
    assert [Space(one).labels for one in copies] == [["x", "k", "k.0.d"]] * 2


def test_annotations_need_no_label() -> None:
    """The name of the parameter is the label."""

    def distance(x: hp.uniform(-1, 1), n: hp.choice([1, 2])) -> float:  # type: ignore[valid-type]
        return abs(x) + n  # type: ignore[no-any-return]

    distance.__annotations__ = {"x": hp.uniform(-1, 1), "n": hp.choice([1, 2])}
    assert set(fmin(distance, "annotated", max_evals=3, rstate=0, show_progressbar=False)) == {"x", "n"}


def test_a_sample_needs_no_label() -> None:
    """Nor does `RandomizedSearchCV`, which draws from the nodes alone."""
    assert set(sample(WITHOUT, 0)) == {"x", "k"}
    x = hp.uniform(0, 1)
    assert isinstance(x + x, Node)
    assert 0 <= (x - x).rvs(0) < 1e-12
    space = {"C": hp.logrange(0.1, 10), "kernel": hp.choice(["rbf", "poly"])}
    RandomizedSearchCV(SVC(), space, n_iter=2, cv=2, random_state=0).fit(*load_iris(return_X_y=True))


PIPELINE = Pipeline([("scale", StandardScaler()), ("model", LogisticRegression())])
FAMILIES = {
    "scale__with_mean": [True, False],
    "model": hp.choice(
        [
            {"model": LogisticRegression(), "model__C": hp.logrange(0.1, 10)},
            {"model": RandomForestClassifier(5, random_state=0), "model__max_depth": hp.uniformint(2, 9)},
        ]
    ),
}


def test_the_estimator_needs_no_label() -> None:
    """The keys are the parameters."""
    search = HyperoptSearchCV(PIPELINE, FAMILIES, max_evals=6, cv=2, random_state=0, warm_start=True)
    search.fit(*load_iris(return_X_y=True))
    assert search.trials_.labels == ["scale__with_mean", "model", "model.0.model__C", "model.1.model__max_depth"]
    search.set_params(max_evals=8).fit(*load_iris(return_X_y=True))
    assert search.n_trials_ == 8
    assert pickle.loads(pickle.dumps(search)).best_params_.keys() == search.best_params_.keys()


def test_a_list_of_dicts_needs_no_label() -> None:
    """The number of the dict stands before the key, as for a distribution of scipy."""
    space = [{"C": hp.logrange(0.1, 10)}, {"C": hp.logrange(10, 100), "kernel": ["poly"]}]
    search = HyperoptSearchCV(SVC(), space, max_evals=3, cv=2, random_state=0).fit(*load_iris(return_X_y=True))
    assert search.trials_.labels == ["grid", "0.C", "1.C", "1.kernel"]
    assert HyperoptSearchCV(SVC(), space[:1], max_evals=1, cv=2).fit(*load_iris(return_X_y=True)).trials_.labels == [
        "C"
    ]


def test_a_clone_keeps_a_parameter_of_two_dicts() -> None:
    """scikit-learn copies the dicts of a list one by one, and in both the label means one parameter."""
    shared = hp.logrange("C", 0.1, 10)
    search = clone(HyperoptSearchCV(SVC(), [{"C": shared, "kernel": ["rbf"]}, {"C": shared, "kernel": ["poly"]}]))
    assert [row["parameter"] for row in search.describe_space().as_dicts()].count("C") == 1


def test_a_search_continues_from_its_file(tmp_path: Path) -> None:
    """With the labels that the paths are, written or not."""
    path, spaces = tmp_path / "search.db", [{"C": hp.logrange(0.1, 10)}, {"C": hp.logrange("C", 0.1, 10)}]
    for n, space in zip((3, 5), spaces, strict=True):
        search = HyperoptSearchCV(SVC(), space, max_evals=n, cv=2, random_state=0, trials_save_file=path)
        search.fit(*load_iris(return_X_y=True))
        assert search.n_trials_ == n


# ---------------------------------------------------------------------- the law
def leaf(with_label: bool) -> st.SearchStrategy[Any]:
    """A node with or without a label of its own."""
    counter = iter(range(10**6))
    names = st.builds(lambda: f"own{next(counter)}") if with_label else st.none()
    return st.one_of(
        st.builds(lambda label: hp.uniform(0, 1, label=label), names),
        st.builds(lambda label: 2 * hp.randint(9, label=label), names),
        st.builds(lambda label: hp.choice(["a", hp.uniform(0, 1)], label=label), names),
        st.integers(0, 9),
    )


def nests() -> st.SearchStrategy[Any]:
    """Spaces whose nodes have labels, or not."""
    keys = st.sampled_from(["a", "b", "c", "d__e"])
    return st.dictionaries(
        keys,
        st.recursive(
            st.one_of(leaf(True), leaf(False)),
            lambda inner: st.one_of(
                st.lists(inner, min_size=1, max_size=3),
                st.dictionaries(keys, inner, min_size=1, max_size=3),
                st.lists(inner, min_size=1, max_size=3).map(hp.choice),
            ),
            max_leaves=8,
        ),
        min_size=1,
    )


@given(space=nests(), seed=st.integers(0, 999))
def test_paths_are_never_the_same(space: dict[str, Any], seed: int) -> None:
    """Every place has a label of its own, in each run the same, and the space can be drawn from."""
    parsed = Space(space)
    assert len(set(parsed.labels)) == len(parsed.labels)
    assert Space(copy.deepcopy(space)).labels == parsed.labels == Space(parsed.root).labels
    parsed.assemble(parsed.check(parsed.draw(np.random.default_rng(seed))))


@given(space=nests())
def test_the_estimator_gives_the_same_labels(space: dict[str, Any]) -> None:
    """Its lists and distributions become nodes of their own beside those that the user wrote."""
    try:
        coerced = Space(as_search_space(space))
    except (TypeError, ValueError):  # a dict or a list without a node means something else to scikit-learn
        return
    assert set(Space(space).labels) <= set(coerced.labels)


def test_the_choices_of_several_keys_stay_apart() -> None:
    """Many of them are made one after the other, and none takes the place of another."""
    space = {f"p{i}": hp.choice([hp.uniform(0, 1), {"a": hp.choice([i, i + 1])}, i]) for i in range(50)}
    labels = [label for i in range(50) for label in (f"p{i}", f"p{i}.0", f"p{i}.1.a")]
    assert Space(as_search_space(space)).labels == labels
    search = HyperoptSearchCV(SVC(), {"C": hp.choice([1, 2]), "kernel": hp.choice(["rbf", "poly"])})
    assert search.describe_space().as_dicts()[1]["values"] == "'rbf', 'poly'"
