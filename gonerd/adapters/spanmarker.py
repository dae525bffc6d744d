"""`spanmarker:ID`: any SpanMarker model.

It names spans of a few words (eight, as a rule). The package's own evaluation leaves longer gold out of the
denominator; here they are missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gonerd.adapters.adapter import AdapterOptions, ModelCard
from gonerd.adapters.device import usable_device
from gonerd.adapters.label_map import LabelMap
from gonerd.adapters.model_files import ModelFiles, model_files
from gonerd.adapters.peer_package import imported, version_of
from gonerd.adapters.span_reader import Piece, Reading, SpanReader, subwords_of
from gonerd.adapters.span_windows import FoundSpan
from gonerd.errors import ConfigError, InputError
from gonerd.files import read_json
from gonerd.schema import Document, Span
from gonerd.tokens import words_of

__all__ = ["MODEL_TYPE", "SpanMarker", "adapter_from_argument"]

MODEL_TYPE = "span-marker"
BATCH_SIZE = 4
SPECIAL_TOKENS = 2


class SpanMarker:
    """A SpanMarker model that gets the corpus's tokens as its words."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._tokenizer = model.tokenizer.tokenizer
        self.most = int(model.tokenizer.model_max_length) - SPECIAL_TOKENS

    def words(self, document: Document) -> list[Span]:
        """Tokens of which the model sees anything: its tokenizer swallows some (a lone joiner)."""
        places = words_of(document)
        sizes = self.sizes([document.text[start:end] for start, end in places])
        return [place for place, size in zip(places, sizes, strict=True) if size]

    def sizes(self, words: Sequence[str]) -> list[int]:
        """Subwords of each word."""
        return subwords_of(self._tokenizer, words)

    def find(self, pieces: Sequence[Piece]) -> list[list[FoundSpan]]:
        """What the model names; flat by score in each piece."""
        answers = self._model.predict(
            [list(piece.words) for piece in pieces], batch_size=len(pieces)
        )
        return [
            [
                FoundSpan(
                    piece.places[entity["word_start_index"]][0],
                    piece.places[entity["word_end_index"] - 1][1],
                    entity["label"],
                    float(entity["score"]),
                )
                for entity in answer
            ]
            for piece, answer in zip(pieces, answers, strict=True)
        ]


def adapter_from_argument(argument: str, options: AdapterOptions) -> SpanReader:
    """`spanmarker:ID` or `spanmarker:FOLDER`.

    Raises:
        ExtraError: the package span-marker is not installed.
        InputError: there is no such model.
        ConfigError: an option makes no sense, or no type is one of ours.
    """
    options.refuse("spanmarker", "dtype", "compile")
    if not argument:
        raise ConfigError(
            "--model spanmarker needs a folder or a Hub id, as in spanmarker:NAMESPACE/NAME"
        )
    package = imported("span_marker", package="span-marker", kind="spanmarker")
    device = usable_device(options.device)
    files = model_files(argument)
    _require_span_marker(files, argument)
    loaded = package.SpanMarkerModel.from_pretrained(str(files.folder)).to(device).eval()
    model = SpanMarker(loaded)
    config = loaded.config
    types = [name for number, name in config.id2label.items() if number != config.outside_id]
    labels = LabelMap.for_types(types, options.label_map)
    reading = Reading.from_options(
        "spanmarker", options, max_len=model.most, most=model.most, unit="subwords"
    )
    card = ModelCard(
        kind="spanmarker",
        id=files.id,
        revision=files.revision,
        weights_sha256=files.weights_sha256,
        params=sum(parameter.numel() for parameter in loaded.parameters()),
        max_len=model.most,
        details={
            "span_marker": version_of("span-marker"),
            "transformers": version_of("transformers"),
            "max_len_unit": "subwords",
            "max_entity_words": config.entity_max_length,
            "trained_with_document_context": bool(config.trained_with_document_context),
            "overlaps": "flat, by score",
        },
    )
    return SpanReader(model, card, labels, reading, options, batch_size=BATCH_SIZE)


def _require_span_marker(files: ModelFiles, argument: str) -> None:
    path = files.folder / "config.json"
    found = read_json(path).get("model_type") if path.is_file() else None
    if found != MODEL_TYPE:
        raise InputError(
            f"spanmarker:{argument} is no SpanMarker model: its config.json "
            + (f"says model_type {found!r}" if path.is_file() else "is missing")
        )
