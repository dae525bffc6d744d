"""Entities to BIO tags and back, over any tokenizer's character spans."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, get_args

from gonerd.errors import AlignmentError
from gonerd.schema import Document, Entity, Span
from gonerd.tokens import token_spans

__all__ = [
    "MISALIGNED_POLICIES",
    "MisalignedPolicy",
    "Misalignment",
    "entities_from_tags",
    "fit_to_tokens",
    "tags_from_entities",
]

MisalignedPolicy = Literal["error", "snap", "drop"]
MISALIGNED_POLICIES: tuple[MisalignedPolicy, ...] = get_args(MisalignedPolicy)


@dataclass(frozen=True, slots=True)
class Misalignment:
    """An entity that flat BIO tags can't express as it stands, and what was done about it."""

    document: str
    entity: Entity
    text: str
    problem: str
    result: Entity | None
    """The entity after snapping; None where it was dropped."""

    def __str__(self) -> str:
        found = (
            f"document {self.document!r}: entity {self.entity.label} "
            f"[{self.entity.start}, {self.entity.end}) {self.text!r} {self.problem}"
        )
        if self.result is None:
            return f"{found}: dropped"
        return f"{found}: snapped to [{self.result.start}, {self.result.end})"


def tags_from_entities(tokens: Sequence[Span], entities: Sequence[Entity]) -> list[str]:
    """One BIO (IOB2) tag per token, in O(tokens + entities · log tokens).

    Args:
        tokens: character spans, ascending and disjoint.
        entities: entities of the same text, in any order.

    Returns:
        `len(tokens)` tags: "O", "B-<label>" or "I-<label>".

    Raises:
        AlignmentError: an entity cuts a token, or overlaps another entity.
    """
    tags = ["O"] * len(tokens)
    starts = [start for start, _ in tokens]
    last = 0
    for entity in entities:
        place = _place(starts, tokens, entity, after=last)
        if place is None:
            raise AlignmentError(f"entity [{entity.start}, {entity.end}) cuts a token")
        first, last = place
        length = last - first
        if tags[first] != "O" or (length and tags[first : last + 1].count("O") <= length):
            raise AlignmentError(f"entity [{entity.start}, {entity.end}) overlaps another")
        tags[first], inside = _tags_of(entity.label)
        if length:
            tags[first + 1 : last + 1] = [inside] * length
    return tags


def entities_from_tags(tokens: Sequence[Span], tags: Sequence[str]) -> list[Entity]:
    """The entities that strict IOB2 `tags` describe; the inverse of `tags_from_entities`.

    Raises:
        AlignmentError: the lengths differ, or an I- tag continues nothing.
    """
    if len(tokens) != len(tags):
        raise AlignmentError(f"{len(tokens)} tokens but {len(tags)} tags")
    entities: list[Entity] = []
    open_label = ""
    for number, ((start, end), tag) in enumerate(zip(tokens, tags, strict=True)):
        prefix, _, label = tag.partition("-")
        if prefix == "B" and label:
            entities.append(Entity(start, end, label))
            open_label = label
        elif prefix == "I" and label and label == open_label:
            entities[-1] = Entity(entities[-1].start, end, label)
        elif tag == "O":
            open_label = ""
        else:
            raise AlignmentError(
                f"tag {tag!r} of token {number} continues nothing; expected O, B-label or a fitting I-label"
            )
    return entities


def fit_to_tokens(
    document: Document,
    *,
    on_misaligned: MisalignedPolicy = "error",
    overlaps: bool = False,
) -> tuple[Document, list[Misalignment]]:
    """The document with tokens and with entities that flat BIO tags can express, and what that changed.

    Tokens are the document's own where it has some, else spaCy's. An entity that cuts a token is
    dropped (`drop`) or moved to the nearest boundaries that contain all of its characters but white
    space (`snap`). Of entities that then overlap, the longest stays, the first among equals; with
    `overlaps` all of them do, for forms that hold more than flat tags.

    Raises:
        AlignmentError: with `error`, an entity does not fit; the message has document, span and text.
    """
    tokens = document.tokens if document.tokens is not None else tuple(token_spans(document.text))
    starts = [start for start, _ in tokens]
    ends = [end for _, end in tokens]
    changes: list[Misalignment] = []
    candidates: list[tuple[Entity, Entity]] = []  # (as it was, as it fits)

    def report(entity: Entity, problem: str, result: Entity | None) -> None:
        change = Misalignment(document.id, entity, document.mention(entity), problem, result)
        if on_misaligned == "error":
            raise AlignmentError(str(change).rpartition(": ")[0])
        changes.append(change)

    for entity in document.entities:
        if _place(starts, tokens, entity) is not None:
            candidates.append((entity, entity))
            continue
        snapped = _snapped(starts, ends, entity) if on_misaligned == "snap" else None
        report(
            entity, "cuts a token" if _touches(starts, ends, entity) else "covers no token", snapped
        )
        if snapped is not None:
            candidates.append((entity, snapped))
    kept: list[Entity] = []
    taken = [False] * len(tokens)
    for entity, fitting in sorted(
        candidates, key=lambda pair: (pair[1].start - pair[1].end, pair[1])
    ):
        first, last = bisect_left(starts, fitting.start), bisect_left(ends, fitting.end)
        if not overlaps and any(taken[first : last + 1]):
            report(entity, "overlaps another entity", None)
        else:
            taken[first : last + 1] = [True] * (last + 1 - first)
            kept.append(fitting)
    return replace(document, entities=tuple(kept), tokens=tokens), changes


@cache
def _tags_of(label: str) -> tuple[str, str]:
    return f"B-{label}", f"I-{label}"


def _place(
    starts: Sequence[int], tokens: Sequence[Span], entity: Entity, *, after: int = 0
) -> tuple[int, int] | None:
    """The first and last token of `entity`, or None if it cuts one; looked for from token `after` on."""
    start, end = entity.start, entity.end
    if after and starts[after] > start:  # entities may come in any order
        after = 0
    first = last = bisect_left(starts, start, after)
    if first == len(starts) or starts[first] != start:
        return None
    stop = tokens[last][1]
    while stop < end:
        last += 1
        if last == len(tokens):
            return None
        stop = tokens[last][1]
    return (first, last) if stop == end else None


def _touches(starts: Sequence[int], ends: Sequence[int], entity: Entity) -> bool:
    return bisect_right(ends, entity.start) < bisect_left(starts, entity.end)


def _snapped(starts: Sequence[int], ends: Sequence[int], entity: Entity) -> Entity | None:
    first, last = bisect_right(ends, entity.start), bisect_left(starts, entity.end) - 1
    return replace(entity, start=starts[first], end=ends[last]) if first <= last else None
