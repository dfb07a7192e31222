"""What only worker processes promise: one copy of the data, nothing left behind, no effect on other libraries."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from hpsklearn_search.executors import Executor, ProcessExecutor, Task, _shipping, _temp_folder, end_idle_workers
from hpsklearn_search.executors._shipping import LARGE, SharedFunction, load_function, pickler
from hpsklearn_search.executors.processes import _child
from hpsklearn_search.executors.processes._worker import TaskProgress
from hpsklearn_search.executors.spark._pickling import pickled_function

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def executors() -> Iterator[list[Executor]]:
    """Executors put into the list are closed, whatever happens."""
    opened: list[Executor] = []
    yield opened
    for executor in opened:
        executor.close()


def value_of(executor: Executor, payload: Any = None, part: int = 0) -> Any:
    """What the function returns for one payload."""
    executor.submit(Task(0, part, payload))
    (finished,) = executor.wait(timeout=60)
    assert finished.failure is None, finished.failure
    return finished.value


def wait_until(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Whether the condition comes true in time."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def is_alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def perform(payload: Callable[[], Any]) -> Any:
    """Call the payload."""
    return payload()


# ---------------------------------------------------------------------- data
def is_mapped(array: np.ndarray[Any, Any]) -> bool:
    """Whether an array's memory is a file."""
    base: Any = array
    while isinstance(base, np.ndarray):
        if isinstance(base, np.memmap):
            return True
        base = base.base
    return False


def test_large_arrays_are_mapped_wherever_they_stand() -> None:
    """In a data frame, a sparse matrix, a list, in Fortran order or strided: equal, read-only, and one file each."""
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(2000, 100))
    held = {
        "dense": dense,
        "again": [dense],
        "fortran": np.asfortranarray(dense),
        "strided": np.repeat(dense, 2, axis=1)[:, ::2],
        "dates": np.arange(200_000).astype("datetime64[s]"),
        "frame": pd.DataFrame(dense),
        "sparse": sparse.random(3000, 3000, density=0.05, format="csr", random_state=0),
        "small": np.arange(10),
        "objects": np.array([None] * LARGE, dtype=object),
    }
    shared = SharedFunction(lambda payload: held)
    loaded: Any = load_function(shared.path)(None)
    for name in ("dense", "fortran", "strided", "dates"):
        np.testing.assert_array_equal(loaded[name], held[name])
        assert is_mapped(loaded[name])
        assert not loaded[name].flags.writeable
    assert loaded["again"][0] is loaded["dense"]
    assert loaded["fortran"].flags.f_contiguous
    assert is_mapped(loaded["frame"].to_numpy())
    pd.testing.assert_frame_equal(loaded["frame"], held["frame"])
    assert is_mapped(loaded["sparse"].data)
    assert (loaded["sparse"] != held["sparse"]).nnz == 0
    assert not is_mapped(loaded["small"])
    files = [name for name in os.listdir(shared.folder) if name.startswith("array")]
    assert len(files) == 7, files
    shared.remove()
    assert not os.path.exists(shared.folder)


