"""The documents that readers have in hand: what they change in place is found, and taken up by `Trials.refresh`.

hyperopt's trials are their documents, and scripts finish a trial by writing into one. Here a document shows a
frozen trial; so each one that was given away is kept beside a copy of what it said.

>>> from ._trial import Trial
>>> out = HandedOut()
>>> doc = out.document(Trial(0, {"x": 1.0}), lambda trial: {"tid": trial.number, "vals": dict(trial.point)})
>>> doc["vals"]["x"] = 2.0
>>> [(entry.trial.number, entry.doc) for entry in out.changed()]
[(0, {'tid': 0, 'vals': {'x': 2.0}})]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..exceptions import InvalidTrial
from ._trial import Trial

Document = dict[str, Any]


class Entry:
    """A document in a reader's hand."""

    __slots__ = ("doc", "labels", "said", "trial")

    def __init__(self, trial: Trial, doc: Document) -> None:
        self.trial = trial  # what the document shows
        self.doc = doc
        self.said = copied(doc)
        self.labels: Sequence[str] | None = None  # those that it was last made for

    @property
    def is_changed(self) -> bool:
        """Whether the reader has written into the document."""
        try:
            return bool(self.doc != self.said)
        except Exception:  # an array in place of another one: Python cannot say whether they are equal
            return True

    def show(self, trial: Trial, doc: Document) -> None:
        """Let the same document show another state of its trial."""
        if self.is_changed:
            raise InvalidTrial(
                f"the document of trial {self.trial.tid!r} was changed in place, and the search has moved on from "
                "what it showed; call trials.refresh() after a change, and change no trial that is running in fmin"
            )
        self.doc.clear()
        self.doc.update(doc)
        self.trial, self.said = trial, copied(doc)


class HandedOut:
    """All documents in readers' hands, by the number of the trial."""

    def __init__(self) -> None:
        self._entries: dict[int, Entry] = {}
        self._waiting: dict[int, Entry] = {}  # inserted, and not in the record before a refresh; by id of the trial

    def __reduce__(self) -> Any:
        return HandedOut, ()  # nobody has a document of a copy in hand

    def document(self, trial: Trial, make: Callable[[Trial], Document], labels: Sequence[str] = ()) -> Document:
        """The document of a trial: the same object whenever it is asked for, up to date."""
        entry = self._waiting.get(id(trial)) or self._entries.get(trial.number)
        if entry is None:
            entry = self._entries[trial.number] = Entry(trial, make(trial))
        elif entry.trial is not trial or entry.labels not in (None, labels):
            entry.show(trial, make(trial))
        entry.labels = labels
        return entry.doc

    def keep(self, trial: Trial, doc: Any) -> None:
        """Remember a document that was inserted, for a trial that waits for a refresh."""
        if isinstance(doc, dict):
            self._waiting[id(trial)] = Entry(trial, doc)

    def enter(self, waiting: Trial, trial: Trial) -> None:
        """A trial that waited is part of the record now."""
        entry = self._waiting.pop(id(waiting), None)
        if entry is not None:
            entry.trial = trial
            self._entries[trial.number] = entry

    def changed(self) -> list[Entry]:
        """The documents that were changed in place."""
        return [entry for entry in (*self._entries.values(), *self._waiting.values()) if entry.is_changed]

    def taken_up(self, entry: Entry, trial: Trial) -> None:
        """The trial is what its changed document says."""
        if self._waiting.pop(id(entry.trial), None) is not None:
            self._waiting[id(trial)] = entry
        entry.trial, entry.said = trial, copied(entry.doc)


def copied(value: Any) -> Any:
    """A copy of dicts and lists at any depth, with the same values in them."""
    if type(value) is dict:
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if type(value) is list else value
