"""A display as SVG, for a page: what the user has set for matplotlib does not change it, and no window shows it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

from ._display import Display
from ._style import own_style, unseen_axes

MANY_POINTS, MANY_LINES = 150, 1500  # above these numbers, a bitmap is smaller
DPI = 120  # of the bitmaps

# What no reader sees, and the digits of a line's ends below a hundredth of a point.
_UNSEEN = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", re.DOTALL)
_PATH, _DECIMALS = re.compile(r' d="[^"]*"'), re.compile(r"(\.\d\d)\d+")


def as_svg(
    display: Display, size: tuple[float, float], after: Callable[[Any], None] | None = None, *, is_dark: bool = False
) -> str:
    """The display on a figure of `size` inches, with a transparent background; `after` may change it when drawn."""
    with own_style(is_dark=is_dark):
        display.plot(unseen_axes(size))
        if after is not None:
            after(display)
        for marks in (marks for ax in display.figure_.axes for marks in ax.collections):
            if len(marks.get_offsets()) > MANY_POINTS or len(marks.get_paths()) > MANY_LINES:
                marks.set_rasterized(True)
        buffer = io.StringIO()
        display.figure_.savefig(buffer, format="svg", transparent=True, dpi=DPI, metadata={"Date": None})
    return _PATH.sub(_rounded, " ".join(_UNSEEN.sub("", buffer.getvalue()).split()))


def _rounded(path: re.Match[str]) -> str:
    return _DECIMALS.sub(r"\1", path[0])
