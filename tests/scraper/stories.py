"""Documents for tests: stories that are alike, and such that are not."""

from __future__ import annotations

import random

from gonerd.schema import Document
from tests.scraper.small_web import SENTENCES

WORDS = [
    "river",
    "bridge",
    "council",
    "ferry",
    "vote",
    "mayor",
    "cost",
    "plan",
    "work",
    "year",
    "report",
    "town",
    "street",
    "house",
    "school",
    "fire",
    "market",
    "bank",
    "judge",
    "officer",
    "garden",
    "winter",
    "summer",
    "harbour",
    "library",
    "museum",
    "hospital",
    "station",
    "bus",
    "train",
]


def stories(count: int) -> list[Document]:
    names = [f"Town {chr(65 + number % 26)}{number}" for number in range(count)]
    return [
        Document(
            id=f"{number:03d}",
            text="\n".join(
                f"{s.format(name=name)} {name} has {number} bridges." for s in SENTENCES
            ),
            meta={
                "url": f"http://a.example/{number}",
                "source": "justice" if number % 2 else "news",
            },
        )
        for number, name in enumerate(names)
    ]


def different(count: int) -> list[Document]:
    chance = random.Random(5)
    return [
        Document(
            id=d.id,
            text="\n".join(
                f"The {' '.join(chance.choices(WORDS, k=12))} and the {chance.choice(WORDS)} of {d.id}."
                for _ in range(8)
            ),
            meta=d.meta,
        )
        for d in stories(count)
    ]
