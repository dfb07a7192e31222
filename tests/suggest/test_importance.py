"""Importances of functions whose answer is known in closed form, and after searches that crowd their trials."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpsklearn_search import Trials, auto, fmin, hp, parameter_importances, rand, tpe
from hpsklearn_search.space import Space
from hpsklearn_search.suggest import importance_intervals
from hpsklearn_search.suggest.importance import _limit
from hpsklearn_search.trials import Outcome
from tests.strategies import awkward_spaces, spaces


def searched(function: Any, space: Any, max_evals: int = 60, algo: Any = rand, seed: int = 0) -> Trials:
    """The record of a search."""
    trials = Trials()
    fmin(function, space, algo.suggest, max_evals, trials=trials, rstate=seed, show_progressbar=False)
    return trials


def uniforms(n: int) -> dict[str, Any]:
    """A space of n parameters on the unit interval."""
    return {f"x{i}": hp.uniform(f"x{i}", 0, 1) for i in range(n)}


def test_a_parameter_that_decides_alone_explains_everything() -> None:
    """The other parameters explain nothing, also without normalising."""
    space = uniforms(3)
    importances = parameter_importances(searched(lambda p: p["x1"], space), space, normalize=False)
    assert next(iter(importances)) == "x1"
    assert importances["x1"] == pytest.approx(1.0, abs=0.08)
    assert importances["x0"] == importances["x2"] == pytest.approx(0.0, abs=0.01)


def test_parameters_in_a_symmetric_function_matter_alike() -> None:
    """Two terms of a sum with the same weight are equally important."""
    space = uniforms(2)
    importances = parameter_importances(searched(lambda p: p["x0"] + p["x1"], space), space)
    assert importances["x0"] == pytest.approx(0.5, abs=0.03)


def test_importances_equal_the_integral_of_the_definition() -> None:
    """The importances of a weighted sum are the variances of P(good | x), here from a large random sample."""
    weights = np.array([3.0, 2.0, 1.0])
    space = uniforms(3)
    trials = searched(lambda p: float(sum(w * p[f"x{i}"] for i, w in enumerate(weights))), space)
    x = np.random.default_rng(0).random((400_000, 3))
    good = x @ weights <= np.quantile(x @ weights, 0.1)
    bins = (x * 100).astype(int)
    expected = [np.var([good[bins[:, i] == b].mean() for b in range(100)]) / good.var() for i in range(3)]
    importances = parameter_importances(trials, space, normalize=False)
    assert [importances[f"x{i}"] for i in range(3)] == pytest.approx(expected, abs=0.03)


def test_an_option_that_is_the_good_one_explains_everything() -> None:
    """A quarter of the space is good, and the choice alone decides which."""
    space = {"c": hp.choice("c", [0, 1, 2, 3]), "x": hp.uniform("x", 0, 1)}
    importances = parameter_importances(
        searched(lambda p: float(p["c"] != 2), space), space, quantile=0.25, normalize=False
    )
    assert importances == {"c": pytest.approx(1.0, abs=0.01), "x": pytest.approx(0.0, abs=0.01)}


def test_in_a_conditional_space_branch_and_parameter_share_by_the_law_of_total_variance() -> None:
    """A fifth of one of two branches is good: of the variance 0.09 the choice explains 0.01, the parameter 0.08."""
    space = {"k": hp.choice("k", [{"x": hp.uniform("x", 0, 1)}, {"y": hp.uniform("y", 0, 1)}])}
    trials = searched(lambda p: p["k"].get("x", 1.0), space, max_evals=80)
    importances = parameter_importances(trials, space, normalize=False)
    assert importances["x"] == pytest.approx(8 / 9, abs=0.06)
    assert importances["k"] == pytest.approx(1 / 9, abs=0.02)
    assert importances["y"] == pytest.approx(0.0, abs=0.01)


def test_integers_and_quantised_values_count_by_their_cells() -> None:
    """The lowest of eight integers is good, and explains all of the variance."""
    space = {"n": hp.uniformint("n", 1, 8), "q": hp.quniform("q", 0, 1, 0.25)}
    importances = parameter_importances(searched(lambda p: p["n"] > 1, space), space, quantile=0.125, normalize=False)
    assert importances["n"] == pytest.approx(1.0, abs=0.02)


def test_a_parameter_of_a_log_scale_counts_in_its_own_distribution() -> None:
    """The best tenth of a log-uniform parameter is a tenth of its logarithms."""
    space = {"C": hp.logrange("C", 1e-6, 1.0), "x": hp.uniform("x", 0, 1)}
    importances = parameter_importances(searched(lambda p: np.log(p["C"]), space), space, normalize=False)
    assert importances["C"] == pytest.approx(1.0, abs=0.08)


def test_failures_count_as_bad() -> None:
    """A parameter that only decides whether a trial fails is important."""
    space = uniforms(2)

    def fails(p: dict[str, float]) -> dict[str, Any]:
        return {"status": "fail"} if p["x0"] > 0.1 else {"status": "ok", "loss": 0.0}

    importances = parameter_importances(searched(fails, space, max_evals=100), space)
    assert importances["x0"] > 0.9


@pytest.mark.parametrize(
    ("algo", "seed"),
    [(tpe, 0), (auto, 3), *(pytest.param(a, s, marks=pytest.mark.slow) for a in (tpe, auto) for s in (7, 10, 11))],
)
def test_a_search_that_crowds_its_trials_is_not_misleading(algo: Any, seed: int) -> None:
    """Densities of the trials alone would make every parameter important that has settled on one value."""
    space = uniforms(5)
    trials = searched(lambda p: 2 * abs(p["x0"] - 0.3) + abs(p["x1"] - 0.6), space, 50, algo, seed)
    importances = parameter_importances(trials, space)
    assert list(importances)[:2] == ["x0", "x1"]
    assert importances["x2"] + importances["x3"] + importances["x4"] < 0.05


@pytest.mark.parametrize(("algo", "seeds"), [(rand, range(20)), (auto, range(3))])
def test_noise_makes_nothing_important(algo: Any, seeds: range) -> None:
    """Where losses are chance alone, importances without normalising sum to less than 0.05.

    One parameter of the twenty searches may be taken for real: the evidence asked for lets 1 of 20 pass.
    """
    space, sums = uniforms(4), []
    for seed in seeds:
        rng = np.random.default_rng(10_000 + seed)
        trials = searched(lambda p, rng=rng: float(rng.normal()), space, 50, algo, seed)
        sums.append(sum(parameter_importances(trials, space, normalize=False).values()))
    assert np.sort(sums)[-2] < 0.05


def test_one_excellent_loss_among_noise_makes_nothing_important() -> None:
    """A loss that is far better than all others by chance says nothing about parameters; seeds 0 to 9."""
    space, sums = uniforms(5), []
    for seed in range(10):
        rng = np.random.default_rng(10_000 + seed)
        trials = searched(lambda p, rng=rng: -float(np.exp(5 * rng.normal())), space, 50, rand, seed)
        sums.append(sum(parameter_importances(trials, space, normalize=False).values()))
    assert np.sort(sums)[-2] < 0.05


def one_of_fifty(loss: float) -> list[float]:
    """Losses of 50 trials of which one differs."""
    return [0.0] * 16 + [loss] + [0.0] * 33


CHOICES = {f"c{n}": hp.choice(f"c{n}", list(range(n))) for n in (2, 3, 5, 10)}
SKEWED_NOISE = {
    "one worse": (uniforms(4), lambda rng: one_of_fifty(1.0)),
    "one better": (uniforms(4), lambda rng: one_of_fifty(-1.0)),
    "one worse, choices": (CHOICES, lambda rng: one_of_fifty(1.0)),
    "a tenth worse, choices": (CHOICES, lambda rng: rng.binomial(1, 0.1, 30)),
    "a tenth worse": (uniforms(4), lambda rng: rng.binomial(1, 0.1, 50)),
    "a fiftieth worse": (uniforms(4), lambda rng: rng.binomial(1, 0.02, 100)),
    "few far worse": (uniforms(4), lambda rng: np.exp(5 * rng.normal(size=50))),
    "few far better": (uniforms(4), lambda rng: -np.exp(5 * rng.normal(size=50))),
}


@pytest.mark.parametrize("name", SKEWED_NOISE)
def test_noise_of_two_values_or_long_tails_makes_nothing_important(name: str) -> None:
    """A rare loss is not explained by its place alone. One of twenty searches may be taken for real."""
    space, draw = SKEWED_NOISE[name]
    sums = []
    for seed in range(20):
        losses = draw(np.random.default_rng(10_000 + seed))
        values = iter(losses)
        trials = searched(lambda p, values=values: float(next(values)), space, len(losses), rand, seed)
        sums.append(sum(parameter_importances(trials, space, normalize=False).values()))
    assert np.sort(sums)[-2] < 0.05


@pytest.mark.parametrize("loss", [lambda p: float(p["x0"] > 0.5), lambda p: float(p["x0"] < 0.2)])
def test_a_step_is_found_in_every_search_of_fifty_trials(loss: Any) -> None:
    """Losses of two values say which parameter decides if both values are frequent; seeds 0 to 19."""
    space = uniforms(4)
    for seed in range(20):
        importances = parameter_importances(searched(loss, space, 50, rand, seed), space)
        assert importances["x0"] > 0.9


def test_parameters_that_matter_together_only_are_found() -> None:
    """Neither of two factors has an effect on the mean loss, but a model of both explains it; seeds 0 to 9."""
    space = uniforms(4)
    for seed in range(10):
        trials = searched(lambda p: (p["x0"] - 0.5) * (p["x1"] - 0.5), space, 50, rand, seed)
        importances = parameter_importances(trials, space)
        assert min(importances["x0"], importances["x1"]) > 0.2


@pytest.mark.parametrize("algo", [rand, tpe])
@pytest.mark.parametrize("seed", range(4))
def test_where_the_best_tenth_is_tied_unused_parameters_have_no_share(algo: Any, seed: int) -> None:
    """Half of the space has the lowest loss, which one parameter decides."""
    space = uniforms(4)
    importances = parameter_importances(searched(lambda p: float(p["x0"] > 0.5), space, 50, algo, seed), space)
    assert importances["x1"] + importances["x2"] + importances["x3"] < 0.05


def test_where_the_worst_is_tied_what_is_better_is_good() -> None:
    """A twentieth of the space is better than all else, which is less than the tenth that is asked for."""
    space = uniforms(3)
    importances = parameter_importances(searched(lambda p: float(p["x0"] > 0.05), space, 200), space)
    assert importances["x0"] > 0.95


@given(
    losses=st.lists(st.sampled_from([0.0, 1.0, 1.0 + 1e-15, 2.0, 7.0]), min_size=2, max_size=12),
    shifts=st.lists(st.floats(-0.3, 0.3), min_size=12, max_size=12),
    quantile=st.floats(0.01, 0.99),
)
def test_a_tie_is_good_as_a_whole_or_not_at_all(losses: list[float], shifts: list[float], quantile: float) -> None:
    """However far predictions of tied losses differ, the limit does not part them."""
    observed = np.array(losses)
    limit = _limit(observed + shifts[: len(losses)], observed, quantile)
    for level in (0.0, 1.0, 2.0, 7.0):
        if np.count_nonzero(np.abs(observed - level) < 0.5) > 1 and len(np.unique(observed.round())) > 1:
            assert not level - 0.3 <= limit < level + 0.3


# ---------------------------------------------------------------------- intervals
def test_intervals_show_what_may_be_chance() -> None:
    """The interval of what matters is far from 0; one that few trials speak of begins at 0."""
    space = uniforms(4)
    intervals = importance_intervals(searched(lambda p: 2 * p["x0"] + p["x1"], space), space)
    assert list(intervals)[:2] == ["x0", "x1"]
    assert intervals["x0"][0] > 0.5
    assert intervals["x1"][0] > 0.05
    assert intervals["x2"] == intervals["x3"] == (0, 0)
    four_bad_trials = searched(lambda p: float(p["x0"] > 0.8), space, 50, tpe, seed=15)
    shares = parameter_importances(four_bad_trials, space)
    chance = importance_intervals(four_bad_trials, space)
    assert all(chance[label][0] == 0 for label, share in shares.items() if share and label != "x0")


def test_the_same_record_gives_the_same_intervals() -> None:
    """The repetitions are the same each time."""
    space, trials = uniforms(2), searched(lambda p: p["x0"] + p["x1"], uniforms(2), 20)
    assert importance_intervals(trials, space) == importance_intervals(trials, space)


@pytest.mark.parametrize("level", [0, 1, float("nan")])
def test_a_level_is_a_share(level: float) -> None:
    """A level outside of (0, 1) raises an error with a correct line."""
    with pytest.raises(ValueError, match=r"level must be between 0 and 1.*level=0\.9"):
        importance_intervals(searched(lambda p: p["x0"], uniforms(1), 3), uniforms(1), level=level)


def test_where_nothing_differs_nothing_matters() -> None:
    """If all losses are equal, all importances are 0."""
    space = uniforms(2)
    assert parameter_importances(searched(lambda p: 0.0, space), space) == {"x0": 0.0, "x1": 0.0}


def test_the_same_record_gives_the_same_importances() -> None:
    """A parsed space gives the same importances as the space it was parsed from."""
    space = uniforms(2)
    trials = searched(lambda p: p["x0"], space)
    assert parameter_importances(trials, space) == parameter_importances(trials, Space(space))


@pytest.mark.parametrize("quantile", [0, 1, -0.5, float("nan")])
def test_a_quantile_is_a_share(quantile: float) -> None:
    """A quantile outside of (0, 1) raises an error with a correct line."""
    space = uniforms(1)
    with pytest.raises(ValueError, match=r"quantile must be between 0 and 1.*quantile=0\.1"):
        parameter_importances(searched(lambda p: p["x0"], space, 3), space, quantile=quantile)


def test_one_loss_is_no_comparison() -> None:
    """With one loss, the error says how many there are."""
    space = uniforms(1)
    with pytest.raises(ValueError, match="at least 2 trials with a loss, got 1 of 1"):
        parameter_importances(searched(lambda p: p["x0"], space, 1), space)


# ---------------------------------------------------------------------- degenerate records
LOSSES = st.one_of(
    st.sampled_from([math.nan, math.inf, -math.inf, 0.0, 1.0, 1.0 + 1e-15, 1e-320, 1e308, -1e308, None]),
    st.floats(allow_nan=False),
)
"""What an objective may return; None is a trial that still runs."""


def with_losses(space: Space, losses: list[float | None], *, same_point: bool) -> Trials:
    """A record of random points, or of one point again and again."""
    trials, rng = Trials(), np.random.default_rng(0)
    points = [space.draw(rng) for _ in losses]
    for number, loss in enumerate(losses):
        trials.record.add(points[0] if same_point else points[number])
        if loss is not None:
            is_ok = math.isfinite(loss)
            trials.record.finish(number, Outcome("ok", loss=loss) if is_ok else Outcome("fail"))
    return trials


def varying(space: Space) -> set[str]:
    """The labels with more than one value."""
    return {dimension.label for dimension in space.dimensions if dimension.distribution.n_values != 1}


@given(
    space=st.one_of(spaces(), awkward_spaces()),
    losses=st.lists(LOSSES, max_size=8),
    same_point=st.booleans(),
    quantile=st.floats(1e-6, 1 - 1e-6),
    normalize=st.booleans(),
)
@settings(max_examples=80, deadline=None)
@pytest.mark.filterwarnings("ignore:hp.")
def test_any_record_has_importances_or_too_few_losses(
    space: Any, losses: list[float | None], same_point: bool, quantile: float, normalize: bool
) -> None:
    """Each label that varies has a share between 0 and 1; normalised, they sum to 1, or are all 0."""
    parsed = Space(space)
    trials = with_losses(parsed, losses, same_point=same_point)
    n_ok = sum(loss is not None and math.isfinite(loss) for loss in losses)
    if n_ok < 2:
        with pytest.raises(ValueError, match=f"at least 2 trials with a loss, got {n_ok} of {len(losses)}"):
            parameter_importances(trials, space, quantile=quantile, normalize=normalize)
        return
    importances = parameter_importances(trials, space, quantile=quantile, normalize=normalize)
    assert set(importances) == varying(parsed)
    assert all(0 <= value <= 1 for value in importances.values())
    if normalize and importances:
        assert sum(importances.values()) in (0, pytest.approx(1))


@given(
    space=st.one_of(spaces(), awkward_spaces()), losses=st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=6),
    same_point=st.booleans(),
)  # fmt: skip
@settings(max_examples=15, deadline=None)
@pytest.mark.filterwarnings("ignore:hp.")
def test_any_record_has_intervals(space: Any, losses: list[float | None], same_point: bool) -> None:
    """Each label that varies has an interval between 0 and 1, however few trials there are to draw from."""
    trials = with_losses(Space(space), losses, same_point=same_point)
    intervals = importance_intervals(trials, space)
    assert set(intervals) == varying(Space(space))
    assert all(0 <= low <= high <= 1 for low, high in intervals.values())


def test_a_label_with_one_value_has_no_importance() -> None:
    """A choice of one option, and an integer below 1, are left out."""
    space = {"c": hp.choice("c", ["only"]), "n": hp.randint("n", 1), "x": hp.uniform("x", 0, 1)}
    importances = parameter_importances(searched(lambda p: p["x"], space, 20), space)
    assert importances == {"x": 1.0}


def test_the_error_for_too_few_losses_says_what_to_do() -> None:
    """It names how many trials have a loss, and what to run."""
    space = Space(uniforms(1))
    with pytest.raises(ValueError, match=r"got 0 of 2; run the search with a larger max_evals, or"):
        parameter_importances(with_losses(space, [math.nan, math.nan], same_point=False), space)


def test_variances_of_a_few_folds_make_nothing_of_noise() -> None:
    """A variance over five folds is itself a guess; taken for known, it would let a model fit chance."""
    space, sums = {name: hp.uniform(name, 0, 1) for name in "abc"}, []
    for seed in range(10):
        rng, trials = np.random.default_rng(seed), Trials()

        def noise(_: Any, rng: np.random.Generator = rng) -> dict[str, Any]:
            folds = rng.normal(size=5)
            return {"status": "ok", "loss": folds.mean(), "loss_variance": folds.var(ddof=1) / 5}

        fmin(noise, space, rand.suggest, 60, trials=trials, rstate=seed, show_progressbar=False)
        sums.append(sum(parameter_importances(trials, space, normalize=False).values()))
    assert max(sums) < 0.05
