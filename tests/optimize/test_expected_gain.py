"""`early_stop_fn=no_expected_gain(share)`, and the figure that it looks at."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.base import BaseEstimator

from hpsklearn_search import HyperoptSearchCV, Trials, fmin, hp, no_expected_gain, rand
from hpsklearn_search.space import Space
from hpsklearn_search.suggest import Outlook
from hpsklearn_search.suggest.gain import N_DRAWS, _batch_improvement, _joint
from hpsklearn_search.suggest.gp._process import GaussianProcess
from hpsklearn_search.trials import History

SQUARE = {"x": hp.uniform("x", -1, 1), "y": hp.uniform("y", -1, 1)}
ROWS, TARGET = np.arange(40.0)[:, None], np.zeros(40)


class Bowl(BaseEstimator):
    """An estimator whose score is a bowl, and a little different on each fold."""

    def __init__(self, x: float = 0.0, y: float = 0.0) -> None:
        self.x, self.y = x, y

    def fit(self, X: Any, y: Any = None) -> Bowl:
        """Do nothing."""
        return self

    def score(self, X: Any, y: Any = None) -> float:
        """High near (0.3, -0.2)."""
        return 1.0 - (self.x - 0.3) ** 2 - (self.y + 0.2) ** 2 + 0.01 * float(X.mean() - 19.5)


def history(losses: Any, *, variances: Any = None, pending: Any = None, seed: int = 0) -> History:
    """Trials at random points of the square."""
    losses = np.array(losses, dtype=float)
    n, units = len(losses), np.random.default_rng(seed).random((len(losses), 2))
    variances = np.full(n, np.nan) if variances is None else np.array(variances, dtype=float)
    none = np.zeros(n, bool)
    return History(Space(SQUARE), units, losses, variances, none if pending is None else pending, none, {})


def bowl(n: int, seed: int = 0) -> Any:
    """The losses of a bowl at those points."""
    return ((np.random.default_rng(seed).random((n, 2)) - 0.4) ** 2).sum(axis=1)


# ---------------------------------------------------------------------- the figure
def test_the_gain_of_one_point_is_the_expectation_of_a_difference_of_normals() -> None:
    """With m and s those of f(x0) - f(x1), it is s phi(m/s) + m Phi(m/s)."""
    x = np.random.default_rng(3).random((6, 2))
    process = GaussianProcess.condition_on(x, np.sin(5 * x[:, 0]), np.zeros(2, bool), np.array([1.0, 1.0, -4.0]))
    best, point = x[[0]], np.array([[0.5, 0.5]])
    mean, joint = _joint(process, np.vstack([best, point]))
    m, s = mean[0] - mean[1], math.sqrt(joint[0, 0] + joint[1, 1] - 2 * joint[0, 1])
    exact = s * norm.pdf(m / s) + m * norm.cdf(m / s)
    # The deviation of the mean of the draws is below s / sqrt(n); the seed is fixed.
    assert _batch_improvement(process, best, point) == pytest.approx(exact, abs=3 * s / math.sqrt(N_DRAWS))


def test_joint_moments_agree_with_those_of_single_points() -> None:
    """The diagonal holds the variances."""
    x = np.random.default_rng(4).random((8, 2))
    process = GaussianProcess.condition_on(x, x.sum(axis=1), np.zeros(2, bool), np.array([1.0, 1.0, -4.0]))
    points = np.random.default_rng(5).random((5, 2))
    mean, joint = _joint(process, points)
    expected_mean, deviation = process.mean_and_deviation(points)
    assert mean == pytest.approx(expected_mean)
    assert np.sqrt(joint.diagonal()) == pytest.approx(deviation)


@given(st.floats(1e-3, 1e3), st.floats(-100, 100))
@settings(max_examples=15)
def test_the_gain_is_in_units_of_the_loss(scale: float, shift: float) -> None:
    """Losses on another scale have a gain on that scale."""
    losses = bowl(20)
    gain = Outlook.of(history(losses)).gain
    assert Outlook.of(history(scale * losses + shift)).gain == pytest.approx(scale * gain, rel=0.05, abs=1e-9 * scale)


def test_less_is_expected_the_more_is_known() -> None:
    """The gain falls with the number of trials."""
    few, many = (Outlook.of(history(bowl(n))).gain for n in (8, 80))
    assert 0 <= many < few / 5


def test_trials_that_run_have_no_part_in_it() -> None:
    """A seeded search sees the same figure, whatever else was handed out."""
    losses = bowl(24)
    losses[20:] = np.nan
    with_pending = Outlook.of(history(losses, pending=np.arange(24) >= 20))
    whole = history(losses)
    none = np.zeros(20, bool)
    alone = History(whole.space, whole.units[:20], losses[:20], whole.variances[:20], none, none, {})
    assert with_pending == Outlook.of(alone)


def test_the_error_is_that_of_the_best_loss() -> None:
    """It is the root of its variance, and the model's noise where there is none."""
    losses = bowl(20)
    variances = np.linspace(1, 2, 20)
    assert Outlook.of(history(losses, variances=variances)).error == math.sqrt(variances[losses.argmin()])
    assert 0 < Outlook.of(history(losses)).error < np.ptp(losses)


