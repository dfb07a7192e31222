"""What runs in a Python worker of Spark, in this process: its files are in a folder that others can write to."""

from __future__ import annotations

import os
import pickle
import stat
import subprocess
import sys
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hpsklearn_search.executors._messages import unpack
from hpsklearn_search.executors._protocol import Task
from hpsklearn_search.executors.spark._executor import check_environment
from hpsklearn_search.executors.spark._worker import NoTemporaryFolder, SparkCall, pop_timeout_trace, time_limit

pytestmark = pytest.mark.skipif(os.name != "posix", reason="owners, modes and links are those of POSIX")

TAG = "hpsklearn-tag"


@pytest.fixture
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The temporary folder of the worker."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def files_of_temp(folder: Any) -> Any:
    """What a task sees in the temporary folder."""
    return [(path.name, stat.S_IMODE(path.lstat().st_mode)) for path in Path(folder).iterdir()]


def run(call: SparkCall, folder: Path, attempt: int = 0) -> Any:
    """What the task returns, or why it failed."""
    done = unpack(Task(0, 0, None), call.run(lambda: pickle.dumps(files_of_temp), pickle.dumps(folder), attempt, TAG))
    return done.failure or done.value


def imported_from(call: SparkCall, temp: Path) -> list[str]:
    """The folders that a task adds to the path."""
    before = list(sys.path)
    try:
        run(call, temp)
        return sys.path[len(before) :]
    finally:
        sys.path[:] = before


def test_the_trace_is_private_and_nobody_can_know_its_name(temp: Path) -> None:
    """The tag is not in it, since Spark shows tags; two searches have two names, and nothing stays."""
    traces = [run(SparkCall("key", 1, timeout=60.0), temp) for _ in range(2)]
    assert [mode for ((_, mode),) in traces] == [0o600, 0o600]
    assert len({name for ((name, _),) in traces}) == 2
    assert not any(TAG in name for ((name, _),) in traces)
    assert list(temp.iterdir()) == []


def test_a_task_without_a_limit_needs_no_temporary_folder(tmp_path: Path, no_temporary_folder: None) -> None:
    """A worker may have none."""
    assert run(SparkCall("key", 1), tmp_path) == []
    SparkCall("key", 1).remove_trace(TAG)


def test_a_limit_needs_a_temporary_folder_of_the_worker(tmp_path: Path, no_temporary_folder: None) -> None:
    """The driver's error names the setting of Spark, and not packages, which are there."""
    with pytest.raises(NoTemporaryFolder) as caught:
        run(SparkCall("key", 1, timeout=60.0), tmp_path)
    reason = "".join(traceback.format_exception(caught.value))
    with pytest.raises(RuntimeError, match=r"no folder for temporary files.*executorEnv\.TMPDIR") as said:
        check_environment(reason)
    assert "PYSPARK_PYTHON" not in str(said.value)


def test_what_is_not_installed_is_named_with_a_remedy() -> None:
    """Python failed in the worker before the function could run."""
    reason = "Traceback (most recent call last):\n  a line\nModuleNotFoundError: No module named 'sklearn'\n\tat java"
    with pytest.raises(RuntimeError, match=r"No module named 'sklearn'\. Install the packages .* PYSPARK_PYTHON="):
        check_environment(reason)


def test_a_driver_without_a_temporary_folder_has_nothing_to_remove(no_temporary_folder: None) -> None:
    """The worker may be on another machine, which has one."""
    SparkCall("key", 1, timeout=60.0).remove_trace(TAG)


def test_the_secret_is_in_no_representation() -> None:
    """It would end in logs."""
    call = SparkCall("key", 1)
    assert call.secret not in repr(call)


def test_a_link_is_not_followed(temp: Path) -> None:
    """A link of the name of the trace is replaced, and its target stays."""
    (temp / "precious").write_text("mine")
    (temp / "trace").symlink_to(temp / "precious")
    with time_limit(60.0, str(temp / "trace")):
        assert not (temp / "trace").is_symlink()
    assert (temp / "precious").read_text() == "mine"


