"""Scripts written for hyperopt: they run with its import line and with ours."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted((ROOT / "examples" / "from_hyperopt").glob("*.py"))

# What a search that learns reaches in each, with a wide margin; random search or a defect does not.
GOOD_ENOUGH = {
    "ask_and_tell": 0.05,
    "boosted_trees": 3600.0,
    "early_stopping": 0.05,
    "merged": -0.9,
    "model_choice": 0.06,
    "own_algorithm": 3.0,
    "pipeline": -0.94,
    "plots": 0.7,
    "read_space": 1.0,
    "resume": 0.1,
    "svc": -0.96,
    "tuned_tpe": 3.0,
}


def printed(script: str, folder: Path) -> dict[str, str]:
    """The lines ``name: value`` that a script prints, in a process of its own."""
    path = folder / "script.py"
    path.write_text(script, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, timeout=580, env=environment)
    assert done.returncode == 0, done.stderr
    is_bar = re.compile("trial/s|s/trial").search  # hyperopt's is on stdout, and turns round when trials are slow
    lines = [line for line in done.stdout.splitlines() if not is_bar(line)]
    return dict(line.split(": ", 1) for line in lines if ": " in line)


def test_there_are_twelve() -> None:
    """Each with a figure to reach."""
    assert [script.stem for script in SCRIPTS] == sorted(GOOD_ENOUGH)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_runs_with_the_import_line_of_either_package(script: Path, tmp_path: Path) -> None:
    """Nothing but the package's name is changed; the output is the same except for the loss, which is good."""
    text = script.read_text(encoding="utf-8")
    ours = printed(text, tmp_path)
    assert float(ours.pop("loss")) < GOOD_ENOUGH[script.stem]
    assert "False" not in ours.values()
    if importlib.util.find_spec("hyperopt") is None:
        pytest.skip("ran with ours alone: hyperopt is not installed")
    assert "from hpsklearn_search.hyperopt" in text
    reference = printed(text.replace("hpsklearn_search.hyperopt", "hyperopt"), tmp_path)
    reference.pop("loss")
    assert ours == reference
