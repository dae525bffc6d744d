"""Running a list of stages for every rank: in processes here, or by datatrove's executors.

What a rank has finished stays finished: its marker lies in `FOLDER/completions`, where datatrove
looks for it as well, and the next call goes on with the others, by whichever executor.
"""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gonerd.errors import ConfigError, OutputError
from gonerd.files import write_text
from gonerd_scraper.running.stages import Stage

__all__ = ["EXECUTORS", "Executor", "finished_ranks", "run_rank", "run_stages"]

EXECUTORS = ("local", "slurm", "ray")
KEY = "key.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Executor:
    """Who runs the ranks of a stage, and how many at once."""

    kind: str | None = None
    """None: processes of gonerd's own; else `local`, `slurm` or `ray`, which are datatrove's."""
    tasks: int = 1
    """Ranks that the work is split into; no outcome depends on it."""
    workers: int = 1
    """Ranks that run at the same time."""
    sbatch: tuple[tuple[str, str], ...] = ()
    """Options of Slurm's sbatch, such as ("partition", "cpu")."""

    def __post_init__(self) -> None:
        if self.kind is not None and self.kind not in EXECUTORS:
            raise ConfigError(f"executor is {self.kind!r}, expected one of {', '.join(EXECUTORS)}")
        for name in ("tasks", "workers"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected 1 or more")


def run_stages(
    stages: Sequence[Stage],
    *,
    world_size: int,
    executor: Executor,
    folder: Path,
    key: str = "",
) -> None:
    """Run `stages` for every rank from 0 to `world_size`; return when all are finished.

    `folder` is the work folder of this phase, in which the stages should write as well: one that an
    earlier run left under another `key` (`work_key`) or another number of ranks is emptied first.
    With one worker the ranks run in this process, one after another.

    Raises:
        GonerdError: what a stage raised; the first to fail ends the others, finished ranks stay.
        OutputError: `folder` holds something else, or a process was killed.
    """
    _prepare(folder, f"{key} {world_size}\n")
    left = sorted(set(range(world_size)) - finished_ranks(folder))
    if not left:
        return
    if executor.kind is not None:
        from gonerd_scraper.running.clusters import run_on_cluster

        run_on_cluster(stages, world_size=world_size, executor=executor, folder=folder)
    elif executor.workers == 1 or len(left) == 1:
        for rank in left:
            run_rank(stages, rank, world_size)
            _mark(folder, rank)
    else:
        from gonerd_scraper.running.processes import run_in_processes

        for rank in run_in_processes(
            stages, left, world_size=world_size, workers=executor.workers, where=folder
        ):
            _mark(folder, rank)


def run_rank(stages: Sequence[Stage], rank: int, world_size: int) -> None:
    """Pipe each stage into the next for one rank, and draw everything out of the last."""
    data: Iterable[Any] | None = None
    for stage in stages:
        data = stage(data, rank, world_size)
    if data is not None:
        deque(data, maxlen=0)


def finished_ranks(folder: Path) -> set[int]:
    """The ranks that have a marker in the work folder of a phase."""
    names = (path.name for path in (folder / "completions").glob("*"))
    return {int(name) for name in names if name.isdecimal()}


def _mark(folder: Path, rank: int) -> None:
    path = folder / "completions" / f"{rank:05d}"
    path.parent.mkdir(exist_ok=True)
    path.touch()


def _prepare(folder: Path, key: str) -> None:
    mark = folder / KEY
    if folder.exists() and not mark.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(f"{folder} holds something that no run of stages left there")
    if mark.exists() and mark.read_text(encoding="utf-8") != key:
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if not mark.exists():
        write_text(mark, key)
