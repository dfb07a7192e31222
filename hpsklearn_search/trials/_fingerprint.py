"""What tells one search from another, as short texts, and where two of them differ.

>>> differences({"algo": "tpe", "cv": 3}, {"algo": "random", "cv": 3})
['algo: tpe in the file, random now']
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from ..space import Space
from ._identity import encoded, text_of

MAX_LENGTH = 200  # characters of a description that is stored as it is; of a longer one, its hash


def describe_space(space: Space) -> dict[str, str]:
    """A description of each label, and under ``""`` one of the whole."""
    nodes = {**{dimension.label: dimension.node for dimension in space.dimensions}, "": space.root}
    return {label: _shortened(text_of(node, at_first_sight=True)) for label, node in nodes.items()}


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_LENGTH else hashlib.sha256(encoded(text)).hexdigest()


def differences(stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
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
            lines.append(f"{key} ({', '.join(names)}): {old.get(name)} in the file, {new.get(name)} now")
        else:
            lines.append(f"{key}: {old} in the file, {new} now")
    return lines
