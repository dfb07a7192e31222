"""What the documentation names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.test_architecture import LEVELS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_a_page_names_exist(page: Path) -> None:
    """In backticks, as a path from the root of the project or of the package."""
    named = re.findall(r"`([\w./]+/|[\w./]+\.(?:py|md))`", page.read_text(encoding="utf-8"))
    missing = [name for name in named if not any((base / name).exists() for base in (ROOT, ROOT / "hpsklearn_search"))]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """Relative links name files that exist, or the page that the gallery makes of a story."""
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    made = {f"auto_examples/{story.stem}.rst" for story in (ROOT / "examples").glob("*.py")} | {
        "auto_examples/index.rst"
    }
    assert [link for link in links if link not in made and not (page.parent / link).exists()] == []


def test_the_architecture_page_shows_the_levels_that_are_held() -> None:
    """Its picture and the test of imports say the same."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    shown = {
        name: int(level)
        for level, names in re.findall(r"^(\d)  ((?:\w+/?(?:, )?)+)", text, flags=re.MULTILINE)
        for name in re.findall(r"\w+", names)
    }
    assert shown == LEVELS
