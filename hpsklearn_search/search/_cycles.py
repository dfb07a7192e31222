"""An estimator that is a parameter of itself: it cannot be cloned, and scikit-learn ends in a RecursionError.

>>> from sklearn.preprocessing import FunctionTransformer
>>> estimator = FunctionTransformer()
>>> check_no_cycle(estimator)
>>> check_no_cycle(estimator.set_params(func=[estimator]))
Traceback (most recent call last):
ValueError: the parameter 'func' of FunctionTransformer leads back to the same FunctionTransformer, which cannot be ...
"""

from __future__ import annotations

from typing import Any

from ..space import Constant, children
from ._set_params import is_estimator


def check_no_cycle(*values: Any) -> None:
    """Raise ValueError if an estimator among values or nodes of a space is, at any depth, its own parameter."""
    done: dict[int, Any] = {}  # with the objects, since the id of one that is gone may be that of the next
    for value in values:
        _check(value, {}, done)


def _check(value: Any, above: dict[int, str], done: dict[int, Any]) -> None:
    if id(value) in done:
        return
    if id(value) in above:
        if is_estimator(value):
            kind = type(value).__name__
            raise ValueError(
                f"the parameter {above[id(value)]!r} of {kind} leads back to the same {kind}, which cannot be cloned; "
                "give it another estimator, or None"
            )
        return
    if isinstance(value, Constant):
        _check(value.value, above, done)
    elif is_estimator(value):
        for name, part in value.get_params(deep=False).items():
            _check(part, {**above, id(value): name}, done)
    else:
        for part in children(value):
            _check(part, {**above, id(value): ""}, done)
    done[id(value)] = value
