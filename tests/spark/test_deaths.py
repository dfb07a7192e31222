"""kill -9 of an executor, and of the driver, on local slots and on a standalone cluster."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from hpsklearn_search import SparkTrials, fmin, hp, rand
from tests.spark import driver, sparks

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.timeout(900)]
STANDALONE = os.environ.get("SPARK_UNDER_TEST") == "standalone"
on_cluster = pytest.mark.skipif(not STANDALONE, reason="on a cluster: SPARK_UNDER_TEST=standalone")


def recorded(path: Path) -> int:
    """How many trials are in a save file that another process writes."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return int(db.execute("SELECT count(*) FROM trials WHERE status != 'running'").fetchone()[0])
    return 0


def start(master: str, path: Path) -> subprocess.Popen[str]:
    """The driver, running."""
    command = [sys.executable, str(Path(driver.__file__)), master, str(path)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=sparks.environment()
    )


def children(pid: int) -> list[int]:
    """Of a process, on Linux."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_alive(pid: int) -> bool:
    """Whether there is such a process, and no zombie."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def kill_and_resume(master: str, path: Path) -> None:
    """Kill the driver when three trials are recorded; the next run has to end with the table of a whole one."""
    process = start(master, path)
    end = time.monotonic() + sparks.PATIENCE
    while recorded(path) < 3 and time.monotonic() < end and process.poll() is None:
        time.sleep(0.02)
    assert process.poll() is None, "ended before it could be killed"
    jvms = children(process.pid)
    assert jvms
    process.kill()
    process.communicate(timeout=30)
    kept = recorded(path)
    assert 3 <= kept < 10
    sparks.wait_until(lambda: not any(map(is_alive, jvms)))

    again = start(master, path)
    out, _ = again.communicate(timeout=2 * sparks.PATIENCE)
    assert again.returncode == 0
    assert json.loads(out) == driver.table(None, None)
    with closing(sqlite3.connect(path)) as db:
        ((attempts,),) = db.execute("SELECT count(*) FROM trials")
    assert attempts == 10


def test_a_killed_driver_goes_on_from_its_save_file(tmp_path: Path) -> None:
    """Nothing that finished is lost, no JVM stays behind, and the table is that of one process without Spark."""
    kill_and_resume("local[2]", tmp_path / "search.db")


@on_cluster
def test_a_killed_driver_on_a_cluster_goes_on_from_its_save_file(tmp_path: Path) -> None:
    """The same with executors elsewhere; on a cluster of its own, since one application takes all slots."""
    with sparks.standalone(tmp_path) as master:
        kill_and_resume(master, tmp_path / "search.db")


@on_cluster
def test_a_resource_profile_is_used_on_a_cluster(spark: Any) -> None:
    """A task that asks for the one core of its executor gets it; the slots are those of the profile."""
    from pyspark.resource import ResourceProfileBuilder, TaskResourceRequests

    def resources(x: float) -> dict[str, Any]:
        from pyspark import TaskContext

        return {"loss": x, "status": "ok", "cpus": TaskContext.get().cpus()}

    profile = ResourceProfileBuilder().require(TaskResourceRequests().cpus(1)).build
    trials = SparkTrials(2, resource_profile=profile)
    fmin(resources, hp.uniform("x", 0, 1), rand.suggest, 2, trials=trials, show_progressbar=False)
    assert [result["cpus"] for result in trials.results] == [1, 1]


@on_cluster
def test_surplus_parallelism_is_told_on_a_cluster(spark: Any) -> None:
    """Once executors have registered, their slots are known."""
    fmin(lambda x: x, hp.uniform("x", 0, 1), rand.suggest, 2, trials=SparkTrials(2), show_progressbar=False)
    with pytest.warns(UserWarning, match="but the cluster has 2 slots"):
        SparkTrials(7).open_executor().close()


def parent(pid: int) -> int:
    """Of a process, on Linux."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@on_cluster
def test_a_killed_executor_costs_no_trial(spark: Any, tmp_path: Path) -> None:
    """kill -9 of the executor's JVM in the midst of a trial: it runs again elsewhere, and the rest as ever."""

    def kills_its_executor_once(x: float) -> float:
        mark = tmp_path / "killed"
        if x > 0.5 and not mark.exists():
            mark.touch()
            os.kill(parent(parent(os.getpid())), signal.SIGKILL)  # worker, pyspark's daemon, executor
            time.sleep(60)
        return x

    trials = SparkTrials(2)
    points = [{"x": x} for x in (0.1, 0.9, 0.2, 0.3, 0.4, 0.45)]
    fmin(
        kills_its_executor_once, hp.uniform("x", 0, 1), rand.suggest, 6, trials=trials, points_to_evaluate=points,
        show_progressbar=False,
    )  # fmt: skip
    assert (tmp_path / "killed").exists()
    assert trials.count_successful_trials() == 6
    assert trials.losses() == [point["x"] for point in points]
