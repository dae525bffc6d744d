"""`gliner:ID`: any GLiNER model, asked for the same entity types in every text.

The types are prompts that are fixed before any text is read. The package's own evaluation derives them for
each text from its gold, which tells the model what is there; nothing of the kind happens here.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from gonerd.adapters.adapter import AdapterOptions, ModelCard
from gonerd.adapters.device import usable_device
from gonerd.adapters.label_map import LabelMap
from gonerd.adapters.model_files import model_files
from gonerd.adapters.peer_package import imported, version_of
from gonerd.adapters.span_reader import Piece, Reading, SpanReader, subwords_of
from gonerd.adapters.span_windows import FoundSpan
from gonerd.errors import ConfigError, InputError
from gonerd.schema import Document, Span

__all__ = ["PROMPTS", "THRESHOLD", "GlinerModel", "adapter_from_argument"]

PROMPTS: Mapping[str, str] = {
    "person": "PER",
    "organization": "ORG",
    "location": "LOC",
    "age": "MISC",
    "address": "MISC",
    "phone number": "MISC",
}
"""What a model is asked for where --label-map names nothing else, and which label that is."""

THRESHOLD = 0.5
"""The package's own default, and that of its models' cards."""

BATCH_SIZE = 8


class GlinerModel:
    """A GLiNER model with its prompts; it reads words as it cuts them itself."""

    def __init__(self, model: Any, prompts: Sequence[str], threshold: float) -> None:
        self._model = model
        self._prompts = list(prompts)
        self._threshold = threshold
        self._cut = model.data_processor.words_splitter
        config = model.config
        self.unit, self.most = "words", int(config.max_len)
        positions = _absolute_positions(config.encoder_config)
        if (
            positions is not None
        ):  # an encoder that ends somewhere counts subwords, prompts included
            room = positions - self._prompt_subwords()
            self.unit, self.most = "subwords", min(self.most, room)

    def words(self, document: Document) -> list[Span]:
        """As the model's own splitter cuts them."""
        return [(start, end) for _, start, end in self._cut(document.text)]

    def sizes(self, words: Sequence[str]) -> list[int]:
        """One unit a word, or its subwords where the encoder's positions end."""
        return [1] * len(words) if self.unit == "words" else self._subwords(words)

    def find(self, pieces: Sequence[Piece]) -> list[list[FoundSpan]]:
        """What the model holds for one of the prompts, above the threshold; flat by score in each piece."""
        with warnings.catch_warnings():  # a text that is cut in silence would be a score that lies
            warnings.filterwarnings("error", message=".*has been truncated to.*")
            answers = self._model.inference(
                [piece.text for piece in pieces],
                self._prompts,
                flat_ner=True,
                threshold=self._threshold,
                multi_label=False,
                batch_size=len(pieces),
            )
        return [
            [FoundSpan(e["start"], e["end"], e["label"], float(e["score"])) for e in answer]
            for answer in answers
        ]

    def _prompt_subwords(self) -> int:
        """Places that the prompts and the special tokens take, from above."""
        config = self._model.config
        marked = [word for prompt in self._prompts for word in (config.ent_token, prompt)]
        return sum(self._subwords([*marked, config.sep_token])) + 2

    def _subwords(self, words: Sequence[str]) -> list[int]:
        tokenizer = self._model.data_processor.transformer_tokenizer
        return [max(1, size) for size in subwords_of(tokenizer, words)]


def adapter_from_argument(argument: str, options: AdapterOptions) -> SpanReader:
    """`gliner:ID` or `gliner:FOLDER`, and `?threshold=0.3` behind it.

    Raises:
        ExtraError: the package gliner is not installed.
        InputError: there is no such model.
        ConfigError: an option makes no sense.
    """
    options.refuse("gliner", "dtype", "compile")
    name, threshold = _threshold_of(argument)
    if not name:
        raise ConfigError("--model gliner needs a folder or a Hub id, as in gliner:NAMESPACE/NAME")
    prompts = PROMPTS if options.label_map is None else _prompts(options.label_map)
    package = imported("gliner", package="gliner", kind="gliner")
    device = usable_device(options.device)
    files = model_files(name)
    if not (files.folder / "gliner_config.json").is_file():
        raise InputError(f"gliner:{name} is no GLiNER model: it has no gliner_config.json")
    loaded = package.GLiNER.from_pretrained(
        str(files.folder), local_files_only=True, map_location=str(device)
    )
    model = GlinerModel(loaded, list(prompts), threshold)
    reading = Reading.from_options(
        "gliner", options, max_len=model.most, most=model.most, unit=model.unit
    )
    card = ModelCard(
        kind="gliner",
        id=files.id,
        revision=files.revision,
        weights_sha256=files.weights_sha256,
        params=sum(parameter.numel() for parameter in loaded.model.parameters()),
        max_len=model.most,
        details={
            "gliner": version_of("gliner"),
            "transformers": version_of("transformers"),
            "prompts": list(prompts),
            "threshold": threshold,
            "max_len_unit": model.unit,
            "max_entity_words": loaded.config.max_width,
            "overlaps": "flat, by score",
        },
    )
    labels = LabelMap(dict(prompts), automatic=options.label_map is None)
    return SpanReader(model, card, labels, reading, options, batch_size=BATCH_SIZE)


def _prompts(label_map: Mapping[str, str | None]) -> Mapping[str, str | None]:
    """The types of --label-map are what is asked for; those that are left out compete with the others.

    Raises:
        ConfigError: no type gets a label.
    """
    if not any(label_map.values()):
        raise ConfigError("--label-map: none of the types becomes a label, nothing would be found")
    return label_map


def _threshold_of(argument: str) -> tuple[str, float]:
    name, asked, query = argument.partition("?")
    key, _, value = query.partition("=")
    if not asked:
        return name, THRESHOLD
    try:
        threshold = float(value)
    except ValueError:
        threshold = -1.0
    if key != "threshold" or not 0 < threshold < 1:
        raise ConfigError(
            f"--model gliner:{argument}: expected ?threshold=NUMBER between 0 and 1, found ?{query}"
        )
    return name, threshold


def _absolute_positions(encoder: Any) -> int | None:
    """How many places an encoder has; None where places are relative and don't end."""
    if not getattr(encoder, "position_biased_input", True):
        return None  # DeBERTa, as most GLiNER models have it
    places: int | None = getattr(encoder, "max_position_embeddings", None)
    return places
