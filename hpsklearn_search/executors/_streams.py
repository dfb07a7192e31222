"""Output that must never cost a search: streams and log handlers may be closed, broken or full.

>>> import io
>>> closed = io.StringIO()
>>> closed.close()
>>> with ignore_stream_errors():
...     closed.write("one of ten candidates is done")
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any


def ignore_stream_errors() -> AbstractContextManager[None]:
    """Within, an error of a stream ends the block and is dropped; every other exception passes."""
    # OSError: a broken pipe, a full disk. ValueError: a closed stream, or one that cannot encode a character.
    return contextlib.suppress(OSError, ValueError)


def print_safely(*values: Any, **options: Any) -> None:
    """``print``, which does nothing if the stream has an error."""
    with ignore_stream_errors():
        print(*values, **options)


@contextlib.contextmanager
def flushable_streams() -> Iterator[None]:
    """Within, `sys.stdout` and `sys.stderr` can be flushed; one that is missing or broken is replaced."""
    broken = {name: stream for name in ("stdout", "stderr") if not _can_flush(stream := getattr(sys, name))}
    for name in broken:
        setattr(sys, name, io.StringIO())
    try:
        yield
    finally:
        for name, stream in broken.items():
            setattr(sys, name, stream)


def open_standard_descriptors() -> None:
    """Open the null device for each of the descriptors 0, 1 and 2 that is closed, as after ``2>&-``."""
    # Else the next pipe would become the stderr of the processes that this one starts.
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # it gets the lowest closed number


def _can_flush(stream: Any) -> bool:
    try:
        stream.flush()
    except (AttributeError, OSError, ValueError):
        return False
    return True


class _SafeLogger(logging.LoggerAdapter):  # type: ignore[type-arg]
    def log(self, level: int, msg: object, *args: Any, **kwargs: Any) -> None:
        # Handlers and filters belong to the user. Those of the standard library report their errors
        # themselves, but on stderr, which may be closed; others just raise.
        with contextlib.suppress(Exception):
            super().log(level, msg, *args, **{"stacklevel": 2, **kwargs})


def safe_logger(name: str) -> logging.LoggerAdapter[logging.Logger]:
    """The logger `name`, whose calls never raise."""
    return _SafeLogger(logging.getLogger(name), {})
