"""Documents of exactly so many tokens, out of a split's own texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from gonerd.errors import InputError
from gonerd.schema import Document, Span

__all__ = ["documents_of_length"]


def documents_of_length(
    documents: Callable[[], Iterable[Document]], length: int, count: int
) -> list[Document]:
    """`count` documents of `length` tokens each: the texts one after another, cut between tokens.

    Each goes on where the one before it ended; after the last text comes the first one again.

    Args:
        documents: gives the split's documents anew at each call; some of them have tokens.
        length: in tokens of the dataset, which are words and punctuation marks.
        count: how many are wanted.

    Raises:
        InputError: no document has tokens.
    """
    pieces = _pieces(_again_and_again(documents))
    made = []
    for number in range(count):
        parts, tokens, size = [], list[Span](), 0
        for piece in islice(pieces, length):
            if tokens:
                size += len(piece.gap)
                parts.append(piece.gap)
            tokens.append((size, size + len(piece.word)))
            size += len(piece.word)
            parts.append(piece.word)
        made.append(Document(id=f"{length}-{number}", text="".join(parts), tokens=tuple(tokens)))
    return made


class _Piece:
    """A token, and what stands before it."""

    __slots__ = ("gap", "word")

    def __init__(self, gap: str, word: str) -> None:
        self.gap, self.word = gap, word


def _pieces(documents: Iterable[Document]) -> Iterator[_Piece]:
    for document in documents:
        last = None
        for start, end in document.tokens or ():
            gap = "\n\n" if last is None else document.text[last:start]
            yield _Piece(gap, document.text[start:end])
            last = end


def _again_and_again(documents: Callable[[], Iterable[Document]]) -> Iterator[Document]:
    while True:
        empty = True
        for document in documents():
            empty = empty and not document.tokens
            yield document
        if empty:
            raise InputError("the split has no tokens to make texts of")
