"""The page: one HTML file that needs no network, with its own rule that it may load nothing.

>>> from hpsklearn_search.plots import Candidates
>>> page = make_page(Facts("<A search>", Candidates.from_cv_results({"mean_test_score": [0.5]})))
>>> page.startswith(START), "<title>&lt;A search&gt;</title>" in page
(True, True)
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from importlib.resources import files

from . import _html as html
from ._facts import Facts
from ._failures import failures
from ._pictures import pictures
from ._table import candidates_table

START = "<!doctype html>\n<!-- A search of hpsklearn_search -->\n"  # what a page is known by


def make_page(facts: Facts, *, watch: str | None = None) -> str:
    """The page of `facts`; with `watch`, the tag of its state, it renews itself from a server."""
    parts = [part for part in _sections(facts) if part[2]]
    links = "".join(f'<a href="#{name}">{html.text(title)}</a>' for name, title, _ in parts)
    body = "".join(html.section(name, title, content) for name, title, content in parts)
    renewal = "" if watch is None else '<div id="renewal" role="status">This page renews itself.</div>'
    tag = "" if watch is None else f' data-tag="{html.text(watch)}"'
    script = _asset("page.js") + ("" if watch is None else _asset("watch.js"))
    return (
        f"{START}{_head(facts.title, script, is_watching=watch is not None)}"
        f'<body><header><div><h1>{html.text(facts.title)}</h1>{renewal}</div><button type="button" id="theme" '
        f'aria-label="light or dark">dark</button></header><nav><div>{links}</div></nav>'
        f"<main{tag}>{body}</main><script>{script}</script></body></html>\n"
    )


def _asset(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _head(title: str, script: str, *, is_watching: bool) -> str:
    style = _asset("page.css")
    # Even a text that were not escaped could run nothing and send nothing.
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        f"base-uri 'none'; form-action 'none'{'; connect-src ' + _SELF if is_watching else ''}"
    )
    return (
        f'<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{html.text(title)}</title>'
        f"<style>{style}</style></head>"
    )


_SELF = "'self'"


def _digest(content: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


# ---------------------------------------------------------------------- sections
def _sections(facts: Facts) -> Iterator[tuple[str, str, str]]:
    """Name, title and content of each section."""

    def or_why(name: str, content: str) -> str:
        return content or html.paragraph(facts.why_not(name))

    yield "result", "Result", _tiles(facts) + html.pairs(facts.result) + html.paragraph(facts.why_not("result"))
    yield "advice", "Advice", or_why("advice", _findings(facts))
    yield "comparison", "Comparison", or_why("comparison", _comparison(facts))
    yield "pictures", "Pictures", pictures(facts)
    yield "importances", "Importances", or_why("importances", _importances(facts))
    yield "space", "Space", or_why("space", html.table(facts.space) if facts.space is not None else "")
    yield "candidates", "Candidates", candidates_table(facts) if len(facts.candidates) else ""
    yield "failures", "Failures", _failures(facts)
    yield "timing", "Time", html.pairs(facts.timing)
    yield "data", "Data", or_why("data", html.pairs(facts.data))
    yield "code", "Code", or_why("code", _code(facts.code))
    yield "settings", "Settings", html.pairs(facts.settings)


def _tiles(facts: Facts) -> str:
    tiles = "".join(f"<div><dt>{html.text(name)}</dt><dd>{html.text(value)}</dd></div>" for name, value in facts.tiles)
    return f'<dl class="tiles">{tiles}</dl>' if tiles else ""


def _findings(facts: Facts) -> str:
    items = "".join(
        f"<li>{html.text(finding)}{f' Write <code>{html.text(line)}</code>' if line else ''}</li>"
        for finding, line in facts.findings
    )
    return f'<ol class="findings">{items}</ol>' if items else ""


def _comparison(facts: Facts) -> str:
    if facts.comparison is None:
        return ""
    note = (
        "Each candidate is compared with the best one on the same folds: the difference of the mean scores, its 95 % "
        "interval, and the p-value, corrected for the number of comparisons."
    )
    return html.paragraph(note) + html.table(facts.comparison)


def _importances(facts: Facts) -> str:
    rows = "".join(
        f'<tr><th>{html.text(name)}</th><td><meter value="{share:.4f}" max="1">{share:.0%}</meter></td>'
        f'<td class="n">{share:.0%}</td></tr>'
        for name, share in facts.importances.items()
    )
    note = "How much each parameter alone decides whether a candidate is good."
    return f'{html.paragraph(note)}<div class="scroll"><table class="pairs">{rows}</table></div>' if rows else ""


def _failures(facts: Facts) -> str:
    names = [key.removeprefix("param_") for key in facts.results if key.startswith("param_")]

    def params_of(row: int) -> str:
        values = ((name, facts.results[f"param_{name}"][row]) for name in names)
        return html.assignments((name, value) for name, value in values if not html.is_missing(value))

    return failures(facts.trials, params_of)


def _code(code: str) -> str:
    button = '<button type="button">copy</button>'
    return f'<div class="code"><pre>{html.text(code)}</pre>{button}</div>' if code else ""
