"""The code that makes an estimator: imports, and a call with the parameters that are not the defaults.

>>> from sklearn.pipeline import make_pipeline
>>> from sklearn.preprocessing import StandardScaler
>>> from sklearn.svm import SVC
>>> print(code_of(make_pipeline(StandardScaler(), SVC(C=10, kernel="poly"))))
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
<BLANKLINE>
model = Pipeline(
    steps=[("standardscaler", StandardScaler()), ("svc", SVC(C=10, kernel="poly"))],
)
model.fit(X, y)
"""

from __future__ import annotations

import inspect
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from .._secrets_in_texts import without_secrets
from .._texts import is_secret, is_secret_pair, public_repr
from ..trials._identity import import_name
from ._points import is_same
from ._secrets import HIDDEN

WIDTH = 88
LONGEST_ARRAY = 50
LONGEST_GAP = 60  # characters of what is said about a gap


@dataclass(frozen=True)
class _Group:
    """Code in brackets, which may be written with one part a line."""

    opening: str
    parts: Sequence[_Code]
    closing: str


_Code: TypeAlias = "str | _Group"


def code_of(estimator: Any) -> str:
    """The code; what cannot be written is ``...``, with a line above that says what belongs there."""
    writer = _Writer()
    call = _written(_after("model = ", writer.estimator(estimator)))
    imports = sorted(f"from {module} import {name}" for name, module in writer.imports.items())
    head = [*(["import numpy as np"] if writer.has_arrays else []), *imports]
    gaps = [f"# fill in the dots: {gap}" for gap in dict.fromkeys(writer.gaps)]
    return "\n".join([*head, "", *gaps, call, "model.fit(X, y)"])


def _after(text: str, code: _Code) -> _Code:
    """The code with a text before it on its line."""
    return text + code if isinstance(code, str) else replace(code, opening=text + code.opening)


def _on_one_line(code: _Code) -> str:
    if isinstance(code, str):
        return code
    return f"{code.opening}{', '.join(map(_on_one_line, code.parts))}{code.closing}"


def _written(code: _Code, indent: str = "", comma: str = "") -> str:
    """The code in lines of at most `WIDTH` columns, as far as brackets allow it."""
    line = f"{indent}{_on_one_line(code)}{comma}"
    if isinstance(code, str) or len(line) <= WIDTH or not code.parts:
        return line
    inside = "\n".join(_written(part, f"{indent}    ", ",") for part in code.parts)
    return f"{indent}{code.opening}\n{inside}\n{indent}{code.closing.lstrip(',')}{comma}"


class _Writer:
    """Writes values as code, and notes what they import and what could not be written."""

    def __init__(self) -> None:
        self.imports: dict[str, str] = {}  # modules by name
        self.has_arrays = False
        self.gaps: list[str] = []

    def expression(self, value: Any, name: str = "") -> _Code:
        """The code of a value that belongs to the parameter `name`."""
        if value is HIDDEN or is_secret(name, value):
            return self.gap(name, "(hidden)")
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, float) and not math.isfinite(value):
            return f'float("{value}")'
        if isinstance(value, str):
            return _quoted(value) if without_secrets(value) == value else self.gap(name, "an address")
        if isinstance(value, bytes) and without_secrets(text := value.decode("latin-1")) != text:
            return self.gap(name, "an address")
        if value is None or isinstance(value, bool | int | float | complex | bytes):
            return repr(value)
        if type(value) in (list, tuple, dict, set, frozenset):
            return self.collection(value, name)
        if isinstance(value, np.ndarray):
            return self.array(value, name)
        if hasattr(value, "get_params") and not isinstance(value, type):
            return self.estimator(value)
        return self.imported(value, name)

    def collection(self, value: Any, name: str) -> _Code:
        if isinstance(value, Mapping):
            items = [_after(f"{_on_one_line(self.expression(k))}: ", self.expression(v, k)) for k, v in value.items()]
            return _Group("{", items, "}")
        if is_secret_pair(value):
            parts = [self.expression(value[0]), self.expression(value[1], value[0])]
        else:
            parts = [self.expression(item, name) for item in value]
        if isinstance(value, list):
            return _Group("[", parts, "]")
        if isinstance(value, tuple):
            return _Group("(", parts, ",)" if len(parts) == 1 else ")")
        return _Group(f"{type(value).__name__}([", parts, "])")

    def array(self, value: Any, name: str) -> _Code:
        if value.size > LONGEST_ARRAY or value.dtype.kind not in "biufU":
            return self.gap(name, f"an array of shape {value.shape}")
        self.has_arrays = True
        return _Group("np.array(", [self.expression(value.tolist(), name), f'dtype="{value.dtype}"'], ")")

    def estimator(self, value: Any) -> _Code:
        """A call of its class."""
        return _Group(f"{self.imported(type(value), type(value).__name__)}(", self.arguments(value), ")")

    def arguments(self, value: Any) -> list[_Code]:
        defaults = {name: p.default for name, p in inspect.signature(type(value).__init__).parameters.items()}
        params = value.get_params(deep=False)
        return [
            _after(f"{name}=", self.expression(param, name))
            for name, param in params.items()
            if name not in defaults or not is_same(param, defaults[name])
        ]

    def imported(self, thing: Any, name: str) -> str:
        """The name of a class or function that can be imported, else a gap."""
        dotted = import_name(thing)
        short = getattr(thing, "__qualname__", getattr(thing, "__name__", ""))
        module = _public_module(thing, dotted)
        is_taken = self.imports.get(short, module) != module
        if module is None or is_taken or "." in short:
            what = self.gap(name, public_repr(thing, name))
            return thing.__name__ if isinstance(thing, type) else what  # a class of a script has a name there
        if module != "builtins":
            self.imports[short] = module
        return str(short)

    def gap(self, name: Any, what: str) -> str:
        text = " ".join(str(what).split())
        self.gaps.append(f"{name}, {text if len(text) <= LONGEST_GAP else text[:LONGEST_GAP] + '...'}")
        return "..."


def _quoted(text: str) -> str:
    """The text in double quotes, as formatters write it."""
    quoted = json.dumps(text, ensure_ascii=False)
    return quoted if text.isprintable() else repr(text)


def _public_module(thing: Any, dotted: str | None) -> str | None:
    """The module from which one imports `thing`: without private parts, where such a one has it."""
    if dotted is None or dotted.startswith("__main__."):
        return None
    module, _, name = dotted.rpartition(".")
    parts = module.split(".")
    public = next((i for i, part in enumerate(parts) if part.startswith("_")), len(parts))
    for end in range(public, 0, -1):
        place = ".".join(parts[:end])
        if getattr(sys.modules.get(place), name, None) is thing:
            return place
    return module
