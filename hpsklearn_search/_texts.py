r"""Texts that leave the program: without secrets, and without characters that control a terminal.

A parameter is taken for a secret by its name, and part of an address by its place.

>>> without_secrets("API request to http://me:secret@host/api?token=abc&page=2 failed")
'API request to http://host/api?token=&page=2 failed'
>>> without_secrets("Login(user='me', password='abc')")
"Login(user='me', password='***')"
>>> without_secrets("Command '['curl', '--token', 'abc', '-v']' returned non-zero exit status 1.")
"Command '['curl', '--token', '***', '-v']' returned non-zero exit status 1."
>>> is_secret_name("db__api_key"), is_secret_name("token_pattern")
(True, False)
>>> printable("a\x1b[2Jb\n")
'a\\x1b[2Jb\\n'
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import zip_longest
from typing import Any
from urllib.parse import unquote

# A name is one of a secret if it contains the first anywhere, or ends with the second.
_SECRET_ANYWHERE = re.compile(r"passw(?:or)?d|(?:^| )pass word|passphrase|passcode|credential|(?:^| )secrets?(?: |$)")
# Other keys sort, group or seed, and other tokens are pieces of texts: these need the word before them.
_OWNERS_OF_KEYS = (
    r"(?:api|access|private|account|auth|signing|encryption|secret|ssh|licen[cs]e|subscription|master|deploy"
    r"|openai|anthropic|azure|aws|wandb|kaggle)"
)
_OWNERS_OF_TOKENS = r"(?:api|access|auth|bearer|refresh|session|secret|user|hf|github)"
_SECRET_ENDING = re.compile(
    r"(?:token|secret|pwd|jwt|bearer"
    rf"|(?:^| )(?:pw|(?<!n )pass|creds?|o?auth|authorization|{_OWNERS_OF_KEYS} ?keys?|{_OWNERS_OF_TOKENS} tokens))$"
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

# Further names that are secrets in the query of an address, such as the signature of a signed link.
_SECRET_IN_QUERY = {"sig", "signature", "x-amz-signature", "key", "odbc_connect", "code"}

# What stands between "://" and the host: everything up to the last @ before the path, or a user and a password.
_UP_TO_LAST_AT = re.compile(r"[^/\s]*@")
_AT_AND_SLASH = re.compile(r"@[^@]*/")
_STARS = "***@"
_USER = re.compile(r"[^/\s:@'\"]*:(?!\d+[/?\s])")
# A password may have blanks, but begins with none, and is neither a port nor part of an address in brackets.
_USER_BEFORE_BLANKS = re.compile(r"(?!\[[\da-fA-F:.]*\])[^/\s:@'\"]*:(?!\d+(?:[^\w@]|$))(?=\S)")
_USER_WITH_BLANKS = re.compile(r"(?!\[[\da-fA-F:.]*\])[^/\n\r:@'\"]*:(?!\d+(?:[^\w@]|$))(?=\S)")
_BEGINS_A_VALUE = re.compile(r"(?:^|['\"])[\w+.-]+$")  # the scheme, where the address is a text of its own
_END_OF_WORD = re.compile(r"[\s'\"]|$")
_END_OF_LINE = re.compile(r"[\n\r'\"]|$")
# A text in a line of code may begin with letters, and end with the text that is looked through.
_PREFIX = r"(?:[bfrtuBFRTU]{1,2}(?=['\"]))?"
_STRING = (
    r"""(?:'{3}(?:[^\\]|\\.)*?(?:'{3}|$)|"{3}(?:[^\\]|\\.)*?(?:"{3}|$)"""
    r"""|'(?:[^'\\]|\\.)*(?:'|$)|"(?:[^"\\]|\\.)*(?:"|$))"""
)
# The type of a variable, between its name and its value.
_ANNOTATION = r":\s{0,2}[\w.]{1,60}(?:\[[^\n=]{0,100}\])?(?:\s?\|\s?[\w.]{1,60}){0,5}"
_EQUALS = r"(?::=|=>|=(?!=))"
# The second is an option of a program and its value, as words of a line or as items of a list; the last a pair.
_NAME = re.compile(
    rf"""(?<![\w.%-])(?:(?P<name>[\w.%-]+)(?:\s{{0,2}}(?P<type>{_ANNOTATION}\s{{0,2}})?{_EQUALS}\s{{0,2}}"""
    rf"""|\\{{0,9}}['"]\]?\s{{0,2}}(?::|{_EQUALS})\s{{0,2}})"""
    rf"""|(?P<option>--?[A-Za-z][\w.-]*)(?:['"],\s{{0,2}}(?={_PREFIX}['"])|[^\S\n](?=[^\s-]))"""
    rf"""|(?P<first>(?<=\(['"])[\w.%-]+)['"],\s{{0,2}}(?={_PREFIX}['"]|[(\[{{]))"""
)
_ESCAPED_STRING = r"""\\+['"](?:[^\\'"])*(?:\\+['"]|$)"""  # in a text that is quoted in another one
_VALUE = re.compile(
    rf"""{_PREFIX}{_STRING}|{_ESCAPED_STRING}|\{{[^{{}}]*\}}|(?:[^&;\s'"#]|#(?![\w.-]+=))*""", re.DOTALL
)
# Where a list, a dict, a call such as array(['abc']) begins, and what counts until it ends.
_BRACKET = re.compile(r"(?!\d)[\w.]{0,100}[(\[{]")
_IN_BRACKETS = re.compile(rf"{_STRING}|[()\[\]{{}}]", re.DOTALL)
# A line of YAML or of the headers of a request, also behind the name of an exception or the head of a log line.
# InvalidToken is the name of an exception.
_KEY = re.compile(
    r"(?:^|(?<=[:;,|>\]-]))[^\S\n]*(?:- )?(?!(?:\w+\.)*(?:[A-Z][a-z]+){2,}:)(?P<name>[\w.%-]+):(?=[^\S\n]+\S)",
    re.MULTILINE,
)
_AUTHORIZATION = re.compile(r"(?i)\b(authorization['\"]?\s{0,2}[:=]\s{0,2}['\"]?(?:\w+ )?|bearer )[^\s'\",]+")

