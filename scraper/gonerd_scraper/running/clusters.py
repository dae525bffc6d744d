"""A list of stages handed to datatrove's executors: local, Slurm and Ray (extra `scale`).

datatrove runs the ranks and marks those that are finished; the files are written by the stages
themselves, since its writers are not atomic. What a rank fails with is left in `FOLDER/failures`, so
that whoever started the work reads one sentence, wherever the rank ran.
"""

from __future__ import annotations

import logging
import os
import shlex
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from datatrove.executor.local import LocalPipelineExecutor
from datatrove.executor.ray import RayPipelineExecutor
from datatrove.executor.slurm import SlurmPipelineExecutor
from loguru import logger
from multiprocess.util import register_after_fork

from gonerd.errors import ConfigError, OutputError
from gonerd.files import read_json, write_json
from gonerd_scraper.running.executors import Executor, finished_ranks
from gonerd_scraper.running.failures import failure_from_record, record_from_failure
from gonerd_scraper.running.stages import Stage

__all__ = ["run_on_cluster"]

RAY_MEMORY = 0.5
"""GiB that Ray sets aside for a rank; a rank that takes more is not stopped."""
RAY_STORE = 100_000_000
"""Bytes of Ray's object store on this machine; nothing but the list of stages goes through it."""


def run_on_cluster(
    stages: Sequence[Stage], *, world_size: int, executor: Executor, folder: Path
) -> None:
    """Run `stages` for every rank that has no marker in `folder`; return when all are finished.

    Raises:
        GonerdError: what a stage raised.
        OutputError: ranks did not finish and left no word why.
        ConfigError: there is no Slurm here.
    """
    folder = folder.resolve()
    failures = folder / "failures"
    shutil.rmtree(failures, ignore_errors=True)
    pipeline = [Enter(Path.cwd()), *stages, Watch(failures)]
    run = {"local": _run_local, "slurm": _run_slurm, "ray": _run_ray}[executor.kind or "local"]
    logger.remove()
    trouble: Exception | None = None
    try:
        run(pipeline, world_size, executor, folder)
    except ConfigError:
        raise
    except Exception as problem:  # what the rank said is better; it is raised below without any
        trouble = problem
    left = set(range(world_size)) - finished_ranks(folder)
    if not left:
        return
    for path in sorted(failures.glob("*.json")):
        rank = int(path.stem)
        if rank in left:
            raise failure_from_record(read_json(path), f"{folder}: rank {rank} of {world_size}")
    if trouble is not None and not isinstance(trouble, subprocess.CalledProcessError):
        raise trouble
    raise OutputError(
        f"{folder}: {len(left)} of {world_size} ranks did not finish ({_logs(folder)}); "
        "the same command goes on with them"
    )


@dataclass(frozen=True, slots=True)
class Enter:
    """First of the list: relative names mean on every machine what they mean where the command runs."""

    folder: Path

    def __call__(
        self, data: Iterable[Any] | None, _rank: int = 0, _world_size: int = 1
    ) -> Iterable[Any] | None:
        """Go to the folder and pass everything on."""
        os.chdir(self.folder)
        return data


@dataclass(frozen=True, slots=True)
class Watch:
    """Last of the list: draws everything through, and writes down what a stage raises."""

    folder: Path

    def __call__(
        self, data: Iterable[Any] | None, rank: int = 0, _world_size: int = 1
    ) -> Iterator[Any]:
        """Yield what comes."""
        try:
            yield from data or ()
        except Exception as problem:
            write_json(
                self.folder / f"{rank:05d}.json", record_from_failure(problem), overwrite=True
            )
            logger.remove()  # datatrove would print a traceback also for what is no bug
            raise


class _Quiet:
    """Keeps datatrove's log, which goes to FOLDER/logs, off the terminal."""

    def _run_for_rank(self, rank: int, local_rank: int = 0, node_rank: int = -1) -> Any:
        logger.remove()
        try:
            return super()._run_for_rank(rank, local_rank + 1, node_rank)  # type: ignore[misc]
        finally:
            logger.remove()


