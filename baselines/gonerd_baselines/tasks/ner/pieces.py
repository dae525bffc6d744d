"""Documents as a model reads them at once: whole, or in the windows of `gonerd eval`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gonerd.adapters import AdapterOptions
from gonerd.adapters.length_policy import LengthPolicy, length_policy_from_options
from gonerd.adapters.windows import answering_windows
from gonerd_baselines.tasks.examples import IGNORED, Example, Examples, examples_from
from gonerd_baselines.tasks.ner.features import SplitFeatures

__all__ = ["Frame", "Pieces", "pieces_of"]

Ints = NDArray[np.int64]

Frame = tuple[Sequence[int], Sequence[int]]
"""The special subwords before and after what is read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a piece answers for."""

    document: int
    units: Ints
    places: Ints
    """Where in the piece each unit's first subword stands."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """All documents of a split, longer ones in overlapping windows of which one answers for each word.

    Each word has its target in that window alone, so that it counts once and is learned where it will
    be answered.
    """

    features: SplitFeatures
    examples: Examples
    """One a piece."""
    answers: tuple[Answer, ...]
    windows: Ints
    """(documents,) pieces of each."""

    def log_probabilities(
        self, logits: Iterable[NDArray[np.float32]], *, tags: int
    ) -> list[NDArray[np.float64]]:
        """(units, tags) for each document, from the logits (t, tags) of each piece in their order."""
        sizes = np.diff(self.features.first_begins)
        found = [np.empty((size, tags)) for size in sizes.tolist()]
        for answer, said in zip(self.answers, logits, strict=True):
            found[answer.document][answer.units] = _log_softmax(said[answer.places])
        return found


def pieces_of(
    features: SplitFeatures,
    frame: Frame,
    *,
    name: str,
    max_len: int,
    stride: int | None = None,
) -> Pieces:
    """Cut documents of more than `max_len` subwords, special ones included, at words; `name` is for messages.

    Raises:
        ConfigError: `max_len` or `stride` leaves no room.
        InputError: the documents have no word.
    """
    policy = length_policy_from_options(
        AdapterOptions(policy="window", max_len=max_len, stride=stride),
        limit=None,
        usual=max_len,
        special=len(frame[0]) + len(frame[1]),
    )
    answers: list[Answer] = []
    windows = np.zeros(len(features), np.int64)

    def examples() -> Iterator[Example]:
        for document in range(len(features)):
            for example, answer in _pieces(features, document, frame, policy):
                windows[document] += 1
                answers.append(answer)
                yield example

    return Pieces(features, examples_from(name, examples(), head="token"), tuple(answers), windows)


def _pieces(
    features: SplitFeatures, document: int, frame: Frame, policy: LengthPolicy
) -> Iterator[tuple[Example, Answer]]:
    subwords = features.subwords(document)
    targets = features.targets_of(document)
    plan = policy.windows(subwords, str(features.names[document]))
    answering = answering_windows(subwords.counts.tolist(), plan)
    before, after = frame
    for number, window in enumerate(plan):
        ids = [*before, *subwords.ids[window.start : window.stop], *after]
        units = np.arange(window.first, window.last)
        units = units[answering[window.first : window.last] == number]
        places = subwords.firsts[units] - window.start + len(before)
        labels = np.full(len(ids), IGNORED)
        labels[places] = targets[units]
        yield Example(ids, labels=labels), Answer(document, units, places)


def _log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    shifted = logits - logits.max(axis=1, keepdims=True)
    found: NDArray[np.float32] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return found
