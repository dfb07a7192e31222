"""What distinguishes one search from another, as short texts, and where two of them differ.

>>> differences({"algo": "tpe", "cv": 3}, {"algo": "random", "cv": 3})
['algo: tpe in the file, random now']
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from .._secret_names import is_secret_name
from .._secrets_in_texts import without_secrets
from .._texts import hidden, is_secret, printable
from ..space import Choice, Space
from ..space._description import option_texts, values_in_words
from ._identity import NotComparable, encoded, text_of

HIDDEN = "(hidden)"  # the values of a secret, in words
WORDS = "words of the space"  # the key of what is shown and not compared
MAX_LENGTH = 200  # characters of a description that is stored as it is; of a longer one, its hash


SHOWN = 300  # characters of a description in a message: a file from elsewhere may have a longer one
MAX_LINES = 20


def describe(name: str, value: Any, *, key: str = "", secrets: Collection[str] = ()) -> str:
    """A short text that is the same only for the same value; `NotComparable`, with the name, if there is none.

    A value under a `key` that names a secret is hashed, and so are the options of the labels in `secrets`.
    """
    try:
        text = text_of(value, at_first_sight=True, secrets=secrets)
    except NotComparable as error:
        raise NotComparable(f"{name}: {without_secrets(str(error))}") from error
    if is_secret(key, value) or key in secrets:
        return hidden(text)
    public = without_secrets(text)
    # Addresses that differ in their passwords only are different values all the same.
    kind, tail = type(value).__name__, "" if public == text else f", {hidden(text)}"
    return f"{public}{tail}" if len(text) <= MAX_LENGTH else f"{kind}{tail or f', sha256 {_hash(text)}'}"


def describe_items(name: str, values: Mapping[str, Any]) -> dict[str, str]:
    """A description of each value, by its key."""
    return {key: describe(f"{name} ({key})", value, key=key) for key, value in sorted(values.items())}


def describe_space(space: Space) -> dict[str, str]:
    """A description of each label, and under ``""`` one of the whole."""
    nodes = {dimension.label: dimension.node for dimension in space.dimensions}
    described = {
        label: describe(f"space ({label})", node, key=label, secrets=space.secrets) for label, node in nodes.items()
    }
    return {**described, "": describe("space", space.root, secrets=space.secrets)}


def words_of_space(space: Space, names: Mapping[str, str]) -> dict[str, list[Any]]:
    """For each label its name for users, its values in words, and the texts of its options if it is a choice."""
    words: dict[str, list[Any]] = {}
    for dimension in space.dimensions:
        name, node = names.get(dimension.label, dimension.label), dimension.node
        values = values_in_words(node, names, space.secrets)
        options = option_texts(node, names, space.secrets) if isinstance(node, Choice) else []
        if dimension.label in space.secrets or is_secret_name(name):
            values, options = HIDDEN, [f"(hidden {i})" for i in range(len(options))]
        words[dimension.label] = [name, values, options]
    return words


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
            old = _without_secrets(old)
            changed = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
            names = [name for name in changed if name] or ["the constants in it"]
            key, old, new = f"{key} ({', '.join(names)})", old.get(names[0]), new.get(names[0])
            if changed:
                lines.append(_difference(key, old, new, where))
        else:
            lines.append(_difference(key, old, new, where))
    return lines[:MAX_LINES]


def _without_secrets(described: Mapping[str, Any]) -> dict[str, Any]:
    # Files of earlier versions hold them as they were.
    nothing = ("None", "True", "False")
    return {
        name: hidden(text) if is_secret_name(name) and isinstance(text, str) and text not in nothing else text
        for name, text in described.items()
    }


def _difference(key: str, old: Any, new: Any, where: str) -> str:
    name, *texts = (printable(str(part))[:SHOWN] for part in (key, old, new))
    return f"{name}: {texts[0]} {where}, {texts[1]} now"