_HIDDEN = "hidden:pbkdf2-sha256:"
_ROUNDS = 20_000  # some 10 ms: a short password cannot be found from its hash by trying


def is_secret_name(name: Any) -> bool:
    """Whether a value of this name is a secret: a password, a token, a key of an interface.

    >>> [name for name in ("token", "hfToken", "n_tokens", "AWS_SECRET_ACCESS_KEY", "key") if is_secret_name(name)]
    ['token', 'hfToken', 'AWS_SECRET_ACCESS_KEY']
    """
    if isinstance(name, bytes):
        name = name.decode("latin-1")
    return isinstance(name, str) and _is_secret_text(name)


@functools.lru_cache(maxsize=1000)
def _is_secret_text(name: str) -> bool:
    words, parameter = (" ".join(_WORD.findall(part)).lower() for part in (name, name.rpartition("__")[2]))
    return bool(_SECRET_ANYWHERE.search(words) or _SECRET_ENDING.search(words) or parameter == "tokens")


def hidden(text: str) -> str:
    """A hash in place of a secret: equal for equal secrets, and slow to compute; of a hash, the hash itself."""
    if text.startswith(_HIDDEN):
        return text
    data = text.encode("utf-8", "backslashreplace")
    return _HIDDEN + hashlib.pbkdf2_hmac("sha256", data, b"hpsklearn_search", _ROUNDS).hex()[:32]


def is_secret(name: Any, value: Any) -> bool:
    """Whether `value`, of this name, has to be hidden; None and bools say that there is none."""
    return is_secret_name(name) and not (value is None or isinstance(value, bool))


def is_secret_pair(value: Any) -> bool:
    """Whether `value` is a pair of a name and a secret, as in the headers of a request, and no step of a pipeline."""
    is_pair = type(value) is tuple and len(value) == 2
    return is_pair and is_secret(*value) and not hasattr(value[1], "get_params")


def without_secrets(text: str) -> str:
    """`text` without users and passwords in addresses, and without values that are named like secrets."""
    text = _without_users(text)
    text = _without_lines(text)
    text = _AUTHORIZATION.sub(r"\1***", text)
    parts, end = [], 0
    while (match := _NAME.search(text, end)) is not None:
        parts.append(text[end : match.end()])
        end = match.end()
        if _is_name_of_secret(match):
            start, end = end, _end_of_value(text, end, is_in_address=_is_in_address(match))
            # Nothing before a quote or a blank would look as if the value began there.
            after = text[end : end + 1]
            needs_stars = match["option"] or (end > start and (after in ("'", '"') or after.isspace()))
            parts.append(_stars(text[start:end]) or ("***" if needs_stars else ""))
    return "".join(parts) + text[end:]


def _without_lines(text: str) -> str:
    """`text` without what follows the name of a secret and a colon, to the end of the line."""
    parts, end = [], 0
    for match in _KEY.finditer(text):
        if match.start() >= end and is_secret_name(match["name"]):
            parts.append(text[end : match.end()])
            end = text.find("\n", match.end())
            end = len(text) if end < 0 else end
            value = text[match.end() : end]
            parts.append(value if value.strip() in ("None", "True", "False") else " ***")
    return "".join(parts) + text[end:]


