"""`TradeOffDisplay`: two columns against each other, the front, the limits and the winner."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier

from hpsklearn_search import HyperoptSearchCV
from hpsklearn_search.plots import Candidates, SearchHistoryDisplay, TradeOffDisplay

matplotlib.use("Agg")
from matplotlib import pyplot as plt

X, y = load_iris(return_X_y=True)


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    yield
    plt.close("all")


def table(n: int, failures: int = 0, pruned: int = 0) -> dict[str, Any]:
    """Sizes and scores that rise with them; the first ones failed, the next were pruned, large ones are outside."""
    rng = np.random.default_rng(0)
    sizes = 10 ** rng.uniform(3, 6, n)
    scores, runs = np.log10(sizes) / 6 - 0.1 * rng.random(n), np.full(n, 5)
    partial = scores.copy()
    scores[: failures + pruned] = np.nan
    runs[failures : failures + pruned] = 2
    partial[:failures] = np.nan
    return {
        "param_x": sizes,
        "mean_test_score": scores,
        "mean_test_score_partial": partial,
        "n_splits_run": runs,
        "n_bytes": sizes,
        "mean_score_time": sizes / 1e7,
        "within_limits": sizes < 1e5,
    }


def legend_texts(display: Any) -> list[str]:
    """The entries of the legend."""
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=20))
@settings(deadline=None, max_examples=50)
def test_the_front_is_what_no_other_candidate_beats_in_both(pairs: list[tuple[int, int]]) -> None:
    """A shorter time and a higher score are better; of equal candidates the first one is there."""
    times, scores = (np.array(values, dtype=float) for values in zip(*pairs, strict=True))
    candidates = Candidates.from_cv_results({"mean_test_score": scores, "mean_score_time": times})
    front = TradeOffDisplay(candidates, times, scores, ("mean_score_time", "mean_test_score")).front.tolist()
    beaten = [
        any(t <= time and s >= score and (t < time or s > score) for t, s in pairs)
        for time, score in zip(times, scores, strict=True)
    ]
    assert {pairs[row] for row in front} == {
        pair for pair, is_beaten in zip(pairs, beaten, strict=True) if not is_beaten
    }
    assert np.all(np.diff(times[front]) > 0)


def test_a_front_of_two_scores_goes_to_the_upper_right() -> None:
    """Both are the better the higher they are."""
    results = {"mean_test_a": [0.1, 0.5, 0.9, 0.4], "mean_test_b": [0.9, 0.6, 0.1, 0.5]}
    display = TradeOffDisplay.from_cv_results(results, "mean_test_a", "mean_test_b")
    assert display.front.tolist() == [0, 1, 2]


def test_kinds_are_told_apart_and_counted() -> None:
    """Outside are hollow squares, pruned hollow circles, failed crosses at the bottom."""
    display = TradeOffDisplay.from_cv_results(table(40, 3, 4), limits={"n_bytes": (None, 1e5)})
    texts = legend_texts(display)
    n_outside = int(display.candidates.outside.sum())
    assert {"pruned (4)", "failed (3)", f"outside ({n_outside})", "limit"} <= set(texts)
    assert sum(text.startswith("best: ") for text in texts) == 1


def test_a_limit_is_a_line_with_the_outside_shaded() -> None:
    """Also where all candidates are on one side of it."""
    display = TradeOffDisplay.from_cv_results(
        table(20), limits={"n_bytes": (None, 1e9), "mean_test_score": (0.3, None)}
    )
    lines = [line for line in display.ax_.get_lines() if line.get_linestyle() == "--"]
    assert sorted((line.get_xdata()[0], line.get_ydata()[0]) for line in lines) == [(0, 0.3), (1e9, 0)]
    assert display.ax_.get_xlim()[1] >= 1e9
    assert len(display.ax_.patches) == 2


def test_the_limited_column_is_drawn_where_none_is_named() -> None:
    """Without a limit it is the time of scoring."""
    limited = TradeOffDisplay.from_cv_results(table(10), limits={"n_bytes": (None, 1e5)})
    assert limited.names == ("n_bytes", "mean_test_score")
    assert TradeOffDisplay.from_cv_results(table(10)).names == ("mean_score_time", "mean_test_score")


def test_the_ring_is_around_the_winner_of_the_search() -> None:
    """It is the best within the limits, and not the best of all."""
    space = {"max_depth": [1, 2, 3, 4]}
    search = HyperoptSearchCV(DecisionTreeClassifier(random_state=0), space, cv=3, limits={"n_bytes": 1800}).fit(X, y)
    display = TradeOffDisplay.from_search(search)
    assert display.best == search.best_index_
    assert display.names == ("n_bytes", "mean_test_score")
    ring = next(points for points in display.ax_.collections if points.get_label().startswith("best"))
    assert ring.get_offsets().data[0].tolist() == pytest.approx(
        [search.cv_results_["n_bytes"][search.best_index_], search.best_score_]
    )


def test_other_searches_can_be_drawn() -> None:
    """GridSearchCV has no limits."""
    grid = GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2, 3]}, cv=2).fit(X, y)
    assert TradeOffDisplay.from_search(grid, "mean_fit_time").limits == {}


@pytest.mark.parametrize(("name", "what"), [("seconds", "does not exist"), ("params", "is not made of numbers")])
def test_a_column_that_cannot_be_drawn_is_named(name: str, what: str) -> None:
    """The error has the columns to choose from."""
    results = {**table(5), "params": [{"C": 1}] * 5}
    with pytest.raises(ValueError, match=rf"column '{name}' of cv_results_ {what}; choose from \[.*'n_bytes'.*\]"):
        TradeOffDisplay.from_cv_results(results, name)


def test_a_candidate_without_a_parameter_is_left_out() -> None:
    """A masked entry of a column of parameters is no number."""
    results = {**table(5), "param_C": np.ma.array([1.0, 2.0, 3.0, 4.0, 5.0], mask=[0, 0, 1, 0, 0])}
    drawn = TradeOffDisplay.from_cv_results(results, "param_C")
    assert np.isnan(drawn.x).tolist() == [False, False, True, False, False]


@pytest.mark.parametrize("style", ["default", "dark_background"])
@pytest.mark.parametrize(("n", "failures", "pruned"), [(1, 0, 0), (1, 1, 0), (10, 2, 2), (10, 10, 0), (1000, 50, 100)])
def test_it_copes_with_any_number_in_any_style(n: int, failures: int, pruned: int, style: str) -> None:
    """The lines do not have the colour of the background."""
    with plt.style.context(style):
        display = TradeOffDisplay.from_cv_results(table(n, failures, pruned), limits={"n_bytes": (1e3, 1e5)})
        display.figure_.canvas.draw()
        background = matplotlib.colors.to_rgb(display.ax_.get_facecolor())
    inks = [matplotlib.colors.to_rgb(line.get_color()) for line in display.ax_.get_lines()]
    assert all(np.abs(np.subtract(ink, background)).sum() > 0.5 for ink in inks)


def test_candidates_outside_are_not_the_best_so_far_of_a_history() -> None:
    """They are drawn as hollow squares beside the line."""
    results = {"mean_test_score": [0.5, 0.9, 0.7], "within_limits": [True, False, True]}
    display = SearchHistoryDisplay.from_cv_results(results)
    assert display.ax_.get_lines()[0].get_ydata().tolist() == [0.5, 0.5, 0.7]
    assert "outside (1)" in legend_texts(display)
