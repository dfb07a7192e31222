"""The code of the documentation runs: guide pages and stories. Pages with tests of their own are not here."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ELSEWHERE = {"errors", "migrating", "mlflow", "resuming", "spark"}  # have tests of their own
PAGES = [page for page in sorted((ROOT / "docs").glob("*.md")) if page.stem not in ELSEWHERE]
STORIES = sorted((ROOT / "examples").glob("[0-9][0-9]_*.py"))
NEEDS = {"04_early_stopping": ["lightgbm"], "10_table_and_plots": ["matplotlib"]}
MARKS = {"11_spark_and_mlflow": [pytest.mark.spark, pytest.mark.mlflow]}


FIGURES = sorted((ROOT / "docs" / "figures").glob("*.py"))


def script_of(page: Path) -> str:
    """The Python blocks of a page as one script."""
    return "\n".join(re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL))


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
@pytest.mark.parametrize("page", [page for page in PAGES if script_of(page)], ids=lambda page: page.stem)
def test_the_code_of_a_page_runs(page: Path, tmp_path: Path) -> None:
    """From top to bottom, as somebody who follows it would run it."""
    pytest.importorskip("matplotlib")
    run(script_of(page), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.stem)
def test_a_figure_can_be_drawn(figure: Path, tmp_path: Path) -> None:
    """Those that the pages show."""
    pytest.importorskip("matplotlib")
    run(figure.read_text(encoding="utf-8"), tmp_path)


def test_there_are_fourteen_stories_of_at_most_sixty_lines() -> None:
    """Numbered without a gap, each with a question as its title."""
    assert [int(story.name[:2]) for story in STORIES] == list(range(1, 15))
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
