"""Pods that are processes of this machine.

A process has no file system of its own, so three places that the backend chose are moved below a
directory, in the command, and moved back in what it wrote: the run's artifacts (by URI and by
path) and the files of a task's output parameters. Everything else of the command is as it was.
"""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.kfp_backend.errors import PodFailed
from tests.kfp_backend.launcher.outputs import Outputs
from tests.kfp_backend.launcher.placeholders import local_path_for
from tests.kfp_backend.task import Task

_PARAMETERS = "/tmp/kfp/outputs/"


@dataclass
class ProcessPods:
    """Runs the pods of a run as processes; give it to `Run.execute`.

    Attributes:
        directory: Where what they write is.
        environment: Their environment, besides what the author set.
        seconds: How long a pod may take.
        logs: What each pod printed, in order.
    """

    directory: Path
    environment: Mapping[str, str]
    seconds: float = 120
    logs: list[str] = field(default_factory=list)

    def __call__(self, task: Task) -> Outputs:
        """Runs a pod.

        Raises:
            PodFailed: It exited with another code than 0.
        """
        places = Places.of(task, self.directory)
        places.make()
        own = {each["name"]: each["value"] for each in task.environment if "value" in each}
        done = subprocess.run(
            [places.into(part) for part in self.command(task)],
            env={"KFP_RETRY_INDEX": str(task.retry_index), **self.environment, **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=self.seconds,
            check=False,
        )
        self.logs.append(done.stdout)
        if done.returncode:
            raise PodFailed(f"exit status {done.returncode}:\n{done.stdout}")
        return places.outputs()

    def command(self, task: Task) -> list[str]:
        """The image's Python is this one."""
        program, *arguments = task.command
        return [sys.executable if program.startswith("python") else program, *arguments]


@dataclass(frozen=True)
class Places:
    """Where a task's files are, in its container and here.

    Attributes:
        root: The URI of the run's root.
        directory: What stands for it here.
        own: The task's own directory in it.
        parameters: Its output parameters.
    """

    root: str
    directory: Path
    own: Path
    parameters: tuple[str, ...]

    @classmethod
    def of(cls, task: Task, directory: Path) -> "Places":
        """The places of a task."""
        root, name, salt = task.root.rsplit("/", 2)
        parameters = task.message["outputs"].get("parameters", {})
        return cls(root, directory, directory / name / salt, tuple(parameters))

    def make(self) -> None:
        """component/launcher_v2.go: prepareOutputFolders."""
        (self.own / "parameters").mkdir(parents=True, exist_ok=True)

    def into(self, text: str) -> str:
        """A part of the command, with places of this machine."""
        text = text.replace(self.root, str(self.directory))
        text = text.replace(local_path_for(self.root), str(self.directory))
        return text.replace(_PARAMETERS, f"{self.own}/parameters/")

    def outputs(self) -> Outputs:
        """What the pod wrote."""
        metadata = self.own / "output_metadata.json"
        files = {name: self.own / "parameters" / name for name in self.parameters}
        return Outputs(
            metadata.read_text().replace(str(self.directory), self.root)
            if metadata.exists()
            else None,
            {name: path.read_text() for name, path in files.items() if path.exists()},
        )
