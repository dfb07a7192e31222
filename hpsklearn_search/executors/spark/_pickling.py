"""What Spark's workers need, as bytes; and what cannot go there, told before the first trial.

>>> import pickle
>>> pickled = pickled_function(lambda payload: payload + 1)
>>> pickle.loads(pickled.function)(1), pickled.broadcasts
(2, [])
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .._protocol import Function
from .._shipping import pickler
from ._pyspark import is_broadcast, kind_of_driver_object

REMEDY = (
    "which lives in the driver alone. What runs on the cluster by itself, as a pyspark.ml estimator or a "
    "TorchDistributor does, is tuned from the driver: trials=Trials(). For data, pass pandas or numpy, as from "
    "DataFrame.toPandas()"
)


@dataclass(frozen=True)
class PickledWork:
    """The work as bytes, and the user's broadcast variables in it, which Spark has to send along."""

    function: bytes
    broadcasts: list[Any]


def pickled_function(function: Function) -> PickledWork:
    """The work, data and all.

    Raises
    ------
    TypeError
        If it holds a SparkSession, a DataFrame or the like, or something else that cannot be pickled.
    """
    broadcasts: list[Any] = []

    def reduce(obj: Any) -> Any:
        refuse("what Spark's workers need", obj)
        if is_broadcast(obj):
            broadcasts.append(obj)
        return NotImplemented

    file = io.BytesIO()
    try:
        pickler(file, reduce).dump(function)
    except NotSerializable:
        raise
    except Exception as error:
        raise TypeError(
            f"what Spark's workers need cannot be pickled: {type(error).__name__}: {first_line(error)}; remove what "
            "cannot be copied (a lock, an open file, a connection) from the objective, or from the estimator and its "
            "arguments, or run in this process with trials=Trials()"
        ) from error
    return PickledWork(file.getvalue(), broadcasts)


def check_picklable(**arguments: Any) -> None:
    """Raise if an argument, or a parameter of it, is or holds a pyspark object of the driver.

    Raises
    ------
    TypeError
        Names the argument.
    """
    for name, value in arguments.items():
        refuse(name, value)  # first: a DataFrame has an attribute of any name, a column
        for part in _parameters(value):
            refuse(name, part)


class NotSerializable(TypeError):
    """Something that cannot leave the driver."""


def refuse(name: str, value: Any) -> None:
    """Raise if `value` is a pyspark object of the driver."""
    kind = kind_of_driver_object(value)
    if kind is not None:
        raise NotSerializable(f"{name} must not hold a {kind}, {REMEDY}")


def _parameters(value: Any) -> Iterator[Any]:
    """Of a scikit-learn estimator."""
    if hasattr(value, "get_params") and not isinstance(value, type):
        yield from value.get_params(deep=True).values()


def first_line(error: BaseException) -> str:
    """What an error says, without the JVM's stack."""
    return next(iter(str(error).strip().splitlines()), "")
