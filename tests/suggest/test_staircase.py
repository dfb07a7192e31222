"""The steps of the two model-based algorithms, one by one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import chisquare, multivariate_normal, norm

from hpsklearn_search import hp
from hpsklearn_search.space import Space
from hpsklearn_search.suggest._startup import free_strata, startup_points
from hpsklearn_search.suggest._under_explored import restricted_to, under_explored_option, under_explored_value
from hpsklearn_search.suggest.gp import _suggest as gp_suggest
from hpsklearn_search.suggest.gp._improvement import log_improvement
from hpsklearn_search.suggest.gp._kernel import covariance, distances, matern, matern_slope
from hpsklearn_search.suggest.gp._losses import normal_scores, relative_noise, standardise
from hpsklearn_search.suggest.gp._process import GaussianProcess, _likelihood, fit_weights
from hpsklearn_search.suggest.tpe import DensityRatio
from hpsklearn_search.suggest.tpe._densities import Mixture, Mixtures
from hpsklearn_search.suggest.tpe._split import rank_weights, splits, thin
from hpsklearn_search.trials import History, Outcome, Trials

ONE = Space({"x": hp.uniform("x", 0, 1)})
WEIGHTED = hp.pchoice("a", [(0.5, "p"), (0.3, "q"), (0.2, "r")])
LINE, OPTIONS = ONE.layout, Space(WEIGHTED).layout
EMPTY = np.array([])


@given(st.floats(0, 1), st.floats(0.02, 2.0), st.floats(0.1, 5.0))
@settings(max_examples=30, deadline=None)
def test_a_numeric_mixture_integrates_to_one(m: float, h: float, prior: float) -> None:
    """The density integrates to 1 over the unit interval, although the tails of its kernels are cut off."""
    mixture = Mixture(LINE, np.array([[m], [0.3]]), np.array([1.5, 0.5]), np.array([h]), EMPTY, prior)
    total, _ = quad(lambda x: float(np.exp(log_density(mixture, np.array([[x]]))[0])), 0, 1, points=[m, 0.3], limit=200)
    assert total == pytest.approx(1.0, abs=1e-6)


QUANTISED = (
    hp.quniform("x", 0, 10, 2.5), hp.uniformint("x", 1, 5), hp.randint("x", 2), hp.loguniformint("x", 1, 300),
    hp.quniform("x", 0, 1, 0.01), hp.qnormal("x", 0, 1, 1), hp.uniformint("x", 1, 60),
)  # fmt: skip


@given(
    node=st.sampled_from(QUANTISED), at=st.lists(st.floats(0, 1), min_size=1, max_size=4), h=st.floats(0.005, 1.0),
    prior=st.floats(0.1, 5.0),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_the_masses_on_a_quantised_axis_sum_to_one(node: Any, at: list[float], h: float, prior: float) -> None:
    """The density times the prior's mass, summed over all values, is 1, however small the bandwidth is."""
    distribution, layout = Space(node).dimensions[0].distribution, Space(node).layout
    values = np.unique(distribution.snap(np.linspace(0, 1, 20_001)))
    left, right = distribution.cells(values)
    points = distribution.snap(np.array(at))[:, None]
    mixture = Mixture(layout, points, np.ones(len(points)), np.array([h]), EMPTY, prior)
    total = float(np.exp(log_density(mixture, values[:, None])) @ (right - left))
    assert total == pytest.approx(1.0, abs=1e-3)  # a cell of less than a tenth of a bandwidth counts by its centre


@pytest.mark.parametrize("h", [0.05, 0.2])
def test_draws_on_a_quantised_axis_follow_the_masses(h: float) -> None:
    """By a chi-square test at the level 0.001, 10,000 draws follow the density times the prior's mass."""
    layout = Space(hp.uniformint("x", 1, 5)).layout
    mixture = Mixture(layout, np.array([[0.1], [0.7]]), np.array([1.0, 2.0]), np.array([h]), EMPTY, 1.0)
    x = layout.snap(mixture.sample(10_000, np.random.default_rng(0)))[:, 0]
    counts = np.bincount((x * 5).astype(int), minlength=5)
    masses = np.exp(log_density(mixture, (np.arange(5) + 0.5)[:, None] / 5)) / 5
    assert chisquare(counts, 10_000 * masses / masses.sum()).pvalue > 0.001


