"""`Trials`: where to run, and the record of what ran, in hyperopt's shape.

>>> trials = Trials()
>>> len(trials), trials.losses(), trials.vals
(0, [], {})
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from ..exceptions import AllTrialsFailed
from ..space import Space
from ._columns import History
from ._documents import JOB_STATE_ERROR, document, state_of
from ._record import Record
from ._trial import Trial

__all__ = ["Trials"]


class Trials:
    """The record of a search; passed to `fmin` or `HyperoptSearchCV`, it runs trials in this process.

    Parameters
    ----------
    exp_key : object, optional
        Kept for hyperopt's signature.
    refresh : bool, default=True
        Kept for hyperopt's signature; the record is always fresh.

    Attributes
    ----------
    record : Record
        The trials as frozen values, the form that the library itself uses.

    Examples
    --------
    >>> from hpsklearn_search import Trials, fmin, hp, rand
    >>> trials = Trials()
    >>> best = fmin(lambda x: x**2, hp.uniform("x", -1, 1), rand.suggest, 5, trials=trials, rstate=0,
    ...             show_progressbar=False)
    >>> len(trials), trials.argmin == best
    (5, True)
    """

    asynchronous = False

    # What a kind of trials may prescribe for the search that it is passed to.
    timeout: float | None = None
    loss_threshold: float | None = None
    catches_errors = False  # an exception of `fmin`'s function is a failed trial, whatever the argument says

    stop_reason: str | None = None  # why the last search over these trials ended

    def __init__(self, exp_key: Any = None, refresh: bool = True) -> None:
        self.record = Record()
        self.labels: list[str] = []
        self.attachments: dict[str, Any] = {}
        self._exp_key = exp_key
        self._told: int | None = None

    # ------------------------------------------------------------------ for the loop and algorithms
    def open_executor(self, *, task_timeout: float | None = None) -> Any:
        """The executor that this kind of trials prescribes; None leaves it to the caller."""
        return None

    def fresh(self) -> Trials:
        """Trials of the same kind and settings, with an empty record."""
        twin = copy.copy(self)
        twin.record, twin.labels, twin.attachments, twin.stop_reason = Record(), [], {}, None
        return twin

    def until(self, told: int | None) -> Trials:
        """A view in which only the outcomes of the first `told` trials are known; None means all."""
        view = copy.copy(self)
        view._told = told
        return view

    def history(self, space: Space) -> History:
        """The trials as arrays over `space`, as far as this view may know them."""
        return self.record.history(space, self._told)

    def _visible(self) -> Iterator[Trial]:
        for trial in self.record:
            hidden = self._told is not None and trial.number >= self._told
            yield Trial(trial.number, trial.point, started=trial.started) if hidden else trial

    # ------------------------------------------------------------------ hyperopt's views
    @property
    def _dynamic_trials(self) -> list[dict[str, Any]]:
        return [document(trial, self.labels or list(trial.point)) for trial in self._visible()]

    @property
    def trials(self) -> list[dict[str, Any]]:
        """hyperopt's documents of all trials that did not end in an error."""
        return [doc for doc in self._dynamic_trials if doc["state"] < JOB_STATE_ERROR]

    @property
    def tids(self) -> list[int]:
        """Numbers of the trials."""
        return [trial.number for trial in self._valid()]

    @property
    def results(self) -> list[dict[str, Any]]:
        """What the objective returned, per trial."""
        return [doc["result"] for doc in self.trials]

    @property
    def miscs(self) -> list[dict[str, Any]]:
        """hyperopt's ``misc`` documents, per trial."""
        return [doc["misc"] for doc in self.trials]

    @property
    def specs(self) -> list[None]:
        """hyperopt's ``spec``, always None."""
        return [None] * len(self)

    def _valid(self) -> list[Trial]:
        return [trial for trial in self._visible() if state_of(trial) < JOB_STATE_ERROR]

    def __len__(self) -> int:
        return len(self._valid())

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.trials)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.trials[index]

    def losses(self) -> list[float | None]:
        """The loss of each trial, None where there is none."""
        return [result.get("loss") for result in self.results]

    def statuses(self) -> list[str | None]:
        """The status of each trial."""
        return [result.get("status") for result in self.results]

    @property
    def idxs_vals(self) -> tuple[dict[str, list[int]], dict[str, list[Any]]]:
        """``({label: numbers of the trials where it is active}, {label: its values there})``."""
        idxs: dict[str, list[int]] = {label: [] for label in self.labels}
        vals: dict[str, list[Any]] = {label: [] for label in self.labels}
        for trial in self._valid():
            for label, value in trial.point.items():
                idxs.setdefault(label, []).append(trial.number)
                vals.setdefault(label, []).append(value)
        return idxs, vals

    @property
    def idxs(self) -> dict[str, list[int]]:
        """``{label: numbers of the trials where it is active}``."""
        return self.idxs_vals[0]

    @property
    def vals(self) -> dict[str, list[Any]]:
        """``{label: its values where it is active}``."""
        return self.idxs_vals[1]

    @property
    def best_trial(self) -> dict[str, Any]:
        """The document of the ok trial with the lowest loss.

        Raises
        ------
        AllTrialsFailed
            If no trial succeeded.
        """
        return document(self._best(), self.labels)

    @property
    def argmin(self) -> dict[str, Any]:
        """``{label: raw value}`` of the best trial, active labels only, a choice as its index."""
        return dict(self._best().point)

    @property
    def best_loss(self) -> float | None:
        """The lowest loss so far, None if no trial is ok."""
        best = self.record.best_of(len(self.record) if self._told is None else self._told)
        return None if best is None else best.loss

    def _best(self) -> Trial:
        best = self.record.best if self._told is None else self.record.best_of(self._told)
        if best is None:
            raise AllTrialsFailed(f"none of the first {self._told} trials succeeded")
        return best

    def refresh(self) -> None:
        """Kept for hyperopt's callers; the record is always fresh."""
