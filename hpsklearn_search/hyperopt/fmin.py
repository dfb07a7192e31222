"""hyperopt's module ``hyperopt.fmin``, beside the function of that name.

>>> from hpsklearn_search import hp
>>> from hpsklearn_search.hyperopt.fmin import fmin, partial, space_eval
>>> objective = partial(lambda x, centre: (x - centre) ** 2, centre=1.0)
>>> best = fmin(objective, hp.uniform("x", -5, 5), max_evals=30, rstate=0, show_progressbar=False)
>>> abs(best["x"] - 1) < 0.1
True
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ..trials import Trial, generate_trials_to_calculate
from ..trials._documents import document
from ._iterate import FMinIter
from ._minimize import fmin, space_eval

__all__ = [
    "FMinIter",
    "fmin",
    "fmin_pass_expr_memo_ctrl",
    "generate_trial",
    "generate_trials_to_calculate",
    "partial",
    "space_eval",
]

F = TypeVar("F", bound=Callable[..., Any])

logger = logging.getLogger(__name__)


def generate_trial(tid: int, space: Mapping[str, Any]) -> dict[str, Any]:
    """The document of a new trial at the point ``{label: raw value}``.

    >>> generate_trial(0, {"x": 0.5})["misc"]["vals"]
    {'x': [0.5]}
    """
    return document(Trial(tid, dict(space)), list(space))


def fmin_pass_expr_memo_ctrl(f: F) -> F:
    """Mark an objective that takes ``expr``, ``memo`` and ``ctrl`` in place of a configuration."""
    f.fmin_pass_expr_memo_ctrl = True  # type: ignore[attr-defined]
    return f


def partial(fn: Callable[..., Any], **kwargs: Any) -> functools.partial[Any]:
    """`functools.partial`; the mark of `fmin_pass_expr_memo_ctrl` stays."""
    bound = functools.partial(fn, **kwargs)
    if hasattr(fn, "fmin_pass_expr_memo_ctrl"):
        bound.fmin_pass_expr_memo_ctrl = fn.fmin_pass_expr_memo_ctrl  # type: ignore[attr-defined]
    return bound
