"""A stand-in for annotators: gold entities of generated pages, in a real server's export format.

Nobody looks at a text here. The result shows that the way from export to import works and what it
loses; it says nothing about how well people would annotate.
"""

from __future__ import annotations

import hashlib
import random
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gonerd.errors import InputError, SchemaError
from gonerd.files import require_file_to_write
from gonerd.records import read_documents
from gonerd.schema import Document, Entity
from gonerd_annotation.label_config import (
    REJECT_TAG,
    STUDIO_LABELS,
    TEXT_TAG,
    label_and_subtype,
    studio_label,
)
from gonerd_annotation.projection import project_entities, word_spans
from gonerd_annotation.region import result_from_entity
from gonerd_annotation.task import read_tasks, write_tasks

__all__ = ["GoldIndex", "Simulation", "StandIn", "simulate_annotations", "with_errors"]

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""Start of the simulated clock: equal input gives equal bytes, so no real time is in the result."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """Who pretends to annotate, and how badly."""

    name: str = "stand-in"
    error_rate: float = 0.0
    """Share of entities that get a wrong boundary or label or are missed, from 0 to 1."""
    seed: int = 0


class GoldIndex:
    """Gold documents by the exact addresses of their pages."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._by_url: dict[str, Document] = {}
        for document in documents:
            for key in ("url", "final_url"):
                url = document.meta.get(key)
                if isinstance(url, str) and url:
                    self._by_url.setdefault(url, document)
        if not self._by_url:
            raise InputError(
                "the gold has no document with meta.url, by which tasks find their gold"
            )

    def of(self, task: dict[str, Any]) -> Document | None:
        """The gold of a task's page: by its url, else by the url that a redirect led to."""
        urls = (task["data"].get("url"), task["data"].get("final_url"))
        return next((self._by_url[url] for url in urls if url in self._by_url), None)


@dataclass(slots=True)
class Simulation:
    """What came of a run: projected + lost = gold entities of the tasks that have gold."""

    tasks: int = 0
    without_gold: int = 0
    gold_entities: int = 0
    projected: int = 0
    words: int = 0
    words_without_gold: int = 0
    errors: dict[str, int] = field(
        default_factory=lambda: {"boundary": 0, "label": 0, "missing": 0}
    )
    lost: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Entities that could not be projected: document, url, and span and text in the gold."""

    def report(self) -> dict[str, Any]:
        """The counts as one JSON object, with the note that no person was involved."""
        return {
            "note": "simulated: gold entities stand in for people's annotations",
            "tasks": self.tasks,
            "annotated": self.tasks - self.without_gold,
            "rejected_without_gold": self.without_gold,
            "gold_entities": self.gold_entities,
            "projected": self.projected,
            "not_projected": len(self.lost),
            "words": self.words,
            "words_without_gold": self.words_without_gold,
            "injected_errors": dict(self.errors),
            "lost": self.lost,
        }

    def annotate(
        self, tasks: Iterable[dict[str, Any]], gold: GoldIndex, stand_in: StandIn
    ) -> Iterator[dict[str, Any]]:
        """Yield each task as a Label Studio server would export it after `stand_in`'s work."""
        for number, task in enumerate(tasks, start=1):
            self.tasks += 1
            doc_id, text = task["data"].get("doc_id"), task["data"].get("text")
            if not isinstance(doc_id, str) or not isinstance(text, str):
                raise SchemaError(
                    f"task {number} of the array has no doc_id or text in 'data'; "
                    "tasks of gonerd annotate export were expected"
                )
            document = gold.of(task)
            if document is None:
                self.without_gold += 1
                results = [_rejection(doc_id)]
            else:
                results = self._results(document, Document(id=doc_id, text=text), stand_in)
            yield _exported(number, task, results, stand_in)

    def _results(self, gold: Document, shown: Document, stand_in: StandIn) -> list[dict[str, Any]]:
        projection = project_entities(gold, shown.text)
        self.gold_entities += len(gold.entities)
        self.projected += len(projection.entities)
        self.words += projection.words
        self.words_without_gold += projection.words_without_gold
        self.lost.extend(
            {
                "doc_id": shown.id,
                "gold_id": gold.id,
                "url": gold.meta.get("url", ""),
                "start": entity.start,
                "end": entity.end,
                "label": studio_label(entity.label, entity.subtype),
                "text": gold.mention(entity),
            }
            for entity in projection.lost
        )
        entities, errors = with_errors(
            replace(shown, entities=projection.entities),
            rate=stand_in.error_rate,
            seed=f"{stand_in.seed}\n{stand_in.name}\n{shown.id}",
        )
        for error in errors:
            self.errors[error] += 1
        return [{**result_from_entity(shown, entity), "origin": "manual"} for entity in entities]


