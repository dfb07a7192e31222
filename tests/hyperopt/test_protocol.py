"""hyperopt's protocol: a user's own algorithm in our loop, and the options of anneal and mix."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, Trials, anneal, fmin, hp, mix, rand, tpe
from hpsklearn_search.exceptions import InvalidTrial
from hpsklearn_search.hyperopt import Domain
from hpsklearn_search.hyperopt.pyll import rec_eval
from hpsklearn_search.space import Parameter, Space
from hpsklearn_search.suggest import trial_seed
from hpsklearn_search.trials import Outcome

SPACE = {"x": hp.uniform("x", -5, 5), "k": hp.choice("k", [{"n": hp.randint("n", 5)}, "none"])}


def document(new_id: int, domain: Domain, point: dict[str, Any]) -> dict[str, Any]:
    """One of hyperopt's documents for a new trial, with everything that such a document has."""
    misc = {
        "tid": new_id,
        "cmd": domain.cmd,
        "workdir": domain.workdir,
        "idxs": {label: [new_id] if label in point else [] for label in domain.params},
        "vals": {label: [point[label]] if label in point else [] for label in domain.params},
    }
    return {
        "state": 0, "tid": new_id, "spec": None, "result": domain.new_result(), "misc": misc, "exp_key": None,
        "owner": None, "version": 0, "book_time": None, "refresh_time": None,
    }  # fmt: skip


def by_the_book(new_ids: list[int], domain: Domain, trials: Trials, seed: int) -> list[dict[str, Any]]:
    """Random search as hyperopt's own module writes it, with a generator of old."""
    rng = np.random.RandomState(seed)
    docs = []
    for new_id in new_ids:
        memo = {domain.s_new_ids: [new_id], domain.s_rng: rng}
        idxs, vals = rec_eval(domain.s_idxs_vals, memo=memo)
        assert idxs.keys() == vals.keys() == domain.params.keys()
        docs.append(document(new_id, domain, {label: vals[label][0] for label in vals if idxs[label] == [new_id]}))
    return docs


def downhill(new_ids: list[int], domain: Domain, trials: Trials, seed: int) -> list[dict[str, Any]]:
    """Looks at the trials by their documents: half way from the best x so far to 1, the rest from rand."""
    done = [doc for doc in trials.trials if domain.status(doc["result"]) == "ok"]
    docs = rand.suggest(new_ids, domain, trials, seed)
    if done:
        best = min(done, key=lambda doc: domain.loss(doc["result"], doc["spec"]))
        docs[0]["misc"]["vals"]["x"] = [np.float64(best["misc"]["vals"]["x"][0] + 1) / 2]
    return docs


def loss(configuration: dict[str, Any]) -> float:
    """A valley at 1."""
    return (configuration["x"] - 1) ** 2


def run(algo: Any, n: int = 15, space: Any = SPACE, **kwargs: Any) -> Trials:
    """The trials of a search."""
    trials = Trials()
    fmin(loss, space, algo, n, trials=trials, rstate=kwargs.pop("rstate", 0), show_progressbar=False, **kwargs)
    return trials


@pytest.mark.parametrize("algo", [by_the_book, downhill])
def test_an_algorithm_written_for_hyperopt_searches(algo: Any) -> None:
    """Its documents become trials with active labels only, and Python's scalars."""
    trials = run(algo)
    assert len(trials) == 15
    assert {type(x) for x in trials.vals["x"]} == {float}
    assert all(("n" in t.point) == (t.point["k"] == 0) for t in trials.record)


def test_what_an_algorithm_reads_of_the_trials_is_up_to_date() -> None:
    """The one that walks downhill arrives."""
    assert run(downhill, 30).best_loss < 1e-6


def test_an_algorithm_of_ones_own_works_in_the_estimator() -> None:
    """And is told no more than the window allows."""
    known: list[int] = []

    def watching(new_ids: list[int], domain: Domain, trials: Trials, seed: int) -> Any:
        known.append(len([loss for loss in trials.losses() if loss is not None]))
        return tpe.suggest(new_ids, domain, trials, seed)

    search = HyperoptSearchCV(SVC(), {"C": hp.logrange("C", 1e-2, 1e2)}, max_evals=6, cv=2, algo=watching,
                              max_queue_len=2, random_state=0)  # fmt: skip
    assert search.fit(*load_iris(return_X_y=True)).n_trials_ == 6
    assert known == [0, 0, 1, 2, 3, 4]


