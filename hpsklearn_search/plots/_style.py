"""The style of all plots, and the only module that imports matplotlib, when something is drawn.

The colours are those of M. Okabe and K. Ito ("Color Universal Design", 2008) and of the map cividis: people
with and without colour blindness can tell them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..exceptions import NotInstalledError
from ._columns import Column, shorten

POINTS, BEST, FAILED, GRID = "#0072B2", "#D55E00", "#7F7F7F", "#E6E6E6"
COLOURS = (POINTS, "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#000000", BEST)
MAP = "cividis"


def _pyplot() -> Any:
    try:
        from matplotlib import pyplot
    except ImportError:
        raise NotInstalledError("plots need matplotlib: pip install 'hpsklearn_search[plot]'") from None
    return pyplot


def new_axes(ax: Any, size: tuple[float, float]) -> tuple[Any, Any]:
    """Figure and axes to draw on: those of `ax`, or new ones of `size` inches."""
    pyplot = _pyplot()
    if ax is not None:
        return ax.figure, ax
    figure, axes = pyplot.subplots(figsize=size, layout="constrained")
    return figure, axes


def unseen_axes(size: tuple[float, float]) -> Any:
    """Axes on a figure of `size` inches that no window or notebook shows."""
    _pyplot()
    from matplotlib.figure import Figure

    return Figure(figsize=size, layout="constrained").subplots()


def axes_grid(n: int, n_columns: int, size: tuple[float, float]) -> tuple[Any, list[Any]]:
    """A new figure with `n` panels of `size` inches, and its axes."""
    columns = min(n, n_columns)
    rows = -(-n // columns)
    figure, axes = _pyplot().subplots(
        rows, columns, figsize=(size[0] * columns, size[1] * rows), layout="constrained", squeeze=False, sharey=True
    )
    flat = list(axes.ravel())
    for unused in flat[n:]:
        unused.set_visible(False)
    return figure, flat[:n]


def draw_lines(ax: Any, paths: Sequence[Any], **style: Any) -> Any:
    """Draw many lines at once."""
    _pyplot()
    from matplotlib.collections import LineCollection

    return ax.add_collection(LineCollection(paths, **style))


def tidy(ax: Any, grid: str = "both") -> None:
    """Remove the upper and right line of the frame, and draw a light grid behind the data."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, axis=grid, color=GRID, linewidth=0.8)
    ax.set_axisbelow(True)


def on_parameter(axis: Any, column: Column, *, text_length: int = 24) -> None:
    """Set scale, ticks and limits of an x or y axis for a parameter."""
    which = axis.axis_name
    ax = axis.axes
    if column.is_categorical:
        texts = [shorten(text, text_length) for text in column.categories]
        axis.set_ticks(range(len(texts)), labels=texts)
        getattr(ax, f"set_{which}lim")(*column.limits)
        if which == "x" and sum(map(len, texts)) > 30:
            ax.tick_params(axis="x", labelrotation=30)
            for label in ax.get_xticklabels():
                label.set_horizontalalignment("right")
                label.set_rotation_mode("anchor")
    elif column.is_log:
        getattr(ax, f"set_{which}scale")("log")
        _label_short_logarithm(axis, column)
    elif column.is_integer:
        from matplotlib.ticker import MaxNLocator

        axis.set_major_locator(MaxNLocator(nbins=6, integer=True))


def _label_short_logarithm(axis: Any, column: Column) -> None:
    """Label an axis of at most two powers of ten with plain numbers: 1, 2, 5, 10."""
    low, high = column.limits
    if not low < high < 100 * low:
        return
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def label_scores(metric: str) -> str:
    """The title of an axis of scores."""
    return "mean test score" if metric == "score" else f"mean test score ({metric})"


def colour_bar(figure: Any, mappable: Any, axes: Any, text: str, **options: Any) -> Any:
    """Add a slim colour bar to the right of `axes`."""
    bar = figure.colorbar(mappable, ax=axes, pad=0.02, aspect=30, **options)
    bar.set_label(text)
    bar.outline.set_visible(False)
    bar.solids.set_alpha(1.0)  # else faint points would have a faint scale
    return bar
