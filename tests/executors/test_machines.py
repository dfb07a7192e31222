"""Machines of other kinds, in a mount namespace of their own: small shared memory, none, full disks, another user."""

from __future__ import annotations

import functools
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import hpsklearn_search

pytestmark = [pytest.mark.timeout(300)]

SMALL_MEMORY = "mount -t tmpfs -o size={size} tmpfs /dev/shm"
NO_MEMORY = """
mount -t tmpfs tmpfs {folder}
for device in null:3 zero:5 random:8 urandom:9; do mknod -m 666 {folder}/${{device%:*}} c 1 ${{device#*:}}; done
mount --bind {folder} /dev
"""
READ_ONLY = "mount -t tmpfs -o ro tmpfs /tmp"
ONLY_MEMORY = f"{READ_ONLY}\nmount -t tmpfs -o ro tmpfs /var/tmp\nmount -o remount,ro,bind /mnt"
# The interpreter may lie in the home of root, which others cannot enter.
OPEN_HOME = f"""
mount -t tmpfs -o mode=1777 tmpfs /var/tmp && mkdir /var/tmp/python
mount --bind {sys.base_prefix} /var/tmp/python
mount -t tmpfs -o mode=755 tmpfs /root && mkdir -p {sys.base_prefix}
mount --bind /var/tmp/python {sys.base_prefix}
"""
AS_NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups env -u HOME"

SHIP = """
import os, sys
import numpy as np, pandas as pd
from hpsklearn_search.executors._shipping import SharedFunction, load_function
texts = [f"{{number:900}}" for number in range(100_000)]
data = {data}
try:
    shared = SharedFunction(lambda payload: len(data), {temp_folder!r})
    print(os.path.dirname(shared.folder), load_function(shared.path)(None))
    shared.remove()
except OSError as error:
    print(error)
"""
DATA = {
    "texts": "texts",
    "frame": 'pd.DataFrame({"t": pd.Series(texts, dtype=object)})',
    "array": "np.ones((100_000, 100))",
}

SEARCH = """
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier
from hpsklearn_search import HyperoptSearchCV
tree = DecisionTreeClassifier(random_state=0)
search = HyperoptSearchCV(tree, {"max_depth": [1, 2, 3]}, max_evals=3, cv=3, n_jobs=2)
print(search.fit(*load_iris(return_X_y=True)).best_params_)
"""


@functools.cache
def why_not() -> str:
    """Why no mount can be made here; empty if one can."""
    if sys.platform != "linux":
        return "only Linux has them"
    try:
        done = subprocess.run(
            ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, text=True, timeout=60
        )
    except OSError as error:
        return str(error)
    return done.stderr


def run(source: str, mounts: str, temporary: Path | str, user: str = "") -> str:
    """What a program prints where `mounts` have been made for it alone; the test is skipped where none can be."""
    if why_not():
        pytest.skip(f"a private mount namespace cannot be made here: {why_not()}")
    package = Path(hpsklearn_search.__file__).parents[1]
    # The interpreter may lie in the checkout, and the checkout in a folder that is hidden by a mount.
    executable = sys.executable.replace(str(package), "/mnt", 1)
    python = f"{user} {shlex.quote(executable)} -W ignore -c {shlex.quote(source)}"
    command = f"set -e\nmount --bind {package} /mnt && cd /mnt\n{mounts}\n{python}"
    done = subprocess.run(
        ["unshare", "-m", "bash", "-c", command],
        env={**os.environ, "PYTHONPATH": "/mnt", "TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("kind", DATA)
def test_data_larger_than_the_shared_memory_goes_to_the_next_place(kind: str, tmp_path: Path) -> None:
    """With the 64 MB of a container: texts and objects, which are pickled, as well as arrays."""
    source = SHIP.format(data=DATA[kind], temp_folder=None)
    assert run(source, SMALL_MEMORY.format(size="64m"), tmp_path) == f"{tmp_path} 100000"
    assert list(tmp_path.iterdir()) == []


def test_a_function_that_just_fits_goes_to_the_next_place(tmp_path: Path) -> None:
    """The workers could not write their own small files beside it."""
    source = SHIP.format(data="texts[:800]", temp_folder=None)
    assert run(source, SMALL_MEMORY.format(size="800k"), tmp_path) == f"{tmp_path} 800"


@pytest.mark.slow
@pytest.mark.parametrize("size", ["16k", "24k", "32k", "64k"])
def test_a_search_needs_no_shared_memory_of_a_certain_size(size: str, tmp_path: Path) -> None:
    """Whether the function fits, or the files of the workers, or neither."""
    assert "max_depth" in run(SEARCH, SMALL_MEMORY.format(size=size), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("setting", ["JOBLIB_TEMP_FOLDER", "temp_folder of joblib.parallel_config"])
def test_where_no_place_has_room_the_error_names_what_can_be_set(setting: str, tmp_path: Path) -> None:
    """It is the environment variable, but joblib's configuration where that has named the folder."""
    temp_folder = str(tmp_path) if "temp_folder" in setting else None
    mounts = f"{SMALL_MEMORY.format(size='8m')}\nmount -t tmpfs -o size=10m tmpfs {tmp_path}"
    printed = run(SHIP.format(data=DATA["array"], temp_folder=temp_folder), mounts, tmp_path)
    assert f"{tmp_path}/hpsklearn_search-" in printed
    assert "no room for an array of 80 MB" in printed
    assert f"{setting} to a folder on a larger disk" in printed


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["no /dev/shm", "read-only /tmp", "read-only disk", "not root"])
def test_a_search_works_on_a_machine_of_another_kind(kind: str, tmp_path: Path) -> None:
    """Without shared memory it runs in this process, as joblib does, with joblib's warning."""
    mounts = {
        "no /dev/shm": NO_MEMORY.format(folder=tmp_path),
        "read-only /tmp": READ_ONLY,
        "read-only disk": ONLY_MEMORY,
        "not root": OPEN_HOME,
    }
    if kind == "not root":
        printed = run(SEARCH, mounts[kind], "/var/tmp", AS_NOBODY)
    else:
        printed = run(SEARCH, mounts[kind], "/tmp")
    assert "max_depth" in printed
