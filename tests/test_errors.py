"""The page of common errors: every message on it is the one that is raised, and every cure works."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "errors.md"


def entries() -> list[Any]:
    """(snippet, message) of every wrong block, and (snippet, None) of every cure, named by their section."""
    cases = []
    for section in re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title = section.splitlines()[0]
        blocks = re.findall(r"^```(python raises|python|text)\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL)
        for (kind, text), following in zip(blocks, [*blocks[1:], ("", "")], strict=True):
            if kind == "python raises":
                assert following[0] == "text", f"{title}: no message after the wrong lines"
                cases.append(pytest.param(text, following[1].strip(), id=title))
            elif kind == "python":
                cases.append(pytest.param(text, None, id=f"{title}, right"))
    return cases


def setup() -> dict[str, Any]:
    """The names that every block may use."""
    beginning = re.search(r"^```python setup\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert beginning is not None
    names: dict[str, Any] = {"__name__": "errors_page"}
    exec(beginning[1], names)
    return names


def shown(error: BaseException) -> str:
    """As the last lines of a traceback show it, notes included, without spaces at the ends of lines."""
    text = "\n".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", ())])
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()


@pytest.mark.parametrize(("snippet", "message"), entries())
def test_a_block_of_the_page_does_what_it_says(
    snippet: str, message: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong one raises its message, a right one nothing at all, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    names = setup()
    with warnings.catch_warnings():
        warnings.simplefilter("error" if message is None or message.startswith("UserWarning") else "ignore")
        if message is None:
            exec(compile(snippet, "errors.md", "exec"), names)
            return
        with pytest.raises(Exception) as caught:
            exec(compile(snippet, "errors.md", "exec"), names)
    pattern = ".*".join(map(re.escape, message.split("...")))
    assert re.fullmatch(pattern, shown(caught.value), flags=re.DOTALL), shown(caught.value)


def test_the_page_has_a_dozen_errors_and_more() -> None:
    """Each with a cure."""
    wrong = [entry.id for entry in entries() if entry.values[1] is not None]
    right = {entry.id.removesuffix(", right") for entry in entries() if entry.values[1] is None}
    assert len(set(wrong)) >= 12
    assert set(wrong) == right
