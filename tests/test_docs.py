"""What the documentation names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.test_architecture import LEVELS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
STORIES = sorted((ROOT / "examples").glob("[0-9][0-9]_*.py"))
LONGEST_SENTENCE = 30
# Words that somebody whose second language is English does not know in the sense meant, or reads twice.
DIALECT = re.compile(
    r"\b(gone through|told of|by itself|unlike|dearer|so-manieth|beside the (?:peers|others)|itself alone|whoever)\b"
)


def prose(path: Path) -> list[str]:
    """The paragraphs, list items and captions of a page or story, without code, tables, formulas and headings."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        comments = re.findall(r"^# %%\n((?:#.*\n)+)", text, flags=re.MULTILINE)
        text = "\n\n".join([text.split('"""')[1], *(re.sub(r"^# ?", "", c, flags=re.MULTILINE) for c in comments)])
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL)
    text = re.sub(r"^(?:\||#|=|!\[).*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"^ *(?:[-*]|\d\.) ", "\n", text, flags=re.MULTILINE)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"`[^`]*`|\$[^$]*\$", "CODE", text)
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]


def sentences(path: Path) -> list[str]:
    """The prose of a page, sentence by sentence."""
    return [s for part in prose(path) for s in re.split(r"(?<=[.!?])[*)\"]*\s+(?=[A-Z*(\[\"])", part)]


@pytest.mark.parametrize("page", [*PAGES, *STORIES], ids=lambda page: page.name)
def test_sentences_are_short_and_plain(page: Path) -> None:
    """No sentence has more than thirty words, and none uses a word of the authors' dialect."""
    text = sentences(page)
    assert [s for s in text if len(s.split()) > LONGEST_SENTENCE] == []
    assert [s for s in text if DIALECT.search(s)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_a_page_names_exist(page: Path) -> None:
    """In backticks, as a path from the root of the project or of the package."""
    names = re.findall(r"`([\w./]+/|[\w./]+\.(?:py|md))`", page.read_text(encoding="utf-8"))
    missing = [name for name in names if not any((base / name).exists() for base in (ROOT, ROOT / "hpsklearn_search"))]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """Relative links name files that exist, or the page that the gallery makes of a story."""
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    gallery = {f"auto_examples/{story.stem}.rst" for story in (ROOT / "examples").glob("*.py")} | {
        "auto_examples/index.rst"
    }
    assert [link for link in links if link not in gallery and not (page.parent / link).exists()] == []


def test_the_architecture_page_shows_the_levels_that_are_held() -> None:
    """Its picture and the test of imports say the same."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    shown = {
        name: int(level)
        for level, names in re.findall(r"^(-?\d) +((?:\w+/?(?:, )?)+)", text, flags=re.MULTILINE)
        for name in re.findall(r"\w+", names)
    }
    assert shown == LEVELS


def test_the_benchmarks_page_is_made_from_its_template() -> None:
    """Nobody edits the page by hand: outside of the generated tables it is the template of its generator."""
    template = (ROOT / "tests" / "benchmarks" / "benchmarks_page.md").read_text(encoding="utf-8")
    pattern = "(.+?)".join(map(re.escape, re.split(r"\{\{\w+\}\}", template)))
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert re.fullmatch(pattern, page, flags=re.DOTALL)
