"""`gonerd tokenizer train` as a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gonerd.errors import ConfigError
from gonerd_baselines.reproduction.kind import Job, Kind

__all__ = ["TokenizerTraining"]

OPTIONS = ("min_frequency", "unit", "vocab_size")


class TokenizerTraining(Kind):
    """A byte-level BPE of the texts."""

    name = "tokenizer"
    prepares = True

    def recipe(self, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        """None; refuses what `gonerd tokenizer train` has no option for."""
        for name in settings:
            if name not in OPTIONS:
                raise ConfigError(f"{name!r} is unknown; expected {', '.join(OPTIONS)}")
        return {}

    def command(self, job: Job) -> list[str]:
        """`gonerd tokenizer train`."""
        words = [f"--{name.replace('_', '-')}={value}" for name, value in job.settings.items()]
        return ["gonerd", "tokenizer", "train", *job.places("texts"), *words, "--out", str(job.out)]

    def run(self, job: Job) -> None:
        """Learn it."""
        from gonerd_baselines.tokens.tokenizer_training import train_tokenizer

        settings: dict[str, Any] = dict(job.settings)
        train_tokenizer(job.places("texts"), job.out, **settings)