def test_masses_in_far_tails_have_a_finite_ratio() -> None:
    """Also a cell that is many bandwidths away, or narrower than a float can tell, has a density."""
    layout = Space([hp.uniformint("n", 1, 5), hp.qnormal("q", 0, 1, 1)]).layout
    mixture = Mixture(layout, np.array([[0.1, 0.5]]), np.ones(1), np.array([0.005, 0.005]), EMPTY, 1.0)
    q = layout.distributions[1].to_unit(7.0)
    assert np.isfinite(log_density(mixture, np.array([[0.9, q], [0.1, q], [0.9, 0.5], [0.1, np.nan]]))).all()


def test_a_mixture_over_options_sums_to_one() -> None:
    """The density is relative to the prior, so its sum weighted by the prior is 1."""
    mixture = Mixture(OPTIONS, np.array([[0.0], [2.0]]), np.ones(2), EMPTY, np.array([0.3]), 1.0)
    density = np.exp(log_density(mixture, np.array([[0.0], [1.0], [2.0]])))
    assert density @ OPTIONS.priors[0] == pytest.approx(1.0)


def test_an_inactive_axis_has_density_one() -> None:
    """An axis that is inactive in the candidate or the kernel does not change the density."""
    plane = Space([hp.uniform("x", 0, 1), hp.uniform("y", 0, 1)]).layout
    h = np.array([0.1, 0.1])
    lacks = Mixture(plane, np.array([[0.5, np.nan]]), np.ones(1), h, EMPTY, 1.0)
    only = Mixture(LINE, np.array([[0.5]]), np.ones(1), h[:1], EMPTY, 1.0)
    x = np.array([[0.45, 0.9], [0.2, np.nan]])
    np.testing.assert_allclose(log_density(lacks, x), log_density(only, x[:, :1]))


def test_mixtures_evaluated_together_have_the_densities_of_each() -> None:
    """Each mixture has the density that it has alone; they differ in size, and one density exceeds all floats."""
    layout = Space([hp.uniform("x", 0, 1), WEIGHTED, hp.uniform("y", 0, 1)]).layout
    rng = np.random.default_rng(0)

    def points(n: int) -> np.ndarray:
        drawn = np.column_stack([rng.random(n), rng.integers(3, size=n), rng.random(n)])
        drawn[rng.random((n, 3)) < 0.2] = np.nan
        return drawn

    mixtures = tuple(
        Mixture(layout, points(n), rng.random(n), np.array([h, 2 * h]), np.array([w]), 1.0)
        for n, h, w in ((1, 0.3, 0.5), (7, 0.1, 0.2), (20, 1e-150, 0.1))
    )
    x = np.vstack([points(30), mixtures[2].points])
    separate = [Mixtures((mixture,)).log_densities(x)[:, 0] for mixture in mixtures]
    assert np.max(separate) > 600
    np.testing.assert_allclose(Mixtures(mixtures).log_densities(x), np.transpose(separate))


def test_a_density_too_large_for_a_float_has_a_logarithm() -> None:
    """The density of a kernel over 400 axes is right at its own point, and where only the prior is left."""
    d = 400
    layout = Space([hp.uniform(f"x{i}", 0, 1) for i in range(d)]).layout
    mixture = Mixture(layout, np.full((1, d), 0.5), np.ones(1), np.full(d, 0.01), EMPTY, 1.0)
    highest = d * norm.logpdf(0.0, scale=0.01)
    assert highest > 1000
    logs = log_density(mixture, np.vstack([np.full(d, 0.5), np.zeros(d)]))
    np.testing.assert_allclose(logs, [highest - np.log(2), -np.log(2)])


