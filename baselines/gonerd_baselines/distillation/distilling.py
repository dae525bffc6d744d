"""`gonerd distill` as a function: a teacher and texts to a student's folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gonerd.files import folder_to_write, require_folder_to_write, write_json, write_text
from gonerd.machine import environment
from gonerd_baselines.distillation.config import ORDERS, ConversionConfig, DistillationConfig
from gonerd_baselines.distillation.objective import finish
from gonerd_baselines.distillation.setting import Setting, converted, setting_of
from gonerd_baselines.encoder.checkpoint import Checkpoint
from gonerd_baselines.encoder.heads import Model
from gonerd_baselines.encoder.saving import to_hf
from gonerd_baselines.tasks.task import Task
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
    task: Task | None = None,
    validation: Path | None = None,
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
        tokens: folders of `gonerd tokenize`, by the teacher's tokenizer; none where a task is enough.
        out: a new folder, that plain transformers opens.
        recipe: the tables of DISTILL_SECTIONS.
        task: of a tagger: texts to learn from beside `tokens`, and others on which student and teacher are
            measured; the weights that are best on the validation split are kept.
        validation: a folder by the same tokenizer; the student's masked loss on it is in the log.
        attention_backend: of both models, see `attention.backend`.
        device: cpu, cuda, ...
        tensorboard: a folder for its files.
        overwrite: replace `out`, and begin anew.
        note: told what happened.
        progress: told after each step.

    Raises:
        InputError: the texts or a checkpoint are missing, broken, or don't belong together.
        ConfigError: sizes don't fit together, or the recipe asks for a layer or a head that is not there.
        OutputError: `out` exists, or an unfinished training of something else lies beside it.
        CheckError: the loss is not finite, or a process is gone.
    """
    parts: DistillationConfig = recipe["distillation"]
    conversion: ConversionConfig = recipe["conversion"]
    training: TrainingConfig = recipe["training"]
    require_folder_to_write(out, overwrite=overwrite, inputs=[teacher, *tokens])
    setting = setting_of(
        teacher,
        tokens,
        recipe=recipe,
        task=task,
        validation=validation,
        attention_backend=attention_backend,
    )
    if training.precision == "bf16" and device.startswith("cuda"):
        setting.wise.halve()
    student = setting.student
    values = recipe_values(recipe)
    if student.origin is not None:
        values["student"]["choice"] = student.origin["id"]
    work = out.with_name(f"{out.name}.unfinished")
    report: dict[str, Any] | None = None
    if parts.weights:
        before = setting.teacher
        begin = {"id": before.id, "weights_sha256": before.weights_sha256}
        trainer = Trainer(
            setting.objective,
            setting.documents,
            training,
            work,
            identity={**values, "teacher": begin, "start": student.origin},
            device=device,
            evaluate=setting.judge,
            metric=None if task is None else task.metric,
            tensorboard=tensorboard,
            overwrite=overwrite,
            note=note,
            progress=progress,
        )
        report, first = trainer.run(), trainer.first
    else:
        note("the recipe has no part: the student is written as it was made")
        finish(setting.objective.model)
        first = Processes(device).first
    result, made = student.checkpoint, setting.conversion
    if conversion.to is not None and conversion.order == ORDERS[1]:
        place = next(result.model.parameters()).device
        result.model.to("cpu")
        result, made = converted(result, conversion, training.seed)
        result.model.to(place)
    record = {
        "schema_version": 1,
        "teacher": {
            "id": setting.teacher.id,
            "revision": setting.teacher.revision,
            "weights_sha256": setting.teacher.weights_sha256,
            **_facts(setting.teacher),
        },
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
            "documents": len(setting.documents),
            "tokens": setting.documents.tokens,
            "longest": setting.documents.longest,
            "fingerprint": setting.documents.fingerprint,
        },
        "training": report,
        "machine": environment(),
    }
    if first:
        if task is not None:
            record["metrics"] = _metrics(setting, result)
        with folder_to_write(out, overwrite=overwrite) as folder:
            to_hf(result, folder)
            write_json(folder / RECORD, record)
            if report is not None:
                write_text(folder / LOG, (work / LOG).read_text())
        if report is not None:  # else it is another training's, if it is there at all
            shutil.rmtree(work)
    return record


def _metrics(setting: Setting, student: Checkpoint) -> dict[str, dict[str, dict[str, float]]]:
    """By split, of student and teacher."""
    assert setting.tagging is not None
    assert isinstance(student.model, Model)
    where = next(student.model.parameters()).device
    models = {"student": student.model, "teacher": setting.wise.on(where)}
    return {
        split: {
            who: dict(setting.tagging.evaluated(model, split).metrics)
            for who, model in models.items()
        }
        for split in setting.tagging.splits
    }


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
