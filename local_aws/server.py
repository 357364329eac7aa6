"""The server: one process on 127.0.0.1, from its socket to its last child process."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path

from local_aws import self_check, server_environment
from local_aws.sagemaker.job.process_marks import SERVER_MARK
from local_aws.sagemaker.platform import Platform
from local_aws.watchdog import Watchdog

HOST = "127.0.0.1"
"""The only address the server listens on."""


class StartError(Exception):
    """Why the server cannot start, in one line."""


@dataclass(frozen=True)
class Options:
    """What a server is started with.

    Attributes:
        port: TCP port; 0 picks a free one.
        iam: Whether callers and roles are checked against IAM policies.
        stop_grace: Seconds a training job has between SIGTERM and SIGKILL.
    """

    port: int
    iam: bool
    stop_grace: float


def run(options: Options) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP, clean up, and end the process with exit code 0.

    Raises:
        StartError: When it cannot start.
    """
    # Until the event loop takes over, Ctrl-C ends the process without a traceback; the watchdog
    # then removes what is there already.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for problem in self_check.installation_problems():
        raise StartError(problem)
    listener = listen(options.port)
    environment = dict(os.environ)
    state_dir = Path(tempfile.mkdtemp(prefix="local-aws-"))
    watchdog = Watchdog(state_dir.name, state_dir)
    try:
        _serve(options, listener, state_dir, environment)
    except BaseException:
        watchdog.dismiss()
        raise
    watchdog.take_over()


def listen(port: int) -> socket.socket:
    """Return a socket bound to the port of :data:`HOST`.

    Raises:
        StartError: When the port cannot be had.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()
    except OSError as error:
        listener.close()
        reason = os.strerror(error.errno or 0)
        if error.errno == errno.EADDRINUSE:
            other = "choose another with --port (make local: PORT=...), or 0 for a free one"
            reason = f"it is in use; {other}"
        raise StartError(f"cannot listen on port {port} of {HOST}: {reason}") from error
    return listener


def _serve(
    options: Options, listener: socket.socket, state_dir: Path, environment: dict[str, str]
) -> None:
    port = listener.getsockname()[1]
    server_environment.prepare(
        os.environ, port=port, state_dir=state_dir, server=state_dir.name, iam=options.iam
    )
    # Only now: ministack reads its environment while it is imported.
    from local_aws import application  # noqa: PLC0415

    work_dir = state_dir / "jobs"
    work_dir.mkdir()
    platform = Platform(
        endpoint_url=f"http://{HOST}:{port}",
        work_dir=work_dir,
        environment={**environment, SERVER_MARK: state_dir.name},
        stop_grace=options.stop_grace,
    )
    missing = application.install(platform)
    if missing:
        raise StartError(f"ministack lacks names this package builds on: {', '.join(missing)}")
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(application.serve(listener))
    finally:
        application.stop_jobs()
