"""Documents through a tagger, in batches of similar length, with results in the documents' order."""

from __future__ import annotations

from collections.abc import Sequence

from gonerd.align import entities_from_tags
from gonerd.schema import Document, Entity
from gonerd.scoring.counts import Counts, exact_match
from gonerd_baselines.packing import batches_by_tokens
from gonerd_baselines.tagger.data import SplitFeatures
from gonerd_baselines.tagger.features import TokenFeatures, batch_from_features
from gonerd_baselines.tagger.model import Tagger

__all__ = ["BATCH_TOKENS", "predicted_entities", "validation_counts"]

BATCH_TOKENS = 8192
"""Tokens a batch in prediction; no result depends on it beyond rounding."""


def predicted_entities(
    tagger: Tagger,
    documents: Sequence[Document],
    features: Sequence[TokenFeatures],
    *,
    batch_tokens: int = BATCH_TOKENS,
    batch_documents: int | None = None,
) -> list[list[Entity]]:
    """The entities of each document, which must have tokens; a document longer than a batch is read whole."""
    was_training = tagger.training
    tagger.eval()
    lengths = [len(f.words) for f in features]
    order = sorted(range(len(documents)), key=lambda index: lengths[index])
    found: list[list[Entity]] = [[] for _ in documents]
    for together in batches_by_tokens(lengths, order, batch_tokens):
        size = batch_documents or len(together)
        for begin in range(0, len(together), size):
            part = together[begin : begin + size]
            batch = batch_from_features(
                [features[index] for index in part], tagger.lexicon, device=tagger.device
            )
            for index, tags in zip(part, tagger.tag(batch), strict=True):
                names = [tagger.config.tags[tag] for tag in tags]
                found[index] = entities_from_tags(documents[index].tokens or (), names)
    tagger.train(was_training)
    return found


def validation_counts(tagger: Tagger, split: SplitFeatures) -> Counts:
    """Exact-match counts of a tagger over a split, all labels together."""
    found = predicted_entities(tagger, split.documents, split.features)
    scored = (
        exact_match(gold, entities) for gold, entities in zip(split.documents, found, strict=True)
    )
    return sum((score.total for score in scored), Counts())
