"""The displays as pictures in the page: SVG whose points are small bitmaps, on a transparent background."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from traceback import format_exc
from urllib.parse import quote

import numpy as np

from .._secrets_in_texts import without_secrets
from ..exceptions import NotInstalledError
from ..executors._streams import safe_logger
from ..plots import (
    Candidates,
    ContourDisplay,
    ParallelCoordinatesDisplay,
    ParameterScoreDisplay,
    SearchHistoryDisplay,
    as_svg,
    loss_axis,
    show_losses,
)
from ..plots._display import Display
from ..plots._trade_off import trade_off
from . import _html as html
from ._facts import Facts

logger = safe_logger(__name__)

MOST_PANELS, MOST_AXES, MOST_LINES = 8, 10, 300
PLAIN = " !$'()*+,-./:;=?@_~"  # characters that an address of data, and an attribute, may contain
HISTORY, PANEL, MAP = (6.6, 3.6), (4.4, 3.4), (4.8, 3.6)  # inches
DOTS = 96  # of a page for an inch


@dataclass(frozen=True)
class Picture:
    """A display that is drawn when the page is made."""

    title: str
    make: Callable[[], Display]
    size: tuple[float, float] | None = None  # None: that of the display, which is scrolled on a narrow screen


def pictures(facts: Facts) -> str:
    """All pictures, or the sentence that says why there are none."""
    candidates = facts.candidates
    if not len(candidates):
        return ""
    if candidates.failed.all():
        return html.paragraph("No candidate has a score that could be drawn.")
    try:
        first, whole, panels = ("".join(_figure(p, facts) for p in group(facts)) for group in (_first, _whole, _panels))
    except NotInstalledError as error:
        return html.paragraph(f"There are no pictures: {error}.")
    note = (
        "A panel for each parameter: the colour is the number of the candidate. The ring is the best candidate, "
        "crosses are failed ones, hollow points are pruned ones, and triangles have scores below the axis."
    )
    note += " Hollow squares are outside of a limit." if candidates.outside.any() else ""
    return f'<div class="first">{first}</div>{whole}{html.paragraph(note)}<div class="pictures">{panels}</div>'


def _first(facts: Facts) -> Iterator[Picture]:
    candidates = facts.candidates
    yield Picture("The course of the search", lambda: SearchHistoryDisplay({"": candidates}), HISTORY)
    if facts.limits:
        make = partial(trade_off, candidates, facts.results, best=facts.best, limits=facts.limits)
        yield Picture("The limits, and what they cost", make, HISTORY)
    numeric = [name for name in _by_importance(facts) if not candidates.columns[name].is_categorical]
    pair = _together(candidates, numeric)
    if pair is not None and not facts.is_loss:  # a bar of colours shows scores
        yield Picture(f"{pair[0]} and {pair[1]}", lambda: ContourDisplay(candidates, *pair), MAP)


def _whole(facts: Facts) -> Iterator[Picture]:
    names = facts.candidates.varying()
    if len(names) > 1 and not facts.is_loss:
        most = _by_importance(facts)[:MOST_AXES]
        shown = [name for name in names if name in most]  # in the order of the space
        candidates, who = _best_of(facts.candidates, MOST_LINES)
        title = f"{'All' if len(shown) == len(names) else 'The most important'} parameters of {who}"
        picture = partial(ParallelCoordinatesDisplay, candidates, shown)
        yield Picture(f"{title}; the orange line is the best one", picture)


def _best_of(candidates: Candidates, n: int) -> tuple[Candidates, str]:
    """The best candidates, where there are more than `n`; the lines of the others could hardly be seen."""
    rows = np.flatnonzero(~candidates.failed)
    if len(rows) <= n:
        return candidates, "all candidates with a score"
    others = np.ones(len(candidates), dtype=bool)
    others[rows[np.lexsort((-candidates.scores[rows], candidates.outside[rows]))[:n]]] = False
    scores = np.where(others, np.nan, candidates.scores)
    pruned, outside = candidates.pruned & ~others, candidates.outside & ~others
    return replace(candidates, failed=others, pruned=pruned, outside=outside, scores=scores), f"the {n} best"


def _panels(facts: Facts) -> Iterator[Picture]:
    candidates = facts.candidates
    names = [name for name in _by_importance(facts) if candidates.columns[name].n_distinct > 1]
    for name in names[:MOST_PANELS]:
        yield Picture(name, partial(ParameterScoreDisplay, candidates, name), PANEL)


def _by_importance(facts: Facts) -> list[str]:
    """The parameters, the most important first; several labels may set one of them."""
    names = facts.candidates.varying()
    shares = dict.fromkeys(names, 0.0)
    for key, share in facts.importances.items():
        name = key.partition(" (")[0]
        if name in shares:
            shares[name] += share
    return sorted(names, key=lambda name: -shares[name])


def _together(candidates: Candidates, names: list[str]) -> tuple[str, str] | None:
    """The first two numeric parameters that many candidates have both."""
    for i, second in enumerate(names):
        for first in names[:i]:
            n = int((candidates.columns[first].is_set & candidates.columns[second].is_set).sum())
            if n >= max(20, len(candidates) // 10):
                return first, second
    return None


# ---------------------------------------------------------------------- one picture
def _figure(picture: Picture, facts: Facts) -> str:
    title = html.text(picture.title)
    try:
        # The page inverts a picture where it is dark; the colours of lines that stand for scores must stay.
        styles = {"light": False, "dark": True} if picture.size is None else {"": False}
        images = "".join(_image(picture, facts, kind, is_dark=is_dark) for kind, is_dark in styles.items())
    except NotInstalledError:
        raise
    except Exception:  # such as a font or backend that is broken: the page is more than one picture
        logger.debug("a picture was not drawn\n%s", without_secrets(format_exc()))
        return html.paragraph(f"{picture.title}: this picture could not be drawn.")
    inside = images if picture.size is not None else f'<div class="wide scroll" id="wide-picture">{images}</div>'
    return f"<figure><figcaption>{title}</figcaption>{inside}</figure>"


def _image(picture: Picture, facts: Facts, kind: str, *, is_dark: bool) -> str:
    display = picture.make()
    size = picture.size or display.size
    svg = as_svg(display, size, _show_losses if facts.is_loss else None, is_dark=is_dark)
    # Base64 would make a third more of it, also of the bitmaps in it, which are base64 already.
    source = html.text(f"data:image/svg+xml,{quote(svg.replace(chr(34), chr(39)), safe=PLAIN)}")
    width, height = (round(DOTS * inches) for inches in size)
    place = f' class="{kind}"' if kind else ""
    return f'<img{place} src="{source}" width="{width}" height="{height}" alt="{html.text(picture.title)}">'


def _show_losses(display: Display) -> None:
    if isinstance(display, SearchHistoryDisplay):
        show_losses(display)
    else:
        loss_axis(display.ax_)
