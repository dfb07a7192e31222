"""Ends a query that takes longer than its file allows, and lets signals be handled meanwhile.

The pages of a file are a tree. If a file from elsewhere names one page many times, a few pages have more rows than
anybody can read. A query may therefore take as many steps of SQLite's machine as the file allows, and no more.

>>> import sqlite3
>>> db, guard = sqlite3.connect(":memory:"), Guard()
>>> db.set_progress_handler(guard.look, STEPS)
>>> guard.allow(5 * STEPS)
>>> db.execute("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c").fetchall()
Traceback (most recent call last):
sqlite3.OperationalError: interrupted
>>> guard.is_exhausted
True
"""

from __future__ import annotations

import math
from collections.abc import Generator

STEPS = 10_000  # of SQLite's machine, between two calls of `look`: less than a millisecond


class Guard:
    """The progress handler of a connection: SQLite calls `look` every `STEPS` steps, and ends the query at a 1."""

    def __init__(self) -> None:
        self.error: BaseException | None = None  # what a handler of the user's, or Ctrl-C, has raised
        self._left = math.inf
        self.look = self._looks().__next__

    def allow(self, steps: float) -> None:
        """Let the queries from now on take so many steps, all together."""
        self._left = steps

    @property
    def is_exhausted(self) -> bool:
        """Whether a query was ended because it took too long."""
        return self._left < 0

    def text(self, error: Exception) -> str:
        """What a message says of an error of SQLite, or of the content."""
        return "its pages name each other without end" if self.is_exhausted else str(error)

    def _looks(self) -> Generator[int, None, None]:
        # sqlite3 drops the exceptions of a function that it calls. Python handles signals where a function
        # begins, outside of any `try` of its own; a generator goes on inside of one.
        is_over = 0
        while True:
            try:
                yield is_over
                self._left -= STEPS
                is_over = int(self.is_exhausted)
            except GeneratorExit:
                return
            except BaseException as error:
                self.error = error
                is_over = 1  # SQLite ends the query