def test_an_algorithm_that_returns_nothing_ends_the_search() -> None:
    """As in hyperopt."""

    def five(new_ids: list[int], domain: Domain, trials: Trials, seed: int) -> Any:
        return rand.suggest(new_ids, domain, trials, seed) if new_ids[0] < 5 else []

    trials = run(five)
    assert (len(trials), trials.stop_reason) == (5, "exhausted")


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (
            [{"x": 7.0, "k": 1}],
            r"trial 0: algo suggested a point .*7.0 cannot be drawn from hp.uniform\('x'",
        ),
        (
            [{"k": 1}],
            "trial 0: algo suggested a point .*label 'x' is active but has no value",
        ),
        (None, "algo returned None; an algorithm returns a list"),
        ([0.5], r"algo returned \[0.5\]; an algorithm returns a list"),
        ([{"tid": 0, "misc": {"tid": 0}}], "without .'misc'..'vals'."),
    ],
)
def test_what_is_no_suggestion_is_refused(returned: Any, message: str) -> None:
    """Before the objective is called."""
    with pytest.raises(InvalidTrial, match=message):
        run(lambda new_ids, domain, trials, seed: returned)


def test_hyperopts_own_algorithms_are_refused_with_the_right_line() -> None:
    """Bound with options, too."""
    hyperopt = pytest.importorskip("hyperopt")
    for algo in (hyperopt.anneal.suggest, functools.partial(hyperopt.anneal.suggest, shrink_coef=0.2)):
        with pytest.raises(TypeError, match="from hpsklearn_search import anneal"):
            run(algo)


def test_a_seed_fits_a_random_state() -> None:
    """Which takes 32 bits."""
    assert all(0 <= trial_seed(entropy, number) < 2**31 for entropy in (0, 2**63) for number in range(200))


def test_a_domain_is_a_space_with_hyperopts_names() -> None:
    """Made from an objective and a space, as in hyperopt."""
    domain = Domain(loss, SPACE, name="valley", loss_target=0)
    assert (domain.fn, domain.name, domain.loss_target, domain.workdir) == (loss, "valley", 0, None)
    assert rec_eval(domain.expr, memo=domain.memo_from_config({"x": 1.0, "k": 1})) == {"x": 1.0, "k": "none"}
    assert {label: node.name for label, node in domain.params.items()} == {
        "x": "uniform",
        "k": "randint",
        "n": "randint",
    }
    assert domain.assemble({"x": 1.0, "k": 1}) == {"x": 1.0, "k": "none"}
    result = {"status": "ok", "loss": 2.0, "loss_variance": 0.5, "true_loss": 1.5}
    assert [f(result) for f in (domain.status, domain.loss, domain.loss_variance, domain.true_loss)] == [
        "ok", 2.0, 0.5, 1.5
    ]  # fmt: skip


# ---------------------------------------------------------------------- anneal
@pytest.mark.parametrize("queue", [1, 4])
def test_anneal_goes_on_with_a_queue(queue: int) -> None:
    """Pending trials are there, and are not drawn near to."""
    trials = run(functools.partial(anneal.suggest, avg_best_idx=1.5, shrink_coef=0.3), 60, max_queue_len=queue)
    assert trials.best_loss < 1e-2


def test_anneal_suggests_as_many_points_as_it_is_asked_for() -> None:
    """Several ids, several different points."""
    points = anneal.suggest([0, 1, 2], Space(SPACE), Trials(), 0)
    assert len({point["x"] for point in points}) == 3


def near(value: float, n: int, shrink_coef: float, node: Parameter = hp.uniform("x", 0, 1)) -> np.ndarray:  # noqa: B008
    """What anneal suggests for x after `n` trials at one value."""
    space, trials = Space(node), Trials()
    for number in range(n):
        trials.record.add({"x": value})
        trials.record.finish(number, Outcome("ok", loss=0.0))
    seeds = range(300)
    return np.array([anneal.suggest([n], space, trials, seed, shrink_coef=shrink_coef)[0]["x"] for seed in seeds])


@pytest.mark.parametrize(("n", "shrink_coef", "width"), [(10, 0.1, 0.5), (10, 0.9, 0.1), (40, 0.1, 0.2), (9, 0.0, 1.0)])
@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_the_neighbourhood_of_anneal_shrinks_with_its_option(
    n: int, shrink_coef: float, width: float, value: float
) -> None:
    """It is 1/(1 + shrink_coef n) of the range, inside the range, and filled."""
    drawn = near(value, n, shrink_coef)
    low = min(max(value - width / 2, 0.0), 1.0 - width)
    assert low <= drawn.min() < drawn.max() <= low + width
    assert np.ptp(drawn) > 0.9 * width


