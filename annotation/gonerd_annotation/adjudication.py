"""Where annotators agree, their answer passes; where they don't, somebody decides about the document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from gonerd.errors import SchemaError
from gonerd.schema import Document, Entity
from gonerd_annotation.annotators import Annotator, require_trust
from gonerd_annotation.intake import Intake
from gonerd_annotation.region import result_from_entity
from gonerd_annotation.task import task_from_document

__all__ = ["STANDINGS", "Case", "Decision", "Standing", "adjudication_task", "cases", "decisions"]

Standing = Literal["agreed", "adjudicated", "single", "rejected", "undecided", "unannotated"]
STANDINGS: tuple[Standing, ...] = (
    "agreed",
    "adjudicated",
    "single",
    "rejected",
    "undecided",
    "unannotated",
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the adjudicator made of a document; `rejected` holds reasons, and then there are no entities."""

    by: str
    entities: tuple[Entity, ...] = ()
    rejected: tuple[str, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """lead_time, annotation_id and updated_at of the decision."""


@dataclass(frozen=True, slots=True)
class Case:
    """One document with all that was said about it."""

    document: Document
    answers: Mapping[str, Document]
    """By annotator, those who annotated it."""
    rejections: Mapping[str, tuple[str, ...]]
    """By annotator, the reasons of those who rejected it."""
    decision: Decision | None = None

    @property
    def standing(self) -> Standing:
        """A decision always holds; without one, two or more must say exactly the same."""
        if self.decision is not None:
            return "rejected" if self.decision.rejected else "adjudicated"
        if not self.answers:
            return "rejected" if self.rejections else "unannotated"
        if len(self.answers) + len(self.rejections) == 1:
            return "single"
        same = len({frozenset(answer.entities) for answer in self.answers.values()}) == 1
        return "agreed" if same and not self.rejections else "undecided"

    @property
    def overruled(self) -> int:
        """Entities that all annotators marked, but the adjudicator did not."""
        if self.decision is None or len(self.answers) < 2:
            return 0
        common = frozenset.intersection(*(frozenset(a.entities) for a in self.answers.values()))
        return len(common - set(self.decision.entities))

    def merged(self) -> Document:
        """The document with its final entities, and in meta["annotation"] who decided each of them.

        An entity that all annotators marked, two at least, is `agreed`; another one is `adjudicated` by
        whoever decided about the document, with those who had marked it too.
        """
        names = sorted(self.answers)
        entities = self._final_entities()
        about: dict[str, Any] = {"status": self.standing, "annotators": names}
        if self.decision is not None:
            about |= {"adjudicator": self.decision.by, "decision": dict(self.decision.meta)}
        if self.rejections:
            about["rejected_by"] = sorted(self.rejections)
        about["entities"] = [self._origin(entity) for entity in entities]
        meta = {**self.document.meta, "annotation": about}
        return replace(self.document, entities=entities, meta=meta)

    def _final_entities(self) -> tuple[Entity, ...]:
        if self.decision is not None:
            return tuple(sorted(set(self.decision.entities)))
        return tuple(sorted({e for answer in self.answers.values() for e in answer.entities}))

    def _origin(self, entity: Entity) -> dict[str, Any]:
        marked_by = sorted(name for name, one in self.answers.items() if entity in one.entities)
        place: dict[str, Any] = {"start": entity.start, "end": entity.end, "label": entity.label}
        if entity.subtype:
            place["subtype"] = entity.subtype
        if len(marked_by) > 1 and len(marked_by) == len(self.answers) + len(self.rejections):
            return {**place, "agreed": marked_by}
        if self.decision is None:
            return {**place, "annotated": marked_by}
        return {**place, "adjudicated": self.decision.by, "marked_by": marked_by}


def cases(
    documents: Iterable[Document],
    annotators: Sequence[Annotator],
    decided: Mapping[str, Decision] | None = None,
) -> Iterator[Case]:
    """One case for each of `documents`, in their order.

    Raises:
        SchemaError: a decision is about a document of which no annotator said anything.
    """
    left = dict(decided or {})
    for document in documents:
        answers = {
            a.name: a.documents[document.id] for a in annotators if document.id in a.documents
        }
        rejections = {
            a.name: a.rejected[document.id] for a in annotators if document.id in a.rejected
        }
        decision = left.pop(document.id, None)
        if decision is not None and not (answers or rejections):
            raise SchemaError(
                f"document {document.id!r} is decided by {decision.by!r}, but no annotator's file has it"
            )
        yield Case(document, answers, rejections, decision)


def decisions(
    tasks: Sequence[dict[str, Any]],
    documents: Iterable[Document],
    *,
    name: str,
    skip_untrusted: bool = False,
) -> tuple[dict[str, Decision], Counter[str]]:
    """The adjudicator's answers in an export by document, and its other outcomes with their counts.

    Of several annotations on one task the latest counts. Tasks that are cancelled or have no annotation are
    not decided. The predictions in the export play no part.

    Args:
        tasks: Label Studio's JSON export of the adjudication project.
        documents: those that were annotated.
        name: what messages call the export; the adjudicator's too, where the export names nobody.
        skip_untrusted: leave out and count tasks that can't be trusted.

    Raises:
        CheckError: a task can't be trusted.
        SchemaError: see `Intake.annotate`.
    """
    intake = Intake(tasks, name=name)
    found: dict[str, Decision] = {}
    for document in intake.annotate(documents):
        about = dict(document.meta["annotation"])
        by = about.pop("annotator") or name
        found[document.id] = Decision(by, document.entities, (), about)
    if not skip_untrusted:
        require_trust(intake, len(tasks))
    outcomes: Counter[str] = Counter()
    for row in intake.left_out:
        if row["outcome"] != "rejected":
            outcomes[row["outcome"]] += 1
        elif row["doc_id"] in found:
            raise SchemaError(f"{name}: document {row['doc_id']!r} is both decided and rejected")
        else:
            found[row["doc_id"]] = Decision(name, (), tuple(row["reasons"]))
    return found, outcomes


def adjudication_task(case: Case) -> dict[str, Any]:
    """An import task on which each annotator's spans are a prediction under their name.

    Who rejected the document stands in data.rejected_by, with the reasons.

    Raises:
        SchemaError: an entity has no label in the labelling interface.
    """
    task = task_from_document(case.document)
    if case.rejections:
        task["data"]["rejected_by"] = {who: list(why) for who, why in case.rejections.items()}
    task["predictions"] = []
    for name, answer in case.answers.items():
        try:
            results = [result_from_entity(answer, entity) for entity in answer.entities]
        except SchemaError as problem:
            raise SchemaError(f"annotator {name!r}, document {answer.id!r}: {problem}") from None
        task["predictions"].append({"model_version": name, "result": results})
    return task
