"""The code of the documentation runs and prints what the pages show: guide pages and stories.

``python tests/test_pages.py`` refreshes the output that the pages show. Pages with tests of their own are not here.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ELSEWHERE = {"errors", "migrating", "mlflow", "resuming", "spark"}  # have tests of their own
ALL_PAGES = sorted((ROOT / "docs").glob("*.md"))
PAGES = [page for page in ALL_PAGES if page.stem not in ELSEWHERE]
STORIES = sorted((ROOT / "examples").glob("[0-9][0-9]_*.py"))
NEEDS = {
    "04_early_stopping": ["lightgbm"],
    "10_table_and_plots": ["matplotlib"],
    "15_what_did_it_see": ["matplotlib", "pandas"],
    "16_no_idea_of_ranges": ["matplotlib", "pandas"],
    "17_threshold": ["matplotlib"],
    "18_ensemble": ["matplotlib", "pandas"],
}
MARKS = {"11_spark_and_mlflow": [pytest.mark.spark, pytest.mark.mlflow]}


FIGURES = sorted((ROOT / "docs" / "figures").glob("*.py"))


BLOCK = re.compile(
    r"```python\n(.*?)```(?:\n\n```text( about)?\n(.*?)```)?((?:\n\n```\{shows\} [^\n]+\n.*?```)*)", flags=re.DOTALL
)
"""A Python block, and what comes right after it: a text block that it prints, and pictures or tables that it makes.

``text about`` shows a search of many candidates. The last digits of a matrix product differ between processors, and
such a search amplifies that, so only its words are compared, and how many numbers there are.
"""
NUMBER = re.compile(r"-?\b\d[\d.e+-]*\b")


SHOWS = re.compile(r"```\{shows\} ([^\n]+)\n")
CAN_BE_SHOWN = "assert hasattr({0}, 'figure_') or {0}._repr_html_()\n"  # by the directive of docs/_extensions/shows.py


def blocks_of(page: Path) -> list[tuple[str, str, str, str]]:
    """Each Python block of a page, whether its output varies, this output on the page, and its pictures."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def outputs(page: Path, folder: Path) -> list[str]:
    """What each Python block of a page prints, when the page runs from top to bottom."""
    mark = "----- end of a block -----"
    script = ""
    for code, _, _, shown in blocks_of(page):
        script += code + "".join(map(CAN_BE_SHOWN.format, SHOWS.findall(shown))) + f"\nprint({mark!r})\n"
    return run(script, folder).split(f"{mark}\n")[:-1]


def run(script: str, folder: Path) -> str:
    """What a script prints, in a process of its own."""
    path = folder / "script.py"
    path.write_text(script, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"}
    done = subprocess.run(
        [sys.executable, str(path)], capture_output=True, text=True, timeout=280, env=environment, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if blocks_of(page)], ids=lambda page: page.stem)
def test_a_page_shows_what_its_code_prints(page: Path, tmp_path: Path) -> None:
    """From top to bottom, as somebody who follows it would run it."""
    pytest.importorskip("matplotlib")
    for (code, varies, shown, _), printed in zip(blocks_of(page), outputs(page, tmp_path), strict=True):
        pair = [NUMBER.sub("0", text).split() if varies else text.split() for text in (shown, printed)]
        assert pair[0] == pair[1], f"{code}prints\n{printed}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_what_its_code_draws(page: Path) -> None:
    """A block that makes a display is followed by its picture."""
    blind = [code for code, _, _, shown in blocks_of(page) if "Display.from_" in code and not shown]
    assert blind == []


def test_every_picture_and_table_belongs_to_a_block() -> None:
    """Nothing stands between the code and what it shows."""
    for page in ALL_PAGES:
        found = [name for *_, shown in blocks_of(page) for name in SHOWS.findall(shown)]
        assert found == SHOWS.findall(page.read_text(encoding="utf-8")), page.name


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda page: page.stem)
def test_code_fits_the_column_of_a_page(page: Path) -> None:
    """At most 88 characters a line, so that no reader has to scroll."""
    blocks = re.findall(r"```(?:python|diff)\b.*?\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert [line for block in blocks for line in block.splitlines() if len(line) > 88] == []


@pytest.mark.slow
@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.stem)
def test_a_figure_can_be_drawn(figure: Path, tmp_path: Path) -> None:
    """Those that the pages show."""
    pytest.importorskip("matplotlib")
    run(figure.read_text(encoding="utf-8"), tmp_path)


def test_there_are_eighteen_stories_of_at_most_sixty_lines() -> None:
    """Numbered without a gap, each with a question as its title."""
    assert [int(story.name[:2]) for story in STORIES] == list(range(1, 19))
    for story in STORIES:
        lines = story.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 60, story.name
        assert lines[1].endswith("?"), story.name


@pytest.mark.slow
@pytest.mark.parametrize(
    "story", [pytest.param(story, marks=MARKS.get(story.stem, ()), id=story.stem) for story in STORIES]
)
def test_a_story_can_be_told(story: Path, tmp_path: Path) -> None:
    """It runs to its end and prints something."""
    for library in NEEDS.get(story.stem, ()):
        pytest.importorskip(library)
    assert run(story.read_text(encoding="utf-8"), tmp_path)


def refresh() -> None:
    """Write what the blocks print now into the pages."""
    for page in filter(blocks_of, PAGES):
        with tempfile.TemporaryDirectory() as folder:
            printed = iter(outputs(page, Path(folder)))
        text = page.read_text(encoding="utf-8")
        page.write_text(BLOCK.sub(lambda block: _with_output(block, next(printed)), text), encoding="utf-8")  # noqa: B023


def _with_output(block: re.Match[str], printed: str) -> str:
    shown = "\n".join(line.rstrip() for line in printed.splitlines())
    text = f"\n\n```text{block[2] or ''}\n{shown}\n```" if shown else ""
    return f"```python\n{block[1]}```{text}{block[4]}"


if __name__ == "__main__":
    refresh()
