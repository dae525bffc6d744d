"""Texts changed on purpose, token by token, so that gold and predictions find their places both ways.

Only the inside of tokens changes, and a token of two characters or more stays one. So token n of the changed
text is token n of the original, what lies between tokens stays as it is, and a place inside a token
corresponds to a place inside the same token. An entity is then right in the changed text exactly if its
counterpart is right in the original: predictions are kept, scored and verified there.
"""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from gonerd.adapters import Prediction
from gonerd.align import fit_to_tokens
from gonerd.errors import ConfigError
from gonerd.evaluation.noise import lowered, misread, misspelled, renamed
from gonerd.schema import Document, Entity, Span

__all__ = ["UNPLACED", "Perturbation", "Perturbed", "perturbation_from_argument", "perturbed"]

PerturbationKind = Literal["typos", "case", "ocr", "names"]
KINDS: tuple[PerturbationKind, ...] = get_args(PerturbationKind)

USUAL_RATES: dict[PerturbationKind, float] = {"typos": 0.1, "case": 1.0, "ocr": 0.1, "names": 1.0}

UNPLACED = "inside a changed word"
"""Under this name a prediction counts as dropped that has no place of its own in the original text."""


@dataclass(frozen=True, slots=True)
class Perturbation:
    """What is done to texts: `typos`, `case` (capitals are lost), `ocr` (misread) or people's `names`."""

    kind: PerturbationKind
    rate: float
    """Share of words that are changed, of names for `names`; 0 to 1."""
    seed: int = 0

    def as_json(self) -> dict[str, Any]:
        """What a result records as `policy.perturbation`."""
        return {"kind": self.kind, "rate": self.rate, "seed": self.seed}


def perturbation_from_argument(argument: str | None, *, seed: int) -> Perturbation | None:
    """`KIND` or `KIND:RATE`; None stays None.

    Raises:
        ConfigError: there is no such kind, or the rate is none from 0 to 1.
    """
    if argument is None:
        return None
    kind, colon, given = argument.partition(":")
    known = {name: name for name in KINDS}
    if kind not in known:
        raise ConfigError(
            f"--perturb {argument!r}: expected one of {', '.join(KINDS)}, or KIND:RATE"
        )
    try:
        rate = float(given) if colon else USUAL_RATES[known[kind]]
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1:
        raise ConfigError(f"--perturb {argument!r}: the rate is {given!r}, expected 0 to 1")
    return Perturbation(known[kind], rate, seed)


@dataclass(frozen=True, slots=True)
class Perturbed:
    """A changed document beside its original; tokens correspond one to one."""

    original: Document
    document: Document
    """The changed one, with the same entities at their new places."""

    def original_place(self, place: int) -> int:
        """The place in the original of one in the changed text; monotone, exact on edges of tokens."""
        return _moved(place, self.document.tokens or (), self.original.tokens or ())

    def original_prediction(self, prediction: Prediction) -> Prediction:
        """What was predicted for the changed text, as if it were for the original.

        A prediction within a word may have no place of its own there; it is left out and counted.
        """
        entities: list[Entity] = []
        scores: list[float] = []
        unplaced = 0
        end = 0
        given = prediction.scores or (0.0,) * len(prediction.entities)
        for entity, score in sorted(zip(prediction.entities, given, strict=True)):
            start, stop = (self.original_place(edge) for edge in (entity.start, entity.end))
            if end <= start < stop:
                entities.append(replace(entity, start=start, end=stop))
                scores.append(score)
                end = stop
            else:
                unplaced += 1
        dropped = Counter(prediction.dropped)
        if unplaced:
            dropped[UNPLACED] += unplaced
        return replace(
            prediction,
            entities=tuple(entities),
            scores=None if prediction.scores is None else tuple(scores),
            consumed_to=self.original_place(prediction.consumed_to),
            dropped=dropped,
        )


def perturbed(document: Document, perturbation: Perturbation) -> Perturbed:
    """The document with its text changed; the same seed gives the same text, in any order of documents.

    Args:
        document: with flat entities that fit its tokens; without tokens it gets spaCy's.
        perturbation: what is done, how often, and the seed.

    Raises:
        AlignmentError: an entity cuts a token or overlaps another.
    """
    document = fit_to_tokens(document)[0]
    tokens = document.tokens or ()
    words = [document.text[start:end] for start, end in tokens]
    chance = random.Random(f"{perturbation.kind}/{perturbation.seed}/{document.id}")  # noqa: S311
    if perturbation.kind == "names":
        changed = renamed(words, _name_places(document), rate=perturbation.rate, chance=chance)
    else:
        change = _CHANGES[perturbation.kind]
        changed = [
            change(word, chance) if chance.random() < perturbation.rate else word for word in words
        ]
    return Perturbed(document, _rewritten(document, tokens, changed))


_CHANGES: dict[str, Callable[[str, random.Random], str]] = {
    "typos": misspelled,
    "case": lowered,
    "ocr": misread,
}


def _rewritten(document: Document, tokens: Sequence[Span], words: Sequence[str]) -> Document:
    parts: list[str] = []
    places: list[Span] = []
    size = last = 0
    for (start, end), word in zip(tokens, words, strict=True):
        if len(word) != end - start and min(len(word), end - start) < 2:
            word = document.text[start:end]
        parts += [document.text[last:start], word]
        begin = size + start - last
        size = begin + len(word)
        places.append((begin, size))
        last = end
    text = "".join([*parts, document.text[last:]])
    entities = tuple(
        replace(e, start=_moved(e.start, tokens, places), end=_moved(e.end, tokens, places))
        for e in document.entities
    )
    return Document(id=document.id, text=text, entities=entities, meta={}, tokens=tuple(places))


def _moved(place: int, tokens: Sequence[Span], others: Sequence[Span]) -> int:
    """The place that corresponds to `place` where token n of `tokens` corresponds to token n of `others`."""
    number = bisect_right(tokens, place, key=lambda span: span[0]) - 1
    if number < 0:
        return place
    (start, end), (other_start, other_end) = tokens[number], others[number]
    if place == start:
        return other_start
    if place >= end:
        return other_end + place - end
    size, other_size = end - start, other_end - other_start
    inside = round((place - start) * other_size / size)
    return other_start + min(max(inside, 1), other_size - 1)


def _name_places(document: Document) -> list[range]:
    """Which tokens each person's name in gold is."""
    starts = [start for start, _ in document.tokens or ()]
    ends = [end for _, end in document.tokens or ()]
    return [
        range(bisect_left(starts, entity.start), bisect_left(ends, entity.end) + 1)
        for entity in document.entities
        if entity.label == "PER"
    ]
