"""Named entity recognition as a task: subwords with tags to learn, entities of documents to be judged by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gonerd.adapters.predictions import record_from_prediction
from gonerd.dataset import dataset_or_default
from gonerd.errors import InputError
from gonerd_baselines.tasks.examples import Examples
from gonerd_baselines.tasks.ner.decoding import decoded, prediction_of
from gonerd_baselines.tasks.ner.features import tags_of
from gonerd_baselines.tasks.ner.pieces import Pieces, pieces_of
from gonerd_baselines.tasks.ner.prepared import (
    Prepared,
    is_prepared,
    prepared_by,
    read_prepared,
    tokenizer_sha256,
)
from gonerd_baselines.tasks.ner.scores import document_table, scores_of
from gonerd_baselines.tasks.ner.splits import DatasetSplits, splits_of
from gonerd_baselines.tasks.reader import Reader
from gonerd_baselines.tasks.task import DEVELOPMENT, EncodedTask, Evaluation, Task

__all__ = ["EncodedNer", "NerTask", "ner_task"]

TRAIN = "train"


def ner_task(name: str, data: str | None) -> NerTask:
    """The task on the dataset `data`: whatever `splits_of` opens, or a folder that `prepare` wrote.

    Raises:
        InputError: there is no such dataset, or a split is missing.
        AlignmentError: an entity does not fit the tokens.
    """
    del name  # there is one
    dataset = dataset_or_default(data)
    return NerTask(read_prepared(dataset) if is_prepared(dataset) else splits_of(dataset))


class NerTask(Task):
    """BIO tags, each on the first subword of its word; no other subword counts."""

    name = "ner"
    head = "token"
    metric = "f1"
    config: Mapping[str, Any] = MappingProxyType({"tag_scheme": "iob2"})
    """Our readers then need not find out whether entities begin with B-."""

    def __init__(self, source: Prepared | DatasetSplits) -> None:
        self.source = source
        self.labels = tags_of(source.labels)

    def encoded(self, reader: Reader) -> EncodedNer:
        """The splits in pieces of `reader.max_len` subwords.

        Raises:
            InputError: the dataset was prepared by another tokenizer.
        """
        source = self.source
        if isinstance(source, Prepared):
            if source.tokenizer_sha256 != tokenizer_sha256(reader.tokenizer):
                raise InputError(
                    f"{source.dataset} was prepared by another tokenizer than that of {reader.name}; "
                    "prepare it again with --prepare and this model"
                )
            return EncodedNer(source, max_len=reader.max_len)
        return EncodedNer(prepared_by(reader.tokenizer, source), max_len=reader.max_len)

    def record(self) -> Mapping[str, Any]:
        """The dataset and its label set."""
        return {"dataset": self.source.dataset, "labels": list(self.source.labels)}


class EncodedNer(EncodedTask):
    """Splits in pieces; scores are of whole documents."""

    def __init__(self, prepared: Prepared, *, max_len: int) -> None:
        """Cut what is longer than `max_len` subwords.

        Raises:
            InputError: there is no entity to learn from, or to choose the weights by.
        """
        self.prepared = prepared
        self.pieces: dict[str, Pieces] = {
            split: pieces_of(
                features, prepared.frame, name=f"{prepared.dataset}, {split}", max_len=max_len
            )
            for split, features in prepared.splits.items()
        }
        for split in (TRAIN, DEVELOPMENT):
            if not len(prepared.splits[split].entities):
                raise InputError(f"{prepared.dataset}: no document of {split} has an entity")
        examples = {split: pieces.examples for split, pieces in self.pieces.items()}
        self.train: Examples = examples.pop(TRAIN)
        self.held_out: Mapping[str, Examples] = examples

    def record(self) -> Mapping[str, Any]:
        """By split its documents, words, subwords and entities, and how many entities are out of reach."""
        return {"splits": self.prepared.facts()}

    def evaluate(self, split: str, logits: Iterable[NDArray[np.float32]]) -> Evaluation:
        """Strict F1 of entities; the best well-formed tags of each document, all gold counted.

        Predictions are lines that `gonerd score` and `--model preds:FILE` read.
        """
        pieces, labels, tags = self.pieces[split], self.prepared.labels, self.prepared.tags
        said = pieces.log_probabilities(logits, tags=len(tags))
        found = decoded(said, pieces.features, tags=tags, labels=labels)
        table = document_table(pieces.features, found, labels=labels)
        scores = scores_of(table, labels)
        metrics = {name: scores[name] for name in ("f1", "precision", "recall")}
        metrics |= {f"f1_{label}": scores["by_type"][label]["f1"] for label in labels}
        predictions = [
            # the text itself is not here, its hash is
            record_from_prediction(prediction_of(one, number, pieces, labels), "")
            | {"text_sha256": str(pieces.features.text_sha256[number])}
            for number, one in enumerate(found)
        ]
        return Evaluation(metrics, predictions, scores)
