"""Brings updates to the runs they belong to: finds or makes the runs, and keeps their ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ._client import Client, context_tags, short_calls
from ._content import SEARCH_TAG, TRIAL_TAG
from ._unsent import Destination
from ._updates import Update

MODEL_NAME = "model"


class Tracker:
    """Sends updates to one destination.

    Sending an update twice does no harm: what may have arrived is looked up by the tags of its search.

    Parameters
    ----------
    destination : Destination
        Where the runs are, or are to be made.
    may_exist : bool, default=False
        Whether runs may be there that the destination does not know of.
    """

    def __init__(self, destination: Destination, *, may_exist: bool = False) -> None:
        self._destination = destination
        self._runs = dict(destination.runs)
        self._is_certain = not may_exist
        self._connected: Client | None = None
        self._context: dict[str, str] = {}
        self._taken: Mapping[str, str] = {}  # parameters of an adopted run
        self._suffix = ""  # where an adopted run has another search's names
        if destination.adopted is not None:
            self._runs[""] = destination.adopted

    @property
    def destination(self) -> Destination:
        """The destination, with the ids that are known by now."""
        return replace(self._destination, runs=dict(self._runs))

    @property
    def parent_id(self) -> str | None:
        """The id of the parent run, None until there is one."""
        return self._runs.get("")

    def send(self, update: Update) -> None:
        """Write an update; raises what mlflow raises."""
        with short_calls():
            try:
                self._send(self._connection(), update)
            except BaseException:
                self._is_certain = False  # a call that failed may have been heard
                raise

    # ------------------------------------------------------------------ runs
    def _connection(self) -> Client:
        """The client, after making sure once that experiment and parent are there."""
        client = self._connected or Client(self._destination.tracking_uri)
        if self._connected is None:
            self._context = context_tags()
            self._look_at(client)
            self._connected = client
        if not self._is_certain:
            self._look_up(client)
            self._is_certain = True
        if "" not in self._runs:
            tags = {**self._context, **self._destination.tags, SEARCH_TAG: self._destination.search}
            self._runs[""] = self._create(client, self._destination.run_name, self._destination.start, tags)
        return client

    def _look_at(self, client: Client) -> None:
        """Find the experiment, and in an adopted run the names that are taken."""
        adopted = self._destination.adopted
        if adopted is None:
            if self._destination.experiment_id is None:
                found = client.experiment_id(self._destination.experiment)
                self._destination = replace(self._destination, experiment_id=found)
            return
        run = client.run(adopted)
        self._destination = replace(self._destination, experiment_id=str(run.info.experiment_id))
        self._taken = dict(run.data.params)
        search = self._destination.search
        if SEARCH_TAG not in run.data.tags:
            client.log(adopted, [], [], [(SEARCH_TAG, search), *self._destination.tags.items()])
        elif run.data.tags[SEARCH_TAG] != search:
            self._suffix = f"_{search[:6]}"

    def _look_up(self, client: Client) -> None:
        """The runs that a call has made whose answer did not arrive."""
        search = self._destination.search
        for run_id, tags in client.run_ids(self._experiment_id, SEARCH_TAG, search).items():
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
        is_adopted = update.trial is None and self._destination.adopted is not None
        if update.metrics or update.params or update.tags:
            own = self._beside_others(update) if is_adopted else update
            client.log(run_id, own.metrics, list(own.params.items()), list(own.tags.items()))
        if update.folder is not None:
            client.log_files(run_id, update.folder, f"search{self._suffix}" if self._suffix else None)
        if update.model is not None:
            self._send_model(client, run_id, update)
        if update.status is not None and not is_adopted:
            client.end_run(run_id, update.status, update.end)

    def _beside_others(self, update: Update) -> Update:
        """The update for a run that is not ours alone: what is there keeps its name, and its value."""
        s = self._suffix

        def name(key: str, value: str) -> str:
            is_taken = self._taken.get(key, value) != value
            return f"{key}_{self._destination.search[:6]}" if is_taken else key

        return replace(
            update,
            params={name(key, value): value for key, value in update.params.items()},
            tags={key + s: value for key, value in update.tags.items()},
            metrics=[(key + s, *rest) for key, *rest in update.metrics],  # type: ignore[misc]
        )

    def _send_model(self, client: Client, run_id: str, update: Update) -> None:
        assert update.model is not None
        name = MODEL_NAME + self._suffix
        if not client.has_model(run_id, name):
            client.log_model(run_id, name, update.model, dict(update.params), self._destination.registered_model)
