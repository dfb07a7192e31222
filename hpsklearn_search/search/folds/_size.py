"""The pickled size of a fitted model, found without keeping its bytes.

>>> pickled_size(b"x" * 1000) > 1000
True
"""

from __future__ import annotations

import pickle
from typing import Any

from ...exceptions import add_note

PROTOCOL = 5  # a fixed one, so that sizes do not depend on the version of Python


class _Counter:
    """A file that only counts."""

    n_bytes = 0

    def write(self, data: Any) -> int:
        self.n_bytes += memoryview(data).nbytes
        return memoryview(data).nbytes


def pickled_size(model: Any) -> int:
    """How many bytes the pickle of `model` has; what pickle raises, with a note, if it has none."""
    counter = _Counter()
    try:
        pickle.Pickler(counter, PROTOCOL).dump(model)
    except Exception as error:
        add_note(error, "limits={'n_bytes': ...} measures the pickle of each model, and this one cannot be pickled")
        raise
    return counter.n_bytes
