"""Takes one training job from Starting to its end, in a thread of its own.

Source of the order of events:
https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
"""

from __future__ import annotations

import contextvars
import itertools
import logging
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ministack.core.responses import get_region

from local_aws.sagemaker.credentials import Credentials, assume_job_role
from local_aws.sagemaker.errors import JobFailure
from local_aws.sagemaker.files.artifacts import ArtifactUpload
from local_aws.sagemaker.files.directory import CONTAINER_ROOT, checkpoint_path, tensorboard_path
from local_aws.sagemaker.files.folder_sync import FolderSync
from local_aws.sagemaker.files.input_channels import download_channels
from local_aws.sagemaker.files.storage import JobStorage, S3Location
from local_aws.sagemaker.job.environment import job_environment
from local_aws.sagemaker.job.hosts import JobHosts, failed_host, failure_reason
from local_aws.sagemaker.job.training_job import FAILURE_REASON_LIMIT, TrainingJob, utc_now
from local_aws.sagemaker.platform import Platform
from local_aws.sagemaker.reporting.logs import LogStream

_log = logging.getLogger(__name__)
_attempt_numbers = itertools.count(1)

DEFAULT_MAX_RUNTIME_SECONDS = 24 * 3600
"""Run time a job may have when it gives none, in seconds."""


