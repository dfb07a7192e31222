"""Everything that the library uses from mlflow, imported when used.

Checked with mlflow 3.17.2. Private names are used for the limits of calls
(``environment_variables``), the current experiment (``tracking.fluent``) and the state of autologging
(``utils.autologging_utils``); if one is missing in another version, only that feature is missing.

>>> is_loaded() == ("mlflow" in sys.modules)
True
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import itertools
import json
import logging
import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..exceptions import NotInstalledError
from ._content import ITEMS_PER_BATCH, METRICS_PER_BATCH, Metric, batches, valid_tags

# For calls of this package only, and only where the user has not set the variable.
CALL_LIMITS = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": 0,  # the writer tries again later
    "MLFLOW_HTTP_REQUEST_TIMEOUT": 10,
    "MLFLOW_DATABRICKS_ENDPOINT_HTTP_RETRY_TIMEOUT": 10,
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": True,
}


ROWS_FOR_TYPES = 1000


# ---------------------------------------------------------------------- is mlflow there?
def is_loaded() -> bool:
    """Whether the program has imported mlflow."""
    return "mlflow" in sys.modules


def check_installed() -> None:
    """Raise `NotInstalledError` if mlflow cannot be imported."""
    if not is_loaded() and importlib.util.find_spec("mlflow") is None:
        raise NotInstalledError("logging to MLflow needs mlflow: pip install 'hpsklearn_search[mlflow]'")


def tracking_uri() -> str:
    """The current tracking URI."""
    import mlflow

    return str(mlflow.get_tracking_uri())


def active_run() -> Any:
    """The active run of this thread, or None."""
    import mlflow

    return mlflow.active_run()


def end_active_runs() -> None:
    """End the runs of this process that user code has left open, if it used mlflow at all."""
    if not is_loaded():
        return
    import mlflow

    with contextlib.suppress(Exception):  # a server that is down; the driver says how the run has ended
        while mlflow.active_run() is not None:
            mlflow.end_run()


# ---------------------------------------------------------------------- limits of calls
_thread = threading.local()


@contextlib.contextmanager
def short_calls() -> Iterator[None]:
    """Within, calls of mlflow in this thread fail after seconds and print nothing."""
    # mlflow reads its limits from the environment, which all threads and child processes share. Setting
    # them there would change the user's calls, so the getter of each variable looks at the thread.
    import mlflow.environment_variables as variables

    for name, limit in CALL_LIMITS.items():
        variable = getattr(variables, name, None)
        if variable is not None and "get" not in vars(variable):
            variable.get = _getter_for_thread(variable, limit)
    _thread.depth = getattr(_thread, "depth", 0) + 1
    try:
        yield
    finally:
        _thread.depth -= 1


def _getter_for_thread(variable: Any, limit: Any) -> Any:
    default = variable.get

    def get() -> Any:
        return limit if getattr(_thread, "depth", 0) and not variable.is_set() else default()

    return get


def is_refusal(error: Exception) -> bool:
    """Whether the server refused the call, so that repeating it is useless."""
    from mlflow.exceptions import MlflowException

    if isinstance(error, MlflowException):
        status = int(error.get_http_status_code())
        return 400 <= status < 500 and status not in (408, 429)  # a timeout, too many requests
    return not isinstance(error, OSError)  # as the exceptions of requests are


# ---------------------------------------------------------------------- the client
class Client:
    """The calls of ``MlflowClient`` that the library makes, to one tracking server or store."""

    def __init__(self, uri: str | None) -> None:
        from mlflow import MlflowClient

        self._client = MlflowClient(tracking_uri=uri)

    def experiment_id(self, name: str | None) -> str:
        """The id of an experiment, created if it does not exist; without a name, the current one."""
        if name is None:
            return self._current_experiment()
        experiment = self._client.get_experiment_by_name(name)
        return str(experiment.experiment_id if experiment is not None else self._client.create_experiment(name))

    def _current_experiment(self) -> str:
        from mlflow.tracking import fluent, get_tracking_uri

        # The current experiment is an id, which means another experiment in another store.
        is_current_store = self._client.tracking_uri == get_tracking_uri()
        current = getattr(fluent, "_get_experiment_id", None)
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME")
        if is_current_store and current is not None:
            return str(current())
        return "0" if name is None else self.experiment_id(name)  # "0" is MLflow's default experiment

    def run(self, run_id: str) -> Any:
        """A run by its id."""
        return self._client.get_run(run_id)

    def tags_of_run(self, run_id: str) -> dict[str, str] | None:
        """The tags of a run, None if it does not exist; raises if the server does not answer."""
        from mlflow.exceptions import MlflowException

        try:
            return dict(self.run(run_id).data.tags)
        except MlflowException as error:
            if not is_refusal(error):
                raise
            return None

    def create_run(self, experiment_id: str, name: str | None, start: int | None, tags: dict[str, str]) -> str:
        """Create a run; returns its id."""
        run = self._client.create_run(experiment_id, start_time=start, tags=tags, run_name=name)
        return str(run.info.run_id)

    def run_ids(self, experiment_id: str, tag: str, value: str) -> dict[str, dict[str, str]]:
        """``{run id: tags}`` of the runs whose tag has this value."""
        tags: dict[str, dict[str, str]] = {}
        token = None
        while True:
            page = self._client.search_runs([experiment_id], f"tags.`{tag}` = '{value}'", page_token=token)
            tags.update({run.info.run_id: dict(run.data.tags) for run in page})
            token = page.token
            if not token:
                return tags

    def log(
        self, run_id: str, metrics: Sequence[Metric], params: Sequence[tuple[str, str]], tags: Sequence[tuple[str, str]]
    ) -> None:
        """Log metrics, parameters and tags, in one call if there are not too many."""
        from mlflow import entities

        columns: tuple[Any, Any, Any] = (
            batches([entities.Metric(*metric) for metric in metrics], METRICS_PER_BATCH),
            batches([entities.Param(*param) for param in params], ITEMS_PER_BATCH),
            batches([entities.RunTag(*tag) for tag in tags], ITEMS_PER_BATCH),
        )
        for metrics_, params_, tags_ in itertools.zip_longest(*columns, fillvalue=()):
            self._client.log_batch(run_id, metrics=metrics_, params=params_, tags=tags_, synchronous=True)

    def log_files(self, run_id: str, folder: str, artifact_path: str | None) -> None:
        """Log the files of a folder as artifacts."""
        self._client.log_artifacts(run_id, folder, artifact_path)

    def end_run(self, run_id: str, status: str, end: int | None) -> None:
        """End a run."""
        self._client.set_terminated(run_id, status=status, end_time=end)

    def log_dataset(self, run_id: str, dataset: Mapping[str, str]) -> None:
        """Log a description of the training data as an input of the run."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        context = [InputTag("mlflow.data.context", "training")]
        self._client.log_inputs(run_id, [DatasetInput(Dataset(**dataset), context)])

    # ------------------------------------------------------------------ models
    def has_model(self, run_id: str, name: str) -> bool:
        """Whether the run has a complete model of this name."""
        outputs = getattr(self.run(run_id), "outputs", None)
        models = [self._client.get_logged_model(o.model_id) for o in getattr(outputs, "model_outputs", None) or ()]
        return any(model.name == name and str(model.status) == "READY" for model in models)

    def log_model(self, run_id: str, name: str, folder: str, params: dict[str, str], registered: str | None) -> None:
        """Log a saved model as the output of a run."""
        from mlflow.entities import LoggedModelOutput
        from mlflow.exceptions import MlflowException
        from mlflow.models import Model

        try:
            description = Model.load(folder)
        except Exception as error:  # of mlflow, or of what reads YAML: the folder may come from somebody else
            raise ValueError(f"there is no model that mlflow can read in {folder!r}") from error
        experiment_id = self.run(run_id).info.experiment_id
        try:
            logged = self._client.create_logged_model(experiment_id, name=name, source_run_id=run_id, params=params)
        except MlflowException as error:
            if error.error_code != "ENDPOINT_NOT_FOUND":
                raise
            self.log_files(run_id, folder, name)  # before mlflow 3, a model is a folder of its run
            return
        self._client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
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
    """The tags that mlflow gives to every run (user, source, commit), without their secrets."""
    try:
        from mlflow.tracking.context.registry import resolve_tags
    except ImportError:
        return {}
    return valid_tags(resolve_tags())  # the address of a repository may have a password


