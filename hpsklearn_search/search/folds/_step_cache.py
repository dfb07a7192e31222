"""The step cache: what the first steps of a pipeline made of a fold serves the next candidate with the same steps.

The cache acts as the pipeline's ``memory``, so scikit-learn decides what is fitted and in which order. A fitted
step and its output are stored as a pickle: every candidate gets its own copy, and the size is known. The key is
the fold and the values of the steps up to this one. A step is cached only if its output depends on nothing else.

>>> from sklearn.feature_selection import SelectKBest
>>> from sklearn.preprocessing import StandardScaler
>>> step_key(b"", StandardScaler()) == step_key(b"", StandardScaler())
True
>>> step_key(b"", SelectKBest(k=3)) == step_key(b"", SelectKBest(k=4))
False
"""

from __future__ import annotations

import hashlib
import io
import pickle
import random
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from threading import Lock
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
from scipy import sparse
from sklearn import get_config
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from ..._texts import public_repr
from ...trials import NotComparable, text_of

SMALLEST_BUDGET = 64 * 2**20
REQUESTS_REMEMBERED = 512  # then the counts are halved, so that what is no longer asked for makes room


class StepCache:
    """Fitted steps and their output on each fold, up to `budget` bytes."""

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self._pickles: dict[bytes, bytes] = {}  # the least recently used first
        self._requests: Counter[bytes] = Counter()
        self._n_requests = 0
        self._n_bytes = 0
        self._references: dict[int, Any] = {}
        self._lock = Lock()  # with joblib's threads, all workers share one cache

    def __reduce__(self) -> Any:
        return StepCache, (self.budget,)  # a worker process starts with an empty cache

    def attach(self, estimator: Any, fold: int) -> None:
        """Let the next fit of a pipeline, on the train part of `fold`, use the cache."""
        # A subclass may have other rules, and a memory of the user's own has priority.
        if type(estimator) is Pipeline and estimator.memory is None:
            estimator.memory = FoldMemory(self, fold)

    def fit_transform(self, prefix: Prefix, compute: Callable[..., Any], step: Any, *data: Any, **options: Any) -> Any:
        """The output of a step and the fitted step, from the cache or from `compute`."""
        prefix.extend(step, options)
        stored = self._get(prefix.key)
        if stored is not None:
            return _Unpickler(io.BytesIO(stored), self._references).load()
        before = _surroundings(step, *data)
        result = compute(step, *data, **options)
        if before is None or before != _surroundings(step, *data):
            prefix.key = None  # this output, and all that is made from it, depends on more than the key
        self._put(prefix.key, result)
        return result

    def _get(self, key: bytes | None) -> bytes | None:
        if key is None:
            return None
        with self._lock:
            self._n_requests += 1
            self._requests[key] += 1
            if self._n_requests % REQUESTS_REMEMBERED == 0:
                self._requests = Counter({key: n // 2 for key, n in self._requests.items() if n > 1})
            if key in self._pickles:
                self._pickles[key] = self._pickles.pop(key)
            return self._pickles.get(key)

    def _put(self, key: bytes | None, result: Any) -> None:
        if key is None:
            return
        file = _BoundedFile(self._room(key))
        try:
            _Pickler(file, self._references).dump(result)
        except Exception:  # it cannot be pickled, for whatever reason, or there is no room: the search goes on without
            return
        stored = file.getvalue()
        with self._lock:
            self._n_bytes += len(stored) - len(self._pickles.get(key, b""))  # two threads may have made it
            self._pickles[key] = stored
            for other in self._less_requested(key):
                if self._n_bytes <= self.budget:
                    break
                self._n_bytes -= len(self._pickles.pop(other))

    def _room(self, key: bytes) -> int:
        """How many bytes there are for `key`, in the place of what is asked for less often."""
        # The folds of one prefix are asked for equally often: where there is no room for all, some of them stay.
        with self._lock:
            used = self._n_bytes - sum(len(self._pickles[other]) for other in self._less_requested(key))
        return self.budget - used

    def _less_requested(self, key: bytes) -> list[bytes]:
        n_requests = self._requests
        others = [other for other in self._pickles if n_requests[other] < n_requests[key]]
        return sorted(others, key=n_requests.__getitem__)


class FoldMemory:
    """The ``memory`` of a pipeline for one fit."""

    location = None  # tells the pipeline to fit its own steps and not clones of them

    def __init__(self, steps: StepCache | None = None, fold: int = 0) -> None:
        self.steps = steps
        self.fold = fold

    def __reduce__(self) -> Any:
        return FoldMemory, ()  # A clone may be fitted on other data, so a copy has no cache.

    def cache(self, function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
        # Use the cache for one fit only: a second fit may be on other data.
        steps, self.steps = self.steps, None
        return function if steps is None else partial(steps.fit_transform, Prefix(self.fold), function)


class Prefix:
    """The steps of a pipeline that were fitted so far, as a key; None if their output has none."""

    def __init__(self, fold: int) -> None:
        self.key: bytes | None = f"{fold} {get_config()}".encode()

    def extend(self, step: Any, options: dict[str, Any]) -> None:
        is_special = options.get("message") is not None or any((options.get("params") or {}).values())
        if self.key is not None:
            self.key = None if is_special else step_key(self.key, step)


def step_key(prefix: bytes, step: Any) -> bytes | None:
    """A key for the output of a step, None if it may depend on more than the values of the step and of `prefix`."""
    params = step.get_params(deep=True) if hasattr(step, "get_params") else {}
    for name, value in params.items():
        if name.endswith("random_state") and not isinstance(value, int | np.integer):
            return None
    try:
        text = text_of([step, *_class_attributes(step)])
        return hashlib.sha256(prefix + text.encode("utf-8", "backslashreplace")).digest()
    except NotComparable:
        return None


def _surroundings(step: Any, X: Any, y: Any, weight: None = None) -> bytes | None:
    """What fitting a step may change besides the step and its copy of the train part; None if it is not known."""
    # A pipeline of scikit-learn before 1.6 passes a third argument, `weight`, which is always None.
    # The global generators of random numbers, what the parameters and the class of the step refer to, the target
    # that later steps get, too, and items that X shares with the other folds.
    params = step.get_params(deep=False) if hasattr(step, "get_params") else {}
    states = random.getstate(), np.random.get_state()  # noqa: NPY002 - to see whether it was used
    try:
        return pickle.dumps((states, text_of([params, *_class_attributes(step)]), y, _changeable_items(X)))
    except Exception:
        return None


def _changeable_items(X: Any) -> Any:
    """X itself if it has items that may change in place, such as dicts in a list, else None."""
    if hasattr(X, "select_dtypes"):  # a frame of pandas
        items = np.ravel(X.loc[:, [isinstance(dtype, np.dtype) and dtype.hasobject for dtype in X.dtypes]]).tolist()
    elif getattr(getattr(X, "dtype", None), "hasobject", False):
        items = np.ravel(X).tolist()
    else:
        items = X if isinstance(X, list | tuple) else ()
    return (
        None if all(issubclass(kind, str | bytes | float | int | type(None)) for kind in set(map(type, items))) else X
    )


def _class_attributes(step: Any) -> Iterator[Any]:
    """What the class of a step holds, and those of the estimators in it: any fit may change it."""
    params = step.get_params(deep=True).values() if hasattr(step, "get_params") else ()
    classes = [type(part) for part in (step, *params) if hasattr(part, "fit") and not isinstance(part, type)]
    for kind in dict.fromkeys(base for part in classes for base in part.__mro__):
        if kind.__module__.partition(".")[0] in ("sklearn", "builtins"):
            continue  # class attributes of scikit-learn and builtins never change
        for name, value in vars(kind).items():
            if not name.startswith("__") and name != "_abc_impl" and not hasattr(type(value), "__get__"):
                yield value


# ---------------------------------------------------------------------- pickles for this process
class _Pickler(pickle.Pickler):
    """Keeps functions and classes as references, wherever they were defined, and the memory layout of arrays."""

    def __init__(self, file: Any, references: dict[int, Any]) -> None:
        super().__init__(file, protocol=5)
        self.file = file
        self.references = references

    def persistent_id(self, value: Any) -> int | None:
        if not isinstance(value, type | FunctionType | ModuleType):
            return None
        self.references[id(value)] = value
        return id(value)

    def reducer_override(self, value: Any) -> Any:
        if _loses_state(value):
            raise pickle.PicklingError("a copy would lack what this object has learned")
        is_frame = hasattr(value, "iloc") and value.ndim == 2
        # pandas would store a view of columns in another layout than it has; cutting them again is cheap.
        if is_frame and len(set(value.dtypes)) == 1 and not value.to_numpy().flags.forc:
            raise pickle.PicklingError("the memory layout of this frame would be lost")
        if type(value) is not np.ndarray or value.dtype.hasobject or not value.size:
            return NotImplemented
        self.file.check(value.nbytes)  # before pickle makes a copy of it
        if value.flags.forc and value.flags.writeable:
            return NotImplemented
        return _laid_out, (value.copy(), value.strides, value.flags.writeable)


def _loses_state(value: Any) -> bool:
    """Whether the pickle of an object leaves out, or sets to None, what nothing restores in the copy."""
    kind = type(value)
    get, restore = (getattr(kind, name, None) for name in ("__getstate__", "__setstate__"))
    is_own = isinstance(get, FunctionType) and get is not BaseEstimator.__getstate__
    if not is_own or restore not in (None, BaseEstimator.__setstate__) or not hasattr(value, "__dict__"):
        return False
    state = value.__getstate__()
    held = [name for name, part in vars(value).items() if part is not None]
    return isinstance(state, dict) and any(state.get(name) is None for name in held)


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: Any, references: dict[int, Any]) -> None:
        super().__init__(file)
        self.references = references

    def persistent_load(self, number: Any) -> Any:
        return self.references[number]


def _laid_out(values: np.ndarray[Any, Any], strides: tuple[int, ...], is_writeable: bool) -> np.ndarray[Any, Any]:
    """The values in the memory layout of the original, since sums depend on the order of their terms."""
    steps = [(n - 1) * stride for n, stride in zip(values.shape, strides, strict=True)]
    start = -sum(step for step in steps if step < 0)
    memory = np.empty(start + sum(step for step in steps if step > 0) + values.itemsize, np.uint8)
    array: np.ndarray[Any, Any] = np.ndarray(values.shape, values.dtype, memory, start, strides)
    array[...] = values
    array.flags.writeable = is_writeable
    return array


class _BoundedFile(io.BytesIO):
    """Raises OverflowError once more than `budget` bytes are written."""

    def __init__(self, budget: int) -> None:
        super().__init__()
        self.budget = budget

    def check(self, n_bytes: int) -> None:
        if self.tell() + n_bytes > self.budget:
            raise OverflowError("more than the cache has room for")

    def write(self, data: Any) -> int:
        self.check(memoryview(data).nbytes)
        return super().write(data)


# ---------------------------------------------------------------------- the argument
def make_step_cache(step_cache: Any, X: Any) -> StepCache | None:
    """The cache that the argument asks for, None if off; ValueError if it is no valid argument."""
    if step_cache is None or step_cache is False:
        return None
    if isinstance(step_cache, str) and step_cache == "auto":
        return StepCache(max(SMALLEST_BUDGET, 2 * _n_bytes(X)))
    if isinstance(step_cache, int | np.integer) and not isinstance(step_cache, bool) and step_cache > 0:
        return StepCache(int(step_cache))
    raise ValueError(f"step_cache must be None, 'auto' or a positive number of bytes, got {public_repr(step_cache)}")


def _n_bytes(data: Any) -> int:
    """The size of an array, a sparse matrix or a data frame; 0 for what has no known size."""
    if sparse.issparse(data):
        parts = (getattr(data, name, None) for name in ("data", "indices", "indptr", "row", "col"))
        return sum(part.nbytes for part in parts if isinstance(part, np.ndarray))
    if hasattr(data, "memory_usage"):  # pandas
        return int(np.sum(data.memory_usage(deep=True)))
    if hasattr(data, "estimated_size"):  # polars
        return int(data.estimated_size())
    return int(getattr(data, "nbytes", 0))
