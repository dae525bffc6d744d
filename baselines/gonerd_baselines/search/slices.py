"""A slice: one member's training from one turn of the population to the next, in a folder of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

from gonerd_baselines.search.space import SECTION_OF
from gonerd_baselines.tasks.task_training import TaskTraining
from gonerd_baselines.training.state import CHANGEABLE
from gonerd_baselines.training.trainer import BEST, LOG, STATE, NotFiniteError

__all__ = ["FREE", "begun_slice", "slice_folder", "train_slice"]

FREE: Collection[str] = tuple(dict.fromkeys((*CHANGEABLE, *SECTION_OF)))
"""Settings that may differ between the slices of a training."""


def slice_folder(work: Path, member: int, number: int) -> Path:
    """Where slice `number`, from 0, of this member lies."""
    return work / "members" / f"{member:03d}" / f"{number:04d}"


def begun_slice(work: Path, *, member: int, number: int, source: int) -> Path:
    """Its folder, with what `source` had at the end of the slice before; one that is there stays as it is.

    A finished slice is never changed: what goes on from it has the same files under other names, and writes
    new ones in their place. All members have ended the slice before when one begins the next, so nobody needs
    what lies two slices back, and this member's is removed.
    """
    folder = slice_folder(work, member, number)
    if not folder.is_dir():
        partial = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        before = slice_folder(work, source, number - 1)
        for name in (STATE, BEST, LOG) if number else ():
            if (before / name).is_file():  # one that was no number in its first steps has none
                _same_file(before / name, partial / name)
        partial.rename(folder)
    if number > 1:
        shutil.rmtree(slice_folder(work, member, number - 2), ignore_errors=True)
    return folder


def train_slice(
    tuned: TaskTraining, folder: Path, *, evaluations: int, tensorboard: Path | None = None
) -> dict[str, Any]:
    """Go on in `folder` until there have been so many evaluations since the training began.

    Returns the step, the metrics of the last evaluation (none where the loss is no number, with the
    problem), the best one so far, and the seconds: JSON values.
    """
    trainer = tuned.trainer(folder, changeable=FREE, tensorboard=tensorboard)
    try:
        report = trainer.run(evaluations=evaluations)
    except NotFiniteError:
        return {
            "step": trainer.step,
            "metrics": None,
            "best": trainer.best,
            "seconds": round(trainer.seconds, 2),
            "problem": f"loss or gradient is not finite in step {trainer.step + 1}",
        }
    judged = [line for line in report["log"] if tuned.task.metric in line]
    return {
        "step": report["steps"],
        "metrics": {name: value for name, value in judged[-1].items() if name != "step"},
        "best": report["best"],
        "seconds": report["seconds"],
        "problem": None,
    }


def _same_file(there: Path, here: Path) -> None:
    try:
        os.link(there, here)
    except OSError:  # a file system without hard links
        shutil.copyfile(there, here)
