"""hyperopt's module of that name: what is printed while a bar of tqdm stands goes above the bar."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

from tqdm import tqdm

__all__ = ["DummyTqdmFile", "std_out_err_redirect_tqdm", "tqdm_bar"]

tqdm_bar: Any = tqdm


class DummyTqdmFile:
    """A stream that writes above the bar.

    Parameters
    ----------
    file : object
        The stream to write to.
    """

    def __init__(self, file: Any) -> None:
        self.file = file

    def write(self, x: str) -> None:
        """Write a line; the line break that `print` writes by itself is left out, since tqdm adds one."""
        if x.rstrip():
            tqdm.write(x, file=self.file)

    def flush(self) -> Any:
        """Flush the stream, if it can."""
        return getattr(self.file, "flush", lambda: None)()

    def close(self) -> Any:
        """Close the stream, if it can."""
        return getattr(self.file, "close", lambda: None)()

    def isatty(self) -> Any:
        """Whether the stream is a terminal."""
        return getattr(self.file, "isatty", lambda: False)()


@contextlib.contextmanager
def std_out_err_redirect_tqdm() -> Iterator[Any]:
    """Redirect stdout and stderr above the bar; gives the original stdout."""
    streams = sys.stdout, sys.stderr
    try:
        sys.stdout, sys.stderr = map(DummyTqdmFile, streams)
        yield streams[0]
    finally:
        sys.stdout, sys.stderr = streams
