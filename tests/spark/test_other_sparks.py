"""The same tests on a standalone cluster and through Spark Connect, each in a process of its own.

A process can have one Spark: the others are started by another pytest, with ``SPARK_UNDER_TEST``.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent

pytestmark = [
    pytest.mark.spark,
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif("SPARK_UNDER_TEST" in os.environ, reason="would start itself again"),
]


def run_on(kind: str, *files: str) -> None:
    """Run tests there; all must pass."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", "spark"]
    done = subprocess.run(
        [*command, *(str(HERE / file) for file in files)],
        cwd=HERE.parents[1], env={**os.environ, "SPARK_UNDER_TEST": kind}, capture_output=True, text=True, timeout=1700,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]


def test_everything_holds_on_a_standalone_cluster() -> None:
    """One master, two workers, three JVMs."""
    run_on("standalone", "test_any_spark.py", "../executors/test_all_executors.py", "test_deaths.py")


@pytest.mark.skipif(importlib.util.find_spec("grpc_status") is None, reason="needs pyspark[connect]")
def test_everything_holds_with_spark_connect() -> None:
    """A client of a server in another process: no SparkContext, no RDD, no broadcast."""
    run_on("connect", "test_any_spark.py", "../executors/test_all_executors.py")
