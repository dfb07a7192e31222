"""Wires a save file to the loop: what an earlier run finished comes first, what finishes now is written.

Resume is replay: with the outcomes restored, the loop asks for the next suggestion as it would have
in the run that ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..exceptions import InvalidTrial, SaveFileError
from ..space import Space
from ..trials import Record, SaveFile, Trial, Trials
from ._loop import Plan
from ._protocol import Callback, Objective

__all__ = ["Journal", "journal"]


class Journal(Callback):
    """Writes each finished trial to a save file; comes before all other callbacks.

    Parameters
    ----------
    file : SaveFile
        Open, and closed by its owner.
    objective : Objective
        Knows which trials end the search with an error; they are not written, and run again.
    """

    def __init__(self, file: SaveFile, objective: Objective) -> None:
        self.file = file
        self.objective = objective

    def restore(self, record: Record, space: Space) -> None:
        """Bring `record` and the file to the same state; where both hold trials, they must be the same.

        Raises
        ------
        SaveFileError
            If the record holds other trials than the file, or the file's do not fit the space.
        """
        stored = self.file.load()
        for trial in stored:
            self._enter(trial, record, space)
        for trial in list(record):
            if trial.number >= len(stored) or not stored[trial.number].is_finished:
                self._write(trial)

    def _enter(self, trial: Trial, record: Record, space: Space) -> None:
        try:
            point = space.check(trial.point, within=False)  # a user may have placed a trial outside
        except InvalidTrial as error:
            raise SaveFileError(f"trials_save_file={self.file.path!r}, trial {trial.number}: {error}") from error
        if trial.number == len(record):
            record.add(point, started=trial.started)
        elif record[trial.number].point != point:
            raise SaveFileError(
                f"trials_save_file={self.file.path!r} holds other trials than those that the search starts from; "
                "name another file, or start from an empty record"
            )
        if trial.outcome is not None and not record[trial.number].is_finished:
            record.finish(trial.number, trial.outcome, trial.finished)
            # The loop's objective may learn from it, too: racing compares with what was finished.
            getattr(self.objective, "remember", _nothing)(record[trial.number])

    def _write(self, trial: Trial) -> None:
        if not trial.is_finished or self._ends_the_search(trial):
            self.file.begin(trial)
        else:
            self.file.finish(trial)

    def _ends_the_search(self, trial: Trial) -> bool:
        try:
            self.objective.check(trial)
        except BaseException:
            return True
        return False

    def on_trial_begin(self, trials: Trials, trial: Trial) -> None:
        """Note the suggestion."""
        self.file.begin(trial)

    def on_trial_end(self, trials: Trials, trial: Trial) -> bool | None:
        """Write the outcome before anybody else is told."""
        if not self._ends_the_search(trial):
            self.file.finish(trial)
        return None


def _nothing(trial: Trial) -> None:
    pass


@contextmanager
def journal(
    path: Any, fingerprint: Callable[[], Mapping[str, Any]], record: Record, objective: Objective, plan: Plan
) -> Iterator[list[Journal]]:
    """The journal of a search, as a list of callbacks: empty where `path` names no file.

    Parameters
    ----------
    path : path-like or None
        The save file; none for None and "".
    fingerprint : callable
        What the file must agree with; asked only where there is a file, since hashing data takes time.
    record : Record
        Brought to the state of the file.
    objective : Objective
        That of the search.
    plan : Plan
        That of the search.

    Raises
    ------
    SaveFileError
        If the file cannot be used.
    """
    if path is None or path == "":
        yield []
        return
    with SaveFile(path, fingerprint()) as file:
        keeper = Journal(file, objective)
        keeper.restore(record, plan.space)
        yield [keeper]