def describe_dataset(X: Any, y: Any) -> dict[str, str]:
    """Name, size, columns and digest of training data in mlflow's words; empty for data of other types."""
    import mlflow.data
    from mlflow.data.code_dataset_source import CodeDatasetSource

    is_array = isinstance(X, np.ndarray)
    if not is_array and not (hasattr(X, "iloc") and hasattr(X, "columns")):
        return {}
    source = CodeDatasetSource(context_tags())  # as by default, but with secrets hidden
    if is_array:
        targets = y if isinstance(y, np.ndarray) else None
        return dict(mlflow.data.from_numpy(X, source=source, targets=targets).to_dict())
    whole = mlflow.data.from_pandas(X, source=source)
    # mlflow looks at each cell for the types of the columns, which takes minutes: some rows show them as well.
    sample = mlflow.data.from_pandas(X.iloc[:ROWS_FOR_TYPES], source=source)
    return {**sample.to_dict(), "digest": whole.digest, "profile": json.dumps(whole.profile)}


def save_model(model: Any, folder: str, sample: Any, *, with_example: bool) -> None:
    """Save a fitted scikit-learn model in a new local folder, with its signature and an input example."""
    import mlflow.sklearn
    from mlflow.models import infer_signature

    signature = None
    method = next((getattr(model, name) for name in ("predict", "transform") if hasattr(model, name)), None)
    if sample is not None and method is not None:
        with contextlib.suppress(Exception):  # some data has no signature: lists of texts, sparse matrices
            signature = infer_signature(sample, method(sample))
    # By default mlflow loads the model in a new process to find its requirements. That takes about twenty
    # seconds, and lists whatever was imported.
    requirements = [*mlflow.sklearn.get_default_pip_requirements(include_cloudpickle=True), *_packages_of(model)]
    options = {"signature": signature, "pip_requirements": requirements, "serialization_format": "cloudpickle"}
    if with_example and signature is not None:
        options["input_example"] = sample
    with _muted("mlflow.sklearn", "Saving scikit-learn models in the pickle"):
        mlflow.sklearn.save_model(model, folder, **options)


