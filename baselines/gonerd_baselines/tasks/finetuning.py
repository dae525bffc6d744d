"""`gonerd finetune --task` as a function: a checkpoint and a task to a model folder with its figures."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gonerd.files import require_folder_to_write
from gonerd_baselines.tasks.catalogue import open_task, own_recipe
from gonerd_baselines.tasks.options import FINETUNE_SECTIONS
from gonerd_baselines.tasks.task import Task
from gonerd_baselines.tasks.task_training import PREDICTIONS, RECORD, task_training
from gonerd_baselines.training.progress import Progress
from gonerd_baselines.training.recipe import read_recipe
from gonerd_baselines.training.trainer import LOG

__all__ = ["PREDICTIONS", "RECORD", "finetune_named", "finetune_task"]


def finetune_named(
    name: str,
    start: str,
    out: Path,
    *,
    data: str | None = None,
    recipe: str | None = None,
    settings: Sequence[str] = (),
    overwrite: bool = False,
    **options: Any,
) -> dict[str, Any]:
    """`finetune_task` as the command has it: a task by its name, a recipe by its name or file.

    Args:
        name: one of `TASKS`.
        start: a folder, or NAMESPACE/NAME[@REVISION] on the Hub.
        out: a new folder.
        data: a folder, a file or an id on the Hub; None for the task's own default.
        recipe: one that ships for `gonerd finetune`, or a TOML file; None for the task's own.
        settings: `key=value` each, put into the recipe.
        overwrite: replace `out`, and begin anew.
        options: others of `finetune_task`.

    Raises:
        ConfigError: there is no such task or recipe, or a setting makes no sense.
        InputError: a file of the task is missing, or is not as it should be.
    """
    read = [place for place in (start, data) if place is not None and Path(place).exists()]
    require_folder_to_write(out, overwrite=overwrite, inputs=read)
    task = open_task(name, data=data)
    sections = {**FINETUNE_SECTIONS, **task.sections}
    made = read_recipe("finetune", recipe or own_recipe(name), sections, settings)
    return finetune_task(task, start, out, recipe=made, overwrite=overwrite, **options)


def finetune_task(
    task: Task,
    start: str,
    out: Path,
    *,
    recipe: Mapping[str, Any],
    attention_backend: str = "auto",
    device: str = "cpu",
    tensorboard: Path | None = None,
    overwrite: bool = False,
    note: Callable[[str], None] = lambda _: None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> dict[str, Any]:
    """Fine-tune the checkpoint `start` for `task`, write the folder `out`, and return its record.

    The weights that were best on the validation split by the task's metric are kept. `out` holds the model
    as plain transformers opens it, its tokenizer, the record, the log, and the predictions for each split
    that was held out. What is unfinished lies in `out`.unfinished, from which the same call goes on to the
    bit. Of several processes the first evaluates and writes.

    Args:
        task: what is learned.
        start: a folder, or NAMESPACE/NAME[@REVISION] on the Hub.
        out: a new folder.
        recipe: "training" and "task", as `FINETUNE_SECTIONS`, and of the task's own sections those that
            are to change.
        attention_backend: see `attention.backend`.
        device: cpu, cuda, ...
        tensorboard: a folder for its files.
        overwrite: replace `out`, and begin anew.
        note: told what happened.
        progress: told after each step.

    Raises:
        InputError: there is no such checkpoint, or it is not as it should be.
        ConfigError: a length or an option makes no sense for this task or model.
        OutputError: `out` exists, or an unfinished training of something else lies beside it.
        CheckError: the loss is not finite, or a process is gone.
    """
    require_folder_to_write(
        out, overwrite=overwrite, inputs=[start] if Path(start).exists() else []
    )
    tuned = task_training(
        task, start, recipe=recipe, attention_backend=attention_backend, device=device
    )
    work = out.with_name(f"{out.name}.unfinished")
    trainer = tuned.trainer(
        work, tensorboard=tensorboard, overwrite=overwrite, note=note, progress=progress
    )
    record = tuned.record(trainer.run())
    if trainer.first:
        tuned.write(out, record, log=work / LOG, overwrite=overwrite)
        shutil.rmtree(work)
    return record
