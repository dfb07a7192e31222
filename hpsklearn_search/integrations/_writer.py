"""A thread that sends updates from a queue, and survives a server that is down.

>>> sent = []
>>> writer = Writer(lambda update: sent.append(update.trial), is_refusal=lambda error: True)
>>> writer.put(lambda: Update(trial=0)); writer.put(lambda: Update(trial=1))
>>> writer.close(patience=10.0)
Unsent(updates=[], error=None)
>>> sent
[0, 1]
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from traceback import format_exc
from typing import NamedTuple, TypeAlias

from .._secrets_in_texts import without_secrets
from ..executors._streams import safe_logger
from ._content import Update

logger = safe_logger(__name__)

Maker: TypeAlias = Callable[[], Update | None]  # called in the thread, since texts of estimators take milliseconds

LAST_TRY = 10.0  # seconds that the end of a search waits for a server that did not answer the last call


class Unsent(NamedTuple):
    """The updates that were not sent, in order, and the last error."""

    updates: list[Update]
    error: Exception | None


class Writer:
    """Sends updates one by one, in order, from its own thread; `put` never waits."""

    def __init__(
        self,
        send: Callable[[Update], None],
        is_refusal: Callable[[Exception], bool],
        *,
        pause: float = 0.5,  # seconds before the second attempt, doubled after each further one
        longest_pause: float = 30.0,
    ) -> None:
        self._send = send
        self._is_refusal = is_refusal
        self._pause = pause
        self._longest_pause = longest_pause
        self._waiting: deque[Maker] = deque()
        self._refused: list[Update] = []
        self._error: Exception | None = None
        self._failures = 0  # of the first update, in a row
        self._place = 0  # in the queue, of the update that is sent next
        self._is_overtaken = False  # whether a later update was sent after the first had failed
        self._is_closing = False
        self._is_abandoned = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="hpsklearn-mlflow", daemon=True)
        self._thread.start()

    def put(self, make: Maker) -> None:
        """Queue an update; takes microseconds."""
        with self._changed:
            self._waiting.append(make)
            self._changed.notify_all()

    def wait_until_sent(self, patience: float) -> None:
        """Wait until what was queued so far is sent; not when the server fails, and at most `patience` seconds."""
        reached = threading.Event()
        self.put(lambda: reached.set())
        end = time.monotonic() + patience
        while not reached.wait(0.05) and not self._failures and time.monotonic() < end:
            pass

    def close(self, patience: float | None) -> Unsent:
        """Send the rest, for at most `patience` seconds (None: until all is sent), and stop."""
        end = None if patience is None else time.monotonic() + patience
        try:
            with self._changed:
                self._is_closing = True
                self._changed.notify_all()
                limit = LAST_TRY if patience is None else min(patience, LAST_TRY)
                self._changed.wait_for(lambda: not self._failures or self._is_abandoned, limit)
                is_reachable = not self._failures
            if is_reachable:
                self._thread.join(None if end is None else max(0.0, end - time.monotonic()))
        finally:  # also after Ctrl-C during the wait
            with self._changed:
                self._is_abandoned = True
                self._changed.notify_all()
        return self._unsent()

    def _unsent(self) -> Unsent:
        with self._changed:
            waiting, refused, error = list(self._waiting), list(self._refused), self._error
        # The update that is being sent now is among them: it may arrive, and sending it twice does no harm.
        updates = [update for make in waiting if (update := _make_update(make)) is not None]
        if waiting and error is None:
            error = TimeoutError(f"{len(waiting)} updates were still waiting to be sent")
        return Unsent([*refused, *updates], error)

    # ------------------------------------------------------------------ in the thread
    def _run(self) -> None:
        while (make := self._next()) is not None:
            update = _make_update(make)
            if update is None:
                self._remove()
                continue
            try:
                self._send(update)
            except Exception as error:
                self._failed(update, error)
            else:
                self._done()

    def _next(self) -> Maker | None:
        """The update that is sent next, once there is one; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closing or self._is_abandoned)
            return self._waiting[self._place] if self._waiting and not self._is_abandoned else None

    def _remove(self) -> None:
        """Take the update that was sent out of the queue; the first one is the next."""
        with self._changed:
            if not self._is_abandoned:
                del self._waiting[self._place]
            self._place = 0

    def _done(self) -> None:
        with self._changed:
            self._is_overtaken = self._place > 0
            self._remove()
            self._failures = 0
            self._changed.notify_all()

    def _failed(self, update: Update, error: Exception) -> None:
        reason = without_secrets(f"{type(error).__name__}: {error}")
        logger.info("could not send an update to the tracking server: %s", reason)
        with self._changed:
            self._error = error
            if self._is_refusal(error) or (self._is_overtaken and self._place == 0):
                self._refused.append(update)
                self._is_overtaken = False
                self._remove()
                return
            if self._place == 0:
                self._failures += 1
                # A later update shows whether the server is the reason, or the first one: one further each time.
                self._place = min(self._failures, len(self._waiting)) - 1
                if self._place > 0:
                    return
            self._place = 0
            if self._is_closing and self._failures > 1:
                self._is_abandoned = True
                self._changed.notify_all()
                return
            pause = min(self._pause * 2 ** (self._failures - 1), self._longest_pause)
            self._changed.wait_for(lambda: self._is_closing or self._is_abandoned, pause)


def _make_update(make: Maker) -> Update | None:
    try:
        return make()
    except Exception:
        logger.error("an update cannot be made: its content has no text\n%s", without_secrets(format_exc()))
        return None
