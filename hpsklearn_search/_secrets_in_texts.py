r"""Secrets in texts: they are found by the name before them, and in addresses by their place.

>>> without_secrets("API request to http://me:secret@host/api?token=abc&page=2 failed")
'API request to http://host/api?token=&page=2 failed'
>>> without_secrets("Login(user='me', password='abc')")
"Login(user='me', password='***')"
>>> without_secrets("Command '['curl', '--token', 'abc', '-v']' returned non-zero exit status 1.")
"Command '['curl', '--token', '***', '-v']' returned non-zero exit status 1."
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from ._secret_names import is_secret_name

HIDDEN = "hidden:pbkdf2-sha256:"  # what a hash in place of a secret begins with

# Further names that are secrets in the query of an address, such as the signature of a signed link.
_SECRET_IN_QUERY = re.compile(r"(?i)sig|(?:.*-)?signature|key|odbc_connect|code")
_USER_OF_ORACLE = re.compile(r"(?<=:thin:)[^\s/@]{0,100}/[^\s@]{0,300}(?=@)")  # a slash is between user and password

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
    r"""(?:'{3}(?:[^\\]|\\(?:.|\Z))*?(?:'{3}|\Z)|"{3}(?:[^\\]|\\(?:.|\Z))*?(?:"{3}|\Z)"""
    r"""|'(?:[^'\\]|\\(?:.|\Z))*(?:'|\Z)|"(?:[^"\\]|\\(?:.|\Z))*(?:"|\Z))"""
)
# The type of a variable, between its name and its value.
_ANNOTATION = r":\s{0,2}[\w.]{1,60}(?:\[[^\n=]{0,100}\])?(?:\s?\|\s?[\w.]{1,60}){0,5}"
_EQUALS = r"(?::=|=>|=(?!=))"
_GAP = r"\s{0,40}"
# The second is an option of a program and its value, as words of a line or as items of a list; the last a pair.
_NAME = re.compile(
    rf"""(?<![\w.%-])(?:(?P<name>[\w.%-]+(?:\[[\w.%-]{{0,60}}\])?)(?:{_GAP}(?P<type>{_ANNOTATION}{_GAP})?{_EQUALS}{_GAP}"""
    rf"""|\\{{0,9}}['"]\]?{_GAP}(?::|{_EQUALS}){_GAP})"""
    rf"""|(?P<option>--?[A-Za-z][\w.-]*)(?:['"],{_GAP}(?={_PREFIX}['"])|[^\S\n]{{1,40}}(?=[^\s-]))"""
    rf"""|(?P<first>(?:(?<=\(['"])|(?<=\([bB]['"]))[\w.%-]+)['"],{_GAP}(?={_PREFIX}['"]|[(\[{{]))"""
)
_ESCAPED_STRING = r"""\\+['"](?:[^\\'"])*(?:\\+['"]|$)"""  # in a text that is quoted in another one
_VALUE = re.compile(
    rf"""{_PREFIX}{_STRING}|{_ESCAPED_STRING}|\{{(?:[^{{}}]|\}}\}})*\}}|(?:[^&;\s'"#]|#(?![\w.-]+=))*""", re.DOTALL
)
# Where a list, a dict, a call such as array(['abc']) begins, and what counts until it ends.
_BRACKET = re.compile(r"(?!\d)[\w.]{0,100}[(\[{]")
_IN_BRACKETS = re.compile(rf"{_STRING}|[()\[\]{{}}]", re.DOTALL)
# A further text that belongs to the value: behind an operator of Python, or right behind a text, as in a shell.
_GOES_ON = re.compile(
    rf"""(?:[^\S\n]{{0,9}}(?:or|else|\+)[^\S\n]{{0,9}}|(?<=['"])[^\S\n]{{1,9}}|(?<=')(?=")|(?<=")(?='))(?={_PREFIX}['"])"""
)
# A line of YAML or of the headers of a request, also behind the name of an exception or the head of a log line, or in
# a text that is quoted in another one. InvalidToken is the name of an exception, and str in a signature a type.
_KEY = re.compile(
    r"(?:^|(?<=[:;,|>\](\[{'\"])|(?<=\\[nr])|(?<=-)(?=[^\S\n]))(?P<indent>[^\S\n]*)(?:- )?"
    r"(?!(?:\w+\.)*(?:[A-Z][a-z]+){2,}:)(?P<name>[\w.%-]+)[^\S\n]{0,9}:"
    r"(?![^\S\n]*(?:str|bytes|int|float|bool|object|Any|Optional|Union|dict|list|tuple|Callable|SecretStr)\b)",
    re.MULTILINE,
)
_LONGEST_ARGUMENT = 300  # of a command
_FOLDED = 60  # YAML folds texts that are longer than a line, which has 80 characters
_NOTHING = ("None", "True", "False", "null", "true", "false", "~", "")
_AUTHORIZATION = re.compile(r"(?i)\b(authorization['\"]?\s{0,2}[:=]\s{0,2}['\"]?(?:\w+ )?|bearer )[^\s'\",]+")


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
            start, end = end, _end_of_value(text, match)
            # Nothing before a quote or a blank would look as if the value began there.
            after = text[end : end + 1]
            needs_stars = match["option"] or (end > start and (after in ("'", '"') or after.isspace()))
            parts.append(_stars(text[start:end]) or ("***" if needs_stars else ""))
    return "".join(parts) + text[end:]


