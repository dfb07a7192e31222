"""Stores and servers for the tests of MLflow, which leave nothing behind in mlflow's global state."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integrations.mlflow_parts import Server, Store


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a SQLite store without runs: making one takes seconds, copying it does not."""
    from mlflow import MlflowClient

    path = tmp_path_factory.mktemp("mlflow") / "empty.db"
    MlflowClient(tracking_uri=f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def store(empty_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The test gets its own store as the current tracking URI, and a temporary current folder."""
    import mlflow
    from mlflow.tracking import fluent

    monkeypatch.chdir(tmp_path)
    path = tmp_path / "store.db"
    shutil.copy(empty_store, path)
    mlflow.set_tracking_uri(f"sqlite:///{path}")
    mlflow.set_experiment("tests")
    yield Store(f"sqlite:///{path}")
    mlflow.end_run()
    mlflow.set_tracking_uri(None)
    fluent._active_experiment_id = None
    os.environ.pop("MLFLOW_EXPERIMENT_ID", None)  # which mlflow sets for child processes


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The test gets its own server."""
    monkeypatch.chdir(tmp_path)
    server = Server(tmp_path)
    server.start()
    yield server
    server.kill()
