"""What a model may have seen: the surface forms of the train split, each with its label."""

from __future__ import annotations

from collections.abc import Iterable

from gonerd.dataset.mentions import surface_form
from gonerd.schema import Document

__all__ = ["Form", "seen_forms"]

Form = tuple[str, str]
"""Surface form and label."""


def seen_forms(documents: Iterable[Document]) -> frozenset[Form]:
    """The forms of all entities of `documents`, as `gonerd stats --seen-in` compares them."""
    return frozenset(
        (surface_form(document.mention(entity)), entity.label)
        for document in documents
        for entity in document.entities
    )
