r"""What the text of a traceback says was raised: the last exception, with all lines of its message.

>>> text = '''Traceback (most recent call last):
...   File "fit.py", line 7, in fit
...     check(X)
... ValueError: Input X contains NaN.
... See the manual.'''
>>> raised(text)
('ValueError', 'Input X contains NaN.\nSee the manual.')
>>> headline(text)
'ValueError: Input X contains NaN.'
"""

from __future__ import annotations

import re

_BEGIN = r"(?:  \+ Exception Group )?Traceback \(most recent call last\):\n"
_NEXT = re.compile(
    "\n\n(?:The above exception was the direct cause of the following exception"
    f"|During handling of the above exception, another exception occurred):\n\n(?={_BEGIN})"
)
_OF_GROUP = "  | "  # before each line of a group
_MEMBERS = "  +-"  # before the first exception of a group


def headline(traceback: str) -> str:
    """The kind of the last exception, and the first line of its message."""
    return whole(traceback).partition("\n")[0]


def raised(traceback: str) -> tuple[str, str]:
    """The kind of the last exception, and its message, with its notes and without the members of a group."""
    first, *others = whole(traceback).partition(f"\n{_MEMBERS}")[0].split("\n")
    kind, _, message = first.partition(": ")
    return kind, "\n".join([message, *others]).strip()


def whole(traceback: str) -> str:
    """All that follows the frames of the last exception; a text that is no traceback as it is."""
    text = _NEXT.split(traceback.strip("\n"))[-1]
    begin = re.match(_BEGIN, text)
    if begin is None:
        return text.strip()
    lines = [line.removeprefix(_OF_GROUP) for line in text[begin.end() :].split("\n")]
    n_frames = next((i for i, line in enumerate(lines) if line and not line[0].isspace()), 0)
    return "\n".join(lines[n_frames:]).strip()
