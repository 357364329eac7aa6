"""What a job's processes see: a real /opt/ml and host names, or the nearest to it.

Where the machine allows unprivileged user namespaces (most Linux), each host of a job has its own
mount and UTS namespace: a real `/opt/ml`, its own hostname, peers that resolve. Elsewhere
`SAGEMAKER_BASE_DIR` points the toolkit at the tree and a `sitecustomize` module teaches Python
the host names; then a path under `/opt/ml` written into a script does not exist.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from local_aws.sagemaker.files.directory import CONTAINER_ROOT, JobDirectory

_SCRIPT = Path(__file__).with_name("namespace.sh")
_HOST_NAMES = Path(__file__).with_name("host_names")
_PROBE_SECONDS = 10


def host_addresses(job_number: int, count: int) -> dict[str, str]:
    """Return the address of each host: algo-1 to algo-N.

    Every job gets loopback addresses of its own, so that jobs that run at once may listen on the
    same port of their hosts. Systems other than Linux have 127.0.0.1 alone.
    """
    if sys.platform != "linux":
        return {f"algo-{host}": "127.0.0.1" for host in range(1, count + 1)}
    block, job = divmod(job_number % 60000, 250)
    return {f"algo-{host}": f"127.{block + 1}.{job + 1}.{host}" for host in range(1, count + 1)}


@functools.cache
def namespaces_work() -> bool:
    """Return whether a process can be given its own /opt/ml and hostname here (asked once)."""
    if not shutil.which("unshare"):
        return False
    with tempfile.TemporaryDirectory() as folder:
        directory = JobDirectory(Path(folder) / "ml", CONTAINER_ROOT)
        directory.base.mkdir()
        probe = [sys.executable, "-c", "import os, sys; sys.exit(not os.path.isdir('/opt/ml'))"]
        command = namespace_command(probe, directory, "algo-1", {"algo-1": "127.0.0.1"})
        try:
            done = subprocess.run(command, capture_output=True, timeout=_PROBE_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return False
    return done.returncode == 0


def namespace_command(
    command: Sequence[str], directory: JobDirectory, host: str, addresses: Mapping[str, str]
) -> list[str]:
    """Return the command line that runs a command in namespaces of its own.

    Writes the files that it needs next to the job's tree.
    """
    stage = directory.base.with_name(f"{directory.base.name}-opt")
    stage.mkdir()
    hosts = directory.base.with_name(f"{directory.base.name}-hosts")
    own = Path("/etc/hosts").read_text() if Path("/etc/hosts").exists() else ""
    names = "".join(f"{address} {name}\n" for name, address in addresses.items())
    hosts.write_text(f"{names}{own}")
    unshare = ["unshare", "--user", "--map-root-user", "--mount", "--uts"]
    paths = [str(path) for path in (_SCRIPT, directory.base, stage, hosts)]
    return [*unshare, "sh", *paths, host, *command]


def fallback_environment(
    directory: JobDirectory, host: str, addresses: Mapping[str, str], python_path: str
) -> dict[str, str]:
    """Return the variables that stand in for namespaces where there are none."""
    return {
        "SAGEMAKER_BASE_DIR": str(directory.base),
        "LOCAL_AWS_HOSTS": ",".join(f"{name}={address}" for name, address in addresses.items()),
        "LOCAL_AWS_HOSTNAME": host,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(_HOST_NAMES), python_path))),
    }
