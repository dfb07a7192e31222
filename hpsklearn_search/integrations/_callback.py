"""`MLflowCallback`: a search as a run of MLflow, with a child run for each trial.

`automatic_callbacks` adds one where the user has asked mlflow for it: by autologging, or on Spark.

>>> automatic_callbacks([], None, "fmin")
[]
"""

from __future__ import annotations

import os
import time
import uuid
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .._keywords import ExplainsKeywords
from .._secrets_in_texts import without_secrets
from .._texts import public_repr
from ..exceptions import NotInstalledError
from ..optimize import Callback, check_timeout
from ..trials import Trial, Trials, is_address, public_address
from . import _client, _unsent
from ._content import TAG_LENGTH, default_run_name, milliseconds, valid_tags, valid_text
from ._session import Ending, Session
from ._tracker import Destination


class MLflowCallback(Callback, ExplainsKeywords):
    """Logs a search to MLflow: a parent run, and one child run per trial.

    Pass it in ``callbacks=`` of `HyperoptSearchCV` or `fmin`. All calls to MLflow are made in a separate
    thread of the process that runs the search, wherever the trials run. If the server is down, slow or
    full, the search continues; it ends with one warning, which names a file for `resend`.

    Parameters
    ----------
    experiment : str, default=None
        The name of the experiment, which is created if it does not exist: ``"iris"``. By default the current
        experiment of mlflow.
    run_name : str, default=None
        The name of the parent run. By default it consists of the kind of search and the estimator or function.
    parent_run_id : str, default=None
        The id of an existing run that becomes the parent. The search does not end this run. By default the
        parent is the active run of mlflow. If there is none, or if `experiment` or `tracking_uri` is given, the
        parent is a new run.
    tracking_uri : str, default=None
        Address of the tracking server or store. By default the current one of mlflow.
    log_model : {"best", None}, default="best"
        ``"best"`` logs the refitted model, with its signature. None logs no model.
    tags : dict, default=None
        More tags for the parent run and its children: ``{"team": "search"}``. By default there are none.
    input_example : bool, default=True
        Whether to log a few rows of X with the model, as its example of an input.
    registered_model_name : str, default=None
        The name under which the model is registered. By default it is not registered.
    patience : float, default=60
        The maximum number of seconds that the end of the search waits for updates that are not sent yet. None
        waits until all are sent. A server that does not answer gets at most ten seconds.
    unsent_dir : path-like, default=None
        The folder for the file of updates that could not be sent. By default the current folder.

    Attributes
    ----------
    run_id : str or None
        Id of the parent run of the last search; None if it is not known yet.

    Raises
    ------
    NotInstalledError
        At the start of the search, if mlflow is not installed.
    TypeError, ValueError
        If an argument is invalid.

    Examples
    --------
    >>> from hpsklearn_search import HyperoptSearchCV, MLflowCallback
    >>> def tracked(estimator, space, X, y):
    ...     search = HyperoptSearchCV(
    ...         estimator, space, callbacks=[MLflowCallback(experiment="tuning")]
    ...     )
    ...     return search.fit(X, y)
    """

    _meant = {
        **dict.fromkeys(("experiment_name", "project"), "experiment"),
        **dict.fromkeys(("uri", "mlflow_tracking_uri", "url"), "tracking_uri"),
        **dict.fromkeys(("name", "run"), "run_name"),
        **dict.fromkeys(("run_id", "parent"), "parent_run_id"),
        "registered_model": "registered_model_name",
        "experiment_id": "Give the name of the experiment: experiment='name'",
    }

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
            raise ValueError(f'log_model must be "best" or None, got {public_repr(log_model)}')
        if tags is not None and not isinstance(tags, Mapping):
            raise TypeError(f"tags must be a dict, such as tags={{'team': 'risk'}}, got {public_repr(tags)}")
        if tracking_uri is not None and not isinstance(tracking_uri, str | os.PathLike):
            raise TypeError(
                f"tracking_uri must be an address, such as 'http://localhost:5000', got {public_repr(tracking_uri)}"
            )
        if isinstance(experiment, str) and is_address(experiment):
            address = public_address(experiment)
            raise ValueError(
                f"experiment={address} is an address; write tracking_uri={address}, and as experiment a name"
            )
        if parent_run_id is not None and experiment is not None:
            raise ValueError(
                f"experiment={public_repr(experiment)}: the run parent_run_id={public_repr(parent_run_id)} already has "
                "an experiment; give one of the two"
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
        self._logs_data = True  # the description of the training data; a setting of mlflow's autologging
        self._session: Session | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_session": None}  # a clone or a pickle logs its own searches

    def __repr__(self) -> str:
        uri = self.tracking_uri and without_secrets(self.tracking_uri)  # representations end in logs and notebooks
        return f"MLflowCallback(experiment={public_repr(self.experiment)}, tracking_uri={uri!r})"

    @staticmethod
    def resend(path: str | os.PathLike[str], tracking_uri: str | None = None, parent_run_id: str | None = None) -> int:
        """Send the updates that a search could not send to MLflow.

        Sending a file again changes nothing, so a failed attempt can be repeated. The file stays; delete it,
        and the folder of the same name if there is one, when all is sent.

        A file decides neither where your credentials go nor which of your files and runs are touched: it is
        sent to an address that you choose, with files from the folder of its own name, and to runs that the
        tags on the server show to be those of its search. Its content is logged as it stands, so send only
        files that you trust.

        Parameters
        ----------
        path : path-like
            The file that the warning of the search names.
        tracking_uri : str, default=None
            Address of the tracking server or store. By default the current one of mlflow, which must be the
            one that the search logged to. A server that does not have the runs of the search gets new ones,
            in the experiment of the same name, or in the current experiment of mlflow. The file contains no
            password: give the whole address here, or set ``MLFLOW_TRACKING_PASSWORD``.
        parent_run_id : str, default=None
            Id of the parent run, if the search did not create it, and could not tag it before the server
            went down. The error message says when it is needed.

        Returns
        -------
        int
            Number of updates that were sent.

        Raises
        ------
        ValueError
            If `path` is not such a file, or if it names another address, a file outside of its folder, or a run
            of somebody else.
        NotInstalledError
            If mlflow is not installed.
        mlflow.exceptions.MlflowException
            If the server still does not answer. If it refuses some updates, this is raised after the others
            were sent.

        Examples
        --------
        >>> from hpsklearn_search import MLflowCallback
        >>> def send_again():
        ...     return MLflowCallback.resend("mlflow-unsent-3f2b8c1d.jsonl")
        """
        if is_address(os.fspath(path)):
            raise ValueError(
                f"path={public_address(os.fspath(path))} is an address; write resend(path, tracking_uri=...), with the "
                "file that the warning of the search names as path"
            )
        return _unsent.resend(Path(path), tracking_uri, parent_run_id)

    # ------------------------------------------------------------------ the search
    def on_search_begin(self, trials: Trials, search: Mapping[str, Any]) -> None:
        """Start the log: a new parent run, or the existing one to log into."""
        _client.check_installed()
        self.run_id = None
        if not self._logs_data:
            search = {name: value for name, value in search.items() if name != "data"}
        self._session = Session(self._destination(search, milliseconds(time.time())), trials, search)

    def on_trial_begin(self, trials: Trials, trial: Trial) -> None:
        """Start a child run."""
        if self._session is not None:
            self._session.begin_trial(trial)

    def environment(self, trial: Trial) -> dict[str, str]:
        """The environment variables by which a worker logs into the child run of a trial that has begun."""
        return {} if self._session is None else self._session.environment(trial)

    def on_trial_end(self, trials: Trials, trial: Trial) -> None:
        """End a child run."""
        if self._session is not None:
            self._session.end_trial(trial)

    def on_finish(self, fitted: Any, error: BaseException | None) -> None:
        """Log the result, and end the parent run if the callback created it."""
        session, self._session = self._session, None
        if session is None:
            return
        folder = None if self.unsent_dir is None else Path(self.unsent_dir)
        try:
            session.finish(fitted, error, Ending(self.log_model, self.input_example, self.patience, folder))
        finally:
            self.run_id = session.tracker.parent_id

    def _destination(self, search: Mapping[str, Any], now: int | None) -> Destination:
        # Who says where to log does not mean the run that happens to be active.
        is_explicit = (self.parent_run_id, self.experiment, self.tracking_uri) != (None, None, None)
        active = None if is_explicit else _client.active_run()
        return Destination(
            search=uuid.uuid4().hex[:12],
            tracking_uri=self.tracking_uri or _client.tracking_uri(),
            experiment=self.experiment,
            run_name=_public_name(self.run_name or default_run_name(search)),
            start=now,
            tags=valid_tags(self.tags),
            external_run_id=self.parent_run_id or (active.info.run_id if active is not None else None),
            registered_model=self.registered_model_name,
        )


def _public_name(name: str) -> str:
    """The name of a run as MLflow takes it, which everybody sees who looks at the experiment."""
    return valid_text(without_secrets(name), TAG_LENGTH)


def automatic_callbacks(callbacks: Sequence[Callback], trials: Trials | None, kind: str) -> list[Callback]:
    """An `MLflowCallback` if autologging is on or `SparkTrials` asks for one, and the user gave none."""
    if any(isinstance(callback, MLflowCallback) for callback in callbacks):
        return []
    # fmin is no estimator, so autologging of scikit-learn does not concern it.
    config = _client.autologging() if kind == "HyperoptSearchCV" else None
    if config is not None:
        return [_autologging_callback(config)]
    # Being installed is no reason to use mlflow: it must be imported, or its address set.
    is_in_use = _client.is_loaded() or bool(os.environ.get("MLFLOW_TRACKING_URI"))
    return _callback_if_installed() if trials is not None and trials.mlflow and is_in_use else []


def run_environment(callbacks: Sequence[Callback]) -> Callable[[Trial], dict[str, str]] | None:
    """How a worker finds the run of its trial, if one of the callbacks is an `MLflowCallback`."""
    return next((callback.environment for callback in callbacks if isinstance(callback, MLflowCallback)), None)


def _autologging_callback(config: Mapping[str, Any]) -> MLflowCallback:
    callback = MLflowCallback(
        log_model="best" if config.get("log_models", True) else None,
        tags={**(config.get("extra_tags") or {}), "mlflow.autologging": "sklearn"},
        input_example=bool(config.get("log_input_examples", False)),
        registered_model_name=config.get("registered_model_name"),
    )
    callback._logs_data = bool(config.get("log_datasets", True))
    return callback


def _callback_if_installed() -> list[Callback]:
    try:
        _client.check_installed()
    except NotInstalledError as error:
        warnings.warn(
            f"MLFLOW_TRACKING_URI is set, but {error}; trials=SparkTrials(..., mlflow=False) logs nothing",
            UserWarning,
            stacklevel=4,
        )
        return []
    return [MLflowCallback()]
