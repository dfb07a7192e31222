"""What MLflow accepts: names, lengths of values, sizes of batches.

>>> allowed_names(["C", "svc:C", "svc C", "svc_C", "../x"])
['C', 'svc_C', 'svc C', 'svc_C_2', '__x']
>>> cut("a" * 10, 5), cut("short", 5)
('aa...', 'short')
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

NAME_LENGTH = 250
PARAM_LENGTH = 6000
TAG_LENGTH = 8000
ITEMS_PER_BATCH = 50
"""Parameters, or tags, in one call: MLflow takes 100, but no more than a megabyte."""
METRICS_PER_BATCH = 1000

Item = TypeVar("Item")


def allowed_names(names: Iterable[str]) -> list[str]:
    """The names as MLflow takes them on every system, distinct where they were.

    Letters, digits, ``_ - . /`` and spaces stay; a slash only where the name is a plain relative path.
    """
    found: dict[str, None] = {}
    for name in names:
        allowed = _allowed(name)
        distinct, n = allowed, 1
        while distinct in found:
            n += 1
            distinct = f"{allowed[: NAME_LENGTH - 6]}_{n}"
        found[distinct] = None
    return list(found)


def _allowed(name: str) -> str:
    name = re.sub(r"[^\w.\- /]", "_", name)[:NAME_LENGTH] or "_"
    if name != posixpath.normpath(name) or name.startswith(("/", "..")):
        name = name.replace("/", "_")
    return re.sub(r"^(\.\.|\.$)", "_", name)  # else MLflow fears that it leads elsewhere


def cut(text: str, length: int) -> str:
    """`text`, shortened to `length` characters where it is longer."""
    return text if len(text) <= length else text[: length - 3] + "..."


def slices(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """`items` in pieces of at most `size`."""
    return (items[start : start + size] for start in range(0, len(items), size))
