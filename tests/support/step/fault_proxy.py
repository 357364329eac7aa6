"""A proxy before the local AWS that breaks calls, or stops the world at one of them."""

import contextlib
import http.client
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

REFUSALS = {
    "throttled": (400, b'{"__type":"ThrottlingException","message":"Rate exceeded"}'),
    "server": (500, b'{"__type":"InternalServerError","message":"Something went wrong"}'),
}
FAULTS = ("throttled", "server", "reset", "lost", "slow", "truncated")


class FaultProxy:
    """Forwards to `target`; `fault` names the fault of each call, or none.

    Args:
        target: The URL to forward to.
        fault: Called with the operation; returns one of `FAULTS` or None.
        before: Called with the operation before it is forwarded.
        after: Called with the operation before its answer is handed back.
    """

    def __init__(
        self,
        target: str,
        fault: Callable[[str], str | None] = lambda _: None,
        before: Callable[[str], None] = lambda _: None,
        after: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.target = urlsplit(target)
        self.fault, self.before, self.after = fault, before, after
        self.calls: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def count(self, operation: str, kind: str | None) -> None:
        """Counts a call and what is done to it."""
        with self._lock:
            self.calls[operation] += 1
            self.faults[kind or "none"] += 1

    @contextlib.contextmanager
    def serving(self) -> Iterator["FaultProxy"]:
        """Serves within the block."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    proxy: FaultProxy

    def handle_error(self, *_: object) -> None:
        """Clients that are killed leave broken connections: no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        proxy = self.server.proxy
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        kind = proxy.fault(operation)
        proxy.count(operation, kind)
        proxy.before(operation)
        with contextlib.suppress(OSError):
            self.answer(kind, operation, body)

    def answer(self, kind: str | None, operation: str, body: bytes) -> None:
        if kind in REFUSALS:
            return self.send(*REFUSALS[kind])
        if kind == "reset":
            return self.hang_up()
        status, content = self.forward(body)
        self.server.proxy.after(operation)
        if kind == "lost":
            return self.hang_up()
        if kind == "truncated":
            self.send(status, content[: len(content) // 2], length=len(content))
            return self.hang_up()
        time.sleep(2 if kind == "slow" else 0)
        return self.send(status, content)

    def forward(self, body: bytes) -> tuple[int, bytes]:
        target = self.server.proxy.target
        assert target.hostname
        connection = http.client.HTTPConnection(target.hostname, target.port, timeout=60)
        try:
            connection.request("POST", self.path, body, dict(self.headers))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def send(self, status: int, content: bytes, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(content) if length is None else length))
        self.end_headers()
        self.wfile.write(content)

    def hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        pass


def random_faults(share: float, seed: int) -> Callable[[str], str | None]:
    """Breaks that share of all calls, in every way."""
    source, lock = random.Random(seed), threading.Lock()

    def fault(_: str) -> str | None:
        with lock:
            return source.choice(FAULTS) if source.random() < share else None

    return fault