def test_anneal_draws_near_a_normal_value_by_its_own_deviation() -> None:
    """Also far out in a tail, as hyperopt's does: N(value, share sigma), here share = 1/3."""
    drawn = near(10.0, 20, 0.1, hp.normal("x", 4.0, 2.0))
    # Of 300 draws the mean deviates by 0.04, the standard deviation by 4 %: five times that.
    assert abs(drawn.mean() - 10.0) < 0.2
    assert abs(drawn.std() / (2.0 / 3.0) - 1.0) < 0.2


def test_anneal_stays_near_better_points_more_often() -> None:
    """The rank of the point is geometric with the given mean: of three, 2/3, 2/9 and the rest at mean 1.5."""
    space, trials = Space(hp.uniform("x", 0, 1)), Trials()
    for number, x in enumerate([0.1, 0.5, 0.9]):
        trials.record.add({"x": x})
        trials.record.finish(number, Outcome("ok", loss=x))
    algo = functools.partial(anneal.suggest, avg_best_idx=1.5, shrink_coef=100.0)
    drawn = [round(algo([3], space, trials, seed)[0]["x"], 1) for seed in range(900)]
    counts = [drawn.count(x) for x in (0.1, 0.5, 0.9)]
    # Standard deviation of a share of 900: at most 0.016; five of them are 0.08.
    assert np.allclose(np.array(counts) / 900, [6 / 9, 2 / 9, 1 / 9], atol=0.08)


def test_anneal_keeps_moving_where_values_are_few() -> None:
    """However narrow the neighbourhood, the next whole number is in it."""
    space, trials = Space(hp.uniformint("n", 1, 10)), Trials()
    for number in range(200):
        trials.record.add({"n": 5})
        trials.record.finish(number, Outcome("ok", loss=0.0))
    assert {anneal.suggest([200], space, trials, seed)[0]["n"] for seed in range(60)} == {4, 5, 6}


@pytest.mark.parametrize("options", [{"avg_best_idx": 0.5}, {"shrink_coef": -1.0}, {"shrink_coef": float("nan")}])
def test_options_of_anneal_out_of_range_are_refused(options: dict[str, float]) -> None:
    """By name."""
    with pytest.raises(ValueError, match="avg_best_idx >= 1 and shrink_coef >= 0"):
        run(functools.partial(anneal.suggest, **options))


# ---------------------------------------------------------------------- mix
def test_mix_asks_each_algorithm_in_its_proportion() -> None:
    """A quarter and three quarters of 400 suggestions; 0.11 is five standard deviations."""
    asked: list[str] = []

    def named(name: str) -> Any:
        return lambda new_ids, domain, trials, seed: asked.append(name) or rand.suggest(new_ids, domain, trials, seed)

    algo = functools.partial(mix.suggest, p_suggest=[(0.25, named("a")), (0.0, named("never")), (0.75, named("b"))])
    run(algo, 400)
    assert set(asked) == {"a", "b"}
    assert abs(asked.count("a") / 400 - 0.25) < 0.11


@pytest.mark.parametrize("p_suggest", [[], [(0.5, rand.suggest)], [(-0.5, rand.suggest), (1.5, tpe.suggest)]])
def test_probabilities_that_are_none_are_refused(p_suggest: Any) -> None:
    """With the line that would be right."""
    with pytest.raises(ValueError, match=r"partial\(mix.suggest, p_suggest="):
        run(functools.partial(mix.suggest, p_suggest=p_suggest))


def test_an_algorithm_may_answer_with_documents() -> None:
    """hyperopt's ``misc.vals`` are read as a point, numpy scalars as Python's."""

    def documents(new_ids: Any, domain: Domain, trials: Trials, seed: int) -> list[dict[str, Any]]:
        return [{"tid": new_ids[0], "misc": {"vals": {"x": [np.float64(0.5)]}}}]

    trials = Trials()
    fmin(abs, hp.uniform("x", -1, 1), documents, max_evals=1, trials=trials, show_progressbar=False)
    assert trials.record[0].point == {"x": 0.5}
    assert type(trials.record[0].point["x"]) is float
