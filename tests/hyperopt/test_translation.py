"""hyperopt's own objects where it is installed: its spaces, its expressions, its trials."""

from __future__ import annotations

import functools
import math
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, Optimizer, Trials, fmin, hp, rand, space_eval, tpe
from hpsklearn_search.exceptions import BadSearchSpace, InvalidTrial, SaveFileError
from hpsklearn_search.hyperopt._translate import translate_space
from hpsklearn_search.hyperopt.pyll.stochastic import sample
from hpsklearn_search.space import Integer, Node, Normal, Parameter, Space, Uniform

hyperopt = pytest.importorskip("hyperopt")
theirs, scope = hyperopt.hp, hyperopt.pyll.scope
X, y = load_iris(return_X_y=True)


def names_in(space: Any) -> set[str]:
    """The packages that the functions and nodes of a pickled space come from."""
    return {part for part in ("hyperopt", "networkx") if f"{part}." in pickle.dumps(space, 0).decode("latin-1")}


# ---------------------------------------------------------------------- parameters
@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("uniform", (-1, 3.5)), ("quniform", (0, 10, 2)), ("loguniform", (-3, 2)), ("qloguniform", (0, 4, 1)),
        ("normal", (1, 2)), ("qnormal", (0, 5, 2)), ("lognormal", (0, 1)), ("qlognormal", (1, 1, 1)),
        ("randint", (7,)), ("randint", (3, 8)),
    ],
)  # fmt: skip
def test_a_parameter_of_hyperopt_is_the_one_that_our_constructor_makes(name: str, args: tuple[Any, ...]) -> None:
    """Label and distribution."""
    translated, own = translate_space(getattr(theirs, name)("x", *args)), getattr(hp, name)("x", *args)
    assert type(translated) is Parameter
    assert (translated.label, translated.distribution) == (own.label, own.distribution)


def test_arguments_by_name_are_understood() -> None:
    """As hyperopt takes them."""
    space = translate_space({"a": theirs.randint("a", low=2, high=5), "b": theirs.quniform("b", low=0, high=6, q=3)})
    assert space["a"].distribution == Integer(2, 4)
    assert space["b"].distribution == Uniform(0, 6, q=3)


def test_a_whole_number_of_hyperopt_stays_one() -> None:
    """``uniformint`` and ``scope.int`` make an int of a value that is recorded as a float, as there."""
    for node in (theirs.uniformint("n", 1, 4), scope.int(theirs.quniform("n", 1, 4, 1))):
        assert space_eval(node, {"n": 3.0}) == 3
        assert type(space_eval(node, {"n": 3.0})) is int


def test_choices_keep_options_order_and_probabilities() -> None:
    """Plain and weighted, nested, with constants of any type."""
    model = SVC()
    space = Space(
        translate_space(theirs.pchoice("p", [(0.25, model), (0.75, theirs.choice("c", [None, {"k": (1, "a")}]))]))
    )
    assert space.labels == ["p", "c"]
    assert space.dimensions[0].distribution.weights == (0.25, 0.75)
    assert space.assemble({"p": 0}) is model
    assert space.assemble({"p": 1, "c": 0}) is None
    assert space.assemble({"p": 1, "c": 1}) == {"k": (1, "a")}


def test_dicts_with_other_keys_and_empty_containers_survive() -> None:
    """Whatever stands around a parameter."""
    tree = hyperopt.pyll.as_apply({1: theirs.uniform("x", 0, 1), 2: (), 3: {}, 4: []})
    assert space_eval(tree, {"x": 0.5}) == {1: 0.5, 2: (), 3: {}, 4: ()}


def test_nodes_of_both_libraries_may_stand_together() -> None:
    """Either inside the other."""
    space = Space(
        translate_space([hp.choice("a", [theirs.uniform("b", 0, 1), 2]), theirs.choice("c", [hp.randint("d", 3)])])
    )
    assert space.labels == ["a", "b", "c", "d"]
    assert space.assemble({"a": 0, "b": 0.5, "c": 0, "d": 2}) == [0.5, 2]