class LocalRun(_Quiet, LocalPipelineExecutor):  # type: ignore[misc]  # datatrove has no types
    """Ranks in processes that datatrove starts on this machine, which end with this one."""

    def run(self) -> Any:
        """Run all ranks; whatever this process starts for that ends with it, also where it is killed.

        The manager of their queue would stay for ever, and hold the lock on the work folder.
        """
        self.starter = os.getpid()
        register_after_fork(self, lambda _: _end_with_parent())
        return super().run()

    def _launch_run_for_rank(self, *arguments: Any, **options: Any) -> Any:
        if os.getpid() != self.starter:
            _end_with(self.starter)
        return super()._launch_run_for_rank(*arguments, **options)


@cache
def _end_with_parent() -> None:
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@cache
def _end_with(process: int) -> None:
    """As `_end_with_parent`, where a server of forks stands between: it lives as long as its children."""

    def watch() -> None:
        try:
            while True:
                os.kill(process, 0)
                time.sleep(0.1)
        except OSError:  # it is gone, or its number another user's
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class RayRun(_Quiet, RayPipelineExecutor):  # type: ignore[misc]
    """Ranks as Ray's tasks."""


class SlurmRun(_Quiet, SlurmPipelineExecutor):  # type: ignore[misc]
    """Ranks as a job array; sbatch returns when all of it has ended."""

    def launch_merge_stats(self) -> None:
        """No statistics are kept, so there is nothing to merge."""

    def get_sbatch_args(self, max_array: int = 1) -> dict[str, Any]:
        """The options of sbatch: the user's on top, none without a value that needs one."""
        found: dict[str, Any] = super().get_sbatch_args(max_array)
        return {name: value for name, value in found.items() if value is not None} | {"wait": ""}


def _run_local(pipeline: list[Any], tasks: int, executor: Executor, folder: Path) -> None:
    LocalRun(pipeline, tasks=tasks, workers=executor.workers, logging_dir=str(folder)).run()


def _run_slurm(pipeline: list[Any], tasks: int, executor: Executor, folder: Path) -> None:
    if shutil.which("sbatch") is None:
        raise ConfigError(
            "--executor slurm: no sbatch is on the PATH; run the command where Slurm jobs are "
            "submitted, or choose --executor local or ray"
        )
    options = dict(executor.sbatch)
    SlurmRun(
        pipeline,
        tasks=tasks,
        workers=executor.workers,
        time=options.get("time"),
        partition=options.get("partition"),
        qos=options.get("qos"),
        job_name=options.get("job-name", "gonerd"),
        env_command=f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH",
        sbatch_args=options,
        logging_dir=str(folder),
        with_srun=False,  # one process a rank; srun would take a step's share of the cores only
    ).run()


def _run_ray(pipeline: list[Any], tasks: int, executor: Executor, folder: Path) -> None:
    import ray

    begun = not ray.is_initialized()
    if begun:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        if address := os.environ.get("RAY_ADDRESS"):
            try:
                _require_answer(address)  # Ray itself tries for minutes
                ray.init(address=address, logging_level=logging.ERROR)
            except (OSError, ValueError) as problem:
                raise ConfigError(
                    f"--executor ray: no cluster at RAY_ADDRESS={address} ({problem})"
                ) from None
        else:
            ray.init(
                address="local",
                num_cpus=executor.workers,
                include_dashboard=False,
                object_store_memory=RAY_STORE,
                logging_level=logging.ERROR,
            )
    try:
        RayRun(
            pipeline,
            tasks=tasks,
            workers=executor.workers,
            mem_per_cpu_gb=RAY_MEMORY,
            logging_dir=str(folder),
        ).run()
    finally:
        if begun:
            ray.shutdown()


def _require_answer(address: str) -> None:
    """Raise OSError where an address of the form HOST:PORT does not take connections."""
    host, _, port = address.rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host.rpartition("/")[2], int(port)), timeout=10).close()


def _logs(folder: Path) -> str:
    found = [name for name in ("slurm_logs", "logs") if (folder / name).is_dir()]
    return f"see {folder / found[0]}" if found else "no log was written"
