"""The folder where work in progress lies: for one process at a time, there again after a kill."""

from __future__ import annotations

import fcntl
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gonerd.errors import ConfigError, InputError, OutputError, SchemaError

__all__ = ["empty_folder", "held_folder", "remove_partial", "work_folder"]

LOCK = "lock"


@contextmanager
def work_folder(out: Path, command: str) -> Iterator[Path]:
    """`OUT.work`; it stays where the work was interrupted, so that the same `command` goes on with it.

    It is gone when the block ends well, and where the same command would fail again. What a killed
    process was writing in the place of `out` is removed.

    Raises:
        OutputError: another process works there.
    """
    work = out.with_name(f"{out.name}.work")
    with held_folder(
        work, f"another {command} works in {work}; wait for it, or give another --out"
    ):
        partial = re.compile(re.escape(out.name) + r"\.\d+\.partial")
        for path in out.absolute().parent.iterdir():
            if partial.fullmatch(path.name):
                shutil.rmtree(path)
        try:
            yield work
        except (ConfigError, InputError, SchemaError):
            shutil.rmtree(work)
            raise
        shutil.rmtree(work)


@contextmanager
def held_folder(folder: Path, refusal: str) -> Iterator[None]:
    """Make `folder` and keep other processes out of it while the block runs.

    Raises:
        OutputError: another process is in it; the message is `refusal`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(refusal) from None
        yield


def empty_folder(folder: Path) -> None:
    """Remove all that stands in a held folder, but not what it is held by."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != LOCK:
            path.unlink()


def remove_partial(folder: Path, names: Iterable[str]) -> None:
    """Remove what a killed process was writing in the place of the files called `names`."""
    for name in names:
        for path in folder.glob(f"{name}.*.partial"):
            path.unlink()
