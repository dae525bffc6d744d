"""Annotators for tests: any spans on any texts, and small exports written to files."""

from __future__ import annotations

from hypothesis import strategies as st

from gonerd import Document, Entity
from gonerd_annotation.annotators import Annotator
from tests.annotation.answers import studio_documents

__all__ = ["at", "document", "entities_of", "person", "teams"]


@st.composite
def teams(draw: st.DrawFn, *, people: int = 3, documents: int = 4) -> list[Annotator]:
    """People who annotated some of the same documents, with spans that may cut tokens, nest and overlap."""
    texts = [draw(studio_documents()).text for _ in range(draw(st.integers(1, documents)))]
    team = [Annotator(name, [f"{name}.json"]) for name in "abcd"[: draw(st.integers(2, people))]]
    for annotator in team:
        for number, text in enumerate(texts):
            if not draw(st.booleans()):
                continue
            entities = draw(entities_of(text))
            annotator.documents[f"d{number}"] = Document(
                id=f"d{number}", text=text, entities=tuple(entities)
            )
    return team


@st.composite
def entities_of(draw: st.DrawFn, text: str) -> set[Entity]:
    entities = set()
    for _ in range(draw(st.integers(0, 5))):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, min(len(text), start + 12)))
        label, subtype = draw(
            st.sampled_from([("PER", ""), ("ORG", ""), ("MISC", "AGE"), ("MISC", "")])
        )
        entities.add(Entity(start, end, label, subtype))
    return entities


def at(text: str, mention: str, label: str, subtype: str = "") -> Entity:
    """The first mention of these characters as an entity."""
    start = text.index(mention)
    return Entity(start, start + len(mention), label, subtype)


def document(text: str, *marked: tuple[str, ...], id_: str = "d1", **meta: object) -> Document:
    """A document in which each of `marked`, (mention, label) or (mention, label, subtype), is an entity."""
    return Document(id=id_, text=text, entities=tuple(at(text, *one) for one in marked), meta=meta)


def person(name: str, *documents: Document) -> Annotator:
    """An annotator with these documents."""
    return Annotator(name, [f"{name}.jsonl"], {one.id: one for one in documents})
