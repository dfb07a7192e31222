"""The README shows what happens. ``python tests/test_readme.py`` refreshes the output that it shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
EXAMPLE = ROOT / "examples" / "01_first_search.py"


def blocks(language: str) -> list[str]:
    """The README's code blocks in a language."""
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)


def commands() -> list[str]:
    """The lines of the README's shell blocks."""
    return [line for block in blocks("bash") for line in block.splitlines()]


def output_of_the_example() -> str:
    """What the example prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(EXAMPLE)], capture_output=True, text=True, timeout=280, check=True, env=environment
    )
    return done.stdout


def test_there_is_one_command_to_run_and_one_to_test() -> None:
    """Each does all the set-up itself."""
    run, test = commands()
    for command in (run, test):
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install -q ")
    assert run.endswith("examples/01_first_search.py")
    assert "-m pytest" in test


def test_ci_runs_the_test_command_as_written() -> None:
    """The script contains the README's line to the letter."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert commands()[1] in [line.strip() for line in script.splitlines()]


@pytest.mark.slow
def test_the_example_prints_what_the_readme_shows() -> None:
    """The same lines, the same costs, and scores that differ by less than one sample in 569.

    The search is seeded, and on one machine its output is the same every time. Between processors the
    last digits of a matrix product differ, and forty suggestions, each built on the last, amplify that.
    """
    lines, shown = output_of_the_example().splitlines(), blocks("text")[0].splitlines()
    assert len(lines) == len(shown)
    assert lines[0] == shown[0]  # the header of the table
    for line, expected in zip(lines[-2:], shown[-2:], strict=True):
        score, expected_score = float(line.split()[-1]), float(expected.split()[-1])
        assert line.split()[:-1] == expected.split()[:-1]
        assert score == pytest.approx(expected_score, abs=1 / 569)


@pytest.mark.slow
def test_six_lines_lead_to_a_table_and_a_picture(tmp_path: Path) -> None:
    """The block for somebody new, with the environment that runs the tests in place of a fresh one."""
    pytest.importorskip("matplotlib")
    (block,) = blocks("sh")
    assert len(block.splitlines()) <= 6
    script = "\n".join(block.splitlines()[1:-1])
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=280, env=environment, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "mean_test_score" in done.stdout or "rank" in done.stdout
    assert (tmp_path / "history.png").stat().st_size > 5000


@pytest.mark.parametrize("block", blocks("python"))
def test_the_code_of_the_readme_runs(block: str) -> None:
    """Every Python block can be pasted."""
    exec(compile(block, str(README), "exec"), {"__name__": "readme"})


def refresh() -> None:
    """Write what the example prints now into the README."""
    text = README.read_text(encoding="utf-8")
    block = f"```text\n{output_of_the_example()}```"
    README.write_text(re.sub(r"```text\n.*?```", lambda _: block, text, count=1, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    refresh()
