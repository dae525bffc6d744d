"""What one task of an export says about its text: entities, a rejection, or nothing to trust."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from gonerd.errors import SchemaError
from gonerd.schema import Entity, text_sha256
from gonerd_annotation.label_config import LABELS_TAG, REJECT_TAG
from gonerd_annotation.offsets import resolve_offsets
from gonerd_annotation.region import Region, region_from_result

__all__ = [
    "OUTCOMES",
    "Answer",
    "Outcome",
    "annotations_of",
    "annotator_name",
    "answer_from_task",
]

Outcome = Literal["imported", "cancelled", "rejected", "unannotated", "quarantined", "taken_down"]
RECORDED = ("preannotation", "preannotation_model")
"""Keys of a task's data that say what its annotator was shown to begin with."""
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

LONGEST = 1e9
"""Seconds that an annotation may have taken, thirty years; more is a broken number."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of one task; entities and `meta` only where it is `imported`."""

    outcome: Outcome
    reasons: tuple[str, ...] = ()
    """Why the task is not imported, one sentence part for each region at fault."""
    entities: tuple[Entity, ...] = ()
    meta: dict[str, Any] = field(default_factory=dict[str, Any])
    """annotator, lead_time (seconds, None where it makes no sense), annotation_id, updated_at."""
    counts: Counter[str] = field(default_factory=Counter[str])
    """How often what was noticed: regions, entities, trimmed, blank, duplicate, overlapping ..."""
    predicted: tuple[Entity, ...] | None = None
    """What the annotator was shown to begin with; None where the export does not say it readably."""


def answer_from_task(task: dict[str, Any], text: str) -> Answer:
    """Read the latest annotation of `task` about `text`, trusting nothing in it.

    Several annotations on one task: the one with the latest `updated_at` counts, until adjudication
    weighs them. Cancelled (skipped) annotations never count.

    Raises:
        SchemaError: the task is not in Label Studio's export format, or has an unknown label.
    """
    expected = task["data"].get("text_sha256")
    if expected != (actual := text_sha256(text)):
        return _quarantined(
            f"the document's text has SHA-256 {actual[:12]}…, "
            f"data.text_sha256 says {str(expected)[:12]}…"
        )
    if task["data"].get("text") != text:
        return _quarantined(
            "data.text is not the document's text, though data.text_sha256 is its hash"
        )
    annotations = annotations_of(task)
    if not annotations:
        return Answer("unannotated")
    finished = [entry for entry in annotations if not entry.get("was_cancelled")]
    if not finished:
        return Answer("cancelled")
    timeless = any(entry.get("updated_at") is None for entry in finished)
    if timeless and len(finished) > 1:
        return _quarantined("it has several annotations, and not all say when they were made")
    taken = finished[0] if timeless else max(finished, key=_updated_at)
    counts = Counter(several_annotations=int(len(finished) > 1))
    answer = _answer_from_annotation(taken, text, counts)
    if answer.outcome != "imported":
        return answer
    before = {key: task["data"][key] for key in RECORDED if task["data"].get(key)}
    return replace(
        answer,
        meta=answer.meta | before,
        predicted=_predicted(task, taken, text) if before else None,
    )


def _predicted(
    task: dict[str, Any], annotation: dict[str, Any], text: str
) -> tuple[Entity, ...] | None:
    """The prediction that lies beside an annotation, or the only one of the task.

    Label Studio puts it into the annotation and gives mere numbers for the task's.
    """
    there = [annotation.get("prediction"), *(task.get("predictions") or ())]
    whole = [one for one in there if isinstance(one, dict) and isinstance(one.get("result"), list)]
    if not whole or not all(isinstance(result, dict) for result in whole[0]["result"]):
        return None
    try:
        regions = [region_from_result(result) for result in whole[0]["result"]]
    except SchemaError:
        return None
    sound = [region for region in regions if isinstance(region, Region)]
    offsets = resolve_offsets(text, sound)
    if offsets.problems or len(sound) < len(regions):
        return None
    return _entities(text, sound, offsets.spans, Counter())


