"""Entities of one text carried over to another version of it.

An extractor drops, merges and adds paragraphs and changes white space, so offsets of the gold text
mean nothing in the extracted one. Words are aligned instead; an entity goes along only with all of
its words and enough of their neighbours to be sure that it is the same passage.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from gonerd.schema import Document, Entity, Span

__all__ = ["Projection", "project_entities", "word_spans"]

MIN_WORDS = 5
"""Fewest words in a row that must agree around an entity: single words recur anywhere."""

_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Projection:
    """What of a gold document could be found in another text."""

    entities: tuple[Entity, ...]
    lost: tuple[Entity, ...]
    """Gold entities, in the gold text's offsets, whose passage is not in the other text."""
    words: int
    """Words of the other text."""
    words_without_gold: int
    """Words of the other text that the gold text lacks: nothing is known about entities there."""


def word_spans(text: str) -> list[Span]:
    """Words and single punctuation marks; coarser than tokens, but indifferent to white space."""
    return [match.span() for match in _WORD.finditer(text)]


def project_entities(gold: Document, text: str) -> Projection:
    """Carry the entities of `gold` over to `text`, exact to the character or not at all."""
    gold_spans, spans = word_spans(gold.text), word_spans(text)
    blocks = _matching_blocks(
        [gold.text[start:end] for start, end in gold_spans],
        [text[start:end] for start, end in spans],
    )
    starts = [start for start, _ in gold_spans]
    ends = [end for _, end in gold_spans]
    block_starts = [block[0] for block in blocks]
    found: list[Entity] = []
    lost: list[Entity] = []
    for entity in gold.entities:
        first, last = bisect_right(ends, entity.start), bisect_left(starts, entity.end) - 1
        place = bisect_right(block_starts, first) - 1
        if place < 0 or first > last or last >= blocks[place][0] + blocks[place][2]:
            lost.append(entity)
            continue
        shift = blocks[place][1] - blocks[place][0]
        start = spans[first + shift][0] + max(0, entity.start - starts[first])
        end = spans[last + shift][1] - max(0, ends[last] - entity.end)
        found.append(replace(entity, start=start, end=end))
    matched = sum(size for _, _, size in blocks)
    return Projection(tuple(found), tuple(lost), len(spans), len(spans) - matched)


def _matching_blocks(gold: Sequence[str], other: Sequence[str]) -> list[tuple[int, int, int]]:
    """(place in gold, place in other, words) of the runs that agree, ascending."""
    shorter = min(len(gold), len(other))  # equal ends are cut off first, for speed
    head = 0
    while head < shorter and gold[head] == other[head]:
        head += 1
    tail = 0
    while tail < shorter - head and gold[-1 - tail] == other[-1 - tail]:
        tail += 1
    middle = SequenceMatcher(
        None, gold[head : len(gold) - tail], other[head : len(other) - tail], autojunk=False
    ).get_matching_blocks()
    runs = [
        (0, 0, head),
        *((at + head, there + head, size) for at, there, size in middle),
        (len(gold) - tail, len(other) - tail, tail),
    ]
    joined: list[tuple[int, int, int]] = []
    for at, there, size in runs:
        if not size:
            continue
        if (
            joined
            and joined[-1][0] + joined[-1][2] == at
            and joined[-1][1] + joined[-1][2] == there
        ):
            joined[-1] = (joined[-1][0], joined[-1][1], joined[-1][2] + size)
        else:
            joined.append((at, there, size))
    whole = len(gold)  # a text shorter than the least run agrees when all of it does
    return [run for run in joined if run[2] >= min(MIN_WORDS, whole)]
