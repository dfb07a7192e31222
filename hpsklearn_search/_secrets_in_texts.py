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
_BLANKS = r"[^\S\n]{0,40}"
_GAP = rf"(?:\s{{0,40}}(?={_PREFIX}['\"]|[(\[{{])|{_BLANKS})"  # in JSON, a text or a list may be on the next line
# The second is an option of a program and its value, as words of a line or as items of a list; the last a pair.
_NAME = re.compile(
    rf"""(?<![\w.%-])(?:(?P<name>[\w.%-]+(?:\[[\w.%-]{{0,60}}\])?)(?:{_BLANKS}(?P<type>{_ANNOTATION}{_BLANKS})?{_EQUALS}{_BLANKS}"""
    rf"""|\\{{0,9}}['"]\]?{_BLANKS}(?::{_GAP}|{_EQUALS}{_BLANKS}))"""
    rf"""|(?P<option>--?[A-Za-z][\w.-]*)(?:['"],{_GAP}(?={_PREFIX}['"])|[^\S\n]{{1,40}}(?=[^\s-]))"""
    rf"""|(?P<first>(?:(?<=\(['"])|(?<=\([bB]['"]))[\w.%-]+)['"],{_GAP}(?={_PREFIX}['"]|[(\[{{]))"""
)
_ESCAPED_STRING = r"""\\+['"](?:[^\\'"])*(?:\\+['"]|$)"""  # in a text that is quoted in another one
_VALUE = re.compile(
    rf"""{_PREFIX}{_STRING}|{_ESCAPED_STRING}|\{{(?:[^{{}}]|\}}\}})*\}}|(?:[^&;\s'"#]|#(?![\w.-]+=))*""", re.DOTALL
)
# Where a list, a dict, a call such as array(['abc']) begins, and what counts until it ends.
_BRACKET = re.compile(r"(?!\d)[\w.]{0,100}[(\[{]")
_REST = re.compile(r"[^\s'\"&;#:,.()\[\]{}]*")  # a password may go on after a bracket
_OPENING = re.compile(r"[(\[{]")
_WORD = re.compile(r"[A-Za-z_][\w.]*")
# Here a text ends with its line, if it has no three quotes. A line that is not deeper belongs to something else.
_IN_BRACKETS = re.compile(
    r"""'{3}(?:[^\\]|\\(?:.|\Z))*?'{3}|"{3}(?:[^\\]|\\(?:.|\Z))*?"{3}"""
    r"""|'(?:[^'\\\n]|\\(?:.|\Z))*(?:'|(?=\n)|\Z)|"(?:[^"\\\n]|\\(?:.|\Z))*(?:"|(?=\n)|\Z)"""
    r"""|[()\[\]{}]|\n(?P<indent>[^\S\n]*)(?=(?P<begin>.?))""",
    re.DOTALL,
)
_INDENT = re.compile(r"[^\S\n]*")
# What belongs to the value as well: behind it attributes and calls, behind operators of Python a text or a call, and
# further texts, which touch it in a shell.
_POSTFIX = re.compile(r"(?:\.[A-Za-z_]\w{0,60}){0,3}(?P<bracket>[(\[])|(?:\.[A-Za-z_]\w{0,60}){1,3}")
_OPERATION = re.compile(
    rf"""(?:[^\S\n]{{0,9}}(?:\b(?:or|and|if|else)\b|\+|%|=(?!=))[^\S\n]{{0,9}}[\w.]{{0,60}}){{1,4}}"""
    rf"""(?<![\w.])(?={_PREFIX}['"])|(?:[^\S\n]{{0,9}}(?:\bor\b|\+|%|\belse\b)[^\S\n]{{0,9}}[\w.]{{1,60}})(?=\()"""
)
_TOUCHING = re.compile(r"""(?<=')(?=")|(?<=")(?=')""")
_BESIDE = re.compile(rf"""(?:(?<=['"])[^\S\n]{{1,9}}|{_TOUCHING.pattern})(?={_PREFIX}['"])""")
_AFTER_QUOTE = r"(?=[\s,)\]}]|$)"
_UP_TO_SEMICOLON = re.compile(r"[^;'\"{\n]{1,300}(?=;)")
_TYPE = r"(?:str|bytes|int|float|bool|object|Any|Optional|Union|dict|list|tuple|Callable|SecretStr)\b"
# A line of YAML or of the headers of a request, also behind the name of an exception or the head of a log line, or in
# a text that is quoted in another one. InvalidToken is the name of an exception, and str in a signature a type.
_KEY = re.compile(
    r"(?:^|(?<=[:;,|>\](\[{'\"])|(?<=\\[nr])|(?<=-)(?=[^\S\n]))(?P<indent>[^\S\n]*)(?:- )?"
    r"(?!(?:\w+\.)*(?:[A-Z][a-z]+){2,}:)(?P<name>[\w.%-]+)[^\S\n]{0,9}:"
    rf"(?![^\S\n]*{_TYPE})",
    re.MULTILINE,
)
_LONGEST_ARGUMENT = 300  # of a command
_FOLDED = 60  # YAML folds texts that are longer than a line, which has 80 characters
_NOTHING = ("None", "True", "False", "null", "true", "false", "~", "")
# In a sentence. A bearer is followed by prose or by a token, which is long or has digits.
_AUTHORIZATION = re.compile(
    rf"""(?i)\b(authorization:[^\S\n]{{0,2}}(?!None\b|{_TYPE}|[bfrtu]{{0,2}}['"]|[(\[{{])(?:[a-z]+[^\S\n])?)[^\s'",]+"""
    r"""|\b(bearer )(?=[^\s'",]*\d|[^\s'",]{16})[^\s'",]+"""
)


