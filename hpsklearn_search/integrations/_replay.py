"""`replay`: sends what a search could not."""

from __future__ import annotations

import os
from dataclasses import replace as with_changes
from pathlib import Path

from ._client import Client, check_installed, is_refusal, short_calls
from ._tracker import Tracker
from ._unsent import Destination, read


def replay(path: str | os.PathLike[str], tracking_uri: str | None = None) -> int:
    """Send the updates that a search could not send to MLflow.

    Sending a file twice changes nothing, so that it can be tried again. The file stays; delete it, and
    the folder of its name if there is one, when you are done.

    Parameters
    ----------
    path : path-like
        The file that the search's warning names.
    tracking_uri : str, default=None
        Where to; None is where the search logged. At an address where its runs are not known, it gets
        new ones, in the experiment of the same name, or in that in force in mlflow. A password in an
        address is not kept in the file: give the address here, or set ``MLFLOW_TRACKING_PASSWORD``.

    Returns
    -------
    int
        How many updates were sent.

    Raises
    ------
    ValueError
        If it is no such file.
    NotInstalledError
        If mlflow is not installed.
    mlflow.exceptions.MlflowException
        If the server is still down; or if it refuses an update, after the others were sent.

    Examples
    --------
    >>> from hpsklearn_search.integrations._replay import replay
    >>> def send_again():
    ...     return replay("mlflow-unsent-3f2b8c1d.jsonl")
    """
    check_installed()
    destination, updates = read(Path(path))
    if tracking_uri is not None:
        destination = _moved(destination, tracking_uri)
    tracker = Tracker(destination, may_exist=True)
    refusals = []
    for update in updates:
        try:
            tracker.send(update)
        except Exception as error:
            if not is_refusal(error):
                raise
            refusals.append(error)
    if refusals:
        raise refusals[0]
    return len(updates)


def _moved(destination: Destination, uri: str) -> Destination:
    """The destination at another address; with the ids that it knows only if they mean something there."""
    moved = with_changes(destination, tracking_uri=uri)
    parent = destination.adopted or destination.runs.get("")
    with short_calls():
        if parent is not None and Client(uri).has_run(parent):
            return moved
    return with_changes(moved, experiment_id=None, adopted=None, runs={})
