"""Classes of other libraries, known by their names, so that no library is imported for the question.

>>> class_names(True)
['bool', 'int', 'object']
"""

from __future__ import annotations

from typing import Any


def class_names(value: Any) -> list[str]:
    """Names of the class of `value` and of its bases, the nearest first."""
    return [kind.__name__ for kind in type(value).__mro__]