def without_secrets(text: str) -> str:
    """`text` without users and passwords in addresses, and without values that are named like secrets."""
    text = _without_users(text)
    text = _without_lines(text)
    text = _AUTHORIZATION.sub(r"\1\2***", text)
    parts, end = [], 0
    while (match := _NAME.search(text, end)) is not None:
        parts.append(text[end : match.end()])
        end = match.end()
        if _is_name_of_secret(match):
            start, end = end, _end_of_value(text, match)
            # Nothing before a quote or a blank would look as if the value began there.
            after = text[end : end + 1]
            needs_stars = match["option"] or (end > start and (after in tuple("'\",)]}") or after.isspace()))
            parts.append(_stars(text[start:end]) or ("***" if needs_stars else ""))
    return "".join(parts) + text[end:]


def _without_lines(text: str) -> str:
    """`text` without what follows the name of a secret and a colon, to the end of the line or of a YAML value."""
    parts, end = [], 0
    for match in _KEY.finditer(text):
        first = match.end()
        is_key = text[first : first + 1].isspace() or "-" in match["name"]  # a header may have no blank
        if match.start() < end or not (is_key and is_secret_name(match["name"])):
            continue
        last = _end_of_lines(text, match)
        value = text[first:last]
        if value.strip() in _NOTHING:
            continue
        parts.append(text[end:first] + (" ***" if value[0].isspace() else "***"))
        end = last
    return "".join(parts) + text[end:]


def _end_of_lines(text: str, match: re.Match[str]) -> int:
    """Where the value behind a key ends: at a quote, at the end of the line, or of the deeper lines below it."""
    start, end = match.start(), _end_of_line(text, match.end())
    before = text[start - 1] if start else "\n"
    is_literal = text[max(0, start - 2) : start] in ("\\n", "\\r")
    if is_literal or (before in ("'", '"') and match["indent"] == ""):
        quote = "['\"]" if is_literal else before
        closing = re.compile(rf"\\[rn]|{quote}{_AFTER_QUOTE}").search(text, match.end(), end)
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
    start = name.end()
    value, bracket = _VALUE.match(text, start), _BRACKET.match(text, start)
    assert value is not None  # nothing is a value, too
    if value[0].endswith(("'", '"')):
        return _end_of_expression(text, value.end(), _TOUCHING if name["option"] else _BESIDE)
    if _is_in_address(name):
        further = _UP_TO_SEMICOLON.match(text, start) if text[name.start() - 1] == ";" else None
        return further.end() if further else value.end()
    if bracket is not None:
        rest = _REST.match(text, max(value.end(), _end_of_bracket(text, bracket.end())))
        assert rest is not None
        return _end_of_expression(text, rest.end(), _BESIDE)
    quote = text[name.start() - 1 : name.start()]
    if (name["name"] or "").startswith("-") and quote in ("'", '"'):  # an item of a list: "--password=a b"
        closing = re.compile(quote + _AFTER_QUOTE).search(text, value.end(), value.end() + _LONGEST_ARGUMENT)
        return closing.start() if closing else value.end()
    word = value[0] if _OPENING.search(value[0]) else value[0].rstrip(")]},")
    end = start + len(word)
    return _end_of_expression(text, end, _OPERATION) if _WORD.fullmatch(word) else end


def _end_of_expression(text: str, end: int, beside: re.Pattern[str]) -> int:
    """Where an expression ends whose first part ends at `end`; `beside` says what else may follow a text."""
    while True:
        postfix = _POSTFIX.match(text, end) if text[end - 1] in "'\")]}" else None
        further = postfix or _OPERATION.match(text, end) or beside.match(text, end)
        if further is None:
            return end
        bracket = _BRACKET.match(text, further.end() - bool(postfix and postfix["bracket"]))
        if bracket is not None and (postfix is None or postfix["bracket"]):
            end = _end_of_bracket(text, bracket.end())
        elif postfix is not None:
            end = postfix.end()
        else:
            value = _VALUE.match(text, further.end())
            assert value is not None
            end = value.end()


def _end_of_bracket(text: str, start: int) -> int:
    """Where a bracket that was opened before `start` closes, at the latest where its lines end."""
    depth = 1
    for part in _IN_BRACKETS.finditer(text, start):
        if part["indent"] is not None:
            indent = len(part["indent"])
            own = _indent_of(text, start)
            if indent < own or (indent == own and part["begin"] not in tuple("'\"()[]{}")):
                return part.start()
        depth += (part[0] in tuple("([{")) - (part[0] in tuple(")]}"))
        if not depth:
            return part.end()
    return len(text)


def _indent_of(text: str, place: int) -> int:
    """How many blanks begin the line of a place."""
    line = text.rfind("\n", 0, place) + 1
    indent = _INDENT.match(text, line)
    assert indent is not None
    return indent.end() - line


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
    if value.rstrip(")]},;:") in (*_NOTHING, "''", '""') or value.startswith("...") or value[1:].startswith(HIDDEN):
        return value
    return f"{quote}***{quote}" if quote in ("'", '"') else ""
