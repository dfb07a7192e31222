"""hyperopt's own tests, from the installed package, with its modules replaced by ours."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("hyperopt_suite.py")


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.skipif(importlib.util.find_spec("hyperopt") is None, reason="needs hyperopt>=0.3")
def test_the_tests_of_hyperopt_pass() -> None:
    """What a user of hyperopt relies on, but for what the script lists with a reason."""
    done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, timeout=1100)
    assert done.returncode == 0, done.stdout[-5000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None and int(passed.group(1)) >= 150
    skipped = re.search(r"(\d+) skipped", done.stdout)
    assert skipped is not None and int(skipped.group(1)) <= 12