@contextlib.contextmanager
def _muted(logger: str, prefix: str) -> Iterator[None]:
    """Within, records that start so are dropped: advice about a setting that the user did not choose."""

    def is_other(record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith(prefix)

    logging.getLogger(logger).addFilter(is_other)
    try:
        yield
    finally:
        logging.getLogger(logger).removeFilter(is_other)


def _packages_of(model: Any) -> list[str]:
    """Requirements for the packages of the model and of its nested parameters."""
    parts = [model, *(model.get_params(deep=True).values() if hasattr(model, "get_params") else ())]
    modules = {str(getattr(part, "__module__", type(part).__module__)).split(".")[0] for part in parts}
    distributions = importlib.metadata.packages_distributions()
    names = {name for module in modules - {"sklearn"} for name in distributions.get(module, ())}
    return sorted(f"{name}=={importlib.metadata.version(name)}" for name in names)


# ---------------------------------------------------------------------- autologging
def autologging() -> dict[str, Any] | None:
    """The configuration of scikit-learn's autologging if it would log a fit now; else None."""
    utils = sys.modules.get("mlflow.utils.autologging_utils")
    try:
        if utils is None or utils.autologging_is_disabled("sklearn") or utils._AUTOLOGGING_GLOBALLY_DISABLED:
            return None
        if utils._has_active_training_session():  # inside the fit of something that is logged
            return None
        config = dict(utils.AUTOLOGGING_INTEGRATIONS["sklearn"])
    except (AttributeError, KeyError):
        return None
    return None if config.get("exclusive") and active_run() is not None else config


_suspensions = 0
_suspending = threading.Lock()


@contextlib.contextmanager
def autologging_suspended() -> Iterator[None]:
    """Within, mlflow's autologging logs nothing; with several at once, until the last one ends."""
    global _suspensions
    utils: Any = sys.modules.get("mlflow.utils.autologging_utils")
    with _suspending:
        is_suspended = getattr(utils, "_AUTOLOGGING_GLOBALLY_DISABLED", True)
        if is_suspended and not _suspensions:  # by other code, which also ends it
            is_counted = False
        else:
            is_counted, _suspensions = True, _suspensions + 1
            utils._AUTOLOGGING_GLOBALLY_DISABLED = True
    try:
        yield
    finally:
        if is_counted:
            with _suspending:
                _suspensions -= 1
                utils._AUTOLOGGING_GLOBALLY_DISABLED = _suspensions > 0