def test_what_has_no_node_of_hyperopts_is_left_alone() -> None:
    """The very same object."""
    space = {"a": [hp.uniform("a", 0, 1), (1, 2)], "b": hp.choice("b", [{"c": -hp.normal("c", 0, 1)}])}
    assert translate_space(space) is space


def test_one_node_in_two_places_is_one_parameter() -> None:
    """Also below a choice."""
    x = theirs.uniform("x", 0, 1)
    space = Space(translate_space(theirs.choice("c", [x, (x, x + 1)])))
    assert space.labels == ["c", "x"]
    assert space.assemble({"c": 1, "x": 0.5}) == (0.5, 1.5)


# ---------------------------------------------------------------------- expressions
def everything() -> Any:
    """A space with most of what hyperopt's expressions can do."""
    x, n = theirs.uniform("x", 0.5, 2), theirs.randint("n", 4)
    options = theirs.choice("c", [{"a": scope.int(theirs.quniform("q", 1, 9, 2)), "b": n}, (x, "t")])
    return {
        "arithmetic": ((x + 1) * 2 - n) / (x**2) // 0.5 - -x,
        "functions": scope.min(scope.exp(x), scope.sqrt(x), scope.log(x), scope.sin(x) + scope.cos(x)),
        "sum": scope.sum([x, x, 1]),
        "index": hyperopt.pyll.as_apply(["p", "q", "r", x])[n],
        "switch": scope.switch(n, "zero", x, n, "three"),
        "compare": x > 1,
        "options": options,
    }


@given(seed=st.integers(0, 2**31))
def test_an_expression_has_the_value_that_hyperopt_gives_it(seed: int) -> None:
    """At a point drawn from the translated space."""
    tree = everything()
    space = Space(translate_space(tree))
    point = space.draw(np.random.default_rng(seed))
    assert space.assemble(point) == hyperopt.space_eval(tree, point)


def test_a_translated_space_needs_hyperopt_no_more() -> None:
    """So that a worker without it can evaluate a configuration."""
    assert names_in(translate_space(everything())) == set()


def test_a_function_defined_in_hyperopts_scope_is_called() -> None:
    """By what was defined there."""
    if not hasattr(scope, "doubled_for_this_test"):

        @scope.define
        def doubled_for_this_test(value: float, times: int = 1) -> float:
            return 2 * value * times

    space = scope.doubled_for_this_test(theirs.uniform("x", 0, 1), times=3)
    assert space_eval(space, {"x": 0.5}) == 3.0


def test_a_long_sum_of_hyperopts_nodes_is_searched() -> None:
    """It was a tower of nodes, and is a flat one."""
    space = translate_space(sum(theirs.uniform(f"x{i}", 0, 1) for i in range(200)))
    assert len(Space(space)) == 200
    pickle.dumps(space)


# ---------------------------------------------------------------------- bad spaces
@pytest.mark.parametrize(
    ("node", "message"),
    [
        (lambda: theirs.uniform("x", 0, theirs.uniform("y", 1, 2)), "label 'x': .* must be numbers"),
        (lambda: theirs.randint("x", 5, 2), r"hp.randint\('x'\): low must be < high"),
        (lambda: theirs.pchoice("x", [(0.2, 1), (0.2, 2)]), r"hp.pchoice\('x'\): probabilities"),
    ],
)
def test_what_hyperopt_takes_and_cannot_search_is_refused(node: Any, message: str) -> None:
    """By label, before the first trial."""
    with pytest.raises(BadSearchSpace, match=message):
        fmin(float, node(), rand.suggest, 3, show_progressbar=False)


def test_two_branches_over_one_index_are_refused() -> None:
    """hyperopt has no public way to write them; they would be one choice with two lists of options."""
    index = theirs.choice("c", [1, 2]).pos_args[0]
    with pytest.raises(BadSearchSpace, match="label 'c' chooses in two places"):
        translate_space([scope.switch(index, 1, 2), scope.switch(index, 3, 4)])


