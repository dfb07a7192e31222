"""The page of a fitted search: what is in it, that it is safe to open, and that it can always be made."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from hpsklearn_search import HyperoptSearchCV, hp
from hpsklearn_search.plots import Candidates, SearchHistoryDisplay
from hpsklearn_search.report import Facts, make_page
from hpsklearn_search.report._page import START
from hpsklearn_search.report._table import candidates_table
from hpsklearn_search.report._write import write_page
from hpsklearn_search.search import Racing
from tests.report.pages import SPACE, Hill, Page, X, Y, hill

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning", "ignore::UserWarning")

SECTIONS = [
    "result", "advice", "comparison", "pictures", "importances", "space", "candidates", "failures", "timing", "data",
    "code", "settings",
]  # fmt: skip


@pytest.fixture(scope="module")
def search() -> HyperoptSearchCV:
    """A search with failures."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return hill()


@pytest.fixture(scope="module")
def source(search: HyperoptSearchCV, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Its page."""
    return search.report(tmp_path_factory.mktemp("report") / "search.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(source: str) -> Page:
    """Its page, read."""
    return Page(source)


# ---------------------------------------------------------------------- content
def test_the_page_has_all_sections_with_links(page: Page) -> None:
    """Each part has its place, and the links at the top lead there."""
    assert list(page.sections) == SECTIONS
    assert [link["href"] for link in page.all("a")] == [f"#{name}" for name in SECTIONS]


def test_the_result_is_that_of_the_search(page: Page, search: HyperoptSearchCV) -> None:
    """Score, parameters, number and reason."""
    text = page.sections["result"]
    assert f"{search.best_score_:.5g}" in text
    assert f"{search.best_params_['a']:.6g}" in text
    assert "25, of which" in text
    assert "all candidates were evaluated" in text


def test_the_table_has_every_candidate(page: Page, search: HyperoptSearchCV) -> None:
    """Each with its number; the best one comes first."""
    cells = page.sections["candidates"].split()
    assert cells.count("fail") == sum(np.isnan(search.cv_results_["mean_test_score"]))
    rows = [attributes for tag, attributes in page.elements if tag == "tr" and "class" in attributes]
    assert rows[0]["class"] == "best"
    assert len(page.all("tr")) > 25


def test_failures_have_their_message_and_traceback(page: Page, search: HyperoptSearchCV) -> None:
    """Equal messages are one entry, with the numbers of its candidates."""
    n_failed = int(sum(np.isnan(search.cv_results_["mean_test_score"])))
    text = page.sections["failures"]
    assert f"{n_failed} candidates : ValueError: a is too large" in text
    assert "Traceback" in text
    assert str(np.flatnonzero(np.isnan(search.cv_results_["mean_test_score"]))[0]) in text


def test_the_space_says_what_was_found(page: Page, search: HyperoptSearchCV) -> None:
    """The best value stands beside the range."""
    text = page.sections["space"]
    assert "real in [0, 1]" in text
    assert f"{search.best_params_['a']:.5g}" in text
    assert f"'{search.best_params_['kind']}'" in text


def test_the_times_are_those_of_the_folds(page: Page, search: HyperoptSearchCV) -> None:
    """The number of fits, and what the suggestions took."""
    assert "100 fits took" in page.sections["timing"]
    assert search.trials_.record.suggest_seconds > 0
    assert "suggestions of 25 candidates" in page.sections["timing"]


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize("n_jobs", [None, 1, 2])
def test_waiting_is_what_workers_did_not_fit(tmp_path: Path, n_jobs: int) -> None:
    """In the mean of all of them."""
    text = Page(hill(max_evals=4, n_jobs=n_jobs).report(tmp_path / "p.html").read_text("utf-8")).sections["timing"]
    assert f"in the mean of {n_jobs or 1} worker" in text


def test_data_are_described_and_not_shown(page: Page) -> None:
    """Their size and hash."""
    assert "ndarray of shape (20, 2), sha256" in page.sections["data"]
    assert "4, with 15 rows to fit and 5 to test" in page.sections["data"]


def test_versions_name_no_folder_of_the_machine(page: Page) -> None:
    """The page may be sent."""
    assert "scikit-learn" in page.sections["settings"]
    assert sys.executable not in page.text


@pytest.mark.usefixtures("no_pictures")
def test_a_comparison_that_is_impossible_says_why(tmp_path: Path) -> None:
    """As with one fold."""
    search = hill(max_evals=5, cv=[(np.arange(10), np.arange(10, 20))])
    text = Page(search.report(tmp_path / "p.html").read_text("utf-8")).sections["comparison"]
    assert "one fold does not show how far scores vary" in text


# ---------------------------------------------------------------------- a safe file
def test_the_page_loads_nothing(source: str, page: Page) -> None:
    """No element has an address but of data, and the browser is told to load nothing and to run our script alone."""
    addresses = [value for _, attributes in page.elements for name, value in attributes.items() if name in ("src",)]
    assert all(address.startswith("data:image/svg+xml,") for address in addresses)
    assert {link["href"][0] for link in page.all("a")} == {"#"}
    assert not page.all("link") and not re.search(r"@import|url\(", source.split("<style>")[1].split("</style>")[0])
    policy = next(meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> \"' \x1b[2J &amp;"


def test_hostile_texts_are_texts(tmp_path: Path) -> None:
    """Names of classes, values and messages become neither markup nor control characters."""
    kinds = [HOSTILE, "v"]
    search = hill({**SPACE, "kind": kinds, "message": [HOSTILE]}, estimator=Hill())
    source = search.report(tmp_path / "p.html").read_text(encoding="utf-8")
    page = Page(source)
    assert len(page.all("script")) == 1
    assert "\x1b" not in source
    assert not [attributes for _, attributes in page.elements if any(name.startswith("on") for name in attributes)]
    assert "alert(1)" in page.text  # it is shown


def test_a_secret_is_not_in_the_page(tmp_path: Path) -> None:
    """Neither a value of the space, nor one in a message or an argument."""

    class Login(Hill):
        def __init__(self, a: float = 0.0, password: Any = None):
            super().__init__(a)
            self.password = password

        def fit(self, X: Any, y: Any) -> Hill:
            if self.a > 0.5:
                raise ValueError(f"Login(password={self.password!r}) failed at http://me:hunter2@host")
            return super().fit(X, y)

    space = {"a": hp.uniform(0, 1), "password": ["hunter2", "hunter3"]}
    search = HyperoptSearchCV(Login(password="hunter4"), space, max_evals=25, cv=4, random_state=0, algo="random")
    source = search.fit(X, Y).report(tmp_path / "p.html").read_text(encoding="utf-8")
    assert "(hidden)" in source
    assert "hunter" not in source


def test_a_thousand_candidates_fit_into_three_megabytes(tmp_path: Path) -> None:
    """With all of them in the table, and as many numeric parameters as are drawn."""
    rng = np.random.default_rng(0)
    results: dict[str, Any] = {f"param_p{i}": rng.random(1000).astype(object) for i in range(20)}
    for kind in ("mean", "std"):
        results[f"{kind}_test_score"] = rng.random(1000)
    text = make_page(Facts("big", Candidates.from_cv_results(results), results=results))
    assert len(text.encode()) < 3_000_000
    assert text.count("<tr") == 1001


def test_of_very_many_candidates_the_best_are_shown() -> None:
    """The page says how many are not."""
    scores = np.arange(40_000.0)
    facts = Facts("", Candidates.from_cv_results({"mean_test_score": scores}), results={"mean_test_score": scores})
    text = Page(candidates_table(facts)).text
    assert "10000 best of 40000 candidates" in text
    assert "39999" in text and "30000" in text and "29999" not in text


# ---------------------------------------------------------------------- it can always be made
def test_without_matplotlib_a_sentence_stands_in_place_of_the_pictures(
    search: HyperoptSearchCV, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names what to install."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    page = Page(search.report(tmp_path / "p.html").read_text(encoding="utf-8"))
    assert "There are no pictures: plots need matplotlib: pip install 'hpsklearn_search[plot]'" in page.text
    assert page.all("img") == []


@pytest.mark.usefixtures("no_pictures")
def test_without_pandas_the_page_is_whole(
    search: HyperoptSearchCV, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The comparison is there, too."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    page = Page(search.report(tmp_path / "p.html").read_text(encoding="utf-8"))
    assert "same as the best" in page.sections["comparison"]


def test_what_the_user_has_set_for_matplotlib_changes_no_picture(search: HyperoptSearchCV, tmp_path: Path) -> None:
    """Neither its style nor its open figures."""
    pyplot = pytest.importorskip("matplotlib.pyplot")

    def images() -> list[str]:
        page = Page(search.report(tmp_path / "p.html").read_text(encoding="utf-8"))
        return [re.sub(r"%23\w+|id='\w+'", "", image["src"]) for image in page.all("img")]

    plain, figures = images(), pyplot.get_fignums()
    with pyplot.style.context("dark_background"):
        assert images() == plain
    assert pyplot.get_fignums() == figures


def test_a_picture_that_cannot_be_drawn_costs_no_other(
    search: HyperoptSearchCV, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sentence stands in its place."""
    pytest.importorskip("matplotlib")

    def fail(display: Any) -> None:
        raise RuntimeError("no such font")

    monkeypatch.setattr(SearchHistoryDisplay, "_draw", fail)
    page = Page(search.report(tmp_path / "p.html").read_text(encoding="utf-8"))
    assert "The course of the search: this picture could not be drawn." in page.sections["pictures"]
    assert page.all("img")


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages without pictures, which take most of the time."""
    monkeypatch.setattr("hpsklearn_search.report._page.pictures", lambda facts: "")


MANY_KINDS = {
    "two metrics, no refit": {"scoring": ["accuracy", "f1"], "refit": False, "max_evals": 4},
    "two metrics": {"scoring": ["accuracy", "f1"], "refit": "f1", "max_evals": 4},
    "a refit that chooses": {"refit": lambda results: 0, "max_evals": 4},
    "racing": {"racing": Racing(), "max_evals": 12},
    "one candidate": {"space": {"a": [0.1]}, "max_evals": 1},
    "train scores": {"return_train_score": True, "max_evals": 4},
    "no seed": {"random_state": None, "max_evals": 4},
}


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize("kind", MANY_KINDS)
def test_every_kind_of_search_has_a_page(kind: str, tmp_path: Path) -> None:
    """Whatever it lacks."""
    search = hill(**MANY_KINDS[kind])
    assert {"result", "candidates", "timing"} <= set(Page(search.report(tmp_path / "p.html").read_text()).sections)


def test_a_search_without_a_score_has_a_page(tmp_path: Path) -> None:
    """It shows the failures."""
    search = HyperoptSearchCV(Hill(), {"a": hp.uniform(0.9, 1)}, max_evals=3, cv=4)
    with pytest.raises(ValueError, match="fits failed"):
        search.fit(X, Y)
    page = Page(search.report(tmp_path / "p.html").read_text(encoding="utf-8"))
    assert "3 candidates : ValueError: a is too large" in page.sections["failures"]
    assert "No candidate has a score that could be drawn." in page.sections["pictures"]


# ---------------------------------------------------------------------- the file
def test_an_unfitted_search_has_no_page(tmp_path: Path) -> None:
    """The error says so, and there is no file."""
    with pytest.raises(NotFittedError):
        HyperoptSearchCV(Hill(), SPACE).report(tmp_path / "p.html")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("no_pictures")
def test_the_page_is_private_and_replaces_a_page(search: HyperoptSearchCV, tmp_path: Path) -> None:
    """The second keeps the mode that the user gave to the first."""
    path = tmp_path / "p.html"
    assert search.report(str(path)) == path
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    search.report(path)
    assert path.stat().st_mode & 0o777 == 0o644
    assert [entry.name for entry in tmp_path.iterdir()] == ["p.html"]


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
@pytest.mark.parametrize("is_own", [True, False])
@pytest.mark.parametrize("content", ["", START])
def test_only_the_mode_of_an_own_page_is_kept(
    is_own: bool, content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mode of an empty file was made for nothing, and that of another user's file by this user."""
    path = tmp_path / "p.html"
    path.write_text(content)
    path.chmod(0o666)
    user = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: user if is_own else user + 1)
    write_page(path, START)
    assert path.stat().st_mode & 0o777 == (0o666 if is_own and content else 0o600)


