"""Documents cut into sentences, for models with a short context; no sentence border cuts an entity."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from gonerd.dataset.borders import sentence_starts
from gonerd.errors import SchemaError
from gonerd.schema import Document

__all__ = ["sentences"]


def sentences(document: Document) -> Iterator[tuple[int, Document]]:
    """Yield (its first character in the document, sentence) of a document with tokens and flat entities.

    A sentence is a document of its own, named `<id>#<number>`, from its first token to the end of its last;
    all tokens and entities of the document are in exactly one. They begin where `sentence_starts` says,
    but none inside an entity.

    Raises:
        SchemaError: the document has no tokens.
    """
    tokens = document.tokens
    if tokens is None:
        raise SchemaError(f"document {document.id!r} has no tokens")
    borders = _borders(document)
    entity_starts = [entity.start for entity in document.entities]
    for number, (first, after) in enumerate(pairwise([*borders, len(tokens)])):
        start, end = tokens[first][0], tokens[after - 1][1]
        inside = document.entities[
            bisect_left(entity_starts, start) : bisect_left(entity_starts, end)
        ]
        yield (
            start,
            Document(
                id=f"{document.id}#{number}",
                text=document.text[start:end],
                entities=tuple(
                    replace(e, start=e.start - start, end=e.end - start) for e in inside
                ),
                meta=document.meta,
                tokens=tuple((left - start, right - start) for left, right in tokens[first:after]),
            ),
        )


def _borders(document: Document) -> Sequence[int]:
    """The numbers of the tokens that begin a sentence, but for those inside an entity."""
    tokens = document.tokens or ()
    starts = [start for start, _ in tokens]
    found = set(sentence_starts(document))
    for entity in document.entities:
        found.difference_update(
            range(bisect_right(starts, entity.start), bisect_left(starts, entity.end))
        )
    return sorted(found)
