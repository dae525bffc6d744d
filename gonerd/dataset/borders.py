"""Where the sentences of a document begin: as its corpus says, else by spaCy's rules."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from gonerd.errors import SchemaError
from gonerd.schema import Document, Span
from gonerd.tokens import sentence_starts as starts_by_rule

__all__ = ["sentence_starts"]

LINE_FEED = re.compile("\n")


def sentence_starts(document: Document) -> list[int]:
    """The numbers of the tokens that begin a sentence, ascending; the first is 0 where there are tokens.

    They come from `meta["sentence_starts"]`, the characters at which the corpus' own sentences begin.
    Without it, every line feed ends a sentence, and within lines spaCy's rule-based sentencizer decides
    over the document's tokens.

    Raises:
        SchemaError: the document has no tokens, or `sentence_starts` is no list of numbers.
    """
    if document.tokens is None:
        raise SchemaError(f"document {document.id!r} has no tokens to make sentences of")
    if not document.tokens:
        return []
    stated = document.meta.get("sentence_starts")
    if stated is None:
        return _by_rule(document.text, document.tokens)
    if not isinstance(stated, list) or any(type(place) is not int for place in stated):
        raise SchemaError(
            f"document {document.id!r}: meta 'sentence_starts' is not a list of whole numbers"
        )
    begins = [start for start, _ in document.tokens]
    found = {bisect_left(begins, place) for place in stated}
    return sorted({0, *(number for number in found if number < len(begins))})


def _by_rule(text: str, tokens: Sequence[Span]) -> list[int]:
    begins = [start for start, _ in tokens]
    feeds = (match.start() for match in LINE_FEED.finditer(text))
    lines = sorted({n for feed in feeds if 0 < (n := bisect_left(begins, feed)) < len(begins)})
    found: list[int] = []
    for begin, end in pairwise([0, *lines, len(tokens)]):
        words = [text[first:last] for first, last in tokens[begin:end]]
        found += [begin + number for number in starts_by_rule(words)]
    return found
