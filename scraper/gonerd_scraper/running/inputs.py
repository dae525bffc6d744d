"""Which files the paths on a command line mean."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from gonerd.errors import InputError

__all__ = ["JSON_LINES", "input_files", "short_names"]

JSON_LINES = (".jsonl", ".json", ".ndjson")
COMPRESSED = ("", ".gz", ".zst")


def input_files(
    paths: Iterable[str | Path], endings: Sequence[str], *, beginnings: tuple[str, ...] = ()
) -> list[Path]:
    """The files among `paths`, and of each folder all files below it with one of `endings`, sorted.

    A folder with a `documents.jsonl`, as gonerd's own commands write it, stands for that file. An
    ending may be followed by .gz or .zst; a name with one of `beginnings` will do as well. A file that
    is named twice is there once.

    Raises:
        InputError: a path does not exist, or a folder holds no such file.
    """
    wanted = tuple(ending + packed for ending in endings for packed in COMPRESSED)
    found: dict[Path, Path] = {}
    for path in map(Path, paths):
        if path.is_dir():
            own = [path / f"documents.jsonl{packed}" for packed in COMPRESSED]
            inside = [file for file in own if file.is_file()] or [
                file
                for file in sorted(path.rglob("*"))
                if (file.name.endswith(wanted) or file.name.startswith(beginnings))
                and not file.name.startswith(".")
                and file.is_file()
            ]
            if not inside:
                raise InputError(f"{path} holds no file that ends in {', '.join(endings)}")
        elif path.exists():
            inside = [path]
        else:
            raise InputError(f"{path} does not exist")
        for file in inside:
            found.setdefault(file.resolve(), file)
    return sorted(found.values())


def short_names(files: Sequence[Path]) -> dict[Path, str]:
    """A name for each file that tells it from the others, without the folder that all have in common."""
    common = os.path.commonpath([file.parent for file in files])
    return {file: file.relative_to(common).as_posix() for file in files}
