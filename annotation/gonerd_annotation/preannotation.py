"""What annotators are shown before they begin: a model's entities, and on some documents nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gonerd.errors import ConfigError
from gonerd.labels import SUBTYPES
from gonerd.schema import Document, Entity
from gonerd.tokens import token_spans
from gonerd_annotation.draw import drawn
from gonerd_annotation.subtype import subtype_by_form

if TYPE_CHECKING:
    from gonerd.adapters import Adapter, ModelCard

__all__ = [
    "SHOWN",
    "WITHHELD",
    "Preannotation",
    "PreannotationSource",
    "preannotation_from_source",
]

SHOWN = "shown"
WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class PreannotationSource:
    """Where pre-annotations come from; without model and entities there are none."""

    model: str | None = None
    """KIND[:ARGUMENT] of an adapter, as `gonerd eval --model` takes it."""
    device: str = "cpu"
    """Where the model runs."""
    entities_of: str | None = None
    """The name under which the documents' own entities are shown, instead of a model's."""
    withheld: float = 0.0
    """Share of documents that is shown nothing, from 0 to 1, drawn by `seed`."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.model is not None and self.entities_of is not None:
            raise ConfigError("--model and --with-entities exclude each other")
        if not 0 <= self.withheld <= 1:
            raise ConfigError(
                f"--no-preannotation is {self.withheld}, a share from 0 to 1 was expected"
            )
        if self.withheld and self.model is None and self.entities_of is None:
            raise ConfigError(
                "--no-preannotation needs pre-annotations, from --model or --with-entities"
            )
        if self.entities_of is not None and not self.entities_of.strip():
            raise ConfigError("--model-version is empty, the name of who found them was expected")


@dataclass(slots=True)
class Preannotation:
    """What goes along with each document's task, and counts of it."""

    model_version: str | None = None
    """Who found the entities, with its revision; None where there is no pre-annotation at all."""
    withheld: frozenset[str] = frozenset()
    """Ids of the documents that are shown nothing."""
    withheld_share: float = 0.0
    adapter: Adapter | None = None
    """The model; without one the documents' own entities are shown."""
    entities: int = 0
    """How many are shown."""
    without_subtype: int = 0
    """How many MISC entities are not shown, since no subtype of it fits their form."""
    without: int = 0
    """How many documents are shown nothing."""

    def show(self, documents: Sequence[Document]) -> list[Document]:
        """The documents with the entities that annotators are shown, none where nothing is.

        Raises:
            CheckError: the model gave no sound prediction for a document.
        """
        if self.model_version is None:
            return [replace(document, entities=()) for document in documents]
        shown = [document for document in documents if document.id not in self.withheld]
        found = self._found(shown)
        self.without += len(documents) - len(shown)
        self.entities += sum(map(len, found.values()))
        return [replace(document, entities=found.get(document.id, ())) for document in documents]

    def data(self, doc_id: str) -> dict[str, str]:
        """What the task of a document records of it, for the comparison when it comes back."""
        if self.model_version is None:
            return {}
        shown = WITHHELD if doc_id in self.withheld else SHOWN
        return {"preannotation": shown, "preannotation_model": self.model_version}

    def settings(self) -> dict[str, Any]:
        """Model and share, as the plan of a push fixes them."""
        return {"model_version": self.model_version, "no_preannotation": self.withheld_share}

    def report(self) -> dict[str, Any]:
        """The counts for the command's report."""
        return {
            "model_version": self.model_version,
            "predicted_entities": self.entities,
            "predicted_without_subtype": self.without_subtype,
            "without_preannotation": self.without,
        }

    def _found(self, documents: Sequence[Document]) -> dict[str, tuple[Entity, ...]]:
        return {
            document.id: self._showable(document, entities)
            for document, entities in zip(documents, self._entities(documents), strict=True)
        }

    def _entities(self, documents: Sequence[Document]) -> Iterator[tuple[Entity, ...]]:
        if self.adapter is None:
            yield from (document.entities for document in documents)
            return
        from gonerd.adapters import predictions_of

        for prediction in predictions_of(self.adapter, [_tokenized(one) for one in documents]):
            yield prediction.entities

    def _showable(self, document: Document, entities: Iterable[Entity]) -> tuple[Entity, ...]:
        placed = [_with_subtype(document, entity) for entity in entities]
        self.without_subtype += placed.count(None)
        return tuple(entity for entity in placed if entity is not None)


def preannotation_from_source(
    source: PreannotationSource, *, among: Iterable[str]
) -> Preannotation:
    """The pre-annotation of a batch; a model is loaded here, and asked by `show`.

    Those that are shown nothing are drawn from the ids `among`, so that what is left out of a batch
    later changes nothing for the others.

    Raises:
        ConfigError: there is no such adapter.
        InputError: there is no such model.
    """
    if source.model is None and source.entities_of is None:
        return Preannotation()
    withheld = drawn(among, source.withheld, seed=source.seed, purpose="preannotation")
    if source.model is None:
        return Preannotation(source.entities_of, withheld, source.withheld)
    from gonerd.adapters import AdapterOptions, adapter_from_spec

    adapter = adapter_from_spec(source.model, AdapterOptions(device=source.device))
    return Preannotation(_version(adapter.card), withheld, source.withheld, adapter)


def _version(card: ModelCard) -> str:
    """`kind:id@revision`, as Label Studio keeps it with every prediction; of a folder, its name alone."""
    id_ = Path(card.id).resolve().name if Path(card.id).is_dir() else card.id
    name = id_ if id_ == card.kind else f"{card.kind}:{id_}"
    return f"{name}@{card.revision}"


def _tokenized(document: Document) -> Document:
    tokens = document.tokens
    return replace(document, tokens=tuple(token_spans(document.text) if tokens is None else tokens))


def _with_subtype(document: Document, entity: Entity) -> Entity | None:
    """The entity as the interface can show it: where the label has subtypes, with the one of its form."""
    if entity.subtype or entity.label not in SUBTYPES:
        return entity
    subtype = subtype_by_form(document.mention(entity))
    return replace(entity, subtype=subtype) if subtype else None
