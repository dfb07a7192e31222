"""The score over two parameters: a map that is drawn through the candidates, and the candidates on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.interpolate import RBFInterpolator

from .._typing import BoolArray, FloatArray
from ._candidates import Candidates, robust_minimum
from ._columns import Column, shortened
from ._display import Display
from ._parameter import spread_out
from ._style import BEST, FAILED, MAP, colour_bar, label_scores, on_parameter, tidy

MESH = 60
FEWEST = 6  # different points, below which a map would be a guess
NEIGHBOURS = 60


class ContourDisplay(Display):
    """The score over two parameters.

    Between two numbers a smooth map is laid through the candidates, in the logarithm where the space is
    logarithmic; it says nothing of the other parameters, which are whatever they were. Of categories the
    candidates alone are shown. Make one with `from_search` or `from_cv_results`.

    Parameters
    ----------
    candidates : Candidates
        What was tried.
    x, y : str
        The parameters, by their names in ``best_params_``.

    Attributes
    ----------
    grid_x, grid_y : ndarray of shape (60,)
        Values of the parameters on the map; empty where there is none.
    grid_scores : ndarray of shape (60, 60)
        The map: ``grid_scores[j, i]`` at ``(grid_x[i], grid_y[j])``.
    figure_ : matplotlib Figure
        The figure, after `plot`.
    ax_ : matplotlib Axes
        The axes.

    Examples
    --------
    >>> from hpsklearn_search.plots import ContourDisplay
    >>> results = {"param_C": [0.1, 1.0, 10.0], "param_g": [3, 1, 2], "mean_test_score": [0.7, 0.9, 0.8]}
    >>> ContourDisplay.from_cv_results(results, "C", "g").ax_.get_ylabel()
    'g'
    """

    size = 6.4, 4.8

    def __init__(self, candidates: Candidates, x: str, y: str) -> None:
        if x == y:
            raise ValueError(f"x and y are both {x!r}; for one parameter use ParameterScoreDisplay")
        self.candidates = candidates
        self.x, self.y = candidates.column(x), candidates.column(y)
        self.shown_scores = np.maximum(candidates.scores, robust_minimum(candidates.scores))
        self.grid_x, self.grid_y, self.grid_scores = self._map()

    @classmethod
    def from_search(
        cls, search: Any, x: str | None = None, y: str | None = None, *, metric: str | None = None, ax: Any = None
    ) -> ContourDisplay:
        """Draw the scores of a fitted search over two parameters.

        Parameters
        ----------
        search : HyperoptSearchCV, GridSearchCV, RandomizedSearchCV, ...
            Fitted.
        x, y : str, default=None
            The parameters; by default the first two that vary and that most candidates have.
        metric : str, default=None
            Of several metrics the one to show; by default the one that was optimised or refitted on.
        ax : matplotlib Axes, default=None
            Where to draw; by default on a new figure.

        Returns
        -------
        ContourDisplay
            The drawn display.

        Raises
        ------
        ValueError
            If a parameter was not searched, or there are not two.
        """
        candidates = Candidates.from_search(search, metric)
        return cls(candidates, *_two(candidates, x, y)).plot(ax)

    @classmethod
    def from_cv_results(
        cls,
        cv_results: Mapping[str, Any],
        x: str | None = None,
        y: str | None = None,
        *,
        metric: str | None = None,
        ax: Any = None,
    ) -> ContourDisplay:
        """Draw the scores in a table of results.

        Parameters
        ----------
        cv_results : mapping
            ``cv_results_``.
        x, y, metric, ax
            As for `from_search`.
        """
        candidates = Candidates.from_cv_results(cv_results, metric)
        return cls(candidates, *_two(candidates, x, y)).plot(ax)

    def _map(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        empty = np.empty(0), np.empty(0), np.empty((0, 0))
        if self.x.is_categorical or self.y.is_categorical:
            return empty
        points = np.column_stack([self.x.unit(), self.y.unit()])
        known = ~np.isnan(points).any(axis=1) & ~self.candidates.failed
        distinct, inverse = np.unique(points[known].round(6), axis=0, return_inverse=True)
        flat = len(distinct) and np.linalg.matrix_rank(distinct - distinct.mean(axis=0), tol=1e-6) < 2
        if len(distinct) < FEWEST or flat:
            return empty
        # Of candidates at one place, the mean: what else differs between them is averaged over.
        scores = np.bincount(inverse.ravel(), self.shown_scores[known]) / np.bincount(inverse.ravel())
        smooth = RBFInterpolator(
            distinct, scores, neighbors=min(len(distinct), NEIGHBOURS), kernel="linear", smoothing=0.05
        )
        unit = np.linspace(0.0, 1.0, MESH)
        mesh = np.stack(np.meshgrid(unit, unit), axis=-1).reshape(-1, 2)
        found = np.clip(smooth(mesh), scores.min(), scores.max()).reshape(MESH, MESH)
        return _values(self.x, unit), _values(self.y, unit), found

    def _draw(self) -> None:
        on_parameter(self.ax_.xaxis, self.x, most_text=18)
        on_parameter(self.ax_.yaxis, self.y, most_text=22)
        tidy(self.ax_)
        if self.grid_scores.size:
            self.ax_.grid(visible=False)
            self.ax_.margins(0.03)
        tried = self.candidates
        x, y = spread_out(self.x), spread_out(self.y) if not self.x.is_categorical else _spread_other_way(self.y)
        there = self.x.is_set & self.y.is_set
        points = self._draw_scores(x, y, there & ~tried.failed)
        failed = there & tried.failed
        self.ax_.scatter(x[failed], y[failed], marker="x", color=FAILED, s=22, linewidths=1.0)
        if tried.best is not None and there[tried.best]:
            ring = {"facecolors": "none", "edgecolors": BEST, "linewidths": 2.2, "zorder": 4}
            self.ax_.scatter(x[tried.best], y[tried.best], s=130, **ring)
        missing = int((~there).sum())
        note = f"\n(both set in {len(tried) - missing} of {len(tried)})" if missing else ""
        self.ax_.set_xlabel(shortened(self.x.name, 40) + note)
        self.ax_.set_ylabel(shortened(self.y.name, 40))
        if points is not None:
            colour_bar(self.figure_, points, self.ax_, label_scores(tried.metric))

    def _draw_scores(self, x: FloatArray, y: FloatArray, there: BoolArray) -> Any:
        """The map and the points, in one scale of colours."""
        if not there.any():
            return None
        low, high = float(self.shown_scores[there].min()), float(self.shown_scores[there].max())
        high = high if high > low else low + 1e-9
        small = there.sum() > 200
        if self.grid_scores.size:
            levels = np.linspace(low, high, 13)
            self.ax_.contourf(self.grid_x, self.grid_y, self.grid_scores, levels=levels, cmap=MAP, alpha=0.85)
        return self.ax_.scatter(
            x[there], y[there], c=self.shown_scores[there], cmap=MAP, vmin=low, vmax=high, s=12 if small else 30,
            edgecolors="white", linewidths=0.4 if small else 0.7, zorder=2,
        )  # fmt: skip


def _values(column: Column, unit: FloatArray) -> FloatArray:
    low, high = column.limits
    return np.geomspace(low, high, len(unit)) if column.is_log else np.linspace(low, high, len(unit))


def _spread_other_way(column: Column) -> Any:
    """As `spread_out`, but not along the same diagonal as the other axis."""
    if not column.is_categorical:
        return column.positions
    spread = (np.arange(len(column.positions)) * 0.7548776662466927) % 1.0 - 0.5
    return column.positions + 0.5 * spread


def _two(candidates: Candidates, x: str | None, y: str | None) -> tuple[str, str]:
    names = [name for name in candidates.varying() if name not in (x, y)]
    names.sort(key=lambda name: -int(candidates.columns[name].is_set.sum()))  # what all have, first
    chosen = [x or (names.pop(0) if names else None), y or (names.pop(0) if names else None)]
    if chosen[0] is None or chosen[1] is None:
        raise ValueError(f"a map needs two parameters that vary, and the search has {candidates.varying()}")
    return chosen[0], chosen[1]
