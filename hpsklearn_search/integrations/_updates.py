"""An update: what is to be written to one run, as plain data that a file can hold.

>>> update = Update(trial=3, params={"C": "0.1"}, metrics=[("loss", -0.9, 1000, 0)], status="FINISHED", end=1000)
>>> Update.from_json(update.to_json()) == update
True
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

FINISHED, FAILED, KILLED = "FINISHED", "FAILED", "KILLED"
"""How an MLflow run ends."""

Metric: TypeAlias = tuple[str, float, int, int]
"""Name, finite value, milliseconds since the epoch, step."""


@dataclass(frozen=True)
class Update:
    """What is to be written to a run.

    Attributes
    ----------
    trial : int or None
        Whose run; None is the parent's. A run that is not there yet is created.
    start, end : int or None
        Milliseconds since the epoch: of the run to create, of a run that ends.
    status : str or None
        How it ended; None leaves it running.
    tags, params : mapping of str to str
        In names and lengths that MLflow takes.
    metrics : sequence of Metric
        Finite values.
    folder : str or None
        A folder whose files become artifacts of the run.
    model : str or None
        A folder that holds a saved model, which is logged as the run's model.
    """

    trial: int | None = None
    start: int | None = None
    end: int | None = None
    status: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Sequence[Metric] = field(default_factory=list)
    folder: str | None = None
    model: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The fields that say something, as JSON values."""
        return {name: value for name, value in dataclasses.asdict(self).items() if value not in (None, {}, (), [])}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Update:
        """The update that was made into `values`."""
        return cls(**{**values, "metrics": [tuple(metric) for metric in values.get("metrics", ())]})

    def __str__(self) -> str:
        return json.dumps(self.to_json())


def milliseconds(seconds: float) -> int | None:
    """MLflow's unit of time; None for NaN, an unknown time."""
    return round(1000 * seconds) if math.isfinite(seconds) else None
