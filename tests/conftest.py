"""Settings of the whole suite: hypothesis, and which tests are skipped where something is missing."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# On a shared machine a slow example is no fault, and a suite that gates changes must not roll dice:
# the same examples every time. HYPOTHESIS_PROFILE=explore looks further.
settings.register_profile(
    "suite", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", parent=settings.get_profile("suite"), derandomize=False, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


def _missing(marker: str) -> str | None:
    """Why tests with `marker` cannot run here, None if they can."""
    if importlib.util.find_spec({"spark": "pyspark"}.get(marker, marker)) is None:
        return f"needs the extra: pip install 'hpsklearn_search[{marker}]'"
    if marker == "spark" and shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        return "needs a Java runtime"
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests of an extra, with the reason, where it cannot be used."""
    reasons = {marker: _missing(marker) for marker in ("spark", "mlflow")}
    for item in items:
        for marker, reason in reasons.items():
            if reason is not None and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """A Spark session with two slots on this machine, listening on loopback only; one for the whole run."""
    from pyspark.sql import SparkSession

    root = str(Path(__file__).parents[1])
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of pyspark, about pandas 3
        session = (
            SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.executorEnv.PYTHONPATH", root)  # workers import the package that is tested
            .config("spark.driver.extraJavaOptions", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1")
            .getOrCreate()
        )
    session.sparkContext.setLogLevel("OFF")  # tests kill workers, and a JVM's stack says nothing new
    yield session
    session.stop()
