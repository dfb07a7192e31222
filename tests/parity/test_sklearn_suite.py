"""scikit-learn's own tests, from the installed package, with its searches replaced by ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("sklearn_suite.py")


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_tests_of_scikit_learn_pass() -> None:
    """Everything that scikit-learn holds its own searches to, but for what the script excludes with a reason."""
    done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, timeout=1100)
    assert done.returncode == 0, done.stdout[-5000:]
    assert " passed" in done.stdout