@pytest.mark.parametrize(
    "losses",
    [[1.0] * 20, [np.nan] * 20, [0.5], [1e-300, 1e-250, 1e-200, 1e-20, 1e300]],
    ids=["equal", "failed", "one", "magnitudes"],
)
def test_losses_that_tell_nothing_promise_no_end(losses: list[float]) -> None:
    """The gain is infinite, so no rule stops."""
    assert Outlook.of(history(losses)).in_errors == math.inf


def test_a_tie_of_more_than_half_has_a_figure() -> None:
    """As for an accuracy of few rows."""
    losses = np.maximum(np.round(bowl(30), 1), 0.2)
    assert np.mean(losses == losses.min()) > 0.5
    assert 0 <= Outlook.of(history(losses)).gain < np.ptp(losses)


# ---------------------------------------------------------------------- the rule
def searched(**options: Any) -> HyperoptSearchCV:
    """A search over the bowl, with the rule."""
    given_options = {"max_evals": 100, "random_state": 0, "cv": 4, "early_stop_fn": no_expected_gain(0.1), **options}
    return HyperoptSearchCV(Bowl(), SQUARE, **given_options).fit(ROWS, TARGET)


def test_a_search_ends_when_little_is_expected() -> None:
    """Long before max_evals, and near the optimum."""
    search = searched()
    assert search.stop_reason_ == "early_stop_fn"
    assert 35 <= search.n_trials_ < 60
    assert search.best_params_["x"] == pytest.approx(0.3, abs=0.05)


def test_a_resumed_search_ends_where_the_uninterrupted_one_does(tmp_path: Path) -> None:
    """The rule looks at the trials alone."""
    path = tmp_path / "search.db"
    searched(max_evals=23, trials_save_file=path, refit=False)
    again = searched(trials_save_file=path, refit=False)
    assert again.n_trials_ == searched(refit=False).n_trials_


def test_a_share_that_no_figure_is_below_ends_nothing() -> None:
    """The search goes on to max_evals."""
    assert searched(max_evals=50, early_stop_fn=no_expected_gain(1e-12)).stop_reason_ == "max_evals"


@pytest.mark.parametrize("algo", ["random", "tpe"])
def test_the_rule_works_with_any_algorithm(algo: str) -> None:
    """Whatever suggests the candidates, the model is the same."""
    assert searched(algo=algo, early_stop_fn=no_expected_gain(0.5)).stop_reason_ == "early_stop_fn"


def test_the_rule_works_in_fmin() -> None:
    """The standard error is the root of loss_variance."""
    trials = Trials()

    def objective(point: dict[str, float]) -> dict[str, Any]:
        loss = point["x"] ** 2 + point["y"] ** 2
        return {"status": "ok", "loss": loss, "loss_variance": 0.01}

    options = {"rstate": 0, "show_progressbar": False, "early_stop_fn": no_expected_gain()}
    fmin(objective, SQUARE, rand.suggest, 100, trials=trials, **options)
    assert trials.stop_reason == "early_stop_fn"


def test_the_line_of_progress_shows_the_figure(capfd: pytest.CaptureFixture[str]) -> None:
    """In standard errors."""
    searched(max_evals=30, verbose=1)
    assert "SE" in capfd.readouterr().err.rpartition("expected gain: ")[2]


@pytest.mark.parametrize(
    ("share", "error"),
    [(0, ValueError), (-1, ValueError), (math.nan, ValueError), ("0.1", TypeError), (True, TypeError)],
)
def test_a_wrong_share_is_refused(share: Any, error: Any) -> None:
    """The message has the right call."""
    with pytest.raises(error, match=r"no_expected_gain\(0\.1\)"):
        no_expected_gain(share)


def test_the_function_that_makes_the_rule_is_no_rule() -> None:
    """The error comes before the first fit."""
    with pytest.raises(TypeError, match=r"write early_stop_fn=no_expected_gain\(0\.1\)"):
        searched(early_stop_fn=no_expected_gain)