def _without_lines(text: str) -> str:
    """`text` without what follows the name of a secret and a colon, to the end of the line or of a YAML value."""
    parts, end = [], 0
    for match in _KEY.finditer(text):
        if match.start() < end or not is_secret_name(match["name"]):
            continue
        first, last = match.end(), _end_of_lines(text, match)
        value = text[first:last]
        if value.strip() in _NOTHING or not (value[0].isspace() or "-" in match["name"]):
            continue
        parts.append(text[end:first] + (" ***" if value[0].isspace() else "***"))
        end = last
    return "".join(parts) + text[end:]


def _end_of_lines(text: str, match: re.Match[str]) -> int:
    """Where the value behind a key ends: at a quote, at the end of the line, or of the deeper lines below it."""
    start, end = match.start(), _end_of_line(text, match.end())
    before = text[start - 1] if start else "\n"
    if before in ("'", '"') and match["indent"] == "":
        closing = re.compile(rf"{before}(?=[\s,)\]}}]|$)").search(text, match.end(), end)
        return closing.start() if closing else end
    value = text[match.end() : end].strip()
    if before != "\n" or not (value == "" or value[0] in "|>" or end - start > _FOLDED):
        return end
    last = end
    while end < len(text):
        begin, end = end + 1, _end_of_line(text, end + 1)
        line = text[begin:end]
        depth = len(line) - len(line.lstrip())
        if depth > len(match["indent"]) or (line[depth:].startswith("- ") and depth == len(match["indent"])):
            last = end
        elif line.strip():
            break
    return last


def _end_of_line(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _without_users(text: str) -> str:
    """`text` without the users and passwords of addresses, however long they are."""
    text = _USER_OF_ORACLE.sub("", text)
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


def _end_of_value(text: str, name: re.Match[str]) -> int:
    """Where the value behind `name` ends; in Python, what has brackets ends with the last of them."""
    start, is_in_address = name.end(), _is_in_address(name)
    value, bracket = _VALUE.match(text, start), _BRACKET.match(text, start)
    assert value is not None  # nothing is a value, too
    end, is_complete = value.end(), value[0].endswith(("'", '"'))
    if bracket is not None and not is_in_address:
        is_complete = True
        end = max(end, _end_of_bracket(text, bracket.end()))  # a password may go on after a bracket
    elif (name["name"] or "").startswith("-") and not is_complete:
        # An item of a list of arguments: --password=a b
        quote = text[name.start() - 1 : name.start()]
        if quote in ("'", '"'):
            closing = re.compile(rf"{quote}(?=[\s,)\]}}]|$)").search(text, end, end + _LONGEST_ARGUMENT)
            return closing.start() if closing else end
    while is_complete and (further := _GOES_ON.match(text, end)) is not None:
        value = _VALUE.match(text, further.end())
        assert value is not None
        end = value.end()
    return end


def _end_of_bracket(text: str, start: int) -> int:
    depth = 1
    for part in _IN_BRACKETS.finditer(text, start):
        depth += (part[0] in "([{") - (part[0] in ")]}")
        if not depth:
            return part.end()
    return len(text)


def _is_in_address(match: re.Match[str]) -> bool:
    return match.string[match.start() - 1 : match.start()] in tuple("?&;#")


def _is_in_query(match: re.Match[str]) -> bool:
    return _is_in_address(match) and match.string[match.start() - 1] != ";"


def _is_name_of_secret(match: re.Match[str]) -> bool:
    name = unquote(match["name"] or match["option"] or match["first"])
    # "ValueError: password=" looks like a variable and its type.
    is_type = match["type"] is not None and any(map(is_secret_name, re.findall(r"[\w.]+", match["type"])))
    return is_type or is_secret_name(name) or bool(_is_in_query(match) and _SECRET_IN_QUERY.fullmatch(name))


def _stars(value: str) -> str:
    if _BRACKET.match(value):
        return "***"
    if value.rstrip(")]},") == "***":
        return value
    escaped = re.match(r"\\+['\"]", value)
    if escaped:
        return f"{escaped[0]}***{escaped[0]}"
    quote = value.lstrip("bfrtuBFRTU")[:1]
    if value.rstrip(")]},;:") in _NOTHING or value.startswith("...") or value[1:].startswith(HIDDEN):
        return value
    return f"{quote}***{quote}" if quote in ("'", '"') else ""