class JobRunner:
    """Runs one training job.

    Args:
        job: The job, in Starting.
        platform: Settings of the server.
    """

    def __init__(self, job: TrainingJob, platform: Platform) -> None:
        self._job, self._platform = job, platform
        self._request = job.request
        self._folder = platform.work_dir / secrets.token_hex(4)
        self._hosts: JobHosts | None = None
        self._killed = False
        self._began = time.monotonic()
        self._trained_seconds = 0.0

    def start(self) -> None:
        """Start the thread, under the caller's account and region."""
        context = contextvars.copy_context()
        threading.Thread(
            target=context.run, args=(self._run,), name=f"job-{self._job.name}", daemon=True
        ).start()

    def kill(self) -> None:
        """End the job's processes at once; nothing is uploaded any more."""
        self._killed = True
        self._job.wake.set()
        if self._hosts:
            self._hosts.kill()

    def _run(self) -> None:
        try:
            self._job.announce()
            self._train()
        except JobFailure as failure:
            self._job.finish("Failed", failure_reason=str(failure))
        except Exception as error:
            if not self._killed:
                _log.exception("training job %s", self._job.name)
            self._job.finish("Failed", failure_reason=f"InternalServerError: {error!r}")
        finally:
            if self._hosts:
                self._hosts.kill()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _train(self) -> None:
        credentials = assume_job_role(self._request["RoleArn"])
        storage = JobStorage(self._platform.endpoint_url, get_region(), credentials)
        try:
            while self._attempt(storage, credentials) == "Interrupted":
                self._job.enter("Interrupted")
                self._job.enter("Starting")
        finally:
            storage.close()

    def _attempt(self, storage: JobStorage, credentials: Credentials) -> str:
        """Run the job's hosts once; return how that ended, as a secondary status."""
        self._job.enter("Downloading")
        number = next(_attempt_numbers)
        hosts = JobHosts(self._request, self._folder / str(number), number)
        self._download(storage, hosts)
        synced = self._synced(storage, hosts)
        if self._job.imposed or self._job.stopping:
            secondary, reason = self._job.imposed or ("Stopped", None)
            self._job.finish(secondary, failure_reason=reason)
            return secondary
        self._job.enter("Training")
        self._start(hosts, credentials)
        outcome, failure = self._wait(hosts, synced)
        if outcome == "Interrupted":
            shutil.rmtree(hosts.folder, ignore_errors=True)
            return outcome
        self._job.training_is_over()
        self._upload(storage, hosts, outcome)
        self._job.finish(outcome, failure_reason=failure)
        return outcome

    def _download(self, storage: JobStorage, hosts: JobHosts) -> None:
        for host, directory in zip(hosts.hosts, hosts.directories, strict=True):
            download_channels(self._request, storage, directory, host=host, hosts=hosts.hosts)

    def _synced(self, storage: JobStorage, hosts: JobHosts) -> list[FolderSync]:
        """Return the directories that S3 follows while the job runs, checkpoints brought down."""

        def synced(what: str, field: str, path: str, prefix: S3Location) -> FolderSync:
            if not path.startswith(f"{CONTAINER_ROOT}/"):
                raise JobFailure(
                    f"ClientError: {field}.LocalPath '{path}' is outside {CONTAINER_ROOT}, "
                    "which the local AWS cannot provide."
                )
            folders = [directory.local(path) for directory in hosts.directories]
            return FolderSync(what, storage, prefix, folders)

        found = []
        if config := self._request.get("CheckpointConfig"):
            prefix, path = S3Location.parse(config["S3Uri"]), checkpoint_path(self._request)
            found.append(synced("Checkpoint", "CheckpointConfig", path, prefix))
            found[0].download()
        if config := self._request.get("TensorBoardOutputConfig"):
            prefix = S3Location.parse(config["S3OutputPath"]).child(
                self._job.name, "tensorboard-output"
            )
            path = tensorboard_path(self._request)
            found.append(synced("TensorBoard", "TensorBoardOutputConfig", path, prefix))
        return found

    def _start(self, hosts: JobHosts, credentials: Credentials) -> None:
        # A mark of its own for each host: what one leaves behind is killed, its peers are not.
        mark = secrets.token_hex(8)
        environments = [
            job_environment(
                self._platform,
                self._request,
                self._job.arn,
                region=get_region(),
                credentials=credentials,
                directory=directory,
                mark=f"{self._job.name}.{mark}.{host.name}",
            )
            for host, directory in zip(hosts.hosts, hosts.directories, strict=True)
        ]
        writers = [self._writer(LogStream(self._job.name, host.name)) for host in hosts.hosts]
        self._hosts = hosts
        hosts.start(environments, writers, self._job.wake.set)
        if self._killed:
            hosts.kill()

    def _writer(self, stream: LogStream) -> Callable[[list[str]], None]:
        def write(lines: list[str]) -> None:
            stream.write(lines)
            moment = utc_now()
            for line in lines:
                self._job.metrics.read(line, moment)

        return write

    def _wait(self, hosts: JobHosts, synced: list[FolderSync]) -> tuple[str, str | None]:
        """Wait until the hosts have ended, by themselves or by force.

        Returns:
            How that ended, as a secondary status, and the FailureReason of a failure.
        """
        for folder in synced:
            folder.start()
        started = time.monotonic()
        outcome, failure = self._watch(hosts, started), None
        if self._job.imposed and outcome == "Failed":
            failure = self._job.imposed[1]
        # Before the other hosts are stopped: their exit codes would look like failures too.
        if failed := failed_host(hosts) if outcome == "Completed" else None:
            outcome, failure = "Failed", failure_reason(*failed, FAILURE_REASON_LIMIT)
        self._trained_seconds += time.monotonic() - started
        hosts.stop(self._platform.stop_grace)
        for folder in synced if not self._killed else []:
            folder.finish()
        return outcome, failure

    def _watch(self, hosts: JobHosts, started: float) -> str:
        name, deadline = self._deadline(started)
        while True:
            self._job.wake.clear()
            if hosts.ended:
                return "Completed"
            if self._job.imposed:
                return self._job.imposed[0]
            if self._job.stopping or self._killed:
                return "Stopped"
            if self._job.take_interruption():
                return "Interrupted"
            if time.monotonic() >= deadline:
                self._job.run_out_of_time()
                return name
            self._job.wake.wait(deadline - time.monotonic())

    def _deadline(self, started: float) -> tuple[str, float]:
        """Return which limit ends the job first, as a secondary status, and when."""
        condition = self._request["StoppingCondition"]
        run = condition.get("MaxRuntimeInSeconds", DEFAULT_MAX_RUNTIME_SECONDS)
        deadlines = [("MaxRuntimeExceeded", started + run - self._trained_seconds)]
        if condition.get("MaxWaitTimeInSeconds"):
            end = self._began + condition["MaxWaitTimeInSeconds"]
            deadlines.append(("MaxWaitTimeExceeded", end))
        return min(deadlines, key=lambda item: item[1])

    def _upload(self, storage: JobStorage, hosts: JobHosts, outcome: str) -> None:
        """Upload the artifacts; the model of a failed job stays behind."""
        if self._killed:
            return
        self._job.enter("Uploading")
        upload = ArtifactUpload(self._request, storage, self._scratch())
        upload.output_data(hosts.directories)
        if outcome != "Failed":
            self._job.model_artifacts = upload.model(hosts.directories)

    def _scratch(self) -> Path:
        scratch = self._folder / "archives"
        scratch.mkdir()
        return scratch
