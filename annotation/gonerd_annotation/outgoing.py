"""Documents on their way to annotators: read, looked at, and what is shown beforehand."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gonerd.dataset.loading import corpus_documents
from gonerd.errors import InputError
from gonerd.schema import Document, text_sha256
from gonerd.takedown import Takedown
from gonerd_annotation.preannotation import (
    Preannotation,
    PreannotationSource,
    preannotation_from_source,
)
from gonerd_annotation.task import unfrozen

__all__ = ["Outgoing", "outgoing_documents"]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The documents, what annotators are shown of them, and what was noticed about them."""

    listed: list[tuple[str, str]]
    """Id and hash of the text of every document that was read, those taken down too."""
    documents: list[Document]
    """Those that may go out."""
    preannotation: Preannotation
    unfrozen: dict[str, int]
    """Texts that a browser may show otherwise than they are stored, by what is unusual in them."""

    def report(self) -> dict[str, Any]:
        """Counts for the report of a command."""
        return {**self.preannotation.report(), "unfrozen": self.unfrozen}


def outgoing_documents(
    path: str | Path, *, source: PreannotationSource, takedown: Takedown | None = None
) -> Outgoing:
    """The documents of `path` but those taken down. Texts are never changed: their hash identifies them.

    Raises:
        InputError: there is no document.
        SchemaError: two documents have the same id.
    """
    takedown = takedown if takedown is not None else Takedown.read()
    read = list(corpus_documents(path))
    documents = list(takedown.allowed(read))
    if not documents:
        raise InputError(f"{path}: no document is in it that may go out")
    odd = Counter(reason for document in documents if (reason := unfrozen(document.text)))
    listed = [(document.id, text_sha256(document.text)) for document in read]
    preannotation = preannotation_from_source(source, among=[id_ for id_, _ in listed])
    return Outgoing(listed, documents, preannotation, dict(odd.most_common()))
