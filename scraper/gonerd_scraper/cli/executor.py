"""The options of commands whose work can be split over processes and machines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from gonerd_scraper.running.executors import EXECUTORS, Executor

__all__ = ["cluster_options", "executor_from_options", "executor_options"]

Command = Callable[..., Any]


def executor_options(command: Command) -> Command:
    """`--executor`, `--tasks`, `--workers` and `--sbatch`, as `executor_from_options` takes them."""
    workers = click.option(
        "--workers", type=click.IntRange(1), help="Parts in work at once.  [default: 2]"
    )
    return cluster_options(workers(command))


def cluster_options(command: Command) -> Command:
    """The same without `--workers`, for a command that has its own."""
    for option in (
        click.option(
            "--sbatch",
            metavar="NAME=VALUE",
            multiple=True,
            help="Option of Slurm's sbatch, as in partition=cpu; repeatable.",
        ),
        click.option(
            "--tasks",
            type=click.IntRange(1),
            help="Parts to split the work into; changes no outcome.  [default: as many as workers]",
        ),
        click.option(
            "--executor",
            type=click.Choice(EXECUTORS),
            help="Run by datatrove on this machine, a Slurm cluster or Ray (extra: scale).  "
            "[default: gonerd's own processes]",
        ),
    ):
        command = option(command)
    return command


def executor_from_options(
    executor: str | None,
    tasks: int | None,
    workers: int | None,
    sbatch: tuple[str, ...],
    *,
    default_workers: int = 2,
) -> Executor:
    """The executor that the options ask for.

    Raises:
        UsageError: `--sbatch` is no NAME=VALUE, or is given without `--executor slurm`.
    """
    if sbatch and executor != "slurm":
        raise click.UsageError("--sbatch goes with --executor slurm")
    pairs = []
    for text in sbatch:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise click.UsageError(f"--sbatch {text}: expected NAME=VALUE, as in partition=cpu")
        pairs.append((name.lstrip("-"), value))
    at_once = workers or default_workers
    return Executor(kind=executor, tasks=tasks or at_once, workers=at_once, sbatch=tuple(pairs))
