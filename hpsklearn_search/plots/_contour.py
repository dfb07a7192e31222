"""The score as a function of two parameters: a map that is interpolated between the candidates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.interpolate import RBFInterpolator

from ..space._typing import BoolArray, FloatArray
from ._candidates import Candidates, robust_minimum
from ._columns import Column, shorten
from ._display import Display
from ._parameter import GOLDEN, MANY, spread_categories
from ._style import (
    BEST,
    FAILED,
    HOLLOW,
    MAP,
    colour_bar,
    draw_candidates,
    ink,
    kind_handles,
    label_scores,
    legend_above,
    on_parameter,
    tidy,
)

MESH = 60
MIN_POINTS = 6  # different points; with fewer, a map would be a guess
NEIGHBOURS = 60  # of a point of the map, so that the cost grows linearly with the candidates


class ContourDisplay(Display):
    """The score as a function of two parameters.

    If both are numbers, a smooth map is interpolated between the candidates, on a logarithmic scale if the
    space is logarithmic. The map does not correct for the other parameters. If one is categorical, only the
    candidates are shown. The best candidate has a ring, pruned ones are hollow, failed ones are crosses, and
    triangles have scores below the scale. Use `from_search` or `from_cv_results` to create one.

    Parameters
    ----------
    candidates : Candidates
        The candidates of a search.
    x, y : str
        The parameters, by their names in ``best_params_``.

    Attributes
    ----------
    grid_x, grid_y : ndarray of shape (60,)
        Values of the parameters on the map; empty if there is no map.
    grid_scores : ndarray of shape (60, 60)
        The map: ``grid_scores[j, i]`` at ``(grid_x[i], grid_y[j])``.
    figure_, ax_ : matplotlib Figure, matplotlib Axes
        Set by `plot`.

    Examples
    --------
    >>> from hpsklearn_search.plots import ContourDisplay
    >>> results = {
    ...     "param_C": [0.1, 1.0, 10.0],
    ...     "param_g": [3, 1, 2],
    ...     "mean_test_score": [0.7, 0.9, 0.8],
    ... }
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
        cls,
        search: Any,
        x: str | None = None,
        y: str | None = None,
        *,
        metric: str | None = None,
        ax: Any = None,
        title: str | None = None,
    ) -> ContourDisplay:
        """Draw the scores of a fitted search over two parameters.

        Parameters
        ----------
        search : HyperoptSearchCV, GridSearchCV, RandomizedSearchCV, ...
            A fitted search.
        x, y : str, default=None
            The two parameters. By default, of the parameters with more than one value, the first two that most
            candidates have.
        metric : str, default=None
            The metric to show, if there are several. By default the one that the search optimised, or that
            `refit` names.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default a new figure is created.
        title : str, default=None
            The title of the picture. By default there is none.

        Returns
        -------
        ContourDisplay
            The drawn display.

        Raises
        ------
        ValueError
            If a parameter was not searched, or if fewer than two have more than one value.
        """
        if isinstance(x, list | tuple):
            raise TypeError(
                f"x and y are two arguments, got x={x!r}; write from_search(search, {', '.join(map(repr, x))})"
            )
        candidates = Candidates.from_search(search, metric)
        return cls(candidates, *_two(candidates, x, y)).plot(ax, title)

    @classmethod
    def from_cv_results(
        cls,
        cv_results: Mapping[str, Any],
        x: str | None = None,
        y: str | None = None,
        *,
        metric: str | None = None,
        ax: Any = None,
        title: str | None = None,
    ) -> ContourDisplay:
        """Draw the scores of a table of results over two parameters.

        Parameters
        ----------
        cv_results : mapping
            ``cv_results_`` of a search, or a data frame made of it.
        x, y : str, default=None
            The two parameters. By default, of the parameters with more than one value, the first two that most
            candidates have.
        metric : str, default=None
            The metric to show, if there are several. By default the one that the search optimised, or that
            `refit` names.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default a new figure is created.
        title : str, default=None
            The title of the picture. By default there is none.
        """
        candidates = Candidates.from_cv_results(cv_results, metric)
        return cls(candidates, *_two(candidates, x, y)).plot(ax, title)

    def _map(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        empty = np.empty(0), np.empty(0), np.empty((0, 0))
        if self.x.is_categorical or self.y.is_categorical:
            return empty
        points = np.column_stack([self.x.unit(), self.y.unit()])
        usable = ~np.isnan(points).any(axis=1) & ~self.candidates.failed
        distinct, inverse = np.unique(points[usable].round(6), axis=0, return_inverse=True)
        is_line = len(distinct) and np.linalg.matrix_rank(distinct - distinct.mean(axis=0), tol=1e-6) < 2
        if len(distinct) < MIN_POINTS or is_line:
            return empty
        # Candidates at the same point differ in other parameters: the map shows their mean.
        scores = np.bincount(inverse.ravel(), self.shown_scores[usable]) / np.bincount(inverse.ravel())
        smooth = RBFInterpolator(
            distinct, scores, neighbors=min(len(distinct), NEIGHBOURS), kernel="linear", smoothing=0.05
        )
        unit = np.linspace(0.0, 1.0, MESH)
        mesh = np.stack(np.meshgrid(unit, unit), axis=-1).reshape(-1, 2)
        heights = np.clip(smooth(mesh), scores.min(), scores.max()).reshape(MESH, MESH)
        return _values(self.x, unit), _values(self.y, unit), heights

    def _draw(self) -> None:
        on_parameter(self.ax_.xaxis, self.x)
        on_parameter(self.ax_.yaxis, self.y)
        tidy(self.ax_)
        if self.grid_scores.size:
            self.ax_.grid(visible=False)
            self.ax_.margins(0.03)
        candidates = self.candidates
        x = spread_categories(self.x)
        # Two categories spread with the same steps would lie on a diagonal.
        y = spread_categories(self.y, step=0.7548776662466927 if self.x.is_categorical else GOLDEN)
        has_both = self.x.is_set & self.y.is_set
        kinds = {kind: which & has_both for kind, which in candidates.kinds(robust_minimum(candidates.scores)).items()}
        points = self._draw_scores(x, y, kinds)
        if candidates.best is not None and has_both[candidates.best]:
            ring = {"facecolors": "none", "edgecolors": BEST, "linewidths": 2.2, "zorder": 4}
            self.ax_.scatter(x[candidates.best], y[candidates.best], s=130, **ring)
        missing = int((~has_both).sum())
        note = f"\n(both set in {len(candidates) - missing} of {len(candidates)})" if missing else ""
        self.ax_.set_xlabel(shorten(self.x.name, 40) + note)
        self.ax_.set_ylabel(shorten(self.y.name, 40))
        if points is not None:
            extend = {"extend": "min"} if kinds["below"].any() else {}
            colour_bar(self.figure_, points, self.ax_, label_scores(candidates.metric), **extend)
        legend_above(self.ax_, kind_handles({kind: int(which.sum()) for kind, which in kinds.items()}, FAILED))

    def _draw_scores(self, x: FloatArray, y: FloatArray, kinds: Mapping[str, BoolArray]) -> Any:
        """Draw the map and the points, with the same scale of colours."""
        has_score = kinds["candidate"] | kinds["outside"] | kinds["pruned"] | kinds["below"]
        scores = self.shown_scores[has_score] if has_score.any() else np.zeros(1)
        low, high = float(scores.min()), float(scores.max())
        high = high if high > low else low + 1e-9
        if self.grid_scores.size:
            levels = np.linspace(low, high, 13)
            self.ax_.contourf(self.grid_x, self.grid_y, self.grid_scores, levels=levels, cmap=MAP, alpha=0.85)
        many = has_score.sum() > MANY
        edge = {"edgecolors": self.ax_.get_facecolor(), "linewidths": 0.4 if many else 0.7}
        points = None
        for kind, which in kinds.items():
            style: dict[str, Any] = {"s": 12 if many else 30, "zorder": 2}
            if kind == "failed":
                style["color"] = FAILED
            elif kind in HOLLOW:  # the map shows their colour
                style["color"] = ink(self.ax_)
            else:
                style |= {"c": self.shown_scores[which], "cmap": MAP, "vmin": low, "vmax": high}
                style |= edge
            drawn = draw_candidates(self.ax_, x[which], y[which], kind, **style)
            points = points or (drawn if "c" in style else None)
        return points


def _values(column: Column, unit: FloatArray) -> FloatArray:
    low, high = column.limits
    return np.geomspace(low, high, len(unit)) if column.is_log else np.linspace(low, high, len(unit))


def _two(candidates: Candidates, x: str | None, y: str | None) -> tuple[str, str]:
    names = [name for name in candidates.varying() if name not in (x, y)]
    names.sort(key=lambda name: -int(candidates.columns[name].is_set.sum()))
    chosen = [x or (names.pop(0) if names else None), y or (names.pop(0) if names else None)]
    if chosen[0] is None or chosen[1] is None:
        raise ValueError(
            f"a map needs two parameters with more than one value, and the search has {candidates.varying()}"
        )
    return chosen[0], chosen[1]
