"""Everything that the library takes from mlflow, imported when used.

Checked in mlflow 3.17.2. Private names: the variables of ``mlflow.environment_variables``, of the
fluent module the experiment in force, of ``utils.autologging_utils`` what says whether autologging
is on; where one is missing, its part of the service is.

>>> is_loaded() == ("mlflow" in sys.modules)
True
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import itertools
import logging
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..exceptions import NotInstalledError
from ._limits import ITEMS_PER_BATCH, METRICS_PER_BATCH, slices
from ._updates import Metric

CALL_LIMITS = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": 0,  # the writer tries again, and later
    "MLFLOW_HTTP_REQUEST_TIMEOUT": 10,
    "MLFLOW_DATABRICKS_ENDPOINT_HTTP_RETRY_TIMEOUT": 10,
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": True,
}
"""For our calls alone, and only where the user has not set the variable."""


# ---------------------------------------------------------------------- whether it is there
def is_loaded() -> bool:
    """Whether somebody has imported mlflow."""
    return "mlflow" in sys.modules


def check_installed() -> None:
    """Make sure that mlflow can be imported.

    Raises
    ------
    NotInstalledError
        If not.
    """
    if not is_loaded() and importlib.util.find_spec("mlflow") is None:
        raise NotInstalledError("logging to MLflow needs mlflow: pip install 'hpsklearn_search[mlflow]'")


def tracking_uri() -> str:
    """The tracking URI in force."""
    import mlflow

    return str(mlflow.get_tracking_uri())


def active_run() -> Any:
    """The run that is active in this thread, None if there is none."""
    import mlflow

    return mlflow.active_run()


# ---------------------------------------------------------------------- limits of our calls
_ours = threading.local()


@contextlib.contextmanager
def short_calls() -> Iterator[None]:
    """Within, calls of mlflow made in this thread give up soon and print nothing.

    mlflow reads its limits from the environment, which all threads and child processes share. So the
    variables are asked through a function that looks at the thread.
    """
    import mlflow.environment_variables as variables

    for name, limit in CALL_LIMITS.items():
        variable = getattr(variables, name, None)
        if variable is not None and "get" not in vars(variable):
            variable.get = _asked_by_thread(variable, limit)
    _ours.depth = getattr(_ours, "depth", 0) + 1
    try:
        yield
    finally:
        _ours.depth -= 1


def _asked_by_thread(variable: Any, limit: Any) -> Any:
    usual = variable.get

    def get() -> Any:
        return limit if getattr(_ours, "depth", 0) and not variable.is_set() else usual()

    return get


def is_refusal(error: Exception) -> bool:
    """Whether a call was understood and refused, so that the same call again is of no use."""
    from mlflow.exceptions import MlflowException

    if isinstance(error, MlflowException):
        status = int(error.get_http_status_code())
        return 400 <= status < 500 and status not in (408, 429)
    return not isinstance(error, OSError)  # requests' exceptions are OSErrors, too


# ---------------------------------------------------------------------- the client
class Client:
    """The calls of ``MlflowClient`` that the library makes, on one store.

    Parameters
    ----------
    uri : str or None
        The tracking URI; None is the one in force.
    """

    def __init__(self, uri: str | None) -> None:
        from mlflow import MlflowClient

        self._client = MlflowClient(tracking_uri=uri)

    def experiment_id(self, name: str | None) -> str:
        """The id of the experiment called `name`, made if it is missing; for None of the one in force."""
        if name is None:
            return self._experiment_in_force()
        found = self._client.get_experiment_by_name(name)
        return str(found.experiment_id if found is not None else self._client.create_experiment(name))

    def _experiment_in_force(self) -> str:
        from mlflow.tracking import fluent, get_tracking_uri

        same_store = self._client.tracking_uri == get_tracking_uri()
        in_force = getattr(fluent, "_get_experiment_id", None)
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME")
        if same_store and in_force is not None:
            return str(in_force())
        return "0" if name is None else self.experiment_id(name)

    def run(self, run_id: str) -> Any:
        """The run with an id."""
        return self._client.get_run(run_id)

    def has_run(self, run_id: str) -> bool:
        """Whether there is a run with this id; raises where nobody answers."""
        from mlflow.exceptions import MlflowException

        try:
            self.run(run_id)
        except MlflowException as error:
            if not is_refusal(error):
                raise
            return False
        return True

    def create_run(self, experiment_id: str, name: str | None, start: int | None, tags: dict[str, str]) -> str:
        """A new run; its id."""
        run = self._client.create_run(experiment_id, start_time=start, tags=tags, run_name=name)
        return str(run.info.run_id)

    def run_ids(self, experiment_id: str, tag: str, value: str) -> dict[str, dict[str, str]]:
        """``{run id: tags}`` of the runs with a tag of this value."""
        found: dict[str, dict[str, str]] = {}
        token = None
        while True:
            page = self._client.search_runs([experiment_id], f"tags.`{tag}` = '{value}'", page_token=token)
            found.update({run.info.run_id: dict(run.data.tags) for run in page})
            token = page.token
            if not token:
                return found

    def log(
        self, run_id: str, metrics: Sequence[Metric], params: Sequence[tuple[str, str]], tags: Sequence[tuple[str, str]]
    ) -> None:
        """Metrics, parameters and tags, in one call where they are not many."""
        from mlflow import entities

        batches: tuple[Any, Any, Any] = (
            slices([entities.Metric(*metric) for metric in metrics], METRICS_PER_BATCH),
            slices([entities.Param(*param) for param in params], ITEMS_PER_BATCH),
            slices([entities.RunTag(*tag) for tag in tags], ITEMS_PER_BATCH),
        )
        for some_metrics, some_params, some_tags in itertools.zip_longest(*batches, fillvalue=()):
            self._client.log_batch(run_id, metrics=some_metrics, params=some_params, tags=some_tags, synchronous=True)

    def log_files(self, run_id: str, folder: str, artifact_path: str | None) -> None:
        """The files of a folder, as artifacts."""
        self._client.log_artifacts(run_id, folder, artifact_path)

    def end_run(self, run_id: str, status: str, end: int | None) -> None:
        """End a run."""
        self._client.set_terminated(run_id, status=status, end_time=end)

    # ------------------------------------------------------------------ models
    def has_model(self, run_id: str, name: str) -> bool:
        """Whether a model of this name has been logged for the run."""
        outputs = getattr(self.run(run_id), "outputs", None)
        models = [self._client.get_logged_model(o.model_id) for o in getattr(outputs, "model_outputs", None) or ()]
        return any(model.name == name and str(model.status) == "READY" for model in models)

    def log_model(self, run_id: str, name: str, folder: str, params: dict[str, str], registered: str | None) -> None:
        """A saved model as the output of a run."""
        from mlflow.entities import LoggedModelOutput
        from mlflow.exceptions import MlflowException
        from mlflow.models import Model

        experiment_id = self.run(run_id).info.experiment_id
        try:
            logged = self._client.create_logged_model(experiment_id, name=name, source_run_id=run_id, params=params)
        except MlflowException as error:
            if error.error_code != "ENDPOINT_NOT_FOUND":
                raise
            self.log_files(run_id, folder, name)  # a server older than mlflow 3: a model is a folder of its run
            return
        self._client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
        description = Model.load(folder)
        description.run_id, description.model_id, description.model_uuid = run_id, logged.model_id, logged.model_id
        description.artifact_path = logged.artifact_location
        description.save(str(Path(folder) / "MLmodel"))
        self._client.log_model_artifacts(logged.model_id, folder)
        self._client.finalize_logged_model(logged.model_id, "READY")
        if registered is not None:
            self._register(registered, run_id, logged.model_id)

    def _register(self, name: str, run_id: str, model_id: str) -> None:
        from mlflow.exceptions import MlflowException

        try:
            self._client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        self._client.create_model_version(name, f"models:/{model_id}", run_id=run_id, model_id=model_id)


def context_tags() -> dict[str, str]:
    """Who runs what: the tags that mlflow puts on every run (user, source, commit)."""
    try:
        from mlflow.tracking.context.registry import resolve_tags
    except ImportError:
        return {}
    return dict(resolve_tags())


def save_model(model: Any, folder: str, sample: Any, *, with_example: bool) -> None:
    """Save a fitted scikit-learn model with its signature and an input example, on this machine.

    mlflow finds out what a model needs by loading it in a new process, which takes some twenty
    seconds and names whatever was imported. What is listed here is what it lists for scikit-learn, and
    the packages that the parts of the model come from.

    Parameters
    ----------
    model : estimator
        Fitted.
    folder : str
        Must not exist.
    sample : data or None
        A few rows of X.
    with_example : bool
        Whether they are saved with the model.
    """
    import mlflow.sklearn
    from mlflow.models import infer_signature

    signature = None
    answer = next((getattr(model, name) for name in ("predict", "transform") if hasattr(model, name)), None)
    if sample is not None and answer is not None:
        with contextlib.suppress(Exception):  # data that has no signature: lists of texts, sparse matrices
            signature = infer_signature(sample, answer(sample))
    needed = [*mlflow.sklearn.get_default_pip_requirements(include_cloudpickle=True), *_packages_of(model)]
    options = {"signature": signature, "pip_requirements": needed, "serialization_format": "cloudpickle"}
    if with_example and signature is not None:
        options["input_example"] = sample
    with _muted("mlflow.sklearn", "Saving scikit-learn models in the pickle"):
        mlflow.sklearn.save_model(model, folder, **options)


@contextlib.contextmanager
def _muted(logger: str, beginning: str) -> Iterator[None]:
    """Within, no log record with this beginning: advice about a choice that its reader has not made."""

    def is_wanted(record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith(beginning)

    logging.getLogger(logger).addFilter(is_wanted)
    try:
        yield
    finally:
        logging.getLogger(logger).removeFilter(is_wanted)


def _packages_of(model: Any) -> list[str]:
    """Requirements for the installed packages that the model's parameters, at any depth, come from."""
    parts = [model, *(model.get_params(deep=True).values() if hasattr(model, "get_params") else ())]
    modules = {str(getattr(part, "__module__", type(part).__module__)).split(".")[0] for part in parts}
    distributions = importlib.metadata.packages_distributions()
    names = {name for module in modules - {"sklearn"} for name in distributions.get(module, ())}
    return sorted(f"{name}=={importlib.metadata.version(name)}" for name in names)


