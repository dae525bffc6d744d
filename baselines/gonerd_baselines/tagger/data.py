"""The training and validation documents of a tagger, checked, as features."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gonerd.errors import InputError, SchemaError
from gonerd.schema import Document, text_sha256
from gonerd_baselines.tagger.features import TokenFeatures, features_of

__all__ = ["SplitFeatures", "fingerprint", "split_features"]


@dataclass(frozen=True, slots=True)
class SplitFeatures:
    """A split's documents that have tokens, with their features in the same order."""

    documents: tuple[Document, ...]
    features: tuple[TokenFeatures, ...]

    @property
    def lengths(self) -> list[int]:
        """Tokens of each document."""
        return [len(features.words) for features in self.features]

    @property
    def tokens(self) -> int:
        """Tokens of all documents."""
        return sum(self.lengths)


def split_features(
    documents: Iterable[Document], *, split: str, tags: Sequence[str]
) -> SplitFeatures:
    """The features of a split that a model can learn from, or be chosen by.

    Raises:
        InputError: the split has no document with tokens, or no entity.
        SchemaError: an entity's label is none of the tags'.
        AlignmentError: an entity does not fall on token boundaries.
    """
    labels = sorted({tag[2:] for tag in tags if tag != "O"})
    kept = [document for document in documents if document.tokens]
    if not kept:
        raise InputError(f"the {split} split has no document with tokens; at least one is needed")
    for document in kept:
        for entity in document.entities:
            if entity.label not in labels:
                raise SchemaError(
                    f"{split} split: document {document.id!r}: label {entity.label!r} is unknown to the "
                    f"model; expected one of {', '.join(labels)}"
                )
    if not any(document.entities for document in kept):
        raise InputError(
            f"the {split} split has {len(kept)} documents and no entity; there is nothing to learn"
        )
    tag_ids = {tag: number for number, tag in enumerate(tags)}
    return SplitFeatures(tuple(kept), tuple(features_of(document, tag_ids) for document in kept))


def fingerprint(documents: Iterable[Document]) -> str:
    """SHA-256 over ids, texts, tokens and entities of `documents`, whatever their order."""
    lines = sorted(
        f"{document.id}\t{text_sha256(document.text)}\t{document.tokens}\t"
        f"{[(e.start, e.end, e.label) for e in document.entities]}"
        for document in documents
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