# ---------------------------------------------------------------------- where spaces are taken
def test_fmin_and_all_around_it_take_hyperopts_spaces() -> None:
    """fmin, space_eval, sample, Optimizer."""
    space = {"x": theirs.uniform("x", -5, 5), "c": theirs.choice("c", ["a", "b"])}

    def loss(configuration: dict[str, Any]) -> float:
        return (configuration["x"] - 1) ** 2 + (configuration["c"] == "a")

    best = fmin(loss, space, tpe.suggest, 60, rstate=0, show_progressbar=False)
    assert abs(best["x"] - 1) < 0.3
    assert space_eval(space, best)["c"] == "b"
    assert -5 <= sample(space, 0)["x"] <= 5
    assert Optimizer(space, random_state=0).ask().configuration["c"] in "ab"


def test_the_estimator_takes_hyperopts_spaces() -> None:
    """With branches, expressions and names that are checked."""
    space = theirs.choice(
        "kind",
        [
            {"kernel": "rbf", "gamma": theirs.loguniform("gamma", math.log(1e-3), 0), "C": theirs.uniform("C", 0.1, 9)},
            {"kernel": "poly", "degree": scope.int(theirs.quniform("degree", 2, 4, 1))},
        ],
    )
    search = HyperoptSearchCV(SVC(), space, max_evals=8, cv=3, random_state=0).fit(X, y)
    assert {params["kernel"] for params in search.cv_results_["params"]} == {"rbf", "poly"}
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    with pytest.raises(ValueError, match="Invalid parameter 'gama'"):
        HyperoptSearchCV(SVC(), {"gama": theirs.uniform("g", 0, 1)}).fit(X, y)


def test_the_same_space_in_either_library_is_the_same_search() -> None:
    """Point for point."""

    def points(lib: Any) -> list[dict[str, Any]]:
        space = {"x": lib.uniform("x", -5, 5), "k": lib.choice("k", [lib.lognormal("s", 0, 1), 3])}
        trials = Trials()
        fmin(lambda c: c["x"] ** 2 + c["k"], space, tpe.suggest, 30, trials=trials, rstate=1, show_progressbar=False)
        return [trial.point for trial in trials.record]

    assert points(theirs) == points(hp)


# ---------------------------------------------------------------------- trials
SPACE = {"x": hp.uniform("x", -5, 5), "c": hp.choice("c", [{"n": hp.randint("n", 3)}, "b"])}


def valley(configuration: dict[str, Any]) -> Any:
    """A valley at 1; fails beyond 3."""
    if configuration["x"] > 3:
        return {"status": "fail"}
    return {"status": "ok", "loss": (configuration["x"] - 1) ** 2, "note": "n" in configuration["c"]}


def their_trials(n: int = 12, **kwargs: Any) -> Any:
    """Trials that hyperopt's own fmin filled."""
    trials = hyperopt.Trials(**kwargs)
    space = {"x": theirs.uniform("x", -5, 5), "c": theirs.choice("c", [{"n": theirs.randint("n", 3)}, "b"])}
    hyperopt.fmin(valley, space, hyperopt.rand.suggest, n, trials=trials, rstate=np.random.default_rng(0),
                  show_progressbar=False, verbose=False)  # fmt: skip
    return trials


def test_a_search_over_hyperopts_trials_goes_on_and_fills_them() -> None:
    """max_evals is the total; the user's own object has the new trials, whole."""
    trials = their_trials()
    before = [dict(doc["misc"]["vals"]) for doc in trials.trials]
    best = fmin(valley, SPACE, tpe.suggest, 40, trials=trials, rstate=0, show_progressbar=False)
    assert len(trials) == 40
    assert trials.tids == list(range(40))
    assert [doc["misc"]["vals"] for doc in trials.trials[:12]] == before
    assert trials.argmin == best
    assert trials.best_trial["result"]["note"] in (True, False)
    assert trials.statuses().count("fail") >= 1
    idxs, vals = trials.idxs_vals
    assert idxs["n"] == [t for t, c in zip(idxs["c"], vals["c"], strict=True) if c == 0]
    for doc in trials.trials:
        hyperopt.Trials().assert_valid_trial(doc)


