"""Importances: on functions whose answer is known in closed form, and under searches that crowd their trials."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hpsklearn_search import Trials, auto, fmin, hp, parameter_importances, rand, tpe
from hpsklearn_search.space import Space


def searched(function: Any, space: Any, max_evals: int = 60, algo: Any = rand, seed: int = 0) -> Trials:
    """The record of a search."""
    trials = Trials()
    fmin(function, space, algo.suggest, max_evals, trials=trials, rstate=seed, show_progressbar=False)
    return trials


def uniforms(n: int) -> dict[str, Any]:
    """n parameters on the unit interval."""
    return {f"x{i}": hp.uniform(f"x{i}", 0, 1) for i in range(n)}


def test_a_parameter_that_decides_alone_explains_everything() -> None:
    """The others explain nothing, also without normalising."""
    space = uniforms(3)
    found = parameter_importances(searched(lambda p: p["x1"], space), space, normalize=False)
    assert next(iter(found)) == "x1"
    assert found["x1"] == pytest.approx(1.0, abs=0.08)
    assert found["x0"] == found["x2"] == pytest.approx(0.0, abs=0.01)


def test_parameters_in_a_symmetric_function_matter_alike() -> None:
    """Whatever is added up with the same weight."""
    space = uniforms(2)
    found = parameter_importances(searched(lambda p: p["x0"] + p["x1"], space), space)
    assert found["x0"] == pytest.approx(0.5, abs=0.03)


def test_importances_equal_the_integral_of_the_definition() -> None:
    """For a weighted sum, against the variance of P(good | x) from a large random sample."""
    weights = np.array([3.0, 2.0, 1.0])
    space = uniforms(3)
    trials = searched(lambda p: float(sum(w * p[f"x{i}"] for i, w in enumerate(weights))), space)
    x = np.random.default_rng(0).random((400_000, 3))
    good = x @ weights <= np.quantile(x @ weights, 0.1)
    bins = (x * 100).astype(int)
    expected = [np.var([good[bins[:, i] == b].mean() for b in range(100)]) / good.var() for i in range(3)]
    found = parameter_importances(trials, space, normalize=False)
    assert [found[f"x{i}"] for i in range(3)] == pytest.approx(expected, abs=0.03)


def test_an_option_that_is_the_good_one_explains_everything() -> None:
    """A quarter of the space is good, and the choice alone says which."""
    space = {"c": hp.choice("c", [0, 1, 2, 3]), "x": hp.uniform("x", 0, 1)}
    found = parameter_importances(searched(lambda p: float(p["c"] != 2), space), space, quantile=0.25, normalize=False)
    assert found == {"c": pytest.approx(1.0, abs=0.01), "x": pytest.approx(0.0, abs=0.01)}


def test_in_a_conditional_space_branch_and_parameter_share_as_the_law_of_total_variance_says() -> None:
    """Good is a fifth of one of two branches: of the variance 0.09 the choice explains 0.01, the parameter 0.08."""
    space = {"k": hp.choice("k", [{"x": hp.uniform("x", 0, 1)}, {"y": hp.uniform("y", 0, 1)}])}
    trials = searched(lambda p: p["k"].get("x", 1.0), space, max_evals=80)
    found = parameter_importances(trials, space, normalize=False)
    assert found["x"] == pytest.approx(8 / 9, abs=0.06)
    assert found["k"] == pytest.approx(1 / 9, abs=0.02)
    assert found["y"] == pytest.approx(0.0, abs=0.01)


def test_integers_and_quantised_values_count_by_their_cells() -> None:
    """Of eight integers the lowest is good: all of the variance."""
    space = {"n": hp.uniformint("n", 1, 8), "q": hp.quniform("q", 0, 1, 0.25)}
    found = parameter_importances(searched(lambda p: p["n"] > 1, space), space, quantile=0.125, normalize=False)
    assert found["n"] == pytest.approx(1.0, abs=0.02)


def test_a_parameter_of_a_log_scale_counts_in_its_own_law() -> None:
    """The best tenth of a log-uniform parameter is a tenth of its logarithms."""
    space = {"C": hp.logrange("C", 1e-6, 1.0), "x": hp.uniform("x", 0, 1)}
    found = parameter_importances(searched(lambda p: np.log(p["C"]), space), space, normalize=False)
    assert found["C"] == pytest.approx(1.0, abs=0.08)


def test_failures_count_as_bad() -> None:
    """What only decides whether a trial fails matters."""
    space = uniforms(2)

    def fails(p: dict[str, float]) -> dict[str, Any]:
        return {"status": "fail"} if p["x0"] > 0.1 else {"status": "ok", "loss": 0.0}

    found = parameter_importances(searched(fails, space, max_evals=100), space)
    assert found["x0"] > 0.9


@pytest.mark.parametrize(
    ("algo", "seed"),
    [(tpe, 0), (auto, 3), *(pytest.param(a, s, marks=pytest.mark.slow) for a in (tpe, auto) for s in (7, 10, 11))],
)
def test_a_search_that_crowds_its_trials_misleads_nobody(algo: Any, seed: int) -> None:
    """Densities of the trials alone would call every parameter important on whose best value the search settled."""
    space = uniforms(5)
    trials = searched(lambda p: 2 * abs(p["x0"] - 0.3) + abs(p["x1"] - 0.6), space, 50, algo, seed)
    found = parameter_importances(trials, space)
    assert list(found)[:2] == ["x0", "x1"]
    assert found["x2"] + found["x3"] + found["x4"] < 0.05


def test_where_nothing_differs_nothing_matters() -> None:
    """All losses are equal."""
    space = uniforms(2)
    assert parameter_importances(searched(lambda p: 0.0, space), space) == {"x0": 0.0, "x1": 0.0}


def test_the_same_record_gives_the_same_importances() -> None:
    """A parsed space is taken as well."""
    space = uniforms(2)
    trials = searched(lambda p: p["x0"], space)
    assert parameter_importances(trials, space) == parameter_importances(trials, Space(space))


@pytest.mark.parametrize("quantile", [0, 1, -0.5, float("nan")])
def test_a_quantile_is_a_share(quantile: float) -> None:
    """Anything else is refused, with a right line."""
    space = uniforms(1)
    with pytest.raises(ValueError, match=r"quantile must be between 0 and 1.*quantile=0\.1"):
        parameter_importances(searched(lambda p: p["x0"], space, 3), space, quantile=quantile)


def test_one_loss_is_no_comparison() -> None:
    """The message says how many there are."""
    space = uniforms(1)
    with pytest.raises(ValueError, match="at least 2 trials with a loss, got 1 of 1"):
        parameter_importances(searched(lambda p: p["x0"], space, 1), space)
