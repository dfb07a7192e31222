"""What every display does, and what each shows."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, hp
from hpsklearn_search.exceptions import NotInstalledError
from hpsklearn_search.plots import (
    Candidates,
    ComparisonDisplay,
    ContourDisplay,
    ParallelCoordinatesDisplay,
    ParameterImportanceDisplay,
    ParameterScoreDisplay,
    ScoreDistributionDisplay,
    SearchHistoryDisplay,
    TimelineDisplay,
    TradeOffDisplay,
)
from hpsklearn_search.plots._columns import make_column
from hpsklearn_search.plots._style import round_ticks
from tests.report.pages import hill

matplotlib = pytest.importorskip("matplotlib", reason="needs the extra: pip install 'hpsklearn_search[plot]'")
matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402

TABLES = [
    SearchHistoryDisplay,
    ParameterScoreDisplay,
    ParallelCoordinatesDisplay,
    ContourDisplay,
    ScoreDistributionDisplay,
]
ALL = [*TABLES, ParameterImportanceDisplay, ComparisonDisplay, TimelineDisplay, TradeOffDisplay]


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def search() -> HyperoptSearchCV:
    """The space is conditional, and has a logarithmic and an integer parameter."""
    kernels = [{"kernel": "rbf", "gamma": hp.logrange("gamma", 1e-4, 1)}, {"kernel": "poly", "degree": [1, 2, 3]}]
    space = {"kernel": hp.choice("kernel", kernels), "C": hp.logrange("C", 1e-3, 1e3)}
    found = HyperoptSearchCV(SVC(), space, max_evals=20, cv=3, random_state=0, algo="random")
    return found.fit(*load_iris(return_X_y=True))


def table(n: int, d: int = 2, failures: int = 0) -> dict[str, Any]:
    """A table of n candidates and d parameters; every fourth parameter has categories with a long name."""
    rng = np.random.default_rng(0)
    columns = {
        f"param_step__parameter_{i}": rng.choice(["a", "b", "c" * 60], n) if i % 4 == 3 else rng.random(n)
        for i in range(d)
    }
    scores = rng.random(n)
    scores[:failures] = np.nan
    return {**columns, "mean_test_score": scores, "split0_test_score": scores, "mean_fit_time": np.ones(n)}


def drawn(display: Any) -> bytes:
    """The pixels of the picture."""
    display.figure_.canvas.draw()
    return bytes(display.figure_.canvas.buffer_rgba())


# ---------------------------------------------------------------------- all displays
@pytest.mark.parametrize("display", ALL)
def test_a_display_draws_a_fitted_search(display: Any, search: HyperoptSearchCV) -> None:
    """The display keeps the new figure and its axes."""
    found = display.from_search(search)
    assert found.figure_ is found.ax_.figure
    assert len(set(drawn(found))) > 2


@pytest.mark.parametrize("display", ALL)
def test_a_display_refuses_what_is_not_fitted(display: Any) -> None:
    """The error is that of scikit-learn."""
    with pytest.raises((NotFittedError, AttributeError), match="not fitted"):
        display.from_search(HyperoptSearchCV(SVC(), {"C": [1, 2]}))


@pytest.mark.parametrize("display", [*TABLES[:1], *TABLES[2:]])
def test_a_display_draws_on_given_axes(display: Any) -> None:
    """The same display can be drawn again on other axes."""
    _, (left, right) = plt.subplots(1, 2)
    found = display.from_cv_results(table(10), ax=left)
    assert found.ax_ is left
    assert found.plot(right) is found
    assert found.ax_ is right


@pytest.mark.parametrize("display", TABLES)
@pytest.mark.parametrize(("n", "d", "failures"), [(1, 2, 0), (10, 2, 3), (1000, 2, 50), (30, 20, 0), (5, 3, 5)])
def test_a_display_copes_with_any_number(display: Any, n: int, d: int, failures: int) -> None:
    """The number of candidates, parameters and failures may be small or large."""
    drawn(display.from_cv_results(table(n, d, failures)))


@pytest.mark.parametrize("display", TABLES)
def test_a_display_draws_other_searches(display: Any) -> None:
    """GridSearchCV and its table give the same picture."""
    grid = GridSearchCV(SVC(), {"C": [0.1, 1, 10], "kernel": ["rbf", "linear"]}, cv=2)
    grid.fit(*load_iris(return_X_y=True))
    assert drawn(display.from_search(grid)) == drawn(display.from_cv_results(grid.cv_results_))


def test_a_missing_matplotlib_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message has the line that installs it."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(NotInstalledError, match=r"pip install 'hpsklearn_search\[plot\]'"):
        SearchHistoryDisplay.from_cv_results(table(3))


# ---------------------------------------------------------------------- history
def test_the_history_shows_the_best_so_far_as_steps() -> None:
    """The last step is the best score, which the legend names."""
    results = {"param_x": [1, 2, 3], "mean_test_score": [0.2, 0.9, 0.5]}
    found = SearchHistoryDisplay.from_cv_results(results)
    (line,) = found.ax_.get_lines()
    assert line.get_ydata().tolist() == [0.2, 0.9, 0.9]
    assert line.get_drawstyle() == "steps-post"
    assert "best 0.9" in [text.get_text() for text in found.ax_.get_legend().get_texts()]


def test_candidates_have_the_numbers_of_the_table(search: HyperoptSearchCV) -> None:
    """The first one is 0, on the axis of the history and in the colours of a parameter."""
    history = SearchHistoryDisplay.from_search(search)
    (line,) = history.ax_.get_lines()
    assert line.get_xdata()[np.argmax(line.get_ydata())] == search.best_index_
    panel = ParameterScoreDisplay.from_search(search, "C")
    assert {tuple(marks.get_clim()) for marks in panel.ax_.collections if marks.get_array() is not None} == {(0, 19)}


def test_failures_and_hopeless_candidates_are_counted_in_the_legend() -> None:
    """They are drawn at the bottom."""
    scores = [0.8, 0.9, np.nan, 0.85, -1e6, 0.84]
    found = SearchHistoryDisplay.from_cv_results({"param_x": range(6), "mean_test_score": scores})
    texts = {text.get_text() for text in found.ax_.get_legend().get_texts()}
    assert {"failed (1)", "below (1)"} <= texts
    assert found.ax_.get_ylim()[0] > 0


@pytest.mark.parametrize("display", ALL)
def test_names_of_files_that_are_not_utf_8_are_drawn_with_escapes(display: Any) -> None:
    """Matplotlib cannot draw them as they are."""
    file = b"caf\xe9.csv".decode("utf-8", "surrogateescape")
    search = hill({"a": hp.uniform(0, 0.7), "kind": [file, "v"]}, max_evals=20)
    options = {"parameters": ["kind"]} if display is ComparisonDisplay else {}
    assert drawn(display.from_search(search, **options))
    if hasattr(display, "from_searches"):
        assert drawn(display.from_searches({file: search, "b": search}))


@pytest.mark.parametrize("display", ALL)
def test_dollars_in_a_name_or_value_are_dollars(display: Any) -> None:
    """And not the signs of mathematics, which matplotlib might not be able to read."""
    search = hill({"a": hp.uniform(0, 0.7), "kind": [r"$\nothing$", "v"]}, max_evals=20)
    options = {"parameters": ["kind"]} if display is ComparisonDisplay else {}
    assert drawn(display.from_search(search, **options))
    if hasattr(display, "from_searches"):
        assert drawn(display.from_searches({r"$\nothing$": search, "$b$": search}))


def test_a_dollar_is_drawn_as_it_is() -> None:
    """The axis of a category shows its text."""
    table = {"param_kind": [r"$\alpha$", "v"], "mean_test_score": [0.1, 0.2]}
    display = ParameterScoreDisplay.from_cv_results(table, "kind")
    (label, _) = display.ax_.get_xticklabels()
    assert label._preprocess_math(label.get_text()) == (r"$\alpha$", False)


def test_several_searches_share_the_axes() -> None:
    """Each search has its own colour, and the legend names it."""
    candidates = {name: Candidates.from_cv_results(table(10)) for name in ("tpe", "random")}
    found = SearchHistoryDisplay(candidates, x="time").plot()
    first, second = found.ax_.get_lines()
    assert first.get_color() != second.get_color()
    assert [line.get_label().partition(":")[0] for line in (first, second)] == ["tpe", "random"]
    assert found.ax_.get_xlabel() == "seconds of fitting and scoring"


def test_the_horizontal_axis_is_checked(search: HyperoptSearchCV) -> None:
    """It is the number or the time."""
    assert (
        SearchHistoryDisplay.from_search(search, x="time").ax_.get_xlabel() == "seconds since the start of the search"
    )
    with pytest.raises(ValueError, match="x must be 'number' or 'time', got 'date'"):
        SearchHistoryDisplay.from_search(search, x="date")


# ---------------------------------------------------------------------- parameters
def test_each_parameter_has_a_panel_with_the_scale_of_the_space(search: HyperoptSearchCV) -> None:
    """The label of the axis counts the candidates that have the parameter."""
    found = ParameterScoreDisplay.from_search(search)
    by_name = {axes.get_xlabel().partition("\n")[0]: axes for axes in found.axes_}
    assert by_name.keys() == {"kernel", "C", "gamma", "degree"}
    assert by_name["C"].get_xscale() == by_name["gamma"].get_xscale() == "log"
    n = int((~np.ma.getmaskarray(search.cv_results_["param_gamma"])).sum())
    assert by_name["gamma"].get_xlabel() == f"gamma\n(set in {n} of 20)"
    assert [text.get_text() for text in by_name["kernel"].get_xticklabels()] == ["poly", "rbf"]


def test_one_parameter_may_be_drawn_on_given_axes(search: HyperoptSearchCV) -> None:
    """The number of axes must be the number of parameters."""
    _, axes = plt.subplots(1, 2)
    assert ParameterScoreDisplay.from_search(search, "C", ax=axes[0]).ax_ is axes[0]
    assert ParameterScoreDisplay.from_search(search, ["C", "gamma"], ax=axes).axes_ == list(axes)
    with pytest.raises(ValueError, match="2 parameters need 2 axes, got 1"):
        ParameterScoreDisplay.from_search(search, ["C", "gamma"], ax=axes[0])


def test_long_category_names_are_cut_in_the_middle() -> None:
    """The names of neighbouring strips do not overlap."""
    found = ParameterScoreDisplay.from_cv_results(table(20, 4), "step__parameter_3")
    texts = [text.get_text() for text in found.ax_.get_xticklabels()]
    assert max(map(len, texts)) <= 24


# ---------------------------------------------------------------------- parallel coordinates
def test_lines_cross_the_axes_at_the_values(search: HyperoptSearchCV) -> None:
    """Heights lie in [0, 1], or below 0 if the parameter is not set."""
    found = ParallelCoordinatesDisplay.from_search(search, ["C", "gamma"])
    heights = found.heights()
    assert heights.shape == (20, 2)
    assert heights[:, 0].min() == pytest.approx(0)
    assert heights[:, 0].max() == pytest.approx(1)
    assert ((heights[:, 1] < 0) == np.ma.getmaskarray(search.cv_results_["param_gamma"])).all()


def test_failed_candidates_have_no_line() -> None:
    """There is one line per candidate that has a score."""
    found = ParallelCoordinatesDisplay.from_cv_results(table(10, 3, failures=4))
    assert len(found.ax_.collections[0].get_paths()) == 6


# ---------------------------------------------------------------------- contour
def test_the_map_follows_the_candidates() -> None:
    """The highest point of the map is near the best candidates, on a logarithmic scale where there is one."""
    rng = np.random.default_rng(0)
    C, g = 10 ** rng.uniform(-3, 3, 200), rng.uniform(0, 1, 200)
    results = {"param_C": C, "param_g": g, "mean_test_score": -((np.log10(C) - 1) ** 2) - 9 * (g - 0.3) ** 2}
    found = ContourDisplay.from_cv_results(results, "C", "g")
    row, col = np.unravel_index(np.argmax(found.grid_scores), found.grid_scores.shape)
    assert np.log10(found.grid_x[col]) == pytest.approx(1, abs=0.5)
    assert found.grid_y[row] == pytest.approx(0.3, abs=0.15)


def test_categories_and_few_candidates_have_no_map() -> None:
    """Only the points are drawn, because a map between them would be a guess."""
    assert ContourDisplay.from_cv_results(table(50, 4), "step__parameter_0", "step__parameter_3").grid_x.size == 0
    assert ContourDisplay.from_cv_results(table(3)).grid_x.size == 0


def test_two_parameters_are_needed() -> None:
    """The message lists the parameters that have more than one value."""
    with pytest.raises(ValueError, match=r"with more than one value, and the search has \['step__parameter_0'\]"):
        ContourDisplay.from_cv_results(table(5, 1))
    with pytest.raises(ValueError, match="both 'step__parameter_0'"):
        ContourDisplay.from_cv_results(table(5, 2), "step__parameter_0", "step__parameter_0")


def test_the_default_pair_is_one_that_all_candidates_have(search: HyperoptSearchCV) -> None:
    """Parameters of one branch are not in it."""
    found = ContourDisplay.from_search(search)
    assert {found.x.name, found.y.name} == {"kernel", "C"}


# ---------------------------------------------------------------------- importance
def test_importances_are_bars_with_the_largest_on_top(search: HyperoptSearchCV) -> None:
    """The order is that of ``importances_``."""
    found = ParameterImportanceDisplay.from_search(search)
    texts = [text.get_text() for text in found.ax_.get_yticklabels()]
    assert texts[::-1] == list(search.importances_)


def test_small_importances_are_added_up() -> None:
    """One bar shows their sum."""
    found = ParameterImportanceDisplay({f"x{i}": 1.0 / 30 for i in range(30)}, max_bars=10).plot()
    texts = [text.get_text() for text in found.ax_.get_yticklabels()]
    assert texts[0] == "(20 others)"
    assert len(texts) == 11


def test_an_importance_that_may_be_chance_is_not_filled() -> None:
    """The bar whose interval begins at 0 is hatched, the axis says what that means, and each interval is a line."""
    importances, intervals = {"C": 0.8, "gamma": 0.2}, {"C": (0.6, 0.9), "gamma": (0.0, 0.4)}
    ax = ParameterImportanceDisplay(importances, intervals).plot().ax_
    gamma, C = ax.patches
    assert (gamma.get_facecolor()[3], C.get_facecolor()[3]) == (0, 1)
    assert "chance" in ax.get_xlabel()
    assert sorted(tuple(line.get_xdata()) for line in ax.lines) == [(0.0, 0.4), (0.6, 0.9)]


def test_the_picture_of_a_search_has_intervals(search: HyperoptSearchCV) -> None:
    """Each importance comes with its interval, without anything asked for."""
    assert ParameterImportanceDisplay.from_search(search).intervals == search.importance_intervals()


def test_a_search_without_a_space_has_no_importances() -> None:
    """The message says what to write for the trials of `fmin`."""
    grid = GridSearchCV(SVC(), {"C": [1, 2]}).fit(*load_iris(return_X_y=True))
    with pytest.raises(TypeError, match=r"parameter_importances\(trials, space\)"):
        ParameterImportanceDisplay.from_search(grid)


# ---------------------------------------------------------------------- comparison
def test_a_comparison_shows_what_compare_tells(search: HyperoptSearchCV) -> None:
    """The best candidates from top to bottom, with difference and interval."""
    frame, found = search.compare(5), ComparisonDisplay.from_search(search, 5)
    assert [label.get_text() for label in found.ax_.get_yticklabels()] == [str(row) for row in frame.index]
    for drawn_values, column in [(found.difference, "difference"), (found.low, "low"), (found.high, "high")]:
        assert drawn_values.tolist() == frame[column].tolist()
    assert found.same_as_best.tolist() == frame["same_as_best"].tolist()
    low, high = found.ax_.get_ylim()
    assert low > high  # downwards


def test_candidates_that_are_worse_are_hollow_and_counted() -> None:
    """The legend says what the three marks mean."""
    found = ComparisonDisplay("abcd", [0, 1, 2, 3], [0, -1, 1, 2], [0, 3, 3, 4], [True, True, False, False]).plot()
    assert legend_texts(found) == ["best", "same as the best (1)", "worse (2)"]
    marks = {len(line.get_xdata()): line for line in found.ax_.lines if line.get_marker() == "o"}
    worse = marks[2]
    assert (worse.get_xdata().tolist(), worse.get_markerfacecolor()) == ([2, 3], "none")


def test_a_comparison_names_the_parameters_that_are_asked_for(search: HyperoptSearchCV) -> None:
    """A candidate without one of them leaves it out, and long texts are cut."""
    found = ComparisonDisplay.from_search(search, 20, parameters=["kernel", "gamma"])
    texts = dict(zip([name.partition(":")[0] for name in found.names], found.names, strict=True))
    for row, params in enumerate(search.cv_results_["params"]):
        if str(row) in texts:
            assert (f"kernel={params['kernel']}" in texts[str(row)], "gamma=" in texts[str(row)]) == (
                True, "gamma" in params
            )  # fmt: skip
    with pytest.raises(ValueError, match="parameter 'epsilon' was not searched"):
        ComparisonDisplay.from_search(search, parameters="epsilon")


@pytest.mark.parametrize("n", [1, 3, 12])
def test_a_comparison_copes_with_any_number(n: int, search: HyperoptSearchCV) -> None:
    """One candidate alone is the best."""
    found = ComparisonDisplay.from_search(search, n)
    drawn(found)
    assert len(found.names) == n


def test_a_comparison_needs_folds() -> None:
    """GridSearchCV keeps none."""
    grid = GridSearchCV(SVC(), {"C": [1, 2]}).fit(*load_iris(return_X_y=True))
    with pytest.raises(TypeError, match=r"needs the folds of a HyperoptSearchCV, got GridSearchCV"):
        ComparisonDisplay.from_search(grid)


def test_a_short_logarithmic_axis_has_plain_numbers() -> None:
    """An axis of less than two powers of ten has a few ticks that do not overlap."""
    space = {"C": hp.logrange("C", 0.02, 0.3)}
    search = HyperoptSearchCV(SVC(), space, max_evals=8, cv=3, random_state=0, algo="random")
    display = ParameterScoreDisplay.from_search(search.fit(*load_iris(return_X_y=True)), "C")
    assert display.ax_.get_xscale() == "log"
    display.figure_.canvas.draw()
    shown = [label.get_text() for label in display.ax_.get_xticklabels(which="both") if label.get_text()]
    assert {"0.02", "0.05", "0.1", "0.2"} <= set(shown)
    assert not [text for text in shown if "10" in text]


# ---------------------------------------------------------------------- candidates that are not ordinary
def unusual() -> dict[str, Any]:
    """A table with seven pruned, eight very bad and two failed candidates of forty."""
    rng = np.random.default_rng(0)
    scores, n_splits = 0.9 - 0.05 * rng.random(40), np.full(40, 5)
    scores[:8], scores[8:10], n_splits[10:17] = -5.0, np.nan, 2
    means = np.where(n_splits < 5, np.nan, scores)
    numbers = {"param_C": 10 ** rng.uniform(-3, 3, 40), "param_n": rng.integers(10, 2000, 40)}
    return {**numbers, "mean_test_score": means, "mean_test_score_partial": scores, "n_splits_run": n_splits}


def legend_texts(display: Any) -> list[str]:
    """The entries of all legends of a figure."""
    legends = [*display.figure_.legends, *(axes.get_legend() for axes in display.figure_.axes)]
    return [text.get_text() for legend in legends if legend is not None for text in legend.get_texts()]


@pytest.mark.parametrize("display", [SearchHistoryDisplay, ParameterScoreDisplay, ContourDisplay])
def test_pruned_very_bad_and_failed_candidates_are_marked_and_counted(display: Any) -> None:
    """They do not look like ordinary candidates, and the legend explains their marks."""
    found = display.from_cv_results(unusual())
    assert {"pruned (7)", "below (8)", "failed (2)"} <= set(legend_texts(found))
    points = [c for c in found.ax_.collections if isinstance(c, matplotlib.collections.PathCollection)]
    sizes = {len(c.get_offsets()): c for c in points}
    assert len(sizes[7].get_facecolor()) == 0  # hollow
    assert {23, 7, 8, 2} <= sizes.keys()


def test_an_ordinary_table_needs_no_legend() -> None:
    """Only unusual candidates are explained."""
    assert legend_texts(ParameterScoreDisplay.from_cv_results(table(10))) == []


@pytest.mark.parametrize("display", [ContourDisplay, ParallelCoordinatesDisplay])
def test_a_scale_of_colours_shows_that_scores_lie_below_it(display: Any) -> None:
    """The lower end of the colour bar is an arrow."""
    bar = display.from_cv_results(unusual()).figure_.axes[-1]._colorbar
    assert bar.extend == "min"


def test_pruned_candidates_have_dashed_lines() -> None:
    """The legend of parallel coordinates counts them."""
    assert legend_texts(ParallelCoordinatesDisplay.from_cv_results(unusual())) == ["pruned (7)"]


@pytest.mark.parametrize("n", [2, 5, 20, 333])
def test_numbers_of_candidates_are_whole(n: int) -> None:
    """There is no candidate 2.5, neither on an axis nor on a colour bar."""
    history, parameters = (
        SearchHistoryDisplay.from_cv_results(table(n)),
        ParameterScoreDisplay.from_cv_results(table(n)),
    )
    ticks = [*history.ax_.get_xticks(), *parameters.figure_.axes[-1].get_yticks()]
    assert all(tick == round(tick) for tick in ticks)


@pytest.mark.parametrize("display", TABLES)
def test_a_dark_style_keeps_text_and_axes_readable(display: Any) -> None:
    """No text and no line has the colour of the background."""
    with plt.style.context("dark_background"):
        found = display.from_cv_results(unusual())
        background = matplotlib.colors.to_rgb(found.ax_.get_facecolor())
        texts = [text for text in found.ax_.texts if text.get_text()]
        inks = [artist.get_color() for artist in [*texts, *found.ax_.get_lines(), *found.ax_.get_xticklabels()]]
        boxes = [text.get_bbox_patch().get_facecolor() for text in texts]
    assert all(sum(np.abs(np.subtract(matplotlib.colors.to_rgb(ink), background))) > 0.5 for ink in inks)
    assert all(matplotlib.colors.to_rgb(box) == background for box in boxes)


@given(st.floats(1e-6, 1e6), st.floats(1.0, 1e9), st.booleans())
def test_ticks_are_round_numbers_within_the_limits(low: float, factor: float, log: bool) -> None:
    """Each tick is 1, 2 or 5 times a power of ten, or a multiple of that on a linear scale."""
    column = make_column("x", [low, low * factor], log)
    ticks = round_ticks(column)
    assert 1 <= len(ticks) <= 8
    assert all(low <= value <= low * factor for value, _ in ticks)
    assert all(len(text) <= 12 for _, text in ticks) or factor < 1.001


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.booleans())
def test_ticks_of_an_integer_are_integers(low: int, span: int, log: bool) -> None:
    """The text of a tick is the number itself, without an exponent."""
    ticks = round_ticks(make_column("n", [low, low + span], log))
    assert all(text == str(int(value)) for value, text in ticks)


@pytest.mark.parametrize("width", [3.0, 7.0])
def test_a_legend_stays_within_the_figure(width: float) -> None:
    """Long names of searches need more rows, not more width."""
    candidates = Candidates.from_cv_results(unusual())
    _, ax = plt.subplots(figsize=(width, 4), layout="constrained")
    found = SearchHistoryDisplay({f"search {i}": candidates for i in range(4)}).plot(ax)
    drawn(found)
    assert found.ax_.get_legend().get_window_extent().x1 <= found.figure_.bbox.x1 + 1


def test_axes_with_a_line_of_the_user_keep_it_out_of_the_legend() -> None:
    """The legend explains what the display has drawn, and matplotlib has nothing to warn about."""
    _, ax = plt.subplots()
    ax.plot([1, 10], [0.5, 0.5])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = SearchHistoryDisplay.from_cv_results(table(10), ax=ax)
    assert [text.partition(" ")[0] for text in legend_texts(found)] == ["best"]
