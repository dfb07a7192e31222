"""`MLflowCallback`: a search as a run of MLflow, with a child run for each trial."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..optimize import Callback, check_timeout
from ..trials import Trial, Trials
from . import _client as mlflow
from ._content import name_of, tags_of
from ._session import Ending, Session
from ._unsent import Destination
from ._updates import milliseconds


class MLflowCallback(Callback):
    """Logs a search to MLflow: a parent run, and one child run a trial.

    Goes into ``callbacks=`` of `HyperoptSearchCV` or `fmin`, wherever the trials run. All calls are
    made in a thread of their own, of the process that searches. A server that is down, slow or full
    costs one warning, which names a file for `replay`.

    Parameters
    ----------
    experiment : str, default=None
        Name of the experiment, made if it is missing. None is that in force in mlflow.
    run_name : str, default=None
        Name of the parent run. None is made of what searches and what is tuned.
    parent_run_id : str, default=None
        A run to log into as the parent; it is not ended. None is the active run of mlflow, unless
        `experiment` or `tracking_uri` is given; where there is none, a run of its own.
    tracking_uri : str, default=None
        Where to log. None is what is in force in mlflow.
    log_model : {"best", None}, default="best"
        Whether the refitted model is logged, with its signature and a few rows of X as an example.
    tags : dict, default=None
        Further tags of the parent run and its children.
    input_example : bool, default=True
        Whether the rows of X are logged with the model.
    registered_model_name : str, default=None
        The name under which the model is registered.
    patience : float, default=60
        Seconds that the end of the search waits for what is still to be sent. None: as long as it
        takes. A server that does not answer is not waited for.
    unsent_dir : path-like, default=None
        Where the file goes with what was not sent. None is the current directory.

    Attributes
    ----------
    run_id : str or None
        The parent run of the last search; None while it is unknown.

    Raises
    ------
    NotInstalledError
        At the begin of the search, if mlflow is not installed.
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> from hpsklearn_search import HyperoptSearchCV, MLflowCallback
    >>> def tracked(estimator, space, X, y):
    ...     search = HyperoptSearchCV(estimator, space, callbacks=[MLflowCallback(experiment="tuning")])
    ...     return search.fit(X, y)
    """

    def __init__(
        self,
        experiment: str | None = None,
        run_name: str | None = None,
        parent_run_id: str | None = None,
        tracking_uri: str | None = None,
        log_model: str | None = "best",
        *,
        tags: Mapping[str, Any] | None = None,
        input_example: bool = True,
        registered_model_name: str | None = None,
        patience: float | None = 60.0,
        unsent_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        if log_model not in ("best", None, False):
            raise ValueError(f'log_model must be "best" or None, got {log_model!r}')
        if parent_run_id is not None and experiment is not None:
            raise ValueError(
                f"experiment={experiment!r}: the run parent_run_id={parent_run_id!r} is in an experiment already; "
                "give one of the two"
            )
        self.experiment = experiment
        self.run_name = run_name
        self.parent_run_id = parent_run_id
        self.tracking_uri = tracking_uri
        self.log_model = log_model or None
        self.tags = dict(tags or {})
        self.input_example = input_example
        self.registered_model_name = registered_model_name
        self.patience = check_timeout(patience, "patience")
        self.unsent_dir = None if unsent_dir is None else os.fspath(unsent_dir)
        self.run_id: str | None = None
        self._session: Session | None = None

    def __getstate__(self) -> dict[str, Any]:
        # Copies and pickles are settings, and log searches of their own.
        return {**self.__dict__, "_session": None}

    def __repr__(self) -> str:
        return f"MLflowCallback(experiment={self.experiment!r}, tracking_uri={self.tracking_uri!r})"

    # ------------------------------------------------------------------ the search
    def on_search_begin(self, trials: Trials, search: Mapping[str, Any]) -> None:
        """Open the parent run, or find the one to log into."""
        mlflow.check_installed()
        self.run_id = None
        self._session = Session(self._destination(search, milliseconds(time.time())), trials, search)

    def on_trial_begin(self, trials: Trials, trial: Trial) -> None:
        """A child run begins."""
        if self._session is not None:
            self._session.began(trial)

    def on_trial_end(self, trials: Trials, trial: Trial) -> None:
        """A child run ends."""
        if self._session is not None:
            self._session.ended(trial)

    def on_finish(self, fitted: Any, error: BaseException | None) -> None:
        """Log the result, and end the parent run if it is our own."""
        session, self._session = self._session, None
        if session is None:
            return
        folder = None if self.unsent_dir is None else Path(self.unsent_dir)
        try:
            session.finish(fitted, error, Ending(self.log_model, self.input_example, self.patience, folder))
        finally:
            self.run_id = session.tracker.parent_id

    def _destination(self, search: Mapping[str, Any], now: int | None) -> Destination:
        active = mlflow.active_run() if self._may_join() else None
        return Destination(
            search=uuid.uuid4().hex[:12],
            tracking_uri=self.tracking_uri or mlflow.tracking_uri(),
            experiment=self.experiment,
            run_name=self.run_name or name_of(search),
            start=now,
            tags=tags_of(self.tags),
            adopted=self.parent_run_id or (active.info.run_id if active is not None else None),
            registered_model=self.registered_model_name,
        )

    def _may_join(self) -> bool:
        """Whether the active run may serve as parent: unless the user says where else to log."""
        return self.parent_run_id is None and self.experiment is None and self.tracking_uri is None
