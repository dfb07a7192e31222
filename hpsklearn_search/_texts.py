r"""What leaves the program: without secrets, and without characters that control a terminal.

>>> printable("a\x1b[2Jb\n")
'a\\x1b[2Jb\\n'
"""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import zip_longest
from typing import Any

from ._classes import class_names
from ._secret_names import is_secret_name
from ._secrets_in_texts import HIDDEN, without_secrets

LONGEST_SERIES = 1000  # A longer one is data, and no set of options.
_ROUNDS = 20_000  # some 10 ms: a short password cannot be found from its hash by trying


def hidden(text: str) -> str:
    """A hash in place of a secret: equal for equal secrets, and slow to compute; of a hash, the hash itself."""
    if text.startswith(HIDDEN):
        return text
    data = text.encode("utf-8", "backslashreplace")
    return HIDDEN + hashlib.pbkdf2_hmac("sha256", data, b"hpsklearn_search", _ROUNDS).hex()[:32]


def is_secret(name: Any, value: Any) -> bool:
    """Whether `value`, of this name, has to be hidden; None and bools say that there is none."""
    return is_secret_name(name) and not (value is None or isinstance(value, bool))


def is_secret_pair(value: Any) -> bool:
    """Whether `value` is a pair of a name and a secret, as in the headers of a request, and no step of a pipeline."""
    is_pair = type(value) is tuple and len(value) == 2
    return is_pair and is_secret(*value) and not hasattr(value[1], "get_params")


def public_text(text: str) -> str:
    r"""`text` as it may be shown: without secrets, and moving no cursor.

    >>> public_text("\x1b[2Jtoken='abc'")
    "\\x1b[2Jtoken='***'"
    """
    return printable(without_secrets(text), keep="\n\t")


def public_repr(value: Any, name: Any = "") -> str:
    """The repr of a value of this name, for a message: without secrets, and moving no cursor.

    >>> public_repr("abc", "password"), public_repr({"C": 1, "token": "abc"})
    ('(hidden)', "{'C': 1, 'token': '***'}")
    >>> public_repr({"token": ["abc"], "C": 1})
    "{'token': '***', 'C': 1}"
    """
    if is_secret(name, value):
        return "(hidden)"
    # A long repr of an estimator is cut, and what is left of a secret may have no name then.
    return printable(without_secrets(repr(concealed(value, _starred))), keep="\n")


def _starred(_: str) -> str:
    return "***"


def hide_secrets(error: BaseException) -> None:
    """Take secrets out of `error`, its notes, the exceptions that led to it, and those that it groups.

    What is not printable becomes an escape.

    >>> error = OSError("no answer from http://me:abc@host")
    >>> hide_secrets(error)
    >>> error
    OSError('no answer from http://host')
    """
    chain: dict[int, BaseException] = {}
    waiting = [error]
    while waiting:
        each = waiting.pop()
        chain[id(each)] = each
        each.args = tuple(_shown(part) for part in each.args)
        for name, value in _texts_of(each):
            with suppress(AttributeError):  # some cannot be set: the message of a group, for one
                setattr(each, name, value)
        reason = getattr(each, "reason", None)  # of URLError
        others = (each.__cause__, each.__context__, reason, *getattr(each, "exceptions", ()))
        waiting += [e for e in others if isinstance(e, BaseException) and id(e) not in chain]


def _texts_of(error: BaseException) -> list[tuple[str, Any]]:
    """The attributes of an exception that it shows beside its arguments, as they are to be shown."""
    # mlflow's exceptions have a message, those of the system a text and file names, those of requests an address,
    # and those of subprocess a command, with what it has printed.
    names = ("message", "msg", "strerror", "reason", "filename", "filename2", "url", "cmd", "output", "stderr")
    found = [(name, getattr(error, name, None)) for name in names]
    texts = [(name, _shown(value)) for name, value in found if isinstance(value, str | bytes | list | tuple)]
    notes = getattr(error, "__notes__", None)
    return [*texts, ("__notes__", [_shown(str(note)) for note in notes])] if notes else texts


def _shown(part: Any) -> Any:
    """A part of an exception without secrets and control characters; the object itself if it has none."""
    text = str(part)
    public = public_text(text)
    return part if public == text else public


def concealed(value: Any, hide: Callable[[str], str] = hidden) -> Any:
    """`value` with hashes in place of its secrets, at any depth of dicts, lists, estimators and partials.

    The object itself if it has none. `hide` makes another text of a secret.

    >>> concealed({"C": 1, "password": None}), concealed([{"url": "http://me:abc@host"}])
    ({'C': 1, 'password': None}, [{'url': 'http://host'}])
    """
    if isinstance(value, str):
        return without_secrets(value)
    if is_secret_pair(value):
        return value[0], hide(str(value[1]))
    if type(value) in (list, tuple):
        items = [concealed(item, hide) for item in value]
        return value if all(map(_is, items, value)) else type(value)(items)
    named = value.to_dict() if _is_named_series(value) else value
    if isinstance(named, Mapping):
        parts = concealed_items(named, hide)
        return value if all(parts[key] is named[key] for key in named) else parts
    if isinstance(value, functools.partial):
        names = argument_names(value.func)[: len(value.args)]
        args = [_concealed_item(*item, hide) for item in zip_longest(names, value.args, fillvalue="")]
        return functools.partial(value.func, *args, **concealed_items(value.keywords, hide))
    if hasattr(value, "get_params") and not isinstance(value, type):
        return _concealed_estimator(value, hide)
    return value


def _is_named_series(value: Any) -> bool:
    """Whether `value` is a short Series of pandas, with labels such as the keys of a mapping."""
    return "Series" in class_names(value) and hasattr(value, "to_dict") and len(value) <= LONGEST_SERIES


def concealed_items(values: Mapping[Any, Any], hide: Callable[[str], str] = hidden) -> dict[Any, Any]:
    """The items of a mapping, with a hash for each whose key is the name of a secret."""
    return {key: _concealed_item(key, item, hide) for key, item in values.items()}


def _concealed_item(name: Any, value: Any, hide: Callable[[str], str]) -> Any:
    return hide(str(value)) if is_secret(name, value) else concealed(value, hide)


def argument_names(function: Any) -> list[str]:
    """The names of the arguments that a function takes by their place, as far as Python knows them.

    >>> argument_names(lambda point, token=None, *rest, C=1: 0)
    ['point', 'token']
    """
    try:
        parameters = inspect.signature(function).parameters.values()
    except Exception:  # some have none, and objects of others may raise anything
        return []
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def _concealed_estimator(estimator: Any, hide: Callable[[str], str]) -> Any:
    try:
        params = estimator.get_params(deep=False)
    except Exception:  # an object of others may have a method of this name that does something else
        return estimator
    public = concealed_items(params, hide)
    if all(public[name] is params[name] for name in params):
        return estimator
    try:
        return type(estimator)(**public)
    except Exception:  # it does not take texts for its secrets
        return f"{type(estimator).__name__}(...)"


def _is(first: Any, second: Any) -> bool:
    return first is second


def encodable(text: str) -> str:
    r"""`text` with escapes in place of what no encoding has: the bytes of a file's name that is not UTF-8.

    >>> print(encodable("caf\udce9.csv"))
    caf\udce9.csv
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def printable(text: str, keep: str = "") -> str:
    """`text` with escapes in place of characters that are not printable, such as those that move the cursor."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)
