"""What makes two searches the same, as short texts: spaces, data, functions, estimators.

Nothing here depends on memory addresses, or on the process that asks.

>>> import numpy as np
>>> text_of({"C": 1.0, "kernel": "rbf"}), text_of(len)
("{'C': 1.0, 'kernel': 'rbf'}", 'builtins.len')
>>> digest(np.arange(3)) == digest(np.arange(3)), digest(np.arange(3)) == digest(np.arange(4))
(True, False)
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import numpy as np
from scipy import sparse

from ..space import Space
from ..space._nodes import Apply, Choice, Constant, Parameter

LONGEST = 200  # characters of a description that is kept as it is; of a longer one, its hash


def text_of(value: Any) -> str:
    """A text that is the same for the same value in every process.

    Parameters
    ----------
    value : object
        Constants as they are; arrays and tables by their hash; estimators by class and parameters;
        functions by name; nodes of a space with all that hangs under them.
    """
    return _Describing().text(value)


class _Describing:
    """One text in the making; an expression is written out once, and referred to where it stands again."""

    def __init__(self) -> None:
        self.expressions: dict[int, int] = {}

    def text(self, value: Any) -> str:
        if isinstance(value, Parameter | Choice | Apply | Constant):
            return self.node(value)
        if isinstance(value, np.generic):
            return repr(value.item())
        if isinstance(value, np.ndarray) or sparse.issparse(value) or hasattr(value, "columns"):
            return digest(value)
        if isinstance(value, Mapping):
            return "{" + ", ".join(f"{self.text(k)}: {self.text(v)}" for k, v in value.items()) + "}"
        if isinstance(value, list | tuple):
            return type(value).__name__ + "(" + ", ".join(map(self.text, value)) + ")"
        if isinstance(value, functools.partial):
            return f"partial({self.text(value.func)}, {self.text(value.args)}, {self.text(value.keywords)})"
        if hasattr(value, "get_params") and not isinstance(value, type):
            return f"{_name(type(value))}({self.text(dict(sorted(value.get_params(deep=False).items())))})"
        if callable(value) and hasattr(value, "__qualname__"):
            return _name(value)
        return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))

    def node(self, node: Any) -> str:
        if isinstance(node, Parameter):
            return repr(node)
        if isinstance(node, Choice):
            return f"Choice({node.label!r}, {node.distribution!r}, {self.text(node.options)})"
        if isinstance(node, Constant):
            return f"Constant({self.text(node.value)})"
        if id(node) in self.expressions:
            return f"Apply({self.expressions[id(node)]})"
        self.expressions[id(node)] = len(self.expressions)
        return f"Apply({self.text(node.function)}, {self.text(node.args)}, {self.text(node.kwargs)})"


def _name(thing: Any) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"


def describe_space(space: Space) -> dict[str, str]:
    """A description of each label, and under ``""`` one of the whole."""
    found = {dimension.label: _shortened(text_of(dimension.node)) for dimension in space.dimensions}
    return {**found, "": _shortened(text_of(space.root))}


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else hashlib.sha256(_encoded(text)).hexdigest()


def digest(data: Any) -> str:
    """Type, shape and hash of data: arrays, sparse matrices, tables, lists; of anything else its text."""
    sha = hashlib.sha256()
    for piece in _pieces(data):
        sha.update(piece)
    shape = getattr(data, "shape", None) or (len(data) if hasattr(data, "__len__") else ())
    return f"{type(data).__name__} of shape {shape}, sha256 {sha.hexdigest()[:32]}"


def _pieces(data: Any) -> Iterator[Any]:
    """The bytes of `data`, without a copy where its memory is contiguous."""
    if isinstance(data, np.ndarray):
        return _pieces_of_array(data)
    if sparse.issparse(data):
        rows = data.tocsr()
        parts = (np.asarray(part) for part in (rows.data, rows.indices, rows.indptr))
        return chain.from_iterable(map(_pieces_of_array, parts))
    if hasattr(data, "columns"):
        columns = ((_encoded(repr(name)), np.asarray(data[name])) for name in data.columns)
        return chain.from_iterable(chain([name], _pieces_of_array(column)) for name, column in columns)
    return iter([_encoded(repr(data) if isinstance(data, list | tuple) else text_of(data))])


def _pieces_of_array(data: np.ndarray[Any, Any]) -> Iterator[Any]:
    """Its type and shape, then its memory, or the text of each item where that holds no more than references."""
    yield f"{data.dtype.str}{data.shape}".encode()
    if data.dtype == object or data.dtype.kind in "mM":
        yield from (_encoded(text_of(item)) for item in data.ravel().tolist())
    elif data.flags.c_contiguous:
        yield np.asarray(data).reshape(-1).view(np.uint8)
    else:
        yield from (np.ascontiguousarray(row).reshape(-1).view(np.uint8) for row in np.atleast_1d(data))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def differences(stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Where two descriptions of a search differ, one line each."""
    lines = []
    for key in dict.fromkeys([*stored, *wanted]):
        old, new = stored.get(key), wanted.get(key)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            inner = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
            named = [name for name in inner if name] or ["the constants in it"]
            name = named[0]
            lines.append(f"{key} ({', '.join(named)}): {old.get(name)} in the file, {new.get(name)} now")
        else:
            lines.append(f"{key}: {old} in the file, {new} now")
    return lines
