"""`--model gonerd:PATH`: a tagger that `gonerd finetune` wrote, as an adapter of `gonerd eval`.

A folder with a checkpoint of transformers goes to the encoder's adapter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from gonerd.adapters import Adapter, AdapterOptions, ModelCard, Policy, Prediction
from gonerd.errors import ConfigError, InputError
from gonerd.files import file_sha256, read_json
from gonerd.schema import Document

if TYPE_CHECKING:
    from gonerd_baselines.tagger.model import Tagger

__all__ = ["TaggerAdapter", "adapter_from_argument"]

READ_AHEAD = 256
"""Documents that are sorted by length and predicted together; memory does not grow beyond them."""


def adapter_from_argument(argument: str, options: AdapterOptions) -> Adapter:
    """The adapter for the model folder `argument`: a tagger, or an encoder as `to_hf` writes it.

    Raises:
        ConfigError: no folder is named, or an option makes no sense.
        InputError: the folder is no model.
    """
    if not argument:
        raise ConfigError("--model gonerd needs a folder, as in gonerd:PATH")
    if _is_encoder(Path(argument)):
        from gonerd_baselines.encoder.adapter import encoder_adapter

        return encoder_adapter(argument, options)
    return _tagger_adapter(argument, options)


def _is_encoder(folder: Path) -> bool:
    """Whether its config.json is one of transformers'; a tagger's names no type."""
    path = folder / "config.json"
    config = read_json(path) if path.is_file() else None
    return isinstance(config, dict) and "model_type" in config


def _tagger_adapter(argument: str, options: AdapterOptions) -> TaggerAdapter:
    options.refuse("gonerd", "dtype", "stride", "compile", "label_map")
    if options.policy == "window" or (options.policy == "truncate" and options.max_len is None):
        raise ConfigError(
            "--model gonerd reads any length whole; --policy truncate needs --max-len"
        )
    if options.policy == "native" and options.max_len is not None:
        raise ConfigError("--policy native reads documents whole, --max-len cuts them")
    for name, value in (("batch size", options.batch_size), ("length", options.max_len)):
        if value is not None and value < 1:
            raise ConfigError(f"a {name} of {value} makes no sense; expected 1 or more")
    from gonerd_baselines.tagger.model_folder import WEIGHTS_FILE, load_tagger

    folder = Path(argument)
    tagger = load_tagger(folder, device=options.device)
    sha256 = file_sha256(folder / WEIGHTS_FILE)
    config = tagger.config
    card = ModelCard(
        kind="gonerd",
        id=folder.name,
        revision=sha256[:40],
        weights_sha256=sha256,
        params=tagger.parameters_count,
        details={
            "attention": config.attention,
            "window": config.window,
            "layers": config.layers,
            "width": config.width,
        },
    )
    return TaggerAdapter(tagger, card, options)


class TaggerAdapter:
    """Reads every document whole, whatever its length, unless `max_len` asks for the first tokens only."""

    def __init__(self, tagger: Tagger, card: ModelCard, options: AdapterOptions) -> None:
        self.tagger = tagger
        self.card = card
        self.options = options
        self.policy = Policy(
            mode="native" if options.max_len is None else "truncate",
            max_len=options.max_len,
            dtype="float32",
            batch_size=options.batch_size,
            device=options.device,
        )

    def with_batch_size(self, batch_size: int) -> TaggerAdapter:
        """The same tagger, reading `batch_size` documents at once."""
        return TaggerAdapter(self.tagger, self.card, replace(self.options, batch_size=batch_size))

    def predict(self, documents: Iterable[Document]) -> Iterator[Prediction]:
        """Yield one prediction a document, in their order.

        Raises:
            InputError: a document comes without tokens.
        """
        stream = iter(documents)
        while some := list(islice(stream, READ_AHEAD)):
            yield from self._predict_some(some)

    def _predict_some(self, documents: list[Document]) -> Iterator[Prediction]:
        from gonerd_baselines.tagger.features import features_of
        from gonerd_baselines.tagger.prediction import predicted_entities

        read = [self._part_to_read(document) for document in documents]
        filled = [part for part in read if part.tokens]
        found = predicted_entities(
            self.tagger,
            filled,
            [features_of(part, {"O": 0}) for part in filled],
            batch_documents=self.options.batch_size,
        )
        by_id = {id(part): entities for part, entities in zip(filled, found, strict=True)}
        for document, part in zip(documents, read, strict=True):
            yield Prediction(
                doc_id=document.id,
                entities=tuple(by_id.get(id(part), ())),
                consumed_to=_end_of_reading(document, part),
            )

    def _part_to_read(self, document: Document) -> Document:
        if document.tokens is None:
            raise InputError(f"document {document.id!r} has no tokens; the tagger reads tokens")
        return replace(document, entities=(), tokens=document.tokens[: self.options.max_len])


def _end_of_reading(document: Document, part: Document) -> int:
    """The whole text, unless tokens were left out: then the end of the last token that was read."""
    if part.tokens and document.tokens and len(part.tokens) < len(document.tokens):
        return part.tokens[-1][1]
    return len(document.text)
