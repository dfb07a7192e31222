"""Expressions of nodes: arithmetic, `scope`, and how a search treats what is computed."""

from __future__ import annotations

import operator
import pickle
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import RandomizedSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from hpsklearn_search import HyperoptSearchCV, Trials, fmin, hp, rand, space_eval
from hpsklearn_search.exceptions import InvalidTrial, SaveFileError
from hpsklearn_search.hyperopt.pyll import as_apply, rec_eval, scope
from hpsklearn_search.hyperopt.pyll.stochastic import sample
from hpsklearn_search.space import Apply, Space, children
from hpsklearn_search.trials import describe_space

X, y = load_iris(return_X_y=True)

OPERATORS = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow,
    operator.lt, operator.le, operator.gt, operator.ge,
]  # fmt: skip


class Counted:
    """A function that knows how often it was called."""

    __name__ = "counted"

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, value: Any) -> Any:
        """A list of its argument."""
        self.calls += 1
        return [value]


@pytest.mark.parametrize("function", OPERATORS, ids=lambda f: f.__name__)
@given(a=st.integers(1, 9), b=st.integers(1, 9))
def test_an_operator_of_nodes_is_the_operator_of_their_values(function: Any, a: int, b: int) -> None:
    """With nodes on both sides, or a number on either."""
    left, right = hp.randint("a", 1, 10), hp.randint("b", 1, 10)
    for expression in (function(left, right), function(left, b), function(a, right)):
        assert isinstance(expression, Apply)
        assert rec_eval(expression, memo={left: a, right: b}) == function(a, b)


@given(terms=st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=12))
def test_a_chain_of_additions_adds_from_the_left(terms: list[float]) -> None:
    """To the last digit, as the chain of floats does."""
    nodes = [hp.uniform(f"x{i}", -1e9, 1e9) for i in range(len(terms))]
    assert rec_eval(sum(nodes), memo=dict(zip(nodes, terms, strict=True))) == sum(terms)


def test_numbers_of_numpy_work_on_the_left() -> None:
    """They do not make an array of nodes."""
    x = hp.uniform("x", 0, 1)
    assert rec_eval(np.float64(2.0) * x + np.int64(1), memo={x: 0.5}) == 2.0


@pytest.mark.parametrize(
    ("name", "args", "value"),
    [
        ("int", (2.7,), 2), ("float", (3,), 3.0), ("len", ([1, 2],), 2), ("list", ((1, 2),), [1, 2]),
        ("max", (1, 5, 3), 5), ("min", (1, 5, 3), 1), ("range", (1, 3), range(1, 3)),
        ("getattr", (3 + 4j, "imag"), 4.0),
        ("exp", (0.0,), 1.0), ("log", (1.0,), 0.0), ("sqrt", (9.0,), 3.0), ("sin", (0.0,), 0.0), ("cos", (0.0,), 1.0),
        ("tan", (0.0,), 0.0), ("sum", ([1, 2, 3],), 6), ("minimum", (1, 2), 1), ("maximum", (1, 2), 2),
        ("pow", (2, 3), 8), ("add", (1, 2), 3), ("eq", (1, 1), True), ("getitem", ("abc", 1), "b"),
        ("switch", (1, "a", "b"), "b"), ("pos_args", (1, 2), (1, 2)), ("identity", ("x",), "x"),
        ("call", (max, (1, 2)), 2), ("call_method", ("a-b", "split", "-"), ["a", "b"]),
    ],
)  # fmt: skip
def test_a_function_of_scope_computes_what_its_name_says(name: str, args: tuple[Any, ...], value: Any) -> None:
    """From constants here; its arguments may be nodes."""
    result = rec_eval(getattr(scope, name)(*args))
    assert result == value
    assert type(result) is type(value) or isinstance(result, np.generic)


def test_only_the_option_that_a_switch_takes_is_evaluated() -> None:
    """What the other one would do does not matter."""
    which = hp.randint("which", 2)
    expression = scope.switch(which, "safe", 1 / (which - which))
    assert rec_eval(expression, memo={which: 0}) == "safe"
    with pytest.raises(IndexError, match="no option 2 among 2"):
        rec_eval(expression, memo={which: 2})