def _without_users(text: str) -> str:
    """`text` without the users and passwords of addresses, however long they are."""
    last_ats = [_LastAt(text, _END_OF_WORD), _LastAt(text, _END_OF_LINE)]
    parts, end = [], 0
    while (scheme_end := text.find("://", end)) >= 0:
        start = scheme_end + 3
        parts.append(text[end:start])
        end = start if text.startswith(_STARS, start) else _end_of_user(text, start, *last_ats)
        if _AT_AND_SLASH.search(text, start, end):  # what is left need not be a host
            parts.append(_STARS)
    return "".join(parts) + text[end:]


def _end_of_user(text: str, start: int, of_word: _LastAt, of_line: _LastAt) -> int:
    """Where the host of the address begins whose user may begin at `start`."""
    user = _UP_TO_LAST_AT.match(text, start)
    if user is not None:
        # A password may have an @ and then a slash. So may a path, and nothing tells one from the other.
        at = of_word.after(user.end()) if ":" in user[0] else None
        return user.end() if at is None else at + 1
    user = _USER.match(text, start)
    if user is not None and (at := of_word.after(user.end())) is not None:
        return at + 1
    before = text[max(0, start - 40) : start - 3]
    user = (_USER_WITH_BLANKS if _BEGINS_A_VALUE.search(before) else _USER_BEFORE_BLANKS).match(text, start)
    if user is not None and (at := of_line.after(user.end())) is not None:
        return at + 1
    return start


class _LastAt:
    """The last @ of each piece of a text; each piece is looked through once, however often one asks."""

    def __init__(self, text: str, end: re.Pattern[str]) -> None:
        self.text = text
        self.pattern = end
        self.end = self.place = -1

    def after(self, start: int) -> int | None:
        """The last @ between `start`, which only grows, and the end of its piece."""
        if start > self.end:
            match = self.pattern.search(self.text, start)
            assert match is not None  # the end of the text is an end
            self.end = match.start()
            self.place = self.text.rfind("@", start, self.end)
        return self.place if self.place >= start else None


def _end_of_value(text: str, start: int, *, is_in_address: bool) -> int:
    """Where the value that begins at `start` ends; in Python, what has brackets ends with the last of them."""
    value, bracket = _VALUE.match(text, start), _BRACKET.match(text, start)
    assert value is not None  # nothing is a value, too
    if bracket is None or is_in_address:
        return value.end()
    depth = 1
    for part in _IN_BRACKETS.finditer(text, bracket.end()):
        depth += (part[0] in "([{") - (part[0] in ")]}")
        if not depth:
            return max(part.end(), value.end())  # a password may go on after a bracket
    return len(text)


def _is_in_address(match: re.Match[str]) -> bool:
    return match.string[match.start() - 1 : match.start()] in tuple("?&;#")


def _is_name_of_secret(match: re.Match[str]) -> bool:
    name = unquote(match["name"] or match["option"] or match["first"])
    # "ValueError: password=" looks like a variable and its type.
    is_type = match["type"] is not None and any(map(is_secret_name, re.findall(r"[\w.]+", match["type"])))
    return is_type or is_secret_name(name) or (_is_in_address(match) and name.lower() in _SECRET_IN_QUERY)


def _stars(value: str) -> str:
    if _BRACKET.match(value):
        return "***"
    if value.rstrip(")]},") == "***":
        return value
    escaped = re.match(r"\\+['\"]", value)
    if escaped:
        return f"{escaped[0]}***{escaped[0]}"
    quote = value.lstrip("bfrtuBFRTU")[:1]
    if value in ("", "None", "True", "False") or value.startswith("...") or value[1:].startswith(_HIDDEN):
        return value
    return f"{quote}***{quote}" if quote in ("'", '"') else ""


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
    public = printable(without_secrets(text), keep="\n\t")
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
    if isinstance(value, Mapping):
        parts = concealed_items(value, hide)
        return value if all(parts[key] is value[key] for key in value) else parts
    if isinstance(value, functools.partial):
        names = argument_names(value.func)[: len(value.args)]
        args = [_concealed_item(*item, hide) for item in zip_longest(names, value.args, fillvalue="")]
        return functools.partial(value.func, *args, **concealed_items(value.keywords, hide))
    if hasattr(value, "get_params") and not isinstance(value, type):
        return _concealed_estimator(value, hide)
    return value


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
