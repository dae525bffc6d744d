"""From the logits of windows to one answer a question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gonerd_baselines.tasks.qa.question import Place, Question
from gonerd_baselines.tasks.qa.spans import best_spans
from gonerd_baselines.tasks.qa.windows import Window

__all__ = ["Answer", "Prediction", "WindowText", "predictions", "window_text"]


@dataclass(frozen=True, slots=True)
class WindowText:
    """What has to be known of a window to find answers in it."""

    question: int
    passage: int
    context: int
    """Where the passage's tokens begin in the window."""
    starts: NDArray[np.int32]
    """(c,) code point of the passage where each of its tokens begins."""
    ends: NDArray[np.int32]
    """(c,) where it ends."""
    segments: NDArray[np.int8]
    """(c,) as `best_spans` reads them."""


def window_text(window: Window, pinned: Sequence[Place]) -> WindowText:
    """That of `window`, in a passage with these `pinned` words."""
    tokens = window.tokens
    return WindowText(
        window.question,
        window.passage,
        window.context,
        tokens.starts[window.shown],
        tokens.ends[window.shown],
        tokens.segments(pinned)[window.shown].astype(np.int8),
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """A piece of a passage."""

    text: str
    score: float
    """The sum of both logits."""
    passage: int
    """Its number among those of the question."""
    place: Place
    """In the passage's text."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model answers."""

    answers: tuple[Answer, ...]
    """The best first, none twice; empty where no window shows a token that can be an answer."""
    null: float
    """The score of "no answer": the sum of the first token's logits, in the window where it is least."""

    @property
    def null_difference(self) -> float:
        """How much more the model believes in none than in its best answer."""
        return self.null - self.answers[0].score if self.answers else float("inf")

    def text(self, *, null_threshold: float | None = None) -> str:
        """The best answer; with a threshold nothing, if the null difference is above it."""
        if not self.answers:
            return ""
        if null_threshold is not None and self.null_difference > null_threshold:
            return ""
        return self.answers[0].text


def predictions(
    questions: Sequence[Question],
    texts: Sequence[WindowText],
    logits: Iterable[NDArray[Any]],
    *,
    longest: int,
    kept: int,
) -> list[Prediction]:
    """One for each question, from the `logits` (t, 2) of each window, in the order of `texts`.

    An answer has at most `longest` tokens, and the `kept` best are told. Windows overlap: of the same
    characters in two of them the higher score counts.
    """
    found: list[dict[tuple[int, Place], float]] = [{} for _ in questions]
    nulls = [float("inf")] * len(questions)
    for text, scores in zip(texts, logits, strict=True):
        shown = scores[text.context : text.context + len(text.starts)]
        nulls[text.question] = min(nulls[text.question], float(scores[0].astype(np.float64).sum()))
        best = found[text.question]
        for span in best_spans(
            shown[:, 0], shown[:, 1], text.segments, longest=longest, count=kept
        ):
            place = (int(text.starts[span.first]), int(text.ends[span.last]))
            key = (text.passage, place)
            best[key] = max(best.get(key, span.score), span.score)
    return [
        Prediction(_answers(question, best, kept), null)
        for question, best, null in zip(questions, found, nulls, strict=True)
    ]


def _answers(
    question: Question, scores: dict[tuple[int, Place], float], kept: int
) -> tuple[Answer, ...]:
    ordered = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:kept]
    return tuple(
        Answer(question.passages[passage].text[slice(*place)], score, passage, place)
        for (passage, place), score in ordered
    )
