"""Annotated documents cut once by a tokenizer: fine-tunings then need neither texts nor `datasets`."""

from __future__ import annotations

from typing import Any

from gonerd_baselines.reproduction.kind import Job, Kind

__all__ = ["Preparation"]


class Preparation(Kind):
    """A dataset as a small folder of subwords and tags."""

    name = "prepare"
    prepares = True

    def command(self, job: Job) -> list[str]:
        """`gonerd finetune --prepare`."""
        words = ["--dataset", job.place("data"), "--from", job.place("tokenizer")]
        return ["gonerd", "finetune", "--task", "ner", *words, "--prepare", "--out", str(job.out)]

    def run(self, job: Job) -> None:
        """Cut it."""
        from gonerd_baselines.tasks.ner.prepared import prepare

        prepare(job.place("data"), tokenizer=job.place("tokenizer"), out=job.out)

    def result(self, job: Job) -> dict[str, Any]:
        """Documents, words and entities by split."""
        from gonerd_baselines.tasks.ner.prepared import read_prepared

        return read_prepared(job.out).facts()
