"""`gonerd finetune --task` as a function: a checkpoint and a task to a model folder with its figures."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gonerd.files import (
    folder_to_write,
    require_folder_to_write,
    text_to_write,
    write_json,
    write_text,
)
from gonerd.machine import environment
from gonerd_baselines.encoder.saving import to_hf
from gonerd_baselines.tasks.catalogue import open_task
from gonerd_baselines.tasks.examples import Examples
from gonerd_baselines.tasks.logits import logits_of
from gonerd_baselines.tasks.objective import TaskObjective, balanced_weights
from gonerd_baselines.tasks.opening import TaskModel, open_model
from gonerd_baselines.tasks.options import FINETUNE_SECTIONS, TaskOptions, sized
from gonerd_baselines.tasks.reader import reader_of
from gonerd_baselines.tasks.task import DEVELOPMENT, EncodedTask, Evaluation, Task
from gonerd_baselines.training.config import TrainingConfig
from gonerd_baselines.training.processes import Processes
from gonerd_baselines.training.progress import Progress
from gonerd_baselines.training.recipe import read_recipe, recipe_values
from gonerd_baselines.training.trainer import LOG, Trainer

__all__ = ["PREDICTIONS", "RECORD", "finetune_named", "finetune_task"]

RECORD, PREDICTIONS = "finetune.json", "predictions"


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
    made = read_recipe("finetune", recipe or task.recipe, sections, settings)
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
    options: TaskOptions = recipe["task"]
    training: TrainingConfig = recipe["training"]
    task.sections = {name: recipe.get(name, own) for name, own in task.sections.items()}
    require_folder_to_write(
        out, overwrite=overwrite, inputs=[start] if Path(start).exists() else []
    )
    processes = Processes(device)
    opened = open_model(
        task,
        start,
        seed=training.seed,
        new_head=options.new_head,
        attention_backend=attention_backend,
    )
    reader = reader_of(opened.checkpoint, max_len=options.max_len)
    encoded = task.encoded(reader)
    objective = _objective(task, opened, encoded, options)
    training = sized(training, options, encoded.train, processes=processes.count)
    asked = recipe_values({"training": training, "task": options, **task.sections})
    asked["task"]["max_len"] = reader.max_len
    begin = _start(opened)
    work = out.with_name(f"{out.name}.unfinished")

    def evaluated(split: str) -> Evaluation:
        logits = logits_of(
            opened.model, encoded.held_out[split], head=task.head, precision=training.precision
        )
        return encoded.evaluate(split, logits)

    trainer = Trainer(
        objective,
        encoded.train,
        training,
        work,
        identity={
            "task": task.name,
            "start": begin,
            "options": {name: values for name, values in asked.items() if name != "training"},
            "validation": encoded.held_out[DEVELOPMENT].fingerprint,
        },
        device=device,
        evaluate=lambda: evaluated(DEVELOPMENT).metrics,
        metric=task.metric,
        tensorboard=tensorboard,
        overwrite=overwrite,
        note=note,
        progress=progress,
    )
    report = trainer.run()
    del report["log"]  # it lies beside the record
    record: dict[str, Any] = {
        "schema_version": 1,
        "task": task.name,
        "metric": task.metric,
        "metrics": {},
        "start": begin,
        "recipe": asked,
        "data": {**task.record(), **encoded.record()},
        "examples": _facts({"train": encoded.train, **encoded.held_out}),
        "training": report,
        "machine": environment(),
    }
    if trainer.first:
        found = {split: evaluated(split) for split in encoded.held_out}
        record["metrics"] = {split: dict(each.metrics) for split, each in found.items()}
        if details := {split: dict(each.details) for split, each in found.items() if each.details}:
            record["details"] = details
        with folder_to_write(out, overwrite=overwrite) as partial:
            to_hf(opened.checkpoint, partial)
            (partial / PREDICTIONS).mkdir()
            for split, each in found.items():
                _write_lines(partial / PREDICTIONS / f"{split}.jsonl", each.predictions)
            write_text(partial / LOG, (work / LOG).read_text())
            write_json(partial / RECORD, record)
        shutil.rmtree(work)
    return record


def _objective(
    task: Task, opened: TaskModel, encoded: EncodedTask, options: TaskOptions
) -> TaskObjective:
    weights = None
    if options.class_weights is not None:
        weights = balanced_weights(encoded.train, len(task.labels))
    return TaskObjective(
        opened.model,
        encoded.train,
        head=task.head,
        label_smoothing=options.label_smoothing,
        class_weights=weights,
    )


def _start(opened: TaskModel) -> dict[str, Any]:
    checkpoint = opened.checkpoint
    return {
        "id": checkpoint.id,
        "revision": checkpoint.revision,
        "weights_sha256": checkpoint.weights_sha256,
        "layout": checkpoint.layout,
        "attention": checkpoint.encoder.config.kind,
        "parameters": sum(parameter.numel() for parameter in opened.model.parameters()),
        "new_head": opened.new_head,
    }


def _facts(splits: Mapping[str, Examples]) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "examples": len(examples),
            "tokens": len(examples.ids),
            "longest": examples.longest,
            "fingerprint": examples.fingerprint,
        }
        for name, examples in splits.items()
    }


def _write_lines(path: Path, values: Iterable[Mapping[str, Any]]) -> None:
    with text_to_write(path) as out:
        for value in values:
            out.write(json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n")
