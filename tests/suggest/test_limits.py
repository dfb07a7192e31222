"""What algorithms do with trials outside of a limit: they rank after all others, and the model learns the limit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hpsklearn_search import hp
from hpsklearn_search.space import Space
from hpsklearn_search.suggest import anneal, auto, gp, importance, tpe
from hpsklearn_search.suggest.gain import Outlook
from hpsklearn_search.suggest.gp._limits import WithinLimits
from hpsklearn_search.trials import History, Outcome, Trials

SQUARE = Space({"x": hp.uniform("x", 0, 1), "y": hp.uniform("y", 0, 1)})


def filled(n: int, limit: float = 0.4, *, seed: int = 0) -> Trials:
    """Random trials whose loss falls along x, and that are outside where x is above `limit`."""
    rng, trials = np.random.default_rng(seed), Trials()
    for number in range(n):
        point = SQUARE.draw(rng)
        excess = (point["x"] - limit,)
        trials.record.add(point)
        status = "outside" if excess[0] > 0 else "ok"
        trials.record.finish(number, Outcome(status, 1.0 - point["x"] + 0.1 * point["y"], excess=excess))
    return trials


def history(losses: Any, excess: Any) -> History:
    """A history of trials at random points."""
    n = len(losses)
    units, none = np.random.default_rng(0).random((n, 2)), np.zeros(n, dtype=bool)
    return History(SQUARE, units, np.asarray(losses), np.full(n, np.nan), none, none, {}, 0, np.asarray(excess))


@given(
    losses=arrays(float, 12, elements=st.floats(-1e300, 1e300)),
    excess=arrays(float, (12, 2), elements=st.floats(-1e6, 1e6)),
)
def test_losses_of_trials_outside_lie_above_all_others(losses: Any, excess: Any) -> None:
    """Whatever their own losses are; those within keep theirs."""
    seen = history(losses, excess)
    outside = (excess > 0).any(axis=1)
    np.testing.assert_array_equal(seen.losses[~outside], losses[~outside])
    if outside.any() and not outside.all():
        assert seen.losses[outside].min() >= seen.losses[~outside].max()


def test_of_trials_outside_the_nearest_to_the_limit_has_the_lowest_loss() -> None:
    """So an algorithm that only ranks finds its way inside."""
    seen = history([0.5, 0.1, 0.2, np.nan], [[-1.0], [3.0], [0.5], [np.nan]])
    assert np.argsort(seen.losses).tolist() == [0, 2, 1, 3]


def test_what_cannot_be_compared_with_a_limit_is_farthest_outside() -> None:
    """An excess may be infinite."""
    seen = history([0.5, 0.1, 0.2], [[-1.0], [np.inf], [50.0]])
    assert np.argsort(seen.losses).tolist() == [0, 2, 1]


def test_a_trial_is_within_where_its_excess_is_not_known() -> None:
    """As an earlier one without folds."""
    assert history([0.5, 0.1], [[np.nan], [1.0]]).outside.tolist() == [False, True]


def test_the_window_hides_how_far_outside_a_trial_was() -> None:
    """A suggestion may not know it before the outcome."""
    trials = filled(10)
    known = trials.limited_to(6).history(SQUARE)
    assert np.isnan(known.excess[6:]).all()
    assert not np.isnan(known.excess[:6]).any()
    assert not np.isnan(trials.history(SQUARE).excess).any()


def test_the_record_without_limits_has_no_excess() -> None:
    """Nothing changes for a search without them."""
    trials = Trials()
    trials.record.add({"x": 0.5, "y": 0.5})
    trials.record.finish(0, Outcome("ok", 0.5))
    assert trials.history(SQUARE).excess.shape == (1, 0)
    assert not trials.history(SQUARE).outside.any()


def test_the_model_knows_on_which_side_of_the_limit_a_point_lies() -> None:
    """Twenty trials show where it is."""
    within = WithinLimits(filled(20).history(SQUARE))
    shares = np.exp(within.log_probability(np.array([[0.1, 0.5], [0.35, 0.5], [0.45, 0.5], [0.8, 0.5]])))
    assert (shares.round(2) == [1.0, 1.0, 0.0, 0.0]).all()


def test_two_limits_have_to_be_kept_together() -> None:
    """The probability is the product."""
    excess = np.column_stack([np.linspace(-0.5, 0.5, 12), np.linspace(0.5, -0.5, 12)])
    both = history(np.zeros(12), excess)
    first, second = (history(np.zeros(12), excess[:, [i]]) for i in (0, 1))
    x = np.random.default_rng(1).random((9, 2))
    alone = WithinLimits(first).log_probability(x) + WithinLimits(second).log_probability(x)
    np.testing.assert_allclose(WithinLimits(both).log_probability(x), alone)


@pytest.mark.parametrize("algo", [gp.suggest, auto.suggest, tpe.suggest, anneal.suggest])
def test_suggestions_go_to_where_the_best_within_the_limit_is(algo: Any) -> None:
    """The lowest losses lie at x = 1, outside; within, the best is at x = 0.4."""
    trials = filled(40)
    points = [algo([40], SQUARE, trials, seed)[0]["x"] for seed in range(30)]
    assert np.median(points) < 0.5
    assert np.median(points) > 0.2


def test_the_process_comes_close_to_the_limit() -> None:
    """A model of the limit leads nearer to it than a model of failures."""
    points = [gp.suggest([40], SQUARE, filled(40), seed)[0]["x"] for seed in range(20)]
    assert np.quantile(np.abs(np.array(points) - 0.4), 0.75) < 0.05


def test_while_nothing_is_within_the_way_inside_is_searched() -> None:
    """The losses do not count then: they fall in the other direction."""
    trials = Trials()
    for number, x in enumerate(np.linspace(0.5, 1.0, 12)):
        trials.record.add({"x": float(x), "y": 0.5})
        trials.record.finish(number, Outcome("outside", 1.0 - float(x), excess=(float(x) - 0.2,)))
    points = [gp.suggest([12], SQUARE, trials, seed)[0]["x"] for seed in range(10)]
    assert np.median(points) < 0.3


def test_the_expected_gain_is_over_the_best_within() -> None:
    """Its standard error too: that of the lower loss outside is not looked at."""
    n = 20
    units, none = np.random.default_rng(0).random((n, 2)), np.zeros(n, dtype=bool)
    losses, variances = 1.0 - units[:, 0], np.where(units[:, 0] > 0.5, 1.0, 1e-4)
    seen = History(SQUARE, units, losses, variances, none, none, {}, 0, (units[:, :1] - 0.5))
    assert Outlook.of(seen).error == pytest.approx(0.01)


def test_no_gain_is_expected_of_what_lies_outside() -> None:
    """With the best within the limit found, the lower losses beyond it are no gain; without a limit they are."""
    n = 40
    units, none = np.random.default_rng(0).random((n, 2)), np.zeros(n, dtype=bool)
    losses = 1.0 - units[:, 0]
    seen = History(SQUARE, units, losses, np.full(n, np.nan), none, none, {}, 0, (units[:, :1] - 0.5))
    rows = units[:, 0] <= 0.5
    within = History(SQUARE, units[rows], losses[rows], np.full(rows.sum(), np.nan), none[rows], none[rows], {})
    assert Outlook.of(seen).gain < 0.05
    assert Outlook.of(within).gain > 0.1


def test_as_long_as_nothing_is_within_the_gain_is_not_known() -> None:
    """No rule may end the search then."""
    n = 20
    units, none = np.random.default_rng(0).random((n, 2)), np.zeros(n, dtype=bool)
    seen = History(SQUARE, units, units[:, 0], np.full(n, np.nan), none, none, {}, 0, np.ones((n, 1)))
    assert Outlook.of(seen).gain == np.inf


def test_importances_count_a_trial_outside_as_a_bad_one() -> None:
    """Here x alone decides, and y does not matter."""
    shares = importance.parameter_importances(filled(80), SQUARE)
    assert shares["x"] > 0.8
