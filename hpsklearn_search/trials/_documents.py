"""hyperopt's trial documents: made from a trial to be read, and parsed to a trial when inserted.

>>> from ._trial import Outcome, Trial
>>> trial = Trial(3, {"x": 1.0}, Outcome("ok", loss=0.5, result={"loss": 0.5, "status": "ok"}), 0.0, 1.0)
>>> doc = document(trial, ["x", "y"])
>>> doc["tid"], doc["state"], doc["result"], doc["misc"]["vals"]
(3, 2, {'loss': 0.5, 'status': 'ok'}, {'x': [1.0], 'y': []})
"""

from __future__ import annotations

import datetime
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .._texts import public_repr
from ..exceptions import InvalidTrial
from ._trial import STATUS_CANCELLED, STATUS_FAIL, STATUS_NEW, STATUS_OK, Failure, Outcome, Trial

JOB_STATE_NEW = 0
JOB_STATE_RUNNING = 1
JOB_STATE_DONE = 2
JOB_STATE_ERROR = 3
JOB_STATE_CANCEL = 4
JOB_STATES = [JOB_STATE_NEW, JOB_STATE_RUNNING, JOB_STATE_DONE, JOB_STATE_ERROR, JOB_STATE_CANCEL]
JOB_VALID_STATES = {JOB_STATE_NEW, JOB_STATE_RUNNING, JOB_STATE_DONE}
TRIAL_KEYS = ["tid", "spec", "result", "misc", "state", "owner", "book_time", "refresh_time", "exp_key"]
TRIAL_MISC_KEYS = ["tid", "cmd", "idxs", "vals"]


def state_of(trial: Trial) -> int:
    """hyperopt's job state of a trial."""
    if trial.outcome is None:
        return JOB_STATE_NEW if math.isnan(trial.started) else JOB_STATE_RUNNING
    if trial.outcome.status == STATUS_CANCELLED:
        return JOB_STATE_CANCEL
    return JOB_STATE_ERROR if trial.has_error else JOB_STATE_DONE


def document(trial: Trial, labels: Sequence[str]) -> dict[str, Any]:
    """The document of one trial, with hyperopt's keys; inactive labels have empty lists."""
    extra = trial.document
    misc: dict[str, Any] = {  # in hyperopt's order: what an inserted document had wins over the defaults
        "tid": trial.tid,
        "cmd": ("domain_attachment", "FMinIter_Domain"),
        "workdir": None,
        **extra.get("misc", {}),
        "idxs": {label: [trial.tid] if label in trial.point else [] for label in labels},
        "vals": {label: [trial.point[label]] if label in trial.point else [] for label in labels},
    }
    if trial.outcome is not None and trial.outcome.failure is not None:
        misc["error"] = (trial.outcome.failure.kind, trial.outcome.failure.message)
    return {
        "spec": None,
        "exp_key": None,
        "owner": None,
        "version": 0,
        **extra,
        "state": state_of(trial),
        "tid": trial.tid,
        "result": result_of(trial),
        "misc": misc,
        "book_time": _time(trial.started),
        "refresh_time": _time(trial.finished if trial.is_finished else trial.started),
    }


def result_of(trial: Trial) -> dict[str, Any]:
    """What the objective returned without attachments; a status alone if it did not return."""
    if trial.outcome is None:
        return dict(trial.document.get("result", {"status": STATUS_NEW}))  # an inserted one may have more
    if trial.outcome.result:
        return {key: as_plain(value) for key, value in trial.outcome.result.items() if key != "attachments"}
    if trial.outcome.status == STATUS_OK:
        return {"loss": trial.outcome.loss, "status": STATUS_OK}
    return {"status": STATUS_FAIL}


