"""The log of one search, from its start to its end."""

from __future__ import annotations

import csv
import numbers
import re
import tempfile
import time
import unicodedata
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from traceback import format_exc
from typing import Any

import numpy as np

from .._secrets_in_texts import without_secrets
from .._texts import concealed, hidden, hide_secrets, is_secret
from ..exceptions import NotInstalledError
from ..executors._streams import safe_logger
from ..plots import save_history
from ..trials import Trial, Trials
from . import _content as content
from ._client import autologging_suspended, describe_dataset, is_refusal, save_model, tracking_uri
from ._content import FAILED, FINISHED, KILLED, Update, Values, cut, milliseconds
from ._tracker import Destination, Tracker
from ._unsent import write
from ._writer import Unsent, Writer

logger = safe_logger(__name__)

FORMULA_STARTS = ("=", "+", "-", "@")  # of a text that a spreadsheet evaluates
LONGEST_WAIT = 60.0  # seconds that the start of a trial on a worker waits for its run; a new data base takes ten
LONGEST_REASON = 200  # characters of an exception in the warning
LARGEST_PAGE = 5_000_000  # bytes


@dataclass(frozen=True)
class Ending:
    """The settings of the callback that matter at the end of the search."""

    log_model: str | None
    with_example: bool
    patience: float | None
    unsent_dir: Path | None


class Session:
    """Logs one search; mlflow's autologging is suspended from its start to its end."""

    def __init__(self, destination: Destination, trials: Trials, search: Mapping[str, Any]) -> None:
        self.tracker = Tracker(destination)
        self._trials = trials
        self._search = search
        self._values: Values = search.get("values", dict)
        self._open: set[int] = set()  # trials whose runs have not ended
        self._best_loss = trials.best_loss
        self._stack = ExitStack()
        self._stack.enter_context(autologging_suspended())
        self._writer = Writer(self.tracker.send, is_refusal)
        self._writer.put(partial(content.search_start, search))
        self._writer.put(partial(_dataset, search))

    def begin_trial(self, trial: Trial) -> None:
        """Queue the start of a child run."""
        self._open.add(trial.number)
        self._writer.put(partial(content.trial_start, trial))

    def environment(self, trial: Trial) -> dict[str, str]:
        """The variables by which mlflow in a worker finds the run of a trial; none if the server does not answer."""
        self._writer.wait_until_sent(LONGEST_WAIT)
        run_id = self.tracker.run_of_trial(trial.number)
        if run_id is None:
            return {}
        uri = self.tracker.destination.tracking_uri or tracking_uri()
        return {"MLFLOW_RUN_ID": run_id, "MLFLOW_TRACKING_URI": uri}

    def end_trial(self, trial: Trial) -> None:
        """Queue the end of a child run."""
        self._open.discard(trial.number)
        self._writer.put(partial(content.trial_end, trial, self._values))
        if trial.loss is not None and (self._best_loss is None or trial.loss < self._best_loss):
            self._best_loss = trial.loss
            self._writer.put(partial(content.best_loss, trial))

    # ------------------------------------------------------------------ the end
    def finish(self, fitted: Any, error: BaseException | None, ending: Ending) -> None:
        """Send the rest, wait for it, and warn about updates that were not sent."""
        with self._stack:
            try:
                self._queue_result(fitted, error, ending)
                unsent = self._writer.close(ending.patience)
            except BaseException:  # Ctrl-C during the wait: the updates must still reach the file
                self._save_unsent(self._writer.close(0.0), ending)
                raise
            self._save_unsent(unsent, ending)

    def _queue_result(self, fitted: Any, error: BaseException | None, ending: Ending) -> None:
        now = milliseconds(time.time())
        updates = [Update(trial=number, start=now, end=now, status=KILLED) for number in sorted(self._open)]
        result = content.search_result(self._trials, self._values, fitted if self._has_table(fitted) else None, error)
        updates += [self._with_files(result, fitted, error, ending), Update(status=_status(error), end=now)]
        for update in updates:
            self._writer.put(partial(replace, update))

    def _has_table(self, fitted: Any) -> bool:
        """Whether `cv_results_` belongs to this search, and not to an earlier fit of the same object."""
        n_finished = sum(trial.is_finished for trial in self._trials.record)
        return n_finished > 0 and getattr(fitted, "n_trials_", 0) == n_finished

    def _with_files(self, update: Update, fitted: Any, error: BaseException | None, ending: Ending) -> Update:
        """The update with artifacts and model, as far as they can be written."""
        if fitted is None or self._has_table(fitted):
            with _exceptions_as_warnings("the table of results"):
                artifacts = self._new_folder()
                write_artifacts(artifacts, self._trials, self._values, fitted)
                update = replace(update, folder=str(artifacts))
        if ending.log_model == "best" and error is None and hasattr(fitted, "best_estimator_"):
            with _exceptions_as_warnings("the model"):
                model = self._new_folder() / "model"
                save_model(fitted.best_estimator_, str(model), self._example(), with_example=ending.with_example)
                update = replace(update, model=str(model))
        return update

    def _new_folder(self) -> Path:
        """A temporary folder, which is removed when the session has finished."""
        # What cannot be removed at the end must not cost the search its result.
        folder = tempfile.TemporaryDirectory(prefix="hpsklearn-mlflow-", ignore_cleanup_errors=True)
        return Path(self._stack.enter_context(folder))

    def _example(self) -> Any:
        """A few rows of X, None where X cannot be sliced."""
        sample = self._search.get("sample")
        try:
            return None if sample is None else sample(5)
        except Exception:
            logger.debug("no rows of X as an example\n%s", without_secrets(format_exc()))
            return None

    def _save_unsent(self, unsent: Unsent, ending: Ending) -> None:
        """Write unsent updates to a file, and warn once."""
        if not unsent.updates:
            return
        reason = without_secrets((str(unsent.error).splitlines() or [""])[0])
        kind = type(unsent.error).__name__
        problem = f"MLflow: {len(unsent.updates)} updates were not sent ({kind}: {cut(reason, LONGEST_REASON)})"
        updates = list(map(_without_lost_files, unsent.updates))
        if updates != unsent.updates:
            problem += ", and have lost their files, since the temporary folder is gone"
        try:
            path = write(ending.unsent_dir, self.tracker.destination, updates)
        except OSError as error:
            remedy = f"they are lost, since no file could be written: {error}"
        else:
            call = f"MLflowCallback.resend({str(path)!r}{_address(self.tracker.destination)})"
            remedy = f"the search is complete; to send them later, call {call}"
        warnings.warn(f"{problem}; {remedy}", UserWarning, stacklevel=2)


