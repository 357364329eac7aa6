"""A stand-in for the backend of Kubeflow Pipelines (KFP): compiled pipeline in, pods out.

`Run` takes IR YAML and a run's parameters, walks the root DAG and calls a function for each pod,
with the exact text that the container gets as `--executor_input`, its image, command, environment
and resources. What the function returns feeds the tasks downstream. Tests of pipelines go through
it, because a pipeline means what the backend makes of it, and `kfp.local` makes something else of
numbers, nulls and placeholders.

Example:
    ::

        run = Run(Path("pipeline.yaml"), {"bucket": "b"}, run_id="...")
        result = run.execute(lambda task: Outputs.of(model_artifact_url="s3://b/model.tar.gz"))
        result.raised().named("train-rl-model")[0].executor_input

    `ProcessPods(directory, environment)` in place of the lambda runs the commands themselves.

**What it stands on.** The Go source of kubeflow/pipelines at 7b70c7b95f (2026-08-22, after 2.17.0);
each rule names its file and function below `backend/src` or `backend/src/v2`. In
`tests/contract/kfp_backend` it is held

- by the answers that those functions gave when they were compiled and called
  (`recordings/go.json`);
- by pipelines of the installed kfp and of an old one (`tests/support/pipelines`, `compiled`).

The walk was checked once against the pipelines that KFP's own tests run on a cluster
(`test_data/sdk_compiled_pipelines/valid`: critical, essential, parallel_and_nested), whose
components check their inputs: all of those ran that need no Kubernetes object, custom artifact
path, other package or other service.

=============================  ==================================================================
module                         defines
=============================  ==================================================================
`compiled`                   IR, the API server's checks, the order of tasks
`pipeline`                   a run: nested pipelines, loops, conditions, exit tasks, retries
`driver.values`              a task's inputs, as its driver resolves them
`driver.upstream`            outputs of other tasks, through pipelines, loops and branches
`driver.conditions`          CEL: conditions, fields of loop items
`launcher.executor_input`    output paths and URIs, defaults, the log of a retry
`launcher.placeholders`      what the driver and the launcher replace, and how
`launcher.outputs`           what the launcher reads after the command, and refuses
`launcher.importer`          dsl.importer
`task`                       a pod: command, image, environment, resources
`go_text`                    values as Go writes them
`records`                    ML Metadata: executions, artifacts
`process`                    pods that are processes
=============================  ==================================================================

**Where the backend fails, it fails:** `RunRefused` (API server), `DriverFailed` (no pod starts)
or `LauncherFailed`, with a message close to the backend's. What the backend does not notice is
passed on as it is: JSON that replacing broke, a placeholder that stays.

**What it does not do.** No Kubernetes: no volumes, secrets, node selectors or TaskConfig, and
nothing of the Argo controller but dependencies, conditions, exit hooks and the number of retries
(no back-off, no deadlines, no fail-fast, no parallelism: one task runs at a time). No cache, no
upload or download of artifacts (`process` keeps all of a run in one directory), no artifact
iterator, no workspace volume. Backends before 2.17 differ in ways it does not show: the driver left
commands to the launcher, `outputFile` was `/tmp/kfp_outputs/output_metadata.json`, and the log
had no retry index in its URI. Go walks a map in no order; where a text depends on it, that is an
error here.
"""

from tests.kfp_backend.errors import (
    BackendError,
    DriverFailed,
    LauncherFailed,
    PodFailed,
    RunRefused,
)
from tests.kfp_backend.launcher.outputs import Outputs
from tests.kfp_backend.pipeline import Result, Run
from tests.kfp_backend.process import ProcessPods
from tests.kfp_backend.task import Task

__all__ = [
    "BackendError",
    "DriverFailed",
    "LauncherFailed",
    "Outputs",
    "PodFailed",
    "ProcessPods",
    "Result",
    "Run",
    "RunRefused",
    "Task",
]
