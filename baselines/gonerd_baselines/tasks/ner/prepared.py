"""A corpus as subwords and tags in a small folder, for machines without its texts, `datasets` and spaCy."""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gonerd.adapters.checkpoint import load_tokenizer
from gonerd.adapters.model_files import model_files
from gonerd.adapters.subwords import SubwordReader
from gonerd.errors import InputError
from gonerd.files import (
    file_sha256,
    folder_to_write,
    read_json,
    require_folder_to_write,
    write_json,
)
from gonerd_baselines.encoder.tokenizer_files import TOKENIZER_FILES
from gonerd_baselines.tasks.ner.features import SplitFeatures, features_of, tags_of
from gonerd_baselines.tasks.ner.pieces import Frame
from gonerd_baselines.tasks.ner.splits import DatasetSplits, splits_of

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = [
    "PREPARED",
    "Prepared",
    "is_prepared",
    "prepare",
    "prepared_by",
    "read_prepared",
    "tokenizer_sha256",
]

FORMAT = 1
PREPARED = "ner.json"

ASCENDING = (
    "id_begins",
    "firsts",
    "first_begins",
    "units",
    "words",
    "word_begins",
    "entity_begins",
)
"""Kept as differences, which are small numbers."""

PROBE = "The U.N.'s café in São Paulo, \n  東京\tand O’Hare-based ＡＢＣ… cost £5m 👩‍🚀 \u200b."
"""Cut by the tokenizer, it tells apart those with one vocabulary: case, accents, spaces, bytes."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A dataset, ready for models with one tokenizer."""

    dataset: str
    labels: tuple[str, ...]
    frame: Frame
    """The special subwords around whatever is read."""
    tokenizer_sha256: str
    reads: str
    """`text`, or `words` where the tokenizer gets each word by itself."""
    splits: Mapping[str, SplitFeatures]

    @property
    def tags(self) -> tuple[str, ...]:
        """By number."""
        return tags_of(self.labels)

    def facts(self) -> dict[str, Any]:
        """By split what it holds; no text and no names."""
        return {
            split: {
                "documents": len(features),
                "words": len(features.words),
                "subwords": len(features.ids),
                "entities": len(features.entities),
                "unreachable": int((~features.reachable).sum()),
            }
            for split, features in self.splits.items()
        }

    def save(self, folder: Path, *, overwrite: bool = False) -> None:
        """Write the folder, whole or not at all; `read_prepared` is the inverse.

        Raises:
            OutputError: it exists and `overwrite` is off.
        """
        facts = self.facts()
        with folder_to_write(folder, overwrite=overwrite) as partial:
            for split, features in self.splits.items():
                path = partial / f"{split}.npz"
                np.savez_compressed(path, **_small(features.as_arrays()))  # type: ignore[arg-type]  # mypy takes them for allow_pickle
                facts[split]["sha256"] = file_sha256(path)
            record = {
                "format": FORMAT,
                "dataset": self.dataset,
                "labels": self.labels,
                "tags": self.tags,
                "frame": self.frame,
                "tokenizer_sha256": self.tokenizer_sha256,
                "reads": self.reads,
                "splits": facts,
            }
            write_json(partial / PREPARED, record)


def prepare(
    dataset: str | Path,
    *,
    tokenizer: str | Path,
    out: Path | None = None,
    overwrite: bool = False,
) -> Prepared:
    """Cut `dataset` by the tokenizer of a folder or of the Hub (a checkpoint's will do), and write `out`.

    Raises:
        InputError: there is no such dataset, split or tokenizer.
        AlignmentError: an entity does not fit the tokens.
        OutputError: `out` exists and `overwrite` is off.
    """
    if out is not None:
        require_folder_to_write(out, overwrite=overwrite)
    if is_prepared(dataset):
        raise InputError(f"{dataset} is prepared already; name the dataset that it was made of")
    files = model_files(str(tokenizer), patterns=("config.json", *TOKENIZER_FILES))
    found = load_tokenizer(files.folder, str(tokenizer), rows=sys.maxsize).backend_tokenizer
    prepared = prepared_by(found, splits_of(dataset))
    if out is not None:
        prepared.save(out, overwrite=overwrite)
    return prepared


def prepared_by(tokenizer: Tokenizer, sources: DatasetSplits) -> Prepared:
    """The same in memory, by a tokenizer that is open."""
    reader = SubwordReader(tokenizer)
    splits = {
        split: features_of(documents, reader, sources.labels, name=f"{sources.dataset}, {split},")
        for split, documents in sources.documents.items()
    }
    return Prepared(
        dataset=sources.dataset,
        labels=sources.labels,
        frame=(tuple(reader.prefix), tuple(reader.suffix)),
        tokenizer_sha256=tokenizer_sha256(tokenizer),
        reads=reader.reads,
        splits=splits,
    )


def is_prepared(dataset: str | Path) -> bool:
    """Whether it is a folder that `Prepared.save` wrote."""
    return (Path(dataset) / PREPARED).is_file()


def read_prepared(folder: str | Path) -> Prepared:
    """What `Prepared.save` wrote.

    Raises:
        InputError: it is missing, of another version, or damaged.
    """
    path = Path(folder) / PREPARED
    record = read_json(path)
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        found = record.get("format") if isinstance(record, dict) else None
        raise InputError(f"{path}: found format {found!r}, expected {FORMAT}")
    try:
        return Prepared(
            dataset=str(record["dataset"]),
            labels=tuple(map(str, record["labels"])),
            frame=(tuple(record["frame"][0]), tuple(record["frame"][1])),
            tokenizer_sha256=str(record["tokenizer_sha256"]),
            reads=str(record["reads"]),
            splits={
                split: _read(path.with_name(f"{split}.npz"), str(facts["sha256"]))
                for split, facts in record["splits"].items()
            },
        )
    except (KeyError, TypeError, IndexError, AttributeError) as problem:
        raise InputError(f"{path} is damaged: {type(problem).__name__} at {problem}") from None


def tokenizer_sha256(tokenizer: Tokenizer) -> str:
    """SHA-256 of the vocabulary and of what becomes of a fixed text: no version of tokenizers changes it."""
    vocabulary = sorted(tokenizer.get_vocab(with_added_tokens=True).items())
    cut = tokenizer.encode(PROBE, add_special_tokens=True).ids
    return hashlib.sha256(json.dumps([vocabulary, cut]).encode()).hexdigest()


def _read(path: Path, sha256: str) -> SplitFeatures:
    if not path.is_file():
        raise InputError(f"{path} is missing, {PREPARED} names it")
    if file_sha256(path) != sha256:
        raise InputError(f"{path} is damaged: its SHA-256 is another")
    try:
        with np.load(path) as held:
            arrays = {name: held[name] for name in held.files}
    except (OSError, ValueError, zipfile.BadZipFile) as problem:
        raise InputError(f"{path} is damaged: {problem}") from None
    return SplitFeatures(**_wide(arrays))


def _small(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Each in the narrowest type that holds it."""
    found = {}
    for name, array in arrays.items():
        kept = array
        if name in ASCENDING:
            kept = np.diff(array, axis=0, prepend=np.zeros_like(array[:1]))
        if kept.dtype.kind == "i":
            least, most = int(kept.min(initial=0)), int(kept.max(initial=0))
            kept = kept.astype(np.result_type(np.min_scalar_type(least), np.min_scalar_type(most)))
        found[name] = kept
    return found


def _wide(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    found = {}
    for name, array in arrays.items():
        kept = array if array.dtype.kind == "U" else array.astype(np.int64)
        found[name] = np.cumsum(kept, axis=0) if name in ASCENDING else kept
    return found
