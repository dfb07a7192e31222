"""Whether an estimator takes a parameter: ``set_params`` of a clone is asked, because some take more than they list.

>>> from sklearn.svm import SVC
>>> takes(SVC(), "gamma", 0.1), takes(SVC(), "gama", 0.1)
(True, False)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sklearn.base import clone

from ..space import Constant, Space, has_nodes

UNHEARD_OF = "no_such_parameter"


def is_estimator(value: Any) -> bool:
    """Whether `value` has parameters of its own; a class has none."""
    return hasattr(value, "get_params") and not isinstance(value, type)


def takes(estimator: Any, name: str, value: Any, above: Mapping[str, Any] | None = None) -> bool:
    """Whether `name` can be set once `above` is set; an error that is not about the name is raised as it is."""
    if not hasattr(estimator, "set_params"):
        return False
    candidate = clone(estimator)
    settings = dict(above or {})
    try:
        candidate.set_params(**clone(settings, safe=False), **{name: clone(value, safe=False)})
    except Exception as error:
        if _is_about_name(error, candidate, name, value, settings):
            return False
        raise
    return True


def some_value(option: Any) -> Any:
    """A value that `option` of a space may have at a point."""
    if isinstance(option, Constant):
        return option.value
    if not has_nodes(option):
        return option
    space = Space({"": option})
    return space.assemble(space.point([0.5] * len(space)), integral=True)[""]


def _is_about_name(error: Exception, candidate: Any, name: str, value: Any, settings: Mapping[str, Any]) -> bool:
    if isinstance(error, AttributeError) and "set_params" in str(error):
        return True  # the part of the estimator that the name leads to is none, and has no parameters
    if not any(re.search(rf"\b{re.escape(part)}\b", str(error)) for part in name.split("__")):
        return False
    # It is about the name if a name that nobody has meets the same error with the same value.
    prefix, separator, last = name.rpartition("__")
    try:
        candidate.set_params(**settings, **{f"{prefix}{separator}{UNHEARD_OF}": value})
    except Exception as other:
        return type(other) is type(error) and str(other).replace(UNHEARD_OF, last) == str(error)
    return False
