"""hyperopt's module ``hyperopt.plotting``: its four functions, drawn by the library's displays.

A display shows scores, and a higher score is better; a loss is shown on the same axis with its own sign, so that
the lowest loss is at the top.
"""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np

from ..plots import ParameterScoreDisplay, SearchHistoryDisplay, loss_axis, new_axes, show, show_losses, tidy
from ..trials import STATUS_FAIL, STATUS_NEW, STATUS_OK, STATUS_RUNNING, Trials

__all__ = ["main_plot_1D_attachment", "main_plot_histogram", "main_plot_history", "main_plot_vars"]

default_status_colors = {STATUS_NEW: "k", STATUS_RUNNING: "g", STATUS_OK: "b", STATUS_FAIL: "r"}


def main_plot_history(
    trials: Trials, do_show: bool = True, status_colors: Any = None, title: str = "Loss History"
) -> SearchHistoryDisplay:
    """Draw the loss of every trial, and the best one so far.

    Parameters
    ----------
    trials : Trials
        The record of a search.
    do_show : bool, default=True
        Whether to show the figure, and not only to draw it.
    status_colors
        Accepted for hyperopt's signature.
    title : str, default="Loss History"
        The title.

    Returns
    -------
    SearchHistoryDisplay
        The drawn display.
    """
    display = SearchHistoryDisplay.from_cv_results(_table(trials))
    show_losses(display)
    display.ax_.set_title(title)
    show(do_show)
    return display


def main_plot_histogram(trials: Trials, do_show: bool = True, title: str = "Loss Histogram") -> Any:
    """Draw how many trials have a loss in each interval; returns matplotlib's axes.

    Parameters
    ----------
    trials, do_show, title
        As for `main_plot_history`.
    """
    _, ax = new_axes(None, (7.0, 4.2))
    ax.hist([loss for loss in trials.losses() if loss is not None and np.isfinite(loss)])
    ax.set(xlabel="loss", ylabel="frequency", title=title)
    tidy(ax)
    show(do_show)
    return ax


def main_plot_vars(
    trials: Trials,
    do_show: bool = True,
    fontsize: int = 10,
    colorize_best: int | None = None,
    columns: int = 5,
    arrange_by_loss: bool = False,
) -> ParameterScoreDisplay:
    """Draw the loss against the value of each label.

    Parameters
    ----------
    trials, do_show
        As for `main_plot_history`.
    fontsize, colorize_best, columns, arrange_by_loss
        Accepted for hyperopt's signature.

    Returns
    -------
    ParameterScoreDisplay
        The drawn display.
    """
    display = ParameterScoreDisplay.from_cv_results(_table(trials))
    if len(display.axes_) > 1:
        display.figure_.supylabel("loss", fontsize="medium")
    for ax in display.axes_:
        loss_axis(ax)
    show(do_show)
    return display


def main_plot_1D_attachment(
    trials: Trials,
    attachment_name: str,
    do_show: bool = True,
    colorize_by_loss: bool = True,
    max_darkness: float = 0.5,
    num_trails: int | None = None,
    preprocessing_fn: Any = lambda x: x,
    line_width: float = 0.1,
) -> Any:
    """Draw an attachment that is a pickled row of numbers, a line for each trial; returns matplotlib's axes.

    Parameters
    ----------
    trials, do_show
        As for `main_plot_history`.
    attachment_name : str
        The name that the objective gave it under ``"attachments"``.
    colorize_by_loss : bool, default=True
        Whether the lines of lower losses are darker.
    max_darkness : float, default=0.5
        How light the line of the highest loss is, from 0 to 1.
    num_trails : int, optional
        How many trials to draw, spread over the losses; by default all.
    preprocessing_fn : callable
        Applied to each row.
    line_width : float, default=0.1
        The width of a line.
    """
    _, ax = new_axes(None, (7.0, 4.2))
    done = sorted((doc for doc in trials.trials if "loss" in doc["result"]), key=lambda doc: doc["result"]["loss"])
    if num_trails is not None:
        done = [done[i] for i in np.linspace(0, len(done), num_trails, endpoint=False, dtype=int)]
    losses = [doc["result"]["loss"] for doc in done]
    for doc, loss in zip(done, losses, strict=True):
        attachments = trials.trial_attachments(doc)
        row = (
            np.squeeze(np.asarray(pickle.loads(attachments[attachment_name]))) if attachment_name in attachments else 0
        )
        if np.ndim(row) == 1:
            grey = max_darkness * (loss - losses[0]) / ((losses[-1] - losses[0]) or 1.0)
            colour = (grey,) * 3 if colorize_by_loss else None
            ax.plot(preprocessing_fn(row), color=colour, linewidth=line_width, label=f"loss: {loss:.5}")
    ax.set_title(attachment_name)
    if len(done) < 10 and ax.get_lines():
        ax.legend()
    tidy(ax)
    show(do_show)
    return ax


def _table(trials: Trials) -> dict[str, Any]:
    """The trials in the form of ``cv_results_``: raw values by label, and minus the loss as the score."""
    losses = [np.nan if loss is None else -loss for loss in trials.losses()]
    table: dict[str, Any] = {"mean_test_score": np.array(losses, dtype=float)}
    for label, values in trials.vals.items():
        tids = dict(zip(trials.idxs[label], values, strict=True))
        cells = [tids.get(tid) for tid in trials.tids]
        table[f"param_{label}"] = np.ma.MaskedArray(cells, [tid not in tids for tid in trials.tids], dtype=object)
    return table
