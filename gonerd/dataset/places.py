"""Where a dataset lies that a command was given by name, or was not given at all."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

from gonerd.corpora import is_brat_folder
from gonerd.dataset.card import FACTS_FILE
from gonerd.dataset.hub import hub_folder, is_hub_name, repository_of
from gonerd.dataset.sums import SUMS_FILE
from gonerd.errors import ConfigError, InputError

__all__ = [
    "DEFAULT_FOLDER",
    "ENVIRONMENT",
    "PUBLISHED",
    "READ_FROM_HUB",
    "SAMPLE",
    "dataset_folder",
    "dataset_id",
    "dataset_or_default",
    "is_corpus_file",
    "named_folder",
]

SAMPLE = "sample"
"""The embedded synthetic sample, by name."""

DEFAULT_FOLDER = "gonerd"
ENVIRONMENT = "GONERD_DATASET"
PUBLISHED = "giant-oak/gonerd"
"""The Hub id of the published dataset, under the organisation that arXiv 2311.13657 names."""

READ_FROM_HUB = (FACTS_FILE, "README.md", SUMS_FILE, "data/*.parquet")
"""What is fetched of a dataset."""

CORPUS_ENDINGS = (
    *(".jsonl", ".json", ".ndjson", ".gz", ".xz", ".zst"),
    *(".conll", ".conll03", ".bio", ".iob", ".iob2", ".tsv", ".txt", ".spacy"),
)
"""What tells the name of a file that is not there from a Hub id; one that is there may be called anything."""


def dataset_or_default(name: str | Path | None) -> str:
    """`name`; without one ./gonerd if it is a built dataset, else $GONERD_DATASET, else the published one.

    Raises:
        InputError: no dataset was named and none of the three is there; it names the ways to get one.
    """
    if name is not None:
        return str(name)
    if (Path(DEFAULT_FOLDER) / FACTS_FILE).is_file():
        return DEFAULT_FOLDER
    wanted = os.environ.get(ENVIRONMENT)
    if wanted:
        if not is_corpus_file(wanted):
            try:
                dataset_folder(wanted)
            except InputError as problem:
                raise InputError(f"${ENVIRONMENT}: {problem}") from None
        return wanted
    try:
        _built(hub_folder(PUBLISHED, patterns=READ_FROM_HUB), PUBLISHED)
    except InputError as problem:
        raise InputError(
            f"no dataset was named, ./{DEFAULT_FOLDER} is none, ${ENVIRONMENT} is not set, and the "
            f"published one is not to be had ({problem}); build one with 'gonerd build', or name a folder, "
            f"a Hub id, a corpus file or '{SAMPLE}' with --dataset"
        ) from None
    return PUBLISHED


def is_corpus_file(name: str | Path) -> bool:
    """Whether the name means documents in a file, or in BRAT's folder, rather than a built dataset.

    So do standard input, and a file that is not there by its ending.
    """
    path = Path(name)
    if path.is_dir():
        return not (path / FACTS_FILE).exists() and is_brat_folder(path)
    if str(name) == "-" or path.exists():
        return True
    return path.suffix in CORPUS_ENDINGS and not path.exists()


def dataset_folder(name: str | Path) -> Path:
    """The folder of a built dataset: itself, that of the embedded `sample`, or a copy of the Hub's.

    Raises:
        InputError: there is no such folder and no such dataset on the Hub, or it is not a built dataset.
    """
    if str(name) == SAMPLE:
        return Path(str(files("gonerd")))
    folder = Path(name)
    if not folder.is_dir():
        if not _may_be_on_hub(name):
            raise InputError(
                f"{name} is no dataset folder; expected one that 'gonerd build' wrote, a Hub id "
                f"NAMESPACE/NAME[@REVISION], a corpus file, or '{SAMPLE}'"
            )
        try:
            folder = hub_folder(str(name), patterns=READ_FROM_HUB)
        except InputError as problem:
            raise InputError(f"there is no folder {name} here, and {problem}") from None
    return _built(folder, name)


def named_folder(folder: Path | None, dataset: str | None) -> Path:
    """The folder of a built dataset that a command was given as an argument, by --dataset, or not at all.

    Raises:
        ConfigError: it was given both ways.
        InputError: there is no such dataset.
    """
    if folder is not None and dataset is not None:
        raise ConfigError(f"{folder} and --dataset {dataset} name the same thing: give one of them")
    if folder is not None:  # its name is a path, whatever else it might mean
        return folder.resolve()
    return dataset_folder(dataset_or_default(dataset))


def dataset_id(name: str | Path) -> str:
    """The name under which results record a dataset, without folder, namespace and revision."""
    if not Path(name).exists() and is_hub_name(str(name)):
        return Path(repository_of(str(name))).name
    return Path(name).resolve().name if str(name) in (".", "..") else Path(name).name


def _may_be_on_hub(name: str | Path) -> bool:
    return not isinstance(name, Path) and not Path(name).exists() and is_hub_name(name)


def _built(folder: Path, name: str | Path) -> Path:
    if not (folder / FACTS_FILE).is_file():
        raise InputError(
            f"{name} holds no {FACTS_FILE}; it is not a dataset that 'gonerd build' wrote"
        )
    return folder
