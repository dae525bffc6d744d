"""Label Studio exports for tests, in the shape of a real server's file, and documents to put into them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from gonerd import Document, Entity
from gonerd.labels import LABELS, SUBTYPES
from gonerd_annotation.region import result_from_entity
from gonerd_annotation.task import task_from_document
from tests.strategies import texts

__all__ = ["annotation", "export_of", "rejection", "studio_documents"]


@st.composite
def studio_documents(draw: st.DrawFn) -> Document:
    """Any text with any spans on it, cutting words, emoji sequences and line ends, nested or overlapping."""
    text = draw(texts.filter(str.strip))
    entities = set()
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, min(len(text), start + 12)))
        label = draw(st.sampled_from(LABELS))
        entities.add(Entity(start, end, label, draw(st.sampled_from(SUBTYPES.get(label, ("",))))))
    return Document(id="d1", text=text, entities=tuple(entities), meta={"title": "A title"})


def annotation(
    *results: dict[str, Any],
    number: int = 1,
    updated_at: str = "2026-01-10T03:21:09.833576Z",
    **more: Any,
) -> dict[str, Any]:
    """One annotation with the fields of Label Studio 1.23's JSON export."""
    return {
        "id": number,
        "completed_by": 3,
        "result": list(results),
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": "2026-01-07T03:14:39.424067Z",
        "updated_at": updated_at,
        "draft_created_at": None,
        "lead_time": 12.5,
        "prediction": {},
        "result_count": len(results),
        "unique_id": "7e8c79f1-49ce-471c-8b26-8b8c6f9c3401",
        "import_id": None,
        "last_action": None,
        "bulk_created": False,
        "task": 1,
        "project": 2,
        "updated_by": 3,
        "parent_prediction": None,
        "parent_annotation": None,
        "last_created_by": None,
    } | more


def rejection(reason: str) -> dict[str, Any]:
    """What choosing a reason to reject leaves in `result`."""
    return {
        "value": {"choices": [reason]},
        "id": "mpqixNR8uh",
        "from_name": "reject",
        "to_name": "text",
        "type": "choices",
        "origin": "manual",
    }


def export_of(document: Document, *annotations: dict[str, Any], number: int = 1) -> dict[str, Any]:
    """The task of `document` as exported; without `annotations`, with one that has all its entities."""
    results = [{**result_from_entity(document, e), "origin": "manual"} for e in document.entities]
    return {
        "id": number,
        "annotations": list(annotations) or [annotation(*results)],
        "file_upload": "5b1e3483-tasks.json",
        "drafts": [],
        "predictions": [],
        "data": task_from_document(document)["data"],
        "meta": {},
        "created_at": "2026-01-07T03:13:41.175183Z",
        "updated_at": "2026-01-10T03:21:09.923449Z",
        "allow_skip": True,
        "inner_id": number,
        "total_annotations": 1,
        "cancelled_annotations": 0,
        "total_predictions": 0,
        "comment_count": 0,
        "unresolved_comment_count": 0,
        "last_comment_updated_at": None,
        "project": 2,
        "updated_by": 3,
        "comment_authors": [],
    }
