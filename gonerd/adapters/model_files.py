"""A model's files and what names them for good: a commit of the Hub, or a hash of what lies in a folder."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from gonerd.dataset.hub import hub_folder, is_hub_name, repository_of
from gonerd.errors import InputError
from gonerd.files import file_sha256

__all__ = ["WEIGHTS", "ModelFiles", "files_sha256", "is_revision", "model_files"]

WEIGHTS = ("*.safetensors", "*.bin", "*.pt", "*.pth", "*.onnx")
"""What holds numbers that were trained."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model in a folder of this machine."""

    folder: Path
    id: str
    """NAMESPACE/NAME on the Hub, the folder's name otherwise: never a path."""
    revision: str
    """40 hex digits: the Hub's commit, or the beginning of a hash of all files."""
    weights_sha256: str | None
    """Of the weights' file, of several of their `sha256sum` lines; None where none is known."""


def model_files(name: str, *, patterns: Sequence[str] = ()) -> ModelFiles:
    """The files of a folder, or of NAMESPACE/NAME[@REVISION] on the Hub, fetched where they are missing.

    A revision such as `main` is resolved to the commit that it means now.

    Args:
        name: a folder that is there is taken for one, whatever else it may be.
        patterns: of the files that are needed; empty takes them all.

    Raises:
        InputError: there is no such folder and no such model on the Hub, or it can't be reached.
    """
    folder = Path(name)
    if folder.is_dir():
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        if not paths:
            raise InputError(f"{name} is an empty folder, a model was expected")
        id_, revision = folder.resolve().name, files_sha256(paths, folder)[:40]
    elif folder.exists():
        raise InputError(f"{name} is a file, a model's folder or a Hub id was expected")
    elif is_hub_name(name, bare=True):
        try:
            folder = hub_folder(name, patterns=patterns or ["*"], kind="model")
        except InputError as problem:
            raise InputError(f"there is no folder {name} here, and {problem}") from None
        id_, revision = repository_of(name), folder.name
        if not is_revision(revision):
            raise InputError(f"{name}: the Hub's cache does not tell which commit {folder} is")
    else:
        raise InputError(
            f"{name} is no model's folder; expected one, or a Hub id NAMESPACE/NAME[@REVISION]"
        )
    weights = sorted({path for pattern in WEIGHTS for path in folder.rglob(pattern)})
    return ModelFiles(folder, id_, revision, files_sha256(weights, folder) if weights else None)


def is_revision(value: object) -> bool:
    """Whether it names a model for good: 40 hex digits, as a commit's, and no branch that moves on."""
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{40}", value) is not None


def files_sha256(paths: Iterable[Path], folder: Path) -> str:
    """The hash of one file; of several that of their `sha256sum` lines, ordered by name."""
    paths = sorted(paths)
    if len(paths) == 1:
        return _sha256(paths[0])
    lines = (f"{_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in paths)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _sha256(path: Path) -> str:
    """That of a file's bytes; weights are asked for twice, and have gigabytes."""
    told = path.stat()
    return _sha256_once(path, told.st_ino, told.st_size, told.st_mtime_ns)


@lru_cache(maxsize=256)
def _sha256_once(path: Path, *_: int) -> str:
    return file_sha256(path)