def test_an_array_that_is_a_file_already_is_not_copied(tmp_path: Path) -> None:
    """The workers map the user's own file; a part of it, or a private map, is written anew."""
    np.save(tmp_path / "x.npy", np.arange(400_000.0).reshape(2000, 200))
    whole = np.load(tmp_path / "x.npy", mmap_mode="r")
    private = np.load(tmp_path / "x.npy", mmap_mode="c")
    private[0, 0] = -1
    held = whole, whole[500:], private
    shared = SharedFunction(lambda payload: held)
    loaded: Any = load_function(shared.path)(None)
    for mine, theirs in zip(held, loaded, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert loaded[0].base.filename == str(tmp_path / "x.npy")
    assert len([name for name in os.listdir(shared.folder) if name.startswith("array")]) == 2
    shared.remove()


def test_a_full_folder_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the first folder has no room, arrays go to the next; with none left, the error says what to do."""
    full, roomy = tmp_path / "full", tmp_path / "roomy"
    full.mkdir(), roomy.mkdir()
    monkeypatch.setattr(_shipping, "_has_room", lambda folder, needed: not folder.startswith(str(full)))
    big = np.ones(LARGE)
    monkeypatch.setattr(_shipping, "_roots", lambda asked: [str(full), str(roomy)])
    shared = SharedFunction(lambda payload: big)
    np.testing.assert_array_equal(load_function(shared.path)(None), big)
    assert list(roomy.rglob("array*"))
    shared.remove()
    monkeypatch.setattr(_shipping, "_roots", lambda asked: [str(full)])
    with pytest.raises(OSError, match=r"no room .* JOBLIB_TEMP_FOLDER"):
        SharedFunction(lambda payload: big)
    assert list(full.iterdir()) == list(roomy.iterdir()) == []


def test_a_pickle_moves_to_the_next_folder_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function of many small parts, for which the disk becomes full while it is written, goes to the next folder."""
    full, roomy = tmp_path / "full", tmp_path / "roomy"
    full.mkdir(), roomy.mkdir()

    class FullDisk:
        """A pickler that finds no space in the first folder."""

        def __init__(self, file: Any, reduce: Any) -> None:
            self.file, self.reduce = file, reduce

        def dump(self, function: Any) -> None:
            pickler(self.file, self.reduce).dump(function)
            if self.file.name.startswith(str(full)):
                raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(_shipping, "pickler", FullDisk)
    monkeypatch.setattr(_shipping, "_roots", lambda asked: [str(full), str(roomy)])
    texts = [f"text {number}" for number in range(1000)]
    shared = SharedFunction(lambda payload: texts)
    assert shared.path.startswith(str(roomy))
    assert load_function(shared.path)(None) == texts
    shared.remove()
    monkeypatch.setattr(_shipping, "_roots", lambda asked: [str(full)])
    with pytest.raises(OSError, match=r"full.* no room .* JOBLIB_TEMP_FOLDER"):
        SharedFunction(lambda payload: texts)
    assert list(full.iterdir()) == list(roomy.iterdir()) == []


def test_a_pickle_leaves_room_for_the_files_of_the_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that just fits goes to the next folder; in the last one it stays."""
    full, roomy = tmp_path / "full", tmp_path / "roomy"
    full.mkdir(), roomy.mkdir()
    monkeypatch.setattr(_shipping, "_has_room", lambda folder, needed=0: not folder.startswith(str(full)))
    for roots, chosen in [([full, roomy], roomy), ([full], full)]:
        monkeypatch.setattr(_shipping, "_roots", lambda asked, roots=roots: list(map(str, roots)))
        shared = SharedFunction(lambda payload: payload)
        assert shared.folder.startswith(str(chosen))
        shared.remove()
    assert list(full.iterdir()) == list(roomy.iterdir()) == []


def test_a_full_disk_is_named_where_a_worker_cannot_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executors: list[Executor]
) -> None:
    """The system's error names no folder."""

    def no_space(path: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(TaskProgress, "create", no_space)
    executors.append(executor := ProcessExecutor(1, temp_folder=str(tmp_path)))
    with pytest.raises(OSError, match=rf"{tmp_path}.*: no room for the files of a worker; set temp_folder of joblib"):
        executor.start(lambda payload: payload)


def test_an_error_that_is_not_about_room_keeps_its_text(tmp_path: Path) -> None:
    """An OSError of the user's own object is raised as it is."""

    class Unreadable:
        """An object whose state cannot be read."""

        def __reduce__(self) -> Any:
            raise OSError("the sensor does not answer")

    unreadable = Unreadable()
    with pytest.raises(OSError, match=r"^the sensor does not answer$"):
        SharedFunction(lambda payload: unreadable, str(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["Jürgen", "two\nlines", "n" * 200 + "/" + "n" * 200 + "/" + "n" * 200, "a:b 'c'"])
def test_a_temporary_folder_may_have_any_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Letters that are not ASCII, a line break, or a long path: data arrives, and nothing is left."""
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(tmp_path / name))
    big = np.ones(LARGE)
    shared = SharedFunction(lambda payload: float(big.sum()))
    assert shared.folder.startswith(str(tmp_path / name))
    assert load_function(shared.path)(None) == LARGE
    shared.remove()
    assert list((tmp_path / name).iterdir()) == []


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/below"])
def test_a_temporary_folder_that_cannot_be_made_is_named_with_its_setting_and_passed_over(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user may have set it long ago, and the data fits elsewhere."""
    (tmp_path / "file").write_text("")
    unusable = os.path.join(tmp_path, place)
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", unusable)
    with pytest.warns(UserWarning, match=r"set the environment variable JOBLIB_TEMP_FOLDER to a folder in") as caught:
        shared = SharedFunction(lambda payload: payload + 1)
    assert str(caught[0].message).startswith(f"{unusable}: ")
    assert not shared.folder.startswith(str(tmp_path))
    assert load_function(shared.path)(1) == 2
    shared.remove()


@pytest.mark.usefixtures("gone_folder")
def test_a_relative_temporary_folder_is_passed_over_if_the_current_folder_is_gone() -> None:
    """The warning names it, and what would do."""
    with pytest.warns(UserWarning, match=r"^tmp: the current folder is gone; set temp_folder .* an absolute path"):
        shared = SharedFunction(len, "tmp")
    shared.remove()


def test_an_error_says_what_to_set_where_no_folder_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in the place that was asked for nor in another one; the system's error names the folder only."""
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(_shipping, "_roots", lambda asked: [asked or str(tmp_path / "file" / "other")])
    with (
        pytest.warns(UserWarning, match="asked"),
        pytest.raises(OSError, match=r"set temp_folder of joblib.parallel_config to a folder in which .*other'$"),
    ):
        SharedFunction(lambda payload: payload, str(tmp_path / "file" / "asked"))


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="there is no shared memory")
def test_shared_memory_needs_no_temporary_folder(no_temporary_folder: None) -> None:
    """The folder for temporary files is only a further place."""
    shared = SharedFunction(len)
    assert shared.folder.startswith("/dev/shm")
    shared.remove()


@pytest.mark.filterwarnings("ignore:.*asked")
@pytest.mark.parametrize("asked", [None, "asked"])
def test_an_error_says_what_to_set_where_there_is_no_place(
    asked: str | None, tmp_path: Path, no_temporary_folder: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither shared memory nor a folder for temporary files; a folder that was asked for cannot be made."""
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("os.access", lambda path, mode: False)
    setting = "temp_folder of joblib.parallel_config" if asked else "the environment variable JOBLIB_TEMP_FOLDER"
    with pytest.raises(_shipping.UnusableFolder, match=f"no folder for temporary files .* set {setting} to one"):
        SharedFunction(len, asked and str(tmp_path / "file" / asked))


def test_workers_find_a_folder_that_is_not_ascii(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executors: list[Executor]
) -> None:
    """The name of the folder reaches the workers."""
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(tmp_path / "Jürgen"))
    executors.append(executor := ProcessExecutor(1))
    executor.start(lambda payload: payload + 1)
    assert value_of(executor, 1) == 2


def test_a_relative_folder_is_found_after_a_change_of_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is where it was when the search started, and is removed there."""
    monkeypatch.chdir(tmp_path)
    shared = SharedFunction(len, "relative")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert load_function(shared.path) is len
    shared.remove()
    assert list((tmp_path / "relative").iterdir()) == []


def test_a_machine_may_have_a_name_that_is_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python shows its bytes as halves of surrogate pairs, which UTF-8 does not have."""
    monkeypatch.setattr("socket.gethostname", lambda: "caf\udce9")
    SharedFunction(len, str(tmp_path)).remove()
    assert list(tmp_path.iterdir()) == []


OWNER = """
import sys
from joblib.externals.loky.backend import resource_tracker
from hpsklearn_search.executors._shipping import SharedFunction
shared = SharedFunction(len, sys.argv[1])
print(resource_tracker._resource_tracker._pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(os.name != "posix", reason="locks of POSIX")
def test_a_folder_of_killed_processes_is_removed_by_the_next_search(tmp_path: Path) -> None:
    """The folder of an owner that lives stays; if the owner and its resource tracker were killed, it goes."""
    command = [sys.executable, "-c", OWNER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        tracker = int(owner.stdout.readline())
        (folder,) = tmp_path.iterdir()
        SharedFunction(len, str(tmp_path)).remove()
        assert list(tmp_path.iterdir()) == [folder]
        os.kill(tracker, signal.SIGKILL)
        owner.kill()
    assert list(tmp_path.iterdir()) == [folder]
    SharedFunction(len, str(tmp_path)).remove()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="locks of POSIX")
@pytest.mark.parametrize("kind", ["no lock", "another machine", "link", "pipe"])
def test_a_folder_that_is_not_ours_stays(kind: str, tmp_path: Path) -> None:
    """A name alone proves nothing: without a lock file of this machine, a folder is not touched."""
    root, folder = tmp_path / "root", tmp_path / "elsewhere"
    root.mkdir()
    folder = root / "hpsklearn_search-abc" if kind != "link" else folder
    folder.mkdir()
    (folder / "data").touch()
    if kind == "another machine":
        (folder / "owner").write_text("another machine")
    if kind == "pipe":  # nobody writes to it
        os.mkfifo(folder / "owner")
    if kind == "link":
        (folder / "owner").write_bytes(os.fsencode(socket.gethostname()))
        (root / "hpsklearn_search-abc").symlink_to(folder)
    SharedFunction(len, str(root)).remove()
    assert (folder / "data").exists()


@pytest.mark.parametrize("error", [BlockingIOError(errno.EAGAIN, "no more processes"), AttributeError("encode")])
def test_a_folder_needs_no_tracker(error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no process can be started, or the interpreter is not known, it is made and removed all the same."""

    def refuse(*arguments: Any) -> None:
        raise error

    monkeypatch.setattr(_temp_folder, "_tracker", lambda: SimpleNamespace(register=refuse, unregister=refuse))
    shared = SharedFunction(len, str(tmp_path))
    assert load_function(shared.path) is len
    shared.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_removed_after_its_tracker_was_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tracker that cannot be started again is no reason to raise."""

    def refuse(*arguments: Any) -> None:
        raise BlockingIOError(errno.EAGAIN, "no more processes")

    tracker = SimpleNamespace(register=lambda *arguments: None, unregister=refuse)
    monkeypatch.setattr(_temp_folder, "_tracker", lambda: tracker)
    shared = SharedFunction(len, str(tmp_path))
    shared.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_cannot_be_started_is_an_error_that_names_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executors: list[Executor]
) -> None:
    """The limit on processes is reached: the folder is not blamed for it, and is removed."""

    def refuse(process: Any) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    end_idle_workers()
    monkeypatch.setattr(multiprocessing.process.BaseProcess, "start", refuse)
    executors.append(executor := ProcessExecutor(2, temp_folder=str(tmp_path)))
    with pytest.raises(RuntimeError, match=r"process could not be started: BlockingIOError.*unavailable.*n_jobs=1"):
        executor.start(len)
    executor.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("is_hidden", [False, True])
def test_too_many_open_files_are_named(
    is_hidden: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executors: list[Executor]
) -> None:
    """The limit to look at is that on files, even if the clean-up after the error fails, too."""

    def refuse(process: Any) -> None:
        try:
            raise OSError(errno.EMFILE, "Too many open files")
        finally:
            if is_hidden:
                raise UnboundLocalError("child_r")

    end_idle_workers()
    monkeypatch.setattr(multiprocessing.process.BaseProcess, "start", refuse)
    executors.append(executor := ProcessExecutor(2, temp_folder=str(tmp_path)))
    cause = r"OSError: \[Errno \d+\] Too many open files; look at the limit on open files \(ulimit -n\), or run"
    with pytest.raises(RuntimeError, match=cause):
        executor.start(len)


@pytest.fixture
def _small_files() -> Iterator[None]:
    """No file can have more than 100 kB."""
    resource = pytest.importorskip("resource", reason="needs the limits of POSIX")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.usefixtures("_small_files")
@pytest.mark.parametrize("n_bytes", [LARGE // 2, 2 * LARGE], ids=["pickled", "mapped"])
def test_a_limit_on_the_size_of_files_is_no_full_disk(n_bytes: int, tmp_path: Path) -> None:
    """The error is that of the system, and says which limit to raise."""
    data = np.zeros(n_bytes, dtype=np.int8)
    with pytest.raises(OSError, match="is too large; raise the limit on the size of files") as error:
        SharedFunction(lambda payload: data, temp_folder=str(tmp_path))
    assert error.value.errno == errno.EFBIG
    assert list(tmp_path.iterdir()) == []


def test_a_function_that_cannot_be_pickled_is_an_error_that_names_the_remedy() -> None:
    """A lock in the estimator: a TypeError before any worker starts, and no file left."""
    lock = threading.Lock()
    with pytest.raises(TypeError, match=r"cannot be pickled.*lock.*n_jobs=1"):
        ProcessExecutor(2).start(lambda payload: lock)


class Refuses:
    """An object whose error knows a secret."""

    def __reduce__(self) -> Any:
        raise ValueError("\x1b[2Jno copy of Login(password='S3CRETpw')")


@pytest.mark.parametrize("pickle", [lambda: ProcessExecutor(2).start(Refuses()), lambda: pickled_function(Refuses())])
def test_the_error_about_what_cannot_be_pickled_shows_no_secret(pickle: Callable[[], Any]) -> None:
    """It quotes the object's own error, for local workers and for Spark's."""
    with pytest.raises(TypeError, match="cannot be pickled: ValueError") as caught:
        pickle()
    shown = "".join(traceback.format_exception(caught.value))
    assert "S3CRETpw" not in shown.replace("password='S3CRETpw')\")", "")  # the line of code above
    assert "\x1b" not in shown


def test_nothing_is_left_after_close(tmp_path: Path) -> None:
    """No file; and once the idle workers end, no worker and no descriptor."""
    end_idle_workers()
    before = set(os.listdir("/proc/self/fd")) if sys.platform == "linux" else set()
    executor = ProcessExecutor(2, temp_folder=str(tmp_path))
    big = np.ones(LARGE)
    executor.start(lambda payload: (os.getpid(), float(big.sum())))
    pid, total = value_of(executor)
    assert total == LARGE
    assert len(list(tmp_path.iterdir())) == 1
    executor.close()
    assert list(tmp_path.iterdir()) == []
    end_idle_workers()
    assert not is_alive(pid)
    del executor
    after = set(os.listdir("/proc/self/fd")) if sys.platform == "linux" else set()
    # The two resource trackers, joblib's and Python's, stay for the life of this process.
    assert len(after - before) <= 2


# ---------------------------------------------------------------------- dispatch
def test_a_part_prefers_its_worker(executors: list[Executor]) -> None:
    """Fold f goes to worker f modulo W while that is free, to another while not."""
    executors.append(executor := ProcessExecutor(2))
    executor.start(lambda payload: time.sleep(payload) or os.getpid())
    pids = [value_of(executor, 0, part) for part in range(6)]
    assert pids == [pids[0], pids[1]] * 3
    assert pids[0] != pids[1]
    executor.submit(Task(0, 0, 0.3))
    executor.submit(Task(0, 2, 0.3))
    done: list[Any] = []
    while len(done) < 2:
        done += executor.wait(timeout=60)
    assert {f.value for f in done} == set(pids)
    executor.submit(Task(0, 0, 0.3))
    executor.submit(Task(0, 1, 0.3))
    with pytest.raises(RuntimeError, match="2 tasks running"):
        executor.submit(Task(0, 2, 0.3))


def test_wait_keeps_to_its_timeout(executors: list[Executor]) -> None:
    """With nothing finished, wait returns an empty list when its time is over."""
    executors.append(executor := ProcessExecutor(1))
    executor.start(time.sleep)
    executor.submit(Task(0, 0, 30))
    assert executor.wait(timeout=0.05) == []
    assert executor.wait(timeout=0) == []


def test_payloads_larger_than_a_pipe_arrive(executors: list[Executor]) -> None:
    """A large payload neither blocks the one who submits it nor gets lost."""
    executors.append(executor := ProcessExecutor(1))
    executor.start(len)
    assert value_of(executor, b"x" * 3_000_000) == 3_000_000
    assert value_of(executor, b"x" * 3_000_000) == 3_000_000


def test_workers_share_the_cores(executors: list[Executor], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each worker has its share of threads; a variable of the user or an explicit number comes first."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)

    def threads() -> tuple[str | None, str | None]:
        return os.environ.get("OMP_NUM_THREADS"), os.environ.get("OPENBLAS_NUM_THREADS")

    executors.append(executor := ProcessExecutor(100))
    from hpsklearn_search._threads import worker_environment

    assert worker_environment(100)["OMP_NUM_THREADS"] == "1"
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert "OMP_NUM_THREADS" not in worker_environment(100)
    executors.append(executor := ProcessExecutor(1, n_threads=5))
    executor.start(perform)
    assert value_of(executor, threads) == ("5", "5")


def test_nested_parallelism_makes_threads_not_processes(executors: list[Executor]) -> None:
    """joblib inside a worker behaves as inside joblib's own workers, and -1 means the worker's share."""

    def nested() -> tuple[str, int, set[int]]:
        from joblib import Parallel, delayed, effective_n_jobs
        from joblib.parallel import get_active_backend

        pids = set(Parallel(n_jobs=2)(delayed(os.getpid)() for _ in range(4)))
        return type(get_active_backend()[0]).__name__, effective_n_jobs(-1), pids - {os.getpid()}

    executors.append(executor := ProcessExecutor(2, n_threads=1))
    executor.start(perform)
    assert value_of(executor, nested) == ("ThreadingBackend", 1, set())


def test_a_warning_is_printed_once(executors: list[Executor], capfd: pytest.CaptureFixture[str]) -> None:
    """Not once for each task and worker."""

    def warn() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            warnings.warn("did not converge", UserWarning, stacklevel=1)

    executors.append(executor := ProcessExecutor(2))
    executor.start(perform)
    for part in range(6):
        value_of(executor, warn, part)
    executor.close()
    assert capfd.readouterr().err.count("UserWarning: did not converge") == 1


def test_what_a_task_prints_is_seen(executors: list[Executor], capfd: pytest.CaptureFixture[str]) -> None:
    """Output of a worker comes out where this process prints, even if the worker is killed afterwards."""
    executors.append(executor := ProcessExecutor(1))
    executor.start(perform)
    value_of(executor, lambda: print("fold 3 done"))
    executor.submit(Task(0, 0, lambda: time.sleep(1000)))
    executor.close()
    assert "fold 3 done" in capfd.readouterr().out


# ---------------------------------------------------------------------- neighbours
def test_joblib_works_before_during_and_after(executors: list[Executor]) -> None:
    """A parallel GridSearchCV in the same process does not notice us."""
    from sklearn.datasets import load_iris
    from sklearn.model_selection import GridSearchCV
    from sklearn.tree import DecisionTreeClassifier

    X, y = load_iris(return_X_y=True)

    def grid() -> float:
        search = GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2]}, n_jobs=2, cv=3)
        return float(search.fit(X, y).best_score_)

    before = grid()
    executors.append(executor := ProcessExecutor(2))
    executor.start(perform)
    assert value_of(executor, lambda: 1) == 1
    assert grid() == before
    assert value_of(executor, lambda: 2) == 2
    executor.close()
    assert grid() == before


SCRIPT = """
import os, sys
import numpy as np
from hpsklearn_search.executors import ProcessExecutor, Task

class Model:
    def __init__(self, power):
        self.power = power
    def __call__(self, payload):
        return Model(self.power + payload), (lambda: payload)()

executor = ProcessExecutor(2)
executor.start(Model(1))
executor.submit(Task(0, 0, 2))
(finished,) = executor.wait(60)
print(type(finished.value[0]) is Model, finished.value[0].power, finished.value[1])
{end}
"""


def run_python(*arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the interpreter with a deadline."""
    return subprocess.run([sys.executable, *arguments], input=stdin, capture_output=True, text=True, timeout=90)


@pytest.mark.parametrize("way", ["script", *(pytest.param(way, marks=pytest.mark.slow) for way in ("-c", "stdin"))])
def test_classes_of_the_main_program_work_without_a_guard(way: str, tmp_path: Path) -> None:
    """From a script without `if __name__ == "__main__"`, from -c and from stdin; unclosed, it ends all the same."""
    source = SCRIPT.format(end="")
    if way == "script":
        (tmp_path / "script.py").write_text(source)
        done = run_python(str(tmp_path / "script.py"))
    elif way == "-c":
        done = run_python("-c", source)
    else:
        done = run_python("-", stdin=source)
    assert (done.stdout.strip(), done.stderr, done.returncode) == ("True 3 2", "", 0)


MORTAL = """
import os, sys, time
import numpy as np
from hpsklearn_search.executors import ProcessExecutor, Task
{setup}
big = np.ones(1_000_000)
executor = ProcessExecutor(2, temp_folder=sys.argv[1])
executor.start(lambda payload: (payload(), big)[0])
pids = []
for part in range(2):
    executor.submit(Task(0, part, os.getpid))
    (finished,) = executor.wait(60)
    pids.append(finished.value)

def busy():
    {busy}

executor.submit(Task(1, 0, busy))
time.sleep(0.3)
print(*pids, flush=True)
{end}
"""

BUSY = "import ctypes; ctypes.PyDLL(None).pause()"  # holds the interpreter lock
ENDS = {
    "returns": "",
    "raises": "raise ValueError('the script failed')",
    "exits": "sys.exit(3)",
    "killed": "time.sleep(1000)",
}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a fit that holds the interpreter lock outlives us")
@pytest.mark.parametrize(
    "end", ["killed", "returns", *(pytest.param(e, marks=pytest.mark.slow) for e in ("raises", "exits"))]
)
def test_workers_and_files_go_with_their_owner(end: str, tmp_path: Path) -> None:
    """However the program ends, kill -9 included, no worker, not even one that holds its lock, and no file stays."""
    source = MORTAL.format(setup="", busy=BUSY, end=ENDS[end])
    with subprocess.Popen(
        [sys.executable, "-c", source, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as program:
        assert program.stdout is not None
        pids = [int(pid) for pid in program.stdout.readline().split()]
        assert len(pids) == 2
        if end == "killed":
            assert all(is_alive(pid) for pid in pids)
            assert len(list(tmp_path.iterdir())) == 1
            program.kill()
        program.wait(timeout=60)
    assert wait_until(lambda: not any(is_alive(pid) for pid in pids))
    assert wait_until(lambda: list(tmp_path.iterdir()) == [])


SLOW_IMPORT = """
import os, sys, time
class Slow:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "hpsklearn_search":
            with open(os.environ["STARTED"], "a") as file:
                file.write(f"{os.getpid()} ")
            time.sleep(600)
if any("popen_loky" in argument for argument in sys.orig_argv):
    sys.meta_path.insert(0, Slow)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a worker asks for its owner once, before the import")
def test_a_worker_that_still_imports_goes_with_its_owner(tmp_path: Path) -> None:
    """The import of the library takes seconds on a loaded machine; a worker does not outlive its owner in it."""
    (tmp_path / "sitecustomize.py").write_text(SLOW_IMPORT)
    (tmp_path / "files").mkdir()
    started = tmp_path / "started"
    environment = {**os.environ, "STARTED": str(started), "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    source = (
        "import sys, time\n"
        "from hpsklearn_search.executors import ProcessExecutor\n"
        "executor = ProcessExecutor(2, temp_folder=sys.argv[1])\n"
        "executor.start(len)\n"
        "time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", source, str(tmp_path / "files")], env=environment) as owner:
        try:
            assert wait_until(lambda: started.exists() and len(started.read_text().split()) == 2)
            pids = [int(pid) for pid in started.read_text().split()]
            assert all(is_alive(pid) for pid in pids)
        finally:
            owner.kill()
    assert wait_until(lambda: not any(is_alive(pid) for pid in pids))


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_reaches_the_owner_alone() -> None:
    """An interrupt of the whole group leaves the workers, and even those that are starting, unharmed and silent."""
    source = SCRIPT.format(end="").replace(
        "executor.start(Model(1))",
        "executor.start(Model(1))\n"
        "import signal\n"
        "signal.signal(signal.SIGINT, lambda *_: None)\n"
        "os.killpg(0, signal.SIGINT)",
    )
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, timeout=90, start_new_session=True
    )
    assert (done.stdout.strip(), done.stderr, done.returncode) == ("True 3 2", "", 0)


def test_the_lifeline_ends_a_worker_where_the_kernel_does_not(
    executors: list[Executor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On systems without a parent-death signal, a busy worker notices that a pipe of its owner has closed."""
    monkeypatch.setattr(_child, "NEEDS_LIFELINE", True)
    executors.append(executor := ProcessExecutor(1, max_retries=0))
    executor.start(lambda payload: time.sleep(payload) or os.getpid())
    pid = value_of(executor, 0)
    executor.submit(Task(0, 0, 1000))
    time.sleep(0.2)
    worker: Any = executor._slots[0].worker
    worker.child._lifeline.close()
    assert wait_until(lambda: not is_alive(pid))
