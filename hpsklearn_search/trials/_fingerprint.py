"""What distinguishes one search from another, as short texts, and where two of them differ.

>>> differences({"algo": "tpe", "cv": 3}, {"algo": "random", "cv": 3})
['algo: tpe in the file, random now']
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from ..space import Space
from ._identity import NotComparable, encoded, text_of

MAX_LENGTH = 200  # characters of a description that is stored as it is; of a longer one, its hash


def describe(name: str, value: Any) -> str:
    """A short text that is the same only for the same value; `NotComparable`, with the name, if there is none."""
    try:
        text = text_of(value, at_first_sight=True)
    except NotComparable as error:
        raise NotComparable(f"{name}: {error}") from error
    return text if len(text) <= MAX_LENGTH else f"{type(value).__name__}, sha256 {_hash(text)}"


def describe_space(space: Space) -> dict[str, str]:
    """A description of each label, and under ``""`` one of the whole."""
    nodes = {dimension.label: dimension.node for dimension in space.dimensions}
    described = {label: describe(f"space ({label})", node) for label, node in nodes.items()}
    return {**described, "": describe("space", space.root)}


def _hash(text: str) -> str:
    return hashlib.sha256(encoded(text)).hexdigest()[:32]


def differences(stored: Mapping[str, Any], wanted: Mapping[str, Any], where: str = "in the file") -> list[str]:
    """Where two descriptions of a search differ, one line each."""
    lines = []
    for key in dict.fromkeys([*stored, *wanted]):
        old, new = stored.get(key), wanted.get(key)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            changed = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
            names = [name for name in changed if name] or ["the constants in it"]
            name = names[0]
            lines.append(f"{key} ({', '.join(names)}): {old.get(name)} {where}, {new.get(name)} now")
        else:
            lines.append(f"{key}: {old} {where}, {new} now")
    return lines