def simulate_annotations(
    tasks: str | Path,
    gold: str | Path,
    out: str | Path,
    *,
    stand_in: StandIn,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Write a Label Studio export in which `gold` stands in for annotators, and return the report.

    Raises:
        InputError: there is no task, or no gold document has a url.
        OutputError: `out` exists and `overwrite` is off, or it is what is read.
    """
    require_file_to_write(Path(out), overwrite=overwrite, inputs=[tasks, gold])
    index = GoldIndex(read_documents(gold))
    simulation = Simulation()
    exported = simulation.annotate(read_tasks(tasks), index, stand_in)
    write_tasks(out, exported, overwrite=overwrite)
    return simulation.report()


def with_errors(
    document: Document, *, rate: float, seed: int | str
) -> tuple[tuple[Entity, ...], list[str]]:
    """The document's entities after a careless annotator, and the kinds of error that were made.

    A wrong boundary takes in or leaves out one word; where that would empty the entity or run into
    another one, the entity is missed instead. No overlap arises that was not there.
    """
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    words = word_spans(document.text)
    result: list[Entity] = []
    errors: list[str] = []
    for place, entity in enumerate(document.entities):
        if chance.random() >= rate:
            result.append(entity)
            continue
        error = chance.choice(("boundary", "label", "missing"))
        changed: Entity | None = None
        if error == "label":
            others = [n for n in STUDIO_LABELS if n != studio_label(entity.label, entity.subtype)]
            label, subtype = label_and_subtype(chance.choice(others))
            changed = replace(entity, label=label, subtype=subtype)
        elif error == "boundary":
            changed = _moved(entity, words, chance)
            neighbours = (*result[-1:], *document.entities[place + 1 : place + 2])
            if changed and any(
                changed.start < other.end and other.start < changed.end for other in neighbours
            ):
                changed = None
        errors.append(error if changed else "missing")
        if changed:
            result.append(changed)
    return tuple(result), errors


def _moved(entity: Entity, words: list[tuple[int, int]], chance: random.Random) -> Entity | None:
    inside = [
        n for n, (start, end) in enumerate(words) if start < entity.end and end > entity.start
    ]
    first, last = inside[0], inside[-1]
    if chance.random() < 0.5:
        first += chance.choice((-1, 1))
    else:
        last += chance.choice((-1, 1))
    if not 0 <= first <= last < len(words):
        return None
    return replace(entity, start=words[first][0], end=words[last][1])


def _rejection(doc_id: str) -> dict[str, Any]:
    return {
        "value": {"choices": ["Other"]},
        "id": hashlib.sha256(doc_id.encode()).hexdigest()[:10],
        "from_name": REJECT_TAG,
        "to_name": TEXT_TAG,
        "type": "choices",
        "origin": "manual",
    }


def _exported(
    number: int, task: dict[str, Any], results: list[dict[str, Any]], stand_in: StandIn
) -> dict[str, Any]:
    """The task with all fields of Label Studio 1.2x's JSON export, users given in full."""
    moment = _EPOCH + timedelta(minutes=number)
    when = f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"
    predictions = task.get("predictions") or []
    user = {"id": 1, "email": stand_in.name, "first_name": "Simulated", "last_name": "annotator"}
    annotation = {
        "id": number,
        "completed_by": user,
        "result": results,
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": when,
        "updated_at": when,
        "draft_created_at": None,
        "lead_time": 0.0,
        "prediction": {},
        "result_count": len(results),
        "unique_id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{stand_in}{task['data']['doc_id']}")),
        "import_id": None,
        "last_action": None,
        "bulk_created": False,
        "task": number,
        "project": 1,
        "updated_by": 1,
        "parent_prediction": None,
        "parent_annotation": None,
        "last_created_by": None,
    }
    return {
        "id": number,
        "annotations": [annotation],
        "file_upload": "tasks.json",
        "drafts": [],
        "predictions": predictions,
        "data": task["data"],
        "meta": {},
        "created_at": when,
        "updated_at": when,
        "allow_skip": True,
        "inner_id": number,
        "total_annotations": 1,
        "cancelled_annotations": 0,
        "total_predictions": len(predictions),
        "comment_count": 0,
        "unresolved_comment_count": 0,
        "last_comment_updated_at": None,
        "project": 1,
        "updated_by": 1,
        "comment_authors": [],
    }
