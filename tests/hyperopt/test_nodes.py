"""The nodes of a space under hyperopt's names, and what a domain makes of them."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpsklearn_search import SparkTrials, Trials, auto, fmin, hp, rand, space_eval, tpe
from hpsklearn_search.exceptions import BadSearchSpace, InvalidTrial
from hpsklearn_search.hyperopt import Ctrl, Domain, fmin_pass_expr_memo_ctrl, partial
from hpsklearn_search.hyperopt.pyll import Apply, Literal, as_apply, clone, dfs, rec_eval, scope, toposort
from hpsklearn_search.hyperopt.pyll.base import Lambda, MissingArgument, p0
from hpsklearn_search.hyperopt.pyll.stochastic import recursive_set_rng_kwarg, sample
from hpsklearn_search.hyperopt.pyll_utils import Cond, expr_to_config
from hpsklearn_search.space import Space
from tests.strategies import spaces

# What hyperopt's own graph says of each: the outer name, and the distribution with its arguments.
SHOWN: list[tuple[Any, str, str, list[Any]]] = [
    (hp.uniform("x", 0, 2), "float", "uniform", [0.0, 2.0]),
    (hp.quniform("x", 0, 2, 0.5), "float", "quniform", [0.0, 2.0, 0.5]),
    (hp.loguniform("x", 0, 2), "float", "loguniform", [0.0, 2.0]),
    (hp.normal("x", 1, 2), "float", "normal", [1.0, 2.0]),
    (hp.qlognormal("x", 1, 2, 3), "float", "qlognormal", [1.0, 2.0, 3.0]),
    (hp.randint("x", 5), "int", "randint", [5]),
    (hp.randint("x", 2, 5), "int", "randint", [2, 5]),
    (hp.choice("x", ["a", "b"]), "switch", "randint", [2]),
    (hp.pchoice("x", [(0.25, "a"), (0.75, "b")]), "switch", "categorical", [(0.25, 0.75)]),
]


@pytest.mark.parametrize(("node", "name", "distribution", "arguments"), SHOWN, ids=lambda value: str(value)[:30])
def test_a_label_is_shown_as_a_call(node: Any, name: str, distribution: str, arguments: list[Any]) -> None:
    """Of its cast or switch, over the labelled value, over its distribution."""
    assert isinstance(node, Apply)
    assert node.name == name
    labelled = node.pos_args[0]
    assert labelled.name == "hyperopt_param"
    assert labelled.arg["label"].obj == "x"
    prior = labelled.arg["obj"]
    assert prior.name == distribution
    assert [arg.eval() for arg in prior.inputs()] == pytest.approx(arguments) if name != "switch" else arguments
    assert prior.arg["rng"] is MissingArgument


@pytest.mark.parametrize("node", [hp.uniform("a", 0, 1), hp.choice("b", [1]), scope.int(hp.quniform("c", 0, 9, 1))])
def test_every_node_is_an_apply(node: Any) -> None:
    """So that a script finds the parameters in a dict of constants and nodes."""
    assert [key for key, value in {"node": node, "constant": 3}.items() if isinstance(value, Apply)] == ["node"]


@given(space=spaces())
def test_a_walk_finds_every_label_after_what_it_needs(space: Any) -> None:
    """The same objects whenever it is walked; and a copy has the same labels."""
    node = as_apply(space)
    nodes = dfs(node)
    assert nodes == dfs(node) == toposort(node)
    position = {id(inner): place for place, inner in enumerate(nodes)}
    assert all(position[id(arg)] < position[id(inner)] for inner in nodes for arg in inner.inputs())
    labels = [inner.arg["label"].obj for inner in nodes if inner.name == "hyperopt_param"]
    assert sorted(labels) == sorted(Space(space).labels)
    assert sorted(Space(clone(node)).labels) == sorted(labels)


@given(space=spaces(), seed=st.integers(0, 2**31))
def test_a_domain_evaluates_as_a_space_assembles(space: Any, seed: int) -> None:
    """A memo from a point gives the configuration, but for lists, which are tuples in an expression."""
    domain, parsed = Domain(lambda config: {"loss": 0.0, "status": "ok", "config": config}, space), Space(space)
    point = parsed.draw(np.random.default_rng(seed))
    result = domain.evaluate(point, Ctrl(Trials()))
    assert as_tuples(result["config"]) == as_tuples(parsed.assemble(point))
    assert set(domain.params) == set(parsed.labels)


def as_tuples(value: Any) -> Any:
    """A configuration with tuples for lists."""
    if isinstance(value, dict):
        return {key: as_tuples(item) for key, item in value.items()}
    return tuple(map(as_tuples, value)) if isinstance(value, list | tuple) else value


def test_a_node_keeps_no_view_in_a_pickle() -> None:
    """What was looked at makes neither a pickle nor a copy larger."""
    node = hp.choice("k", [hp.uniform("x", 0, 1) + 1, {"a": [1, 2]}])
    before = len(pickle.dumps(node))
    dfs(node)
    assert len(pickle.dumps(node)) == before
    assert copy.deepcopy(node).name == "switch"


@pytest.mark.parametrize(
    ("container", "name", "length"),
    [((9, 3), "pos_args", 2), ({"a": 1, "b": 2}, "dict", 2), ([9, 3], "pos_args", None)],
)
def test_a_container_is_a_call_that_can_be_unpacked(container: Any, name: str, length: int | None) -> None:
    """A tuple and a dict by their length; a list has none, as in hyperopt."""
    node = as_apply(container)
    assert node.name == name
    if length is None:
        with pytest.raises(TypeError, match="not known before a trial"):
            len(node)
    else:
        assert len(node) == length
    assert rec_eval(node) == (tuple(container) if isinstance(container, list) else container)


def test_a_function_with_a_length_can_be_unpacked() -> None:
    """And each part is an element of its result."""

    @scope.define_info(o_len=2)
    def ends(values: Any) -> tuple[Any, Any]:
        return min(values), max(values)

    low, high = scope.ends([3, 1, 2])
    assert (rec_eval(low), high.eval()) == (1, 3)
    scope.undefine(ends)
    assert not hasattr(scope, "ends")


def test_a_memo_may_have_a_value_for_any_node() -> None:
    """For a literal, an expression, a label, or the labelled value below it."""
    x, literal = hp.uniform("x", 0, 1), Literal()
    inner = x + 1
    assert rec_eval(scope.switch(literal, "a", "b"), memo={literal: 1}) == "b"
    assert rec_eval(inner * 2, memo={inner: 5}) == 10
    assert rec_eval(inner, memo={x: 0.5}) == rec_eval(inner, memo={x.inputs()[0]: 0.5}) == 1.5
    with pytest.raises(InvalidTrial, match="label 'x' has no value in memo"):
        rec_eval(inner)
    with pytest.raises(ValueError, match="write rec_eval"):
        rec_eval(inner, {x: 0.5})


def test_arguments_are_copied_where_this_is_asked_for() -> None:
    """A function that changes its argument changes the copy."""

    @scope.define
    def popped(values: list[int]) -> int:
        return values.pop()

    values = [1, 2, 3]
    node = scope.popped(Literal(values))
    assert rec_eval(node, deepcopy_inputs=True) == rec_eval(node, deepcopy_inputs=True) == 3
    assert values == [1, 2, 3]
    scope.undefine("popped")


def test_a_function_may_call_itself() -> None:
    """As an expression with a parameter."""
    from hpsklearn_search.hyperopt.pyll.base import apply

    scope.define(Lambda("factorial", [("n", p0)], scope.switch(p0 > 1, 1, p0 * apply("factorial", p0 - 1))))
    assert rec_eval(scope.factorial(5)) == 120
    scope.undefine("factorial")


# ---------------------------------------------------------------------- noise
NOISE = {
    "uniform": (2, 3), "loguniform": (0, 1), "quniform": (2, 3, 0.5), "qloguniform": (0, 1, 0.5), "normal": (0, 1),
    "qnormal": (0, 9, 3), "lognormal": (0, 1), "qlognormal": (0, 1, 0.5), "randint": (5,), "categorical": ((0.5, 0.5),),
}  # fmt: skip


@pytest.mark.parametrize("name", NOISE)
def test_a_distribution_without_a_label_is_drawn_by_sample(name: str) -> None:
    """Equal generators draw equal values; with a generator of its own it needs none."""
    node = getattr(scope, name)(*NOISE[name])
    drawn = [sample(node, np.random.default_rng(seed)) for seed in (3, 3, *range(20))]
    assert drawn[0] == drawn[1]
    assert len(set(map(float, drawn))) > 1
    own = getattr(scope, name)(*NOISE[name], rng=np.random.default_rng(3))
    assert np.isfinite(rec_eval(own))
    assert np.isfinite(recursive_set_rng_kwarg(node, np.random.default_rng(0)).eval())


def test_noise_that_occurs_twice_has_one_value() -> None:
    """In one draw; and a choice without a label is drawn."""
    u = scope.uniform(0, 1)
    drawn = [sample({"u": u, "again": [u], "k": scope.one_of(2, 3)}, np.random.default_rng(i)) for i in range(10)]
    assert all(config["u"] == config["again"][0] for config in drawn)
    assert {config["k"] for config in drawn} == {2, 3}
    assert sample(scope.choice(["a"]), 0) == "a"


def test_noise_without_a_generator_is_refused_by_a_search() -> None:
    """Before the first trial, with the line that searches it."""
    with pytest.raises(BadSearchSpace, match=r"no label, so it is not searched; write hp.uniform\('label', ...\)"):
        fmin(lambda p: p["x"], {"x": scope.uniform(0, 1) + hp.uniform("y", 0, 1)}, rand.suggest, 3)


def test_an_option_by_its_name() -> None:
    """``kwswitch`` takes the option that its first argument names."""
    node = scope.kwswitch(hp.choice("which", ["first", "second"]), first=1, second=hp.uniform("x", 5, 6))
    assert space_eval(node, {"which": 0}) == 1
    assert space_eval(node, {"which": 1, "x": 5.5}) == 5.5


# ---------------------------------------------------------------------- conditions
def test_the_conditions_of_a_label_are_those_of_its_branches() -> None:
    """What stands in all options of a choice depends on none."""
    shared = hp.uniform("shared", 0, 1)
    space = {"k": hp.choice("k", [shared + 1, {"a": shared, "only": hp.normal("only", 0, 1)}])}
    hps: dict[str, Any] = {}
    expr_to_config(space, (), hps)
    assert {label: entry["conditions"] for label, entry in hps.items()} == {
        "k": {()}, "shared": {()}, "only": {(Cond("k", 1),)}
    }  # fmt: skip
    assert hps["only"]["node"].name == "normal"


# ---------------------------------------------------------------------- algorithms and objectives by hand
@pytest.mark.parametrize("algo", [tpe.suggest, rand.suggest, auto.suggest])
def test_an_algorithm_answers_in_kind(algo: Any) -> None:
    """Documents for hyperopt's `Domain`, points for a `Space`; with one seed they say the same."""
    space = {"x": hp.uniform("x", 0, 1), "k": hp.choice("k", ["a", hp.randint("n", 5)])}
    trials, domain = Trials(), Domain(None, space)
    ids = trials.new_trial_ids(3)
    docs, points = algo(ids, domain, trials, 0), algo(ids, Space(space), trials, 0)
    assert [doc["tid"] for doc in docs] == ids
    assert [{k: v[0] for k, v in doc["misc"]["vals"].items() if v} for doc in docs] == points
    assert all(set(doc["misc"]["vals"]) == {"x", "k", "n"} for doc in docs)
    assert trials.insert_trial_docs(docs) == ids


