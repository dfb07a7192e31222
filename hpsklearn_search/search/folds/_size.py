"""The pickled size of a fitted model, found without keeping its bytes.

>>> pickled_size(b"x" * 1000) > 1000
True
"""

from __future__ import annotations

import pickle
from types import FunctionType
from typing import Any

import numpy as np

from ...exceptions import add_note

PROTOCOL = 5  # a fixed one, so that sizes do not depend on the version of Python
NAMED = (type, FunctionType)  # What pickle writes as a name.


class _Counter:
    """A file that only counts."""

    n_bytes = 0

    def write(self, data: Any) -> int:
        self.n_bytes += memoryview(data).nbytes
        return memoryview(data).nbytes


class _PicklerByValue(pickle.Pickler):
    """A pickler whose output depends on no identity: equal strings, and equal dtypes, are written once."""

    # In a worker, which has read the estimator and the data from bytes, what is one object here is often two.

    def __init__(self, file: _Counter) -> None:
        super().__init__(file, PROTOCOL)
        self._first: dict[Any, Any] = {}
        self.n_marks = 0  # bytes that no other pickler writes: the operation after each answer of persistent_id

    def persistent_id(self, obj: Any) -> Any:
        """What stands for the object, the same for all that are equal; None for an object that is written as usual."""
        if type(obj) is str or isinstance(obj, np.dtype):
            name = obj
        elif isinstance(obj, NAMED) and _is_in_main(obj):
            name = f"{obj.__module__}.{obj.__qualname__}"
        else:
            return None
        self.n_marks += 1
        return self._first.setdefault(name, name)


def _is_in_main(obj: Any) -> bool:
    """Whether a class or function has a name in the user's program or notebook, where a worker does not find it."""
    return obj.__module__ == "__main__" and "<" not in obj.__qualname__


def pickled_size(model: Any) -> int:
    """How many bytes the pickle of `model` has; what pickle raises, with a note, if it has none."""
    counter = _Counter()
    pickler = _PicklerByValue(counter)
    try:
        pickler.dump(model)
    except Exception as error:
        add_note(error, "limits={'n_bytes': ...} measures the pickle of each model, and this one cannot be pickled")
        raise
    return counter.n_bytes - pickler.n_marks
