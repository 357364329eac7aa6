"""Packing training code, and putting it into S3."""

import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import boto3
import pytest
from botocore.exceptions import NoCredentialsError
from botocore.stub import Stubber

from kfp_component import upload_source
from kfp_component.author import source_archive
from kfp_component.author.source_archive import SourceError, pack_source
from kfp_component.author.upload_source import main


@pytest.fixture
def source(tmp_path: Path) -> Path:
    directory = tmp_path / "source"
    (directory / "lib" / "__pycache__").mkdir(parents=True)
    (directory / ".git").mkdir()
    (directory / "train.py").write_text("import lib.model\n")
    (directory / "lib" / "model.py").write_text("SIZE = 3\n")
    (directory / "lib" / "__pycache__" / "model.pyc").write_bytes(b"compiled")
    (directory / "lib" / "old.pyc").write_bytes(b"compiled")
    (directory / ".env").write_text("SECRET=1\n")
    (directory / ".git" / "config").write_text("secret\n")
    (directory / "run.sh").write_text("#!/bin/sh\n")
    (directory / "run.sh").chmod(0o755)
    return directory


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """S3 that expects what a test says, checked against the service's own model."""
    client = boto3.client(
        "s3", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    monkeypatch.setattr(boto3, "client", lambda _, **__: client)
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def members(content: bytes) -> dict[str, str]:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        return {member.name: oct(member.mode) for member in archive.getmembers()}


def test_members_lie_at_the_root_without_hidden_and_compiled_files(source: Path) -> None:
    assert members(pack_source(source).content) == {
        "lib/model.py": "0o644",
        "run.sh": "0o755",
        "train.py": "0o644",
    }


def test_same_files_same_name_and_bytes_anywhere(source: Path, tmp_path: Path) -> None:
    first = pack_source(source)
    assert re.fullmatch(r"sourcedir-[0-9a-f]{32}\.tar\.gz", first.name)
    copy = shutil.copytree(source, tmp_path / "copy")
    for path in copy.rglob("*"):
        os.utime(path, (1, 1))
    assert pack_source(copy) == first


@pytest.mark.parametrize(
    "change",
    [
        lambda directory: (directory / "train.py").write_text("import lib.other\n"),
        lambda directory: (directory / "train.py").rename(directory / "main.py"),
        lambda directory: (directory / "run.sh").chmod(0o644),
        lambda directory: (directory / "empty").touch(),
    ],
)
def test_another_content_has_another_name(source: Path, change: object) -> None:
    first = pack_source(source)
    change(source)  # type: ignore[operator]
    assert pack_source(source).name != first.name


def test_the_name_does_not_depend_on_the_compression(source: Path) -> None:
    first = pack_source(source)
    with mock.patch.object(source_archive.gzip, "compress", return_value=b"otherwise"):
        assert pack_source(source).name == first.name


@pytest.mark.parametrize(
    ("name", "message"), [("missing", "is not a directory"), ("empty", "holds no file")]
)
def test_a_directory_without_files_is_an_error(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=message):
        pack_source(tmp_path / name)


def test_links_within_are_files_and_all_others_are_named(source: Path) -> None:
    (source / "main.py").symlink_to("train.py")
    assert "main.py" in members(pack_source(source).content)
    (source / ".hidden").symlink_to("/etc")
    (source / "outside.py").symlink_to("/etc/hostname")
    (source / "broken.py").symlink_to("nowhere.py")
    (source / "shared").symlink_to("lib")
    os.mkfifo(source / "pipe")
    with pytest.raises(SourceError) as refused:
        pack_source(source, "trian.py")
    message = str(refused.value)
    for name in ("outside.py", "broken.py", "shared", "pipe", "trian.py"):
        assert f"  {name} is" in message or f"there is no {name}" in message
    assert "main.py" not in message
    assert ".hidden" not in message


def test_more_than_code_is_refused_with_the_largest_files(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (source / "weights.bin").write_bytes(b"0" * 3 * 1024**2)
    monkeypatch.setattr(source_archive, "LARGEST_BYTES", 2 * 1024**2)
    with pytest.raises(SourceError, match=r"hold 3 MiB, more than the 2 MiB.*weights.bin \(3 MiB"):
        pack_source(source)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_named(source: Path) -> None:
    (source / "train.py").chmod(0)
    with pytest.raises(SourceError, match=r"train\.py"):
        pack_source(source)


@pytest.mark.parametrize(
    ("destination", "prefix"),
    [
        ("s3://bucket", ""),
        ("s3://bucket/", ""),
        ("s3://bucket/source", "source/"),
        ("s3://bucket/a/b/", "a/b/"),
    ],
)
def test_new_code_is_put_below_the_prefix(
    source: Path, s3: Stubber, destination: str, prefix: str
) -> None:
    archive = pack_source(source)
    key = prefix + archive.name
    s3.add_client_error("head_object", "404", http_status_code=404)
    s3.add_response("put_object", {}, {"Bucket": "bucket", "Key": key, "Body": archive.content})
    assert upload_source(source, destination) == f"s3://bucket/{key}"


def test_code_that_is_there_is_not_uploaded_again(
    source: Path, s3: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    s3.add_response("head_object", {})
    assert main([str(source), "s3://bucket/source", "--entry-point", "train.py"]) == 0
    output, notice = capsys.readouterr()
    assert output == f"s3://bucket/source/{pack_source(source).name}\n"
    assert notice == "there already\n"


def test_a_missing_object_that_may_not_be_looked_for_is_uploaded(source: Path, s3: Stubber) -> None:
    s3.add_client_error("head_object", "403", http_status_code=403)
    s3.add_response("put_object", {})
    upload_source(str(source), "s3://bucket/source")


@pytest.mark.parametrize(
    "destination",
    ["bucket/source", "s3://", "s3://Bucket/a", "s3://bucket/code.tar.gz", "s3://bucket/a b"],
)
def test_a_destination_is_a_prefix_in_a_bucket(
    source: Path, s3: Stubber, destination: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(source), destination]) == 1
    assert f"the destination is {destination!r}; it must be s3://" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("NoSuchBucket", 404, "there is no bucket bucket"),
        ("AccessDenied", 403, "access is denied: these credentials may not put"),
        ("ExpiredToken", 400, "the AWS credentials have expired"),
        ("SlowDown", 503, "SlowDown"),
    ],
)
def test_a_refused_upload_is_one_line_that_says_why(
    source: Path,
    s3: Stubber,
    code: str,
    status: int,
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    s3.add_client_error("head_object", "404", http_status_code=404)
    s3.add_client_error("put_object", code, http_status_code=status)
    assert main([str(source), "s3://bucket"]) == 1
    output, error = capsys.readouterr()
    assert error.startswith("cannot upload to s3://bucket/sourcedir-")
    assert words in error
    assert error.count("\n") == 1
    assert output == ""


def test_missing_credentials_are_said(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Nobody:
        def head_object(self, **_: str) -> None:
            raise NoCredentialsError

    monkeypatch.setattr(boto3, "client", lambda _, **__: Nobody())
    with pytest.raises(SourceError, match="there are no AWS credentials"):
        upload_source(source, "s3://bucket")


def test_the_region_is_that_of_the_aws_cli(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    regions = []

    def client(_: str, region_name: str) -> None:
        regions.append(region_name)
        raise NoCredentialsError

    monkeypatch.setattr(boto3, "client", client)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with pytest.raises(SourceError, match="there are no AWS credentials"):
        upload_source(source, "s3://bucket")
    assert regions == ["eu-west-1"]


def test_the_author_imports_no_client_and_the_uploader_no_kfp() -> None:
    for statement, absent in (
        ("from kfp_component import train_rl_model, bare_component, upload_source", "botocore"),
        ("from kfp_component import upload_source", "kfp"),
    ):
        code = f"import sys; {statement}; print(*sys.modules)"
        loaded = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.split()
        assert absent not in loaded
