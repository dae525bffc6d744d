"""Shards: files of sorted JSON Lines that ranks write, and their merge in constant memory."""

from __future__ import annotations

import heapq
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from operator import itemgetter
from pathlib import Path
from typing import Any

from gonerd.files import read_lines, text_to_write
from gonerd.records import write_json_lines

__all__ = ["by_id", "merged", "shard_path", "shard_paths", "write_shard"]

HELD = 20_000
"""Records in memory while a shard is sorted."""
HELD_CHARACTERS = 32_000_000
"""Characters of these records as JSON."""
OPEN = 200
"""Files open at once while shards are merged."""

Key = Callable[[Any], Any]

by_id: Key = itemgetter("id")


def shard_path(folder: Path, name: str, rank: int) -> Path:
    """Where a rank writes its shard called `name`."""
    return folder / "shards" / f"{name}.{rank:05d}.jsonl"


def shard_paths(folder: Path, name: str, world_size: int) -> list[Path]:
    """The shards called `name` of all ranks."""
    return [shard_path(folder, name, rank) for rank in range(world_size)]


def write_shard(path: Path, records: Iterable[Any], *, key: Key = by_id) -> int:
    """Write `records` sorted by `key`, whole or not at all; return how many.

    Records of equal keys keep their order. At most 20,000 of them or 32 million characters
    are in memory at once, but for the last one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{path.name}.", dir=path.parent) as folder:
        runs: list[Path] = []
        count = 0
        for lines in _chunks(records, key):
            runs.append(Path(folder) / f"{len(runs):05d}.jsonl")
            count += _write_lines(runs[-1], lines)
        if len(runs) > 1:
            return write_json_lines(path, merged(runs, key=key), overwrite=True)
        if not runs:
            return _write_lines(path, [])
        runs[0].replace(path)
        return count


def merged(paths: Sequence[Path], *, key: Key = by_id) -> Iterator[Any]:
    """The records of sorted files in the order of `key`, one at a time; ties in the order of `paths`.

    Beyond 200 files, groups are merged on disk first, beside the files.
    """
    if len(paths) <= OPEN:
        yield from heapq.merge(*map(_records, paths), key=key)
        return
    with ExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="merge.", dir=paths[0].parent)
        )
        groups = [paths[start : start + OPEN] for start in range(0, len(paths), OPEN)]
        runs = [
            _run(Path(folder), number, merged(group, key=key))
            for number, group in enumerate(groups)
        ]
        yield from merged(runs, key=key)


def _chunks(records: Iterable[Any], key: Key) -> Iterator[list[str]]:
    """Lines of JSON, each list sorted by the keys of its records and small enough to be held."""
    held: list[tuple[Any, int, str]] = []
    characters = 0
    for record in records:
        line = json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"
        held.append((key(record), len(held), line))
        characters += len(line)
        if len(held) == HELD or characters > HELD_CHARACTERS:
            yield [line for _, _, line in sorted(held)]
            held, characters = [], 0
    if held:
        yield [line for _, _, line in sorted(held)]


def _write_lines(path: Path, lines: list[str]) -> int:
    with text_to_write(path, overwrite=True) as out:
        out.writelines(lines)
    return len(lines)


def _run(folder: Path, number: int, records: Iterable[Any]) -> Path:
    path = folder / f"{number:05d}.jsonl"
    write_json_lines(path, records)
    return path


def _records(path: Path) -> Iterator[Any]:
    for _, line in read_lines(path):
        yield json.loads(line)