def as_plain(value: Any) -> Any:
    """`value` with Python's scalars for numpy's, at any depth of dicts, lists and tuples."""
    if isinstance(value, np.generic):
        return value.item()
    if type(value) is dict:
        return {as_plain(key): as_plain(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(as_plain(item) for item in value)
    return value


def _time(seconds: float) -> datetime.datetime | None:
    """Naive UTC in whole milliseconds, as in hyperopt."""
    if math.isnan(seconds):
        return None
    moment = datetime.datetime.fromtimestamp(round(seconds, 3), tz=datetime.timezone.utc)
    return moment.replace(tzinfo=None, microsecond=moment.microsecond // 1000 * 1000)


# ---------------------------------------------------------------------- from documents
def check_document(doc: Any, exp_key: Any = None) -> None:
    """Raise InvalidTrial if `doc` is not a trial document."""
    if not isinstance(doc, Mapping):
        raise InvalidTrial(f"a trial document is a dict with the keys {TRIAL_KEYS}, got {public_repr(doc)}")
    missing = [repr(key) for key in TRIAL_KEYS if key not in doc]
    missing += [f"'misc'][{key!r}" for key in TRIAL_MISC_KEYS if key not in doc.get("misc", TRIAL_MISC_KEYS)]
    tid = doc.get("tid")
    if missing:
        raise InvalidTrial(f"the document of trial {tid!r} lacks [{missing[0]}]; new_trial_docs() makes whole ones")
    if tid != doc["misc"]["tid"]:
        raise InvalidTrial(f"the document of trial {tid!r} has another ['misc']['tid']: {doc['misc']['tid']!r}")
    if doc["state"] not in JOB_STATES:
        raise InvalidTrial(f"the document of trial {tid!r} has state={doc['state']!r}, which is not one of JOB_STATES")
    if doc["exp_key"] != exp_key:
        raise InvalidTrial(
            f"the document of trial {tid!r} has exp_key={doc['exp_key']!r}, these trials have exp_key={exp_key!r}"
        )
    long = [label for label, values in doc["misc"]["vals"].items() if len(values) > 1]
    if long:
        raise InvalidTrial(f"the document of trial {tid!r} has several values for label {long[0]!r}; give one")


def changed_trial(doc: Mapping[str, Any], old: Trial, exp_key: Any) -> Trial:
    """The trial that a document describes after it was changed in place."""
    check_document(doc, exp_key)
    if doc["state"] == JOB_STATE_DONE and "status" not in (doc["result"] or {}):
        raise InvalidTrial(
            f"the document of trial {doc['tid']!r} has state={JOB_STATE_DONE} and no status in its result "
            f"{public_repr(doc['result'])}; write doc['result'] = {{'loss': ..., 'status': 'ok'}}"
        )
    trial = trial_of(doc, old.number)
    folds = () if old.outcome is None else old.outcome.folds
    return trial if trial.outcome is None else replace(trial, outcome=replace(trial.outcome, folds=folds))


def trial_of(doc: Mapping[str, Any], number: int) -> Trial:
    """The trial that a document describes, as number `number` of a record."""
    misc = doc["misc"]
    determined = {"state", "misc", "book_time", "refresh_time"} | ({"tid"} if doc["tid"] == number else set())
    extra = {key: as_plain(value) for key, value in doc.items() if key not in determined}
    extra["misc"] = {key: value for key, value in misc.items() if key not in ("tid", "idxs", "vals", "error")}
    extra["misc"]["vals"] = {label: [] for label in misc["vals"]}  # inactive labels are labels, too
    outcome = _outcome(doc)
    if outcome is not None:
        del extra["result"]  # it is in the outcome
    point = {label: as_plain(values[0]) for label, values in misc["vals"].items() if len(values)}
    started = math.nan if doc["state"] == JOB_STATE_NEW else _seconds(doc["book_time"])
    # Without a start time, a running trial would count as new.
    if doc["state"] == JOB_STATE_RUNNING and math.isnan(started):
        started = time.time()
    return Trial(number, point, outcome, started, math.nan if outcome is None else _seconds(doc["refresh_time"]), extra)


def _outcome(doc: Mapping[str, Any]) -> Outcome | None:
    state, result = doc["state"], dict(doc["result"] or {})
    if state in (JOB_STATE_NEW, JOB_STATE_RUNNING):
        return None
    if state == JOB_STATE_CANCEL:
        return Outcome(STATUS_CANCELLED, result=result)
    if state == JOB_STATE_ERROR:
        kind, message = doc["misc"].get("error") or ("Exception", "")
        return Outcome(STATUS_FAIL, result=result, failure=Failure(STATUS_FAIL, str(kind), str(message)))
    return Outcome.of(result)


def _seconds(moment: datetime.datetime | None) -> float:
    """Seconds since the epoch; a time without a zone is UTC, as in hyperopt."""
    if moment is None:
        return math.nan
    return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)).timestamp()


# ---------------------------------------------------------------------- idxs and vals
def miscs_to_idxs_vals(
    miscs: Sequence[Mapping[str, Any]], keys: Sequence[str] | None = None
) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """``misc`` documents as columns: ``({label: tids}, {label: values})``, where the label is active.

    >>> miscs_to_idxs_vals([{"tid": 0, "idxs": {"x": [0], "y": []}, "vals": {"x": [0.5], "y": []}}])
    ({'x': [0], 'y': []}, {'x': [0.5], 'y': []})
    """
    labels = dict.fromkeys(label for misc in miscs for label in misc["vals"]) if keys is None else keys
    idxs: dict[str, list[Any]] = {label: [] for label in labels}
    vals: dict[str, list[Any]] = {label: [] for label in labels}
    for misc in miscs:
        for label in labels:
            idxs[label].extend(misc["idxs"].get(label, []))
            vals[label].extend(misc["vals"].get(label, []))
    return idxs, vals


def miscs_update_idxs_vals(
    miscs: Sequence[dict[str, Any]],
    idxs: Mapping[str, Sequence[Any]],
    vals: Mapping[str, Sequence[Any]],
    assert_all_vals_used: bool = True,
    idxs_map: Mapping[Any, Any] | None = None,
) -> Sequence[dict[str, Any]]:
    """Write columns into ``misc`` documents, in place: the inverse of `miscs_to_idxs_vals`.

    >>> miscs_update_idxs_vals([{"tid": 7}], {"x": [7]}, {"x": [0.5]})
    [{'tid': 7, 'idxs': {'x': [7]}, 'vals': {'x': [0.5]}}]
    """
    by_tid = {misc["tid"]: misc for misc in miscs}
    for misc in miscs:
        misc["idxs"] = {label: [] for label in idxs}
        misc["vals"] = {label: [] for label in idxs}
    for label, tids in idxs.items():
        if len(tids) != len(vals.get(label, ())):
            raise InvalidTrial(f"label {label!r} has {len(tids)} idxs and {len(vals.get(label, ()))} vals")
        renamed = [(idxs_map or {}).get(tid, tid) for tid in tids]
        unknown = [tid for tid in renamed if tid not in by_tid]
        if unknown and assert_all_vals_used:
            raise InvalidTrial(
                f"label {label!r} has a value for trial {unknown[0]!r}, which is not among {list(by_tid)}"
            )
        for tid, value in zip(renamed, vals.get(label, ()), strict=True):
            if tid in by_tid:
                by_tid[tid]["idxs"][label], by_tid[tid]["vals"][label] = [tid], [value]
    return miscs


def spec_from_misc(misc: Mapping[str, Any]) -> dict[str, Any]:
    """The point in a ``misc`` document: ``{label: raw value}`` of the active labels.

    >>> spec_from_misc({"vals": {"x": [0.5], "y": []}})
    {'x': 0.5}
    """
    return {label: values[0] for label, values in misc["vals"].items() if len(values)}
