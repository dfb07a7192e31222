"""The best candidates compared with the best one, as differences with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ._candidates import Candidates
from ._columns import shorten
from ._display import Display
from ._style import BEST, FAILED, POINTS, ink, label_scores, legend_above, tidy


class ComparisonDisplay(Display):
    """How much worse than the best each of the next candidates is, with its interval, the best at the top.

    Candidates that the folds cannot tell apart from the best are filled, the others are hollow and grey. Use
    `from_search` to create one.

    Parameters
    ----------
    names : sequence of str
        What is written beside each candidate, the best first.
    difference, low, high : array-like of shape (n,)
        The score of the best less that of each candidate, and the ends of the interval.
    same_as_best : array-like of bool of shape (n,)
        Which candidates cannot be told apart from the best.
    metric : str, default="score"
        The metric.
    alpha : float, default=0.05
        The intervals have the level ``1 - alpha``.

    Attributes
    ----------
    figure_, ax_ : matplotlib Figure, matplotlib Axes
        Set by `plot`.

    Notes
    -----
    An interval is that of one comparison, while "same as the best" is corrected for the number of comparisons. So the
    interval of a candidate that is the same may lie beside 0.

    Examples
    --------
    >>> from hpsklearn_search.plots import ComparisonDisplay
    >>> lower, upper = [0.0, -0.01], [0.0, 0.05]
    >>> display = ComparisonDisplay(["7", "4"], [0.0, 0.02], lower, upper, [True, True])
    >>> display.plot().names
    ['7', '4']
    """

    def __init__(
        self,
        names: Sequence[str],
        difference: Any,
        low: Any,
        high: Any,
        same_as_best: Any,
        *,
        metric: str = "score",
        alpha: float = 0.05,
    ) -> None:
        self.names = list(names)
        self.difference, self.low, self.high = (np.asarray(values, dtype=float) for values in (difference, low, high))
        self.same_as_best = np.asarray(same_as_best, dtype=bool)
        self.metric, self.alpha = metric, alpha
        # A letter is about 0.08 inches wide.
        self.size = 5.6 + 0.08 * max(map(len, self.names)), 1.4 + 0.3 * max(len(self.names), 2)

    @classmethod
    def from_search(
        cls,
        search: Any,
        n: int = 10,
        *,
        parameters: str | Sequence[str] = (),
        alpha: float = 0.05,
        ax: Any = None,
    ) -> ComparisonDisplay:
        """Draw the best candidates of a fitted search, compared as by ``search.compare(n)``.

        Parameters
        ----------
        search : HyperoptSearchCV
            A fitted search.
        n : int, default=10
            How many candidates to show.
        parameters : str or sequence of str, default=()
            Parameters whose values are written beside the number of each candidate.
        alpha : float, default=0.05
            As for `compare`.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default a new figure is created.

        Returns
        -------
        ComparisonDisplay
            The drawn display.

        Raises
        ------
        TypeError
            If the search cannot compare its candidates, as those of scikit-learn.
        ValueError
            As `compare`, and if a parameter was not searched.
        """
        if not hasattr(type(search), "compare"):
            raise TypeError(
                f"a comparison needs the folds of a HyperoptSearchCV, got {type(search).__name__}; write "
                "ComparisonDisplay.from_search(search) with a fitted HyperoptSearchCV"
            )
        rows, metric, columns = search._comparison(n, alpha)
        chosen = [parameters] if isinstance(parameters, str) else list(parameters)
        names = _names(Candidates.from_search(search), rows, chosen)
        shown = (columns[key][rows] for key in ("difference", "low", "high", "same_as_best"))
        return cls(names, *shown, metric=metric, alpha=alpha).plot(ax)

    def _draw(self) -> None:
        is_best = np.arange(len(self.names)) == 0
        groups = {
            "best": (is_best, BEST, BEST),
            "same as the best": (self.same_as_best & ~is_best, POINTS, POINTS),
            "worse": (~self.same_as_best & ~is_best, FAILED, "none"),
        }
        handles = [self._draw_group(kind, *look) for kind, look in groups.items() if look[0].any()]
        self.ax_.axvline(0.0, color=ink(self.ax_), linewidth=0.8, alpha=0.5, zorder=0)
        self.ax_.set_yticks(range(len(self.names)), labels=self.names)
        self.ax_.set_ylim(len(self.names) - 0.4, -0.6)  # the best at the top
        self.ax_.set_ylabel("candidate")
        self.ax_.set_xlabel(f"{label_scores(self.metric)} below the best\n{100 * (1 - self.alpha):g} % interval")
        tidy(self.ax_, "x")
        legend_above(self.ax_, handles)

    def _draw_group(self, kind: str, rows: Any, colour: str, face: str) -> Any:
        """Draw the candidates of one kind; what stands for them in the legend."""
        at, middle = np.flatnonzero(rows), self.difference[rows]
        ends = np.abs([middle - self.low[rows], self.high[rows] - middle])
        label = kind if kind == "best" else f"{kind} ({len(at)})"
        style = {"linestyle": "none", "marker": "o", "markersize": 6, "elinewidth": 1.4}
        return self.ax_.errorbar(middle, at, xerr=ends, color=colour, markerfacecolor=face, label=label, **style)


def _names(candidates: Candidates, rows: Any, parameters: Sequence[str]) -> list[str]:
    """The number of each candidate, with the values of some parameters."""
    columns = [candidates.column(name) for name in parameters]
    texts = [", ".join(f"{c.name.rpartition('__')[2]}={c.text(row)}" for c in columns if c.is_set[row]) for row in rows]
    return [shorten(f"{row}: {text}" if text else str(row), 44) for row, text in zip(rows, texts, strict=True)]
