"""SHA256SUMS, the list of a dataset's files with their hashes."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from gonerd.errors import InputError
from gonerd.files import file_sha256, read_lines, write_text

__all__ = ["SUMS_FILE", "read_sums", "write_sums"]

SUMS_FILE = "SHA256SUMS"


def read_sums(path: Path) -> dict[str, str]:
    """The hashes of a SHA256SUMS file by file name.

    Raises:
        InputError: it is missing, or a line is not a hash and the name of a file below its folder.
    """
    sums = {}
    for number, line in read_lines(path):
        digest, gap, name = line.partition("  ")
        if not gap or len(digest) != 64 or not name:
            raise InputError(f"{path}:{number}: {line!r} is not a SHA-256, two blanks and a name")
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise InputError(f"{path}:{number}: {name!r} lies outside the folder")
        sums[name] = digest
    return sums


def write_sums(folder: Path) -> None:
    """Write SHA256SUMS over all files that `folder` holds."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{file_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in paths]
    write_text(folder / SUMS_FILE, "".join(lines))
