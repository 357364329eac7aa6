"""What a pod costs while it waits: its calls, counted on their way to AWS, and its memory."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

_OF_A_POD = b"kfp_component"
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
_SECONDS = 0.2


@dataclass
class PodFigures:
    """Figures of the pod that runs meanwhile.

    Attributes:
        calls: How often it called each operation.
        peak_kib: The most memory that it had, in KiB; 0 where the system does not tell.
    """

    calls: Counter[str] = field(default_factory=Counter)
    peak_kib: int = 0

    @property
    def told(self) -> str:
        """Both as words."""
        named = ", ".join(f"{count} {name}" for name, count in self.calls.most_common())
        memory = f"{self.peak_kib / 1024:.1f} MiB at most, " if self.peak_kib else ""
        return f"{memory}{self.calls.total()} calls: {named}"


@contextlib.contextmanager
def pod_figures() -> Iterator[PodFigures]:
    """Take the figures of a pod: a child process that calls AWS at the `AWS_ENDPOINT_URL` it gets.

    Example:
        >>> with pod_figures() as figures:
        ...     run_pipeline(pipeline, arguments)  # doctest: +SKIP
    """
    figures, ended = PodFigures(), threading.Event()
    aws = os.environ["AWS_ENDPOINT_URL"]
    server = _Server(aws, figures)
    os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{server.server_port}"
    threads = [
        threading.Thread(target=server.serve_forever, args=(0.05,)),
        threading.Thread(target=_watch, args=(figures, ended)),
    ]
    for thread in threads:
        thread.start()
    try:
        yield figures
    finally:
        os.environ["AWS_ENDPOINT_URL"] = aws
        ended.set()
        server.shutdown()
        server.server_close()
        for thread in threads:
            thread.join()


def _watch(figures: PodFigures, ended: threading.Event) -> None:
    while not ended.wait(_SECONDS):
        for process in _children():
            with contextlib.suppress(OSError):
                if _OF_A_POD not in (process / "cmdline").read_bytes():
                    continue
                found = _PEAK.search((process / "status").read_text())
                figures.peak_kib = max(figures.peak_kib, int(found[1]) if found else 0)


def _children() -> Iterator[Path]:
    """Yield the children of this process: proc(5)."""
    for listed in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):
            yield from (Path("/proc", number) for number in listed.read_text().split())


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, aws: str, figures: PodFigures) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.aws, self.figures = urlsplit(aws), figures


class _Handler(BaseHTTPRequestHandler):
    """Counts a call and hands it on."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        """Hand on a call of a JSON protocol, whose target is `Service.Operation`."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.figures.calls[self.headers.get("X-Amz-Target", "").rpartition(".")[2]] += 1
        aws = self.server.aws
        connection = http.client.HTTPConnection(aws.hostname or "", aws.port, timeout=60)
        with contextlib.closing(connection):
            connection.request("POST", self.path, body, dict(self.headers))
            answer = connection.getresponse()
            content = answer.read()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *_: object) -> None:
        """Say nothing."""
