"""Synthesize the CDK app for given settings, and deploy it onto the local AWS with boto3 alone.

The CDK CLI does the same in ten times the time; tests/e2e/deployment/test_deploy_cli.py uses it.
"""

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
STACK = "RlTraining"
HOST_RUNTIME = f"python3.{sys.version_info.minor}"
HOST_ARCHITECTURE = {"aarch64": "arm64", "arm64": "arm64"}.get(os.uname().machine, "x86_64")
HOST_FUNCTIONS = {"lambda_runtime": HOST_RUNTIME, "lambda_architecture": HOST_ARCHITECTURE}
"""The local AWS runs functions on this machine's own Python."""

DEPLOY_SECONDS = 120  # generous: 0.3 s on an idle machine

Client = Callable[[str], Any]


def synthesize(context: Mapping[str, object]) -> Path:
    """Return the cloud assembly of the app with `context` over that of cdk.json, made once.

    Raises:
        subprocess.CalledProcessError: The app refused the settings; `stderr` says why.
    """
    merged = {**cdk_json()["context"], **context}
    environment = {"CDK_CONTEXT_JSON": json.dumps(merged)}
    return kept(
        merged, lambda output: run(["-m", "infra.app"], CDK_OUTDIR=str(output), **environment)
    )


def cdk_json() -> dict[str, Any]:
    """Return what cdk.json says."""
    found: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())
    return found


def kept(spec: object, make: Callable[[Path], object]) -> Path:
    """Return the directory that `make` filled from this `spec` and the sources as they are."""
    directory = ROOT / "build" / "assemblies"
    directory.mkdir(parents=True, exist_ok=True)
    made = directory / _key(spec)
    with (directory / f"{made.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            with tempfile.TemporaryDirectory(dir=directory) as scratch:
                make(Path(scratch) / "made")
                (Path(scratch) / "made").rename(made)
    return made


def run(arguments: Sequence[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the repository, without the caller's AWS and CDK variables."""
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))
    }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**clean, **environment},
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )


def template(assembly: Path, stack: str = STACK) -> dict[str, Any]:
    """Return the CloudFormation template of an assembly's stack."""
    found: dict[str, Any] = json.loads((assembly / f"{stack}.template.json").read_text())
    return found


def deploy(assembly: Path, client: Client, stack: str = STACK) -> dict[str, str]:
    """Create or update the stack of `assembly`, wait for it and return its outputs.

    A stack that is like this already stays as it is, as with the CDK CLI.

    Args:
        assembly: What `synthesize` returned.
        client: Makes a boto3 client of a service.
        stack: The name of the stack.
    """
    cloudformation = client("cloudformation")
    arguments = {
        "StackName": stack,
        "TemplateURL": _publish(assembly, client, stack),
        "Capabilities": ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    try:
        cloudformation.create_stack(**arguments)
    except cloudformation.exceptions.AlreadyExistsException:
        try:
            cloudformation.update_stack(**arguments)
        except cloudformation.exceptions.ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise
    return _outputs(cloudformation, stack)


def _key(spec: object) -> str:
    digest = hashlib.sha256(json.dumps(spec, sort_keys=True).encode())
    for file in sorted(
        file
        for package in ("infra", "lambdas", "training_job", "training_sweep")
        for file in (ROOT / package).rglob("*")
        if file.suffix in {".py", ".json", ".txt"}
    ):
        digest.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return digest.hexdigest()[:24]


def _publish(assembly: Path, client: Client, stack: str) -> str:
    """Do what `cdk bootstrap` and `cdk deploy` do with files; return the template's URL."""
    account = client("sts").get_caller_identity()["Account"]
    s3, region = client("s3"), client("s3").meta.region_name
    bucket = f"cdk-hnb659fds-assets-{account}-{region}"
    if bucket not in {each["Name"] for each in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=bucket)
    client("ssm").put_parameter(
        Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String", Overwrite=True
    )
    url = ""
    files = json.loads((assembly / f"{stack}.assets.json").read_text())["files"]
    for file in files.values():
        source = assembly / file["source"]["path"]
        body = source.read_bytes() if source.is_file() else _zip(source)
        for destination in file["destinations"].values():
            s3.put_object(Bucket=bucket, Key=destination["objectKey"], Body=body)
            if file["source"]["path"] == f"{stack}.template.json":
                url = f"https://s3.{region}.amazonaws.com/{bucket}/{destination['objectKey']}"
    return url


def _zip(directory: Path) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in sorted(directory.rglob("*")):
            archive.write(file, file.relative_to(directory))
    return buffer.getvalue()


def _outputs(cloudformation: Any, stack: str) -> dict[str, str]:
    deadline = time.monotonic() + DEPLOY_SECONDS
    while time.monotonic() < deadline:
        described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        status = described["StackStatus"]
        if status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            return {each["OutputKey"]: each["OutputValue"] for each in described["Outputs"]}
        if "IN_PROGRESS" not in status or "ROLLBACK" in status:
            break
        time.sleep(0.05)
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    reasons = [
        f"{each['LogicalResourceId']}: {each['ResourceStatusReason']}"
        for each in events
        if "FAILED" in each["ResourceStatus"] and "ResourceStatusReason" in each
    ]
    raise AssertionError("\n".join([f"{stack} is {status}", *reasons]))