def test_samples_follow_the_density() -> None:
    """By Kolmogorov's test at the level 0.001, 10,000 draws follow the distribution function."""
    mixture = Mixture(LINE, np.array([[0.1], [0.8]]), np.array([1.0, 2.0]), np.array([0.05]), EMPTY, 1.0)
    x = np.sort(mixture.sample(10_000, np.random.default_rng(0))[:, 0])
    grid = np.linspace(0, 1, 4001)
    density = np.exp(log_density(mixture, grid[:, None]))
    cdf = np.cumsum(density) / density.sum()
    gap = np.abs(np.interp(x, grid, cdf) - np.arange(10_000) / 10_000).max()
    assert gap < 1.95 / np.sqrt(10_000)


@given(st.lists(st.one_of(st.floats(-5, 5), st.just(float("nan"))), min_size=1, max_size=200), st.floats(0.05, 1.0))
def test_the_split_is_a_partition_with_failures_above(losses: list[float], gamma: float) -> None:
    """Every trial is good or bad; a failed one is never good, and no bad one is better than a good one."""
    values = np.array(losses)
    (below, above), *_ = splits(values, (gamma,))
    assert sorted([*below, *above]) == list(range(len(values)))
    assert not np.isnan(values[below]).any()
    assert len(below) <= 25
    if len(below) and not np.isnan(values[above]).all():
        assert np.max(values[below]) <= np.nanmin(values[above])


@pytest.mark.parametrize(("n", "good"), [(3, [1]), (40, [2, 10]), (200, [10, 25]), (1000, [25])])
def test_shares_with_the_same_good_trials_make_one_split(n: int, good: list[int]) -> None:
    """With few trials, or so many that both shares reach the maximum, the two shares are one split."""
    assert [len(below) for below, _ in splits(np.arange(float(n)), (0.05, 0.25))] == good


def test_weights_fall_with_the_rank() -> None:
    """The best trial has the largest weight; the mean is 1."""
    weights = rank_weights(7)
    assert (np.diff(weights) < 0).all()
    assert weights.mean() == pytest.approx(1.0)


def test_kernels_of_bad_trials_are_wider_where_good_trials_differ() -> None:
    """Bad trials cover two axes equally; on the axis where good trials agree, their kernels are sharper."""
    space = Space({"x": hp.uniform("x", 0, 1), "y": hp.uniform("y", 0, 1)})
    line = np.linspace(0.05, 0.95, 10)
    good = [{"x": 0.5, "y": y} for y in line]
    bad = [{"x": x, "y": x} for x in np.linspace(0, 1, 57)]
    history = tried(space, *good, *bad, losses=[0.0] * len(good) + [1.0] * len(bad))
    sharp, wide = DensityRatio.fit(history, gammas=(0.15,)).bad[0].bandwidths
    assert sharp < 0.75 * wide


def test_the_score_is_the_mean_over_the_shares_of_good_trials() -> None:
    """The score is the mean of equation (6) over one ratio for each share."""
    history = tried(ONE, *({"x": x} for x in np.linspace(0, 1, 40)), losses=list(np.linspace(-0.5, 1, 40) ** 2))
    x = np.linspace(0, 1, 9)[:, None]
    few, many = (DensityRatio.fit(history, gammas=(gamma,)).score(x) for gamma in (0.05, 0.25))
    np.testing.assert_allclose(DensityRatio.fit(history, gammas=(0.05, 0.25)).score(x), (few + many) / 2)


def test_candidates_come_from_each_share_of_good_trials() -> None:
    """Half of the candidates come from the best two (right), half from the best ten, of which eight are on the left."""
    history = tried(ONE, *({"x": 0.95 if i < 2 else 0.05} for i in range(40)), losses=range(40))
    x = DensityRatio.fit(history, prior=1e-9, gammas=(0.05, 0.25)).sample(401, np.random.default_rng(0))[:, 0]
    assert len(x) == 401
    assert (x[:200] > 0.5).mean() > 0.9
    assert (x[200:] < 0.5).mean() > 0.5


