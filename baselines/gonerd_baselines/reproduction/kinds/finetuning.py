"""`gonerd finetune --task` as a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gonerd.files import read_json
from gonerd_baselines.reproduction.kind import Job, Kind, set_options, settings_lines
from gonerd_baselines.training.recipe import read_recipe, recipe_toml, recipe_values

__all__ = ["Finetuning", "task_name"]

NER = ("conll2003", "gonerd")


def task_name(task: str) -> str:
    """As `--task` has it: all datasets of names are one task."""
    return "ner" if task in NER else task


class Finetuning(Kind):
    """A model for a task, with its scores on what was held out."""

    name = "finetune"
    trains = True

    def command(self, job: Job) -> list[str]:
        """`gonerd finetune`."""
        task = task_name(job.settings["task"])
        data = "--dataset" if task == "ner" else "--data"
        words = ["--task", task, data, job.place("task"), "--from", job.place("model")]
        words += ["--out", str(job.out), *set_options(job)]
        return ["gonerd", "finetune", *words, "--device", job.device]

    def recipe(self, settings: Any) -> Mapping[str, Any]:
        """As it is read; the task's own, which may say more, as it stands in its file."""
        from gonerd_baselines.tasks.catalogue import own_recipe
        from gonerd_baselines.tasks.options import FINETUNE_SECTIONS

        name, lines = settings.get("recipe"), settings_lines(settings)
        made = recipe_values(read_recipe("finetune", name, FINETUNE_SECTIONS, lines))
        if name:
            return made
        _, own = recipe_toml("finetune", own_recipe(task_name(settings["task"])))
        return {"asked": made, "own": own}

    def run(self, job: Job) -> None:
        """Train, or go on."""
        from gonerd_baselines.tasks.finetuning import finetune_named

        finetune_named(
            task_name(job.settings["task"]),
            job.place("model"),
            job.out,
            data=job.place("task"),
            recipe=job.settings.get("recipe"),
            settings=settings_lines(job.settings),
            device=job.device,
            note=job.note,
        )

    def result(self, job: Job) -> dict[str, Any]:
        """Metrics by split."""
        from gonerd_baselines.tasks.finetuning import RECORD

        record = read_json(job.out / RECORD)
        found: dict[str, Any] = {"metrics": record["metrics"]}
        return found
