"""Sleep until one of several pipes or processes has something to say.

``multiprocessing.connection.wait`` tells the operating system about every pipe anew at each call,
which at 32 workers costs more than the tasks; here that is done once for each, where possible.
"""

from __future__ import annotations

import os
import selectors
from multiprocessing import connection
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class ReadySet(Generic[T]):
    """A set of things to wait for, each with a name that `ready` returns.

    >>> ours, theirs = connection.Pipe()
    >>> wakeups = ReadySet()
    >>> wakeups.add(ours, "mail"); theirs.send_bytes(b"hello")
    >>> wakeups.ready(timeout=1), ours.recv_bytes(), wakeups.ready(timeout=0)
    (['mail'], b'hello', [])
    >>> wakeups.close(); ours.close(); theirs.close()
    """

    def __init__(self) -> None:
        self._names: dict[Any, T] = {}
        self._selector = selectors.DefaultSelector() if os.name == "posix" else None

    def add(self, source: Any, name: T) -> None:
        """Wait for a connection, or a process's sentinel, too."""
        self._names[source] = name
        if self._selector is not None:
            self._selector.register(source, selectors.EVENT_READ, name)

    def remove(self, source: Any) -> None:
        """Wait for it no longer; before it is closed."""
        del self._names[source]
        if self._selector is not None:
            self._selector.unregister(source)

    def ready(self, timeout: float | None) -> list[T]:
        """Names of what is ready, each once; [] after `timeout` seconds, None being for ever."""
        if self._selector is None:
            found = [self._names[source] for source in connection.wait(list(self._names), timeout)]
        else:
            found = [key.data for key, _ in self._selector.select(timeout)]
        return list(dict.fromkeys(found))

    def close(self) -> None:
        """Forget everything."""
        self._names.clear()
        if self._selector is not None:
            self._selector.close()