def test_a_long_history_is_thinned_evenly() -> None:
    """The first and the last row are kept."""
    rows = thin(np.arange(10_000), 100)
    assert len(rows) == 100
    assert (rows[0], rows[-1]) == (0, 9_999)


def test_strata_are_filled_before_any_is_used_twice() -> None:
    """Ten points fill ten strata."""
    rng, taken = np.random.default_rng(0), np.array([])
    for _ in range(10):
        stratum = rng.choice(free_strata(taken, 10))
        taken = np.append(taken, (stratum + rng.random()) / 10)
    assert sorted((taken * 10).astype(int)) == list(range(10))


def test_the_first_trial_on_an_axis_is_in_its_middle() -> None:
    """The first trial is in the middle of its active axes, and so is the first trial of each branch."""
    left = {"kind": "left", "x": hp.uniform("x", 0, 10)}
    right = {"kind": "right", "y": hp.loguniform("y", math.log(1e-4), math.log(1e2)), "n": hp.uniformint("n", 1, 9)}
    space = Space({"z": hp.uniform("z", -1, 1), "branch": hp.choice("branch", [left, right])})
    rng, points = np.random.default_rng(0), []
    for _ in range(4):
        points += startup_points(tried(space, *points), 18, 1, rng)
    assert points[0]["z"] == 0.0
    assert all(point["z"] != 0.0 for point in points[1:])
    firsts = [next(point for point in points if point["branch"] == branch) for branch in (0, 1)]
    assert firsts[0]["x"] == 5.0
    assert firsts[1]["y"] == pytest.approx(0.1)
    assert firsts[1]["n"] == 5


def test_one_of_several_first_points_is_in_the_middle() -> None:
    """If several points are asked for together, only the first one is in the middle."""
    points = startup_points(tried(ONE), 10, 5, np.random.default_rng(0))
    assert [point["x"] == 0.5 for point in points] == [True, False, False, False, False]


# ---------------------------------------------------------------------- the Gaussian process
def test_the_slope_of_the_covariance_is_its_derivative() -> None:
    """Equation (3) agrees with differences of equation (2)."""
    r, step = np.linspace(0.01, 4, 50), 1e-6
    np.testing.assert_allclose(matern_slope(r), (matern(r + step) - matern(r - step)) / (2 * step), rtol=1e-4)


def test_distances_know_options_and_inactivity() -> None:
    """Different options have distance 1, two inactive points 0, an active and an inactive one 1/4."""
    x = np.array([[3.0, np.nan], [7.0, 0.5], [3.0, np.nan]])
    d = distances(x, x, np.array([True, False]))
    assert d[0].tolist() == [[0, 1, 0], [1, 0, 1], [0, 1, 0]]
    assert d[1].tolist() == [[0, 0.25, 0], [0.25, 0, 0.25], [0, 0.25, 0]]


def test_the_posterior_mean_interpolates_the_losses() -> None:
    """With almost no noise, the mean at a point is its loss, and the deviation is almost 0."""
    x = np.random.default_rng(0).random((12, 2))
    y = np.sin(5 * x[:, 0]) + x[:, 1]
    process = GaussianProcess.condition_on(x, y, np.array([False, False]), np.array([2.0, 2.0, np.log(1e-6)]))
    mean, deviation = process.mean_and_deviation(x)
    np.testing.assert_allclose(mean, y, atol=1e-3)
    assert deviation.max() < 0.05


def test_the_fitted_losses_are_the_posterior_mean_at_the_points() -> None:
    """This holds if some trials are noisier than others."""
    rng = np.random.default_rng(2)
    x, y, noisiness = rng.random((12, 2)), rng.normal(size=12), rng.uniform(0.5, 2, 12)
    process = GaussianProcess.condition_on(x, y, np.array([False, True]), np.log([3.0, 2.0, 0.1]), noisiness)
    np.testing.assert_allclose(process.fitted, process.mean(x), atol=1e-9)


