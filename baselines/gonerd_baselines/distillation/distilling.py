"""`gonerd distill` as a function: a teacher and tokens to a student's folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from gonerd.errors import ConfigError, InputError
from gonerd.files import folder_to_write, require_folder_to_write, write_json, write_text
from gonerd.machine import environment
from gonerd_baselines.distillation.config import (
    ORDERS,
    ConversionConfig,
    DistillationConfig,
    StudentConfig,
)
from gonerd_baselines.distillation.objective import DistillationObjective, finish
from gonerd_baselines.distillation.student_folder import is_model, student_from_model
from gonerd_baselines.distillation.students import Student, student_from
from gonerd_baselines.distillation.task_objective import TaskDistillationObjective
from gonerd_baselines.distillation.teacher import Teacher
from gonerd_baselines.distillation.token_documents import TokenDocuments
from gonerd_baselines.encoder.checkpoint import Checkpoint
from gonerd_baselines.encoder.converting import convert
from gonerd_baselines.encoder.heads import Model
from gonerd_baselines.encoder.loading import from_pretrained
from gonerd_baselines.encoder.saving import to_hf
from gonerd_baselines.pretraining.masking import Masking, MaskingConfig
from gonerd_baselines.pretraining.pretraining import require_readable, token_files_of
from gonerd_baselines.pretraining.validation import validation_loss
from gonerd_baselines.tasks.examples import Examples
from gonerd_baselines.training.config import TrainingConfig
from gonerd_baselines.training.processes import Processes
from gonerd_baselines.training.progress import Progress
from gonerd_baselines.training.recipe import recipe_values
from gonerd_baselines.training.trainer import LOG, Trainer

__all__ = ["RECORD", "distill"]

RECORD = "distill.json"


def distill(
    teacher: str,
    tokens: Sequence[Path],
    out: Path,
    *,
    recipe: Mapping[str, Any],
    examples: Sequence[Examples] = (),
    validation: Path | None = None,
    evaluate: Callable[[Model], Mapping[str, float]] | None = None,
    metric: str | None = None,
    attention_backend: str = "auto",
    device: str = "cpu",
    tensorboard: Path | None = None,
    overwrite: bool = False,
    note: Callable[[str], None] = lambda _: None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> dict[str, Any]:
    """Train a student of `teacher`, write it as the folder `out`, and return its record.

    What is unfinished lies in `out`.unfinished, from which the same call goes on to the bit. A recipe without
    any part trains nothing: the student is written as it is made. Of several processes the first writes.

    Args:
        teacher: a checkpoint, by folder or Hub id, with the head that the recipe is about.
        tokens: folders of `gonerd tokenize`, by the teacher's tokenizer; none where there are examples.
        out: a new folder, that plain transformers opens.
        recipe: the tables of DISTILL_SECTIONS.
        examples: labelled texts for a tagger, by the teacher's tokenizer.
        validation: a folder by the same tokenizer; the student's masked loss on it is in the log.
        evaluate: metrics of the student as it is, in the place of that loss.
        metric: the one by which the best weights are kept, larger is better.
        attention_backend: of both models, see `attention.backend`.
        device: cpu, cuda, ...
        tensorboard: a folder for its files.
        overwrite: replace `out`, and begin anew.
        note: told what happened.
        progress: told after each step.

    Raises:
        InputError: the tokens or a checkpoint are missing, broken, or don't belong together.
        ConfigError: sizes don't fit together, or the recipe asks for a layer or a head that is not there.
        OutputError: `out` exists, or an unfinished training of something else lies beside it.
        CheckError: the loss is not finite, or a process is gone.
    """
    parts: DistillationConfig = recipe["distillation"]
    conversion: ConversionConfig = recipe["conversion"]
    masks: MaskingConfig = recipe["masking"]
    training: TrainingConfig = recipe["training"]
    if conversion.to is None and conversion.options:
        raise ConfigError(
            f"{next(iter(conversion.options))} is an option of a conversion, and to is none"
        )
    require_folder_to_write(out, overwrite=overwrite, inputs=[teacher, *tokens])
    work = out.with_name(f"{out.name}.unfinished")
    wise = _teacher(teacher, parts, attention_backend)
    before: dict[str, Any] = {
        "id": wise.id,
        "revision": wise.revision,
        "weights_sha256": wise.weights_sha256,
        **_facts(wise),
    }
    made: dict[str, Any] | None = None
    if conversion.to is not None and conversion.order == ORDERS[0]:
        wise, made = _converted(wise, conversion, training.seed)
    opened = [token_files_of(folder, wise) for folder in tokens]
    documents = TokenDocuments([*examples, *(files for files, _ in opened)])
    student = _student(wise, recipe["student"], training.seed)
    for files in documents.folders:
        require_readable(files, wise)
        require_readable(files, student.checkpoint)
    if documents.longest > student.checkpoint.encoder.config.max_length:
        raise InputError(
            f"{documents.name} has a document of {documents.longest:,} tokens, the student has positions "
            f"for {student.checkpoint.encoder.config.max_length:,}"
        )
    masking = None
    if parts.head == "mlm":
        if not opened:
            raise ConfigError("a masked language model learns from folders of tokens; expected one")
        files, tokenizer = opened[0]
        masking = Masking(masks, tokenizer, files.manifest.special.values())
    objective = _objective(student, Teacher(wise), documents, masking, parts, training.seed)
    if training.precision == "bf16" and device.startswith("cuda"):
        objective.teacher.halve()
    judge: Callable[[], Mapping[str, float]] | None = None
    if evaluate is not None:
        judge = partial(evaluate, objective.model)
    elif validation is not None:
        if masking is None:
            raise ConfigError("--validation is for masked language models, not for taggers")
        held_out = token_files_of(validation, wise)[0]
        require_readable(held_out, student.checkpoint)
        judge = partial(validation_loss, objective.model, held_out, masking, training)
    values = recipe_values(recipe)
    if student.origin is not None:
        values["student"]["choice"] = student.origin["id"]
    begin = {"teacher": {k: before[k] for k in ("id", "weights_sha256")}, "student": student.origin}
    report = None
    if parts.weights:
        trainer = Trainer(
            objective,
            documents,
            training,
            work,
            identity={**values, "start": begin},
            device=device,
            evaluate=judge,
            metric=metric,
            tensorboard=tensorboard,
            overwrite=overwrite,
            note=note,
            progress=progress,
        )
        report, first = trainer.run(), trainer.first
    else:
        note("the recipe has no part: the student is written as it was made")
        finish(objective.model)
        first = Processes(device).first
    result = student.checkpoint
    if conversion.to is not None and conversion.order == ORDERS[1]:
        result.model.to("cpu")
        result, made = _converted(result, conversion, training.seed)
    record = {
        "schema_version": 1,
        "teacher": before,
        "student": {
            "choice": values["student"]["choice"],
            "from": student.origin,
            "layers_of_teacher": None if student.layers is None else list(student.layers),
            **_facts(result),
        },
        "conversion": made,
        "recipe": values,
        "attention_backends": sorted(student.checkpoint.encoder.ran),
        "tokens": {
            "documents": len(documents),
            "tokens": documents.tokens,
            "longest": documents.longest,
            "fingerprint": documents.fingerprint,
        },
        "training": report,
        "machine": environment(),
    }
    if first:
        with folder_to_write(out, overwrite=overwrite) as folder:
            to_hf(result, folder)
            write_json(folder / RECORD, record)
            if report is not None:
                write_text(folder / LOG, (work / LOG).read_text())
        shutil.rmtree(work, ignore_errors=True)
    return record


def _teacher(name: str, parts: DistillationConfig, attention_backend: str) -> Checkpoint:
    found = from_pretrained(name, head=parts.head, attention_backend=attention_backend)
    if found.report.new:
        what = {"mlm": "language head", "token": "head for tokens"}[parts.head]
        raise InputError(
            f"teacher {name} has no {what}, its weights lack {found.report.new[0]}; "
            "expected a trained teacher"
        )
    return found


def _converted(
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


def _objective(
    student: Student,
    teacher: Teacher,
    documents: TokenDocuments,
    masking: Masking | None,
    parts: DistillationConfig,
    seed: int,
) -> DistillationObjective | TaskDistillationObjective:
    model = student.checkpoint.model
    assert isinstance(model, Model)
    if masking is None:
        return TaskDistillationObjective(model, teacher, documents, parts, seed=seed)
    return DistillationObjective(model, teacher, documents, masking, parts, seed=seed)


def _facts(checkpoint: Checkpoint) -> dict[str, Any]:
    config = checkpoint.encoder.config
    return {
        "layout": checkpoint.layout,
        "attention": config.kind,
        "layers": config.num_hidden_layers,
        "hidden_size": config.hidden_size,
        "max_len": config.max_length,
        "parameters": sum(parameter.numel() for parameter in checkpoint.model.parameters()),
    }
