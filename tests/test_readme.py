"""What the README says is what happens."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    """The lines of the README's shell blocks that make a virtual environment."""
    blocks = re.findall(r"```bash\n(.*?)```", README, flags=re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if "-m venv" in line]


def test_there_is_one_command_to_run_and_one_to_test() -> None:
    """Each does all the set-up itself."""
    run, test = commands()
    assert "examples/01_first_search.py" in run
    assert "-m pytest" in test


def test_ci_runs_the_test_command_as_written() -> None:
    """The script contains the README's line to the letter."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert commands()[1] in [line.strip() for line in script.splitlines()]
