"""One search that is being logged: what of it goes where, from its begin to its end."""

from __future__ import annotations

import logging
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ..trials import Trial, Trials
from . import _content as content
from ._client import autologging_suspended, is_refusal, save_model
from ._limits import cut
from ._results import write_files
from ._tracker import Tracker
from ._unsent import Destination, write
from ._updates import FAILED, FINISHED, KILLED, Update, milliseconds
from ._writer import Unsent, Writer

logger = logging.getLogger(__name__)

LONGEST_REASON = 200  # characters of an exception in the warning


@dataclass(frozen=True)
class Ending:
    """What is done at the end: which model is logged, how long to wait, where to put what is left over."""

    log_model: str | None
    with_example: bool
    patience: float | None
    unsent_dir: Path | None


class Session:
    """Logs one search; from its begin to its end mlflow's autologging is suspended.

    Parameters
    ----------
    destination : Destination
        Where to.
    trials : Trials
        The record of the search.
    search : mapping
        What callbacks are told of it.
    """

    def __init__(self, destination: Destination, trials: Trials, search: Mapping[str, Any]) -> None:
        self.tracker = Tracker(destination)
        self._trials = trials
        self._search = search
        self._values: content.Values = search.get("values", dict)
        self._open: set[int] = set()
        self._best_loss = trials.best_loss
        self._stack = ExitStack()
        self._stack.enter_context(autologging_suspended())
        self._writer = Writer(self.tracker.send, is_refusal)
        self._writer.put(partial(content.search_began, search))

    def began(self, trial: Trial) -> None:
        """A trial was suggested."""
        self._open.add(trial.number)
        self._writer.put(partial(content.trial_began, trial))

    def ended(self, trial: Trial) -> None:
        """A trial is finished."""
        self._open.discard(trial.number)
        self._writer.put(partial(content.trial_ended, trial, self._values))
        if trial.loss is not None and (self._best_loss is None or trial.loss < self._best_loss):
            self._best_loss = trial.loss
            self._writer.put(partial(content.improved, trial))

    # ------------------------------------------------------------------ the end
    def finish(self, fitted: Any, error: BaseException | None, ending: Ending) -> None:
        """Send the rest, wait for it, and warn if something is left over."""
        with self._stack, tempfile.TemporaryDirectory(prefix="hpsklearn-mlflow-") as folder:
            try:
                self._put_the_end(fitted, error, ending, Path(folder))
                unsent = self._writer.close(ending.patience)
            except BaseException:  # somebody does not want to wait
                self._keep(self._writer.close(0.0), ending)
                raise
            self._keep(unsent, ending)

    def _put_the_end(self, fitted: Any, error: BaseException | None, ending: Ending, folder: Path) -> None:
        now = milliseconds(time.time())
        for number in sorted(self._open):
            update = Update(trial=number, start=now, end=now, status=KILLED)
            self._writer.put(partial(_same, update))
        update = content.result(self._trials, self._values, self._having_results(fitted), error)
        self._writer.put(partial(_same, self._with_files(update, fitted, error, ending, folder)))
        self._writer.put(partial(_same, Update(status=_status(error), end=now)))

    def _having_results(self, fitted: Any) -> Any:
        """`fitted`, if its table is that of this search and not of an earlier fit; else None."""
        n_finished = sum(trial.is_finished for trial in self._trials.record)
        return fitted if n_finished and getattr(fitted, "n_trials_", 0) == n_finished else None

    def _with_files(
        self, update: Update, fitted: Any, error: BaseException | None, ending: Ending, folder: Path
    ) -> Update:
        """The update with artifacts and model, as far as they can be made."""
        artifacts, model = folder / "artifacts", folder / "model"
        if fitted is None or self._having_results(fitted) is not None:
            artifacts.mkdir()
            with _warning("the table of results"):
                write_files(artifacts, self._trials, self._values, fitted)
                update = replace(update, folder=str(artifacts))
        if ending.log_model == "best" and error is None and hasattr(fitted, "best_estimator_"):
            with _warning("the model"):
                save_model(fitted.best_estimator_, str(model), self._sample(), with_example=ending.with_example)
                update = replace(update, model=str(model))
        return update

    def _sample(self) -> Any:
        sample = self._search.get("sample")
        try:
            return None if sample is None else sample(5)
        except Exception:
            logger.debug("no rows of X as an example", exc_info=True)
            return None

    def _keep(self, unsent: Unsent, ending: Ending) -> None:
        """Write down what was not sent, and say so, once."""
        if not unsent.updates:
            return
        reason = (str(unsent.error).splitlines() or [""])[0]
        kind = type(unsent.error).__name__
        problem = f"MLflow: {len(unsent.updates)} updates were not sent ({kind}: {cut(reason, LONGEST_REASON)})"
        try:
            path = write(ending.unsent_dir, self.tracker.destination, unsent.updates)
        except OSError as error:
            cure = f"they are lost, since no file could be written: {error}"
        else:
            cure = f"the search is complete; send them later: hpsklearn_search.replay({str(path)!r})"
        warnings.warn(f"{problem}; {cure}", UserWarning, stacklevel=2)


@contextmanager
def _warning(what: str) -> Iterator[None]:
    """Turn an exception into a warning that something was not logged."""
    try:
        yield
    except Exception as problem:
        warnings.warn(f"MLflow: {what} was not logged: {problem!r}", UserWarning, stacklevel=3)


def _same(update: Update) -> Update:
    return update


def _status(error: BaseException | None) -> str:
    if error is None:
        return FINISHED
    return FAILED if isinstance(error, Exception) else KILLED
