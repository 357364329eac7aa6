"""One host of a training job: a process group whose output is read as it comes."""

from __future__ import annotations

import codecs
import contextlib
import contextvars
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from local_aws.sagemaker.job.process_marks import JOB_MARK, kill_marked

_READ_BYTES = 256 * 1024
_LONGEST_LINE = 256 * 1024
_SHORT_READ = 4096
_GATHER_SECONDS = 0.05


class HostProcess:
    """The processes of one host, started at once in a session of their own.

    Args:
        command: What to run.
        environment: Its whole environment; carries :data:`JOB_MARK`.
        cwd: Where it runs.
        on_lines: Called with each batch of output lines, at most about 0.1 s old.
        on_exit: Called once, when no process of the host is left and all output has been read.

    Attributes:
        exit_code: As a container reports it (128 + N for signal N); None while it runs.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        cwd: Path,
        *,
        on_lines: Callable[[list[str]], None],
        on_exit: Callable[[], None],
    ) -> None:
        self.exit_code: int | None = None
        self._on_lines, self._on_exit = on_lines, on_exit
        self._mark = environment[JOB_MARK]
        self._stopping = threading.Event()
        self._process = subprocess.Popen(
            command,
            env=dict(environment),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        context = contextvars.copy_context()
        self._reader = threading.Thread(
            target=context.run, args=(self._read,), name="job-output", daemon=True
        )
        self._reader.start()
        threading.Thread(target=self._wait, name="job-wait", daemon=True).start()

    def terminate(self) -> None:
        """Send SIGTERM to the whole group, and let it end in its own time."""
        self._stopping.set()
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL the whole group and everything that has left it."""
        self._stopping.set()
        self._signal(signal.SIGKILL)
        kill_marked(JOB_MARK, self._mark)

    def join(self, timeout: float) -> bool:
        """Wait until every process is gone and all output is read; return whether that is so."""
        self._reader.join(timeout)
        return not self._reader.is_alive()

    def _signal(self, number: signal.Signals) -> None:
        # The group outlives its leader, so a leader already reaped does not mean nobody is left.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _wait(self) -> None:
        """Once the main process has ended, end what it left behind, as its container would.

        While the job is being stopped the rest of the group may still be saving its work: then
        only the end of the grace period kills it.
        """
        self._process.wait()
        if not self._stopping.is_set():
            self._signal(signal.SIGKILL)
            kill_marked(JOB_MARK, self._mark)

    def _read(self) -> None:
        assert self._process.stdout is not None
        try:
            with self._process.stdout as stream:
                self._read_lines(stream.fileno())
        finally:
            status = self._process.wait()
            self.exit_code = 128 - status if status < 0 else status
            self._on_exit()

    def _read_lines(self, descriptor: int) -> None:
        """Read until the end of the pipe, which comes when the last process that holds it is gone.

        (Signal 0 to the group would not do: zombies answer it.)
        """
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        rest = ""
        while chunk := os.read(descriptor, _READ_BYTES):
            *lines, rest = (rest + decoder.decode(chunk)).split("\n")
            while len(rest) > _LONGEST_LINE:
                lines.append(rest[:_LONGEST_LINE])
                rest = rest[_LONGEST_LINE:]
            if lines:
                self._on_lines(lines)
            if len(chunk) < _SHORT_READ:
                time.sleep(_GATHER_SECONDS)  # lets a trickle of lines gather into one batch
        rest += decoder.decode(b"", final=True)
        if rest:
            self._on_lines([rest])
