"""Stages for the tests of executors; in a module of their own, so that other processes find them."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from gonerd.errors import InputError
from gonerd_scraper.running.shards import shard_path, write_shard
from gonerd_scraper.running.stages import lines_of_rank


@dataclass(frozen=True)
class Read:
    """Words of files, one a line, with the place they stand at."""

    paths: tuple[Path, ...]

    def __call__(self, data, rank=0, world_size=1):
        for path, number, line in lines_of_rank(self.paths, rank, world_size):
            yield {"id": f"{line} {path.name}:{number}", "word": line}


def shout(data, rank=0, world_size=1):
    for record in data:
        yield record | {"word": record["word"].upper()}


@dataclass(frozen=True)
class Write:
    """A shard of each rank, and a line in a log each time that one is written."""

    folder: Path

    def __call__(self, data, rank=0, world_size=1):
        write_shard(shard_path(self.folder, "words", rank), data)
        with (self.folder / "written.log").open("a") as log:
            log.write(f"{rank}\n")
        yield from ()


@dataclass(frozen=True)
class Trouble:
    """Passes everything on, but in one rank something happens, until the file `over` is there.

    It waits for the file `behind`, so that what another rank does is done by then.
    """

    rank: int
    what: str
    over: Path
    behind: Path | None = None

    def __call__(self, data, rank=0, world_size=1):
        yield from data
        if rank != self.rank or self.over.exists():
            return
        waited_until = time.monotonic() + 30
        while self.behind and not self.behind.exists() and time.monotonic() < waited_until:
            time.sleep(0.01)
        if self.what == "data":
            raise InputError("words.txt:3: a word was expected")
        if self.what == "bug":
            raise ZeroDivisionError("an oversight")
        if self.what == "system":
            Path("/nowhere/at/all").read_text()
        if self.what == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.what == "asleep":
            print(f"asleep {os.getpid()}", file=sys.stderr, flush=True)
            time.sleep(60)
