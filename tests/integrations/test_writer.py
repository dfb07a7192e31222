"""The writer thread, against senders that fail in named ways."""

from __future__ import annotations

import threading
import time

import pytest

from hpsklearn_search.integrations._content import Update
from hpsklearn_search.integrations._writer import Maker, Writer


class Refused(Exception):
    """Sending the update again is useless."""


class Down(OSError):
    """The server does not answer."""


class Server:
    """Keeps the updates that it receives; it can be down for the first attempts, refuse trials or hang."""

    def __init__(
        self, down_for: float = 0, refuses: tuple[int, ...] = (), takes: float = 0, breaks_at: tuple[int, ...] = ()
    ) -> None:
        self.received: list[int | None] = []
        self.attempts = 0
        self.down_for = down_for
        self.refuses = refuses
        self.takes = takes
        self.breaks_at = breaks_at
        self.is_running = threading.Event()
        self.is_running.set()

    def send(self, update: Update) -> None:
        """Receive an update, or raise."""
        self.attempts += 1
        self.is_running.wait(30)
        time.sleep(self.takes)
        if self.attempts <= self.down_for or update.trial in self.breaks_at:
            raise Down("connection refused")
        if update.trial in self.refuses:
            raise Refused("no such field")
        self.received.append(update.trial)

    def writer(self, pause: float = 0.01) -> Writer:
        """A writer that sends to this server."""
        return Writer(self.send, lambda error: isinstance(error, Refused), pause=pause)


def trial(number: int) -> Maker:
    """Makes the update of a trial."""
    return lambda: Update(trial=number)


def numbers(updates: list[Update]) -> list[int | None]:
    """The trials of the updates."""
    return [update.trial for update in updates]


def test_everything_arrives_in_order() -> None:
    """Nothing is left over."""
    server = Server()
    writer = server.writer()
    for number in range(100):
        writer.put(trial(number))
    assert writer.close(10) == ([], None)
    assert server.received == list(range(100))


def test_putting_does_not_wait_for_a_server_that_hangs() -> None:
    """All updates are queued before the server receives the first."""
    server = Server()
    server.is_running.clear()
    writer = server.writer()
    for number in range(1000):
        writer.put(trial(number))
    assert server.received == []
    server.is_running.set()
    assert writer.close(30).updates == []
    assert server.received == list(range(1000))


def test_a_server_that_comes_back_gets_everything() -> None:
    """The updates arrive in the same order after some failed attempts."""
    server = Server(down_for=3)
    writer = server.writer()
    for number in range(5):
        writer.put(trial(number))
    deadline = time.monotonic() + 10
    while len(server.received) < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert writer.close(10).updates == []
    assert server.received == list(range(5))


def test_what_is_refused_is_put_aside_and_the_rest_goes_on() -> None:
    """The refused updates are returned with the reason."""
    server = Server(refuses=(1, 3))
    writer = server.writer()
    for number in range(5):
        writer.put(trial(number))
    unsent = writer.close(10)
    assert numbers(unsent.updates) == [1, 3]
    assert isinstance(unsent.error, Refused)
    assert server.received == [0, 2, 4]


@pytest.mark.parametrize("breaks_at", [(0,), (4,), (0, 1, 2), (1, 3, 4), (0, 1, 2, 3, 4)], ids=str)
@pytest.mark.parametrize("refuses", [(), (1, 2)], ids=["takes all", "refuses two"])
def test_an_update_that_the_server_never_takes_does_not_hold_up_the_others(
    breaks_at: tuple[int, ...], refuses: tuple[int, ...]
) -> None:
    """A later one that it takes shows that the server is not down; what it never takes is returned."""
    server = Server(breaks_at=breaks_at, refuses=refuses)
    writer = server.writer()
    for number in range(5):
        writer.put(trial(number))
    takes = sorted(set(range(5)) - {*breaks_at, *refuses})
    deadline = time.monotonic() + 10
    while len(server.received) < len(takes) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert sorted(server.received) == takes
    assert sorted(numbers(writer.close(10).updates), key=str) == sorted({*breaks_at, *refuses})


def test_an_update_that_the_server_never_takes_does_not_hold_up_the_end() -> None:
    """The search may have ended before the second attempt."""
    server = Server(breaks_at=(0, 3))
    writer = server.writer(pause=60)
    for number in range(5):
        writer.put(trial(number))
    assert sorted(numbers(writer.close(10).updates), key=str) == [0, 3]
    assert sorted(server.received, key=str) == [1, 2, 4]


def test_a_server_that_stays_down_is_not_waited_for() -> None:
    """After one last attempt, all updates that are left are returned in order."""
    server = Server(down_for=float("inf"))
    writer = server.writer(pause=60)
    for number in range(5):
        writer.put(trial(number))
    while not server.attempts:
        time.sleep(0.001)
    begin = time.monotonic()
    unsent = writer.close(60)
    assert time.monotonic() - begin < 10
    assert numbers(unsent.updates) == list(range(5))
    assert isinstance(unsent.error, Down)
    assert server.attempts <= 3


def test_a_server_that_answers_the_last_attempt_gets_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """This may take as long as `patience` allows."""
    monkeypatch.setattr("hpsklearn_search.integrations._writer.LAST_TRY", 0.5)
    server = Server(down_for=1, takes=0.1)
    writer = server.writer(pause=60)
    for number in range(10):
        writer.put(trial(number))
    while not server.attempts:
        time.sleep(0.001)
    assert writer.close(30).updates == []
    assert server.received == list(range(10))


def test_a_server_that_hangs_is_waited_for_as_long_as_said() -> None:
    """The update that is being sent counts as unsent."""
    server = Server()
    server.is_running.clear()
    writer = server.writer()
    writer.put(trial(0))
    writer.put(trial(1))
    unsent = writer.close(0.2)
    assert numbers(unsent.updates) == [0, 1]
    assert isinstance(unsent.error, TimeoutError)
    server.is_running.set()


def test_an_update_that_cannot_be_made_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    """The log has one line about it."""
    server = Server()
    writer = server.writer()

    def impossible() -> Update:
        raise ValueError("no text")

    writer.put(impossible)
    writer.put(trial(1))
    assert writer.close(10).updates == []
    assert server.received == [1]
    assert "cannot be made" in caplog.text


def test_nothing_runs_after_the_end() -> None:
    """The thread has ended."""
    writer = Server().writer()
    writer.close(10)
    assert not any(thread.name == "hpsklearn-mlflow" and thread is writer._thread for thread in threading.enumerate())
