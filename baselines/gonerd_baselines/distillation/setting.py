"""All that a distillation is made of, read and checked before anything is trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from gonerd.errors import ConfigError, InputError
from gonerd_baselines.distillation.config import (
    ORDERS,
    ConversionConfig,
    DistillationConfig,
    StudentConfig,
)
from gonerd_baselines.distillation.objective import DistillationObjective
from gonerd_baselines.distillation.student_folder import is_model, student_from_model
from gonerd_baselines.distillation.students import Student, student_from
from gonerd_baselines.distillation.tagging import Tagging
from gonerd_baselines.distillation.task_objective import TaskDistillationObjective
from gonerd_baselines.distillation.teacher import Teacher
from gonerd_baselines.distillation.token_documents import TokenDocuments
from gonerd_baselines.encoder.checkpoint import Checkpoint
from gonerd_baselines.encoder.converting import convert
from gonerd_baselines.encoder.heads import Model
from gonerd_baselines.encoder.loading import from_pretrained
from gonerd_baselines.pretraining.masking import Masking
from gonerd_baselines.pretraining.texts import require_readable, token_files_of
from gonerd_baselines.pretraining.validation import judge_of
from gonerd_baselines.tasks.task import Task
from gonerd_baselines.training.config import TrainingConfig

__all__ = ["Setting", "converted", "setting_of"]

Judge = Callable[[], Mapping[str, float]]


@dataclass(frozen=True)
class Setting:
    """Teacher, student, what they read, and what the student is to learn."""

    teacher: Checkpoint
    """As it was loaded."""
    wise: Teacher
    """As it teaches, converted or not."""
    student: Student
    documents: TokenDocuments
    objective: DistillationObjective | TaskDistillationObjective
    tagging: Tagging | None
    judge: Judge | None
    """Metrics of the student as it is."""
    conversion: Mapping[str, Any] | None
    """The report, where the teacher was converted."""


def setting_of(
    teacher: str,
    tokens: Sequence[Path],
    *,
    recipe: Mapping[str, Any],
    task: Task | None,
    validation: Path | None,
    attention_backend: str,
) -> Setting:
    """What `distill` is asked for, put together; its arguments and its errors."""
    parts: DistillationConfig = recipe["distillation"]
    conversion: ConversionConfig = recipe["conversion"]
    training: TrainingConfig = recipe["training"]
    if conversion.to is None and conversion.options:
        raise ConfigError(
            f"{next(iter(conversion.options))} is an option of a conversion, and to is none"
        )
    loaded = _teacher(teacher, parts.head, attention_backend)
    wise, report = loaded, None
    if conversion.to is not None and conversion.order == ORDERS[0]:
        wise, report = converted(loaded, conversion, training.seed)
    opened = [token_files_of(folder, wise) for folder in tokens]
    tagging = None
    if task is not None:
        if parts.head != "token":
            raise ConfigError(f"task {task.name} is for a tagger; expected a recipe with tags")
        tagging = Tagging(task, wise, precision=training.precision)
    examples = [] if tagging is None else [tagging.examples]
    documents = TokenDocuments([*examples, *(files for files, _ in opened)])
    student = _student(wise, recipe["student"], training.seed)
    for files in documents.folders:
        require_readable(files, wise)
        require_readable(files, student.checkpoint)
    longest = student.checkpoint.encoder.config.max_length
    if documents.longest > longest:
        raise InputError(
            f"{documents.name} has a document of {documents.longest:,} tokens, the student has "
            f"positions for {longest:,}"
        )
    masking = None
    if parts.head == "mlm":
        special = opened[0][0].manifest.special.values()
        masking = Masking(recipe["masking"], opened[0][1], special)
    model, taught = student.checkpoint.model, Teacher(wise)
    assert isinstance(model, Model)
    objective: DistillationObjective | TaskDistillationObjective
    if masking is None:
        objective = TaskDistillationObjective(model, taught, documents, parts, seed=training.seed)
    else:
        objective = DistillationObjective(
            model, taught, documents, masking, parts, seed=training.seed
        )
    judge: Judge | None = None if tagging is None else partial(tagging.development, model)
    if validation is not None:
        if masking is None:
            raise ConfigError("--validation is for masked language models, not for taggers")
        judge = judge_of(validation, student.checkpoint, opened[0][0], masking, training)
    return Setting(loaded, taught, student, documents, objective, tagging, judge, report)


def converted(
    source: Checkpoint, conversion: ConversionConfig, seed: int
) -> tuple[Checkpoint, dict[str, Any]]:
    """The checkpoint with another attention, and the report on that."""
    assert conversion.to is not None
    found = convert(
        source,
        to=conversion.to,
        max_len=conversion.max_len,
        options=conversion.options,
        seed=seed,
    )
    found.checkpoint.encoder.attention_backend = source.encoder.attention_backend
    return found.checkpoint, {"order": conversion.order, **found.report.as_json()}


def _teacher(name: str, head: str, attention_backend: str) -> Checkpoint:
    found = from_pretrained(name, head=head, attention_backend=attention_backend)
    if found.report.new:
        what = {"mlm": "language head", "token": "head for tokens"}[head]
        raise InputError(
            f"teacher {name} has no {what}, its weights lack {found.report.new[0]}; "
            "expected a trained teacher"
        )
    return found


def _student(teacher: Checkpoint, config: StudentConfig, seed: int) -> Student:
    """Of the teacher, or of a model of its own."""
    dropout, attention = config.dropout, config.attention_dropout
    if is_model(config.choice):
        return student_from_model(
            config.choice, teacher, seed=seed, dropout=dropout, attention_dropout=attention
        )
    return student_from(
        teacher, config.choice, seed=seed, dropout=dropout, attention_dropout=attention
    )
