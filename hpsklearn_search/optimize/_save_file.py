"""Connects a save file to the loop: finished trials are restored from it, and new ones are written to it.

With the outcomes restored, the loop asks for the next suggestion as the interrupted run would have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from .._texts import hide_secrets, printable, public_repr
from ..exceptions import InvalidTrial, SaveFileError
from ..space import Point, Space
from ..trials import NotComparable, Record, SaveFile, Trial, Trials, save_path
from ._callbacks import Callback
from ._loop import Plan
from ._protocol import Objective

LONGEST_REASON = 500  # characters: a file from elsewhere may hold a long text


class SaveFileCallback(Callback):
    """Writes each finished trial to a save file; comes before all other callbacks."""

    # A trial whose error ends the search is not written as finished, so that it runs again.
    def __init__(self, file: SaveFile, objective: Objective, users_points: Sequence[Point] = ()) -> None:
        self.file = file
        self.objective = objective
        self.users_points = users_points

    def restore(self, record: Record, space: Space) -> None:
        """Bring `record` and the file to the same state; SaveFileError if they hold different trials."""
        stored = self.file.load()
        for trial in stored:
            try:
                self._restore_trial(trial, record, space)
            except (ValueError, RecursionError) as error:  # anybody may have written the file
                text = printable(str(error))[:LONGEST_REASON]
                raise SaveFileError(
                    f"trials_save_file={public_repr(self.file.path)}, trial {trial.number}: {text}"
                ) from error
        for trial in list(record):
            if trial.number >= len(stored) or not stored[trial.number].is_finished:
                self._write(trial)

    def _restore_trial(self, trial: Trial, record: Record, space: Space) -> None:
        point = self._checked_point(trial, record, space)
        outcome = None if trial.outcome is None else self.objective.stored_outcome(trial)
        if trial.number == len(record):
            record.add(point, started=trial.started)
        elif record[trial.number].point != point:
            raise SaveFileError(
                f"trials_save_file={public_repr(self.file.path)} holds other trials than those that the search starts "
                "from; name another file, or start from an empty record"
            )
        if outcome is not None and not record[trial.number].is_finished:
            record.finish(trial.number, outcome, trial.finished)
            self.objective.remember(record[trial.number])

    def _checked_point(self, trial: Trial, record: Record, space: Space) -> Point:
        # Only the user may place a trial outside of the space. The file alone may not: the search would run it.
        is_of_user = trial.number < len(record) or trial.point in self.users_points
        try:
            return space.check(trial.point, within=not is_of_user)
        except InvalidTrial as error:
            raise InvalidTrial(
                f"{error}; if you asked for this trial, pass the same points_to_evaluate as before, else choose "
                "another file"
            ) from error

    def _write(self, trial: Trial) -> None:
        if not trial.is_finished or self._is_fatal(trial):
            self.file.begin(trial)
        else:
            self.file.finish(trial)

    def _is_fatal(self, trial: Trial) -> bool:
        try:
            self.objective.raise_if_fatal(trial)
        except BaseException:
            return True
        return False

    def on_trial_begin(self, trials: Trials, trial: Trial) -> None:
        self.file.begin(trial)

    def on_trial_end(self, trials: Trials, trial: Trial) -> bool | None:
        if not self._is_fatal(trial):
            self.file.finish(trial)
        return None


@contextmanager
def save_file_callback(
    path: Any, fingerprint: Callable[[], Mapping[str, Any]], record: Record, objective: Objective, plan: Plan
) -> Iterator[list[SaveFileCallback]]:
    """The callback that writes to `path`, in a list, with `record` restored; no callback without a path."""
    if path is None or path == "":
        yield []
        return
    path = save_path(path)
    try:
        description = fingerprint()
    except NotComparable as error:
        hide_secrets(error)
        raise SaveFileError(
            f"trials_save_file={public_repr(path)} could not tell this search from another one. {error}. Use a "
            "function or class from the top level of a module or script instead, which is known by its name, or "
            "set trials_save_file=None"
        ) from error
    with SaveFile(path, description) as file:
        callback = SaveFileCallback(file, objective, plan.first_points)
        callback.restore(record, plan.space)
        yield [callback]
