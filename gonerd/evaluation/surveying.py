"""The split that is evaluated, looked through once before any model reads it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from gonerd.dataset.building import content_hash
from gonerd.dataset.card import SYNTHETIC_NOTICE
from gonerd.dataset.entries import gold_hash
from gonerd.dataset.loading import ALL, load
from gonerd.dataset.places import dataset_id
from gonerd.errors import InputError
from gonerd.labels import LABELS
from gonerd.scoring.seen import Form, seen_forms

__all__ = ["SplitRecord", "seen_in_training", "split_record"]

TRAIN = "train"


@dataclass(frozen=True, slots=True)
class SplitRecord:
    """What a split holds."""

    as_json: dict[str, Any]
    """The `dataset` of a result."""
    documents: int
    tokens: int


def split_record(dataset: str, split: str) -> SplitRecord:
    """Read all documents of a split, one at a time, and keep their counts and hashes.

    Raises:
        InputError: the dataset is missing, the split is empty, or it is standard input, which can't be
            read again.
    """
    if dataset == "-":
        raise InputError(
            "gonerd eval reads the dataset more than once and can't take it from standard input; "
            "expected a folder, a Hub id or a file"
        )
    opened = load(dataset)
    hashes: list[tuple[str, str]] = []
    by_type: Counter[str] = Counter()
    tokens = 0
    synthetic = False
    for document in opened.documents(split):
        hashes.append((document.id, gold_hash(document)))
        by_type.update(entity.label for entity in document.entities)
        tokens += len(document.tokens or ())
        synthetic |= str(document.meta.get("domain", "")).endswith(".example")
    if not hashes:
        raise InputError(f"split {split!r} of {dataset} holds no documents")
    digest = content_hash(hashes)
    record = {
        "id": dataset_id(dataset),
        "revision": digest[:40],
        "split": split,
        "split_sha256": digest,
        "fingerprint": opened.built.fingerprint if opened.built is not None else None,
        "n_docs": len(hashes),
        "gold_total": by_type.total(),
        "gold_by_type": {label: by_type[label] for label in LABELS},
        "synthetic": synthetic,
        "notice": SYNTHETIC_NOTICE if synthetic else None,
    }
    return SplitRecord(record, len(hashes), tokens)


def seen_in_training(dataset: str, split: str) -> frozenset[Form] | None:
    """The forms of the train split's entities; None where that says nothing about `split`."""
    opened = load(dataset)
    if TRAIN not in opened.splits or split in (TRAIN, ALL):
        return None
    return seen_forms(opened.documents(TRAIN))
