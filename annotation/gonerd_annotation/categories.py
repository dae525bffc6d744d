"""What annotators choose between: the labels of the interface, and O where nothing is marked."""

from __future__ import annotations

from gonerd.errors import SchemaError
from gonerd.schema import Document, Entity
from gonerd_annotation.label_config import STUDIO_LABELS

__all__ = ["CATEGORIES", "OUTSIDE", "category", "require_categories"]

OUTSIDE = "O"

CATEGORIES = (OUTSIDE, *STUDIO_LABELS, "MISC")
"""O first; MISC last, for entities that came without the subtype."""


def category(entity: Entity) -> str:
    """The entity's subtype where it has one, else its label: what stood on the annotator's button."""
    return entity.subtype or entity.label


def require_categories(document: Document) -> None:
    """Refuse a document with an entity that the labelling interface could not have produced.

    Raises:
        SchemaError: the message names document, label and span.
    """
    for entity in document.entities:
        if category(entity) not in CATEGORIES[1:] or (
            entity.subtype and (entity.label != "MISC" or entity.subtype == "MISC")
        ):
            found = f"{entity.label}/{entity.subtype}" if entity.subtype else entity.label
            raise SchemaError(
                f"document {document.id!r}: label {found!r} of entity "
                f"[{entity.start}, {entity.end}) is unknown; "
                f"expected one of {', '.join(CATEGORIES[1:])}"
            )
