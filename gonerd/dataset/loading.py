"""Documents of a dataset, wherever it lies: a built folder, a corpus file, or the embedded sample."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from gonerd.align import fit_to_tokens
from gonerd.corpora import read_corpus
from gonerd.dataset.building import FACTS_FILE
from gonerd.dataset.card import DatasetFacts
from gonerd.dataset.rows import document_from_row
from gonerd.errors import InputError
from gonerd.files import read_json
from gonerd.labels import LABELS
from gonerd.schema import Document

__all__ = ["ALL", "SAMPLE", "Dataset", "documents_of", "load"]

SAMPLE = "sample"
ALL = "all"


@dataclass(frozen=True, slots=True)
class Dataset:
    """A built dataset: `dataset["test"]` is its documents, `dataset.facts` what its build recorded."""

    folder: Path
    facts: DatasetFacts

    @property
    def splits(self) -> tuple[str, ...]:
        """The names of the splits."""
        return tuple(self.facts.documents)

    def __getitem__(self, split: str) -> list[Document]:
        return list(self.documents(split))

    def documents(self, split: str) -> Iterator[Document]:
        """Yield the documents of one split, or of all, with tokens and flat entities, one at a time.

        Raises:
            InputError: there is no such split, or a data file is missing or broken.
        """
        if split != ALL and split not in self.splits:
            raise InputError(
                f"{self.folder} has no split {split!r}; expected {', '.join(self.splits)} or {ALL}"
            )
        for name in self.splits if split == ALL else (split,):
            paths = sorted((self.folder / "data").glob(f"{name}-*.parquet"))
            if not paths:
                raise InputError(f"{self.folder}/data has no {name}-*.parquet")
            for path in paths:
                yield from _read_parquet(path)


def load(name: str | Path = SAMPLE) -> Dataset:
    """Open a dataset folder that `gonerd build` wrote, or the embedded synthetic sample by the name `sample`.

    Raises:
        InputError: there is no such folder, or it is not a built dataset.
    """
    folder = Path(str(files("gonerd"))) if str(name) == SAMPLE else Path(name)
    if not folder.is_dir():
        raise InputError(
            f"{folder} is no dataset folder; expected one that 'gonerd build' wrote, or 'sample'"
        )
    if not (folder / FACTS_FILE).is_file():
        raise InputError(
            f"{folder} holds no {FACTS_FILE}; it is not a dataset that 'gonerd build' wrote"
        )
    try:
        return Dataset(folder, DatasetFacts.from_json(read_json(folder / FACTS_FILE)))
    except (TypeError, AttributeError) as problem:
        raise InputError(
            f"{folder / FACTS_FILE} is not what 'gonerd build' writes: {problem}"
        ) from None


def documents_of(dataset: str | Path, split: str) -> Iterator[Document]:
    """Yield the documents of `split`, with tokens and flat entities, from any place that holds some.

    Args:
        dataset: a built folder, `sample`, or a corpus file (JSON Lines or CoNLL).
        split: a split's name, or `all`; a corpus file has no splits and takes `all` alone.

    Raises:
        InputError: there is no such dataset or split.
        AlignmentError: an entity of a corpus file does not fit its tokens; `gonerd build` can snap it.
    """
    if str(dataset) == SAMPLE or Path(dataset).is_dir() or not Path(dataset).exists():
        yield from load(dataset).documents(split)
        return
    if split != ALL:
        raise InputError(
            f"{dataset} is one file without splits; expected --split {ALL}, found {split!r}"
        )
    for document in read_corpus(dataset, labels=LABELS):
        yield fit_to_tokens(document)[0]


def _read_parquet(path: Path) -> Iterator[Document]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as source:
            for batch in source.iter_batches(64):
                yield from map(document_from_row, batch.to_pylist())
    except (pa.ArrowInvalid, KeyError) as problem:
        raise InputError(f"{path} is not a data file of 'gonerd build': {problem}") from None