# ---------------------------------------------------------------------- autologging
def autologging() -> dict[str, Any] | None:
    """The configuration of scikit-learn's autologging where it is on and would log now; else None.

    It would not log inside the fit of something else that it logs, nor, with ``exclusive=True``, into
    a run that the user has started.
    """
    utils = sys.modules.get("mlflow.utils.autologging_utils")
    try:
        if utils is None or utils.autologging_is_disabled("sklearn") or utils._AUTOLOGGING_GLOBALLY_DISABLED:
            return None
        if utils._has_active_training_session():
            return None
        config = dict(utils.AUTOLOGGING_INTEGRATIONS["sklearn"])
    except (AttributeError, KeyError):
        return None
    return None if config.get("exclusive") and active_run() is not None else config


_suspensions = 0
_suspending = threading.Lock()


@contextlib.contextmanager
def autologging_suspended() -> Iterator[None]:
    """Within, mlflow's autologging logs nothing; where several do this at once, until the last one ends."""
    global _suspensions
    utils: Any = sys.modules.get("mlflow.utils.autologging_utils")
    with _suspending:
        is_suspended = getattr(utils, "_AUTOLOGGING_GLOBALLY_DISABLED", True)
        if is_suspended and not _suspensions:  # by somebody else, who ends it
            mine = False
        else:
            mine, _suspensions = True, _suspensions + 1
            utils._AUTOLOGGING_GLOBALLY_DISABLED = True
    try:
        yield
    finally:
        if mine:
            with _suspending:
                _suspensions -= 1
                utils._AUTOLOGGING_GLOBALLY_DISABLED = _suspensions > 0