def test_what_hyperopts_trials_know_guides_the_search() -> None:
    """The first suggestion after them is no start-up draw."""
    trials = their_trials(40)
    fmin(valley, SPACE, functools.partial(tpe.suggest, n_startup_jobs=20), 60, trials=trials, rstate=0,
         show_progressbar=False)  # fmt: skip
    new = np.array(trials.vals["x"][40:])
    assert np.median(np.abs(new - 1)) < 1.0  # of random ones, 3 or so


def test_hyperopt_goes_on_from_what_we_wrote() -> None:
    """There and back again."""
    trials = their_trials()
    fmin(valley, SPACE, rand.suggest, 20, trials=trials, rstate=0, show_progressbar=False)
    space = {"x": theirs.uniform("x", -5, 5), "c": theirs.choice("c", [{"n": theirs.randint("n", 3)}, "b"])}
    hyperopt.fmin(valley, space, hyperopt.anneal.suggest, 30, trials=trials, rstate=np.random.default_rng(1),
                  show_progressbar=False, verbose=False)  # fmt: skip
    assert (len(trials), len(set(trials.tids))) == (30, 30)


def test_trials_that_wait_in_hyperopts_trials_are_run() -> None:
    """As made by its ``generate_trials_to_calculate``."""
    trials = hyperopt.fmin.__globals__["generate_trials_to_calculate"]([{"x": 0.5, "c": 1}, {"x": 1.5, "c": 1}])
    trials.refresh()
    fmin(valley, SPACE, rand.suggest, 3, trials=trials, rstate=0, show_progressbar=False)
    assert trials.losses()[:2] == [0.25, 0.25]
    assert len(trials) == 3


def test_hyperopts_trials_are_filled_from_a_save_file(tmp_path: Path) -> None:
    """A second run of the search, over new trials, has those of the first."""
    runs = [hyperopt.Trials(), hyperopt.Trials()]
    for trials, n in zip(runs, (4, 6), strict=True):
        fmin(valley, SPACE, rand.suggest, n, trials=trials, rstate=0, show_progressbar=False,
             trials_save_file=tmp_path / "search.db")  # fmt: skip
    assert [len(trials) for trials in runs] == [4, 6]
    assert runs[1].vals["x"][:4] == runs[0].vals["x"]


def test_an_exception_leaves_hyperopts_trials_with_what_was_run() -> None:
    """The trial that raised is among those that ended in an error."""
    trials = their_trials(3)

    def fragile(configuration: Any) -> float:
        if len(trials) >= 5:
            raise ZeroDivisionError("snap")
        return configuration["x"] ** 2

    with pytest.raises(ZeroDivisionError):
        fmin(fragile, SPACE, rand.suggest, 20, trials=trials, rstate=0, show_progressbar=False)
    assert len(trials) == 5
    assert trials._dynamic_trials[-1]["misc"]["error"][1] == "snap"


def test_the_key_of_an_experiment_is_kept() -> None:
    """Old trials and new ones carry it."""
    trials = hyperopt.Trials(exp_key="night")
    fmin(valley, SPACE, rand.suggest, 4, trials=trials, rstate=0, show_progressbar=False)
    assert len(trials) == 4
    assert {doc["exp_key"] for doc in trials.trials} == {"night"}


def test_an_optimizer_starts_from_a_copy_of_hyperopts_trials() -> None:
    """What it is told afterwards stays with it."""
    trials = their_trials()
    optimizer = Optimizer(SPACE, tpe.suggest, trials=trials, random_state=0)
    optimizer.tell(optimizer.ask(), 0.0)
    assert (len(optimizer.trials), len(trials)) == (13, 12)
    assert optimizer.trials.losses()[:12] == trials.losses()


def test_trials_of_another_space_are_refused() -> None:
    """By the labels that differ."""
    with pytest.raises(InvalidTrial, match="'c', which the space does not have"):
        fmin(float, hp.uniform("x", -5, 5), rand.suggest, 20, trials=their_trials(), show_progressbar=False)


