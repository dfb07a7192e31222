"""`Trials`: the record of a search in hyperopt's shape, and where the search runs.

>>> trials = Trials()
>>> len(trials), trials.losses(), trials.vals
(0, [], {})
>>> trials
Trials(0 trials)
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from itertools import chain
from typing import Any, TypeVar

from .._keywords import ExplainsKeywords
from .._texts import public_repr
from ..exceptions import InvalidTrial
from ..space import Space, parse_point
from ._columns import History
from ._documents import JOB_STATE_NEW, changed_trial, check_document, document, trial_of
from ._earlier import EarlierSearch
from ._handed_out import HandedOut
from ._lazy_list import DynamicTrials
from ._record import Record
from ._save_path import no_file
from ._sources import earlier_searches
from ._trial import Trial
from ._views import Views

AnyTrials = TypeVar("AnyTrials", bound="Trials")


class Trials(Views, ExplainsKeywords):
    """The record of a search; passed to `fmin` or `HyperoptSearchCV`, it runs trials in this process.

    Parameters
    ----------
    exp_key : object, default=None
        A key that all documents of these trials have, as in hyperopt. By default they have none.
    refresh : bool, default=True
        Accepted, as in hyperopt, and not used.

    Attributes
    ----------
    record : Record
        The trials as frozen values; the library itself uses this form.
    attachments : dict
        What objectives returned under ``"attachments"``; the keys are ``"ATTACH::{tid}::{name}"``. A save
        file contains those that are JSON.

    Examples
    --------
    >>> from hpsklearn_search import Trials, fmin, hp, rand
    >>> trials = Trials()
    >>> space = hp.uniform("x", -1, 1)
    >>> best = fmin(abs, space, rand.suggest, 5, trials=trials, show_progressbar=False)
    >>> len(trials), trials.argmin == best
    (5, True)
    """

    _attributes_elsewhere = {  # of studies of optuna, and of fitted searches
        **dict.fromkeys(("best_params", "best_params_", "best_point"), "argmin"),
        **dict.fromkeys(("best_value", "best_score", "best_loss_"), "best_loss"),
        **dict.fromkeys(("to_dataframe", "trials_dataframe", "to_df", "to_pandas"), "to_frame()"),
    }

    asynchronous = False

    # What a subclass may set for the search that it is passed to.
    timeout: float | None = None
    loss_threshold: float | None = None
    catches_errors = False  # whether an exception of `fmin`'s function is a failed trial, as on Spark

    mlflow: bool = False  # whether the search logs to MLflow automatically, if mlflow is in use

    fingerprint: Mapping[str, Any] | None = None  # of the search with cross-validation that made these trials

    stop_reason: str | None = None  # why the last search over these trials ended

    fmin: Callable[..., Any]  # set by the room of hyperopt, since a record knows no search

    attachments: dict[str, Any]
    earlier: Sequence[EarlierSearch] = ()  # searches to learn from, whose trials are not part of the record

    _inserted: list[Trial]  # they wait for a refresh
    _in_search = False  # whether this is the view of a search that runs
    _n_ids: int  # how many new_trial_ids has returned

    def __init__(self, exp_key: Any = None, refresh: bool = True) -> None:
        self._exp_key = no_file(exp_key)
        self.delete_all()

    def __repr__(self) -> str:
        states = Counter("running" if trial.outcome is None else trial.outcome.status for trial in self._visible())
        counts = ", ".join(f"{count} {state}" for state, count in states.most_common())
        return f"{type(self).__name__}({states.total()} trials{counts and f': {counts}'})"

    @classmethod
    def from_searches(cls: type[AnyTrials], searches: Any, **kwargs: Any) -> AnyTrials:
        """Empty trials that let a search learn from earlier ones, also of other data and with other ranges.

        ``trials=[...]`` in a search does the same. These trials also hold the new record of `fmin`.

        Parameters
        ----------
        searches : fitted search, path, Trials or list of these
            What to learn from: a fitted `HyperoptSearchCV`, or one of scikit-learn's searches; the save file of a
            search; the trials of one. Values outside of the new ranges, and options that are no longer there, are
            left out. So are parameters that only one of the searches has.
        **kwargs : dict
            Arguments of the class: ``SparkTrials.from_searches(["old.db"], parallelism=8)``.

        Returns
        -------
        Trials
            For the argument ``trials``.

        Raises
        ------
        TypeError
            If one of `searches` is none of these, or is not fitted.
        SaveFileError
            If a save file cannot be read.

        Examples
        --------
        >>> from hpsklearn_search import Trials, fmin, hp
        >>> space, quiet = hp.uniform("x", -5, 5), {"rstate": 0, "show_progressbar": False}
        >>> old = Trials()
        >>> _ = fmin(lambda x: (x - 2) ** 2, space, max_evals=20, trials=old, **quiet)
        >>> new = Trials.from_searches(old)
        >>> _ = fmin(lambda x: 5 * abs(x - 2.1), space, max_evals=5, trials=new, **quiet)
        >>> new.vals["x"][0] == old.argmin["x"]
        True
        """
        trials = cls(**kwargs)
        trials.earlier = earlier_searches(searches if isinstance(searches, list | tuple) else [searches])
        return trials

    # ------------------------------------------------------------------ for the loop and algorithms
    def open_executor(self, *, task_timeout: float | None = None, n_tasks: int | None = None) -> Any:
        """An executor for at most `n_tasks` tasks, where these trials run; None: the caller chooses one."""
        return None

    def raise_if_driver_objects(self, **arguments: Any) -> None:
        """Raise TypeError if an argument of a search cannot be sent to where these trials run."""

    def fresh(self) -> Trials:
        """Trials of the same kind and settings, with an empty record."""
        trials = copy.copy(self)
        trials.delete_all()
        return trials

    def limited_to(self, n_known: int | None) -> Trials:
        """A view with the outcomes of the first `n_known` trials only; None means all."""
        view = copy.copy(self)
        view._n_known = n_known
        view._in_search = True
        return view

    def finished(self) -> Trials:
        """A view without the trials that have no outcome."""
        view = copy.copy(self)
        view._only_finished = True
        return view

    def history(self, space: Space) -> History:
        """The trials as arrays over `space`, with the outcomes of this view."""
        if not self._in_search:
            self._take_up_changes()  # a loop of the user's asks an algorithm by hand
        return self.record.history(space, self._n_known)

    # ------------------------------------------------------------------ hyperopt's documents, coming in
    def new_trial_ids(self, n: int) -> list[int]:
        """Identifiers for `n` new trials; every call returns different ones."""
        first = max(self._n_ids, len(self.record) + len(self._inserted))
        self._n_ids = first + n
        return list(range(first, first + n))

    def new_trial_docs(
        self, tids: Sequence[Any], specs: Sequence[Any], results: Sequence[Any], miscs: Sequence[Any]
    ) -> list[dict[str, Any]]:
        """Documents of new trials, one for each element of the sequences, to be inserted."""
        defaults = {"state": JOB_STATE_NEW, "exp_key": self._exp_key, "owner": None, "version": 0,
               "book_time": None, "refresh_time": None}  # fmt: skip
        return [
            {**defaults, "tid": tid, "spec": spec, "result": result, "misc": misc}
            for tid, spec, result, misc in zip(tids, specs, results, miscs, strict=True)
        ]

    def source_trial_docs(
        self,
        tids: Sequence[Any],
        specs: Sequence[Any],
        results: Sequence[Any],
        miscs: Sequence[Any],
        sources: Sequence[Mapping[str, Any]],
    ) -> list[dict[str, Any]]:
        """Documents of new trials with state, owner and times of `sources`, and their tids as ``from_tid``."""
        docs = []
        for doc, source in zip(self.new_trial_docs(tids, specs, results, miscs), sources, strict=True):
            origin = {key: source[key] for key in ("state", "exp_key", "owner", "book_time", "refresh_time")}
            misc = {"cmd": None, **doc["misc"], "tid": doc["tid"], "from_tid": source["tid"]}
            docs.append({**doc, **origin, "misc": misc})
        return docs

    def assert_valid_trial(self, trial: Any) -> Any:
        """Check a document, and return it.

        Raises
        ------
        InvalidTrial
            If it is not a mapping, a key is missing, or its parts contradict each other.
        """
        check_document(trial, self._exp_key)
        return trial

    def insert_trial_doc(self, doc: Mapping[str, Any]) -> Any:
        """Insert a document; it becomes visible with the next `refresh`. Returns its tid.

        Raises
        ------
        InvalidTrial
            If it is not a trial document, or there is a trial with its tid.
        """
        return self.insert_trial_docs([doc])[0]

    def insert_trial_docs(self, docs: Iterable[Mapping[str, Any]]) -> list[Any]:
        """Insert all documents, or none if one is invalid; returns their tids."""
        docs = [self.assert_valid_trial(doc) for doc in docs]
        tids = {trial.tid for trial in [*self.record, *self._inserted]}
        for doc in docs:
            if doc["tid"] in tids:
                raise InvalidTrial(f"there is a trial with tid={doc['tid']!r}; take one from new_trial_ids(1)")
            tids.add(doc["tid"])
        return self._insert_trial_docs(docs)

    def _insert_trial_docs(self, docs: Sequence[Mapping[str, Any]]) -> list[Any]:
        first = len(self.record) + len(self._inserted)
        for number, doc in enumerate(docs, start=first):
            trial = trial_of(doc, number)
            self._inserted.append(trial)
            self._handed_out.keep(trial, doc)
        return [doc["tid"] for doc in docs]

    def refresh(self) -> None:
        """Make inserted documents visible, and take up what was changed in documents in place.

        Raises
        ------
        InvalidTrial
            If a changed document is not valid, or its trial went on in a search meanwhile.
        """
        self._take_up_changes()
        for trial in self._inserted:
            self._handed_out.enter(trial, self.record.insert(trial))
        self._inserted.clear()

    def _take_up_changes(self) -> None:
        for entry in self._handed_out.changed():
            old = entry.trial
            trial = changed_trial(entry.doc, old, entry.said.get("exp_key"))
            if any(waiting is old for waiting in self._inserted):
                # In place: views share the list.
                self._inserted[:] = [trial if waiting is old else waiting for waiting in self._inserted]
            elif self.record[old.number] is old:
                trial = self.record.change(old.number, trial)
            else:
                entry.show(old, {})  # raises: the record has another state of it
            self._handed_out.taken_up(entry, trial)

    # ------------------------------------------------------------------ hyperopt's lists of documents
    @property
    def _dynamic_trials(self) -> list[dict[str, Any]]:
        """All documents, also those of trials that ended with an error; another list may be put in its place."""
        return DynamicTrials(self._unsynced(), self._document, self._insert_trial_docs)

    @_dynamic_trials.setter
    def _dynamic_trials(self, docs: Iterable[Mapping[str, Any]]) -> None:
        docs, prior, earlier = list(docs), self.record.prior_trials, self.record.earlier
        for doc in docs:
            check_document(doc, doc.get("exp_key"))
        self.record, self._inserted, self._handed_out = Record(self._exp_key), [], HandedOut()
        self.record.prior_trials, self.record.earlier = prior, earlier
        self._insert_trial_docs(docs)
        self.refresh()

    @property
    def _trials(self) -> list[dict[str, Any]]:
        """hyperopt's name for what `trials` returns."""
        return self.trials

    @_trials.setter
    def _trials(self, docs: Iterable[Mapping[str, Any]]) -> None:
        self._dynamic_trials = docs

    def delete_all(self) -> None:
        """Remove all trials and attachments."""
        self.record = Record(self._exp_key)
        self.labels = []
        self.attachments = {}
        self.stop_reason = None
        self._inserted = []
        self._handed_out = HandedOut()
        self._n_ids = 0

    def view(self, exp_key: Any = None, refresh: bool = True) -> Trials:
        """The trials with `exp_key` (None: all); the view shares the record."""
        view = copy.copy(self)
        view._exp_key = exp_key
        if refresh:
            view.refresh()
        return view

    def _unsynced(self) -> Iterator[Trial]:
        return chain(self._visible(), self._inserted)

    def know_labels(self, space: Space) -> None:
        """Note the labels of the space that is searched, and which of them are secrets."""
        self.labels = space.labels
        self.record.secrets = space.secrets

    def rewrite_for(self, space: Space) -> None:
        """Make inserted documents visible, and write all points as points of `space`."""
        self.refresh()
        for trial in self.record:
            try:
                # hyperopt evaluates a number outside of the bounds, too.
                point = parse_point(space, trial.point, within=False)
            except InvalidTrial as error:
                raise self._of_another_space(space, error) from error
            if point != trial.point:
                self.record.move(trial.number, point)

    def _of_another_space(self, space: Space, error: InvalidTrial) -> InvalidTrial:
        labels = {label for trial in self.record for label in trial.point} - set(space.constants())
        differing = [
            *(f"{label!r}, which the space does not have" for label in sorted(labels - set(space.labels))),
            *(f"{label!r}, which the trials do not have" for label in space.labels if label not in labels),
        ]
        where = f"they differ in {'; '.join(differing)}" if differing else str(error)
        return InvalidTrial(f"trials= holds trials of another space: {where}. Pass trials=Trials() for a new start")

    # ------------------------------------------------------------------ attachments
    def aname(self, trial: Mapping[str, Any], name: str) -> str:
        """The key of a trial's attachment among all `attachments`."""
        return f"ATTACH::{trial['tid']}::{name}"

    def trial_attachments(self, trial: Mapping[str, Any]) -> MutableMapping[str, Any]:
        """The attachments of the trial with this document, by name; a change changes `attachments`."""
        return _TrialAttachments(self.attachments, self.aname(trial, ""))


