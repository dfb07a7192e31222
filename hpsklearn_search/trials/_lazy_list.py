"""A list that makes an item when the item is read: one document of a thousand costs one document.

>>> from ._trial import Trial
>>> made = []
>>> numbers = LazyList([Trial(7, {}), Trial(8, {}), Trial(9, {})], lambda trial: made.append(trial) or trial.number)
>>> len(numbers), numbers[-1], numbers[-1], len(made)
(3, 9, 9, 1)
>>> numbers + [10], isinstance(numbers, list)
([7, 8, 9, 10], True)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ._trial import Trial


class LazyList(list[Any]):
    """Holds trials, and what was made of those that were read; to its readers it is a list of the latter."""

    def __init__(self, trials: Iterable[Trial], make: Callable[[Trial], Any]) -> None:
        super().__init__(trials)
        self._make = make

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        item = super().__getitem__(index)
        if isinstance(item, Trial):
            item = self._make(item)
            super().__setitem__(index, item)
        return item

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __reversed__(self) -> Iterator[Any]:
        return (self[i] for i in reversed(range(len(self))))

    def __radd__(self, other: list[Any]) -> list[Any]:
        return other + list(self)

    def __reduce__(self) -> Any:
        return list, (list(self),)  # copies and pickles are plain lists


def _after_making_all(name: str) -> Callable[..., Any]:
    method = getattr(list, name)

    def call(self: LazyList, *args: Any, **kwargs: Any) -> Any:
        list.__setitem__(self, slice(None), list(self))
        return method(self, *(list(arg) if isinstance(arg, LazyList) else arg for arg in args), **kwargs)

    return call


# The methods of list that would show the trials. What reads a list in C (json, numpy, sorted, ...) iterates over a
# subclass of list.
for _name in (
    "__add__", "__contains__", "__eq__", "__ge__", "__gt__", "__le__", "__lt__", "__mul__", "__ne__", "__repr__",
    "__rmul__", "copy", "count", "index", "pop", "remove", "sort",
):  # fmt: skip
    setattr(LazyList, _name, _after_making_all(_name))


class DynamicTrials(LazyList):
    """All documents of some trials; what is appended is inserted, and other changes of the list are refused."""

    def __init__(
        self, trials: Iterable[Trial], make: Callable[[Trial], Any], insert: Callable[[list[Any]], Any]
    ) -> None:
        super().__init__(trials, make)
        self._insert = insert

    def append(self, doc: Any) -> None:
        """Insert a document; `Trials.refresh` makes it visible."""
        self.extend([doc])

    def extend(self, docs: Iterable[Any]) -> None:
        """Insert several documents."""
        docs = list(docs)
        self._insert(docs)
        super().extend(docs)

    def __iadd__(self, docs: Iterable[Any]) -> Any:  # type: ignore[misc]
        return list(self) + list(docs)  # the statement assigns the list, which takes the documents up


def _refused(name: str) -> Callable[..., Any]:
    def refuse(self: DynamicTrials, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(
            f"trials._dynamic_trials.{name}() would change no trial; assign a list: trials._dynamic_trials = [...]"
        )

    return refuse


for _name in ("__delitem__", "__setitem__", "clear", "insert", "pop", "remove", "reverse", "sort"):
    setattr(DynamicTrials, _name, _refused(_name))
