"""`gonerd distill` as a step."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gonerd.files import read_json
from gonerd_baselines.reproduction.kind import Job, Kind, set_options, settings_lines
from gonerd_baselines.training.recipe import read_recipe, recipe_values

__all__ = ["Distillation"]


class Distillation(Kind):
    """A student of a teacher; its first weights are the teacher's, random, or another model's."""

    name = "distill"
    trains = True

    def command(self, job: Job) -> list[str]:
        """`gonerd distill`."""
        student = ["--student", job.place("student")] if job.has("student") else []
        words = ["--teacher", job.place("teacher"), "--tokens", job.place("tokens"), *student]
        words += ["--out", str(job.out), *set_options(job), "--device", job.device]
        return ["gonerd", "distill", *words]

    def recipe(self, settings: Any) -> Mapping[str, Any]:
        """As it is read, without the place of a student's first weights."""
        return recipe_values(self._recipe(settings, []))

    def run(self, job: Job) -> None:
        """Train, or go on."""
        from gonerd_baselines.distillation.distilling import distill

        own = [f"student.choice={job.place('student')}"] if job.has("student") else []
        distill(
            job.place("teacher"),
            [Path(job.place("tokens"))],
            job.out,
            recipe=self._recipe(job.settings, own),
            device=job.device,
            note=job.note,
        )

    def result(self, job: Job) -> dict[str, Any]:
        """Sizes, loss, tokens and speed."""
        from gonerd_baselines.distillation.distilling import RECORD

        record = read_json(job.out / RECORD)
        trained = record["training"] or {}
        names = ("loss", "steps", "tokens", "seconds", "tokens_per_second")
        return {
            "parameters": record["student"]["parameters"],
            **{name: trained[name] for name in names if name in trained},
        }

    @staticmethod
    def _recipe(settings: Any, own: list[str]) -> Any:
        from gonerd_baselines.distillation.config import DISTILL_SECTIONS

        lines = [*own, *settings_lines(settings)]
        return read_recipe("distill", settings["recipe"], DISTILL_SECTIONS, lines)
