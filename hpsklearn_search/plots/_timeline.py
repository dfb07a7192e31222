"""What each worker did when: a bar for each fold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ._candidates import Candidates
from ._display import Display
from ._style import FAILED, MAP, colour_bar, draw_bars, kind_handles, legend_above, show_whole_numbers, tidy


class TimelineDisplay(Display):
    """Which worker ran which fold when; a worker that waited is grey.

    Each row is a worker, and each bar is the fit and scoring of one fold. Its colour says which candidate it
    belongs to. The folds of candidates that racing pruned are hollow, and those of failed candidates are grey with
    lines. Use `from_search` to create one.

    Parameters
    ----------
    workers : sequence of str
        The worker of each fold.
    starts, seconds : sequence of float
        When each fold began, in seconds since the first one, and how long it took.
    numbers : sequence of int
        The candidate of each fold, as a row of ``cv_results_``.
    kinds : sequence of {"candidate", "pruned", "failed"}
        What became of the candidate.

    Attributes
    ----------
    figure_, ax_ : matplotlib Figure, matplotlib Axes
        Set by `plot`.

    Examples
    --------
    >>> from hpsklearn_search.plots import TimelineDisplay
    >>> display = TimelineDisplay(
    ...     ["a", "b", "a"], [0, 0, 2], [2, 1, 2], [0, 0, 1], ["candidate"] * 3
    ... )
    >>> display.busy  # the share of the time in which a worker ran a fold
    0.625
    """

    def __init__(
        self,
        workers: Sequence[str],
        starts: Sequence[float],
        seconds: Sequence[float],
        numbers: Sequence[int],
        kinds: Sequence[str],
    ) -> None:
        self.workers, rows = np.unique(np.asarray(workers, dtype=str), return_inverse=True)
        self.rows = rows.ravel()
        self.starts, self.seconds = np.asarray(starts, dtype=float), np.asarray(seconds, dtype=float)
        self.numbers, self.kinds = np.asarray(numbers), np.asarray(kinds)
        self.size = 7.0, 1.6 + 0.4 * len(self.workers)

    @classmethod
    def from_search(cls, search: Any, *, ax: Any = None, title: str | None = None) -> TimelineDisplay:
        """Draw the timeline of a fitted search.

        Parameters
        ----------
        search : HyperoptSearchCV
            A fitted search.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default a new figure is created.
        title : str, default=None
            The title of the picture. By default there is none.

        Returns
        -------
        TimelineDisplay
            The drawn display.

        Raises
        ------
        TypeError
            If the search does not record its workers, as those of scikit-learn.
        ValueError
            If no fold has a time, as in a search that an older version saved.
        """
        if not hasattr(search, "_fold_runs"):
            raise TypeError(f"a timeline needs the record of a HyperoptSearchCV, got {type(search).__name__}")
        candidates = Candidates.from_search(search)
        runs = search._fold_runs()
        if not runs:
            raise ValueError("no fold of this search has a recorded time")
        numbers, workers, starts, seconds = zip(*runs, strict=True)
        kinds = np.where(candidates.failed, "failed", np.where(candidates.pruned, "pruned", "candidate"))
        return cls(workers, starts, seconds, numbers, kinds[list(numbers)].tolist()).plot(ax, title)

    @property
    def end(self) -> float:
        """When the last fold ended, in seconds."""
        return float((self.starts + self.seconds).max())

    @property
    def busy(self) -> float:
        """The share of the time of all workers in which they fitted and scored."""
        return float(self.seconds.sum() / (len(self.workers) * max(self.end, 1e-12)))

    def _draw(self) -> None:
        n = len(self.workers)
        draw_bars(self.ax_, np.zeros(n), np.arange(n), np.full(n, self.end), 0.8, facecolors=FAILED, alpha=0.3)
        bars = None
        styles = {"candidate": {}, "pruned": {"facecolors": "none"}, "failed": {"facecolors": FAILED, "hatch": "////"}}
        for kind, style in styles.items():
            which = self.kinds == kind
            if not which.any():
                continue
            by_number = {} if kind == "failed" else {"array": self.numbers[which], "cmap": MAP}
            drawn = draw_bars(
                self.ax_, self.starts[which], self.rows[which], self.seconds[which], 0.7, **by_number, **style
            )
            if kind != "failed":
                drawn.set_clim(0, self.numbers.max())
                bars = bars or drawn
            if kind == "pruned":
                drawn.set_facecolor("none")
                drawn.set_edgecolor(None)
        self.ax_.set_yticks(range(n), labels=[f"worker {i + 1}" for i in range(n)])
        self.ax_.set_ylim(n - 0.5, -0.5)
        self.ax_.set_xlim(0.0, self.end)
        self.ax_.set_xlabel(f"seconds since the first fold (workers were busy for {100 * self.busy:.0f} % of the time)")
        tidy(self.ax_, "x")
        counts = {kind: len(set(self.numbers[self.kinds == kind].tolist())) for kind in ("pruned", "failed")}
        legend_above(self.ax_, kind_handles(counts, FAILED, squares=True))
        if bars is not None:
            bar = colour_bar(self.figure_, bars, self.ax_, "candidate")
            show_whole_numbers(bar.ax.yaxis)
