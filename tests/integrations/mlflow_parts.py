"""Real parts of MLflow for tests: a server that can be stopped, and what a store holds."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


def free_port() -> int:
    """A port of this machine that no process listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """An ``mlflow server`` on loopback over a SQLite store, which survives it."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--backend-store-uri", f"sqlite:///{self.folder}/server.db", "--workers", "1"]
        command += ["--artifacts-destination", str(self.folder / "artifacts")]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.folder, start_new_session=True,
                env=_without_client_settings(), preexec_fn=_die_with_parent,
            )  # fmt: skip
        deadline = time.monotonic() + 120
        while not self._answers():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError((self.folder / "server.log").read_text(errors="replace"))
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.uri}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        """Kill the server and its workers at once."""
        self._signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()
        self.process = None

    def freeze(self) -> None:
        """From now on the server accepts connections but does not answer."""
        self._signal(signal.SIGSTOP)

    def _signal(self, number: int) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, number)


def _die_with_parent() -> None:
    """The new process is killed when the tests are, so that no server is left running."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def _without_client_settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in ("MLFLOW_TRACKING_URI", "PYTHONPATH")}


@dataclass
class Store:
    """The runs in a tracking store, as tests read them."""

    uri: str

    @property
    def client(self) -> Any:
        """A client of the store."""
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=self.uri)

    def runs(self) -> list[Any]:
        """All runs, in order of their start."""
        experiments = [e.experiment_id for e in self.client.search_experiments()]
        return list(self.client.search_runs(experiments, order_by=["attributes.start_time ASC"], max_results=1000))

    def parents(self) -> list[Any]:
        """The runs that have no parent."""
        return [run for run in self.runs() if "mlflow.parentRunId" not in run.data.tags]

    def parent(self) -> Any:
        """The only run that has no parent."""
        (run,) = self.parents()
        return run

    def children(self, parent_id: str | None = None) -> list[Any]:
        """The children of the only parent, or of the run `parent_id`, by number of trial."""
        parent_id = parent_id or self.parent().info.run_id
        found = [run for run in self.runs() if run.data.tags.get("mlflow.parentRunId") == parent_id]
        return sorted(found, key=lambda run: int(run.data.tags["hpsklearn_search.trial"]))

    def files(self, run_id: str) -> set[str]:
        """The paths of the artifacts of a run."""
        return {item.path for item in self.client.list_artifacts(run_id)}
