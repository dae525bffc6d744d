"""A task and a checkpoint put together: what is trained, evaluated and written."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gonerd.adapters.lineage import teacher_of
from gonerd.files import folder_to_write, text_to_write, write_json, write_text
from gonerd.machine import environment
from gonerd_baselines.encoder.dropout import set_dropout
from gonerd_baselines.encoder.saving import to_hf
from gonerd_baselines.tasks.examples import Examples
from gonerd_baselines.tasks.logits import logits_of
from gonerd_baselines.tasks.objective import TaskObjective, balanced_weights
from gonerd_baselines.tasks.opening import TaskModel, open_model
from gonerd_baselines.tasks.options import TaskOptions, sized
from gonerd_baselines.tasks.reader import reader_of
from gonerd_baselines.tasks.task import DEVELOPMENT, EncodedTask, Evaluation, Task
from gonerd_baselines.training.config import TrainingConfig
from gonerd_baselines.training.processes import Processes
from gonerd_baselines.training.recipe import recipe_values
from gonerd_baselines.training.state import CHANGEABLE
from gonerd_baselines.training.trainer import LOG, Trainer

__all__ = ["PREDICTIONS", "RECORD", "TaskTraining", "task_training"]

RECORD, PREDICTIONS = "finetune.json", "predictions"


@dataclass(frozen=True, slots=True)
class TaskTraining:
    """One model for one task, before or after it is trained."""

    task: Task
    opened: TaskModel
    encoded: EncodedTask
    objective: TaskObjective
    training: TrainingConfig
    """With sizes of steps and batches that fit the task's examples."""
    recipe: Mapping[str, dict[str, Any]]
    """The resolved one, as JSON values."""
    device: str

    def trainer(
        self, work: Path, *, changeable: Collection[str] = CHANGEABLE, **options: Any
    ) -> Trainer:
        """What trains it in the folder `work`; `options` are others of `Trainer`.

        A setting of the recipe in `changeable` may be another one where an unfinished training goes on.
        """
        return Trainer(
            self.objective,
            self.encoded.train,
            self.training,
            work,
            identity={
                "task": self.task.name,
                "start": self.start(),
                "options": {
                    section: {key: value for key, value in values.items() if key not in changeable}
                    for section, values in self.recipe.items()
                    if section != "training"
                },
                "validation": self.encoded.held_out[DEVELOPMENT].fingerprint,
            },
            device=self.device,
            evaluate=lambda: self.evaluated(DEVELOPMENT).metrics,
            metric=self.task.metric,
            changeable=changeable,
            **options,
        )

    def evaluated(self, split: str) -> Evaluation:
        """How well the model does as it is."""
        logits = logits_of(
            self.opened.model,
            self.encoded.held_out[split],
            head=self.task.head,
            precision=self.training.precision,
        )
        return self.encoded.evaluate(split, logits)

    def start(self) -> dict[str, Any]:
        """What it was begun from: JSON values."""
        checkpoint = self.opened.checkpoint
        return {
            "id": checkpoint.id,
            "revision": checkpoint.revision,
            "weights_sha256": checkpoint.weights_sha256,
            "layout": checkpoint.layout,
            "attention": checkpoint.encoder.config.kind,
            "parameters": sum(parameter.numel() for parameter in self.opened.model.parameters()),
            "new_head": self.opened.new_head,
        }

    def teacher(self) -> dict[str, str] | None:
        """Of what it was begun from, where that is a student."""
        folder = self.opened.checkpoint.folder
        return None if folder is None else teacher_of(folder)

    def record(self, report: Mapping[str, Any]) -> dict[str, Any]:
        """Of the training that `report` tells of; its metrics are those of `write`."""
        return {
            "schema_version": 1,
            "task": self.task.name,
            "metric": self.task.metric,
            "metrics": {},
            "start": self.start(),
            "teacher": self.teacher(),
            "recipe": self.recipe,
            "data": {**self.task.record(), **self.encoded.record()},
            "examples": _facts({"train": self.encoded.train, **self.encoded.held_out}),
            # the log lies beside the record
            "training": {key: value for key, value in report.items() if key != "log"},
            "machine": environment(),
        }

    def write(
        self,
        out: Path,
        record: dict[str, Any],
        *,
        log: Path,
        beside: Mapping[str, Any] | None = None,
        overwrite: bool = False,
    ) -> None:
        """Evaluate on all splits, put that into `record`, and write the folder `out`.

        It holds the model as plain transformers opens it, its tokenizer, the record, the log, the predictions
        for each split that was held out, and JSON values by the file names in `beside`.
        """
        found = {split: self.evaluated(split) for split in self.encoded.held_out}
        record["metrics"] = {split: dict(each.metrics) for split, each in found.items()}
        if details := {split: dict(each.details) for split, each in found.items() if each.details}:
            record["details"] = details
        with folder_to_write(out, overwrite=overwrite) as partial:
            to_hf(self.opened.checkpoint, partial)
            (partial / PREDICTIONS).mkdir()
            for split, each in found.items():
                _write_lines(partial / PREDICTIONS / f"{split}.jsonl", each.predictions)
            write_text(partial / LOG, log.read_text())
            for name, value in (beside or {}).items():
                write_json(partial / name, value)
            write_json(partial / RECORD, record)


def task_training(
    task: Task,
    start: str,
    *,
    recipe: Mapping[str, Any],
    attention_backend: str = "auto",
    device: str = "cpu",
    encoded: EncodedTask | None = None,
) -> TaskTraining:
    """The checkpoint `start` opened for `task`.

    Args:
        task: what is learned.
        start: a folder, or NAMESPACE/NAME[@REVISION] on the Hub.
        recipe: as of `finetune_task`.
        attention_backend: see `attention.backend`.
        device: where it will be trained.
        encoded: the task's data as another training of the same task, checkpoint and length has read them.

    Raises:
        InputError: there is no such checkpoint, or it is not as it should be.
        ConfigError: a length or an option makes no sense for this task or model.
    """
    options: TaskOptions = recipe["task"]
    training: TrainingConfig = recipe["training"]
    task.sections = {name: recipe.get(name, own) for name, own in task.sections.items()}
    processes = Processes(device)
    opened = open_model(
        task,
        start,
        seed=training.seed,
        new_head=options.new_head,
        attention_backend=attention_backend,
    )
    set_dropout(opened.model, hidden=options.dropout, attention=options.attention_dropout)
    reader = reader_of(opened.checkpoint, max_len=options.max_len)
    encoded = encoded or task.encoded(reader)
    objective = _objective(task, opened, encoded, options)
    training = sized(training, options, encoded.train, processes=processes.count)
    asked = recipe_values({"training": training, "task": options, **task.sections})
    asked["task"]["max_len"] = reader.max_len
    return TaskTraining(task, opened, encoded, objective, training, asked, device)


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
