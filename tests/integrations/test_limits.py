"""Names and values as MLflow takes them."""

from __future__ import annotations

import posixpath
import re
import string

from hypothesis import given
from hypothesis import strategies as st

from hpsklearn_search.integrations._limits import NAME_LENGTH, allowed_names, cut, slices


@given(st.lists(st.text(min_size=0, max_size=300), unique=True))
def test_any_distinct_names_become_distinct_names_that_mlflow_takes(names: list[str]) -> None:
    """As many, none too long, of allowed characters, and no path that leads elsewhere."""
    allowed = allowed_names(names)
    assert len(set(allowed)) == len(names)
    for name in allowed:
        assert 0 < len(name) <= NAME_LENGTH
        assert re.fullmatch(r"[\w.\- /]+", name)
        assert posixpath.normpath(name) == name != "."
        assert not name.startswith(("/", ".."))


@given(st.lists(st.text(alphabet=string.ascii_letters + string.digits + "_-", min_size=1, max_size=40), unique=True))
def test_names_of_parameters_stay_as_they_are(names: list[str]) -> None:
    """What scikit-learn calls parameters needs no change."""
    assert allowed_names(names) == names


@given(st.text(), st.integers(3, 50))
def test_a_cut_text_is_never_too_long(text: str, length: int) -> None:
    """And one that is short enough is itself."""
    assert len(cut(text, length)) <= length
    assert cut(text, length) == text or len(text) > length


@given(st.lists(st.integers()), st.integers(1, 5))
def test_slices_hold_everything_in_order(items: list[int], size: int) -> None:
    """In pieces that are not too large."""
    pieces = list(slices(items, size))
    assert [item for piece in pieces for item in piece] == items
    assert all(len(piece) <= size for piece in pieces)
