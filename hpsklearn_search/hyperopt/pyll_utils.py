"""hyperopt's module ``hyperopt.pyll_utils``: the functions of `hp` under their long names, and the labels of a space.

>>> hp_uniform("x", 0, 1)
hp.uniform('x', 0, 1)
>>> conditions = {}
>>> expr_to_config(hp_choice("kind", ["none", hp_uniform("x", 0, 1)]), (), conditions)
>>> conditions["x"]["node"].name, conditions["x"]["conditions"]
('uniform', {(kind = 1,)})
"""

from __future__ import annotations

import functools
import numbers
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ..exceptions import DuplicateLabel
from ..hp import choice as hp_choice
from ..hp import lognormal as hp_lognormal
from ..hp import loguniform as hp_loguniform
from ..hp import normal as hp_normal
from ..hp import pchoice as hp_pchoice
from ..hp import qlognormal as hp_qlognormal
from ..hp import qloguniform as hp_qloguniform
from ..hp import qnormal as hp_qnormal
from ..hp import quniform as hp_quniform
from ..hp import randint as hp_randint
from ..hp import uniform as hp_uniform
from ..hp import uniformint as hp_uniformint
from .fmin import partial
from .pyll._graph import LabelledValue, Literal, as_apply, hyperopt_param

__all__ = [
    "EQ",
    "Cond",
    "DuplicateLabel",
    "expr_to_config",
    "hp_choice",
    "hp_lognormal",
    "hp_loguniform",
    "hp_normal",
    "hp_pchoice",
    "hp_qlognormal",
    "hp_qloguniform",
    "hp_qnormal",
    "hp_quniform",
    "hp_randint",
    "hp_uniform",
    "hp_uniformint",
    "hyperopt_param",
    "partial",
    "validate_distribution_range",
    "validate_label",
]

F = TypeVar("F", bound=Callable[..., Any])


# ---------------------------------------------------------------------- decorators for functions like those of hp
def validate_label(f: F) -> F:
    """Let a function ``f(label, ...)`` refuse a label that is no string."""

    @functools.wraps(f)
    def checked(label: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(label.value if isinstance(label, Literal) else label, str | bytes):
            raise TypeError(f"require string label, got {label!r}")
        return f(label, *args, **kwargs)

    return checked  # type: ignore[return-value]


def validate_distribution_range(f: F) -> F:
    """Let a function ``f(label, low, high, ...)`` refuse bounds that are not in order."""

    @functools.wraps(f)
    def checked(label: Any, *args: Any, **kwargs: Any) -> Any:
        given = {**dict(zip(("low", "high"), args, strict=False)), **kwargs}
        low, high = given.get("low"), given.get("high")
        if isinstance(low, numbers.Real) and isinstance(high, numbers.Real) and not low < high:
            raise ValueError(f"low should be less than high: {low} is not smaller than {high}")
        return f(label, *args, **kwargs)

    return checked  # type: ignore[return-value]


# ---------------------------------------------------------------------- the labels of a space
@dataclass(frozen=True)
class Cond:
    """That a label has a value."""

    name: str
    val: Any
    op: str = "="

    def __repr__(self) -> str:
        return f"{self.name} {self.op} {self.val}"


EQ = Cond


def expr_to_config(expr: Any, conditions: Any, hps: dict[str, Any]) -> None:
    """Write ``{label: {"node": distribution, "conditions": set of tuples of Cond, "label": label}}`` into `hps`.

    Parameters
    ----------
    expr : object
        The space.
    conditions : tuple
        Conditions under which `expr` itself is active.
    hps : dict
        Where to write.
    """
    outer = tuple(conditions or ())
    _collect(as_apply(expr), outer, hps)
    for entry in hps.values():
        entry["conditions"] = _without_case_distinction(entry["conditions"], outer, hps)


def _collect(node: Any, conditions: tuple[Any, ...], hps: dict[str, Any]) -> None:
    if isinstance(node, LabelledValue):
        label, prior = node.node.label, node.prior
        entry = hps.setdefault(label, {"node": prior, "conditions": set(), "label": label})
        if entry["node"] is not prior:
            raise DuplicateLabel(f"label {label!r} is used for two nodes; give one of them another label")
        entry["conditions"].add(conditions)
        return
    inputs = node.inputs()
    is_choice = node.name == "switch" and isinstance(inputs[0], LabelledValue)
    for position, inner in enumerate(inputs):
        is_option = is_choice and position > 0
        _collect(inner, (*conditions, Cond(inputs[0].node.label, position - 1)) if is_option else conditions, hps)


def _without_case_distinction(found: set[Any], outer: tuple[Any, ...], hps: dict[str, Any]) -> set[Any]:
    """What is active under every option of one choice does not depend on it."""
    inner = [[cond for cond in conds if isinstance(cond, Cond)] for conds in found]
    depending = [conds for conds in inner if conds]
    if len(found) < 2 or not depending:
        return found if len(found) < 2 else {outer}
    name = depending[0][0].name
    if all(len(conds) == 1 and conds[0].name == name for conds in depending):
        values = {conds[0].val for conds in depending}
        first = hps[name]["node"].pos_args[0].value if name in hps else None
        n_options = len(first) if isinstance(first, tuple) else first  # probabilities, or how many there are
        return {outer} if values == set(range(n_options or 0)) else found
    return found
