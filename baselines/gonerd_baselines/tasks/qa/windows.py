"""Questions with their passages as documents of a model: `<s> question </s></s> passage </s>`, in windows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from gonerd.errors import ConfigError
from gonerd_baselines.tasks.examples import Example
from gonerd_baselines.tasks.qa.pair_frame import pair_frame
from gonerd_baselines.tasks.qa.passage_tokens import PassageTokens
from gonerd_baselines.tasks.qa.question import Passage, Question
from gonerd_baselines.tasks.reader import Reader

__all__ = ["NO_ANSWER", "Window", "WindowLimits", "windows"]

AT_ONCE = 256
"""Questions whose texts are handed to `tokenizers` in one call."""

MOST = 128
"""Default of a question's tokens and of a stride; a third of the window where that is less."""

NO_ANSWER = (0, 0)
"""The labels of a window without one: its first token."""


@dataclass(frozen=True, slots=True)
class WindowLimits:
    """How much of question and passage a window shows, in tokens."""

    window: int
    """All of it at most, special tokens included."""
    question: int
    """Of a question; what is longer is cut behind."""
    stride: int
    """That a window has in common with the one before it."""

    @classmethod
    def within(
        cls, window: int, *, question: int | None = None, stride: int | None = None
    ) -> WindowLimits:
        """Those of windows of `window` tokens, None for the defaults."""
        usual = max(1, min(MOST, window // 3))
        return cls(
            window, usual if question is None else question, usual if stride is None else stride
        )


@dataclass(frozen=True, slots=True)
class Window:
    """A part of one passage under its question, as a model reads it."""

    question: int
    """Its number, from 0."""
    passage: int
    """Its number among those of the question, from 0."""
    tokens: PassageTokens
    """Of all the passage."""
    shown: NDArray[np.int64]
    """(c,) numbers of the passage's tokens that the window shows."""
    context: int
    """Where they begin in the window."""
    example: Example
    answer: bool
    """Whether its labels are an answer's; else they are the first token, as in transformers' run_qa.py."""
    cut: bool
    """Whether the question was cut."""


def windows(
    questions: Iterable[Question], reader: Reader, limits: WindowLimits
) -> Iterator[Window]:
    """Yield the windows of all passages, in their order; none of a passage without a token.

    Windows begin where those of transformers do (`stride`, `return_overflowing_tokens`), but for the words
    that a passage pins: each window shows them, and then its part of the rest. A window's labels are the
    first of the passage's answers that it shows wholly.

    Raises:
        ConfigError: windows are too short.
        InputError: the tokenizer can't be used for pairs.
    """
    frame = pair_frame(reader.tokenizer, name=reader.name)
    rest = iter(questions)
    number = 0
    while some := list(islice(rest, AT_ONCE)):
        texts = [each.text for each in some] + [p.text for each in some for p in each.passages]
        texts = list(dict.fromkeys(texts))
        encodings = reader.tokenizer.encode_batch(texts, add_special_tokens=False)
        encoded = dict(zip(texts, encodings, strict=True))
        tokens: dict[str, PassageTokens] = {}
        for question in some:
            asked = encoded[question.text].ids
            kept = asked[: limits.question]
            for place, passage in enumerate(question.passages):
                text = passage.text
                if text not in tokens:
                    tokens[text] = PassageTokens.from_encoding(text, encoded[text])
                pinned = _pinned(tokens[text], passage)
                room = limits.window - frame.special - len(kept) - pinned
                if room <= limits.stride:
                    raise ConfigError(
                        f"windows of {limits.window} tokens leave {max(room, 0)} for the text of question "
                        f"{question.id!r}, expected more than the stride of {limits.stride}"
                    )
                for shown in _parts(len(tokens[text]), pinned, room, limits.stride):
                    context = len(frame.before) + len(kept) + len(frame.between)
                    labels = _labels(tokens[text], passage, shown, context)
                    ids = frame.ids(kept, tokens[text].ids[shown].tolist())
                    types = frame.type_ids(len(kept), len(shown)) if reader.typed else None
                    yield Window(
                        question=number,
                        passage=place,
                        tokens=tokens[text],
                        shown=shown,
                        context=context,
                        example=Example(ids, types, labels or NO_ANSWER),
                        answer=labels is not None,
                        cut=len(asked) > len(kept),
                    )
            number += 1


def _pinned(tokens: PassageTokens, passage: Passage) -> int:
    """How many tokens the pinned words have."""
    if not passage.pinned:
        return 0
    return int(np.searchsorted(tokens.starts, passage.pinned[-1][1], side="left"))


def _parts(tokens: int, pinned: int, room: int, stride: int) -> Iterator[NDArray[np.int64]]:
    """The tokens that each window shows: the first `pinned`, and `room` of the rest at most."""
    always = np.arange(pinned)
    start, stop = pinned, 0
    while stop < tokens:
        stop = min(start + room, tokens)
        yield np.concatenate([always, np.arange(start, stop)])
        start += room - stride


def _labels(
    tokens: PassageTokens, passage: Passage, shown: NDArray[np.int64], context: int
) -> tuple[int, int] | None:
    """The first and the last token of the first answer that is wholly `shown`, counted in the window."""
    for answer in passage.answers:
        found = tokens.tokens_of(answer)
        if found is None:
            continue
        first, last = np.searchsorted(shown, found)
        if last < len(shown) and (shown[first], shown[last]) == found:
            return context + int(first), context + int(last)
    return None
