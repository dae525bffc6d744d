"""`gonerd finetune --task` as a function: a checkpoint and a task to a model folder with its figures."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from gonerd.files import (
    folder_to_write,
    require_folder_to_write,
    text_to_write,
    write_json,
)
from gonerd.machine import environment
from gonerd_baselines.configuration import values_from_config
from gonerd_baselines.encoder.saving import to_hf
from gonerd_baselines.tasks.examples import Examples
from gonerd_baselines.tasks.logits import logits_of
from gonerd_baselines.tasks.objective import TaskObjective, balanced_weights
from gonerd_baselines.tasks.opening import TaskModel, open_model
from gonerd_baselines.tasks.options import TaskOptions, sized
from gonerd_baselines.tasks.reader import reader_of
from gonerd_baselines.tasks.task import DEVELOPMENT, Evaluation, Task
from gonerd_baselines.training.config import TrainingConfig
from gonerd_baselines.training.processes import Processes
from gonerd_baselines.training.progress import Progress
from gonerd_baselines.training.trainer import Trainer

__all__ = ["LOG", "PREDICTIONS", "RECORD", "finetune_task"]

RECORD, LOG, PREDICTIONS = "finetune.json", "finetune.jsonl", "predictions"


def finetune_task(
    task: Task,
    start: str,
    out: Path,
    *,
    training: TrainingConfig,
    options: TaskOptions,
    device: str = "cpu",
    overwrite: bool = False,
    tensorboard: Path | None = None,
    note: Callable[[str], None] = lambda _: None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> dict[str, Any]:
    """Fine-tune the checkpoint `start` for `task`, write the folder `out`, and return its finetune.json.

    Kept are the weights that were best on the validation split by the task's metric. `out` holds the model
    as plain transformers opens it, its tokenizer, the record, the log and the predictions of every split
    that was held out. What is unfinished lies in `out`.unfinished; the same call goes on from there.

    Raises:
        InputError: there is no such checkpoint, or it is not as it should be.
        ConfigError: a length or an option makes no sense for this task or model.
        OutputError: `out` exists, or an unfinished training of something else lies beside it.
        CheckError: the loss is not finite, or another process is gone.
    """
    require_folder_to_write(
        out, overwrite=overwrite, inputs=[start] if Path(start).exists() else []
    )
    processes = Processes(device)
    opened = open_model(task, start, seed=training.seed)
    length = options.max_len or task.max_len
    reader = reader_of(opened.checkpoint, max_len=length)
    encoded = task.encoded(reader)
    weights = None
    if options.class_weights is not None:
        weights = balanced_weights(encoded.train, len(task.labels))
    objective = TaskObjective(
        opened.model,
        encoded.train,
        head=task.head,
        label_smoothing=options.label_smoothing,
        class_weights=weights,
    )
    training = sized(training, options, encoded.train, processes=processes.count)
    asked = values_from_config(options) | {"max_len": reader.max_len}
    record: dict[str, Any] = {
        "schema_version": 1,
        "task": task.name,
        "metric": task.metric,
        "start": _start(opened),
        "data": dict(task.record()),
        "examples": {
            name: _facts(examples)
            for name, examples in {"train": encoded.train, **encoded.held_out}.items()
        },
        "recipe": {"training": values_from_config(training), "task": asked},
    }
    unfinished = out.with_name(f"{out.name}.unfinished")
    if overwrite and processes.first:
        shutil.rmtree(unfinished, ignore_errors=True)
    processes.wait()

    def evaluated(split: str) -> Evaluation:
        logits = logits_of(
            opened.model, encoded.held_out[split], head=task.head, precision=training.precision
        )
        return encoded.evaluate(split, logits)

    trainer = Trainer(
        objective,
        encoded.train,
        training,
        unfinished,
        identity={
            "task": task.name,
            "start": record["start"],
            "validation": encoded.held_out[DEVELOPMENT].fingerprint,
            "options": asked,
        },
        device=device,
        evaluate=lambda: evaluated(DEVELOPMENT).metrics,
        metric=task.metric,
        tensorboard=tensorboard,
        note=note,
        progress=progress,
    )
    report = trainer.run()
    log = report.pop("log")
    record |= report
    if trainer.first:
        found = {split: evaluated(split) for split in encoded.held_out}
        record["metrics"] = {split: dict(each.metrics) for split, each in found.items()}
        record["machine"] = environment()
        with folder_to_write(out, overwrite=overwrite) as folder:
            to_hf(opened.checkpoint, folder)
            _write_lines(folder / LOG, log)
            (folder / PREDICTIONS).mkdir()
            for split, each in found.items():
                _write_lines(folder / PREDICTIONS / f"{split}.jsonl", each.predictions)
            write_json(folder / RECORD, record)
        shutil.rmtree(unfinished)
    processes.wait()
    return record


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


def _facts(examples: Examples) -> dict[str, Any]:
    return {
        "examples": len(examples),
        "tokens": len(examples.ids),
        "longest": examples.longest,
        "fingerprint": examples.fingerprint,
    }


def _write_lines(path: Path, values: Iterable[Mapping[str, Any]]) -> None:
    with text_to_write(path) as out:
        for value in values:
            out.write(json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n")
