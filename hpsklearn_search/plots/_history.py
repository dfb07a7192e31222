"""How a search went: the score of every candidate, and the best so far."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from ._candidates import Candidates, robust_minimum
from ._display import Display
from ._style import BEST, COLOURS, FAILED, label_scores, tidy, unseen_axes

SIZE = (7.0, 4.2)  # inches
MANY = 200  # candidates, from which on points are small and faint


class SearchHistoryDisplay(Display):
    """The score of every candidate, the best so far, and the failures; of one search or of several.

    Make one with `from_search`, `from_searches` or `from_cv_results`.

    Parameters
    ----------
    candidates : dict of Candidates
        ``{name of the search: its candidates}``.
    x : {"number", "time"}, default="number"
        Whether candidates stand at their number or at the second in which they finished.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure, after `plot`.
    ax_ : matplotlib Axes
        The axes.

    Examples
    --------
    >>> from hpsklearn_search.plots import SearchHistoryDisplay
    >>> results = {"param_C": [1, 10, 100], "mean_test_score": [0.7, 0.9, 0.8]}  # or a search's own
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
        cls, search: Any, *, metric: str | None = None, x: str = "number", ax: Any = None
    ) -> SearchHistoryDisplay:
        """Draw the history of a fitted search.

        Parameters
        ----------
        search : HyperoptSearchCV, GridSearchCV, RandomizedSearchCV, ...
            Fitted.
        metric : str, default=None
            Of several metrics the one to show; by default the one that was optimised or refitted on.
        x : {"number", "time"}, default="number"
            What stands on the horizontal axis.
        ax : matplotlib Axes, default=None
            Where to draw; by default on a new figure.

        Returns
        -------
        SearchHistoryDisplay
            The drawn display.
        """
        return cls({"": Candidates.from_search(search, metric)}, x).plot(ax)

    @classmethod
    def from_searches(
        cls, searches: Mapping[str, Any], *, metric: str | None = None, x: str = "number", ax: Any = None
    ) -> SearchHistoryDisplay:
        """Draw several searches on the same axes.

        Parameters
        ----------
        searches : mapping
            ``{name: fitted search}``.
        metric, x, ax
            As for `from_search`.
        """
        return cls({name: Candidates.from_search(search, metric) for name, search in searches.items()}, x).plot(ax)

    @classmethod
    def from_cv_results(
        cls, cv_results: Mapping[str, Any], *, metric: str | None = None, x: str = "number", ax: Any = None
    ) -> SearchHistoryDisplay:
        """Draw the history in a table of results.

        Parameters
        ----------
        cv_results : mapping
            ``cv_results_``.
        metric, x, ax
            As for `from_search`.
        """
        return cls({"": Candidates.from_cv_results(cv_results, metric)}, x).plot(ax)

    def _draw(self) -> None:
        low = min(robust_minimum(each.scores) for each in self.candidates.values())
        high = max((np.nanmax(each.scores) for each in self.candidates.values() if not each.failed.all()), default=1.0)
        margin = 0.06 * (high - low) or 0.06 * abs(high) or 0.06
        for i, (name, each) in enumerate(self.candidates.items()):
            self._draw_search(name, each, COLOURS[i % len(COLOURS)], low - margin)
        self.ax_.set_ylim(low - 2 * margin, high + margin)
        self.ax_.set_ylabel(label_scores(next(iter(self.candidates.values())).metric))
        self.ax_.set_xlabel(self._x_label())
        tidy(self.ax_)
        above = {"loc": "lower left", "bbox_to_anchor": (0.0, 1.0), "ncols": 4}
        self.ax_.legend(**above, frameon=False, fontsize="small", borderaxespad=0.2, columnspacing=1.4)

    def _x_label(self) -> str:
        if self.x == "number":
            return "candidate"
        on_clock = all(each.is_wall_clock for each in self.candidates.values())
        return "seconds since the search began" if on_clock else "seconds of fitting and scoring"

    def _draw_search(self, name: str, each: Candidates, colour: str, floor: float) -> None:
        where = each.seconds if self.x == "time" else np.arange(1.0, len(each) + 1)
        ax, alone = self.ax_, len(self.candidates) == 1
        size, alpha = (9, 0.45) if len(each) > MANY else (22, 0.75 if alone else 0.4)
        of = f"{name}: " if name else ""
        below = ~each.failed & (each.scores < floor)
        shown = each.complete & ~below
        style = {"s": size, "alpha": alpha, "linewidths": 0.8}
        ax.scatter(where[shown], each.scores[shown], color=colour, label=f"{of}candidate" if alone else None, **style)
        stopped = each.stopped & ~below
        self._marked(where, np.where(stopped, each.scores, np.nan), stopped, "o", colour, f"{of}stopped early", True)
        self._marked(where, floor, below, "v", colour, f"{of}below")
        self._marked(where, floor, each.failed, "x", FAILED if alone else colour, f"{of}failed")
        order = np.argsort(where, kind="stable")
        best = each.best_so_far(order)
        line = BEST if alone else colour
        label = f"{of}best" + (f" {np.nanmax(best):.6g}" if not np.isnan(best).all() else "")
        ax.plot(where[order], best, color=line, drawstyle="steps-post", linewidth=1.8, label=label)

    def _marked(
        self, where: Any, height: Any, which: Any, marker: str, colour: str, text: str, hollow: bool = False
    ) -> None:
        """Candidates that are no ordinary points, with their number in the legend."""
        if not which.any():
            return
        heights = np.broadcast_to(height, which.shape)[which]
        face = {"facecolors": "none", "edgecolors": colour} if hollow else {"color": colour}
        label = f"{text} ({int(which.sum())})"
        self.ax_.scatter(where[which], heights, marker=marker, s=22, linewidths=1.0, label=label, **face)


def save_history(search: Any, path: str | os.PathLike[str]) -> None:
    """Draw the history of a fitted search into a file, and nowhere else.

    Parameters
    ----------
    search : HyperoptSearchCV, GridSearchCV, RandomizedSearchCV, ...
        Fitted.
    path : path-like
        The file; its ending names the format.
    """
    SearchHistoryDisplay.from_search(search, ax=unseen_axes(SIZE)).figure_.savefig(path)
