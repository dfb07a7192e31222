"""The style of all plots, and the only module that imports matplotlib, when something is drawn.

The colours are those of M. Okabe and K. Ito ("Color Universal Design", 2008) and of the map cividis: people
with and without colour blindness can tell them apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..exceptions import NotInstalledError
from ._columns import Column, shorten

POINTS, BEST, FAILED = "#0072B2", "#D55E00", "#7F7F7F"
COLOURS = (POINTS, "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#F0E442", BEST)
MARKERS = {"candidate": "o", "outside": "s", "pruned": "o", "below": "v", "failed": "x"}
HOLLOW = ("outside", "pruned")
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


def own_style(*, is_dark: bool) -> Any:
    """A context in which matplotlib draws as if the user had set nothing, or for a dark page."""
    return _pyplot().style.context(["default", "dark_background"] if is_dark else "default")


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


def draw_bars(ax: Any, starts: Any, rows: Any, widths: Any, height: float, **style: Any) -> Any:
    """Draw horizontal bars at once, each in the middle of its row."""
    _pyplot()
    from matplotlib.collections import PolyCollection

    corners = [
        [(x, y - height / 2), (x, y + height / 2), (x + width, y + height / 2), (x + width, y - height / 2)]
        for x, y, width in zip(starts, rows, widths, strict=True)
    ]
    return ax.add_collection(PolyCollection(corners, **style))


def ink(ax: Any) -> Any:
    """The colour of text on `ax`, which the style of the user decides."""
    return ax.xaxis.label.get_color()


def tidy(ax: Any, grid: str = "both") -> None:
    """Remove the upper and right line of the frame, and draw a light grid behind the data."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, axis=grid, color=ink(ax), alpha=0.12, linewidth=0.8)
    ax.set_axisbelow(True)


def draw_candidates(ax: Any, x: Any, y: Any, kind: str, **style: Any) -> Any:
    """Draw the candidates of one kind; None if there are none."""
    if not len(x):
        return None
    if kind == "below":  # the darkest colours of the map are hard to see on a dark background
        style |= {"edgecolors": ink(ax), "linewidths": 0.4}
    points = ax.scatter(x, y, marker=MARKERS[kind], **{"linewidths": 1.0, **style})
    if kind in HOLLOW:
        points.set_facecolor("none")
        if points.get_array() is not None:
            points.set_edgecolor(None)  # then matplotlib gives the edge the colour of the value
    return points


def kind_handles(counts: Mapping[str, int], colour: str, *, squares: bool = False, **style: Any) -> list[Any]:
    """Entries of a legend: the kinds of candidates that need an explanation, with their numbers."""
    _pyplot()
    from matplotlib.lines import Line2D

    style = {"linestyle": "none", "markersize": 5, **style}
    kinds = {kind: n for kind, n in counts.items() if n and kind != "candidate"}
    handles = [Line2D([], [], color=colour, label=f"{kind} ({n})", **style) for kind, n in kinds.items()]
    for handle, kind in zip(handles, kinds, strict=True):
        handle.set_marker("s" if squares else MARKERS[kind] if style["linestyle"] == "none" else "none")
        handle.set_markerfacecolor("none" if kind in HOLLOW else colour)
    return handles


def legend_above(owner: Any, handles: Sequence[Any]) -> None:
    """A legend above an axes or at the top of a figure, in as many rows as its width needs."""
    if not handles:
        return
    is_figure = hasattr(owner, "get_size_inches")
    inches = owner.get_size_inches()[0] if is_figure else owner.bbox.width / owner.figure.dpi
    longest = max(len(handle.get_label()) for handle in handles)
    n_columns = max(1, min(len(handles), int(15 * inches / (longest + 6))))  # 15 small letters are an inch wide
    place = {"loc": "outside upper left"} if is_figure else {"loc": "lower left", "bbox_to_anchor": (0.0, 1.0)}
    style = {"frameon": False, "fontsize": "small", "borderaxespad": 0.2, "columnspacing": 1.4}
    legend = owner.legend(handles=handles, ncols=n_columns, **place, **style)
    if is_figure or owner.figure.get_layout_engine() is not None:
        return
    # Nothing makes room above the axes of this user: what would leave the figure goes inside.
    if legend.get_window_extent().y1 > owner.figure.bbox.y1:
        owner.legend(handles=handles, loc="best", fontsize="x-small")


def name_picture(figure: Any, ax: Any, title: str, *, is_new: bool) -> None:
    """A title above everything: of a new figure, or of the axes of the user, there above the legend."""
    if is_new:
        figure.suptitle(title)
        return
    legend = ax.get_legend()
    above = 0.0 if legend is None else max(0.0, legend.get_window_extent().y1 - ax.bbox.y1)
    ax.set_title(title, pad=6.0 + above * 72 / figure.dpi)


def show_whole_numbers(axis: Any) -> None:
    """Put the ticks of an axis at whole numbers."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10], integer=True))


def round_ticks(column: Column) -> list[tuple[float, str]]:
    """Round values of a number within its limits, at most about seven, with their texts."""
    low, high = column.limits
    ticks = _log_ticks(low, high) if column.is_log else []
    if len(ticks) < 2:
        from matplotlib.ticker import MaxNLocator

        ticks = list(MaxNLocator(nbins=5, steps=[1, 2, 5, 10], integer=column.is_integer).tick_values(low, high))
    inside = [tick for tick in ticks if low <= tick <= high] or [low]
    return [(float(tick), f"{round(tick)}" if column.is_integer else f"{tick:.10g}") for tick in inside]


def _log_ticks(low: float, high: float) -> list[float]:
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1,)):
        ticks = [float(f"{factor}e{exponent}") for exponent in exponents for factor in factors]
        inside = [tick for tick in ticks if low <= tick <= high]
        if len(inside) <= 7:
            return inside
    return inside[:: -(-len(inside) // 7)]


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
        show_whole_numbers(axis)


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
    return "mean test score" if metric == "score" else f"mean test score ({shorten(metric, 40)})"


def colour_bar(figure: Any, mappable: Any, axes: Any, text: str, **options: Any) -> Any:
    """Add a slim colour bar to the right of `axes`."""
    bar = figure.colorbar(mappable, ax=axes, pad=0.02, aspect=30, **options)
    bar.set_label(text)
    bar.outline.set_visible(False)
    bar.solids.set_alpha(1.0)  # else faint points would have a faint scale
    return bar


def loss_axis(ax: Any) -> None:
    """Show the scores of an axis as losses, with the other sign."""
    if ax.get_ylabel():
        ax.set_ylabel("loss")
    ax.yaxis.set_major_formatter(lambda score, _: f"{-score:g}" if score else "0")


def show(do_show: bool) -> None:
    """Open the windows of all figures, if this is wanted."""
    if do_show:
        _pyplot().show()