def test_weights_find_the_axis_that_matters() -> None:
    """A function of the first of three axes gives that axis the shortest length."""
    x = np.random.default_rng(1).random((40, 3))
    y = np.sin(6 * x[:, 0])
    theta = fit_weights(distances(x, x, np.zeros(3, dtype=bool)), (y - y.mean()) / y.std(), np.ones(40))
    assert theta[0] > theta[1] + 2
    assert theta[0] > theta[2] + 2


def test_fitted_weights_are_more_likely_than_the_start() -> None:
    """By scipy's density of the losses, the fitted weights are more likely than the initial ones."""
    x = np.random.default_rng(2).random((25, 2))
    y = np.cos(4 * x[:, 0]) + 0.1 * x[:, 1]
    y = (y - y.mean()) / y.std()
    no_options = np.zeros(2, dtype=bool)

    def log_likelihood(theta: np.ndarray) -> float:
        process = GaussianProcess.condition_on(x, y, no_options, theta)
        covariance = process.variance * (process.factor @ process.factor.T)
        return float(multivariate_normal(cov=covariance).logpdf(y))

    fitted = fit_weights(distances(x, x, no_options), y, np.ones(25))
    assert log_likelihood(fitted) > log_likelihood(np.array([0.0, 0.0, np.log(1e-3)]))


@given(st.lists(st.integers(-20, 20), min_size=2, max_size=30))
def test_normal_scores_depend_on_the_order_alone(losses: list[int]) -> None:
    """An increasing function of the losses has the same scores; scores increase with losses, and failures are worst."""
    values = np.array([*losses, np.nan])
    scores = normal_scores(values)
    np.testing.assert_allclose(scores, normal_scores(np.exp(values / 4)))
    order = np.argsort(losses, kind="stable")
    assert (np.diff(scores[order]) >= -1e-12).all()
    assert scores[-1] == scores.max()


