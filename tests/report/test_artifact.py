"""The page among the artifacts of a run: it is there, unless that would cost something."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hpsklearn_search import HyperoptSearchCV
from hpsklearn_search.integrations import _session
from tests.report.pages import Page, hill


@pytest.fixture(scope="module")
def search() -> HyperoptSearchCV:
    """A small search without failures."""
    return hill({"a": [0.1, 0.2, 0.3]}, max_evals=3)


def artifacts(search: HyperoptSearchCV, folder: Path) -> set[str]:
    """The names of the files that are written for a run."""
    _session.write_artifacts(folder, search.trials_, dict, search)
    return {entry.name for entry in folder.iterdir()}


def test_the_page_is_an_artifact(search: HyperoptSearchCV, tmp_path: Path) -> None:
    """Beside the table."""
    assert {"cv_results.csv", "search.html"} <= artifacts(search, tmp_path)
    assert Page((tmp_path / "search.html").read_text(encoding="utf-8")).sections["result"]


def test_a_page_that_cannot_be_made_costs_no_table(
    search: HyperoptSearchCV, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And raises nothing."""

    def fail(self: Any, path: Any) -> Path:
        raise RuntimeError("no page today")

    monkeypatch.setattr(HyperoptSearchCV, "report", fail)
    names = artifacts(search, tmp_path)
    assert "cv_results.csv" in names
    assert "search.html" not in names


def test_a_large_page_is_not_sent(search: HyperoptSearchCV, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table is."""
    monkeypatch.setattr(_session, "LARGEST_PAGE", 1000)
    names = artifacts(search, tmp_path)
    assert "cv_results.csv" in names
    assert "search.html" not in names
