"""`gonerd tokenize` as a step."""

from __future__ import annotations

import os
from typing import Any

from gonerd_baselines.reproduction.kind import Job, Kind

__all__ = ["Tokenization"]


class Tokenization(Kind):
    """Texts as one tokenizer's numbers."""

    name = "tokenize"
    prepares = True

    def command(self, job: Job) -> list[str]:
        """`gonerd tokenize`."""
        words = ["--tokenizer", job.place("tokenizer"), "--max-len", str(job.settings["max_len"])]
        return ["gonerd", "tokenize", *job.places("texts"), *words, "--out", str(job.out)]

    def run(self, job: Job) -> None:
        """Go on with the chunks that are there."""
        from gonerd_baselines.tokens.tokenizing import tokenize_texts

        tokenize_texts(
            job.places("texts"),
            job.out,
            tokenizer=job.place("tokenizer"),
            max_len=int(job.settings["max_len"]),
            processes=os.cpu_count() or 1,
        )

    def result(self, job: Job) -> dict[str, Any]:
        """How much there is."""
        from gonerd_baselines.tokens.manifest import read_manifest

        manifest = read_manifest(job.out)
        return {"documents": manifest.documents, "tokens": manifest.tokens}
