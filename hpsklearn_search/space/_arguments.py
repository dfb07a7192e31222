"""Arguments of the ``hp`` functions: the label that may be left out, and what is refused before anything is drawn.

>>> str(Call("uniform", "C")), Call("logrange", None).written(0.1, 10), Call("logrange", "C").written(0.1, 10)
("hp.uniform('C')", 'hp.logrange(0.1, 10)', "hp.logrange('C', 0.1, 10)")
"""

from __future__ import annotations

import functools
import inspect
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from .._keywords import MEANT_IN_HP, check_keywords
from .._secret_names import is_secret_name
from .._texts import public_repr
from ..exceptions import BadSearchSpace
from ._distributions import is_finite
from ._lattice import FINEST
from ._nodes import check_label

R = TypeVar("R")

LARGEST_LOG = math.log(1.7e308)
SUSPICIOUS_LOG = math.log(1e20)


def optional_label(function: Callable[..., R]) -> Callable[..., R]:
    """`function`, whose first parameter is a label, callable without one: no other argument may be a string."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def labelled_or_not(*args: Any, **kwargs: Any) -> R:
        label = kwargs.get("label", args[0] if args else None)
        given, named = _shown(label, args), _shown(label, kwargs)
        check_keywords(function, f"hp.{function.__name__}", named, MEANT_IN_HP)
        if not args or not isinstance(args[0], str | None):
            args = (kwargs.pop("label", None), *args)
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            named.pop("label", None)
            raise TypeError(_misfit(function.__name__, given, named, [*signature.parameters][1:], error)) from None
        return function(*bound.args, **bound.kwargs)

    return labelled_or_not


class _Hidden:
    """Stands for a value that no message shows."""

    def __repr__(self) -> str:
        return "..."


def _shown(label: Any, values: Any) -> Any:
    """Arguments as messages show them: only the label, where it is the name of a secret."""
    if not is_secret_name(label):
        return dict(values) if isinstance(values, dict) else values
    if isinstance(values, dict):
        return {key: value if key == "label" else _Hidden() for key, value in values.items()}
    return tuple(value if value is label else _Hidden() for value in values)


def _misfit(name: str, args: Any, kwargs: Any, names: list[str], error: TypeError) -> str:
    """The message for arguments that do not fit, with the lines that would."""
    shown = ", ".join([*map(repr, args), *(f"{key}={value!r}" for key, value in kwargs.items())])
    forms = f"hp.{name}({', '.join(names)}), or hp.{name}('label', {', '.join(names)})"
    if name.endswith("choice") and len(args) > 1 and not kwargs:
        options, labelled = list(args), isinstance(args[0], str) and len(args) > 2
        if (line := _swapped_choice(name, args)) is not None:
            return f"hp.{name}({shown}): {error}; write {line}"
        forms = f"hp.{name}({options!r})" + (f", or hp.{name}({args[0]!r}, {options[1:]!r})" if labelled else "")
    return f"hp.{name}({shown}): {error}; write {forms}"


def _swapped_choice(name: str, args: Any) -> str | None:
    """The line for options before their label, or for probabilities and options in two lists."""
    lists = [arg for arg in args if isinstance(arg, list | tuple)]
    label = "".join(f"{arg!r}, " for arg in args if isinstance(arg, str))
    if len(args) == 2 and len(lists) == 1 and isinstance(args[1], str):
        return f"hp.{name}({label}{lists[0]!r})"
    if name == "pchoice" and len(lists) == 2 and len(lists[0]) == len(lists[1]):
        has_numbers_first = all(isinstance(p, float | int) for p in lists[0])
        probabilities, options = lists if has_numbers_first else lists[::-1]
        return f"hp.pchoice({label}{list(zip(probabilities, options, strict=True))!r})"
    return None


@dataclass(frozen=True)
class Call:
    """A call of an ``hp`` function, as messages name it."""

    function: str
    label: str | None

    def __post_init__(self) -> None:
        if self.label is not None:
            check_label(self.label)

    def __str__(self) -> str:
        return f"hp.{self.function}" + ("" if self.label is None else f"({self.label!r})")

    def written(self, *arguments: Any) -> str:
        """The call with all of its arguments, in code."""
        label = () if self.label is None else (repr(self.label),)
        shown = (self.shown(value) if isinstance(value, float | int) else str(value) for value in arguments)
        return f"hp.{self.function}({', '.join([*label, *shown])})"

    def shown(self, value: float) -> str:
        """A number for a message, unless the label is the name of a secret."""
        if is_secret_name(self.label):
            return "(hidden)"
        return f"{value:g}" if isinstance(value, float) else str(value)

    def error(self, text: str, *numbers: float) -> BadSearchSpace:
        """What is wrong with the call; each {} in the text is one of the numbers."""
        return BadSearchSpace(f"{self}: {text.format(*map(self.shown, numbers))}")

    def of(self, function: str) -> Call:
        """The same call of another function."""
        return replace(self, function=function)


# ---------------------------------------------------------------------- checks
def finite(call: Call, name: str, value: Any) -> float:
    if not is_finite(value):
        raise BadSearchSpace(f"{call}: {name} must be a finite number, got {public_repr(value, call.label)}")
    return float(value)


def whole(call: Call, name: str, value: Any) -> int:
    number = finite(call, name, value)
    if not number.is_integer():
        raise BadSearchSpace(f"{call}: {name} must be a whole number, got {public_repr(value, call.label)}")
    return int(value)


def check_order(call: Call, low: float, high: float) -> None:
    if low >= high:
        raise call.error("low must be < high, got low={}, high={}", low, high)
    if not is_finite(high - low):
        raise call.error("high - low must be finite, got low={}, high={}", low, high)


def listed(call: Call, options: Any) -> list[Any]:
    if isinstance(options, str | bytes | dict) or not hasattr(options, "__iter__"):
        shown = public_repr(options, call.label)
        raise BadSearchSpace(f"{call}: options must be a list, got {shown}; write {call.written('[...]')}")
    as_list = list(options)
    if not as_list:
        raise BadSearchSpace(f"{call}: options must not be empty")
    return as_list


def step(call: Call, q: Any, width: float = math.inf) -> float:
    size = finite(call, "q", q)
    if not 0 < size <= width * (1 + 1e-9):
        if math.isfinite(width):
            raise call.error("q must be > 0 and at most high - low = {}, got {}", width, size)
        raise call.error("q must be > 0, got {}", size)
    return size


def check_resolution(call: Call, q: float, size: float) -> None:
    finest = size / FINEST
    if q < finest:
        raise BadSearchSpace(
            f"{call}: q={call.shown(q)} is lost in rounding, for values are as large as {call.shown(size)}; "
            f"write hp.{call.function.removeprefix('q')}, or q >= {call.shown(finest)}"
        )


def plain_bounds(call: Call, low: float, high: float) -> tuple[float, float]:
    """The bounds whose logarithms are `low` and `high`; a warning where plain bounds were probably meant."""
    plain = call.of("logrange" if low > 0 else "uniform").written(low, high)
    if high > LARGEST_LOG or low < -LARGEST_LOG:
        raise BadSearchSpace(
            f"{call}: bounds are natural logarithms, and exp({call.shown(high)}) overflows; did you mean {plain}?"
        )
    values = ", ".join(call.shown(float(f"{math.exp(bound):.3g}")) for bound in (low, high))
    # Positive logarithms that give huge values or a tiny range.
    if low > 0 and (high > SUSPICIOUS_LOG or high < 1):
        warnings.warn(
            f"{call.written(low, high)}: bounds are natural logarithms, so the values lie in "
            f"[{values}]; for values in [{call.shown(low)}, {call.shown(high)}] write {plain}",
            UserWarning,
            stacklevel=5,
        )
    # exp(np.log(100)) is 100.00000000000004: take the plain number that was meant.
    return float(f"{math.exp(low):.13g}"), float(f"{math.exp(high):.13g}")
