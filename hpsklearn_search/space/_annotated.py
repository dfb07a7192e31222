"""A space in the annotations of the function that is minimised over it.

>>> from hpsklearn_search import hp
>>> def loss(x: hp.uniform(-1, 1), n: hp.randint(5), scale=2.0) -> float: ...
>>> list(annotated_space(loss))
['x', 'n']
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from .._texts import public_repr
from ..exceptions import InvalidAnnotatedParameter
from ._space import Space


def annotated_space(function: Callable[..., Any]) -> dict[str, Any]:
    """``{parameter: its annotation}``, for ``space="annotated"``; a parameter with a default may lack one."""
    try:
        # Under `from __future__ import annotations` they are text.
        signature = inspect.signature(function, eval_str=True)
    except NameError as error:
        raise InvalidAnnotatedParameter(
            f'space="annotated": an annotation of {function!r} is text, and {error}'
        ) from error
    return {
        name: parameter.annotation
        for name, parameter in signature.parameters.items()
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) and _is_searched(parameter)
    }


def _is_searched(parameter: inspect.Parameter) -> bool:
    """Whether the annotation is a space; a parameter without a space needs a default."""
    if parameter.annotation is not parameter.empty and len(Space({parameter.name: parameter.annotation})):
        return True
    if parameter.default is not parameter.empty:
        return False
    name, annotation = parameter.name, parameter.annotation
    has_none = annotation is parameter.empty
    text = "no annotation" if has_none else f"the annotation {public_repr(annotation)}, which is not a space"
    raise InvalidAnnotatedParameter(
        f'space="annotated": parameter {name!r} has {text}, and no default; '
        f"write, for example, {name}: hp.uniform(0, 1)"
    )
