"""Dataset records: what one row of the Parquet files holds, to and from a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gonerd.align import tags_from_entities
from gonerd.errors import SchemaError
from gonerd.labels import TAG_IDS, TAGS
from gonerd.schema import Document, Entity, text_sha256

if TYPE_CHECKING:
    from datasets import Features

__all__ = [
    "COMMON_WINDOW",
    "WITHHELD",
    "annotation_features",
    "document_from_row",
    "features",
    "row_from_document",
    "row_from_sentence",
    "sentence_features",
]

COMMON_WINDOW = 4096
"""Subwords of the window that every model is scored on, whatever its own limit; `<s>` and `</s>` are two."""

WITHHELD = ("text", "tokens", "title")
"""Columns that hold words of the text: they go where the text is withheld."""

META_COLUMNS = ("url", "domain", "source", "title", "date", "cluster")


def features() -> Features:
    """The columns with their types; `ner_tags` are ClassLabels in the order of `gonerd.labels.TAGS`."""
    from datasets import ClassLabel, Features, List, Value

    entity = {
        "start": Value("int32"),
        "end": Value("int32"),
        "label": Value("string"),
        "subtype": Value("string"),
    }
    return Features(
        {
            "id": Value("string"),
            "text": Value("string"),
            "tokens": List(Value("string")),
            "token_starts": List(Value("int32")),
            "token_ends": List(Value("int32")),
            "ner_tags": List(ClassLabel(names=list(TAGS))),
            "entities": List(entity),
            **{name: Value("string") for name in META_COLUMNS},
            "text_sha256": Value("string"),
            "common_window_end": Value("int32"),
        }
    )


def annotation_features() -> Features:
    """The columns without those that hold the text."""
    from datasets import Features

    return Features({name: kind for name, kind in features().items() if name not in WITHHELD})


def sentence_features() -> Features:
    """The columns of `sentences`: those of a document, and where the sentence stands in it."""
    from datasets import Features, Value

    return Features({**features(), "document_id": Value("string"), "start": Value("int32")})


def row_from_document(document: Document, *, window_end: int) -> dict[str, Any]:
    """The row of a document that has tokens and flat entities; `document_from_row` is its inverse.

    `window_end` is the character at which the common window ends, see `gonerd.dataset.windows`.

    Raises:
        SchemaError: the document has no tokens, or a label has no tag.
        AlignmentError: an entity cuts a token or overlaps another.
    """
    if document.tokens is None:
        raise SchemaError(f"document {document.id!r} has no tokens")
    tags = tags_from_entities(document.tokens, document.entities)
    try:
        tag_ids = [TAG_IDS[tag] for tag in tags]
    except KeyError as unknown:
        raise SchemaError(
            f"document {document.id!r}: {unknown} is none of {', '.join(TAGS)}"
        ) from None
    return {
        "id": document.id,
        "text": document.text,
        "tokens": [document.text[start:end] for start, end in document.tokens],
        "token_starts": [start for start, _ in document.tokens],
        "token_ends": [end for _, end in document.tokens],
        "ner_tags": tag_ids,
        "entities": [
            {"start": e.start, "end": e.end, "label": e.label, "subtype": e.subtype}
            for e in document.entities
        ],
        **{name: document.meta.get(name) for name in META_COLUMNS},
        "text_sha256": text_sha256(document.text),
        "common_window_end": window_end,
    }


def row_from_sentence(
    sentence: Document, *, document_id: str, start: int, window_end: int
) -> dict[str, Any]:
    """The row of a sentence that stands at `start` in its document; raises as `row_from_document`."""
    row = row_from_document(sentence, window_end=window_end)
    return {**row, "document_id": document_id, "start": start}


def document_from_row(row: Mapping[str, Any]) -> Document:
    """The document of a row; its meta holds the columns that are set."""
    meta = {name: row[name] for name in META_COLUMNS if row[name] is not None}
    return Document(
        id=row["id"],
        text=row["text"],
        entities=tuple(Entity(**entity) for entity in row["entities"]),
        tokens=tuple(zip(row["token_starts"], row["token_ends"], strict=True)),
        meta=meta
        | {"text_sha256": row["text_sha256"], "common_window_end": row["common_window_end"]},
    )
