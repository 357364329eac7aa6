"""The hosts of one attempt at a training job: their trees, their processes, their logs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from local_aws.sagemaker.files.cluster import cluster
from local_aws.sagemaker.files.directory import CONTAINER_ROOT, JobDirectory
from local_aws.sagemaker.job.container_view import (
    fallback_environment,
    host_addresses,
    namespace_command,
    namespaces_work,
)
from local_aws.sagemaker.job.environment import train_command
from local_aws.sagemaker.job.process import HostProcess

_KILL_SECONDS = 5.0


class JobHosts:
    """The hosts algo-1 to algo-N of one attempt.

    Args:
        request: The CreateTrainingJob request.
        folder: Where the hosts' trees go; must not exist yet.
        number: Number of the attempt, unique in this server; decides the hosts' addresses.
    """

    def __init__(self, request: Mapping[str, Any], folder: Path, number: int) -> None:
        self.folder = folder
        self.hosts = cluster(request)
        self._addresses = host_addresses(number, len(self.hosts))
        self._isolated = namespaces_work()
        self.directories: list[JobDirectory] = []
        self._processes: list[HostProcess] = []
        folder.mkdir(parents=True)
        for host in self.hosts:
            base = folder / host.name
            root = CONTAINER_ROOT if self._isolated else str(base)
            directory = JobDirectory(base, root)
            directory.write(request, self.hosts, host)
            self.directories.append(directory)

    def start(
        self,
        environments: Sequence[Mapping[str, str]],
        writers: Sequence[Callable[[list[str]], None]],
        on_exit: Callable[[], None],
    ) -> None:
        """Start every host; `on_exit` is called once for each that ends."""
        for host, directory, environment, write in zip(
            self.hosts, self.directories, environments, writers, strict=True
        ):
            command, variables = train_command(), dict(environment)
            if self._isolated:
                command = namespace_command(command, directory, host.name, self._addresses)
            else:
                path = variables.get("PYTHONPATH", "")
                variables |= fallback_environment(directory, host.name, self._addresses, path)
            self._processes.append(
                HostProcess(command, variables, directory.base, on_lines=write, on_exit=on_exit)
            )

    @property
    def exit_codes(self) -> list[int | None]:
        """The exit code of each host; None while it runs."""
        return [process.exit_code for process in self._processes]

    @property
    def ended(self) -> bool:
        """Whether every host has ended, or one has failed: then the job is over."""
        codes = self.exit_codes
        return all(code is not None for code in codes) or any(codes)

    def stop(self, grace: float) -> None:
        """SIGTERM every host that still runs; SIGKILL what is left after `grace` seconds."""
        running = [process for process in self._processes if process.exit_code is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + grace
        for process in running:
            if not process.join(max(0.0, deadline - time.monotonic())):
                process.kill()
        for process in running:
            process.join(_KILL_SECONDS)

    def kill(self) -> None:
        """SIGKILL every host at once."""
        for process in self._processes:
            if process.exit_code is None:
                process.kill()


def failed_host(hosts: JobHosts) -> tuple[JobDirectory, int] | None:
    """Return the first host that failed, with its exit code; None if none did."""
    for directory, code in zip(hosts.directories, hosts.exit_codes, strict=True):
        if code:
            return directory, code
    return None


def failure_reason(directory: JobDirectory, exit_code: int, limit: int) -> str:
    """Return the FailureReason of a host that failed, at most `limit` characters.

    The failure file comes first, as on AWS; the exit code always stays readable.
    """
    text = ""
    if directory.failure.is_file():
        with directory.failure.open(errors="replace") as file:
            text = file.read(limit).strip()
    begin, end = "AlgorithmError: ", f", exit code: {exit_code}"
    return begin + text[: limit - len(begin) - len(end)] + end
