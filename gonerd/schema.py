"""The one document and the one entity that every package reads and writes.

Offsets are half-open and count Unicode code points: `text[entity.start:entity.end]`
is the mention, in Python and in every file of this project.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gonerd.errors import SchemaError

__all__ = ["Document", "Entity", "Span", "text_sha256"]

Span = tuple[int, int]
"""`[start, end)` in code points."""


@dataclass(frozen=True, slots=True, order=True)
class Entity:
    """A labelled stretch of text, `[start, end)` in code points.

    `subtype` is finer than the label (MISC: AGE, ADDRESS, PHONE) and empty where there is none.
    """

    start: int
    end: int
    label: str
    subtype: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise SchemaError(f"entity [{self.start}, {self.end}) is empty or starts before 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text, its entities in text order, and what is known about where it came from.

    Entities may overlap or nest; only `gonerd.align` asks for flat ones. `tokens` is set where a
    corpus came with its own tokenization (ascending, disjoint spans), else None: tokens are then
    spaCy's. `meta` holds JSON values; the keys that the project uses are url, final_url, domain,
    source, title, date, language, fetched_at, warc, extractor, licence, robots, cluster,
    sentence_starts and text_sha256.
    """

    id: str
    text: str
    entities: tuple[Entity, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict[str, Any])
    tokens: tuple[Span, ...] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "entities", tuple(sorted(self.entities)))
        for entity in self.entities:
            if entity.end > len(self.text):
                raise SchemaError(
                    f"document {self.id!r}: entity {entity.label} ends at {entity.end}, "
                    f"past the end of the text ({len(self.text)} characters)"
                )
        _require_disjoint(self.id, self.tokens or (), len(self.text))

    def mention(self, entity: Entity) -> str:
        """The characters that `entity` covers."""
        return self.text[entity.start : entity.end]


def text_sha256(text: str) -> str:
    """The hash that identifies a text wherever it goes: SHA-256 of its UTF-8, 64 hex digits.

    Raises:
        SchemaError: the text holds half of a surrogate pair, which no UTF-8 file can carry.
    """
    try:
        return hashlib.sha256(text.encode()).hexdigest()
    except UnicodeEncodeError as problem:
        raise SchemaError(
            f"character {problem.start} of the text is half of a surrogate pair (U+D800 to U+DFFF)"
        ) from None


def _require_disjoint(document_id: str, tokens: tuple[Span, ...], length: int) -> None:
    previous = 0
    for number, (start, end) in enumerate(tokens):
        if not previous <= start < end <= length:
            raise SchemaError(
                f"document {document_id!r}: token {number} [{start}, {end}) is empty, out of order "
                f"or past the end of the text ({length} characters)"
            )
        previous = end
