"""Stages: generators over one rank's share of the work, and how inputs are shared out.

A stage is called as `stage(data, rank, world_size)`; the first of a list gets None and reads its
share itself, the last one writes a shard (`gonerd_scraper.running.shards`). That is the protocol of
datatrove's custom functions as well, so one list of stages runs here and on its executors. A stage
must be pickled to get to its process: a function of an importable module, `functools.partial` of one,
or an instance of a class with `__call__`. What it reads and writes must not depend on `world_size`,
then no outcome does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TypeVar

from gonerd.files import read_lines

__all__ = ["Stage", "lines_of_rank", "share_of_rank", "work_key"]

T = TypeVar("T")

DECIDING = ("gonerd", "courlan", "py3langid", "rensa", "resiliparse", "trafilatura")
"""Distributions whose versions decide what stands in a shard."""


class Stage(Protocol):
    """One step of a rank's work: takes what the step before yields, yields what the next one takes."""

    def __call__(
        self, data: Iterable[Any] | None, rank: int = 0, world_size: int = 1, /
    ) -> Iterable[Any]:
        """The outcome for `rank`, one of `world_size`, lazily."""
        ...


def share_of_rank(items: Iterable[T], rank: int, world_size: int) -> Iterator[T]:
    """The items at positions `rank`, `rank + world_size`, and so on."""
    return islice(items, rank, None, world_size)


def lines_of_rank(
    paths: Sequence[Path], rank: int, world_size: int
) -> Iterator[tuple[Path, int, str]]:
    """Yield (file, line number from 1, line) of one rank's share; blank lines are passed over.

    Where there is a file for each rank, files are dealt out; where there are fewer, lines are, and
    each rank reads all of the files to find its own.
    """
    if len(paths) >= world_size:
        yield from _lines(share_of_rank(paths, rank, world_size))
    else:
        yield from share_of_rank(_lines(paths), rank, world_size)


def work_key(paths: Iterable[Path], settings: Mapping[str, Any]) -> str:
    """A hash that changes with the inputs (by name, size and time of change), settings or `DECIDING`.

    Shards that were finished under another key are of no use (`run_stages`).
    """
    files = []
    for path in paths:
        stat = path.stat()
        files.append([str(path.resolve()), stat.st_size, stat.st_mtime_ns])
    whole = {"versions": _versions(), "files": files, "settings": dict(settings)}
    return sha256(json.dumps(whole, sort_keys=True, default=str).encode()).hexdigest()


@cache
def _versions() -> dict[str, str | None]:
    found: dict[str, str | None] = dict.fromkeys(DECIDING)
    for name in DECIDING:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _lines(paths: Iterable[Path]) -> Iterator[tuple[Path, int, str]]:
    for path in paths:
        for number, line in read_lines(path):
            if line.strip():
                yield path, number, line
