"""Score against one parameter after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ._candidates import Candidates, robust_minimum
from ._columns import Column, shortened
from ._display import Display
from ._style import BEST, FAILED, MAP, axes_grid, colour_bar, label_scores, new_axes, on_parameter, tidy

MANY = 200


class ParameterScoreDisplay(Display):
    """The score of every candidate against its value of a parameter, one panel a parameter.

    Colour tells when a candidate was suggested, early ones dark; the best has a ring, failed ones are
    crosses at the bottom. Categories are strips. Candidates without the parameter are left out, and
    counted under the panel. Make one with `from_search` or `from_cv_results`.

    Parameters
    ----------
    candidates : Candidates
        What was tried.
    parameters : str or sequence of str, default=None
        Which to show, by their names in ``best_params_``; by default all that vary.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure, after `plot`.
    axes_ : list of matplotlib Axes
        One a parameter.
    ax_ : matplotlib Axes
        The first of them.

    Examples
    --------
    >>> from hpsklearn_search.plots import ParameterScoreDisplay
    >>> results = {"param_C": [0.1, 1.0, 10.0], "param_g": [3, 1, 2], "mean_test_score": [0.7, 0.9, 0.8]}
    >>> [ax.get_xlabel() for ax in ParameterScoreDisplay.from_cv_results(results).axes_]
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
        cls, search: Any, parameters: str | Sequence[str] | None = None, *, metric: str | None = None, ax: Any = None
    ) -> ParameterScoreDisplay:
        """Draw the scores of a fitted search against its parameters.

        Parameters
        ----------
        search : HyperoptSearchCV, GridSearchCV, RandomizedSearchCV, ...
            Fitted.
        parameters : str or sequence of str, default=None
            Which to show; by default all that vary.
        metric : str, default=None
            Of several metrics the one to show; by default the one that was optimised or refitted on.
        ax : matplotlib Axes, or a sequence of them, default=None
            Where to draw, one a parameter; by default on a new figure.

        Returns
        -------
        ParameterScoreDisplay
            The drawn display.
        """
        return cls(Candidates.from_search(search, metric), parameters).plot(ax)

    @classmethod
    def from_cv_results(
        cls,
        cv_results: Mapping[str, Any],
        parameters: str | Sequence[str] | None = None,
        *,
        metric: str | None = None,
        ax: Any = None,
    ) -> ParameterScoreDisplay:
        """Draw the scores in a table of results.

        Parameters
        ----------
        cv_results : mapping
            ``cv_results_``.
        parameters, metric, ax
            As for `from_search`.
        """
        return cls(Candidates.from_cv_results(cv_results, metric), parameters).plot(ax)

    def plot(self, ax: Any = None) -> ParameterScoreDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, or a sequence of them, default=None
            Where to draw, one a parameter; by default on a new figure.

        Returns
        -------
        ParameterScoreDisplay
            Itself, with `figure_`, `axes_` and `ax_`.

        Raises
        ------
        ValueError
            If there are not as many axes as parameters.
        """
        return super().plot(ax)

    def _begin(self, ax: Any) -> None:
        self.figure_, self.axes_ = self._axes(ax)
        self.ax_ = self.axes_[0]
        self._is_grid = ax is None and len(self.axes_) > 1

    def _draw(self) -> None:
        low = robust_minimum(self.candidates.scores)
        high = np.nanmax(self.candidates.scores) if not self.candidates.failed.all() else 1.0
        margin = 0.06 * (high - low) or 0.06 * abs(high) or 0.06
        points = None
        for axes, column in zip(self.axes_, self.columns, strict=True):
            points = self._panel(axes, column, low - margin) or points
            axes.set_ylim(low - 2 * margin, high + margin)
        if self._is_grid:
            self.figure_.supylabel(label_scores(self.candidates.metric), fontsize="medium")
        else:
            for axes in self.axes_:
                axes.set_ylabel(label_scores(self.candidates.metric))
        if points is not None:
            colour_bar(self.figure_, points, self.axes_, "candidate", shrink=1.0 if len(self.axes_) < 5 else 0.5)

    def _axes(self, ax: Any) -> tuple[Any, list[Any]]:
        n = len(self.columns)
        if ax is None and n > 1:
            return axes_grid(n, min(4, max(2, round(n**0.5))), (3.4, 3.0))
        given = [ax] if not np.iterable(ax) else list(np.asarray(ax, dtype=object).ravel())
        if len(given) != n:
            raise ValueError(
                f"ax: {n} parameters need {n} axes, got {len(given)}; name one parameter, or give as many axes"
            )
        pairs = [new_axes(each, self.size) for each in given]
        return pairs[0][0], [axes for _, axes in pairs]

    def _panel(self, ax: Any, column: Column, floor: float) -> Any:
        tried = self.candidates
        numbers = np.arange(1, len(tried) + 1)
        x = spread_out(column)
        small = len(tried) > MANY
        there = column.is_set & ~tried.failed
        points = ax.scatter(
            x[there], np.maximum(tried.scores[there], floor), c=numbers[there], cmap=MAP, vmin=1, vmax=len(tried),
            s=10 if small else 24, alpha=0.6 if small else 0.9, linewidths=0,
        )  # fmt: skip
        failed = column.is_set & tried.failed
        ax.scatter(x[failed], np.full(failed.sum(), floor), marker="x", color=FAILED, s=22, linewidths=1.0)
        best = tried.best
        if best is not None and column.is_set[best]:
            ax.scatter(x[best], tried.scores[best], s=110, facecolors="none", edgecolors=BEST, linewidths=2.0, zorder=3)
        on_parameter(ax.xaxis, column, most_text=18)
        missing = int((~column.is_set).sum())
        note = f"\n(set in {len(tried) - missing} of {len(tried)})" if missing else ""
        ax.set_xlabel(shortened(column.name, 40) + note)
        tidy(ax, "y" if column.is_categorical else "both")
        return points if there.any() else None


def spread_out(column: Column, width: float = 0.5) -> Any:
    """Positions on an axis; those of a category are spread over a strip, the same way every time."""
    if not column.is_categorical:
        return column.positions
    # Multiples of the golden ratio fill an interval evenly, however many there are.
    spread = (np.arange(len(column.positions)) * 0.6180339887498949) % 1.0 - 0.5
    return column.positions + width * spread
