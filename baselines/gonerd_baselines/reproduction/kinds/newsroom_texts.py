"""Texts of the fictional newsroom, in English or in its eight other languages."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from gonerd.files import folder_to_write
from gonerd.records import write_json_lines
from gonerd_baselines.reproduction.kind import Job, Kind

__all__ = ["NewsroomTexts"]

SEED = 1
"""Not 0, whose articles are the sample that models are judged on."""


class NewsroomTexts(Kind):
    """Articles without their entities; those in other languages have no command of their own."""

    name = "newsroom"
    prepares = True

    def command(self, job: Job) -> list[str]:
        """What writes the English ones, with their entities; no command writes the others."""
        articles = str(job.settings["articles"])
        if job.settings["foreign"]:
            return []
        words = ["--articles", articles, "--seed", str(SEED), "--out", f"{job.out}/texts.jsonl"]
        return ["gonerd", "newsroom", "gold", *words]

    def run(self, job: Job) -> None:
        """One file of JSON Lines."""
        articles = int(job.settings["articles"])
        made = _foreign(articles) if job.settings["foreign"] else _english(articles)
        with folder_to_write(job.out) as folder:
            write_json_lines(folder / "texts.jsonl", made)


def _english(articles: int) -> Iterator[dict[str, Any]]:
    from gonerd.newsroom import articles as written

    for one in written(articles, seed=SEED):
        yield {"id": f"newsroom-{one.number}", "text": "\n".join(one.paragraphs)}


def _foreign(articles: int) -> Iterator[dict[str, Any]]:
    from gonerd.newsroom.foreign import LANGUAGES, foreign_paragraphs

    languages = sorted(LANGUAGES)
    for number in range(articles):
        language = languages[number % len(languages)]
        chance = random.Random(f"foreign:{SEED}:{number}")  # noqa: S311 - for text, not for secrets
        text = "\n".join(foreign_paragraphs(language, place="Ranwell", chance=chance))
        yield {"id": f"{language}-{number}", "lang": language, "text": text}