@pytest.mark.skipif(os.name != "posix", reason="modes and links are those of POSIX")
def test_no_other_file_gets_the_mode_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another user of the folder may put a link in place of the file that is written first."""
    key = tmp_path / "key"
    key.write_text("mine")
    key.chmod(0o600)
    path = tmp_path / "shared" / "p.html"
    path.parent.mkdir()
    write_page(path, START)
    path.chmod(0o644)

    def exchanged(**where: Any) -> tuple[int, str]:
        handle, name = make(**where)
        os.unlink(name)
        os.symlink(key, name)
        return handle, name

    make = tempfile.mkstemp
    monkeypatch.setattr(tempfile, "mkstemp", exchanged)
    with pytest.raises(FileExistsError, match=r"another user .* exchanged the page while it was written; choose .*own"):
        write_page(path, START)
    assert key.stat().st_mode & 0o777 == 0o600
    assert not path.is_symlink()


def test_no_other_file_is_replaced(search: HyperoptSearchCV, tmp_path: Path) -> None:
    """Neither a save file, nor what a link names, nor a link."""
    other = tmp_path / "train.py"
    other.write_text("import this")
    (tmp_path / "link.html").symlink_to(other)
    for name in ("train.py", "link.html"):
        with pytest.raises(FileExistsError, match=r"is there and is no page of a search; choose another name"):
            search.report(tmp_path / name)
    assert other.read_text() == "import this"


WRONG: list[tuple[Any, type[Exception], str]] = [
    ("nowhere/p.html", FileNotFoundError, "there is no folder '.*nowhere'; make it"),
    (".", IsADirectoryError, "is a folder; name a file in it"),
    (None, TypeError, r"path is the name of a file, got None; write report\('search.html'\)"),
    (3, TypeError, "path is the name of a file, got 3"),
    ("http://me:pw@host/p.html", FileNotFoundError, r"^path='http://host/p\.html' is an address; .*'search\.html'$"),
    (Path("http://me:pw@host/p.html"), FileNotFoundError, r"^path='http://host/p\.html' is an address"),
    ("no\x1b[2J/p.html", FileNotFoundError, r"^[ -~]+$"),
]


@pytest.mark.parametrize(("path", "kind", "message"), WRONG, ids=lambda value: str(value)[:20])
def test_a_wrong_path_is_answered_with_a_right_one(
    path: Any, kind: type[Exception], message: str, search: HyperoptSearchCV, tmp_path: Path, monkeypatch: Any
) -> None:
    """Before the work."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(kind, match=message):
        search.report(path)


@pytest.mark.usefixtures("gone_folder")
def test_a_relative_path_needs_a_current_folder(tmp_path: Path) -> None:
    """An absolute one does not."""
    with pytest.raises(FileNotFoundError, match=r"^path='p\.html' is relative, and the current folder is gone"):
        write_page("p.html", START)
    assert write_page(tmp_path / "p.html", START) == tmp_path / "p.html"


# ---------------------------------------------------------------------- limits
def test_limits_are_in_the_result_the_table_and_the_pictures(tmp_path: Path) -> None:
    """With the value of the best candidate, and the number of those outside."""
    search = hill(limits={"mean_test_score": (None, 0.9)}, max_evals=15)
    page = Page(search.report(tmp_path / "search.html").read_text(encoding="utf-8"))
    n_outside = int((~search.cv_results_["within_limits"] & np.isfinite(search.cv_results_["mean_test_score"])).sum())
    assert n_outside > 0
    assert f"outside a limit {n_outside}" in " ".join(page.sections["result"].split())
    assert f"at most 0.9; of the best {search.best_score_:.4g}" in page.sections["result"]
    assert "The limits, and what they cost" in page.sections["pictures"]
    assert page.sections["candidates"].split().count("outside") == n_outside
