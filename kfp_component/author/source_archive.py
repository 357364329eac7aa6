"""A directory of training code as the archive that a training job runs: the same code, same name.

SageMaker's training toolkit unpacks the archive and runs the entry point in it; a
`requirements.txt` beside it is installed first:
https://github.com/aws/sagemaker-training-toolkit#readme
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LARGEST_BYTES = 100 * 1024 * 1024
"""The most that the files may hold together. Code is small; more than this is data or a model."""


class SourceError(Exception):
    """The source cannot be packed or uploaded; the message says why, and what to do.

    Example:
        >>> try:
        ...     upload_source("my_training", "s3://my-bucket/source")
        ... except SourceError as error:
        ...     sys.exit(str(error))  # doctest: +SKIP
    """


@dataclass(frozen=True)
class SourceArchive:
    """Packed training code.

    Attributes:
        name: `sourcedir-<digest>.tar.gz`. The digest is of the files' names, modes and contents,
            not of the compressed bytes, which differ between versions of zlib.
        content: The gzipped tar.
    """

    name: str
    content: bytes


def pack_source(directory: Path, entry_point: str | None = None) -> SourceArchive:
    """Pack the files of a directory, with the directory itself as the archive's root.

    Times, owners and the order of the file system do not enter. Left out are hidden files and
    directories, `__pycache__` and compiled Python files. A symbolic link to a file within the
    directory is packed as that file; any other link is an error, for what it leads to would be
    missing or would come from outside the code.

    Args:
        directory: Holds the entry point and whatever it imports.
        entry_point: A script that must be there, such as train.py.

    Raises:
        SourceError: The directory is missing, empty or too large, cannot be read, lacks the entry
            point, or has links that lead elsewhere; all problems at once.

    Example:
        >>> pack_source(Path("examples/cartpole"), "train.py").name[:10]
        'sourcedir-'
    """
    if not directory.is_dir():
        raise SourceError(
            f"{directory} is not a directory; name the one that holds your training script"
        )
    files, problems = _files(directory)
    if entry_point is not None and directory / entry_point not in files:
        problems.append(f"there is no {entry_point} in it, the entry point")
    if not files:
        problems.append("it holds no file to pack (hidden and compiled files are left out)")
    problems += _too_large(directory, files)
    if problems:
        raise SourceError(f"{directory} cannot be packed:\n  " + "\n  ".join(problems))
    try:
        packed = _tar(directory, files)
    except OSError as error:
        raise SourceError(f"{directory} cannot be packed: {error}") from error
    digest = hashlib.sha256(packed).hexdigest()[:32]
    return SourceArchive(f"sourcedir-{digest}.tar.gz", gzip.compress(packed, mtime=0))


def _files(directory: Path) -> tuple[list[Path], list[str]]:
    """Return the files to pack, in order, and what is wrong with others."""
    files, problems = [], []
    root = directory.resolve()
    for path in sorted(_walk(directory)):
        name = path.relative_to(directory).as_posix()
        if path.is_symlink() and not (path.is_file() and path.resolve().is_relative_to(root)):
            target = path.readlink()
            problems.append(f"{name} is a link to {target}, no file in it; put a copy there")
        elif path.is_file():
            files.append(path)
        else:
            problems.append(f"{name} is neither a file nor a directory; remove it")
    return files, problems


def _walk(directory: Path) -> Iterator[Path]:
    """Yield all but directories that are no links, and but what is left out."""

    def fail(error: OSError) -> None:
        raise SourceError(f"{directory} cannot be packed: {error}") from error

    for parent, directories, files in os.walk(directory, onerror=fail):
        directories[:] = [name for name in directories if not _is_left_out(name)]
        links = [name for name in directories if (Path(parent) / name).is_symlink()]
        yield from (Path(parent) / name for name in [*links, *files] if not _is_left_out(name))


def _is_left_out(name: str) -> bool:
    return name.startswith(".") or name == "__pycache__" or name.endswith((".pyc", ".pyo"))


def _too_large(directory: Path, files: list[Path]) -> list[str]:
    sizes = {path: path.stat().st_size for path in files}
    total = sum(sizes.values())
    if total <= LARGEST_BYTES:
        return []
    largest = sorted(files, key=lambda path: -sizes[path])[:3]
    named = ", ".join(f"{path.relative_to(directory)} ({_mib(sizes[path])})" for path in largest)
    return [
        f"its files hold {_mib(total)}, more than the {_mib(LARGEST_BYTES)} allowed; largest are "
        f"{named}. Keep data and models in S3 and let the script read them from there"
    ]


def _mib(size: int) -> str:
    return f"{size / 1024**2:.0f} MiB"


def _tar(directory: Path, files: list[Path]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in files:
            content = path.read_bytes()
            member = tarfile.TarInfo(path.relative_to(directory).as_posix())
            member.size = len(content)
            member.mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()