def _address(destination: Destination) -> str:
    """The argument of `resend` for the address, if this is not mlflow's current one."""
    uri = without_secrets(destination.tracking_uri or "")
    try:
        is_current = uri == without_secrets(tracking_uri())
    except OSError:  # mlflow's default is below the current folder, which is gone
        is_current = False
    return "" if is_current else f", tracking_uri={uri!r}"


@contextmanager
def _exceptions_as_warnings(what: str) -> Iterator[None]:
    try:
        yield
    except Exception as problem:
        hide_secrets(problem)  # in its repr, a quote would stand before the first word
        warnings.warn(f"MLflow: {what} was not logged: {without_secrets(repr(problem))}", UserWarning, stacklevel=3)


def _without_lost_files(update: Update) -> Update:
    """The update without those of its folders that do not exist any more."""
    return replace(update, folder=_if_there(update.folder), model=_if_there(update.model))


def _if_there(folder: str | None) -> str | None:
    return folder if folder is not None and Path(folder).is_dir() else None


def _dataset(search: Mapping[str, Any]) -> Update:
    """The training data, as far as mlflow can describe them."""
    try:
        return Update(dataset=describe_dataset(*search["data"]) if "data" in search else {})
    except Exception:
        logger.info("the training data were not described\n%s", without_secrets(format_exc()))
        return Update()


def _status(error: BaseException | None) -> str:
    if error is None:
        return FINISHED
    return FAILED if isinstance(error, Exception) else KILLED


# ---------------------------------------------------------------------- artifacts
def write_artifacts(folder: Path, trials: Trials, values: Values, fitted: Any) -> None:
    """``cv_results.csv``, ``history.png`` and ``search.html`` of a fitted search; ``trials.csv`` of ``fmin``."""
    if fitted is None:
        _write_table(folder / "trials.csv", _trial_columns(trials, values))
        return
    _write_table(folder / "cv_results.csv", fitted._public_results(as_hashes=True))
    try:
        save_history(fitted, folder / "history.png")
    except NotInstalledError:
        logger.debug("no picture without matplotlib")
    except Exception:  # a table without a picture, as where every candidate failed
        logger.info("the history of the search was not drawn\n%s", without_secrets(format_exc()))
    try:
        _write_page(folder / "search.html", fitted)
    except Exception:
        logger.info("the page of the search was not made\n%s", without_secrets(format_exc()))


def _write_page(path: Path, fitted: Any) -> None:
    fitted.report(path)
    if path.stat().st_size > LARGEST_PAGE:
        path.unlink()
        logger.info("the page of the search is larger than %d bytes, and was not logged", LARGEST_PAGE)


def _trial_columns(trials: Trials, values: Values) -> dict[str, list[Any]]:
    """Number, status, loss and parameters of the finished trials."""
    finished = [trial for trial in trials.record if trial.outcome is not None]
    params = [values(trial.point) for trial in finished]
    names = dict.fromkeys(name for row in params for name in row)
    return {
        "number": [trial.number for trial in finished],
        "status": [trial.outcome.status for trial in finished if trial.outcome is not None],
        "loss": [trial.loss for trial in finished],
        **{f"param_{name}": [row.get(name) for row in params] for name in names},
    }


def _write_table(path: Path, columns: Mapping[str, Any]) -> None:
    cells = [_fields(name, values) for name, values in columns.items()]
    with path.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:
        writer = csv.writer(file)
        writer.writerow(map(_cell, columns))
        writer.writerows(zip(*cells, strict=True))


def _fields(name: str, column: Any) -> list[Any]:
    values = column.tolist() if isinstance(column, np.ndarray) else column  # of a masked array: None where masked
    return ["" if v is None else hidden(str(v)) if is_secret(name, v) else _cell(concealed(v)) for v in values]


def _cell(value: Any) -> Any:
    """A number as it is, any other value as a text in which no spreadsheet finds a formula."""
    if isinstance(value, numbers.Number):
        return value
    # A spreadsheet that splits lines at semicolons or tabs ends a cell there, and at the end of a line.
    return re.sub(r"[^;\t\r\n]+", lambda part: _as_text(part[0]), without_secrets(str(value)))


def _as_text(part: str) -> str:
    """What may become a cell, with a quote before it if it begins like a formula."""
    # Spreadsheets leave out blanks, quotes and invisible characters, and take wide forms of the signs for them.
    first = next((c for c in part if c.isprintable() and not c.isspace() and c != '"'), "")
    return f"'{part}" if unicodedata.normalize("NFKC", first).startswith(FORMULA_STARTS) else part
