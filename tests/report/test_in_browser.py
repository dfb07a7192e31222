"""The page in a browser: it sorts, copies nothing from elsewhere, fits narrow screens, and renews itself."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from hpsklearn_search.plots import Candidates
from hpsklearn_search.report import Facts, make_page
from hpsklearn_search.report._watch import WatchServer
from tests.integrations.browser import CHROMIUM, Browser
from tests.report.pages import hill

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt install chromium"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning", "ignore::UserWarning"),
]

CLICK = "document.querySelectorAll('#candidates-table thead button')[{}].click()".format
COLUMN = "[...document.querySelectorAll('#candidates-table tbody tr')].map(row => row.cells[{}].textContent)".format
LOADED = "document.readyState == 'complete' && document.querySelector('#candidates-table')"
# What sticks out of the page, and is in no box that can be scrolled.
OUTSIDE = """[...document.querySelectorAll('main *')].filter(
    e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll, pre')).length"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a search with failures."""
    return hill().report(tmp_path_factory.mktemp("report") / "search.html")


def test_a_click_sorts_the_table(page: Path, tmp_path: Path) -> None:
    """First upwards, then downwards; what failed comes last both times."""
    with Browser(tmp_path / "profile", (1280, 900)) as browser:
        browser.load(page.as_uri())
        browser.wait_for(LOADED)
        first = [float(text) for text in browser.run(COLUMN(2)) if text]
        assert first == sorted(first, reverse=True)
        for direction in (1, -1):
            browser.run(CLICK(4))
            values = [float(text) for text in browser.run(COLUMN(4))]
            assert values == sorted(values, key=lambda value: direction * value)
        browser.run(CLICK(2))
        texts = browser.run(COLUMN(2))
        assert texts == sorted(filter(None, texts), key=float) + [""] * texts.count("")


def test_of_a_thousand_rows_the_first_are_shown_and_others_when_one_scrolls_there(tmp_path: Path) -> None:
    """After sorting: to lay out all of them would take seconds."""
    scores = [(7919 * i % 1000) / 1000 for i in range(1000)]
    results = {"mean_test_score": scores, **{f"param_p{i}": scores for i in range(20)}}
    path = tmp_path / "big.html"
    path.write_text(make_page(Facts("big", Candidates.from_cv_results(results), results=results)), encoding="utf-8")
    with Browser(tmp_path / "profile", (1280, 900)) as browser:
        browser.load(path.as_uri())
        browser.wait_for(LOADED)
        assert len(browser.run(COLUMN(1))) == 1000
        browser.run(CLICK(1))
        texts = browser.run(COLUMN(1))
        assert [float(text) for text in texts] == [i / 1000 for i in range(len(texts))]
        assert len(texts) < 1000
        box = "document.getElementById('candidates-scroll')"
        browser.wait_for(f"({box}.scrollTo(0, 1e6), {COLUMN(1)}.length == 1000)")
        assert [float(text) for text in browser.run(COLUMN(1))] == sorted(scores)


@pytest.mark.parametrize("width", [1280, 420])
def test_nothing_sticks_out(width: int, page: Path, tmp_path: Path) -> None:
    """On a wide and on a narrow screen."""
    with Browser(tmp_path / "profile", (width, 900)) as browser:
        browser.load(page.as_uri())
        browser.wait_for(LOADED)
        assert browser.run("document.documentElement.scrollWidth") <= width
        assert browser.run(OUTSIDE) == 0


def test_all_pictures_are_drawn_and_follow_light_and_dark(page: Path, tmp_path: Path) -> None:
    """A click changes the colours of the page."""
    with Browser(tmp_path / "profile", (1280, 900)) as browser:
        browser.load(page.as_uri())
        browser.wait_for(LOADED)
        assert browser.run("document.images.length") > 4
        assert browser.run("[...document.images].every(image => image.naturalWidth > 0)")
        colours = set()
        for _ in range(2):
            colours.add(browser.run("getComputedStyle(document.body).backgroundColor"))
            browser.run("document.getElementById('theme').click()")
        assert len(colours) == 2


def test_the_page_of_a_running_search_renews_itself(tmp_path: Path) -> None:
    """The order of the table and the place on the page stay."""
    path = tmp_path / "s.db"
    hill(max_evals=20, trials_save_file=path)
    with WatchServer(str(path), 0) as server, Browser(tmp_path / "profile", (1000, 500)) as browser:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser.load(server.url)
        browser.wait_for(LOADED)
        browser.run(f"{CLICK(3)}; scrollTo(0, 300)")
        hill(max_evals=30, trials_save_file=path)
        server.watched._rest_until = time.monotonic()
        browser.wait_for("document.querySelectorAll('#candidates-table tbody tr').length == 30")
        values = [float(text) for text in browser.run(COLUMN(3)) if text]
        assert values == sorted(values)
        assert browser.run("scrollY") == 300
        assert "renews itself" in browser.text()
        server.shutdown()
        server.server_close()
        browser.wait_for("document.body.innerText.includes('has ended')")
