"""The Sparks that tests run on: in this process, a standalone cluster, a Connect server.

Each is real, listens on loopback only, and dies with the tests, killed or not.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
JVM = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
PATIENCE = 180.0
"""Seconds in which a JVM must be up; on a busy machine it may take a minute."""


def environment() -> dict[str, str]:
    """Of every process: loopback only, this Python for workers, which import the package that is tested."""
    return {
        **os.environ,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join(dict.fromkeys([str(ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])),
        "SPARK_DAEMON_MEMORY": "600m",
        "SPARK_DAEMON_JAVA_OPTS": f"{JVM} -Dspark.master.rest.enabled=false",
        "SPARK_SUBMIT_OPTS": JVM,
    }


def session(master: str) -> Any:
    """A classic session."""
    from pyspark.sql import SparkSession

    os.environ.update(environment())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of pyspark, about pandas 3
        started = (
            SparkSession.builder.master(master)
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.executor.memory", "512m")
            .config("spark.executorEnv.PYTHONPATH", str(ROOT))
            .config("spark.executor.extraJavaOptions", JVM)
            .config("spark.driver.extraJavaOptions", JVM)
            .getOrCreate()
        )
    started.sparkContext.setLogLevel("OFF")  # tests kill workers, and a JVM's stack says nothing new
    return started


def connect_session(url: str) -> Any:
    """A session of Spark Connect."""
    from pyspark.sql import SparkSession

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return SparkSession.builder.remote(url).getOrCreate()


@contextmanager
def standalone(root: Path, n_workers: int = 2) -> Iterator[str]:
    """A master and workers of one core each, every one a JVM; the master's address."""
    port, ui = free_port(), free_port()
    url = f"spark://127.0.0.1:{port}"
    master = ["org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", port, "--webui-port", ui]
    worker = ["org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", "600m"]
    with ExitStack() as stack:
        stack.enter_context(jvm(root / "master.log", *master))
        for number in range(n_workers):
            folder = root / f"worker-{number}"
            stack.enter_context(jvm(root / f"{number}.log", *worker, "--webui-port", "0", "--work-dir", folder, url))
        wait_until(lambda: n_alive(ui) == n_workers)
        yield url


def n_alive(ui: int) -> int:
    """How many workers the master at this port of its page has."""
    with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{ui}/json/", timeout=5) as page:
        return int(json.load(page)["aliveworkers"])
    return 0


@contextmanager
def connect_server(root: Path) -> Iterator[str]:
    """A Connect server of two slots in a JVM of its own; its address."""
    port = free_port()
    settings = {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": port,
        "spark.ui.enabled": "false",
    }
    options = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
    server = ["--master", "local[2]", "--class", "org.apache.spark.sql.connect.service.SparkConnectServer"]
    arguments = ["org.apache.spark.deploy.SparkSubmit", *server, *options, "spark-internal"]
    with jvm(root / "connect.log", *arguments) as process:
        wait_until(lambda: process.poll() is not None or is_open(port))
        assert process.poll() is None, (root / "connect.log").read_text()[-3000:]
        yield f"sc://127.0.0.1:{port}"


@contextmanager
def jvm(log: Path, *arguments: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A JVM of Spark's classes that ends with this block, or with this process."""
    from pyspark.find_spark_home import _find_spark_home

    command = [os.path.join(_find_spark_home(), "bin", "spark-class"), *map(str, arguments)]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment(), preexec_fn=die_with_parent
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(15)


def die_with_parent() -> None:
    """Ask Linux to kill the process about to start when the thread that started it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_open(port: int) -> bool:
    """Whether somebody listens on it."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(holds: Callable[[], bool]) -> None:
    """Look ten times a second."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"not up after {PATIENCE} s"
        time.sleep(0.1)
