"""`gonerd pretrain` as a step."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gonerd.files import read_json
from gonerd_baselines.reproduction.kind import Job, Kind, set_options, settings_lines
from gonerd_baselines.training.recipe import read_recipe, recipe_values

__all__ = ["Pretraining"]


class Pretraining(Kind):
    """Masked language modelling, from random weights or from the model that a step made."""

    name = "pretrain"
    trains = True

    def command(self, job: Job) -> list[str]:
        """`gonerd pretrain`."""
        start = ["--from", job.place("model")] if job.has("model") else []
        words = ["--tokens", job.place("tokens"), *start, "--out", str(job.out)]
        return ["gonerd", "pretrain", *words, *set_options(job), "--device", job.device]

    def recipe(self, settings: Any) -> Mapping[str, Any]:
        """As it is read."""
        return recipe_values(self._recipe(settings))

    def run(self, job: Job) -> None:
        """Train, or go on."""
        from gonerd_baselines.pretraining.pretraining import pretrain

        pretrain(
            Path(job.place("tokens")),
            job.out,
            start=job.place("model") if job.has("model") else None,
            recipe=self._recipe(job.settings),
            device=job.device,
            note=job.note,
        )

    def result(self, job: Job) -> dict[str, Any]:
        """Loss, tokens and speed."""
        from gonerd_baselines.pretraining.pretraining import RECORD

        record = read_json(job.out / RECORD)
        trained = record["training"]
        names = ("loss", "steps", "tokens", "seconds", "tokens_per_second")
        return {
            "parameters": record["parameters"],
            **{name: trained[name] for name in names if name in trained},
        }

    @staticmethod
    def _recipe(settings: Any) -> Any:
        from gonerd_baselines.pretraining.sections import PRETRAIN_SECTIONS

        return read_recipe(
            "pretrain", settings.get("recipe"), PRETRAIN_SECTIONS, settings_lines(settings)
        )
