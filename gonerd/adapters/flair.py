"""`flair:ID` or `flair:FILE`: any Flair sequence tagger.

A Flair model is a pickle: to open it is to run what its maker put in. Open only those that you trust.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gonerd.adapters.adapter import AdapterOptions, ModelCard
from gonerd.adapters.device import usable_device
from gonerd.adapters.label_map import LabelMap
from gonerd.adapters.model_files import ModelFiles, model_files
from gonerd.adapters.peer_package import imported, version_of
from gonerd.adapters.span_reader import Piece, Reading, SpanReader
from gonerd.adapters.span_windows import FoundSpan
from gonerd.errors import ConfigError, InputError
from gonerd.files import file_sha256
from gonerd.schema import Document, Span
from gonerd.tokens import words_of

__all__ = ["FlairTagger", "adapter_from_argument", "weights_in"]

MAX_WORDS = 256
"""Longer sentences are cut into windows; most are listings, and time grows with the square."""

BATCH_SIZE = 32


class FlairTagger:
    """A Flair tagger that gets the corpus's tokens, one sentence at a time, as it was trained."""

    def __init__(self, module: Any, tagger: Any) -> None:
        self._sentence = module.Sentence
        self._tagger = tagger

    def words(self, document: Document) -> Sequence[Span]:
        """The corpus's own tokens, else spaCy's."""
        return words_of(document)

    def sizes(self, words: Sequence[str]) -> list[int]:
        """One unit a word."""
        return [1] * len(words)

    def find(self, pieces: Sequence[Piece]) -> list[list[FoundSpan]]:
        """The tagger's spans."""
        sentences = [self._sentence(list(piece.words)) for piece in pieces]
        self._tagger.predict(sentences, mini_batch_size=len(sentences))
        return [
            [
                FoundSpan(
                    piece.places[span.tokens[0].idx - 1][0],
                    piece.places[span.tokens[-1].idx - 1][1],
                    span.tag,
                    float(span.score),
                )
                for span in sentence.get_spans(self._tagger.label_type)
            ]
            for piece, sentence in zip(pieces, sentences, strict=True)
        ]


def adapter_from_argument(argument: str, options: AdapterOptions) -> SpanReader:
    """`flair:NAMESPACE/NAME`, `flair:FOLDER` or `flair:FILE.pt`.

    Raises:
        ExtraError: the package flair is not installed.
        InputError: there is no such model.
        ConfigError: an option makes no sense, or no type is one of ours.
    """
    options.refuse("flair", "dtype", "compile")
    if not argument:
        raise ConfigError("--model flair needs a file, a folder or a Hub id, as in flair:FILE.pt")
    package: Any = imported("flair", package="flair", kind="flair")
    package.device = usable_device(options.device)
    files, path = _files(argument)
    models = imported("flair.models", package="flair", kind="flair")
    data = imported("flair.data", package="flair", kind="flair")
    tagger = models.SequenceTagger.load(str(path)).eval()
    labels = LabelMap.for_types(_types(tagger), options.label_map)
    reading = Reading.from_options("flair", options, max_len=MAX_WORDS, most=None, unit="words")
    card = ModelCard(
        kind="flair",
        id=files.id,
        revision=files.revision,
        weights_sha256=files.weights_sha256,
        params=sum(parameter.numel() for parameter in tagger.parameters()),
        details={
            "flair": version_of("flair"),
            "transformers": version_of("transformers"),
            "max_len_unit": "words",
        },
    )
    return SpanReader(
        FlairTagger(data, tagger),
        card,
        labels,
        reading,
        options,
        batch_size=BATCH_SIZE,
        by_sentence=True,
    )


def weights_in(folder: Path) -> Path | None:
    """The one file of a folder that can be a Flair model; None where there is none, or more than one."""
    named = folder / "pytorch_model.bin"
    found = [named] if named.is_file() else sorted(folder.glob("*.pt"))
    return found[0] if len(found) == 1 else None


def _files(argument: str) -> tuple[ModelFiles, Path]:
    path = Path(argument)
    if path.is_file():
        digest = file_sha256(path)
        return ModelFiles(path.parent, path.name, digest[:40], digest), path
    files = model_files(argument)
    found = weights_in(files.folder)
    if found is None:
        raise InputError(
            f"flair:{argument} is no Flair model: expected pytorch_model.bin or one file *.pt in it"
        )
    return files, found


def _types(tagger: Any) -> list[str]:
    """The tagger's entity types, without what marks a tag's place and what the CRF adds."""
    names = (re.sub("^[BIESLU]-", "", item) for item in tagger.label_dictionary.get_items())
    return [name for name in names if name not in ("O", "<unk>", "<START>", "<STOP>")]
