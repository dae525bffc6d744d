"""One labelled region of a text, in the form that Label Studio gives it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from gonerd.errors import SchemaError
from gonerd.schema import Document, Entity
from gonerd_annotation.label_config import LABELS_TAG, TEXT_TAG, label_and_subtype, studio_label

__all__ = ["Region", "region_from_result", "result_from_entity"]


@dataclass(frozen=True, slots=True)
class Region:
    """A region as it was read: neither are its offsets trusted yet, nor is their unit known."""

    id: str
    start: int
    end: int
    text: str | None
    """What the annotator saw selected; None where the export does not carry it."""
    label: str
    subtype: str


def result_from_entity(document: Document, entity: Entity) -> dict[str, Any]:
    """The `result` entry for `entity`, with an id that depends on nothing but its place and label.

    Raises:
        SchemaError: the labelling interface has no label for the entity.
    """
    name = studio_label(entity.label, entity.subtype)
    place = f"{document.id}\n{entity.start}\n{entity.end}\n{name}"
    return {
        "value": {
            "start": entity.start,
            "end": entity.end,
            "text": document.mention(entity),
            "labels": [name],
        },
        "id": hashlib.sha256(place.encode()).hexdigest()[:10],
        "from_name": LABELS_TAG,
        "to_name": TEXT_TAG,
        "type": "labels",
    }


def region_from_result(result: dict[str, Any]) -> Region | str:
    """The region of a `result` entry of type `labels`, or the reason why it is none.

    Raises:
        SchemaError: its label is not one of the labelling interface.
    """
    value = result.get("value")
    name = f"region {result.get('id')!r}"
    if not isinstance(value, dict):
        return f"{name} has no value"
    labels = value.get("labels")
    if not isinstance(labels, list) or len(labels) != 1:
        return f"{name} has labels {labels!r}, one was expected"
    if not isinstance(labels[0], str):
        raise SchemaError(f"{name}: label {labels[0]!r} is not text")
    label, subtype = label_and_subtype(labels[0])
    start, end, text = value.get("start"), value.get("end"), value.get("text")
    if type(start) is not int or type(end) is not int:
        return f"{name} has offsets {start!r} and {end!r}, whole numbers were expected"
    if text is not None and not isinstance(text, str):
        return f"{name} has text {text!r}, a string was expected"
    return Region(str(result.get("id")), start, end, text, label, subtype)
