"""A task that a tiny model learns in a second: does a text speak of rain?"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gonerd_baselines.tasks.examples import Example, Examples, examples_from
from gonerd_baselines.tasks.reader import Reader
from gonerd_baselines.tasks.task import EncodedTask, Evaluation, Task

WORDS = ("harbour", "bridge", "mayor", "school", "river", "vote", "train", "night")
LABELS = ("dry", "rain")


def texts(count: int, seed: int) -> list[tuple[str, int]]:
    chance = random.Random(seed)
    made = []
    for number in range(count):
        words = [chance.choice(WORDS) for _ in range(chance.randint(3, 9))]
        if number % 2:
            words[chance.randrange(len(words))] = "rain"
        made.append((" ".join(words), number % 2))
    return made


class RainTask(Task):
    name = "toy/rain"
    head = "sequence"
    labels = LABELS
    problem = "single_label_classification"
    metric = "accuracy"

    def __init__(self, *, train: int = 128, held_out: int = 40) -> None:
        self.train = texts(train, 1)
        self.held_out = {"validation": texts(held_out, 2), "test": texts(held_out, 3)}

    def encoded(self, reader: Reader) -> EncodedRain:
        def examples(name: str, rows: Sequence[tuple[str, int]]) -> Examples:
            read = reader.encoded(text for text, _ in rows)
            made = [
                Example(ids, types, label)
                for (ids, types), (_, label) in zip(read, rows, strict=True)
            ]
            return examples_from(name, made, head=self.head)

        return EncodedRain(
            examples("train", self.train),
            {name: examples(name, rows) for name, rows in self.held_out.items()},
        )

    def record(self) -> Mapping[str, Any]:
        return {"train": len(self.train)}


@dataclass(frozen=True)
class EncodedRain(EncodedTask):
    train: Examples
    held_out: Mapping[str, Examples]

    def evaluate(self, split: str, logits: Iterable[NDArray[np.float32]]) -> Evaluation:
        guessed = [int(row.argmax()) for row in logits]
        gold = self.held_out[split].labels
        assert gold is not None
        rows = [
            {"id": number, "label": LABELS[guess], "gold": LABELS[label]}
            for number, (guess, label) in enumerate(zip(guessed, gold, strict=True))
        ]
        return Evaluation({"accuracy": float((guessed == gold).mean())}, rows)
