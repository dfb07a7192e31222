"""hyperopt's views of a record: lists of documents, columns of values, the best trial, counts.

All of them are computed from the record when they are read. A document is made when it is read, so that a loop
over ``trials.trials[i]`` makes each document once; what is changed in one is taken up by `Trials.refresh`.

>>> from ._record import Record
>>> from ._trial import Outcome
>>> class Plain(Views):
...     def __init__(self):
...         self.record, self.labels, self._handed_out = Record(), ["x"], HandedOut()
>>> views = Plain()
>>> for number, x in enumerate([3.0, 2.0]):
...     _ = views.record.add({"x": x}); _ = views.record.finish(number, Outcome("ok", loss=x**2))
>>> views.losses(), views.argmin, views.vals
([9.0, 4.0], {'x': 2.0}, {'x': [3.0, 2.0]})
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .._pandas import frame_of
from ..exceptions import AllTrialsFailed
from ._documents import JOB_STATES, document, miscs_to_idxs_vals, result_of, state_of
from ._handed_out import HandedOut
from ._lazy_list import LazyList
from ._record import Record
from ._trial import STATUS_NEW, STATUS_OK, STATUS_RUNNING, Trial


class Views:
    """The base of `Trials`: everything that can be read from its record."""

    record: Record
    labels: list[str]
    _handed_out: HandedOut
    _exp_key: Any = None
    _n_known: int | None = None
    _only_finished = False

    # ------------------------------------------------------------------ trials
    def _visible(self) -> Iterator[Trial]:
        """The trials of this view; an outcome that it does not know is missing."""
        for trial in self.record:
            if self._exp_key is not None and trial.document.get("exp_key") != self._exp_key:
                continue
            if self._n_known is not None and trial.number >= self._n_known:
                trial = replace(trial, outcome=None, finished=float("nan"))
            if trial.is_finished or not self._only_finished:
                yield trial

    @property
    def _view(self) -> tuple[Any, ...]:
        """What makes this view differ from the whole record."""
        return self._exp_key, self._n_known, self._only_finished

    def _valid(self) -> list[Trial]:
        if self._view == (None, None, False):
            return self.record.valid
        return self.record.derived(
            "valid", self._view, lambda: [trial for trial in self._visible() if not trial.has_error]
        )

    def _document(self, trial: Trial) -> dict[str, Any]:
        """The document that readers of the trial share; one of its own where a view knows less than the record."""
        if self._n_known is not None or self._only_finished:
            return self._new_document(trial)
        return self._handed_out.document(trial, self._new_document, tuple(self.labels))

    def _new_document(self, trial: Trial) -> dict[str, Any]:
        return document(trial, self.labels or list(trial.document.get("misc", {}).get("vals", trial.point)))

    def _unsynced(self) -> Iterator[Trial]:
        """The trials of this view, with those that wait for a `refresh`."""
        return self._visible()

    @property
    def trials(self) -> list[dict[str, Any]]:
        """hyperopt's documents of all trials that did not end with an error."""
        return LazyList(self._valid(), self._document)

    @property
    def tids(self) -> list[Any]:
        """Identifiers of the trials: their numbers, or the tids of inserted documents."""
        return [trial.tid for trial in self._valid()]

    @property
    def results(self) -> list[dict[str, Any]]:
        """What the objective returned, per trial."""
        return LazyList(self._valid(), lambda trial: self._document(trial)["result"])

    @property
    def miscs(self) -> list[dict[str, Any]]:
        """hyperopt's ``misc`` documents, per trial."""
        return LazyList(self._valid(), lambda trial: self._document(trial)["misc"])

    @property
    def specs(self) -> list[Any]:
        """hyperopt's ``spec``: None, except in documents that were inserted with one."""
        return [trial.document.get("spec") for trial in self._valid()]

    def __len__(self) -> int:
        return len(self._valid())

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.trials)

    def __getitem__(self, index: Any) -> Any:
        """The document at a position in `trials`, or a list of documents for a slice."""
        if isinstance(index, slice):
            return [self._document(trial) for trial in self._valid()[index]]
        return self._document(self._valid()[index])

    # ------------------------------------------------------------------ columns
    def losses(self, bandit: Any = None) -> list[Any]:
        """The loss of each trial, or None; `bandit` may compute it from a result and a spec."""
        if bandit is None:
            return [result.get("loss") for result in map(result_of, self._valid())]
        return [bandit.loss(result, spec) for result, spec in zip(self.results, self.specs, strict=True)]

    def statuses(self, bandit: Any = None) -> list[Any]:
        """The status of each trial; `bandit` may compute it from a result and a spec."""
        if bandit is None:
            return [result.get("status") for result in map(result_of, self._valid())]
        return [bandit.status(result, spec) for result, spec in zip(self.results, self.specs, strict=True)]

    @property
    def idxs_vals(self) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
        """``({label: tids of the trials where it is active}, {label: its values there})``."""
        return self._columns(0), self._columns(1)

    def _columns(self, which: int) -> dict[str, list[Any]]:
        key = (self._view, tuple(self.labels))
        columns = self.record.derived("columns", key, self._idxs_and_vals)[which]
        return {label: [*column] for label, column in columns.items()}  # a copy: a reader may change it

    def _idxs_and_vals(self) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
        miscs = [self._new_document(trial)["misc"] for trial in self._valid()]
        # self.labels first: they have columns also before the first trial.
        labels = dict.fromkeys([*self.labels, *(label for misc in miscs for label in misc["vals"])])
        return miscs_to_idxs_vals(miscs, list(labels))

    @property
    def idxs(self) -> dict[str, list[Any]]:
        """``{label: tids of the trials where it is active}``."""
        return self._columns(0)

    @property
    def vals(self) -> dict[str, list[Any]]:
        """``{label: its values where it is active}``."""
        return self._columns(1)

    def to_frame(self) -> Any:
        """All trials as a table, also those that failed.

        Returns
        -------
        pandas.DataFrame
            One row for each trial, with its ``tid`` as index. The columns: ``status`` (``"ok"``, ``"fail"``,
            or without an outcome ``"new"`` or ``"running"``), ``loss`` (NaN unless ok), ``param_<label>``
            (the raw value, of a choice the index; NaN if inactive), ``result_<key>`` for each further
            number, text or bool that the objective returned, ``started`` (UTC), ``seconds``, ``error``.

        Raises
        ------
        NotInstalledError
            If pandas is not installed.
        """
        trials = list(self._visible())
        rows = [_row(trial) for trial in trials]
        others = dict.fromkeys([*(f"param_{label}" for label in self.labels), *(name for row in rows for name in row)])
        inner = [name for name in others if name not in FIRST_COLUMNS + LAST_COLUMNS]
        names = [*FIRST_COLUMNS, *inner, *LAST_COLUMNS]
        cells = {name: [row.get(name, np.nan) for row in rows] for name in names}
        return frame_of(cells, what="to_frame()", index=[trial.tid for trial in trials], name="tid")

    # ------------------------------------------------------------------ the best
    @property
    def best_trial(self) -> dict[str, Any]:
        """The document of the ok trial with the lowest loss.

        Raises
        ------
        AllTrialsFailed
            If no trial succeeded.
        """
        return self._document(self._best())

    @property
    def argmin(self) -> dict[str, Any]:
        """``{label: raw value}`` of the best trial: active labels only, and of a choice the index."""
        return dict(self._best().point)

    @property
    def best_loss(self) -> float | None:
        """The lowest loss so far, or None if no trial is ok."""
        best = self._best_or_none()
        return None if best is None else best.loss

    def _best_or_none(self) -> Trial | None:
        if self._exp_key is None:
            return self.record.best_of(len(self.record) if self._n_known is None else self._n_known)
        return min((t for t in self._visible() if t.is_ok), key=lambda t: (t.loss, t.number), default=None)

    def _best(self) -> Trial:
        best = self._best_or_none()
        if best is None and self._n_known is None and self._exp_key is None:
            return self.record.best  # raises, and says why
        if best is None:
            raise AllTrialsFailed(f"none of {len(list(self._visible()))} trials succeeded")
        return best

    def average_best_error(self, bandit: Any = None) -> float:
        """The true loss of the best trial; of uncertain losses, the average over all that may be the best.

        Each ok trial whose loss is at most three standard deviations above the lowest one has the
        probability that it is the best as its weight, from 1000 independent normal draws of all losses.

        Parameters
        ----------
        bandit : object, optional
            Has ``status(result)``, ``loss(result, spec)``, ``loss_variance(result, spec)`` and
            ``true_loss(result, spec)``; by default these are looked up in the results.

        Raises
        ------
        AllTrialsFailed
            If no trial succeeded.
        """
        results = [(t, result_of(t)) for t in self._visible() if t.is_ok]
        if not results:
            self._best()  # raises, and says why
        if bandit is None:
            rows = [(t.loss, r.get("loss_variance", 0.0), r.get("true_loss", t.loss)) for t, r in results]
        else:
            pairs = [(r, t.document.get("spec")) for t, r in results if bandit.status(r) == STATUS_OK]
            rows = [(bandit.loss(*pair), bandit.loss_variance(*pair), bandit.true_loss(*pair)) for pair in pairs]
        loss, variance, true_loss = np.array(sorted(rows), dtype=float).T
        # As hyperopt's average_best_error: weights by Monte Carlo, with a fixed seed.
        near = loss <= loss[0] + 3 * np.sqrt(variance[0])
        draws = np.random.default_rng(0).normal(loss[near], np.sqrt(variance[near]), (1000, near.sum()))
        weights = np.bincount(draws.argmin(axis=1), minlength=near.sum()) / 1000
        return float(weights @ true_loss[near])

    # ------------------------------------------------------------------ counts
    def count_by_state_synced(self, arg: int | Iterable[int], trials: Sequence[Any] | None = None) -> int:
        """How many trials are in a job state, or in one of several.

        Parameters
        ----------
        arg : int or iterable of int
            Of ``JOB_STATES``.
        trials : sequence of dict, optional
            The documents to count, by default those of `trials`.
        """
        return _count(arg, [doc["state"] for doc in trials] if trials is not None else map(state_of, self._valid()))

    def count_by_state_unsynced(self, arg: int | Iterable[int]) -> int:
        """The same over all trials, also those that ended with an error or wait for a `refresh`."""
        return _count(arg, map(state_of, self._unsynced()))


