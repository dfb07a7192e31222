"""What Spark's workers need, as bytes, and an error before the first trial where that is impossible.

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

from ..._texts import hide_secrets
from .._protocol import Function
from .._shipping import pickler
from ._pyspark import is_broadcast, kind_of_driver_object

REMEDY = (
    "which exists only in the driver. To tune what starts its own Spark jobs, as a pyspark.ml estimator or a "
    "TorchDistributor does, run the trials in the driver: trials=Trials(). For data, pass pandas or numpy, as from "
    "DataFrame.toPandas()"
)


@dataclass(frozen=True)
class PickledFunction:
    """The function as bytes, and the user's broadcast variables in it, which Spark has to send with it."""

    function: bytes
    broadcasts: list[Any]


def pickled_function(function: Function) -> PickledFunction:
    """The function, data and all; TypeError if it holds a SparkSession or something else that cannot be pickled."""
    broadcasts: list[Any] = []

    def reduce(obj: Any) -> Any:
        _raise_if_driver_object("what Spark's workers need", obj)
        if is_broadcast(obj):
            broadcasts.append(obj)
        return NotImplemented

    file = io.BytesIO()
    try:
        pickler(file, reduce).dump(function)
    except DriverObjectError:
        raise
    except Exception as error:
        hide_secrets(error)
        raise TypeError(
            f"what Spark's workers need cannot be pickled: {type(error).__name__}: {_first_line(error)}; remove what "
            "cannot be copied (a lock, an open file, a connection) from the objective, or from the estimator and its "
            "arguments, or run in this process with trials=Trials()"
        ) from error
    return PickledFunction(file.getvalue(), broadcasts)


def raise_if_driver_objects(**arguments: Any) -> None:
    """Raise TypeError if an argument, or a parameter of it, is a pyspark object of the driver; the error names it."""
    for name, value in arguments.items():
        _raise_if_driver_object(name, value)  # before get_params: a DataFrame has an attribute of any name, a column
        for part in _parameters(value):
            _raise_if_driver_object(name, part)


class DriverObjectError(TypeError):
    """Something that cannot leave the driver."""


def _raise_if_driver_object(name: str, value: Any) -> None:
    kind = kind_of_driver_object(value)
    if kind is not None:
        raise DriverObjectError(f"{name} must not hold a {kind}, {REMEDY}")


def _parameters(value: Any) -> Iterator[Any]:
    """The parameters of a scikit-learn estimator."""
    if hasattr(value, "get_params") and not isinstance(value, type):
        yield from value.get_params(deep=True).values()


def _first_line(error: BaseException) -> str:
    # The rest is the stack of the JVM.
    return next(iter(str(error).strip().splitlines()), "")
