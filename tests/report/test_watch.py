"""The page of a running search: one address on this machine, for reading only."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hpsklearn_search.exceptions import SaveFileError
from hpsklearn_search.report._watch import SHARE, Watched, WatchServer, watch
from hpsklearn_search.trials import Outcome, SaveFile, Trial
from tests.report.pages import Page, hill

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning", "ignore::UserWarning")


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages without pictures, which take most of the time."""
    monkeypatch.setattr("hpsklearn_search.report._page.pictures", lambda facts: "")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WatchServer]:
    """A server that runs, for a file that is not there yet."""
    with WatchServer(str(tmp_path / "s.db"), 0) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


def ask(server: WatchServer, path: str = "", method: str = "GET", **headers: str) -> http.client.HTTPResponse:
    """The answer to one request; its body is read."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path or f"/{server.secret}/", headers=named)
    answer = connection.getresponse()
    answer.text = answer.read().decode()  # type: ignore[attr-defined]
    connection.close()
    return answer


def test_it_listens_on_this_machine_only(server: WatchServer) -> None:
    """The address is loopback."""
    assert server.server_address[0] == "127.0.0.1"


def test_a_file_that_is_not_there_is_waited_for(server: WatchServer) -> None:
    """The page says so, and is made of the file as soon as there is one."""
    assert "yet. This page renews itself." in Page(ask(server).text).sections["result"]
    hill(max_evals=3, trials_save_file=server.watched.path)
    server.watched._rest_until = 0.0
    assert "best score" in Page(ask(server).text).sections["result"]


@pytest.mark.usefixtures("gone_folder")
def test_a_relative_path_needs_a_current_folder() -> None:
    """Nobody can write a search there, so there is nothing to wait for."""
    with pytest.raises(SaveFileError, match=r"^'s\.db' is relative, and the current folder is gone"):
        watch("s.db")


def test_a_damaged_file_is_said_on_the_page(server: WatchServer) -> None:
    """The server goes on."""
    Path(server.watched.path).write_text("no database" * 20)
    assert "is not a save file of a search" in ask(server).text


def test_an_unchanged_page_is_not_sent_again(server: WatchServer) -> None:
    """The browser names the state that it has."""
    first = ask(server)
    again = ask(server, If_None_Match=first.headers["ETag"])
    assert (again.status, again.text) == (304, "")
    assert f'data-tag="{first.headers["ETag"]}"' in first.text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost:1", ""])
def test_another_host_is_refused(server: WatchServer, host: str) -> None:
    """A name that somebody lets point to this machine reads nothing."""
    answer = ask(server, Host=host)
    assert answer.status == 403
    assert "renews" not in answer.text


def test_localhost_is_the_same_host(server: WatchServer) -> None:
    """Users type it."""
    assert ask(server, Host=f"localhost:{server.server_port}").status == 200


@pytest.mark.parametrize("path", ["/", "/index.html", "/../../etc/passwd", "/%00", "//", "*"])
def test_another_path_is_refused(server: WatchServer, path: str) -> None:
    """There is one page, under an address that the other users of the machine do not know."""
    assert ask(server, path).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_other_methods_are_refused(server: WatchServer, method: str) -> None:
    """It is for reading."""
    assert ask(server, method=method).status == 501


def test_each_server_has_an_address_of_its_own(tmp_path: Path) -> None:
    """It cannot be guessed."""
    secrets = set()
    for _ in range(3):
        with WatchServer(str(tmp_path / "s.db"), 0) as server:
            secrets.add(server.secret)
    assert len(secrets) == 3
    assert all(len(secret) >= 20 for secret in secrets)


def test_the_page_may_ask_its_own_server_alone(server: WatchServer) -> None:
    """The rule for the browser says so."""
    policy = Page(ask(server).text).all("meta")[1]["content"]
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy


class Clock:
    """Time that passes with each look: as if a page took ten seconds."""

    now = 0.0

    def __call__(self) -> float:
        """The time, five seconds later than before."""
        self.now += 5.0
        return self.now


def test_making_pages_takes_a_small_share_of_the_time(tmp_path: Path) -> None:
    """A file that changes all the time does not keep the machine from the search."""
    path, clock = tmp_path / "s.db", Clock()
    watched = Watched(str(path), clock)
    tags = []
    for n in range(200):
        path.write_text("x" * n)
        tags.append(watched.page()[0])
    made = len(set(tags))
    assert made >= 2
    assert made * 5.0 * SHARE <= clock.now + 5.0 * SHARE


def test_a_link_shows_what_the_file_behind_it_gets(tmp_path: Path) -> None:
    """The search writes to a log next to the file, and not next to the link."""
    (tmp_path / "link.db").symlink_to("s.db")
    watched = Watched(str(tmp_path / "link.db"), lambda: 0.0)
    tags = []
    with SaveFile(tmp_path / "s.db", {"estimator": "Hill"}) as file:
        for number in range(3):
            file.finish(Trial(number, {"a": 0.5}, Outcome("ok", loss=-0.5), 1.0, 2.0))
            tags.append(watched.page()[0])
    assert len(set(tags)) == 3


def test_ctrl_c_ends_it_without_a_traceback(tmp_path: Path) -> None:
    """It has printed the address before."""
    command = [sys.executable, "-u", "-m", "hpsklearn_search", "watch", str(tmp_path / "s.db")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert "http://127.0.0.1:" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")


def test_a_port_that_is_taken_is_answered_in_words(server: WatchServer) -> None:
    """Without a traceback."""
    command = [sys.executable, "-m", "hpsklearn_search", "watch", "s.db", "--port", str(server.server_port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=os.environ)
    assert done.returncode == 1
    assert "Address already in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_cannot_be_shown_ends_no_server(server: WatchServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever somebody has written into it; the page says so."""
    hill(max_evals=3, trials_save_file=server.watched.path)

    def fail(saved: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("hpsklearn_search.report._watch.facts_of_file", fail)
    assert "cannot be shown (ZeroDivisionError)" in ask(server).text
