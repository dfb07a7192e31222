"""The importance of the parameters, as bars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._columns import shorten
from ._display import Display
from ._style import FAILED, POINTS, ink, tidy


class ParameterImportanceDisplay(Display):
    """The importance of every parameter of a space, the largest at the top.

    Use `from_search` to create one.

    Parameters
    ----------
    importances : mapping
        ``{name: importance}``, as ``importances_`` or `parameter_importances` has it.
    intervals : mapping, default=None
        ``{name: (low, high)}``, as ``search.importance_intervals()`` returns it. A line shows each, and the bar of
        a parameter whose interval begins at 0 is not filled.
    max_bars : int, default=20
        Maximum number of bars; one grey bar shows the sum of the others.

    Attributes
    ----------
    figure_, ax_ : matplotlib Figure, matplotlib Axes
        Set by `plot`.

    Examples
    --------
    >>> from hpsklearn_search.plots import ParameterImportanceDisplay
    >>> display = ParameterImportanceDisplay({"kernel": 0.2, "C": 0.8}).plot()
    >>> list(display.importances)
    ['C', 'kernel']
    """

    def __init__(
        self,
        importances: Mapping[str, float],
        intervals: Mapping[str, tuple[float, float]] | None = None,
        *,
        max_bars: int = 20,
    ) -> None:
        if max_bars < 1:
            raise ValueError(f"max_bars must be at least 1, got {max_bars!r}")
        self.importances = dict(sorted(importances.items(), key=lambda item: -item[1]))
        self.intervals = dict(intervals or {})
        self.max_bars = max_bars
        n_bars = min(len(self.importances), max_bars + 1)
        self.size = 6.4, 1.1 + 0.3 * max(n_bars, 2)

    @classmethod
    def from_search(
        cls, search: Any, *, max_bars: int = 20, ax: Any = None, title: str | None = None
    ) -> ParameterImportanceDisplay:
        """Draw the importances of a fitted search.

        Parameters
        ----------
        search : HyperoptSearchCV
            A fitted search.
        max_bars : int, default=20
            Maximum number of bars.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default a new figure is created.
        title : str, default=None
            The title of the picture. By default there is none.

        Returns
        -------
        ParameterImportanceDisplay
            The drawn display.

        Raises
        ------
        TypeError
            If the search has no ``importances_``, as those of scikit-learn.
        """
        if not hasattr(type(search), "importances_"):
            raise TypeError(
                f"importances need the space of a HyperoptSearchCV, got {type(search).__name__}; for a record of "
                "fmin write ParameterImportanceDisplay(parameter_importances(trials, space)).plot()"
            )
        return cls(search.importances_, search.importance_intervals(), max_bars=max_bars).plot(ax, title)

    def _draw(self) -> None:
        items = list(self.importances.items())
        shown, rest = items[: self.max_bars], items[self.max_bars :]
        bars = [(shorten(label, 34), value, POINTS) for label, value in shown]
        if rest:
            bars.append((f"({len(rest)} others)", sum(value for _, value in rest), FAILED))
        names, values, colours = zip(*bars[::-1], strict=True) if bars else ((), (), ())
        drawn = self.ax_.barh(range(len(bars)), values, color=colours, height=0.7)
        spreads = [self.intervals.get(label) for label, _ in shown] + [None] * bool(rest)
        ends = [self._draw_interval(bar, spread) for bar, spread in zip(drawn, spreads[::-1], strict=True)]
        for row, (value, end) in enumerate(zip(values, ends, strict=True)):
            self.ax_.annotate(
                _percent(value), (end, row), (4, 0), textcoords="offset points", va="center", fontsize="small"
            )
        self.ax_.set_yticks(range(len(bars)), labels=names)
        self.ax_.set_xlim(0, 1.12 * max(ends, default=1.0) or 1.0)
        self.ax_.set_xlabel("importance" + self._note())
        tidy(self.ax_, "x")

    def _note(self) -> str:
        shown = list(self.importances.items())[: self.max_bars]
        if not any(value > 0 for _, value in shown):
            return " (no influence was seen)"
        hollow = any(value > 0 and self._may_be_chance(self.intervals.get(label)) for label, value in shown)
        return " (not filled: it may be due to chance)" if hollow else ""

    @staticmethod
    def _may_be_chance(interval: tuple[float, float] | None) -> bool:
        return interval is not None and interval[0] <= 0

    def _draw_interval(self, bar: Any, interval: tuple[float, float] | None) -> float:
        """Draw the interval over its bar; where the text beside them begins."""
        if self._may_be_chance(interval):
            bar.set(facecolor="none", edgecolor=bar.get_facecolor(), hatch="///")
        width = float(bar.get_width())
        if interval is None or not interval[1] > interval[0]:
            return width
        self.ax_.plot(interval, [bar.get_y() + bar.get_height() / 2] * 2, color=ink(self.ax_), linewidth=1.2)
        return max(width, interval[1])


def _percent(value: float) -> str:
    return "0" if value == 0 else "< 1 %" if value < 0.01 else f"{100 * value:.0f} %"
