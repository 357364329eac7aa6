"""Pods that are processes: they write where the backend told them to."""

import os
import sys

import pytest

from tests.kfp_backend.errors import PodFailed
from tests.kfp_backend.pipeline import Run
from tests.kfp_backend.process import ProcessPods
from tests.support.pipelines.shapes import OLDEST

STEP = """
import json, os, pathlib, sys
given = json.loads(sys.argv[sys.argv.index("--executor_input") + 1])
outputs = given["outputs"]
if "job_name" not in outputs.get("parameters", {}):
    uri = given["inputs"]["artifacts"]["model"]["artifacts"][0]["uri"]
    print("read", pathlib.Path(uri).read_text())
    raise SystemExit
model = outputs["artifacts"]["model"]["artifacts"][0]
pathlib.Path(model["uri"]).write_text("a model")
pathlib.Path(outputs["parameters"]["job_name"]["outputFile"]).write_text("job-7")
listed = {"model": {"artifacts": [{**model, "metadata": {"index": os.environ["KFP_RETRY_INDEX"]}}]}}
pathlib.Path(outputs["outputFile"]).write_text(json.dumps({"artifacts": listed}))
raise SystemExit(given["inputs"]["parameterValues"]["source_dir"] == "s3:///code")
"""


class Steps(ProcessPods):
    """The image of these pipelines."""

    def command(self, task):
        return [sys.executable, "-c", STEP, *task.command[1:]]


@pytest.fixture
def pods(tmp_path):
    return Steps(tmp_path, {"PATH": os.environ["PATH"]}, seconds=30)


def test_what_a_process_wrote_reaches_the_next_one(pods):
    result = Run(OLDEST / "nested-outputs.yaml", {}).execute(pods).raised()
    train, consume, last = result.tasks
    assert consume.name == "consume"
    assert '"source_dir":"s3://job-7/x"' in last.executor_input
    assert "read a model\n" in pods.logs
    model = train.execution.output_artifacts["model"]
    assert model["uri"] == f"{train.root}/model"
    assert model["metadata"]["index"] == "0"


def test_a_process_that_exits_with_an_error_is_a_failed_pod(pods):
    with pytest.raises(PodFailed, match="exit status 1"):
        Run(OLDEST / "f-string.yaml", {"bucket": ""}).execute(pods).raised()
