"""A server that shows a running search: on this machine only, under a secret address, and for reading only."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from traceback import format_exc
from typing import Any

from .._secrets_in_texts import without_secrets
from ..exceptions import SaveFileError
from ..executors._streams import safe_logger
from ..plots import Candidates
from ..trials import absolute_path, read_save_file
from ._facts import Facts
from ._file import facts_of_file
from ._page import make_page

logger = safe_logger(__name__)

HOST = "127.0.0.1"
SHARE = 10  # a page is made again at most in one of so many seconds: the search needs the machine
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass
class Watched:
    """The page of a save file, made again when the file has changed."""

    path: str
    clock: Callable[[], float] = time.monotonic
    _state: Any = None
    _page: tuple[str, bytes] = ("", b"")
    _rest_until: float = 0.0
    _lock: Any = field(default_factory=Lock)

    def page(self) -> tuple[str, bytes]:
        """The tag of the state, and the page."""
        with self._lock:  # matplotlib draws in one thread at a time
            state = _state_of(self.path)
            if self._page[1] and (state == self._state or self.clock() < self._rest_until):
                return self._page
            start = self.clock()
            self._page = self._made(hashlib.sha256(repr((state, start)).encode()).hexdigest()[:16])
            self._state, self._rest_until = state, start + SHARE * (self.clock() - start)
            return self._page

    def _made(self, tag: str) -> tuple[str, bytes]:
        page = make_page(facts_now(self.path), watch=tag)
        return tag, page.encode("utf-8", "backslashreplace")


def facts_now(path: str) -> Facts:
    """The facts of a file that may not be there yet, or be in the middle of a change."""
    name = os.path.basename(path)
    try:
        return facts_of_file(read_save_file(path))
    except SaveFileError as error:
        is_there = os.path.exists(path) and os.path.getsize(path)
        reason = str(error) if is_there else f"There is no search in {path!r} yet."
    except Exception as error:  # what somebody has written into the file must not end the server
        logger.debug("no page\n%s", without_secrets(format_exc()))
        reason = f"The content of {path!r} cannot be shown ({type(error).__name__})."
    empty = Candidates.from_cv_results({"mean_test_score": []})
    return Facts(f"Search in {name}", empty, reasons={"result": f"{reason} This page renews itself."})


def _state_of(path: str) -> Any:
    """What changes whenever the search writes."""
    real = os.path.realpath(path)  # the log is next to the file, and not next to a link
    return [_stamp(real + suffix) for suffix in ("", "-wal")]


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


# ---------------------------------------------------------------------- the server
class WatchServer(ThreadingHTTPServer):
    """Serves one page, at one address."""

    daemon_threads = True

    def __init__(self, path: str, port: int) -> None:
        self.watched = Watched(absolute_path(path))
        super().__init__((HOST, port), _Handler)
        self.secret = secrets.token_urlsafe(16)  # the other users of the machine can reach the port as well

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://{HOST}:{self.server_port}/{self.secret}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that went away."""


class _Handler(BaseHTTPRequestHandler):
    """Answers GET for the page, and nothing else."""

    server: WatchServer
    server_version, sys_version = "hpsklearn_search", ""
    timeout = 30  # seconds that an idle connection keeps its thread

    def do_GET(self) -> None:
        hosts = (f"{HOST}:{self.server.server_port}", f"localhost:{self.server.server_port}")
        # A page of another site can let its own name point to this address, and would then read what is here.
        if self.headers.get("Host") not in hosts:
            self.send_error(403, "this server answers for its own address only")
            return
        if not secrets.compare_digest(self.path.encode(), f"/{self.server.secret}/".encode()):
            self.send_error(404, "there is one page, at the address that was printed")
            return
        tag, page = self.server.watched.page()
        if self.headers.get("If-None-Match") == tag:
            self._send(304, tag, b"")
        else:
            self._send(200, tag, page)

    def _send(self, status: int, tag: str, body: bytes) -> None:
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing for a request."""


def watch(path: Any, port: int = 0, say: Callable[[str], None] = print) -> None:
    """Serve the page of a save file until Ctrl-C."""
    with WatchServer(os.fspath(path), port) as server:
        try:
            say(f"The search is shown at {server.url} (Ctrl-C ends this)")
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            say("")
