"""Predictions in files: written by `gonerd eval`, read again by `--model preds:FILE`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from gonerd.adapters.adapter import AdapterOptions, ModelCard, Prediction
from gonerd.adapters.policy import Policy
from gonerd.console import kind_of
from gonerd.errors import ConfigError, InputError, SchemaError
from gonerd.files import file_sha256
from gonerd.records import read_json_lines
from gonerd.schema import Document, Entity, text_sha256

__all__ = [
    "PredictionsFile",
    "adapter_from_argument",
    "prediction_from_record",
    "read_predictions",
    "record_from_prediction",
]


LONGEST_SPAN = 80
"""Characters of a span that a message quotes."""

_SPAN = "[start, end, label] or [start, end, label, score]"
_FIELDS = {
    "doc_id": (str, "a string"),
    "text_sha256": (str, "a string"),
    "entities": (list, f"a list of {_SPAN}"),
    "consumed_to": (int, "a whole number from 0"),
    "windows": (int, "a whole number from 0"),
    "dropped": (dict, "an object"),
    "repairs": (int, "a whole number from 0"),
    "error": (str, "a string"),
}
_REQUIRED = tuple(_FIELDS)[:4]


def record_from_prediction(prediction: Prediction, text: str) -> dict[str, Any]:
    """One line of predictions.jsonl.zst; offsets count code points of the document's text, end-exclusive."""
    scores = prediction.scores
    spans: list[list[Any]] = [[e.start, e.end, e.label] for e in prediction.entities]
    if scores is not None:
        spans = [[*span, score] for span, score in zip(spans, scores, strict=True)]
    record: dict[str, Any] = {
        "doc_id": prediction.doc_id,
        "text_sha256": text_sha256(text),
        "entities": spans,
        "consumed_to": prediction.consumed_to,
        "windows": prediction.windows,
    }
    if prediction.dropped:
        record["dropped"] = dict(prediction.dropped)
    if prediction.repairs:
        record["repairs"] = prediction.repairs
    if prediction.error is not None:
        record["error"] = prediction.error
    return record


def prediction_from_record(record: Any) -> tuple[Prediction, str]:
    """The prediction of a line, and the hash of the text that it is for.

    Raises:
        SchemaError: a field is missing, unknown or of the wrong type, or some entities have a score and
            others none.
    """
    if not isinstance(record, dict):
        raise SchemaError(f"a prediction is {kind_of(record)}, expected an object")
    for name in _REQUIRED:
        if name not in record:
            raise SchemaError(f"field {name!r} is missing")
    for name, value in record.items():
        if name not in _FIELDS:
            raise SchemaError(f"field {name!r} is unknown; expected {', '.join(_FIELDS)}")
        type_, expected = _FIELDS[name]
        if type(value) is not type_ or (isinstance(value, int) and value < 0):
            raise SchemaError(f"field {name!r} is {kind_of(value)}, expected {expected}")
    if "error" in record and record["entities"]:
        raise SchemaError("has an error and entities, expected one of them")
    for name, count in record.get("dropped", {}).items():
        if type(count) is not int or count < 0:
            raise SchemaError(
                f"dropped {name!r} is {kind_of(count)}, expected a whole number from 0"
            )
    spans = [_span(span) for span in record["entities"]]
    scores = [score for _, score in spans if score is not None]
    if scores and len(scores) < len(spans):
        raise SchemaError("some entities have a score and others none, expected all or none")
    prediction = Prediction(
        doc_id=record["doc_id"],
        entities=tuple(entity for entity, _ in spans),
        consumed_to=record["consumed_to"],
        windows=record.get("windows", 1),
        scores=tuple(scores) if scores else None,
        dropped=record.get("dropped", {}),
        repairs=record.get("repairs", 0),
        error=record.get("error"),
    )
    return prediction, record["text_sha256"]


def read_predictions(path: str | Path) -> Iterator[tuple[Prediction, str]]:
    """Yield each line's prediction with the hash of its text.

    Raises:
        SchemaError: a line is no prediction; the message names file and line.
    """
    for number, record in read_json_lines(path):
        try:
            yield prediction_from_record(record)
        except SchemaError as problem:
            raise SchemaError(f"{path}:{number}: {problem}") from None


def _span(span: Any) -> tuple[Entity, float | None]:
    types = [type(part) for part in span] if type(span) is list else []
    if types[:3] != [int, int, str] or types[3:] not in ([], [int], [float]):
        raise SchemaError(f"{json.dumps(span)[:LONGEST_SPAN]} is not {_SPAN}")
    return Entity(*span[:3]), float(span[3]) if types[3:] else None


class PredictionsFile:
    """Predictions made elsewhere, as if by a model."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: dict[str, tuple[Prediction, str]] = {}
        for prediction, digest in read_predictions(path):
            if prediction.doc_id in self.found:
                raise SchemaError(f"{path}: document {prediction.doc_id!r} is predicted twice")
            self.found[prediction.doc_id] = prediction, digest
        digest = file_sha256(path)
        self.card = ModelCard(kind="preds", id=path.name, revision=digest[:40])
        self.policy = Policy()

    def predict(self, documents: Iterable[Document]) -> Iterator[Prediction]:
        """Yield the file's prediction for each document.

        Raises:
            InputError: a document has none, or the file's is for another text.
        """
        for document in documents:
            if document.id not in self.found:
                raise InputError(f"{self.path} has no prediction for document {document.id!r}")
            prediction, digest = self.found[document.id]
            if digest != text_sha256(document.text):
                raise InputError(
                    f"{self.path}: the prediction for {document.id!r} is for another text"
                )
            yield prediction


def adapter_from_argument(argument: str, options: AdapterOptions) -> PredictionsFile:
    """`preds:FILE`; nothing is computed, so no option is taken."""
    options.refuse("preds", *AdapterOptions.__slots__)
    if not argument:
        raise ConfigError("--model preds needs a file, as in preds:run/predictions.jsonl.zst")
    return PredictionsFile(Path(argument))
