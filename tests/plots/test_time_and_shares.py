"""The displays of what workers did, and of how scores are distributed; and the titles of all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, hp

matplotlib = pytest.importorskip("matplotlib", reason="needs the extra: pip install 'hpsklearn_search[plot]'")
matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402

from hpsklearn_search.plots import (  # noqa: E402
    ParameterImportanceDisplay,
    ScoreDistributionDisplay,
    SearchHistoryDisplay,
    TimelineDisplay,
)

X, y = load_iris(return_X_y=True)
SPACE = {"C": hp.logrange(1e-3, 1e3)}


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    yield
    plt.close("all")


def fitted(**options: Any) -> HyperoptSearchCV:
    """A search of six candidates on three folds."""
    return HyperoptSearchCV(SVC(), SPACE, max_evals=6, cv=3, random_state=0, **options).fit(X, y)


def texts(legend: Any) -> list[str]:
    """The entries of a legend."""
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


# ---------------------------------------------------------------------- timeline
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_timeline_has_a_bar_for_each_fold(n_jobs: int) -> None:
    """All folds begin after the first, end before the end, and belong to their candidates."""
    found = TimelineDisplay.from_search(fitted(n_jobs=n_jobs))
    assert np.bincount(found.numbers).tolist() == [3] * 6
    assert found.starts.min() == 0
    assert 0 < found.busy <= 1


def test_folds_of_one_worker_do_not_overlap() -> None:
    """A worker does one thing at a time."""
    found = TimelineDisplay.from_search(fitted(n_jobs=2))
    for row in range(len(found.workers)):
        order = np.argsort(found.starts[found.rows == row])
        starts, seconds = found.starts[found.rows == row][order], found.seconds[found.rows == row][order]
        assert (starts[1:] >= starts[:-1] + seconds[:-1] - 1e-3).all()


def test_a_timeline_counts_what_failed_and_what_was_pruned() -> None:
    """Candidates, not folds."""
    kinds = ["failed", "failed", "pruned", "candidate"]
    found = TimelineDisplay(["a"] * 4, range(4), [1] * 4, [0, 0, 1, 2], kinds).plot()
    assert texts(found.ax_.get_legend()) == ["pruned (1)", "failed (1)"]


def test_a_timeline_needs_the_record_of_this_package() -> None:
    """A search of scikit-learn has none."""
    grid = GridSearchCV(SVC(), {"C": [1, 2]}, cv=2).fit(X, y)
    with pytest.raises(TypeError, match="GridSearchCV"):
        TimelineDisplay.from_search(grid)


def test_a_resumed_search_has_the_folds_of_both_runs(tmp_path: Any) -> None:
    """The save file keeps the times."""
    fitted(trials_save_file=tmp_path / "search.db")
    again = fitted(trials_save_file=tmp_path / "search.db")
    assert len(TimelineDisplay.from_search(again).numbers) == 18


# ---------------------------------------------------------------------- distribution
def test_the_share_at_a_score_counts_that_score() -> None:
    """Failed candidates are counted, but reach no score."""
    results = {"param_C": [1, 2, 3, 4], "mean_test_score": [0.5, 0.9, np.nan, 0.9]}
    scores, shares = ScoreDistributionDisplay.from_cv_results(results).share_at_or_above("")
    assert (scores.tolist(), shares.tolist()) == ([0.5, 0.9], [0.75, 0.5])


def test_the_line_has_the_share_of_a_score_up_to_that_score() -> None:
    """And falls to the right of it."""
    results = {"param_C": [1, 2], "mean_test_score": [0.5, 0.9]}
    (line,) = ScoreDistributionDisplay.from_cv_results(results).ax_.get_lines()
    x, shares = line.get_data()
    assert shares[np.searchsorted(x, 0.9)] == 0.5
    assert shares[np.searchsorted(x, 0.5)] == 1.0
    assert shares[-1] == 0.0


def test_several_searches_have_a_line_each() -> None:
    """The legend names them."""
    found = ScoreDistributionDisplay.from_searches({"one": fitted(), "two": fitted(algo="random")})
    assert texts(found.ax_.get_legend()) == ["one", "two"]


# ---------------------------------------------------------------------- titles and legends
def test_a_new_figure_has_the_title() -> None:
    """By default there is none."""
    found = SearchHistoryDisplay.from_search(fitted(), title="SVC on iris")
    assert found.figure_.get_suptitle() == "SVC on iris"
    assert SearchHistoryDisplay.from_search(fitted()).figure_.get_suptitle() == ""


def test_given_axes_have_the_title_and_the_legend_inside_of_the_figure() -> None:
    """Also where the figure makes no room for them."""
    figure, ax = plt.subplots(figsize=(4, 3))
    searches = {"a search with a long name": fitted(), "another with a long name": fitted(algo="random")}
    SearchHistoryDisplay.from_searches(searches, ax=ax, title="both")
    figure.canvas.draw()
    assert ax.get_title() == "both"
    assert ax.get_legend().get_window_extent().y1 <= figure.bbox.y1


def test_importances_that_are_all_zero_say_so() -> None:
    """An empty picture would look like a fault."""
    found = ParameterImportanceDisplay({"C": 0.0, "gamma": 0.0}).plot()
    assert "no influence" in found.ax_.get_xlabel()