def test_trials_that_run_elsewhere_are_refused_with_the_right_import() -> None:
    """They would run here, unnoticed."""

    class SparkTrials(hyperopt.Trials):
        asynchronous = True

    with pytest.raises(TypeError, match="from hpsklearn_search import SparkTrials"):
        fmin(valley, SPACE, rand.suggest, 3, trials=SparkTrials(), show_progressbar=False)


# ---------------------------------------------------------------------- trials in the estimator
def scored(make: Any, n: int = 30) -> Any:
    """Trials, of either library, over C with losses that are best near 2."""
    trials, values = make(), np.linspace(0.1, 9.9, n).tolist()
    results = [{"status": "ok", "loss": -1 + abs(v - 2) / 20} for v in values]
    miscs = [{"tid": t, "cmd": None, "idxs": {"C": [t]}, "vals": {"C": [v]}} for t, v in enumerate(values)]
    docs = trials.new_trial_docs(list(range(n)), [None] * n, results, miscs)
    for doc in docs:
        doc["state"] = hyperopt.JOB_STATE_DONE
    trials.insert_trial_docs(docs)
    trials.refresh()
    return trials


def searched(trials: Any, **kwargs: Any) -> HyperoptSearchCV:
    """A search over C after `trials`."""
    search = HyperoptSearchCV(LogisticRegression(max_iter=20), {"C": hp.uniform("C", 0, 10)}, max_evals=6, cv=2,
                              algo="tpe", trials=trials, random_state=0, **kwargs)  # fmt: skip
    return search.fit(X[::5, :2], y[::5])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("make", [hyperopt.Trials, Trials])
def test_known_trials_guide_the_estimator_without_a_row(make: Any) -> None:
    """The passed object is not changed, and the table has the search's own candidates only."""
    trials = scored(make)
    search = searched(trials)
    assert len(search.cv_results_["params"]) == search.n_trials_ == len(search.trials_) == 6
    assert len(trials) == 30
    guided = np.abs(np.array(search.trials_.vals["C"]) - 2).mean()
    assert guided < np.abs(np.array(searched(None).trials_.vals["C"]) - 2).mean() / 2


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_save_file_belongs_to_the_trials_that_were_known(tmp_path: Path) -> None:
    """Other ones are another search; the same ones go on."""
    file = tmp_path / "search.db"
    first = searched(scored(Trials), trials_save_file=file)
    again = searched(scored(hyperopt.Trials), trials_save_file=file)
    assert again.trials_.vals == first.trials_.vals
    with pytest.raises(SaveFileError, match="trials"):
        searched(scored(Trials, 10), trials_save_file=file)


def test_the_estimator_refuses_trials_of_another_space_and_what_is_none() -> None:
    """Before a fit."""
    with pytest.raises(InvalidTrial, match="'c', which the space does not have"):
        HyperoptSearchCV(SVC(), {"C": [1, 2]}, trials=their_trials()).fit(X, y)
    with pytest.raises(TypeError, match="trials must be"):
        HyperoptSearchCV(SVC(), {"C": [1, 2]}, trials=5).fit(X, y)


# ---------------------------------------------------------------------- nothing is imported
def test_hyperopt_is_never_imported() -> None:
    """By no search, whatever is in it."""
    code = """
import sys
from hpsklearn_search import Optimizer, Trials, fmin, hp, rand
from hpsklearn_search.hyperopt import pyll
space = {"x": pyll.scope.int(hp.quniform("x", 0, 5, 1))}
fmin(lambda p: p["x"], space, rand.suggest, 3, trials=Trials(), show_progressbar=False)
Optimizer(space).ask()
print("hyperopt" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "False"


def test_a_normal_law_keeps_its_meaning() -> None:
    """mu and sigma of the logarithm, as in hyperopt."""
    assert translate_space(theirs.lognormal("s", -1, 0.5)).distribution == Normal(-1, 0.5, log=True)
    assert isinstance(translate_space(theirs.lognormal("s", -1, 0.5)), Node)
