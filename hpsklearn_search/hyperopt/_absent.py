"""Names of hyperopt that can be imported here, and say what to use instead when they are used.

>>> MongoTrials = absent("hyperopt.mongoexp.MongoTrials", "use SparkTrials")
>>> MongoTrials("mongo://localhost")
Traceback (most recent call last):
    ...
NotImplementedError: hyperopt.mongoexp.MongoTrials is not offered; use SparkTrials
"""

from __future__ import annotations

from typing import Any


def absent(name: str, instead: str) -> Any:
    """A class of that name which cannot be used; a script may still ask ``isinstance(trials, MongoTrials)``."""

    def __new__(cls: type, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"{name} is not offered; {instead}")

    return type(name.rpartition(".")[2], (), {"__new__": __new__, "__doc__": f"Not offered; {instead}."})
