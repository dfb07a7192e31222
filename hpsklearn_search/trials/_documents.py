"""hyperopt's trial documents, built from the record when somebody reads them.

>>> from ._trial import Outcome, Trial
>>> trial = Trial(3, {"x": 1.0}, Outcome("ok", loss=0.5, result={"loss": 0.5, "status": "ok"}), 0.0, 1.0)
>>> doc = document(trial, ["x", "y"])
>>> doc["tid"], doc["state"], doc["result"], doc["misc"]["vals"]
(3, 2, {'loss': 0.5, 'status': 'ok'}, {'x': [1.0], 'y': []})
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from typing import Any

from ._trial import STATUS_CANCELLED, STATUS_FAIL, STATUS_NEW, STATUS_OK, Trial

__all__ = [
    "JOB_STATES",
    "JOB_STATE_CANCEL",
    "JOB_STATE_DONE",
    "JOB_STATE_ERROR",
    "JOB_STATE_NEW",
    "JOB_STATE_RUNNING",
    "JOB_VALID_STATES",
    "document",
    "state_of",
]

JOB_STATE_NEW = 0
JOB_STATE_RUNNING = 1
JOB_STATE_DONE = 2
JOB_STATE_ERROR = 3
JOB_STATE_CANCEL = 4
JOB_STATES = [JOB_STATE_NEW, JOB_STATE_RUNNING, JOB_STATE_DONE, JOB_STATE_ERROR, JOB_STATE_CANCEL]
JOB_VALID_STATES = {JOB_STATE_NEW, JOB_STATE_RUNNING, JOB_STATE_DONE}


def state_of(trial: Trial) -> int:
    """hyperopt's job state of a trial."""
    if trial.outcome is None:
        return JOB_STATE_NEW if math.isnan(trial.started) else JOB_STATE_RUNNING
    if trial.outcome.status == STATUS_CANCELLED:
        return JOB_STATE_CANCEL
    # A trial that raised is an error; one that reported its failure itself is done.
    return JOB_STATE_DONE if trial.outcome.failure is None else JOB_STATE_ERROR


def document(trial: Trial, labels: Sequence[str]) -> dict[str, Any]:
    """The document of one trial, with hyperopt's keys; inactive labels have empty lists."""
    misc: dict[str, Any] = {
        "tid": trial.number,
        "cmd": ("domain_attachment", "FMinIter_Domain"),
        "workdir": None,
        "idxs": {label: [trial.number] if label in trial.point else [] for label in labels},
        "vals": {label: [trial.point[label]] if label in trial.point else [] for label in labels},
    }
    if trial.outcome is not None and trial.outcome.failure is not None:
        misc["error"] = (trial.outcome.failure.kind, trial.outcome.failure.message)
    return {
        "state": state_of(trial),
        "tid": trial.number,
        "spec": None,
        "result": _result(trial),
        "misc": misc,
        "exp_key": None,
        "owner": None,
        "version": 0,
        "book_time": _time(trial.started),
        "refresh_time": _time(trial.finished if trial.is_finished else trial.started),
    }


def _result(trial: Trial) -> dict[str, Any]:
    if trial.outcome is None:
        return {"status": STATUS_NEW}
    if trial.outcome.result:
        return dict(trial.outcome.result)
    if trial.outcome.status == STATUS_OK:
        return {"loss": trial.outcome.loss, "status": STATUS_OK}
    return {"status": STATUS_FAIL}


def _time(seconds: float) -> datetime.datetime | None:
    """Naive UTC in whole milliseconds, as hyperopt has it."""
    if math.isnan(seconds):
        return None
    moment = datetime.datetime.fromtimestamp(round(seconds, 3), tz=datetime.timezone.utc)
    return moment.replace(tzinfo=None, microsecond=moment.microsecond // 1000 * 1000)
