"""Near-duplicates: the same story on another site, slightly edited, with exact gold entities."""

# ruff: noqa: S311 - chance here is for text, not for secrets

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from random import Random

from gonerd.newsroom.article import Article
from gonerd.newsroom.grammar import grammar
from gonerd.newsroom.sites import SITES, Site
from gonerd.newsroom.writer import Writer
from gonerd.schema import Entity

__all__ = ["REPRINT_NUMBER", "shingle_jaccard", "variant"]

REPRINT_NUMBER = 1_000_000
"""The reprint of article n has the number REPRINT_NUMBER + n."""

_WANTED = (0.85, 0.97)
_SHINGLE = 5
_SENTENCE_END = re.compile(r"(?<=[a-z0-9%)][.!?]) (?=[A-Z])")
_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence or paragraph with its entities, counted from its own start."""

    text: str
    entities: tuple[Entity, ...]


def variant(article: Article, *, seed: int, site: Site | None = None) -> Article:
    """A reprint of an article on another site: no dateline, sentences dropped, a closing note.

    The Jaccard similarity of the two texts' word 5-shingles is 0.85 to 0.97 wherever the original
    has at least 150 words; a shorter one has too few shingles for that and comes as near as it can.
    The number is REPRINT_NUMBER more than the original's; without `site`, chance chooses one.
    """
    chance = Random(f"reprint:{seed}:{article.number}")
    others = [other for other in SITES if other.kind == "news" and other.domain != article.domain]
    drawn = others[int(chance.random() * len(others))]
    site = site or drawn
    published = article.published + timedelta(minutes=int(30 + 1400 * chance.random()))
    words = len(article.text.split())
    best: list[_Piece] = []
    best_miss = 2.0
    low, high = _WANTED
    # A dropped sentence of 20 words costs some 24 shingles, so longer texts lose more of them.
    drops = words // 400
    for _ in range(_ATTEMPTS):
        closing = _closing(site.name, article, chance, short=words < 200)
        pieces = _edited(article, chance, drops=drops, closing=closing)
        likeness = shingle_jaccard(article.text, "\n".join(piece.text for piece in pieces))
        miss = max(low - likeness, likeness - high, 0.0)
        if miss < best_miss:
            best, best_miss = pieces, miss
        if miss == 0:
            break
        drops = max(0, drops + (1 + words // 1000 if likeness > high else -1))
    paragraphs, entities = _joined(best)
    number = REPRINT_NUMBER + article.number
    return replace(
        article,
        number=number,
        domain=site.domain,
        kind=site.kind,
        url=site.article_url(
            number=number,
            slug=re.sub(r"[^a-z0-9]+", "-", article.title.lower()).strip("-")[:60] or "story",
            topic=article.topic,
            year=published.year,
            month=published.month,
            day=published.day,
        ),
        authors=article.authors if chance.random() < 0.5 else (f"{site.name} staff",),
        published=published,
        paragraphs=paragraphs,
        entities=entities,
    )


def shingle_jaccard(one: str, other: str) -> float:
    """The exact Jaccard similarity of two texts' sets of word 5-shingles, in lower case."""
    left, right = _shingles(one), _shingles(other)
    return len(left & right) / len(left | right) if left or right else 1.0


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[at : at + _SHINGLE]) for at in range(max(1, len(words) - _SHINGLE + 1))}


def _edited(article: Article, chance: Random, *, drops: int, closing: _Piece) -> list[_Piece]:
    paragraphs = [_sentences(piece) for piece in _paragraphs(article)]
    for _ in range(drops):
        at = 1 + int(chance.random() * (len(paragraphs) - 1)) if len(paragraphs) > 1 else 0
        if at and len(paragraphs) > 2:
            sentences = paragraphs[at]
            del sentences[int(chance.random() * len(sentences))]
            if not sentences:
                del paragraphs[at]
    pieces = [_merged(sentences, " ") for sentences in paragraphs]
    pieces[0] = _without_dateline(pieces[0])
    return [*pieces, closing]


def _paragraphs(article: Article) -> list[_Piece]:
    pieces, start, entities = [], 0, list(article.entities)
    for paragraph in article.paragraphs:
        end = start + len(paragraph)
        own = [entity for entity in entities if start <= entity.start < end]
        pieces.append(_Piece(paragraph, tuple(_moved(entity, -start) for entity in own)))
        start = end + 1
    return pieces


def _sentences(piece: _Piece) -> list[_Piece]:
    """The sentences of a paragraph; nothing is cut inside an entity, a quotation or after a short word."""
    cuts = [0]
    for match in _SENTENCE_END.finditer(piece.text):
        at = match.start()
        word = piece.text[:at].rsplit(" ", 1)[-1]
        inside = any(entity.start < at < entity.end for entity in piece.entities)
        quoted = piece.text.count("“", 0, at) > piece.text.count("”", 0, at)
        if len(word) > 4 and not inside and not quoted and piece.text.count('"', 0, at) % 2 == 0:
            cuts.append(at + 1)
    cuts.append(len(piece.text) + 1)
    found = []
    for start, end in pairwise(cuts):
        own = [entity for entity in piece.entities if start <= entity.start < end]
        text = piece.text[start : end - 1]
        found.append(_Piece(text, tuple(_moved(entity, -start) for entity in own)))
    return found


def _without_dateline(piece: _Piece) -> _Piece:
    """The first paragraph without its dateline, as papers that take over a story print it."""
    match = re.match(r".{4,60}? [-–—] ", piece.text)
    first = piece.entities[0] if piece.entities else None
    if (
        match is None
        or first is None
        or first.start > 1
        or not piece.text[first.start : first.end].isupper()
    ):
        return piece
    cut = match.end()
    kept = tuple(_moved(entity, -cut) for entity in piece.entities if entity.start >= cut)
    return _Piece(piece.text[cut:], kept)


def _closing(name: str, article: Article, chance: Random, *, short: bool) -> _Piece:
    writer = Writer(chance=chance, now=article.published, formal=False, full_share=0.0)
    rule = "reprint.short" if short else "reprint.long"
    templates = grammar().rules[rule]
    writer.template(templates[int(chance.random() * len(templates))], site=name)
    return _Piece("".join(writer.parts), tuple(writer.entities))


def _merged(pieces: Sequence[_Piece], between: str) -> _Piece:
    parts: list[str] = []
    entities: list[Entity] = []
    length = 0
    for piece in pieces:
        if parts:
            parts.append(between)
            length += len(between)
        entities += (_moved(entity, length) for entity in piece.entities)
        parts.append(piece.text)
        length += len(piece.text)
    return _Piece("".join(parts), tuple(entities))


def _joined(pieces: Sequence[_Piece]) -> tuple[tuple[str, ...], tuple[Entity, ...]]:
    return tuple(piece.text for piece in pieces), _merged(pieces, "\n").entities


def _moved(entity: Entity, by: int) -> Entity:
    return Entity(entity.start + by, entity.end + by, entity.label, entity.subtype)
