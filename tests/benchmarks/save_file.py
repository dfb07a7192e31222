"""What a recorded trial costs, with a save file that holds 0, 1,000 and 5,000 trials, and how the file grows.

    PYTHONPATH=. python tests/benchmarks/save_file.py

One process, one thread; a trial has 5 folds and 4 labels. The reference is appending the same
bytes to a plain file with fsync, and pickling the whole history anew, which is quadratic.
"""

from __future__ import annotations

import os
import pickle
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

from hpsklearn_search.trials import Outcome, SaveFile, Trial

BATCH = 200


def trial(number: int) -> Trial:
    """A finished trial as a search makes them."""
    fold = {
        "fit_error": None, "test_scores": 0.9123456789 + number * 1e-9, "n_test_samples": 100,
        "fit_time": 0.0123456, "score_time": 0.00123,
    }  # fmt: skip
    return Trial(number, dict.fromkeys("abcd", number / 7), Outcome("ok", -0.9, 1e-5, {}, (fold,) * 5), 1.0, 2.0)


def milliseconds(do: Callable[[Trial], Any], start: int) -> tuple[float, float]:
    """Mean and largest time of `do` over a batch of trials numbered from `start`."""
    times = []
    for number in range(start, start + BATCH):
        one = trial(number)
        begin = time.perf_counter()
        do(one)
        times.append((time.perf_counter() - begin) * 1e3)
    return fmean(times), max(times)


def append(stream: Any, one: Trial) -> None:
    """The plain reference."""
    stream.write(repr(one).encode())
    os.fsync(stream.fileno())


def main() -> None:
    """Print one line per size."""
    folder = Path(tempfile.mkdtemp())
    history: list[Trial] = []
    print("trials before   record ms (mean, max)   append+fsync ms   re-pickling all ms   file kB   bytes/trial")
    with SaveFile(folder / "s.db", {"algo": "tpe"}) as file, open(folder / "plain", "wb", buffering=0) as plain:
        for size in (0, 1_000, 5_000):
            for number in range(len(history), size):
                history.append(trial(number))
                file.finish(history[-1])
            mean, worst = milliseconds(file.finish, size)
            appended, _ = milliseconds(lambda one: append(plain, one), size)
            history.extend(trial(number) for number in range(len(history), size + BATCH))
            begin = time.perf_counter()
            (folder / "pickle").write_bytes(pickle.dumps(history))
            whole = (time.perf_counter() - begin) * 1e3
            assert file._db is not None
            file._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            kb = (folder / "s.db").stat().st_size / 1024
            print(
                f"{size:13d}   {mean:9.3f} {worst:9.3f}   {appended:15.3f}   {whole:18.2f}   {kb:7.0f}"
                f"   {kb * 1024 / len(history):11.0f}"
            )
    begin = time.perf_counter()
    with SaveFile(folder / "s.db", {"algo": "tpe"}) as file:
        n = len(file.load())
    print(f"opening, checking and loading {n} trials: {(time.perf_counter() - begin) * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
