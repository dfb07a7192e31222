"""Settings of the whole suite: hypothesis, and which tests are skipped where something is missing."""

from __future__ import annotations

import errno
import importlib.util
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, settings

# On a shared machine a slow example is no fault, and a suite that gates changes must not roll dice:
# the same examples every time. HYPOTHESIS_PROFILE=explore looks further.
settings.register_profile(
    "suite", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", parent=settings.get_profile("suite"), derandomize=False, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")


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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """A test of something else logs nothing because a test of MLflow ran before it in this process."""
    if item.get_closest_marker("mlflow") is not None:
        return (yield)
    with mock.patch("hpsklearn_search.integrations._client.is_loaded", return_value=False):
        return (yield)


@pytest.fixture
def gone_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder was removed."""
    if os.name != "posix":
        pytest.skip("Windows does not remove a current folder")
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()


@pytest.fixture
def no_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose folders for temporary files cannot be written."""

    def gettempdir() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.gettempdir", gettempdir)


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Spark session of two slots, one for the whole run; ``SPARK_UNDER_TEST`` says of which kind."""
    from tests.spark import sparks

    kind, function = os.environ.get("SPARK_UNDER_TEST", "local"), tmp_path_factory.mktemp("spark")
    with ExitStack() as stack:
        if kind == "connect":
            session = sparks.connect_session(stack.enter_context(sparks.connect_server(function)))
        else:
            master = "local[2]" if kind == "local" else stack.enter_context(sparks.standalone(function))
            session = sparks.session(master)
        stack.callback(session.stop)
        yield session
