"""Two columns of the table against each other: what a better score costs in time or size, and where the limits lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..space._typing import BoolArray, FloatArray
from ._candidates import Candidates, robust_minimum
from ._display import Display
from ._style import BEST, FAILED, POINTS, draw_candidates, ink, kind_handles, label_scores, legend_above, tidy

MANY = 200  # above this number of candidates, points are small and faint
LOG_FACTOR = 20.0  # times and sizes that differ by more have a logarithmic axis
TITLES = {
    "mean_fit_time": "seconds to fit a fold",
    "mean_score_time": "seconds to score a fold",
    "n_bytes": "bytes of the pickled model",
}

Bounds = tuple[float | None, float | None]


class TradeOffDisplay(Display):
    """All candidates in two columns of the table, those that no other beats in both, the limits, and the winner.

    Use `from_search` or `from_cv_results` to create one.

    Parameters
    ----------
    candidates : Candidates
        The candidates.
    x, y : array-like of shape (n,)
        Their values in the two columns; NaN where there is none.
    names : tuple of str
        The names of the two columns, which say whether smaller values are better: times, sizes and deviations.
    best : int, default=None
        The index of the winner.
    limits : dict, default=None
        ``{name of a column: (lowest, highest)}``, with None for an open end.

    Attributes
    ----------
    front : ndarray of shape (n_front,)
        The indices of the candidates that no other one beats in both columns, in the order of `x`.
    figure_, ax_ : matplotlib Figure, matplotlib Axes
        Set by `plot`.

    Examples
    --------
    >>> from hpsklearn_search.plots import TradeOffDisplay
    >>> results = {
    ...     "mean_test_score": [0.7, 0.9, 0.8],
    ...     "mean_score_time": [0.01, 0.05, 0.08],
    ... }
    >>> TradeOffDisplay.from_cv_results(results).front.tolist()
    [0, 1]
    """

    size = 6.4, 4.4

    def __init__(
        self,
        candidates: Candidates,
        x: Any,
        y: Any,
        names: tuple[str, str],
        *,
        best: int | None = None,
        limits: Mapping[str, Bounds] | None = None,
    ) -> None:
        self.candidates = candidates
        self.x, self.y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        self.names = names
        self.best = best
        self.limits = {name: bounds for name, bounds in (limits or {}).items() if name in names}
        has_both = np.isfinite(self.x) & np.isfinite(self.y) & ~candidates.failed & ~candidates.pruned
        self.front = _front(self._cost(0), self._cost(1), has_both)[:: 1 if is_less_better(names[0]) else -1]

    @classmethod
    def from_search(
        cls, search: Any, x: str | None = None, y: str | None = None, *, ax: Any = None, title: str | None = None
    ) -> TradeOffDisplay:
        """Draw two columns of a fitted search.

        Parameters
        ----------
        search : HyperoptSearchCV, GridSearchCV, RandomizedSearchCV, ...
            A fitted search.
        x : str, default=None
            A column of ``cv_results_``. By default the first column with a limit that is not `y`, else
            ``"mean_score_time"``.
        y : str, default=None
            Another one. By default the mean test score by the metric that the search optimised.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default a new figure is created.
        title : str, default=None
            The title of the picture. By default there is none.

        Returns
        -------
        TradeOffDisplay
            The drawn display.
        """
        candidates = Candidates.from_search(search)
        limits = search._limits.pairs() if hasattr(search, "_limits") else {}
        best = getattr(search, "best_index_", None)
        return trade_off(candidates, search.cv_results_, x, y, best=best, limits=limits).plot(ax, title)

    @classmethod
    def from_cv_results(
        cls,
        cv_results: Mapping[str, Any],
        x: str | None = None,
        y: str | None = None,
        *,
        limits: Mapping[str, Bounds] | None = None,
        ax: Any = None,
        title: str | None = None,
    ) -> TradeOffDisplay:
        """Draw two columns of a table of results.

        Parameters
        ----------
        cv_results : mapping
            ``cv_results_`` of a search, or a data frame made of it.
        limits : dict, default=None
            ``{name of a column: (lowest, highest)}``, with None for an open end.
        x, y, ax, title
            See `from_search`.
        """
        candidates = Candidates.from_cv_results(cv_results)
        return trade_off(candidates, cv_results, x, y, best=candidates.best, limits=limits or {}).plot(ax, title)

    def _cost(self, axis: int) -> FloatArray:
        """The values of an axis, with the sign that makes smaller ones better."""
        values = (self.x, self.y)[axis]
        return values if is_less_better(self.names[axis]) else -values

    # ------------------------------------------------------------------ drawing
    def _draw(self) -> None:
        heights, kinds = self._heights()
        n_drawn = {kind: int(which.sum()) for kind, which in kinds.items()}
        self._scale_axes()
        self._draw_points(heights, kinds)
        front = {"color": ink(self.ax_), "linewidth": 1.1, "alpha": 0.8, "zorder": 1.5, "label": "not beaten in both"}
        steps = "steps-post" if is_less_better(self.names[0]) else "steps-pre"
        handles = self.ax_.plot(self.x[self.front], self.y[self.front], drawstyle=steps, **front)
        handles += self._draw_best()
        handles += self._draw_limits()
        self.ax_.set_xlabel(_title(self.names[0]))
        self.ax_.set_ylabel(_title(self.names[1]))
        tidy(self.ax_)
        shown = {kind: n for kind, n in n_drawn.items() if kind != "outside"}
        handles += kind_handles({"outside": n_drawn["outside"]}, POINTS) + kind_handles(shown, FAILED)
        legend_above(self.ax_, handles)

    def _heights(self) -> tuple[FloatArray, dict[str, BoolArray]]:
        """Where each candidate is drawn, and how; what has no value in `y` lies at the bottom."""
        is_score = self.names[1].startswith(("mean_test_", "mean_train_"))
        known = self.y[np.isfinite(self.y)]
        low = (robust_minimum(self.y) if is_score else known.min()) if len(known) else 0.0
        high = known.max() if len(known) else 1.0
        bounds = [bound for bound in self.limits.get(self.names[1], ()) if bound is not None]
        ends = [low, high, *(bound for bound in bounds if low - (high - low) <= bound <= high + (high - low))]
        margin = 0.06 * (max(ends) - min(ends)) or 0.06 * abs(high) or 0.06
        floor = min(ends) - margin
        self.ax_.set_ylim(floor - margin, max(ends) + margin)
        kinds = self.candidates.kinds(floor) if is_score else self.candidates.kinds(-np.inf)
        at_floor = kinds["below"] | kinds["failed"] | np.isnan(self.y)
        return np.where(at_floor, floor, self.y), kinds

    def _scale_axes(self) -> None:
        x = self.x[np.isfinite(self.x)]
        if len(x) and x.min() > 0 and self.names[0] in TITLES and x.max() > LOG_FACTOR * x.min():
            self.ax_.set_xscale("log")

    def _draw_points(self, heights: FloatArray, kinds: Mapping[str, BoolArray]) -> None:
        many = len(self.candidates) > MANY
        for kind, which in kinds.items():
            rows = which & np.isfinite(self.x)
            style = {"s": 9 if many else 26, "alpha": 0.45 if many else 0.8}
            colour = POINTS if kind in ("candidate", "outside") else FAILED
            draw_candidates(self.ax_, self.x[rows], heights[rows], kind, color=colour, **style)

    def _draw_best(self) -> list[Any]:
        if self.best is None or not np.isfinite([self.x[self.best], self.y[self.best]]).all():
            return []
        ring = {"s": 120, "facecolors": "none", "edgecolors": BEST, "linewidths": 2.0, "zorder": 3}
        text = f"best: {self.y[self.best]:.4g} at {self.x[self.best]:.4g}"
        return [self.ax_.scatter(self.x[self.best], self.y[self.best], label=text, **ring)]

    def _draw_limits(self) -> list[Any]:
        """Draw each limit as a line, and shade what lies outside of it."""
        handles = []
        for axis, name in enumerate(self.names):
            for bound, is_upper in zip(self.limits.get(name, (None, None)), (False, True), strict=True):
                if bound is not None:
                    handles = [self._draw_limit("xy"[axis], bound, is_upper=is_upper)]
        return handles

    def _draw_limit(self, axis: str, bound: float, *, is_upper: bool) -> Any:
        draw_line, draw_span = (
            (self.ax_.axvline, self.ax_.axvspan) if axis == "x" else (self.ax_.axhline, self.ax_.axhspan)
        )
        low, high = getattr(self.ax_, f"get_{axis}lim")()
        if axis == "x":  # all of the x axis is data, so there is room for the limit
            low, high = min(low, bound), max(high, bound)
        draw_span(
            *((bound, max(high, bound)) if is_upper else (min(low, bound), bound)), color=FAILED, alpha=0.16, lw=0
        )
        getattr(self.ax_, f"set_{axis}lim")(low, high)
        return draw_line(bound, color=BEST, linestyle="--", linewidth=1.2, label="limit", zorder=1.2)


def trade_off(
    candidates: Candidates,
    results: Mapping[str, Any],
    x: str | None = None,
    y: str | None = None,
    *,
    best: int | None,
    limits: Mapping[str, Bounds],
) -> TradeOffDisplay:
    """The display of two columns, with the defaults of `TradeOffDisplay.from_search`."""
    score = f"mean_test_{candidates.metric}"
    y = y or score
    x = x or next((name for name in limits if name != y), "mean_score_time")
    across, up = (candidates.scores if name == score else _column(results, name) for name in (x, y))
    return TradeOffDisplay(candidates, across, up, (x, y), best=best, limits=limits)


def is_less_better(name: str) -> bool:
    """Whether a smaller value of a column is better: not of mean scores, but of times, sizes and deviations."""
    return not name.startswith(("mean_test_", "mean_train_"))


def _front(x: FloatArray, y: FloatArray, rows: BoolArray) -> Any:
    """The indices of those `rows` that no other one beats in both costs, in the order of `x`."""
    chosen = np.flatnonzero(rows)
    chosen = chosen[np.lexsort((y[chosen], x[chosen]))]
    lowest_before = np.minimum.accumulate(np.append(np.inf, y[chosen]))[:-1]
    return chosen[y[chosen] < lowest_before]


def _column(results: Mapping[str, Any], name: str) -> Any:
    try:
        return np.ma.filled(np.ma.asarray(results[name]).astype(float), np.nan)
    except (KeyError, TypeError, ValueError):
        numbers = [key for key in results if str(key).startswith(("mean_", "std_", "n_bytes"))]
        what = "is not made of numbers" if name in results else "does not exist"
        raise ValueError(f"the column {name!r} of cv_results_ {what}; choose from {numbers}") from None


def _title(name: str) -> str:
    if name.startswith("mean_test_"):
        return label_scores(name.removeprefix("mean_test_"))
    return TITLES.get(name, name)
