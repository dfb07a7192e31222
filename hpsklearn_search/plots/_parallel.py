"""All parameters at once: a line through the values of every candidate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..space._typing import FloatArray
from ._candidates import Candidates, robust_minimum
from ._columns import Column, shorten
from ._display import Display
from ._style import (
    BEST,
    FAILED,
    MAP,
    colour_bar,
    draw_lines,
    ink,
    kind_handles,
    label_scores,
    legend_above,
    round_ticks,
)

NOT_SET = -0.12  # height of the lane for candidates that do not have a parameter
MANY = 60  # above this number of candidates, the lines of bad ones are faint


class ParallelCoordinatesDisplay(Display):
    """A line through the parameter values of every candidate, coloured by its score; the best line is on top.

    Where a candidate does not have a parameter, its line crosses a lane below the axis. Failed candidates
    have no line, and the lines of pruned ones are dashed. Use `from_search` or `from_cv_results` to create one.

    Parameters
    ----------
    candidates : Candidates
        The candidates of a search.
    parameters : sequence of str, default=None
        Parameters to show, from left to right, by their names in ``best_params_``. By default all parameters
        with more than one value.

    Attributes
    ----------
    figure_, ax_ : matplotlib Figure, matplotlib Axes
        Set by `plot`.

    Examples
    --------
    >>> from hpsklearn_search.plots import ParallelCoordinatesDisplay
    >>> results = {
    ...     "param_C": [0.1, 1.0, 10.0],
    ...     "param_g": [3, 1, 2],
    ...     "mean_test_score": [0.7, 0.9, 0.8],
    ... }
    >>> display = ParallelCoordinatesDisplay.from_cv_results(results)
    >>> display.heights().round(2).tolist()
    [[0.0, 1.0], [0.5, 0.0], [1.0, 0.5]]
    """

    def __init__(self, candidates: Candidates, parameters: Sequence[str] | None = None) -> None:
        self.candidates = candidates
        self.columns = [candidates.column(name) for name in parameters or candidates.varying()]
        self.size = max(6.4, 1.9 + 1.25 * len(self.columns)), 4.6

    @classmethod
    def from_search(
        cls,
        search: Any,
        parameters: Sequence[str] | None = None,
        *,
        metric: str | None = None,
        ax: Any = None,
        title: str | None = None,
    ) -> ParallelCoordinatesDisplay:
        """Draw the candidates of a fitted search.

        Parameters
        ----------
        search : HyperoptSearchCV, GridSearchCV, RandomizedSearchCV, ...
            A fitted search.
        parameters : sequence of str, default=None
            Parameters to show, from left to right. By default all parameters with more than one value.
        metric : str, default=None
            The metric to show, if there are several. By default the one that the search optimised, or that
            `refit` names.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default a new figure is created.
        title : str, default=None
            The title of the picture. By default there is none.

        Returns
        -------
        ParallelCoordinatesDisplay
            The drawn display.
        """
        return cls(Candidates.from_search(search, metric), parameters).plot(ax, title)

    @classmethod
    def from_cv_results(
        cls,
        cv_results: Mapping[str, Any],
        parameters: Sequence[str] | None = None,
        *,
        metric: str | None = None,
        ax: Any = None,
        title: str | None = None,
    ) -> ParallelCoordinatesDisplay:
        """Draw the candidates of a table of results.

        Parameters
        ----------
        cv_results : mapping
            ``cv_results_`` of a search, or a data frame made of it.
        parameters : sequence of str, default=None
            Parameters to show, from left to right. By default all parameters with more than one value.
        metric : str, default=None
            The metric to show, if there are several. By default the one that the search optimised, or that
            `refit` names.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default a new figure is created.
        title : str, default=None
            The title of the picture. By default there is none.
        """
        return cls(Candidates.from_cv_results(cv_results, metric), parameters).plot(ax, title)

    def heights(self) -> FloatArray:
        """Where each candidate crosses each axis: in [0, 1], or below 0 if it does not have the parameter.

        Returns
        -------
        ndarray of shape (n_candidates, n_parameters)
        """
        if not self.columns:
            return np.empty((len(self.candidates), 0))
        columns = [np.where(column.is_set, column.unit(), NOT_SET) for column in self.columns]
        return np.column_stack(columns)

    def _draw(self) -> None:
        lines_ = self._draw_lines()
        for i, column in enumerate(self.columns):
            self._draw_axis(i, column)
        has_lane = any(not column.is_set.all() for column in self.columns)
        if has_lane:
            self.ax_.axhline(NOT_SET, color=ink(self.ax_), alpha=0.12, linewidth=6, zorder=0)
            self.ax_.text(-0.08, NOT_SET, "not set", ha="right", va="center", fontsize="small")
        self._name_axes()
        self.ax_.set_yticks([])
        self.ax_.spines[:].set_visible(False)
        self.ax_.set_xlim(-0.15, max(len(self.columns) - 1, 0) + 0.45)
        self.ax_.set_ylim(NOT_SET - 0.06 if has_lane else -0.04, 1.06)
        if lines_ is not None:
            kinds = self.candidates.kinds(robust_minimum(self.candidates.scores))
            extend = {"extend": "min"} if kinds["below"].any() else {}
            colour_bar(self.figure_, lines_, self.ax_, label_scores(self.candidates.metric), **extend)
        handles = kind_handles({"outside": int(self.candidates.outside.sum())}, FAILED, linestyle=":")
        handles += kind_handles({"pruned": int(self.candidates.pruned.sum())}, FAILED, linestyle="--")
        legend_above(self.ax_, handles)

    def _name_axes(self) -> None:
        names = [_wrap(shorten(column.name, 40)) for column in self.columns]
        longest = max((len(line) for name in names for line in name.splitlines()), default=0)
        slanted = {"rotation": 25, "ha": "right", "rotation_mode": "anchor"} if longest > 14 else {}
        self.ax_.set_xticks(range(len(names)), labels=names, fontsize="small", **slanted)
        self.ax_.tick_params(axis="x", length=0, pad=6)

    def _draw_lines(self) -> Any:
        """Draw the lines, the worst first, and the best again in another colour."""
        candidates, heights = self.candidates, self.heights()
        rows = np.flatnonzero(~candidates.failed)
        if not len(rows) or not heights.shape[1]:
            return None
        rows = rows[np.argsort(candidates.scores[rows], kind="stable")]
        scores = candidates.scores[rows]
        floor, top = robust_minimum(scores), float(scores.max())
        rank = np.linspace(0.0, 1.0, len(rows))
        many = len(rows) > MANY
        collection = draw_lines(
            self.ax_, [_path(heights[row]) for row in rows], cmap=MAP, array=np.maximum(scores, floor),
            linestyles=["--" if candidates.pruned[row] else ":" if candidates.outside[row] else "-" for row in rows],
            linewidths=0.8 + (0.5 if many else 1.2) * rank, alpha=(0.08 + 0.62 * rank**10) if many else 0.85,
        )  # fmt: skip
        collection.set_clim(floor, top if top > floor else floor + 1e-9)
        if candidates.best is not None:
            x, y = _path(heights[candidates.best]).T
            self.ax_.plot(x, y, color=BEST, linewidth=2.4, zorder=4)
        return collection

    def _draw_axis(self, i: int, column: Column) -> None:
        colour = ink(self.ax_)
        self.ax_.plot([i, i], [0, 1], color=colour, linewidth=0.9, zorder=3)
        halo = {"facecolor": self.ax_.get_facecolor(), "edgecolor": "none", "alpha": 0.75, "pad": 0.6}
        for height, text in _ticks(column):
            # The tick is on the left, because to the right it would look like a minus.
            self.ax_.plot([i - 0.03, i], [height, height], color=colour, linewidth=0.9, zorder=3)
            self.ax_.text(i + 0.04, height, text, fontsize="small", va="center", bbox=halo, zorder=5)


def _wrap(name: str) -> str:
    return name if len(name) <= 12 else name.replace("__", "__\n")


def _path(heights: FloatArray) -> FloatArray:
    return np.column_stack([np.arange(len(heights), dtype=float), heights])


def _ticks(column: Column) -> list[tuple[float, str]]:
    """Height and text of each tick of an axis."""
    if column.is_categorical:
        n = len(column.categories)
        step = -(-n // 12)
        heights = column.unit(np.arange(n, dtype=float))
        return [(float(heights[i]), shorten(column.categories[i])) for i in range(0, n, step)]
    return [(float(column.unit(np.array(value))), text) for value, text in round_ticks(column)]
