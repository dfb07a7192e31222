"""What a user is told who lacks pyspark, or Java, or has an old Java."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hpsklearn_search import SparkTrials
from hpsklearn_search.exceptions import NotInstalledError

SCRIPT = """
from hpsklearn_search import SparkTrials, fmin, hp, rand
fmin(lambda x: x, hp.uniform("x", 0, 1), rand.suggest, 1, trials=SparkTrials(1))
"""


def test_without_pyspark_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is an ImportError, when the search begins."""
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(NotInstalledError, match=r"pip install 'hpsklearn_search\[spark\]', and Java 17"):
        SparkTrials(1).open_executor()


def said_with(**environment: str) -> str:
    """The last line of what a search says in such an environment."""
    kept = {k: v for k, v in os.environ.items() if k not in ("JAVA_HOME", "SPARK_REMOTE", "SPARK_CONNECT_MODE_ENABLED")}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120, env={**kept, **environment}
    )
    return done.stderr.strip().splitlines()[-1]


@pytest.mark.spark
def test_without_java_the_error_says_what_to_install(tmp_path: Path) -> None:
    """Before Spark's own launcher fails with a message about a gateway."""
    said = said_with(PATH=str(tmp_path))
    assert "NotInstalledError: SparkTrials has to start Spark, which needs Java 17 or newer, and finds none" in said
    assert "openjdk-17-jre-headless" in said


@pytest.mark.spark
def test_with_an_old_java_the_error_says_so(tmp_path: Path) -> None:
    """As Java 11 does, which cannot read Spark's classes."""
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'class file version 61.0, this runtime recognizes up to 55.0' >&2\nexit 1\n")
    java.chmod(0o755)
    said = said_with(JAVA_HOME=str(tmp_path))
    assert "NotInstalledError: SparkTrials could not start Spark: the Java it finds is older than 17" in said
