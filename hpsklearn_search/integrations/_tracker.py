"""Sends updates to the runs they belong to: finds or creates the runs, and keeps their ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ._client import Client, context_tags, short_calls
from ._content import SEARCH_TAG, TRIAL_TAG, Update

MODEL_NAME = "model"


@dataclass(frozen=True)
class Destination:
    """Where the runs of a search are."""

    search: str  # identifies the search, in a tag of each of its runs
    tracking_uri: str | None = None
    experiment: str | None = None  # its name, where `experiment_id` is not known
    experiment_id: str | None = None
    run_name: str | None = None  # of the parent, if it has to be created
    start: int | None = None  # of the search, in milliseconds since the epoch
    tags: Mapping[str, str] = field(default_factory=dict)  # of each run that is created
    external_run_id: str | None = None  # a run that the search did not create serves as parent; it is never ended
    registered_model: str | None = None
    runs: Mapping[str, str] = field(default_factory=dict)  # ids by number of trial; "" is the parent


class Tracker:
    """Sends updates to one destination; sending an update twice does no harm."""

    def __init__(self, destination: Destination, *, may_exist: bool = False) -> None:
        self._destination = destination
        self._runs = dict(destination.runs)
        self._must_find_runs = may_exist
        self._connected: Client | None = None
        self._context: dict[str, str] = {}
        self._existing_params: Mapping[str, str] = {}  # of an external run
        self._suffix = ""  # for names in an external run that holds another search
        if destination.external_run_id is not None:
            self._runs[""] = destination.external_run_id

    @property
    def destination(self) -> Destination:
        """The destination, with the run ids that are known now."""
        return replace(self._destination, runs=dict(self._runs))

    @property
    def parent_id(self) -> str | None:
        """The id of the parent run, None before it exists."""
        return self._runs.get("")

    def run_of_trial(self, number: int) -> str | None:
        """The id of the run of a trial, None before it exists."""
        return self._runs.get(str(number))

    def send(self, update: Update) -> None:
        """Write an update; raises what mlflow raises."""
        with short_calls():
            try:
                self._send(self._connection(), update)
            except BaseException:
                self._must_find_runs = True  # the server may have created a run although the call failed
                raise

    # ------------------------------------------------------------------ runs
    def _connection(self) -> Client:
        """The client; experiment and parent run exist afterwards."""
        client = self._connected or Client(self._destination.tracking_uri)
        if self._connected is None:
            self._context = context_tags()
            self._resolve_experiment(client)
            self._connected = client
        if self._must_find_runs:
            self._find_runs(client)
            self._must_find_runs = False
        if "" not in self._runs:
            tags = {**self._context, **self._destination.tags, SEARCH_TAG: self._destination.search}
            self._runs[""] = self._create(client, self._destination.run_name, self._destination.start, tags)
        return client

    def _resolve_experiment(self, client: Client) -> None:
        """Find the experiment, and the names that an external run already has."""
        run_id = self._destination.external_run_id
        if run_id is None:
            if self._destination.experiment_id is None:
                experiment_id = client.experiment_id(self._destination.experiment)
                self._destination = replace(self._destination, experiment_id=experiment_id)
            return
        run = client.run(run_id)
        self._destination = replace(self._destination, experiment_id=str(run.info.experiment_id))
        self._existing_params = dict(run.data.params)
        search = self._destination.search
        if SEARCH_TAG not in run.data.tags:
            client.log(run_id, [], [], [(SEARCH_TAG, search), *self._destination.tags.items()])
        elif run.data.tags[SEARCH_TAG] != search:
            self._suffix = f"_{search[:6]}"

    def _find_runs(self, client: Client) -> None:
        """Learn the ids of runs that were created by a call whose answer was lost."""
        for run_id, tags in client.run_ids(self._experiment_id, SEARCH_TAG, self._destination.search).items():
            self._runs.setdefault(tags.get(TRIAL_TAG, ""), run_id)

    @property
    def _experiment_id(self) -> str:
        assert self._destination.experiment_id is not None
        return self._destination.experiment_id

    def _create(self, client: Client, name: str | None, start: int | None, tags: dict[str, str]) -> str:
        return client.create_run(self._experiment_id, name, start, tags)

    def _run_of(self, client: Client, update: Update) -> str:
        key = "" if update.trial is None else str(update.trial)
        if key not in self._runs:
            tags = {**self._context, **self._destination.tags, "mlflow.parentRunId": self._runs[""]}
            tags |= {SEARCH_TAG: self._destination.search, TRIAL_TAG: key}
            self._runs[key] = self._create(client, f"trial-{key}", update.start, tags)
        return self._runs[key]

    # ------------------------------------------------------------------ content
    def _send(self, client: Client, update: Update) -> None:
        run_id = self._run_of(client, update)
        is_external = update.trial is None and self._destination.external_run_id is not None
        if update.metrics or update.params or update.tags:
            entries = self._with_suffixes(update) if is_external else update
            client.log(run_id, entries.metrics, list(entries.params.items()), list(entries.tags.items()))
        if update.dataset:
            client.log_dataset(run_id, update.dataset)
        if update.folder is not None:
            client.log_files(run_id, update.folder, f"search{self._suffix}" if self._suffix else None)
        if update.model is not None:
            self._send_model(client, run_id, update)
        if update.status is not None and not is_external:
            client.end_run(run_id, update.status, update.end)

    def _with_suffixes(self, update: Update) -> Update:
        """The update with new names where an external run has the name already."""
        suffix = self._suffix

        def name(key: str, value: str) -> str:
            # MLflow refuses another value for a parameter that exists.
            conflicts = self._existing_params.get(key, value) != value
            return f"{key}_{self._destination.search[:6]}" if conflicts else key

        return replace(
            update,
            params={name(key, value): value for key, value in update.params.items()},
            tags={key + suffix: value for key, value in update.tags.items()},
            metrics=[(key + suffix, *rest) for key, *rest in update.metrics],  # type: ignore[misc]
        )

    def _send_model(self, client: Client, run_id: str, update: Update) -> None:
        assert update.model is not None
        name = MODEL_NAME + self._suffix
        if not client.has_model(run_id, name):
            client.log_model(run_id, name, update.model, dict(update.params), self._destination.registered_model)
