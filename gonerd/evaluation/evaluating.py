"""Run a model over a split and say what it found, what it could not reach, and what that cost."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gonerd.adapters import Adapter, Prediction, predictions_of
from gonerd.adapters.predictions import record_from_prediction
from gonerd.align import fit_to_tokens
from gonerd.dataset.building import content_hash
from gonerd.dataset.card import SYNTHETIC_NOTICE
from gonerd.dataset.entries import gold_hash
from gonerd.dataset.loading import documents_of
from gonerd.dataset.places import dataset_id
from gonerd.errors import InputError
from gonerd.evaluation.schema import (
    PREDICTIONS_FILE,
    RESULT_FILE,
    SCHEMA_VERSION,
)
from gonerd.files import file_sha256, folder_to_write, write_json
from gonerd.labels import LABELS
from gonerd.machine import environment, hardware, peak_rss_mib
from gonerd.records import write_json_lines
from gonerd.schema import Document
from gonerd.scoring import score_pairs
from gonerd.scoring.counts import within

__all__ = ["evaluate_model"]


@dataclass(frozen=True, slots=True)
class _Run:
    """What came out of one pass of the model."""

    predictions: Sequence[Prediction]
    seconds: float


def evaluate_model(
    adapter: Adapter,
    out: Path,
    *,
    dataset: str,
    split: str,
    command: Sequence[str] = (),
    seed: int = 0,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Write result.json and predictions.jsonl.zst into `out`, whole or not at all; return the result.

    Raises:
        InputError: the dataset is missing or the split is empty.
        CheckError: the adapter did not give one prediction a document, in order and within the text.
        OutputError: `out` exists and `overwrite` is off.
    """
    with folder_to_write(out, overwrite=overwrite) as folder:
        documents = list(documents_of(dataset, split))
        if not documents:
            raise InputError(f"split {split!r} of {dataset} holds no documents")
        run = _run(adapter, documents)
        lines = (
            record_from_prediction(prediction, document.text)
            for prediction, document in zip(run.predictions, documents, strict=True)
        )
        write_json_lines(folder / PREDICTIONS_FILE, lines)
        result = _result(adapter, documents, run, dataset, split, list(command), seed)
        result["artifacts"] = [_artifact(folder / PREDICTIONS_FILE)]
        write_json(folder / RESULT_FILE, result)
    return result


def _run(adapter: Adapter, documents: Sequence[Document]) -> _Run:
    begin = time.perf_counter()
    predictions = list(predictions_of(adapter, documents))
    return _Run(predictions, time.perf_counter() - begin)


def _result(
    adapter: Adapter,
    documents: Sequence[Document],
    run: _Run,
    dataset: str,
    split: str,
    command: list[str],
    seed: int,
) -> dict[str, Any]:
    pairs = [(d, p.entities) for d, p in zip(documents, run.predictions, strict=True)]
    now = datetime.now(UTC)
    identity = {
        "dataset": _dataset_record(dataset, split, documents),
        "model": _model_record(adapter),
        "policy": {**adapter.policy.as_json(), "perturbation": None, "processes": 1},
        "seeds": {"bootstrap": seed},
    }
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": f"{now:%Y%m%dT%H%M%S}-{digest[:12]}",
        "created": now.isoformat(timespec="seconds"),
        "command": command,
        "config_sha256": digest,
        **identity,
        "scores": score_pairs(pairs, seed=seed),
        "coverage": _coverage(documents, run.predictions),
        "calibration": None,
        "efficiency": _efficiency(documents, run.seconds),
        "env": {"cuda": None, "driver": None, "gpu": None, **environment()},
        "provenance": "self_reported",
    }


def _dataset_record(dataset: str, split: str, documents: Sequence[Document]) -> dict[str, Any]:
    hashes = [(document.id, gold_hash(document)) for document in documents]
    by_type = Counter(entity.label for document in documents for entity in document.entities)
    synthetic = any(str(d.meta.get("domain", "")).endswith(".example") for d in documents)
    digest = content_hash(hashes)
    return {
        "id": dataset_id(dataset),
        "revision": digest[:40],
        "split": split,
        "split_sha256": digest,
        "fingerprint": None,
        "n_docs": len(documents),
        "gold_total": by_type.total(),
        "gold_by_type": {label: by_type[label] for label in LABELS},
        "synthetic": synthetic,
        "notice": SYNTHETIC_NOTICE if synthetic else None,
    }


def _model_record(adapter: Adapter) -> dict[str, Any]:
    card = adapter.card
    return {**asdict(card), "training_data": list(card.training_data)}


def _coverage(documents: Sequence[Document], predictions: Sequence[Prediction]) -> dict[str, Any]:
    reached = truncated = misaligned = 0
    for document, prediction in zip(documents, predictions, strict=True):
        reached += len(within(document.entities, prediction.consumed_to))
        truncated += prediction.consumed_to < len(document.text.rstrip())
        predicted = replace(document, entities=prediction.entities)
        misaligned += sum(
            change.problem != "overlaps another entity"
            for change in fit_to_tokens(predicted, on_misaligned="snap")[1]
        )
    gold = sum(len(document.entities) for document in documents)
    return {
        "docs_truncated": truncated,
        "gold_reachable": reached,
        "gold_lost": gold - reached,
        "n_repairs": sum(prediction.repairs for prediction in predictions),
        "n_misaligned": misaligned,
        "n_failed_docs": sum(prediction.error is not None for prediction in predictions),
        "dropped": dict(sum((Counter(p.dropped) for p in predictions), Counter[str]())),
        "failed_docs": [p.doc_id for p in predictions if p.error is not None],
    }


def _efficiency(documents: Sequence[Document], seconds: float) -> dict[str, Any]:
    tokens = sum(len(document.tokens or ()) for document in documents)
    return {
        "seconds": seconds,
        "documents_per_s": len(documents) / seconds,
        "tokens_per_s": tokens / seconds,
        "peak_rss_mib": peak_rss_mib(),
        "peak_allocated_mib": None,
        "peak_reserved_mib": None,
        "hardware": hardware(),
        "note": "one pass over the split, model loading left out; compare on the same hardware only",
        "by_length": [],
    }


def _artifact(path: Path) -> dict[str, Any]:
    return {"path": path.name, "sha256": file_sha256(path), "bytes": path.stat().st_size}
