"""The score as a function of each parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ._candidates import Candidates, robust_minimum
from ._columns import Column, shorten
from ._display import Display
from ._style import (
    BEST,
    FAILED,
    MAP,
    axes_grid,
    colour_bar,
    draw_candidates,
    ink,
    kind_handles,
    label_scores,
    legend_above,
    new_axes,
    on_parameter,
    show_whole_numbers,
    tidy,
)

MANY = 200  # above this number of candidates, points are small and faint
GOLDEN = 0.6180339887498949
STRIP = 0.5  # width of the strip of a category, of the distance between two


class ParameterScoreDisplay(Display):
    """The score of every candidate against its value of a parameter, with one panel per parameter.

    Early candidates are dark, late ones light. The best candidate has a ring, pruned ones are hollow. At the
    bottom, triangles are candidates with scores below the axis, and crosses are failed ones. Candidates that do
    not have the parameter are not drawn; the label of the axis counts the others.
    Use `from_search` or `from_cv_results` to create one.

    Parameters
    ----------
    candidates : Candidates
        The candidates of a search.
    parameters : str or sequence of str, default=None
        Parameters to show, by their names in ``best_params_``. By default all parameters with more than one
        value.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure; set by `plot`.
    axes_ : list of matplotlib Axes
        The axes, one for each parameter.
    ax_ : matplotlib Axes
        The first of the axes.

    Examples
    --------
    >>> from hpsklearn_search.plots import ParameterScoreDisplay
    >>> results = {
    ...     "param_C": [0.1, 1.0, 10.0],
    ...     "param_g": [3, 1, 2],
    ...     "mean_test_score": [0.7, 0.9, 0.8],
    ... }
    >>> display = ParameterScoreDisplay.from_cv_results(results)
    >>> [ax.get_xlabel() for ax in display.axes_]
    ['C', 'g']
    """

    size = 6.4, 4.2
    axes_: list[Any]

    def __init__(self, candidates: Candidates, parameters: str | Sequence[str] | None = None) -> None:
        self.candidates = candidates
        names = [parameters] if isinstance(parameters, str) else parameters or candidates.varying()
        self.columns = [candidates.column(name) for name in names]

    @classmethod
    def from_search(
        cls,
        search: Any,
        parameters: str | Sequence[str] | None = None,
        *,
        metric: str | None = None,
        ax: Any = None,
        title: str | None = None,
    ) -> ParameterScoreDisplay:
        """Draw the scores of a fitted search against its parameters.

        Parameters
        ----------
        search : HyperoptSearchCV, GridSearchCV, RandomizedSearchCV, ...
            A fitted search.
        parameters : str or sequence of str, default=None
            Parameters to show. By default all parameters with more than one value.
        metric : str, default=None
            The metric to show, if there are several. By default the one that the search optimised, or that
            `refit` names.
        ax : matplotlib Axes, or a sequence of them, default=None
            Axes to draw on, one for each parameter. By default a new figure is created.
        title : str, default=None
            The title of the picture. By default there is none.

        Returns
        -------
        ParameterScoreDisplay
            The drawn display.
        """
        return cls(Candidates.from_search(search, metric), parameters).plot(ax, title)

    @classmethod
    def from_cv_results(
        cls,
        cv_results: Mapping[str, Any],
        parameters: str | Sequence[str] | None = None,
        *,
        metric: str | None = None,
        ax: Any = None,
        title: str | None = None,
    ) -> ParameterScoreDisplay:
        """Draw the scores of a table of results.

        Parameters
        ----------
        cv_results : mapping
            ``cv_results_`` of a search, or a data frame made of it.
        parameters : str or sequence of str, default=None
            Parameters to show. By default all parameters with more than one value.
        metric : str, default=None
            The metric to show, if there are several. By default the one that the search optimised, or that
            `refit` names.
        ax : matplotlib Axes, or a sequence of them, default=None
            Axes to draw on, one for each parameter. By default a new figure is created.
        title : str, default=None
            The title of the picture. By default there is none.
        """
        return cls(Candidates.from_cv_results(cv_results, metric), parameters).plot(ax, title)

    def plot(self, ax: Any = None, title: str | None = None) -> ParameterScoreDisplay:
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, or a sequence of them, default=None
            Axes to draw on, one for each parameter. By default a new figure is created.
        title : str, default=None
            The title of the picture. By default there is none.

        Returns
        -------
        ParameterScoreDisplay
            The display itself, with `figure_`, `axes_` and `ax_`.

        Raises
        ------
        ValueError
            If the number of axes is not the number of parameters.
        """
        return super().plot(ax, title)

    def _set_axes(self, ax: Any) -> None:
        self.figure_, self.axes_ = self._axes(ax)
        self.ax_ = self.axes_[0]
        self._is_grid = ax is None and len(self.axes_) > 1

    def _draw(self) -> None:
        low = robust_minimum(self.candidates.scores)
        high = np.nanmax(self.candidates.scores) if not self.candidates.failed.all() else 1.0
        margin = 0.06 * (high - low) or 0.06 * abs(high) or 0.06
        kinds = self.candidates.kinds(low - margin)
        points = None
        for axes, column in zip(self.axes_, self.columns, strict=True):
            points = self._draw_panel(axes, column, kinds, low - margin) or points
            axes.set_ylim(low - 2 * margin, high + margin)
        if self._is_grid:
            self.figure_.supylabel(label_scores(self.candidates.metric), fontsize="medium")
        else:
            for axes in self.axes_:
                axes.set_ylabel(label_scores(self.candidates.metric))
        handles = kind_handles({kind: int(which.sum()) for kind, which in kinds.items()}, FAILED)
        legend_above(self.figure_ if self._is_grid else self.ax_, handles)
        if points is not None:
            shrink = 1.0 if len(self.axes_) < 5 else 0.5
            bar = colour_bar(self.figure_, points, self.axes_, "candidate", shrink=shrink)
            show_whole_numbers(bar.ax.yaxis)

    def _axes(self, ax: Any) -> tuple[Any, list[Any]]:
        n = len(self.columns)
        if ax is None and n > 1:
            return axes_grid(n, min(4, max(2, round(n**0.5))), (3.4, 3.0))
        axes = [ax] if not np.iterable(ax) else list(np.asarray(ax, dtype=object).ravel())
        if len(axes) != n:
            raise ValueError(
                f"ax: {n} parameters need {n} axes, got {len(axes)}; name one parameter, or give as many axes"
            )
        pairs = [new_axes(panel, self.size) for panel in axes]
        return pairs[0][0], [panel for _, panel in pairs]

    def _draw_panel(self, ax: Any, column: Column, kinds: Mapping[str, Any], floor: float) -> Any:
        """Draw the candidates against one parameter; returns points that the colour bar can describe."""
        scores, best, n = self.candidates.scores, self.candidates.best, len(self.candidates)
        x, numbers = spread_categories(column), np.arange(n)
        heights = np.where(kinds["below"] | kinds["failed"], floor, scores)
        style = {"s": 10 if n > MANY else 24, "alpha": 0.8 if n > MANY else 0.9}
        points = None
        for kind, which in kinds.items():
            rows = which & column.is_set
            by_number = {"c": numbers[rows], "cmap": MAP, "vmin": 0, "vmax": n - 1}
            colours = {"color": FAILED} if kind == "failed" else by_number
            # Both ends of the map are close to a background: yellow to white, dark blue to black.
            edge = {"edgecolors": ink(ax), "linewidths": 0.4 if n <= MANY else 0.0} if kind == "candidate" else {}
            drawn = draw_candidates(ax, x[rows], heights[rows], kind, **style, **colours, **edge)
            points = points or (None if kind == "failed" else drawn)
        if best is not None and column.is_set[best]:
            ax.scatter(x[best], scores[best], s=110, facecolors="none", edgecolors=BEST, linewidths=2.0, zorder=3)
        on_parameter(ax.xaxis, column)
        n_set = int(column.is_set.sum())
        note = f"\n(set in {n_set} of {n})" if n_set < n else ""
        ax.set_xlabel(shorten(column.name, 40) + note)
        tidy(ax, "y" if column.is_categorical else "both")
        return points


def spread_categories(column: Column, step: float = GOLDEN) -> Any:
    """Positions on an axis; the candidates of a category are spread over a strip, always in the same way."""
    if not column.is_categorical:
        return column.positions
    # Multiples of the golden ratio fill an interval evenly for any number of candidates.
    offsets = (np.arange(len(column.positions)) * step) % 1.0 - 0.5
    return column.positions + STRIP * offsets
