r"""Pieces of HTML; every text in them is escaped here.

>>> text("<b>\x1b[2J")
'&lt;b&gt;\\x1b[2J'
>>> pairs([("best", "0.5")])
'<div class="scroll"><table class="pairs"><tr><th>best</th><td>0.5</td></tr></table></div>'
"""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Iterable
from html import escape
from itertools import zip_longest
from typing import Any

import numpy as np

from .._secrets_in_texts import without_secrets
from .._texts import is_secret, printable
from ..space import brief, fits_float
from ._facts import Pairs, Table

LONGEST = 300  # characters of a value in a table


def text(value: Any) -> str:
    """A text for the page: nothing in it is markup or moves a cursor."""
    return escape(printable(str(value), keep="\n\t"))


def paragraph(sentence: str, kind: str = "faint") -> str:
    """A sentence in a paragraph of its own; nothing for an empty one."""
    return f'<p class="{kind}">{text(sentence)}</p>' if sentence else ""


def section(name: str, title: str, *content: str) -> str:
    """A part of the page that a link leads to; nothing without content."""
    inside = "".join(content)
    return f'<section id="{name}"><h2>{text(title)}</h2>{inside}</section>' if inside else ""


def pairs(rows: Pairs) -> str:
    """Names with values, as a table without a head."""
    body = "".join(f"<tr><th>{text(name)}</th><td>{text(value)}</td></tr>" for name, value in rows)
    return f'<div class="scroll"><table class="pairs">{body}</table></div>' if body else ""


def table(content: Table) -> str:
    """A table with a head; numbers stand at the right."""
    kinds = [' class="n"' if any(map(is_number, values)) else "" for values in zip(*content.rows, strict=True)]
    columns = zip_longest(content.columns, kinds, fillvalue="")
    head = "".join(f"<th{kind}>{text(name)}</th>" for name, kind in columns)
    body = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in content.rows)
    body = re.sub(r"__|(?<=\w)\(", r"\g<0><wbr>", body)  # where a long name may go on in the next line
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def cell(value: Any, *, is_exact: bool = False) -> str:
    """A cell of a table; an exact one keeps all digits of a number for sorting."""
    if is_number(value):
        shown = number(value)
        key = f' data-v="{float(value)!r}"' if is_exact and float(shown) != float(value) else ""
        return f'<td class="n"{key}>{shown}</td>'
    return f"<td>{text('' if is_missing(value) else value)}</td>"


def is_number(value: Any) -> bool:
    """Whether `value` is shown as a number."""
    if isinstance(value, bool | np.bool_):
        return False
    return isinstance(value, numbers.Real) and fits_float(value)


def is_missing(value: Any) -> bool:
    """Whether there is nothing to show: None, NaN, or a masked entry."""
    return value is None or value is np.ma.masked or (isinstance(value, float | np.floating) and math.isnan(value))


def number(value: Any) -> str:
    """A number in five digits; a whole number in all of them.

    >>> number(0.123456), number(12345678), number(1e-7)
    ('0.12346', '12345678', '1e-07')
    """
    return str(int(value)) if isinstance(value, numbers.Integral) else f"{float(value):.5g}"


def shown(name: str, value: Any) -> Any:
    """A parameter's value as a table shows it: a number, or a text without secrets."""
    if is_missing(value):
        return None
    if is_secret(name, value):
        return "(hidden)"
    if is_number(value):
        return value
    return without_secrets(value)[:LONGEST] if isinstance(value, str) else brief(value, most=60)


def assignments(values: Iterable[tuple[str, Any]]) -> str:
    """Parameters with their values, in one line."""
    parts = ((name, shown(name, value)) for name, value in values)
    return ", ".join(f"{name}={number(value) if is_number(value) else value}" for name, value in parts)
