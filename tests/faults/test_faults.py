"""Processes that are killed, die or hang, and full disks: every case runs in its own process."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

CASES = Path(__file__).parent / "cases.py"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"}


def start(*arguments: Any) -> subprocess.Popen[str]:
    """The case, running, in a process group of its own."""
    command = [sys.executable, str(CASES), *map(str, arguments)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, text=True, env=ENVIRONMENT, start_new_session=True, **pipes)  # type: ignore[call-overload]


def output(*arguments: Any, deadline: float = 90) -> list[Any]:
    """The lines of JSON that the case prints, which must end well and in time."""
    process = start(*arguments)
    try:
        out, err = process.communicate(timeout=deadline)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, err
    return [json.loads(line) for line in out.splitlines()]


def recorded(path: Path) -> int:
    """How many trials are in a save file that another process writes."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return int(db.execute("SELECT count(*) FROM trials WHERE status != 'running'").fetchone()[0])
    return 0


def killed_at(n_trials: int, delay: float, path: Path, *arguments: Any) -> None:
    """Run the case, and kill it -9 `delay` seconds after `n_trials` are recorded."""
    process = start("run", path, *arguments)
    deadline = time.monotonic() + 60
    while recorded(path) < n_trials and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.005)
    time.sleep(delay)
    assert process.poll() is None, "ended before it could be killed"
    process.kill()  # only this process: its workers must notice it
    process.communicate(timeout=30)


def resumed(path: Path, n_jobs: int, kills: int, seeded: int = 1) -> list[Any]:
    """The result of a search that is killed several times, each time after more trials."""
    dice = random.Random(kills * 10 + n_jobs)
    done = 0
    for kill in range(kills):
        killed_at(1 + 30 * kill // kills, 0.05 * dice.random(), path, n_jobs, seeded)
        assert recorded(path) >= max(done, 1)
        done = recorded(path)
    return output("run", path, n_jobs, seeded)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_killed_search_resumes_to_the_same_table(tmp_path: Path, n_jobs: int) -> None:
    """It is that of a search without a save file that was not killed."""
    found = resumed(tmp_path / "s.db", n_jobs, kills=2)
    assert found == output("run", "", 1)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("n_jobs", "rounds"), [(1, 4), (2, 2), (4, 1)])
def test_a_search_killed_many_times_resumes_to_the_same_table(tmp_path: Path, n_jobs: int, rounds: int) -> None:
    """It is killed at random moments: while it starts, fits or writes."""
    expected = output("run", "", 1)
    for round_ in range(rounds):
        found = resumed(tmp_path / f"{round_}.db", n_jobs, kills=5 + round_)
        assert found == expected


def test_an_unseeded_search_loses_and_repeats_nothing(tmp_path: Path) -> None:
    """What was finished before the kill is in the table, and no candidate is there twice."""
    found = resumed(tmp_path / "s.db", 1, kills=2, seeded=0)
    values = found[0]["param_a"]
    assert len(values) == 40
    assert len(set(values)) == 40


def test_a_full_disk_is_named_and_loses_no_finished_trial(tmp_path: Path) -> None:
    """The table holds what finished, and the search continues when there is room again."""
    (kind, message, kept), (total,) = output("full_disk", tmp_path / "s.db")
    assert kind == "SaveFileError"
    assert "s.db" in message
    assert 0 < kept < 300
    assert total == 300


def test_a_file_in_use_by_another_process_is_refused(tmp_path: Path) -> None:
    """The second process gets an error with the name of the file; the first is not disturbed."""
    first = start("hold", tmp_path / "s.db")
    try:
        assert first.stdout is not None and first.stdout.readline() == "running\n"
        second = start("hold", tmp_path / "s.db")
        _, err = second.communicate(timeout=60)
        assert second.returncode == 1
        assert "SaveFileError" in err and "in use by another process" in err
        first.communicate("\n\n", timeout=60)
        assert first.returncode == 0
    finally:
        if first.poll() is None:
            first.kill()


DEATHS = ["exit", "segfault", "abort", "killed"]
HANGS = ["hang", "hang_ignoring_sigterm", "hang_holding_gil"]
QUICK = [("segfault", 2), ("system_exit", 1), ("hang_holding_gil", 1)]
SLOW = [(mode, n) for mode in [*DEATHS, *HANGS] for n in (1, 2, 4) if (mode, n) not in QUICK]
SLOW = [(mode, n) for mode, n in SLOW if n > 1 or mode in HANGS]  # a death in this process is the user's own


@pytest.mark.parametrize(("mode", "n_jobs"), [*QUICK, *(pytest.param(*case, marks=pytest.mark.slow) for case in SLOW)])
def test_a_candidate_that_dies_or_hangs_fails_alone(mode: str, n_jobs: int) -> None:
    """Exactly the bad candidates fail, with the right status."""
    [trials] = output("die", mode, n_jobs, deadline=150)
    expected = "timeout" if mode in HANGS else "fail" if mode == "system_exit" else "crashed"
    assert len(trials) == 8
    assert {status for is_bad, status, _ in trials if is_bad} == {expected}
    assert {status for is_bad, status, _ in trials if not is_bad} == {"ok"}


def test_workers_die_with_their_parent(tmp_path: Path) -> None:
    """Soon after kill -9 of the search, its process group is empty."""
    process = start("run", tmp_path / "s.db", 2)
    time.sleep(3.0)
    process.kill()
    process.communicate(timeout=30)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    pytest.fail("workers lived longer than the search")
