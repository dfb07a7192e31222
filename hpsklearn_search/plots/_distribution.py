"""How scores are distributed: the share of candidates at or above each score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..space._typing import FloatArray
from ._candidates import Candidates, robust_minimum
from ._columns import shorten
from ._display import Display
from ._style import COLOURS, label_scores, legend_above, tidy


class ScoreDistributionDisplay(Display):
    """The share of candidates whose score is at least that on the horizontal axis, for one search or several.

    A search whose line is further to the right finds good candidates more often. Candidates that failed or were
    pruned count as candidates, and reach no score. Use `from_search`, `from_searches` or `from_cv_results` to
    create one.

    Parameters
    ----------
    candidates : dict of Candidates
        ``{name of the search: its candidates}``.

    Attributes
    ----------
    figure_, ax_ : matplotlib Figure, matplotlib Axes
        Set by `plot`.

    Examples
    --------
    >>> from hpsklearn_search.plots import ScoreDistributionDisplay
    >>> results = {"param_C": [1, 10, 100, 5], "mean_test_score": [0.7, 0.9, 0.8, 0.9]}
    >>> display = ScoreDistributionDisplay.from_cv_results(results)
    >>> scores, shares = display.share_at_or_above("")
    >>> scores.tolist(), shares.tolist()
    ([0.7, 0.8, 0.9], [1.0, 0.75, 0.5])
    """

    size = 6.4, 3.8

    def __init__(self, candidates: Mapping[str, Candidates]) -> None:
        if not candidates:
            raise ValueError("there is no search to show; write from_searches({'name': search})")
        self.candidates = dict(candidates)

    @classmethod
    def from_search(
        cls, search: Any, *, metric: str | None = None, ax: Any = None, title: str | None = None
    ) -> ScoreDistributionDisplay:
        """Draw the distribution of the scores of a fitted search.

        Parameters
        ----------
        search : HyperoptSearchCV, GridSearchCV, RandomizedSearchCV, ...
            A fitted search.
        metric : str, default=None
            The metric to show, if there are several. By default the one that the search optimised, or that
            `refit` names.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default a new figure is created.
        title : str, default=None
            The title of the picture. By default there is none.

        Returns
        -------
        ScoreDistributionDisplay
            The drawn display.
        """
        return cls({"": Candidates.from_search(search, metric)}).plot(ax, title)

    @classmethod
    def from_searches(
        cls, searches: Mapping[str, Any], *, metric: str | None = None, ax: Any = None, title: str | None = None
    ) -> ScoreDistributionDisplay:
        """Draw several searches on the same axes.

        Parameters
        ----------
        searches : mapping
            ``{name: fitted search}``; the legend shows the names.
        metric : str, default=None
            The metric to show, if there are several. By default the one that the search optimised, or that
            `refit` names.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default a new figure is created.
        title : str, default=None
            The title of the picture. By default there is none.
        """
        return cls({name: Candidates.from_search(search, metric) for name, search in searches.items()}).plot(ax, title)

    @classmethod
    def from_cv_results(
        cls, cv_results: Mapping[str, Any], *, metric: str | None = None, ax: Any = None, title: str | None = None
    ) -> ScoreDistributionDisplay:
        """Draw the distribution of the scores in a table of results.

        Parameters
        ----------
        cv_results : mapping
            ``cv_results_`` of a search, or a data frame made of it.
        metric : str, default=None
            The metric to show, if there are several. By default the one that the search optimised, or that
            `refit` names.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default a new figure is created.
        title : str, default=None
            The title of the picture. By default there is none.
        """
        return cls({"": Candidates.from_cv_results(cv_results, metric)}).plot(ax, title)

    def share_at_or_above(self, name: str) -> tuple[FloatArray, FloatArray]:
        """The different scores of a search, increasing, and the share of its candidates at or above each.

        Parameters
        ----------
        name : str
            The name of the search; ``""`` if there is only one.

        Returns
        -------
        tuple of two ndarrays
        """
        candidates = self.candidates[name]
        scores, counts = np.unique(candidates.scores[candidates.complete], return_counts=True)
        return scores, np.cumsum(counts[::-1])[::-1] / max(len(candidates), 1)

    def _draw(self) -> None:
        all_scores = np.concatenate([c.scores[c.complete] for c in self.candidates.values()])
        low, high = (robust_minimum(all_scores), all_scores.max()) if len(all_scores) else (0.0, 1.0)
        margin = 0.04 * (high - low) or 0.04 * abs(high) or 0.04
        lines = []
        for i, name in enumerate(self.candidates):
            scores, shares = self.share_at_or_above(name)
            # A score is reached by its own candidates, so the line falls to the right of it.
            x, y = np.r_[low - margin, scores, high + margin], np.r_[shares.max(initial=0.0), shares, 0.0]
            lines += self.ax_.step(
                x, y, where="pre", color=COLOURS[i % len(COLOURS)], label=shorten(name, 40), linewidth=1.8
            )
        self.ax_.set_xlim(low - margin, high + margin)
        self.ax_.set_ylim(0.0, 1.02)
        self.ax_.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
        self.ax_.set_xlabel(label_scores(next(iter(self.candidates.values())).metric))
        self.ax_.set_ylabel("candidates at or above")
        tidy(self.ax_)
        legend_above(self.ax_, lines if len(self.candidates) > 1 else [])
