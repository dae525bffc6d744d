"""Reprints: the same story in another paper, cut and touched up a little."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from gonerd.newsroom.article import Article
from gonerd.schema import Entity

__all__ = ["reprint"]

_CUT_SHARE = 0.08
"""At most this share of the text is cut: a reprint stays above a shingle similarity of 0.8."""

_ADD_FROM, _SWAP_FROM = 900, 2000
"""Characters of a text from which on a closing line is added, and two paragraphs are swapped."""

_CLOSINGS = (
    "This story was first published elsewhere and is used with permission.",
    "The headline and the order of this report have been changed for length.",
    "This is a developing story and will be updated.",
)

Paragraph = tuple[str, tuple[Entity, ...]]


def reprint(article: Article, *, seed: int) -> Article:
    """Edit an article as another paper would: cut a paragraph, swap two, add a closing line.

    Address, number and site are those of the original; entities are moved with their paragraphs.
    """
    chance = Random(f"reprint:{seed}:{article.number}")  # noqa: S311
    paragraphs = _with_entities(article)
    size = len(article.text)
    short = [n for n, (text, _) in enumerate(paragraphs) if n and len(text) <= _CUT_SHARE * size]
    if short and chance.random() < 0.7:
        del paragraphs[chance.choice(short)]
    if size >= _SWAP_FROM and len(paragraphs) > 5 and chance.random() < 0.5:
        place = chance.randrange(2, len(paragraphs) - 1)
        paragraphs[place], paragraphs[place + 1] = paragraphs[place + 1], paragraphs[place]
    if size >= _ADD_FROM and chance.random() < 0.6:
        paragraphs.append((chance.choice(_CLOSINGS), ()))
    moved, start = [], 0
    for text, entities in paragraphs:
        moved += [replace(e, start=e.start + start, end=e.end + start) for e in entities]
        start += len(text) + 1
    return replace(article, paragraphs=tuple(text for text, _ in paragraphs), entities=tuple(moved))


def _with_entities(article: Article) -> list[Paragraph]:
    """Pair each paragraph with its entities, counted from its own start."""
    out: list[Paragraph] = []
    start = 0
    for text in article.paragraphs:
        end = start + len(text)
        inside = (e for e in article.entities if start <= e.start and e.end <= end)
        out.append(
            (text, tuple(replace(e, start=e.start - start, end=e.end - start) for e in inside))
        )
        start = end + 1
    return out
