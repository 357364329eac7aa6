"""ministack with what it lacks, as one application.

Importing this module imports ministack, which reads its environment meanwhile: see
:mod:`local_aws.server_environment`.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config
from ministack.app import app

from local_aws import corrections, self_check
from local_aws.faults import endpoint as faults_endpoint
from local_aws.faults.store import FAULTS
from local_aws.sagemaker.api import operations as api
from local_aws.sagemaker.api import service
from local_aws.sagemaker.job.container_view import namespaces_work
from local_aws.sagemaker.platform import Platform

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_KEEP_ALIVE_SECONDS = 120
_POLL_SECONDS = 0.01


def install(platform: Platform) -> list[str]:
    """Add to ministack what it lacks; return the names it should have and has not."""
    missing = [*self_check.missing_names(), *corrections.check()]
    if not missing:
        service.install(platform)
        corrections.install()
    return missing


async def serve(listener: socket.socket) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP; requests still being answered are cut off.

    Prints `ready http://HOST:PORT` once requests are answered.
    """
    stop = asyncio.Event()
    for number in _STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    host, port = listener.getsockname()
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.loglevel = "WARNING"
    config.keep_alive_timeout = _KEEP_ALIVE_SECONDS
    # Its own shutdown would wait for requests that may take an hour (a blocked stack), so it is
    # never told to stop: the process ends instead.
    with_faults = faults_endpoint.with_faults(app, FAULTS)
    serving = asyncio.create_task(hypercorn_serve(with_faults, config, shutdown_trigger=_never))
    announcing = asyncio.create_task(_announce(host, port))
    stopped = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    announcing.cancel()
    if serving in done:
        serving.result()


def stop_jobs() -> None:
    """Kill every training job."""
    api.reset()


async def _never() -> None:
    await asyncio.Event().wait()


def ready(host: str, port: int) -> str:
    """Return the line by which the server says that it answers."""
    return f"ready http://{host}:{port}"


async def _announce(host: str, port: int) -> None:
    while not await _answers(host, port):
        await asyncio.sleep(_POLL_SECONDS)
    print(ready(host, port), flush=True)
    threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()


async def _answers(host: str, port: int) -> bool:
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"GET /_ministack/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    try:
        return b" 200" in await reader.readline()
    finally:
        writer.close()


def _warm_up() -> None:
    """Load what the first training job would wait for."""
    api.input_shape("CreateTrainingJob")
    with contextlib.suppress(OSError):  # the server may end, and its directory with it
        namespaces_work()
