"""Models whose answers the tests know: an oracle, and what goes wrong with others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Self

from gonerd import Document
from gonerd.adapters import ModelCard, Policy, Prediction
from gonerd.dataset import build_dataset, documents_of
from tests.gonerd.test_dataset import some_documents

__all__ = ["Knowing", "built", "oracle", "predictions_from_gold"]


class Knowing:
    """Answers each document from memory, reading `batch_size` ahead; `seen` is what it was given.

    `trouble` is asked before each batch with the documents in it, and may raise.
    """

    def __init__(
        self,
        answers: Iterable[Prediction],
        *,
        batch_size: int = 1,
        trouble: Callable[[Sequence[Document], int], None] = lambda documents, batch_size: None,
        card: ModelCard | None = None,
    ) -> None:
        self.card = card or ModelCard(kind="knowing", id="knowing", revision="0" * 40)
        self.policy = Policy(batch_size=batch_size)
        self.answers = {answer.doc_id: answer for answer in answers}
        self.batch_size = batch_size
        self.trouble = trouble
        self.seen: list[Document] = []

    def with_batch_size(self, batch_size: int) -> Self:
        smaller = type(self)(
            self.answers.values(), batch_size=batch_size, trouble=self.trouble, card=self.card
        )
        smaller.seen = self.seen
        return smaller

    def predict(self, documents: Iterable[Document]) -> Iterator[Prediction]:
        stream = iter(documents)
        while some := list(islice(stream, self.batch_size)):
            self.seen += some
            self.trouble(some, self.batch_size)
            for document in some:
                yield self.answers[document.id]


def built(folder: Path, count: int = 40) -> str:
    """A dataset of some documents, in `folder`."""
    build_dataset(some_documents(count), folder / "gonerd")
    return str(folder / "gonerd")


def predictions_from_gold(dataset: str, split: str = "test") -> list[Prediction]:
    """What an oracle says."""
    return [Prediction(d.id, d.entities, len(d.text)) for d in documents_of(dataset, split)]


def oracle(dataset: str, split: str = "test", *, confidence: float | None = None) -> Knowing:
    """A model that is always right, and sure of it to a degree."""
    answers = predictions_from_gold(dataset, split)
    if confidence is not None:
        answers = [replace(a, scores=(confidence,) * len(a.entities)) for a in answers]
    return Knowing(answers)