def test_an_objective_of_the_low_level_kind_evaluates_by_itself() -> None:
    """It is given the expression, the values and its own document, and may attach things to it."""

    @fmin_pass_expr_memo_ctrl
    def objective(expr: Any, memo: Any, ctrl: Ctrl, shift: float) -> dict[str, Any]:
        config = rec_eval(expr, memo=memo)
        ctrl.attachments["config"] = config
        return {"loss": config["x"] + shift, "status": "ok", "tid": ctrl.current_trial["tid"]}

    trials = Trials()
    fmin(partial(objective, shift=10.0), {"x": hp.uniform("x", 0, 1)}, rand.suggest, 4, trials=trials, rstate=0,
         show_progressbar=False)  # fmt: skip
    assert trials.losses() == [x + 10.0 for x in trials.vals["x"]]
    assert [result["tid"] for result in trials.results] == [0, 1, 2, 3]
    assert trials.trial_attachments(trials.trials[2])["config"] == {"x": trials.vals["x"][2]}


def test_an_objective_of_the_low_level_kind_is_refused_on_spark() -> None:
    """Where it would have no record at hand."""
    marked = fmin_pass_expr_memo_ctrl(lambda expr, memo, ctrl: 0.0)
    with pytest.raises(NotImplementedError, match=r"not supported on Spark.*trials=Trials\(\)"):
        fmin(marked, hp.uniform("x", 0, 1), rand.suggest, 2, trials=SparkTrials(2))