FIRST_COLUMNS, LAST_COLUMNS = ("status", "loss"), ("started", "seconds", "error")
SCALARS = (bool, int, float, str)


def _row(trial: Trial) -> dict[str, Any]:
    """A trial as the cells of one row of a table."""
    outcome = trial.outcome
    row: dict[str, Any] = {
        "status": (STATUS_NEW if np.isnan(trial.started) else STATUS_RUNNING) if outcome is None else outcome.status,
        "loss": np.nan if trial.loss is None else trial.loss,
        **{f"param_{label}": value for label, value in trial.point.items()},
        "started": np.datetime64("NaT") if np.isnan(trial.started) else np.datetime64(int(trial.started * 1e3), "ms"),
        "seconds": trial.finished - trial.started,
        "error": None if outcome is None or outcome.failure is None else str(outcome.failure),
    }
    if outcome is not None:
        returned = {key: value for key, value in result_of(trial).items() if key not in ("loss", "status")}
        row |= {f"result_{key}": value for key, value in returned.items() if isinstance(value, SCALARS)}
    return row


def _count(arg: int | Iterable[int], states: Iterable[int]) -> int:
    selected = set(arg) if isinstance(arg, Iterable) else {arg}
    unknown = selected - set(JOB_STATES)
    if unknown:
        raise ValueError(f"{sorted(unknown, key=repr)} are not job states; the states are JOB_STATES={JOB_STATES}")
    return sum(state in selected for state in states)