class _TrialAttachments(MutableMapping[str, Any]):
    """The attachments with one prefix, which their names here do not have."""

    def __init__(self, all_: dict[str, Any], prefix: str) -> None:
        self._all = all_
        self._prefix = prefix

    def __getitem__(self, name: str) -> Any:
        return self._all[self._prefix + name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._all[self._prefix + name] = value

    def __delitem__(self, name: str) -> None:
        del self._all[self._prefix + name]

    def __iter__(self) -> Iterator[str]:
        return (key.removeprefix(self._prefix) for key in self._all if key.startswith(self._prefix))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def trials_from_docs(docs: Iterable[Mapping[str, Any]], validate: bool = True, **kwargs: Any) -> Trials:
    """Trials from hyperopt's documents, finished or not.

    Parameters
    ----------
    docs : iterable of dict
        The trial documents, as in ``trials.trials``.
    validate : bool, default=True
        Whether the documents are checked first.
    **kwargs : dict
        The arguments of `Trials`.

    Returns
    -------
    Trials
        `fmin` runs the unfinished ones first, and continues the search from all of them.

    Raises
    ------
    InvalidTrial
        If one is not a trial document, or two have the same tid.

    Examples
    --------
    >>> from hpsklearn_search import fmin, hp, rand
    >>> old, space = Trials(), hp.uniform("x", -1, 1)
    >>> _ = fmin(abs, space, rand.suggest, 3, trials=old, show_progressbar=False)
    >>> new = trials_from_docs(old.trials)
    >>> new.losses() == old.losses(), new.argmin == old.argmin
    (True, True)
    """
    trials = Trials(**kwargs)
    if validate:
        trials.insert_trial_docs(docs)
    else:
        trials._insert_trial_docs(list(docs))
    trials.refresh()
    return trials


def generate_trials_to_calculate(points: Iterable[Mapping[str, Any]]) -> Trials:
    """Trials whose points `fmin` evaluates first; ``fmin(..., points_to_evaluate=points)`` is shorter.

    Parameters
    ----------
    points : iterable of mapping
        ``{label: raw value}``. `fmin` checks them, because it knows the space.

    Returns
    -------
    Trials
        For the argument ``trials`` of `fmin`.

    Examples
    --------
    >>> from hpsklearn_search import fmin, hp, rand
    >>> trials = generate_trials_to_calculate([{"x": 0.5}, {"x": 0.25}])
    >>> space = hp.uniform("x", -1, 1)
    >>> _ = fmin(abs, space, rand.suggest, 3, trials=trials, show_progressbar=False)
    >>> trials.vals["x"][:2]
    [0.5, 0.25]
    """
    given, points = points, list(points)
    if not all(isinstance(point, Mapping) for point in points):
        raise TypeError(
            f"points must be a list of points {{label: value}}, as in [{{'x': 0.5}}], got {public_repr(given)}"
        )
    docs = [document(Trial(tid, dict(point)), list(point)) for tid, point in enumerate(points)]
    return trials_from_docs(docs)
