"""The course of a search: the score of every candidate, and the best score so far."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from .._texts import public_repr
from ._candidates import Candidates, robust_minimum
from ._columns import shorten
from ._display import Display
from ._style import (
    BEST,
    COLOURS,
    FAILED,
    POINTS,
    draw_candidates,
    kind_handles,
    label_scores,
    legend_above,
    loss_axis,
    show_whole_numbers,
    tidy,
    unseen_axes,
)

SIZE = (7.0, 4.2)  # inches
MANY = 200  # above this number of candidates, points are small and faint


class SearchHistoryDisplay(Display):
    """The score of every candidate, the best score so far, and the failures; for one search or several.

    Use `from_search`, `from_searches` or `from_cv_results` to create one.

    Parameters
    ----------
    candidates : dict of Candidates
        ``{name of the search: its candidates}``.
    x : {"number", "time"}, default="number"
        The horizontal position of a candidate: its number, or the second in which it finished.

    Attributes
    ----------
    figure_, ax_ : matplotlib Figure, matplotlib Axes
        Set by `plot`.

    Examples
    --------
    >>> from hpsklearn_search.plots import SearchHistoryDisplay
    >>> results = {"param_C": [1, 10, 100], "mean_test_score": [0.7, 0.9, 0.8]}
    >>> display = SearchHistoryDisplay.from_cv_results(results)
    >>> display.ax_.get_lines()[0].get_ydata().tolist()
    [0.7, 0.9, 0.9]
    """

    size = SIZE

    def __init__(self, candidates: Mapping[str, Candidates], x: str = "number") -> None:
        if x not in ("number", "time"):
            raise ValueError(f"x must be 'number' or 'time', got {x!r}")
        if not candidates:
            raise ValueError("there is no search to show; write from_searches({'name': search})")
        self.candidates = dict(candidates)
        self.x = x

    @classmethod
    def from_search(
        cls, search: Any, *, metric: str | None = None, x: str = "number", ax: Any = None, title: str | None = None
    ) -> SearchHistoryDisplay:
        """Draw the history of a fitted search.

        Parameters
        ----------
        search : HyperoptSearchCV, GridSearchCV, RandomizedSearchCV, ...
            A fitted search.
        metric : str, default=None
            The metric to show, if there are several. By default the one that the search optimised, or that
            `refit` names.
        x : {"number", "time"}, default="number"
            The horizontal position of a candidate: its number, or the second in which it finished.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default a new figure is created.
        title : str, default=None
            The title of the picture. By default there is none.

        Returns
        -------
        SearchHistoryDisplay
            The drawn display.
        """
        return cls({"": Candidates.from_search(search, metric)}, x).plot(ax, title)

    @classmethod
    def from_searches(
        cls,
        searches: Mapping[str, Any],
        *,
        metric: str | None = None,
        x: str = "number",
        ax: Any = None,
        title: str | None = None,
    ) -> SearchHistoryDisplay:
        """Draw several searches on the same axes.

        Parameters
        ----------
        searches : mapping
            ``{name: fitted search}``; the legend shows the names.
        metric : str, default=None
            The metric to show, if there are several. By default the one that the search optimised, or that
            `refit` names.
        x : {"number", "time"}, default="number"
            The horizontal position of a candidate: its number, or the second in which it finished.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default a new figure is created.
        title : str, default=None
            The title of the picture. By default there is none.
        """
        if not isinstance(searches, Mapping):
            raise TypeError(
                f"searches must be a dict: from_searches({{'first': search, 'second': other}}), got "
                f"{public_repr(searches)}"
            )
        return cls({name: Candidates.from_search(search, metric) for name, search in searches.items()}, x).plot(
            ax, title
        )

    @classmethod
    def from_cv_results(
        cls,
        cv_results: Mapping[str, Any],
        *,
        metric: str | None = None,
        x: str = "number",
        ax: Any = None,
        title: str | None = None,
    ) -> SearchHistoryDisplay:
        """Draw the history from a table of results.

        Parameters
        ----------
        cv_results : mapping
            ``cv_results_`` of a search, or a data frame made of it.
        metric : str, default=None
            The metric to show, if there are several. By default the one that the search optimised, or that
            `refit` names.
        x : {"number", "time"}, default="number"
            The horizontal position of a candidate: its number, or the second in which it finished.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default a new figure is created.
        title : str, default=None
            The title of the picture. By default there is none.
        """
        return cls({"": Candidates.from_cv_results(cv_results, metric)}, x).plot(ax, title)

    def _draw(self) -> None:
        searches = self.candidates.values()
        low = min(robust_minimum(candidates.scores) for candidates in searches)
        high = max((np.nanmax(c.scores) for c in searches if not c.failed.all()), default=1.0)
        margin = 0.06 * (high - low) or 0.06 * abs(high) or 0.06
        counts: Counter[str] = Counter()
        lines = []
        for i, (name, candidates) in enumerate(self.candidates.items()):
            kinds = candidates.kinds(low - margin)
            counts.update({kind: int(which.sum()) for kind, which in kinds.items()})
            lines.append(self._draw_search(name, candidates, kinds, COLOURS[i % len(COLOURS)], low - margin))
        self.ax_.set_ylim(low - 2 * margin, high + margin)
        self.ax_.set_ylabel(label_scores(next(iter(searches)).metric))
        self.ax_.set_xlabel(self._x_label())
        if self.x == "number":
            show_whole_numbers(self.ax_.xaxis)
        tidy(self.ax_)
        is_only = len(self.candidates) == 1
        # With several searches, each has one entry: its line. The colours of the marks are those of the lines.
        legend_above(self.ax_, [*lines, *kind_handles(counts, POINTS if is_only else FAILED)])

    def _x_label(self) -> str:
        if self.x == "number":
            return "candidate"
        is_wall_clock = all(candidates.is_wall_clock for candidates in self.candidates.values())
        return "seconds since the start of the search" if is_wall_clock else "seconds of fitting and scoring"

    def _draw_search(
        self, name: str, candidates: Candidates, kinds: Mapping[str, Any], colour: str, floor: float
    ) -> Any:
        """Draw the candidates of a search and the best score so far; returns the line of the latter."""
        x = candidates.seconds if self.x == "time" else np.arange(float(len(candidates)))
        is_only, many = len(self.candidates) == 1, len(candidates) > MANY
        heights = np.where(kinds["below"] | candidates.failed, floor, candidates.scores)
        alpha = 0.45 if many else 0.75 if is_only else 0.4
        for kind, which in kinds.items():
            style = {"s": 9 if many else 22, "alpha": alpha} if kind == "candidate" else {"s": 22}
            draw_candidates(self.ax_, x[which], heights[which], kind, color=colour, **style)
        order = np.argsort(x, kind="stable")
        best = candidates.best_so_far(order)
        label = _name_of_best(name, None if candidates.best is None else float(np.nanmax(best)))
        line = {"color": BEST if is_only else colour, "drawstyle": "steps-post", "linewidth": 1.8}
        return self.ax_.plot(x[order], best, label=label, **line)[0]


def _name_of_best(name: str, best: float | None) -> str:
    """The entry of the legend for the line of a search."""
    return (f"{shorten(name, 40)}: " if name else "") + "best" + ("" if best is None else f" {best:.6g}")


def show_losses(display: SearchHistoryDisplay) -> None:
    """Show the scores of a drawn history as losses, on the axis and in the legend."""
    loss_axis(display.ax_)
    lines = display.ax_.get_legend().get_texts()  # those of the searches come first
    for text, (name, candidates) in zip(lines, display.candidates.items(), strict=False):
        best = None if candidates.best is None else -float(np.nanmax(candidates.scores))
        text.set_text(_name_of_best(name, best))


def save_history(search: Any, path: str | os.PathLike[str]) -> None:
    """Draw the history of a fitted search into a file; no window or notebook shows it."""
    SearchHistoryDisplay.from_search(search, ax=unseen_axes(SIZE)).figure_.savefig(path)
