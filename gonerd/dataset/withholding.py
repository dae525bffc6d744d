"""A dataset without its texts: ids, addresses, hashes and offsets, from which the texts can be made again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from gonerd.dataset.building import describe_folder, memory_size
from gonerd.dataset.card import DatasetFacts
from gonerd.dataset.loading import load, parquet_files
from gonerd.dataset.manifest import MANIFEST_FILE, published_places
from gonerd.dataset.rows import annotation_features
from gonerd.errors import CheckError, InputError
from gonerd.records import write_json_lines

__all__ = ["withhold_texts"]

ROWS_AT_ONCE = 256


def withhold_texts(dataset: Path, folder: Path, *, manifest: Path | None = None) -> DatasetFacts:
    """Write `dataset` into the empty `folder` without any column that holds words of the texts.

    The fingerprint stays: it is that of the whole dataset, and what is made again from this is held to it.
    From the crawl's `manifest` comes a `manifest.jsonl`, so that a rebuild finds pages in archives.

    Raises:
        InputError: `dataset` is no whole dataset, or one of its files is broken.
        CheckError: surrogates stand in its texts, or a document names no address: no page gives such a
            text again. Or the manifest is of other texts.
    """
    opened = load(dataset)
    facts = opened.facts
    if not facts.texts:
        raise InputError(f"{dataset} holds no texts: they are withheld already")
    if facts.redacted:
        raise CheckError(
            f"{dataset}: surrogates stand in {facts.redacted:,} of its documents, and no page reads so; "
            "the texts of a redacted dataset can't be made again"
        )
    (folder / "data").mkdir()
    for split in opened.splits:
        for path in parquet_files(opened.path, split):
            _withhold(path, folder / "data" / path.name)
    files = sorted((folder / "data").iterdir())
    if manifest is not None:
        write_json_lines(folder / MANIFEST_FILE, published_places(_rows(files), manifest))
    kept = replace(
        facts,
        texts=False,
        num_bytes={
            "default": {
                split: sum(map(memory_size, (folder / "data").glob(f"{split}-*.parquet")))
                for split in opened.splits
            }
        },
        download_size={"default": sum(path.stat().st_size for path in files)},
    )
    describe_folder(folder, kept)
    return kept


def _rows(files: Iterable[Path]) -> Iterator[dict[str, Any]]:
    import pyarrow.parquet as pq

    for path in files:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(ROWS_AT_ONCE):
                yield from batch.to_pylist()


def _withhold(source: Path, target: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = annotation_features().arrow_schema
    try:
        with (
            pq.ParquetFile(source) as file,
            pq.ParquetWriter(target, schema, compression="zstd") as writer,
        ):
            for batch in file.iter_batches(ROWS_AT_ONCE, columns=schema.names):
                table = pa.Table.from_batches([batch]).select(schema.names)
                for name, url in zip(
                    table["id"].to_pylist(), table["url"].to_pylist(), strict=True
                ):
                    if not url:
                        raise CheckError(
                            f"document {name!r} names no address; without its text nobody could make it again"
                        )
                writer.write_table(table.cast(schema))
    except (pa.ArrowException, KeyError) as problem:
        raise InputError(f"{source} is not a data file of 'gonerd build': {problem}") from None
