"""The packager of a source directory."""

import io
import os
import tarfile
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from examples import package
from examples.errors import ExampleError


@pytest.fixture
def source(tmp_path: Path) -> Path:
    directory = tmp_path / "source"
    (directory / "lib" / "__pycache__").mkdir(parents=True)
    (directory / "train.py").write_text("import lib.model\n")
    (directory / "lib" / "model.py").write_text("SIZE = 3\n")
    (directory / "lib" / "__pycache__" / "model.pyc").write_bytes(b"compiled")
    (directory / ".env").write_text("SECRET=1\n")
    (directory / "run.sh").write_text("#!/bin/sh\n")
    (directory / "run.sh").chmod(0o755)
    return directory


class S3:
    """Keeps what was put, or refuses."""

    def __init__(self, refusal: Exception | None = None) -> None:
        self.refusal = refusal
        self.objects: dict[tuple[str, str], bytes] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:
        if self.refusal:
            raise self.refusal
        self.objects[Bucket, Key] = Body


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> S3:
    fake = S3()

    def client(service: str) -> Any:
        assert service == "s3"
        return fake

    monkeypatch.setattr(boto3, "client", client)
    return fake


def test_members_lie_at_the_root_without_hidden_and_compiled_files(source: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(package.pack(source)), mode="r:gz") as archive:
        members = {member.name: oct(member.mode) for member in archive.getmembers()}
    assert members == {"lib/model.py": "0o644", "run.sh": "0o755", "train.py": "0o644"}


def test_same_files_same_bytes(source: Path) -> None:
    first = package.pack(source)
    for path in source.rglob("*"):
        os.utime(path, (1, 1))
    assert package.pack(source) == first
    (source / "train.py").write_text("import lib.other\n")
    assert package.pack(source) != first


@pytest.mark.parametrize(
    ("name", "message"), [("missing", "is not a directory"), ("empty", "holds no file")]
)
def test_a_directory_without_files_is_an_error(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ExampleError, match=message):
        package.pack(tmp_path / name)


def test_command_uploads_and_prints_the_url(
    source: Path, s3: S3, capsys: pytest.CaptureFixture[str]
) -> None:
    assert package.main([str(source), "s3://bucket/source/code.tar.gz"]) == 0
    assert capsys.readouterr().out == "s3://bucket/source/code.tar.gz\n"
    assert s3.objects == {("bucket", "source/code.tar.gz"): package.pack(source)}


@pytest.mark.parametrize("url", ["bucket/code.tar.gz", "s3://bucket/code.tar", "s3://bucket"])
def test_a_destination_that_a_job_could_not_read_is_an_error(
    source: Path, s3: S3, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert package.main([str(source), url]) == 1
    assert f"{url!r}; it must be s3://<bucket>/<key>.tar.gz" in capsys.readouterr().err
    assert not s3.objects


@pytest.mark.parametrize(
    "refusal",
    [
        NoCredentialsError(),
        ClientError({"Error": {"Code": "NoSuchBucket", "Message": "gone"}}, "PutObject"),
    ],
)
def test_a_refused_upload_is_one_line(
    source: Path, s3: S3, refusal: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    s3.refusal = refusal
    assert package.main([str(source), "s3://bucket/code.tar.gz"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("cannot upload to s3://bucket/code.tar.gz: ")
    assert error.count("\n") == 1