def annotator_name(annotation: dict[str, Any]) -> str:
    """Who completed an annotation: the e-mail where the export has it, else the user's number."""
    by = annotation.get("completed_by")
    if isinstance(by, dict):
        by = by.get("email") or by.get("id")
    return "" if by is None else str(by)


def _answer_from_annotation(annotation: dict[str, Any], text: str, counts: Counter[str]) -> Answer:
    results = annotation.get("result")
    if not isinstance(results, list) or not all(isinstance(entry, dict) for entry in results):
        raise SchemaError(f"annotation {annotation.get('id')}: 'result' is not a list of objects")
    regions: list[Region] = []
    reasons: list[str] = []
    for result in results:
        kind, control = result.get("type"), result.get("from_name")
        if kind == "choices" and control == REJECT_TAG:
            value = result.get("value")
            choices = value.get("choices") if isinstance(value, dict) else None
            if isinstance(choices, list) and choices:
                return Answer("rejected", tuple(map(str, choices)), counts=counts)
        elif kind == "labels" and control == LABELS_TAG:
            region = region_from_result(result)
            reasons.append(region) if isinstance(region, str) else regions.append(region)
        else:
            counts["other_results"] += 1
    offsets = resolve_offsets(text, regions)
    reasons.extend(f"region {region.id!r}: {problem}" for region, problem in offsets.problems)
    if reasons:
        return _quarantined(*reasons)
    counts["utf16_annotations"] = int(offsets.unit == "UTF-16")
    counts["ambiguous_annotations"] = int(offsets.ambiguous)
    entities = _entities(text, regions, offsets.spans, counts)
    meta = {
        "annotator": annotator_name(annotation),
        "lead_time": _seconds(annotation.get("lead_time")),
        "annotation_id": number if isinstance(number := annotation.get("id"), int | str) else None,
        "updated_at": annotation.get("updated_at"),
    }
    return Answer("imported", (), entities, meta, counts)


def _entities(
    text: str, regions: list[Region], spans: tuple[tuple[int, int], ...], counts: Counter[str]
) -> tuple[Entity, ...]:
    entities: set[Entity] = set()
    for region, (start, end) in zip(regions, spans, strict=True):
        counts["regions"] += 1
        mention = text[start:end]
        if not mention.strip():
            counts["blank"] += 1
            continue
        trimmed_start = start + len(mention) - len(mention.lstrip())
        trimmed_end = end - len(mention) + len(mention.rstrip())
        counts["trimmed"] += (trimmed_start, trimmed_end) != (start, end)
        entity = Entity(trimmed_start, trimmed_end, region.label, region.subtype)
        counts["duplicate"] += entity in entities
        entities.add(entity)
    counts["entities"] += len(entities)
    furthest = 0
    for entity in sorted(entities):
        counts["overlapping"] += entity.start < furthest
        furthest = max(furthest, entity.end)
    return tuple(sorted(entities))


def annotations_of(task: dict[str, Any]) -> list[dict[str, Any]]:
    """The annotations of an exported task, finished or not.

    Raises:
        SchemaError: the task is not in Label Studio's export format.
    """
    annotations = task.get("annotations")
    if not isinstance(annotations, list) or not all(
        isinstance(entry, dict) for entry in annotations
    ):
        raise SchemaError(
            "'annotations' is not a list of objects; export from Label Studio as JSON"
        )
    return annotations


def _seconds(value: Any) -> int | float | None:
    """`value` where it can be a time that somebody took; JSON may hold NaN and numbers of any size."""
    return value if type(value) in (int, float) and 0 <= value <= LONGEST else None


def _updated_at(annotation: dict[str, Any]) -> tuple[datetime, int]:
    try:
        when = datetime.fromisoformat(annotation.get("updated_at") or "")
    except (TypeError, ValueError):
        raise SchemaError(
            f"annotation {annotation.get('id')}: updated_at is {annotation.get('updated_at')!r}, "
            "a date and time was expected"
        ) from None
    number = annotation.get("id")
    return when if when.tzinfo else when.replace(tzinfo=UTC), number if type(number) is int else 0


def _quarantined(*reasons: str) -> Answer:
    return Answer("quarantined", reasons)
