"""`spacy:NAME|PATH`: any spaCy pipeline with an entity recognizer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from gonerd.errors import ConfigError, InputError
from gonerd.evaluation.adapters import AdapterOptions, ModelCard, Prediction
from gonerd.schema import Document, Entity

if TYPE_CHECKING:
    from spacy.language import Language

__all__ = ["LABEL_MAP", "SpacyPipeline", "adapter_from_argument"]

LABEL_MAP = {
    "PERSON": "PER",
    "PER": "PER",
    "ORG": "ORG",
    "GPE": "LOC",
    "LOC": "LOC",
    "FAC": "LOC",
    "MISC": "MISC",
}
"""OntoNotes' and CoNLL's types as GONERD's; any other type a pipeline finds is left out."""


class SpacyPipeline:
    """A spaCy pipeline reads each text whole; its own tokens, our offsets."""

    def __init__(self, pipeline: Language, name: str, batch_size: int | None) -> None:
        self._pipeline = pipeline
        self._batch_size = batch_size
        meta = pipeline.meta
        self.card = ModelCard(
            kind="spacy",
            id=name,
            revision=f"{meta.get('lang')}_{meta.get('name')}-{meta.get('version')}",
            license=meta.get("license") or None,
            extra={"label_map": LABEL_MAP, "spacy": meta.get("spacy_version")},
        )

    def predict(self, documents: Iterable[Document]) -> Iterator[Prediction]:
        """Yield one prediction a document."""
        pairs = ((document.text, document) for document in documents)
        self._pipeline.max_length = 10**9  # the limit guards parsers' memory; news is far below it
        for doc, document in self._pipeline.pipe(
            pairs, as_tuples=True, batch_size=self._batch_size
        ):
            entities = tuple(
                Entity(ent.start_char, ent.end_char, LABEL_MAP[ent.label_])
                for ent in doc.ents
                if ent.label_ in LABEL_MAP
            )
            yield Prediction(document.id, entities, consumed_to=len(document.text))


def adapter_from_argument(argument: str, options: AdapterOptions) -> SpacyPipeline:
    """`spacy:NAME` for an installed package, `spacy:PATH` for a folder.

    Raises:
        InputError: there is no such pipeline.
    """
    if not argument:
        raise ConfigError(
            "--model spacy needs a pipeline, as in spacy:en_core_web_sm or spacy:PATH"
        )
    options.refuse("spacy", "device", "max_len")
    import spacy

    try:
        return SpacyPipeline(spacy.load(argument), argument, options.batch_size)
    except OSError:
        raise InputError(
            f"spacy:{argument} is neither an installed pipeline nor a folder of one; "
            f"expected a name from 'pip list' or a path"
        ) from None