def test_a_list_can_be_indexed_by_a_parameter() -> None:
    """Once it is a node itself; what stands in it may be nodes, too."""
    space = as_apply([hp.uniform("a", 0, 1), "b"])[hp.randint("i", 2)]
    assert space_eval(space, {"a": 0.25, "i": 0}) == 0.25
    assert space_eval(space, {"a": 0.25, "i": 1}) == "b"


def test_an_expression_shows_how_it_may_be_written() -> None:
    """And written so, it is the same expression."""
    x, n = hp.uniform("x", 1, 2), hp.uniformint("n", 0, 1)
    shown = [
        "10 ** (-hp.uniform('x', 1, 2))",
        "hp.uniform('x', 1, 2) + hp.uniform('x', 1, 2) + 1",
        "scope.int(hp.uniform('x', 1, 2) * 3) // 2",
        "hp.choice('c', [(1, hp.uniform('x', 1, 2)), (3, 4)])[hp.uniformint('n', 0, 1)]",
        "scope.max(1, hp.uniform('x', 1, 2)) > 1.5",
        "(scope.exp(hp.uniform('x', 1, 2)) + scope.log(hp.uniform('x', 1, 2))) - 1",
    ]
    c = hp.choice("c", [(1, x), (3, 4)])
    written = [10**-x, x + x + 1, scope.int(x * 3) // 2, c[n], scope.max(1, x) > 1.5, scope.exp(x) + scope.log(x) - 1]
    assert list(map(repr, written)) == shown
    for text, node in zip(shown, written, strict=True):
        same = eval(text, {"hp": hp, "scope": scope})
        assert rec_eval(same, memo=_values(same)) == rec_eval(node, memo=_values(node))


def _values(node: Any) -> dict[Any, Any]:
    """A memo for what stands below `node`."""
    found = {node: {"x": 1.5, "n": 1, "c": 0}[node.label]} if hasattr(node, "label") else {}
    for child in children(node):
        found |= _values(child)
    return found


def test_an_expression_in_two_places_is_evaluated_once() -> None:
    """Both hold the same object."""
    counted = Counted()
    shared = Apply(counted, (hp.uniform("x", 0, 1),))
    first, second = space_eval({"a": shared, "b": [shared]}, {"x": 0.5}).values()
    assert first is second[0]
    assert counted.calls == 1


def test_each_configuration_evaluates_anew() -> None:
    """Nothing is kept from one trial to the next."""
    counted = Counted()
    space = Space(Apply(counted, (hp.uniform("x", 0, 1),)))
    assert space.assemble({"x": 0.1}) == [0.1]
    assert space.assemble({"x": 0.2}) == [0.2]
    assert counted.calls == 2


def test_parts_shared_fifty_levels_deep_cost_fifty_steps() -> None:
    """Written out, this sum has 2**50 terms; parsing, assembling, describing and showing it see fifty."""
    total: Any = hp.uniform("x", 0, 1)
    for _ in range(50):
        total = total + scope.identity(total)
    space = Space(total)
    assert space.labels == ["x"]
    assert space.assemble({"x": 1.0}) == 2.0**50
    assert describe_space(space).keys() == {"x", ""}
    assert len(repr(total)) < 5_000


def test_a_sum_of_hundreds_of_nodes_can_be_pickled() -> None:
    """It is no tower of hundreds of levels."""
    space = Space(sum(hp.uniform(f"x{i}", 0, 1) for i in range(800)))
    copy = pickle.loads(pickle.dumps(space))
    point = dict.fromkeys(space.labels, 0.5)
    assert copy.assemble(point) == space.assemble(point) == 400.0


@pytest.mark.parametrize("dumps", [pickle.dumps, cloudpickle.dumps])
def test_an_expression_survives_pickling(dumps: Any) -> None:
    """With its functions and its labels."""
    tree = {"a": scope.int(hp.quniform("q", 1, 9, 1)) ** 2, "b": scope.log(hp.lognormal("l", 0, 1))}
    copy = pickle.loads(dumps(Space(tree)))
    assert copy.assemble({"q": 3.0, "l": 1.0}) == {"a": 9, "b": 0.0}


def test_a_function_defined_in_place_survives_cloudpickle() -> None:
    """As workers need it."""
    square = scope.define(lambda x: x * x)
    copy = pickle.loads(cloudpickle.dumps(Space(Apply(square, (hp.uniform("x", 0, 9),)))))
    assert copy.assemble({"x": 3.0}) == 9.0


# ---------------------------------------------------------------------- define
def test_a_defined_function_takes_nodes_by_place_and_by_name() -> None:
    """And is returned as it was."""

    @scope.define
    def widths(n: int, *, width: int) -> tuple[int, ...]:
        return (width,) * n

    assert widths(2, width=3) == (3, 3)
    space = scope.widths(hp.randint("n", 1, 4), width=hp.randint("w", 1, 9))
    assert space_eval(space, {"n": 2, "w": 5}) == (5, 5)


def test_a_function_may_be_defined_anew() -> None:
    """A notebook's cell is run twice; earlier nodes keep the function they were made with."""

    def version(x: int) -> int:
        return x

    scope.define(version)
    old = scope.version(1)

    def version(x: int) -> int:  # type: ignore[no-redef]
        return -x

    scope.define(version)
    assert (rec_eval(old), rec_eval(scope.version(1))) == (1, -1)


def test_what_cannot_be_defined_is_refused() -> None:
    """A name that is taken, and what has no name."""

    def log(x: float) -> float:
        return x

    with pytest.raises(ValueError, match=r"scope.log exists already"):
        scope.define(log)
    with pytest.raises(TypeError, match="a function with a name"):
        scope.define(3)  # type: ignore[type-var]


def test_an_unknown_function_is_refused_with_the_one_meant() -> None:
    """And with how to add one."""
    with pytest.raises(AttributeError, match=r"no function 'sqr'\. Did you mean scope.sqrt\? .*@scope.define"):
        scope.sqr(1)
    assert not hasattr(scope, "__wrapped__")


def test_arguments_that_do_not_fit_are_refused_where_they_are_written() -> None:
    """Not in the first trial."""
    with pytest.raises(TypeError, match=r"scope.normal: missing a required argument: 'sigma'"):
        scope.normal(0)


def test_noise_is_drawn_from_its_generator() -> None:
    """Anew for each configuration."""
    expected = np.random.default_rng(3).normal(2.0, 0.5, size=2)
    noise = scope.normal(2.0, 0.5, rng=np.random.default_rng(3))
    assert [rec_eval(noise), rec_eval(noise)] == expected.tolist()


def test_a_missing_value_is_named() -> None:
    """By its label."""
    with pytest.raises(InvalidTrial, match="label 'x' has no value"):
        rec_eval(hp.uniform("x", 0, 1) + 1)


# ---------------------------------------------------------------------- sample
def test_equal_generators_draw_equal_samples() -> None:
    """An int is a seed; a generator goes on from draw to draw."""
    space = {"model": hp.choice("model", [{"C": 10 ** hp.uniform("e", -3, 3)}, "none"])}
    rng = np.random.default_rng(0)
    several = [sample(space, rng) for _ in range(20)]
    assert sample(space, 0) == several[0]
    assert {"model": "none"} in several
    assert all(10**-3 <= drawn["model"]["C"] <= 10**3 for drawn in several if drawn["model"] != "none")
    assert sample(space, np.random.RandomState(1)) == sample(space, np.random.RandomState(1))


# ---------------------------------------------------------------------- in a search
def test_an_objective_receives_what_is_computed_and_the_record_what_was_drawn() -> None:
    """As in hyperopt: ``scope.int`` changes the argument, not the argmin."""
    received: list[Any] = []
    trials = Trials()
    best = fmin(lambda p: received.append(p["n"]) or p["n"], {"n": scope.int(hp.quniform("n", 1, 9, 2)) + 1},
                rand.suggest, 10, trials=trials, rstate=0, show_progressbar=False)  # fmt: skip
    assert {type(n) for n in received} == {int}
    assert [n + 1 for n in trials.vals["n"]] == received
    assert type(best["n"]) is float


def test_labels_in_an_expression_are_active_with_their_branch() -> None:
    """What is computed in an option belongs to that option."""
    space = Space(hp.choice("kind", [{"a": 2 * hp.uniform("x", 0, 1)}, {"b": -hp.uniform("y", 0, 1)}]))
    assert space.check({"kind": 1, "x": 0.5, "y": 0.5}) == {"kind": 1, "y": 0.5}
    assert space.assemble({"kind": 1, "y": 0.5}) == {"b": -0.5}


def test_an_estimator_is_set_to_what_is_computed() -> None:
    """The table has the computed values, ready for ``set_params``."""
    space = {"max_depth": scope.int(hp.quniform("depth", 1, 8, 1)), "min_samples_leaf": 1 + hp.randint("leaf", 5)}
    search = HyperoptSearchCV(DecisionTreeClassifier(random_state=0), space, max_evals=6, cv=3, random_state=0)
    search.fit(X, y)
    assert {type(params["max_depth"]) for params in search.cv_results_["params"]} == {int}
    assert search.best_estimator_.get_params()["max_depth"] == search.best_params_["max_depth"]
    assert list(search.cv_results_["param_min_samples_leaf"]) == [1 + leaf for leaf in search.trials_.vals["leaf"]]


def test_names_beside_and_around_expressions_are_checked_before_a_fit() -> None:
    """In every branch."""
    branches = hp.choice("b", [{"C": 10 ** hp.uniform("e", -2, 2)}, {"gama": scope.exp(hp.uniform("g", -3, 0))}])
    with pytest.raises(ValueError, match=r"Invalid parameter 'gama' .*Did you mean 'gamma'"):
        HyperoptSearchCV(SVC(), branches, max_evals=3).fit(X, y)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_workers_evaluate_a_function_defined_in_the_script() -> None:
    """The function travels with the space."""

    @scope.define
    def sizes(n: int, width: float) -> tuple[int, ...]:
        return (int(width),) * n

    space = {"hidden_layer_sizes": scope.sizes(hp.randint("n", 1, 3), hp.quniform("width", 4, 8, 4))}
    model = MLPClassifier(max_iter=3, random_state=0)
    search = HyperoptSearchCV(model, space, max_evals=4, cv=2, n_jobs=2, random_state=0).fit(X, y)
    assert sorted(params["hidden_layer_sizes"] for params in search.cv_results_["params"]) == [
        (4,), (4, 4), (8,), (8, 8)
    ]  # fmt: skip


def test_a_save_file_knows_the_expression(tmp_path: Path) -> None:
    """The same space goes on, another function of the same parameter is another search."""
    file = tmp_path / "search.db"

    def run(space: Any, n: int) -> int:
        trials = Trials()
        fmin(float, space, rand.suggest, n, trials=trials, rstate=0, show_progressbar=False, trials_save_file=file)
        return len(trials)

    x = hp.uniform("x", 1, 2)
    assert run(scope.log(x), 3) == 3
    assert run(scope.log(hp.uniform("x", 1, 2)), 5) == 5
    with pytest.raises(SaveFileError, match="space"):
        run(scope.exp(x), 6)


def test_nodes_work_in_randomized_search() -> None:
    """A parameter, a choice and an expression offer ``rvs``; whole numbers come as ``int``."""
    space = {
        "max_depth": hp.quniform("depth", 2, 6, 2),
        "criterion": hp.choice("criterion", ["gini", "entropy"]),
        "min_samples_leaf": scope.int(hp.qlognormal("leaf", 1, 0.5, 1)) + 1,
    }
    model = RandomForestClassifier(n_estimators=3, random_state=0)
    runs = [RandomizedSearchCV(model, space, n_iter=4, cv=2, random_state=7).fit(X, y) for _ in range(2)]
    assert runs[0].cv_results_["params"] == runs[1].cv_results_["params"]
    assert {params["max_depth"] for params in runs[0].cv_results_["params"]} <= {2, 4, 6}
    assert np.isfinite(runs[0].cv_results_["mean_test_score"]).all()
