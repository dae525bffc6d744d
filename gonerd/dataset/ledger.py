"""What an earlier build of a dataset decided: documents that it knows keep their splits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gonerd.dataset.card import FACTS_FILE
from gonerd.dataset.loading import Dataset, load, parquet_files
from gonerd.errors import ConfigError, InputError

__all__ = ["NO_LEDGER", "Ledger", "read_ledger"]

NO_LEDGER = "none"


@dataclass(frozen=True, slots=True)
class Ledger:
    """The splits of known documents, and the seed that decides those of new ones."""

    seed: int
    homes: Iterable[tuple[str, str]] = ()
    """Id and split of each document, read from the dataset as they are asked for."""
    name: str | None = None
    """The fingerprint of the dataset that they were read from; None without one."""


def read_ledger(previous: str | Path | None, *, replaced: Path, seed: int | None) -> Ledger:
    """The ledger of the dataset `previous`, or of the one in `replaced` where none is named.

    Args:
        previous: a dataset's name, `none` for no ledger, or None.
        replaced: where the new dataset will lie; what is there may be no dataset.
        seed: None takes that of the previous dataset, or 0.

    Raises:
        InputError: the previous dataset is missing or broken.
        ConfigError: it was split by another seed.
    """
    if previous is None and (replaced / FACTS_FILE).is_file():
        previous = replaced
    if previous is None or str(previous) == NO_LEDGER:
        return Ledger(seed or 0)
    with _told():
        dataset = load(previous)
        facts = dataset.facts
    if seed is not None and seed != facts.seed:
        raise ConfigError(
            f"{previous} was split by seed {facts.seed}, and its documents keep their splits: leave "
            f"--seed {seed} out, or split all anew with --previous {NO_LEDGER}"
        )
    return Ledger(facts.seed, _homes(dataset), facts.fingerprint)


def _homes(dataset: Dataset) -> Iterator[tuple[str, str]]:
    with _told():
        for split in dataset.splits:
            for path in parquet_files(dataset.path, split):
                for name in _ids(path):
                    yield name, split


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except InputError as problem:
        raise InputError(
            f"the previous dataset: {problem}; --previous {NO_LEDGER} splits all documents anew"
        ) from None


def _ids(path: Path) -> Iterator[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as source:
            for batch in source.iter_batches(columns=["id"]):
                if batch["id"].null_count:
                    raise InputError(f"{path} has a row without id, expected one in each")
                yield from batch["id"].to_pylist()
    except (pa.ArrowInvalid, KeyError) as problem:
        raise InputError(f"{path} is not a data file of 'gonerd build': {problem}") from None
