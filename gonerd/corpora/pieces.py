"""A text as spaCy and Prodigy hold it: pieces, each with a space behind it or none, and nothing between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gonerd.errors import SchemaError
from gonerd.schema import Document, Span
from gonerd.tokens import token_spans

__all__ = ["Piece", "pieces_of", "token_note", "tokens_from_note"]

GUESSED = "spacy"
"""What `token_note` says of a document that has no tokens of its own."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A token, or what stands between two tokens and is not one space: `[start, end)` in code points."""

    start: int
    end: int
    space: bool
    """Whether one space follows, which is part of no piece."""
    token: bool


def pieces_of(document: Document) -> list[Piece]:
    """Pieces that make up the text, in O(characters); tokens are the document's own, else spaCy's."""
    text = document.text
    tokens = document.tokens if document.tokens is not None else token_spans(text)
    pieces: list[Piece] = []
    previous = 0
    for start, end in [*tokens, (len(text), len(text))]:
        if pieces and previous < start and text[previous] == " ":
            last = pieces.pop()
            pieces.append(Piece(last.start, last.end, space=True, token=last.token))
            previous += 1
        if previous < start:
            pieces.append(Piece(previous, start, space=False, token=False))
        if start < end:
            pieces.append(Piece(start, end, space=False, token=True))
        previous = end
    return pieces


def token_note(document: Document, pieces: Sequence[Piece]) -> str | list[int] | None:
    """What must be written down beside pieces, so that `tokens_from_note` gives the document's tokens.

    None where they are the pieces that are not white space.
    """
    if document.tokens is None:
        return GUESSED
    usual = [not document.text[piece.start : piece.end].isspace() for piece in pieces]
    own = [piece.token for piece in pieces]
    return None if usual == own else [place for place, token in enumerate(own) if token]


def tokens_from_note(note: Any, spans: Sequence[Span], text: str) -> list[Span] | None:
    """The tokens among `spans`, which are pieces; the inverse of `token_note`.

    Raises:
        SchemaError: `note` is none that `token_note` gives.
    """
    if note == GUESSED:
        return None
    if note is None:
        return [(start, end) for start, end in spans if not text[start:end].isspace()]
    if isinstance(note, list) and all(type(n) is int and 0 <= n < len(spans) for n in note):
        return [spans[place] for place in note]
    raise SchemaError(f"'tokens' is {note!r}, expected places of tokens or {GUESSED!r}")
