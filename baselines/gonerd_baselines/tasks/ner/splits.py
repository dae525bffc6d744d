"""The splits to learn from, of any dataset: built, on the Hub, files of a corpus, or one file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gonerd.align import fit_to_tokens
from gonerd.corpora import Format, read_corpus
from gonerd.dataset import Dataset, dataset_id, load
from gonerd.dataset.entries import entry_of
from gonerd.dataset.places import is_corpus_file
from gonerd.dataset.splits import SPLITS, Cluster, assign_splits
from gonerd.errors import AlignmentError, InputError
from gonerd.labels import LABELS
from gonerd.schema import Document
from gonerd_baselines.tasks.ner.features import labels_of

__all__ = ["DatasetSplits", "splits_of"]

FILES = {
    "train": ("train",),
    "validation": ("validation", "valid", "dev", "testa"),
    "test": ("test", "testb"),
}
"""What stands between dots in a file's name; CoNLL-2003's are eng.train, eng.testa and eng.testb."""

SEED = 0
"""Of `gonerd build`, where nobody names another."""


@dataclass(frozen=True, slots=True)
class DatasetSplits:
    """Documents by split, each to be read once."""

    dataset: str
    """Its name, without folders."""
    labels: tuple[str, ...]
    documents: Mapping[str, Iterable[Document]]


def splits_of(dataset: str | Path) -> DatasetSplits:
    """Train and validation of `dataset`, and test where there is one.

    A folder that `gonerd build` did not write holds one file a split (CoNLL columns, JSON Lines); CoNLL's are
    read as IOB2, or as IOB1 where they are not IOB2. One file alone is split as `gonerd build` does it: by
    document, near-duplicates together, 80/10/10, seed 0.

    Raises:
        InputError: there is no such dataset, or a split is missing.
        AlignmentError: an entity does not fit the tokens.
    """
    path = Path(dataset)
    if path.is_dir() and not (path / "gonerd.json").exists() and not is_corpus_file(path):
        return _of_files(path)
    if is_corpus_file(dataset):
        return _of_one_file(path)
    opened = load(dataset)
    _require(opened.splits, dataset)
    documents = {split: _Documents(opened, split) for split in SPLITS if split in opened.splits}
    return DatasetSplits(dataset_id(dataset), LABELS, documents)


@dataclass(frozen=True, slots=True)
class _Documents:
    """One split of a dataset, read when it is asked for."""

    dataset: Dataset
    split: str

    def __iter__(self) -> Iterator[Document]:
        return self.dataset.documents(self.split)


def _of_one_file(path: Path) -> DatasetSplits:
    documents = [fit_to_tokens(document)[0] for document in _read(path)]
    clusters = {document.id: entry_of(document, document).cluster for document in documents}

    def all_clusters() -> Iterator[Cluster]:
        return (Cluster(name, (None,)) for name in sorted(set(clusters.values())))

    assignment = assign_splits(all_clusters, seed=SEED)
    home = {cluster.name: assignment.splits(cluster)[0] for cluster in all_clusters()}
    parts: dict[str, list[Document]] = {split: [] for split in SPLITS}
    for document in documents:
        parts[str(home[clusters[document.id]])].append(document)
    return DatasetSplits(dataset_id(path), labels_of(documents), parts)


def _of_files(folder: Path) -> DatasetSplits:
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        for split, names in FILES.items():
            if path.is_file() and set(path.name.split(".")) & set(names):
                found.setdefault(split, []).append(path)
    _require(found, folder)
    for split, paths in found.items():
        if len(paths) > 1:
            raise InputError(
                f"{folder} has two files for {split}: {paths[0].name} and {paths[1].name}; one was expected"
            )
    documents = {split: list(_read(found[split][0])) for split in FILES if split in found}
    labels = labels_of(document for part in documents.values() for document in part)
    return DatasetSplits(dataset_id(folder), labels, documents)


def _require(splits: Iterable[str], where: str | Path) -> None:
    for split in ("train", "validation"):
        if split not in splits:
            raise InputError(
                f"{where} has no split {split}; expected a dataset of 'gonerd build', one corpus file, or a "
                "folder with files like train.conll, validation.conll and test.conll"
            )


def _read(path: Path) -> list[Document]:
    """Of CoNLL's columns nobody says which scheme they have: tags that are not IOB2 are IOB1."""
    # eng.train and its kin have no ending that tells
    by_name = path.suffix.removeprefix(".") in {name for names in FILES.values() for name in names}
    form: Format = "conll" if by_name else "auto"
    try:
        return list(read_corpus(path, form=form))
    except AlignmentError:
        return list(read_corpus(path, form=form, scheme="iob1"))