def test_a_link_to_a_trace_is_no_trace(temp: Path) -> None:
    """Else a planted one would make a timeout of a repeated task; so would a pipe that is waited for."""
    (temp / "planted").write_text("Timeout (0:00:01)!")
    (temp / "trace").symlink_to(temp / "planted")
    assert not pop_timeout_trace(str(temp / "trace"))
    os.mkfifo(temp / "pipe")
    assert not pop_timeout_trace(str(temp / "pipe"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
def test_a_trace_of_another_user_is_no_trace(temp: Path) -> None:
    """The file must be of the user who runs the task."""
    (temp / "trace").write_text("Timeout (0:00:01)!")
    assert pop_timeout_trace(str(temp / "trace"))
    (temp / "trace").write_text("Timeout (0:00:01)!")
    os.chown(temp / "trace", 12345, 12345)
    assert not pop_timeout_trace(str(temp / "trace"))


def test_an_attempt_that_was_ended_is_found_by_the_next_one(temp: Path) -> None:
    """A process that exceeds the limit in C ends, and leaves its trace; the next attempt reports it."""
    call = SparkCall("key", 1, timeout=0.1)
    script = (
        "import pickle, sys, time, signal\n"
        "call, folder = pickle.loads(bytes.fromhex(sys.argv[1]))\n"
        "import tempfile; tempfile.tempdir = folder\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])\n"
        f"call.run(lambda: pickle.dumps(time.sleep), pickle.dumps(30), 0, {TAG!r})\n"
    )
    argument = pickle.dumps((call, str(temp))).hex()
    subprocess.run([sys.executable, "-c", script, argument], check=False, timeout=60)
    assert len(list(temp.iterdir())) == 1
    assert run(call, temp, attempt=1).status == "timeout"
    assert list(temp.iterdir()) == []


def test_code_is_imported_only_from_folders_of_the_user_or_of_root(temp: Path) -> None:
    """Where a folder of the driver is missing, anybody could create it; a folder that all can write to is no better."""
    folders = {name: temp / name for name in ("mine", "open")}
    for folder in folders.values():
        folder.mkdir()
    folders["open"].chmod(0o777)
    call = replace(SparkCall("a key of its own", 1), path=(*map(str, folders.values()), str(temp / "missing")))
    assert imported_from(call, temp) == [str(folders["mine"])]


def test_a_link_stands_for_the_folder_that_was_checked(temp: Path) -> None:
    """Somebody could turn the link to a folder of theirs, later."""
    (temp / "mine").mkdir()
    (temp / "link").symlink_to("mine")
    assert imported_from(SparkCall("a key with a link", 1, path=(str(temp / "link"),)), temp) == [str(temp / "mine")]


@pytest.mark.parametrize(("mode", "is_used"), [(0o777, False), (0o1777, True)], ids=oct)
def test_no_folder_above_may_be_open_to_others(temp: Path, mode: int, is_used: bool) -> None:
    """They could rename the folder, and put their own in its place; in a sticky one, such as /tmp, they cannot."""
    (temp / "shared" / "mine").mkdir(parents=True)
    (temp / "shared").chmod(mode)
    call = SparkCall(f"a key for {mode}", 1, path=(str(temp / "shared" / "mine"),))
    assert bool(imported_from(call, temp)) == is_used


def test_the_driver_removes_what_an_ended_worker_left(temp: Path) -> None:
    """Spark ends the worker of a task that is cancelled, and nothing in it can clean up."""
    call = SparkCall("key", 1, timeout=60.0)
    ((name, _),) = run(call, temp)
    (temp / name).touch()
    call.remove_trace(TAG)
    assert list(temp.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_the_caller_counts_as_its_own(temp: Path) -> None:
    """On a cluster the worker may be another user; nobody else's folder does."""
    for name, user in (("caller", 12345), ("other", 54321)):
        (temp / name).mkdir()
        os.chown(temp / name, user, user)
    call = SparkCall("another key", 1, path=(str(temp / "caller"), str(temp / "other")), user=12345)
    assert imported_from(call, temp) == [str(temp / "caller")]
