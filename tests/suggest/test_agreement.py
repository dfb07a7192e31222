"""Earlier searches in the models: what they add, and when it ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpsklearn_search import Trials, fmin, hp
from hpsklearn_search.space import Space
from hpsklearn_search.suggest import anneal, auto, gp, tpe
from hpsklearn_search.suggest._agreement import agreement, scaled_ranks
from hpsklearn_search.suggest.gp._earlier import earlier_weights
from hpsklearn_search.trials import EarlierTrials, Outcome

SPACE = Space({"x": hp.uniform("x", 0, 1), "c": hp.choice("c", ["a", "b"])})
NO_OPTION = np.array([False, True])


def earlier_trials(seed: int, scale: float = 1.0, sign: float = 1.0) -> EarlierTrials:
    """Thirty trials whose loss falls with x."""
    rng = np.random.default_rng(seed)
    points = [SPACE.draw(rng) for _ in range(30)]
    losses = np.array([sign * scale * (1 - point["x"]) for point in points])
    return EarlierTrials(np.array([SPACE.encode(point) for point in points]), losses)


def trials_after(*earlier: EarlierTrials, n: int = 0, seed: int = 0, slope: float = -1.0) -> Trials:
    """`n` own trials whose loss rises with x by `slope`."""
    trials, rng = Trials(), np.random.default_rng([seed, 1])
    trials.record.earlier = earlier
    for number in range(n):
        point = SPACE.draw(rng)
        trials.record.add(point)
        trials.record.finish(number, Outcome("ok", loss=slope * point["x"]))
    return trials


# ---------------------------------------------------------------------- the weight
@given(st.integers(1, 5))
def test_without_own_trials_earlier_searches_are_believed(k: int) -> None:
    """All of them alike."""
    weights = agreement(np.zeros((k, 0)), np.zeros(0))
    assert (weights == weights[0]).all()
    assert k > 1 or weights[0] > 0


@given(st.lists(st.floats(-3, 3), min_size=4, max_size=40, unique=True))
def test_an_earlier_search_that_contradicts_counts_nothing(losses: list[float]) -> None:
    """Where the order is reversed, the weight is 0 after four own trials."""
    scaled = scaled_ranks(np.array(losses))
    assert agreement(-scaled[None], scaled).tolist() == [0.0]


@given(st.integers(4, 30), st.integers(0, 999))
def test_an_earlier_search_that_agrees_counts_more_than_one_that_does_not(n: int, seed: int) -> None:
    """Of two searches, the one that predicts the order of the own losses has the larger weight."""
    rng = np.random.default_rng(seed)
    right = scaled_ranks(rng.normal(size=n))
    wrong = scaled_ranks(rng.normal(size=n))
    first, second = agreement(np.array([right, wrong]), right)
    assert first > second or np.array_equal(right, wrong)


@given(st.integers(0, 999))
@settings(max_examples=30)
def test_the_weight_falls_as_own_trials_come_in(seed: int) -> None:
    """Also of an earlier search that is always right: in the end the own losses tell more."""
    rng = np.random.default_rng(seed)
    weights = []
    for n in (30, 100, 1000):
        scaled = scaled_ranks(rng.normal(size=n))
        weights.append(agreement(scaled[None], scaled).item())
    assert weights[0] > weights[1] > weights[2]
    assert weights[2] < 0.1


# ---------------------------------------------------------------------- suggestions
@pytest.mark.parametrize("algo", [tpe.suggest, gp.suggest, auto.suggest])
def test_only_the_order_of_earlier_losses_counts(algo: Any) -> None:
    """They may be of another metric, and of any size."""
    for seed in range(3):
        points = [algo([8], SPACE, trials_after(earlier_trials(seed, scale), n=8), seed) for scale in (1.0, 1e-6)]
        assert points[0] == points[1]


@pytest.mark.parametrize("algo", [tpe.suggest, gp.suggest, auto.suggest])
def test_a_suggestion_follows_an_earlier_search_that_agrees(algo: Any) -> None:
    """After five own trials the model is asked, and it looks where the earlier search was good."""
    found = [algo([6], SPACE, trials_after(earlier_trials(seed), n=6, seed=seed), seed)[0]["x"] for seed in range(8)]
    assert np.median(found) > 0.8


@pytest.mark.parametrize("algo", [tpe.suggest, gp.suggest, auto.suggest, anneal.suggest])
def test_a_contradicted_search_is_as_if_it_was_not_there(algo: Any) -> None:
    """Its weight is 0, so that the suggestion is the same without it."""
    for seed in range(3):
        misled, alone = (trials_after(*earlier, n=12, slope=1.0) for earlier in ((earlier_trials(seed),), ()))
        assert algo([12], SPACE, misled, seed) == algo([12], SPACE, alone, seed)


@pytest.mark.parametrize("algo", ["tpe", None])
def test_a_misled_search_recovers(algo: Any) -> None:
    """It finds the optimum although the earlier search was best at the other end."""
    space = hp.uniform("x", -5, 5)
    quiet: dict[str, Any] = {"show_progressbar": False, "algo": algo}
    old = Trials()
    fmin(lambda x: (x + 4) ** 2, space, max_evals=30, rstate=1, trials=old, **quiet)
    for seed in range(3):
        new = Trials.from_searches(old)
        fmin(lambda x: (x - 4) ** 2, space, max_evals=30, rstate=seed, trials=new, **quiet)
        assert abs(new.argmin["x"] - 4) < 0.2


def test_a_seeded_search_with_earlier_ones_can_be_repeated() -> None:
    """The same trials, value for value."""
    old = Trials()
    space = {"x": hp.uniform(-5, 5), "k": hp.choice(["a", "b"])}
    quiet: dict[str, Any] = {"show_progressbar": False, "rstate": 3}
    fmin(lambda c: c["x"] ** 2, space, max_evals=20, trials=old, **quiet)
    found = []
    for _ in range(2):
        new = Trials.from_searches([old])
        fmin(lambda c: (c["x"] - 1) ** 2, space, max_evals=20, trials=new, **quiet)
        found.append(new.vals)
    assert found[0] == found[1]


def test_two_earlier_searches_are_told_apart() -> None:
    """The one whose order is that of the own losses counts, and the reversed one does not."""
    trials = trials_after(earlier_trials(0), earlier_trials(1, sign=-1.0), n=10)
    right, wrong = earlier_weights(trials.history(SPACE), NO_OPTION)
    assert right > 0.3
    assert wrong == 0.0
