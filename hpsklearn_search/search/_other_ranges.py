"""Ranges as other libraries write them, which would be options or objects here: each is answered with its `hp` line.

>>> check_ranges({"C": (0.1, 10.0, "log-uniform")})
Traceback (most recent call last):
    ...
hpsklearn_search.exceptions.BadSearchSpace: space: 'C' is a range in the manner of skopt; write {'C': hp.logrange(0...
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from .._secret_names import is_secret_name
from .._texts import public_repr
from ..exceptions import BadSearchSpace
from ..space import Choice, check_depth
from ..space._distributions import is_finite, is_real

PRIORS = {
    "uniform": False,
    "log-uniform": True,
    "loguniform": True,
    "log_uniform": True,
    "log": True,
    "reciprocal": True,
}
"""Names of a distribution in a tuple, and whether it is logarithmic."""

LIBRARIES = ("optuna", "skopt", "ray", "flaml", "ConfigSpace")
_FLAML_KEYS = frozenset({"domain", "init_value", "low_cost_init_value", "cat_hp_cost"})
_LOW, _HIGH, _OPTIONS = ("low", "lower"), ("high", "upper"), ("choices", "categories")


def check_ranges(space: Any, stacklevel: int = 2) -> None:
    """Raise BadSearchSpace where a value is a range of another library; warn where a tuple may be meant as one."""
    check_depth(space)
    foreign: dict[str, tuple[str, str]] = {}
    for key, value in _entries(space):
        found = _of_tuple(value) or _of_object(value) or _of_domain(value)
        if found is not None:
            foreign.setdefault(key, found)
        elif _is_pair(value):
            _warn_of_pair(key, value, stacklevel + 1)
    if foreign:
        key, (library, _) = next(iter(foreign.items()))
        lines = ", ".join(f"{name!r}: {line}" for name, (_, line) in foreign.items())
        raise BadSearchSpace(f"space: {key!r} is a range in the manner of {library}; write {{{lines}}}")


def _entries(node: Any) -> Iterator[tuple[str, Any]]:
    """Every key with its value, in all branches."""
    if isinstance(node, Choice | list | tuple):
        options = node.options if isinstance(node, Choice) else [part for part in node if isinstance(part, Mapping)]
        for option in options:
            yield from _entries(option)
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield str(key), value
            yield from _entries(value)


def _of_tuple(value: Any) -> tuple[str, str] | None:
    """The library and the `hp` line of a tuple such as ``(0.1, 10, "log-uniform")``."""
    priors = [part for part in value if isinstance(part, str)] if isinstance(value, tuple | list) else []
    if len(value if priors else ()) < 3 or not all(map(is_real, value[:2])) or priors[0] not in PRIORS:
        return None
    return "skopt", range_line(*value[:2], is_log=PRIORS[priors[0]])


def _of_object(value: Any) -> tuple[str, str] | None:
    """The library and the `hp` line of one of its distributions."""
    library = type(value).__module__.partition(".")[0]
    if library not in LIBRARIES:
        return None
    options = _first(value, _OPTIONS)
    if options is not None:
        return library, f"hp.choice({list(options)!r})"
    low, high = _first(value, _LOW), _first(value, _HIGH)
    if low is None or high is None:
        return library, "hp.uniform(low, high)"
    words = f"{type(value).__name__} {getattr(value, 'prior', '')} {type(getattr(value, 'sampler', None)).__name__}"
    is_log = bool(getattr(value, "log", False)) or "log" in words.lower()
    is_integral = "Int" in type(value).__name__
    if is_integral and library in ("ray", "flaml"):
        high -= 1  # their upper bound is excluded
    return library, range_line(low, high, is_log=is_log, is_integral=is_integral, step=_step(value))


def _of_domain(value: Any) -> tuple[str, str] | None:
    """The library and the `hp` line of a dict such as ``{"domain": node, "init_value": 1}``."""
    if not isinstance(value, Mapping) or "domain" not in value or not _FLAML_KEYS.issuperset(value):
        return None
    return "flaml", (_of_object(value["domain"]) or ("", repr(value["domain"])))[1]


def _step(value: Any) -> float | None:
    step = _first(value, ("step", "q"))
    return None if step is None or (step == 1 and "Int" in type(value).__name__) else step


def _first(value: Any, names: tuple[str, ...]) -> Any:
    return next((getattr(value, name) for name in names if hasattr(value, name)), None)


def range_line(
    low: float, high: float, *, is_log: bool, is_integral: bool | None = None, step: float | None = None
) -> str:
    """The `hp` line of a range."""
    if is_integral is None:
        is_integral = isinstance(low, int) and isinstance(high, int)
    bounds = f"{low:g}, {high:g}"
    if step is not None and not is_log:
        return f"hp.quniform({bounds}, {step:g})"
    if is_integral:
        return f"hp.loguniformint({bounds})" if is_log else f"hp.uniformint({bounds})"
    return f"hp.logrange({bounds})" if is_log else f"hp.uniform({bounds})"


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(map(is_finite, value)) and value[0] < value[1]


def _warn_of_pair(key: str, value: tuple[float, float], stacklevel: int) -> None:
    low, high = value
    is_log = low > 0 and high / low >= 100 and not isinstance(low, int)
    line = "hp.uniform(low, high)" if is_secret_name(key) else range_line(low, high, is_log=is_log)
    given, first, second = (public_repr(shown, key) for shown in (value, low, high))
    warnings.warn(
        f"space: {key!r} is the tuple {given}, which means the two options {first} and {second}. If they are meant, "
        f"write the list {public_repr(list(value), key)}; for all values between them write {line}",
        UserWarning,
        stacklevel=stacklevel + 1,
    )
