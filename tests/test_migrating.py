"""The page on coming from other libraries: its old lines run, and its new ones."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "migrating.md"
OLD_LIBRARIES = ("hyperopt", "hpsklearn", "skopt", "optuna_integration")


def blocks(language: str) -> list[str]:
    """The page's code in a language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


def side(block: str, sign: str) -> str:
    """The script that a diff shows before (``-``) or after (``+``) the change."""
    lines = [line for line in block.splitlines() if line[:1] in (sign, " ", "")]
    return "\n".join(line[1:] for line in lines)


def output_of(block: str) -> str:
    """What the page shows for a change."""
    return PAGE.read_text(encoding="utf-8").split(block + "```\n\n```text about\n", 1)[1].split("```", 1)[0]


def words(output: str) -> list[str]:
    """An output without the digits of its numbers: some scripts have no seed, and processors differ."""
    return re.sub(r"-?\b\d[\d.e+-]*\b", "0", output).split()


def run(script: str, folder: Path) -> str:
    """What a script prints, in a process of its own."""
    path = folder / "script.py"
    path.write_text(script, encoding="utf-8")
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    return done.stdout


LOCAL = [block for block in blocks("diff") if "SparkTrials" not in block]
SECTIONS = [re.search(r"^-(?:from|import) (\w+\.?\w*)", block, flags=re.MULTILINE).group(1) for block in LOCAL]  # type: ignore[union-attr]


def test_every_block_is_tested() -> None:
    """Eight changes and two scripts; in no other language is there anything."""
    assert (len(blocks("diff")), len(LOCAL), len(blocks("python"))) == (8, 7, 2)
    assert PAGE.read_text(encoding="utf-8").count("```") == 2 * (8 + 8 + 2)  # each change shows its output


@pytest.mark.slow
@pytest.mark.parametrize("block", LOCAL, ids=SECTIONS)
def test_the_old_lines_run(block: str, tmp_path: Path) -> None:
    """With the library that they are for, where it is installed."""
    script = side(block, "-")
    for library in OLD_LIBRARIES:
        if re.search(rf" {library}\b", script) and importlib.util.find_spec(library) is None:
            pytest.skip(f"needs {library}")
    assert run(script, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("block", LOCAL, ids=SECTIONS)
def test_the_new_lines_run(block: str, tmp_path: Path) -> None:
    """As they stand, without the old library, and they print what the page shows."""
    script = side(block, "+")
    assert not any(re.search(rf" {library}\b", script) for library in OLD_LIBRARIES)
    assert words(run(script, tmp_path)) == words(output_of(block))


@pytest.mark.slow
@pytest.mark.spark
def test_the_new_lines_run_on_spark(tmp_path: Path) -> None:
    """On a local cluster that the script starts."""
    (block,) = [block for block in blocks("diff") if "SparkTrials" in block]
    assert words(run(side(block, "+"), tmp_path)) == words(output_of(block))


@pytest.mark.parametrize("block", blocks("python"))
def test_a_script_runs(block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It can be pasted."""
    monkeypatch.setitem(sys.modules, "hyperopt", sys.modules.get("hyperopt"))  # one of them puts another in its place
    exec(compile(block, str(PAGE), "exec"), {"__name__": "page"})
