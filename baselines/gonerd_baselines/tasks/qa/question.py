"""A question, the texts that may hold its answer, and what counts as right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gonerd.errors import InputError, SchemaError

__all__ = ["Passage", "Place", "Question", "without_repeated_ids"]

Place = tuple[int, int]
"""Begin and end in a text, half-open, in code points."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A text in which a question's answer is looked for."""

    text: str
    answers: tuple[Place, ...] = ()
    """Where the answer stands, the place to learn from first; empty where it is not in this text."""
    pinned: tuple[Place, ...] = ()
    """Words at the text's begin that every window shows, each an answer by itself: HotpotQA's yes and no."""
    name: str = ""
    """Of the document, where the data names it."""

    def __post_init__(self) -> None:
        for start, end in (*self.answers, *self.pinned):
            if not 0 <= start < end <= len(self.text):
                raise SchemaError(
                    f"a place {start} to {end} is not in a text of {len(self.text)} characters"
                )


@dataclass(frozen=True, slots=True)
class Question:
    """Scored by its `id`; several passages share one answer, the best that any of them gives."""

    id: str
    text: str
    passages: tuple[Passage, ...]
    answers: tuple[str, ...]
    """Each is right; none: the question has no answer, and to say so is right."""

    @property
    def located(self) -> bool:
        """Whether a passage is known to hold the answer."""
        return any(passage.answers for passage in self.passages)


def without_repeated_ids(questions: Iterable[Question], where: str) -> Iterator[Question]:
    """Yield all of them.

    Raises:
        InputError: two have the same id, or there is none at all.
    """
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            raise InputError(f"{where}: two questions have the id {question.id!r}, expected one")
        seen.add(question.id)
        yield question
    if not seen:
        raise InputError(f"{where} holds no question")
