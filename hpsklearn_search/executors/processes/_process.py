"""A worker as the executor of one search sees it: send it tasks, receive messages, kill it or give it back."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import suppress

from .._shipping import SharedFunction
from ._child import Child
from ._idle import take
from ._worker import END_OF_SEARCH, TaskProgress, WorkerConfig

FILES = ("progress", "log", "crash")

QUOTED = 4000  # How many characters of a dead worker's output are quoted.

FITS_A_PIPE = 16_000  # Bytes that the operating system takes from us even if nobody reads them yet.


class WorkerProcess:
    """One worker: an idle process of an earlier search or a new one, which loads the function and then runs tasks."""

    # The constructor returns at once.

    def __init__(self, shared: SharedFunction, environment: Mapping[str, str], number: int) -> None:
        self._files = {name: os.path.join(shared.folder, f"{name}-{number}") for name in FILES}
        with shared.no_room_for("the files of a worker"):
            TaskProgress.create(self._files["progress"])
        self._progress = TaskProgress(self._files["progress"])
        self.is_ready = False  # whether it has loaded the function
        self.sent_at = time.monotonic()
        self._n_sent = 0
        self._unsent: bytes | None = None
        idle = take(environment)
        self.is_reused = idle is not None
        self.child = Child(environment) if idle is None else idle
        with suppress(OSError):  # it is dead, which its sentinel will show
            self.child.pipe.send(WorkerConfig(shared.path, **self._files))

    # ------------------------------------------------------------------ tasks
    def send(self, message: bytes) -> None:
        """Send it a task; never blocks: a large message waits here until the worker is ready to read it."""
        self._n_sent += 1
        self.sent_at = time.monotonic()
        if self.is_ready or len(message) <= FITS_A_PIPE:
            self._write(message)
        else:
            self._unsent = message

    def become_ready(self) -> None:
        """Note that it has loaded the function, and send what had to wait for that."""
        self.is_ready = True
        if not self.is_reused:
            self.child.start_seconds = time.monotonic() - self.child.started_at
        if self._unsent is not None:
            message, self._unsent = self._unsent, None
            self._write(message)

    def _write(self, message: bytes) -> None:
        with suppress(OSError):  # the worker is dead, which its sentinel will show
            self.child.pipe.send_bytes(message)

    @property
    def has_received(self) -> bool:
        """Whether the task sent last has reached it."""
        # If the worker dies before this, the task is sent again without counting a retry.
        return self._n_sent > 0 and self._progress.n_received == self._n_sent

    @property
    def task_started_at(self) -> float | None:
        """When the task sent last was started, on the monotonic clock; None before that."""
        return self._progress.started_at if self.has_received else None

    # ------------------------------------------------------------------ end
    def end_search(self) -> None:
        """Tell it, when it has no task, to forget the function."""
        self._write(END_OF_SEARCH)

    def give_back(self) -> Child:
        """Its process, for another search."""
        self._progress.close()
        return self.child

    def kill(self) -> int | None:
        """Kill it with all its children, if it lives, and free all but its files; the exit code."""
        code = self.child.kill()
        self._progress.close()
        return code

    def stack(self) -> str:
        """Its Python stack at a fatal signal; empty if there was none."""
        return self._read("crash").partition("\nExtension modules:")[0].strip()[:QUOTED]

    def stderr_tail(self) -> str:
        """The end of what it wrote to stderr before it was ready, or its stack."""
        return self._read("log").strip()[-QUOTED:] or self.stack()

    def _read(self, kind: str) -> str:
        try:
            with open(self._files[kind], errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def remove_files(self) -> None:
        """Delete what it wrote."""
        for path in self._files.values():
            with suppress(OSError):
                os.remove(path)