def test_with_branches_the_process_sees_ranks_half_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 60 suggestions 15 to 45 use ranks (a false alarm once in 10,000 times); without branches none does."""
    looks: list[int] = []

    def counted(losses: np.ndarray) -> np.ndarray:
        looks.append(len(losses))
        return normal_scores(losses)

    monkeypatch.setattr(gp_suggest, "normal_scores", counted)
    options = [{"kind": k, "x": hp.uniform(f"x{k}", 0, 1)} for k in "ab"]
    for space, least, most in ((ONE, 0, 0), (Space({"branch": hp.choice("branch", options)}), 15, 45)):
        looks.clear()
        points = [space.draw(np.random.default_rng(i)) for i in range(20)]
        trials = recorded(*points, losses=list(np.random.default_rng(0).random(20)))
        for seed in range(60):
            gp_suggest.suggest([20], space, trials, seed)
        assert least <= len(looks) <= most


def test_normal_scores_are_quantiles_of_the_normal_distribution() -> None:
    """Four losses have the quantiles at 1/8, 3/8, 5/8 and 7/8."""
    quantiles = norm.ppf([1 / 8, 3 / 8, 5 / 8, 7 / 8])
    np.testing.assert_allclose(
        normal_scores(np.array([5.0, -1.0, 2.0, 900.0])), quantiles[[2, 0, 1, 3]] / quantiles.std()
    )


@given(st.floats(-30, 5), st.floats(0.01, 10))
def test_the_improvement_is_its_integral(z: float, deviation: float) -> None:
    """Where the plain formula does not underflow, its logarithm is the same."""
    mean = -z * deviation
    plain = deviation * (norm.pdf(z) + z * norm.cdf(z))
    improvement = log_improvement(0.0, np.array([mean]), np.array([deviation]))[0]
    if z > -5:
        assert improvement == pytest.approx(np.log(plain), abs=1e-6)
    assert np.isfinite(improvement)


def test_the_improvement_keeps_falling_where_it_underflows() -> None:
    """The best of several hopeless candidates still has the largest value."""
    means = np.array([10.0, 50.0, 200.0, 2000.0])
    assert (np.diff(log_improvement(0.0, means, np.ones(4))) < 0).all()


def test_the_gradient_of_the_likelihood_is_its_derivative() -> None:
    """Equation (5) agrees with differences of equation (4), with an inactive axis and unequal noise."""
    rng = np.random.default_rng(3)
    x = rng.random((15, 3))
    x[::3, 2] = np.nan
    y, noisiness = rng.normal(size=15), rng.uniform(0.5, 2.0, 15)
    lower = np.tril_indices(15, -1)
    pairs = distances(x, x, np.zeros(3, dtype=bool))[:, lower[0], lower[1]]
    theta, step = np.array([1.0, 2.0, 0.5, np.log(0.05)]), 1e-6
    _, gradient = _likelihood(theta, pairs, lower, y, noisiness)
    for i, direction in enumerate(np.eye(4) * step):
        up, down = (_likelihood(theta + sign * direction, pairs, lower, y, noisiness)[0] for sign in (1, -1))
        assert gradient[i] == pytest.approx((up - down) / (2 * step), rel=1e-4, abs=1e-6)


def test_the_covariance_of_a_point_with_itself_is_one() -> None:
    """The diagonal is 1 for any weights, so both parts of the covariance are scaled."""
    x = np.random.default_rng(4).random((5, 3))
    matrix = covariance(np.array([0.1, 5.0, 100.0]), distances(x, x, np.zeros(3, dtype=bool)))
    np.testing.assert_allclose(matrix.diagonal(), 1.0)
    assert np.linalg.eigvalsh(matrix).min() > 0


def test_a_noisier_trial_counts_less() -> None:
    """With two losses at one point, the mean is closer to the loss with the smaller variance."""
    noisiness = relative_noise(np.array([0.01, 0.04, np.nan]))
    assert noisiness[0] < noisiness[1]
    assert noisiness[2] == 1.0
    x = np.array([[0.5], [0.5]])
    theta = np.array([1.0, np.log(0.1)])
    process = GaussianProcess.condition_on(x, np.array([-1.0, 1.0]), np.array([False]), theta, noisiness[:2])
    assert process.mean(x[:1])[0] < 0


@pytest.mark.parametrize("loss", [0.5, 0.0, -3.0, 1e17, -1e17, 1e308])
def test_a_failed_trial_is_worse_than_ok_ones_that_are_all_alike(loss: float) -> None:
    """The process learns where trials fail even if all losses are equal, and so large that adding 1 changes nothing."""
    y = standardise(np.array([loss, np.nan, loss, np.nan]))
    assert y[0] == y[2] < y[1] == y[3]


# ---------------------------------------------------------------------- options that were tried least
def tried(space: Space, *points: dict[str, float], losses: Sequence[float] = ()) -> History:
    """A history of finished trials at these points, by default with the loss 0."""
    return recorded(*points, losses=losses or [0.0] * len(points)).history(space)


def recorded(*points: dict[str, float], losses: Sequence[float]) -> Trials:
    """Finished trials at these points."""
    trials = Trials()
    for point, loss in zip(points, losses, strict=True):
        outcome = Outcome("fail") if math.isnan(loss) else Outcome("ok", loss=loss)
        trials.record.finish(trials.record.add(point).number, outcome)
    return trials


def test_the_least_tried_branch_is_the_under_explored_one() -> None:
    """Only choices that are always active count; a choice under another choice does not."""
    space = Space(hp.choice("a", [{"b": hp.choice("b", ["p", "q"])}, "r", "s"]))
    history = tried(space, *({"a": a, "b": 0} if a == 0 else {"a": a} for a in (0, 0, 1, 1, 2)), losses=[0, 1, 1, 1, 1])
    assert {under_explored_option(history, np.random.default_rng(seed)) for seed in range(50)} == {None, (0, 2)}
    assert {under_explored_value(history, np.random.default_rng(seed)) for seed in range(50)} == {None}


def test_the_least_tried_value_is_the_under_explored_one() -> None:
    """In spaces without branches, 15 of 100 suggestions take the least tried value."""
    space = Space(hp.choice("a", ["p", "q"]))
    history = tried(space, {"a": 0}, {"a": 0}, {"a": 1}, losses=[0, 1, 1])
    options = [under_explored_value(history, np.random.default_rng(seed)) for seed in range(2000)]
    assert set(options) == {None, (0, 1)}
    assert np.mean([option is not None for option in options]) == pytest.approx(0.15, abs=0.035)
    assert {under_explored_option(history, np.random.default_rng(seed)) for seed in range(50)} == {None}


def test_branches_are_tried_again_more_often_the_longer_nothing_better_was_found() -> None:
    """No suggestion does so right after a success; after many trials without one, two of five do."""
    space = Space(hp.choice("a", [{"x": hp.uniform("x", 0, 1)}, "r"]))

    def share(losses: list[float]) -> float:
        history = tried(space, *({"a": 1} for _ in losses), losses=losses)
        return float(
            np.mean([under_explored_option(history, np.random.default_rng(s)) is not None for s in range(2000)])
        )

    assert share([1.0, 0.0]) == 0
    assert share([0.0] + [1.0] * 10) == pytest.approx(0.2, abs=0.04)  # four deviations of a share of 2,000
    assert share([0.0] + [1.0] * 1000) == pytest.approx(0.4, abs=0.05)


@pytest.mark.parametrize(
    ("losses", "is_given_up"),
    [
        ([9.0, 8.0, 5.0, 4.0], False),  # gained 4 in its later half: at this pace as good as the best soon
        ([9.0, 4.2, 4.0, 4.1], True),  # gained 0.2, and is 3 behind
        ([9.0, 4.2, 4.0], False),  # too few to tell
        ([math.nan] * 4, True),
        ([math.nan, math.nan, 9.0, 8.0], False),
    ],
)
def test_a_branch_that_no_longer_gains_is_given_up(losses: list[float], is_given_up: bool) -> None:
    """A branch is given up if it neither gains nor is ahead; before, it is tried again."""
    space = Space(hp.choice("a", [{"x": hp.uniform("x", 0, 1)}, "r"]))
    others = [1.0] * 20
    history = tried(
        space, *({"a": 0, "x": 0.5} for _ in losses), *({"a": 1} for _ in others), losses=[*losses, *others]
    )
    options = {under_explored_option(history, np.random.default_rng(seed)) for seed in range(50)}
    assert ((0, 0) not in options) == is_given_up


def test_points_that_were_learned_elsewhere_say_nothing_of_a_branch() -> None:
    """A branch is neither given up for its own learned point, nor for the learned point of another one."""
    space = Space(hp.choice("a", [{"x": hp.uniform("x", 0, 1)}, "r"]))
    points = [*({"a": 0, "x": 0.5} for _ in range(4)), *({"a": 1} for _ in range(20))]
    history = tried(space, *points, losses=[2.0, 9.0, 8.0, 7.0, *[1.0] * 20])
    known = np.arange(24) == 0
    for learned, is_given_up in ((~known & known, True), (known, False)):
        seen = replace(history, known=learned)
        options = {under_explored_option(seen, np.random.default_rng(seed)) for seed in range(50)}
        assert ((0, 0) not in options) == is_given_up


def test_a_history_can_be_restricted_to_an_option() -> None:
    """The restricted history has the losses of those trials only."""
    space = Space(hp.choice("a", [{"x": hp.uniform("x", 0, 1)}, "r"]))
    history = tried(space, {"a": 0, "x": 0.3}, {"a": 1}, {"a": 0, "x": 0.6}, losses=[3.0, 1.0, 2.0])
    assert restricted_to(history, (0, 0)).losses.tolist() == [3.0, 2.0]


def log_density(mixture: Mixture, x: np.ndarray) -> np.ndarray:
    """The log density of a single mixture, shape (m,)."""
    return Mixtures((mixture,)).log_densities(x)[:, 0]
