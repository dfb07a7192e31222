"""The pages of the reference, which are made from docstrings."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import hpsklearn_search

ROOT = Path(__file__).parents[1]
NAMES = re.findall(r"^   ([\w.]+)$", (ROOT / "docs" / "api.rst").read_text(encoding="utf-8"), flags=re.MULTILINE)


def named(name: str) -> Any:
    """The object that the reference lists under a name."""
    value: Any = hpsklearn_search
    for part in name.split("."):
        value = getattr(value, part)
    return value


def docstrings(name: str) -> list[str]:
    """The docstring of a name, and those of the methods of a class."""
    value = named(name)
    methods = [member for key, member in inspect.getmembers(value) if not key.startswith("_")]
    return [
        inspect.getdoc(each) or ""
        for each in [value, *(methods if inspect.isclass(value) else [])]
        if str(getattr(each, "__module__", "")).startswith("hpsklearn_search") or each is value
    ]


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_a_name_fits_its_page(name: str) -> None:
    """At most 84 characters a line; a docstring is indented on its page."""
    lines = [line for text in docstrings(name) for line in text.splitlines() if line.startswith((">>> ", "... "))]
    assert [line for line in lines if len(line) > 84] == []
