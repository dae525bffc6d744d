"""Documents of a dataset, wherever it lies: a built folder, the Hub, a corpus file, the sample."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from gonerd.align import fit_to_tokens
from gonerd.corpora import Format, read_corpus
from gonerd.dataset.card import FACTS_FILE, DatasetFacts
from gonerd.dataset.places import SAMPLE, dataset_folder, dataset_or_default, is_corpus_file
from gonerd.dataset.rows import document_from_row
from gonerd.errors import InputError
from gonerd.labels import LABELS
from gonerd.schema import Document
from gonerd.schemes import Scheme

__all__ = ["ALL", "SAMPLE", "Dataset", "corpus_documents", "documents_of", "load", "parquet_files"]

ALL = "all"


@dataclass(frozen=True, slots=True)
class Dataset:
    """An opened dataset: `dataset["test"]` is its documents, `dataset.facts` what its build recorded.

    A corpus file is one as well; it has no splits and takes `all` alone, and no build recorded anything.
    """

    path: Path
    """The folder, or the corpus file."""
    built: DatasetFacts | None = None
    """None for a corpus file."""

    @property
    def facts(self) -> DatasetFacts:
        """What the build recorded.

        Raises:
            InputError: it is a corpus file.
        """
        if self.built is None:
            raise InputError(f"{self.path} is one file, and no build recorded anything about it")
        return self.built

    @property
    def splits(self) -> tuple[str, ...]:
        """The names of the splits; a corpus file has none."""
        return () if self.built is None else tuple(self.built.documents)

    def require_texts(self) -> None:
        """Raise InputError if the dataset was published without its texts."""
        if self.built is not None and not self.built.texts:
            raise InputError(
                f"{self.path} holds annotations without their texts; 'gonerd rebuild' and 'gonerd join' "
                "make it whole"
            )

    def __getitem__(self, split: str) -> list[Document]:
        return list(self.documents(split))

    def __iter__(self) -> Iterator[Document]:
        return self.documents()

    def documents(self, split: str = ALL) -> Iterator[Document]:
        """Yield the documents of one split, or of all, with tokens and flat entities, one at a time.

        Raises:
            InputError: there is no such split, a data file is missing or broken, or the texts are withheld.
            AlignmentError: an entity of a corpus file does not fit its tokens; `gonerd build` can snap it.
        """
        if self.built is None:
            yield from _file_documents(self.path, split)
            return
        self.require_texts()
        if split != ALL and split not in self.splits:
            raise InputError(
                f"{self.path} has no split {split!r}; expected {', '.join(self.splits)} or {ALL}"
            )
        for name in self.splits if split == ALL else (split,):
            for path in parquet_files(self.path, name):
                yield from _read_parquet(path)


def load(name: str | Path | None = None) -> Dataset:
    """Open a dataset: a folder, a Hub id NAMESPACE/NAME[@REVISION], a corpus file, or `sample`.

    Without a name it is ./gonerd, else $GONERD_DATASET, else the published one on the Hub.

    Raises:
        InputError: there is no such dataset, or it is not what `gonerd build` writes.
    """
    name = dataset_or_default(name) if name is None else name
    if is_corpus_file(name):
        if str(name) != "-" and not Path(name).exists():
            raise InputError(f"{name} does not exist")
        return Dataset(Path(name))
    folder = dataset_folder(name)
    return Dataset(folder, DatasetFacts.read(folder / FACTS_FILE))


def documents_of(dataset: str | Path | None, split: str) -> Iterator[Document]:
    """Yield the documents of `split`, with tokens and flat entities, from any place that `load` opens.

    Raises:
        InputError: there is no such dataset or split.
        AlignmentError: an entity of a corpus file does not fit its tokens; `gonerd build` can snap it.
    """
    yield from load(dataset).documents(split)


def corpus_documents(
    source: str | Path, split: str = ALL, *, form: Format = "auto", scheme: Scheme = "iob2"
) -> Iterator[Document]:
    """Yield the documents of `source` as they stand: those of a file need fit neither tokens nor labels.

    Raises:
        InputError: there is no such file, dataset or split, or a file was asked for a split.
        SchemaError: a record is broken, or an id comes twice.
    """
    if form == "auto" and not is_corpus_file(source):
        yield from documents_of(source, split)
        return
    if split != ALL:
        raise InputError(f"{source} is one file without splits; leave --split {split} out")
    yield from read_corpus(source, form=form, scheme=scheme)


def parquet_files(folder: Path, split: str, *, place: str = "data") -> list[Path]:
    """The shards of a split, all that its files' names promise, in order.

    Raises:
        InputError: there is none, or one of them is missing.
    """
    paths = sorted((folder / place).glob(f"{split}-*-of-*.parquet"))
    if not paths:
        raise InputError(f"{folder}/{place} has no {split}-*.parquet")
    expected = [f"{split}-{n:05d}-of-{len(paths):05d}.parquet" for n in range(len(paths))]
    found = [path.name for path in paths]
    if found != expected:
        raise InputError(
            f"{folder}/{place} lacks shards of {split}, or has some of another build: "
            f"found {', '.join(found)}"
        )
    return paths


def _file_documents(path: Path, split: str) -> Iterator[Document]:
    from gonerd.dataset.windows import window_tokenizer

    if split != ALL:
        raise InputError(
            f"{path} is one file without splits; expected --split {ALL}, found {split!r}"
        )
    window = window_tokenizer()
    for document in read_corpus(path, labels=LABELS):
        fitted = fit_to_tokens(document)[0]
        end = window.window_end(fitted.text)
        yield replace(fitted, meta={**fitted.meta, "common_window_end": end})


def _read_parquet(path: Path) -> Iterator[Document]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as source:
            for batch in source.iter_batches(64):
                yield from map(document_from_row, batch.to_pylist())
    except (pa.ArrowInvalid, KeyError) as problem:
        raise InputError(f"{path} is not a data file of 'gonerd build': {problem}") from None
