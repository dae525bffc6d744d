"""From annotated documents to a dataset folder that plain `datasets.load_dataset` opens."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from gonerd.align import MisalignedPolicy, Misalignment, fit_to_tokens
from gonerd.database import sorted_lines
from gonerd.dataset.card import (
    CONFIGURATIONS,
    FACTS_FILE,
    FIRST_VERSION,
    DatasetFacts,
    WindowFacts,
    card_text,
)
from gonerd.dataset.croissant import CROISSANT_FILE, croissant_of
from gonerd.dataset.entries import Entries, entry_of
from gonerd.dataset.ledger import read_ledger
from gonerd.dataset.provenance import Provenance
from gonerd.dataset.rows import (
    features,
    row_from_document,
    row_from_sentence,
    sentence_features,
)
from gonerd.dataset.sentences import sentences
from gonerd.dataset.shards import SHARD_MB, ShardWriter
from gonerd.dataset.splits import SPLITS, assign_splits, strata
from gonerd.dataset.sums import write_sums
from gonerd.dataset.windows import SHIPPED, SUBWORDS, WindowTokenizer, window_tokenizer
from gonerd.errors import CheckError, InputError
from gonerd.files import (
    folder_to_write,
    require_folder_to_write,
    write_json,
    write_text,
)
from gonerd.labels import LABELS
from gonerd.records import write_json_lines
from gonerd.schema import Document
from gonerd.tokens import forget_words, tokenizer_name

__all__ = [
    "LEFT_OUT_FILE",
    "MISALIGNED_FILE",
    "build_dataset",
    "content_hash",
    "describe_folder",
    "memory_size",
]

MISALIGNED_FILE = "misaligned.jsonl"
LEFT_OUT_FILE = "left_out.jsonl"
DOCUMENTS_AT_ONCE = 256


def build_dataset(
    documents: Iterable[Document],
    out: Path,
    *,
    name: str = "gonerd",
    seed: int | None = None,
    on_misaligned: MisalignedPolicy = "error",
    window: str | Path = SHIPPED,
    previous: str | Path | None = None,
    shard_mb: int = SHARD_MB,
    version: str = FIRST_VERSION,
    agreement: Mapping[str, Any] | None = None,
    fixed_splits: Mapping[str, str] | None = None,
    completed: Callable[[DatasetFacts], DatasetFacts] | None = None,
    overwrite: bool = False,
) -> tuple[DatasetFacts, list[Misalignment]]:
    """Write `out` with Parquet files, a README.md card, gonerd.json and SHA256SUMS, whole or not at all.

    Memory does not grow with the documents: rows are written down once, then dealt out to their splits, and
    what decides those lies on the disk.

    Args:
        documents: annotated, each id once.
        out: the folder.
        name: the dataset's name, for its card.
        seed: decides the splits; None is that of the previous dataset, or 0.
        on_misaligned: what to do with an entity that does not fit the tokens.
        window: the tokenizer that measures the common window, see `window_tokenizer`.
        previous: a dataset whose documents keep their splits; None takes the one that is replaced, if
            there is one, and `none` takes none.
        shard_mb: the most that a Parquet file may take, in millions of bytes.
        version: of the dataset, `major.minor.patch`.
        agreement: what `gonerd annotate agree --json` said of these annotations; the card quotes it.
        fixed_splits: each document's split by its id, where it is settled already.
        completed: gets the facts before anything is made of them, and may add to them or refuse them.
        overwrite: replace `out` if it exists.

    Returns:
        what the card and gonerd.json say, and every entity that `on_misaligned` moved or dropped.

    Raises:
        AlignmentError: an entity does not fit the tokens and `on_misaligned` is `error`.
        InputError: there is no document or no entity at all, or no such tokenizer or previous dataset.
        ConfigError: the previous dataset was split by another seed.
        OutputError: `out` exists and `overwrite` is off.
    """
    require_folder_to_write(out, overwrite=overwrite)
    ledger = read_ledger(previous, replaced=out, seed=seed)
    measure = window_tokenizer(window)
    with folder_to_write(out, overwrite=overwrite) as folder, Entries() as entries:
        entries.know(ledger.homes if fixed_splits is None else fixed_splits.items())
        spools = {name: folder / f"{name}.spool" for name in CONFIGURATIONS}
        changes = _spool_rows(documents, entries, spools, measure, on_misaligned)
        if not entries.entities:
            raise InputError(f"none of the {entries.documents} documents holds an entity")
        if fixed_splits is None:
            assignment = assign_splits(entries.clusters, seed=ledger.seed)
            entries.settle(assignment)
            parted = assignment.parted
        else:
            entries.settle_as_known()
            parted = 0
        sizes = {
            configuration: _deal_out(
                spools[configuration], entries, folder / place, limit=shard_mb * 1_000_000
            )
            for configuration, place in CONFIGURATIONS.items()
        }
        facts = _facts(entries, parted, sizes, misaligned=len(changes), name=name,
                       seed=ledger.seed, previous=ledger.name, window=measure)  # fmt: skip
        facts = replace(facts, version=version, agreement=agreement)
        if completed is not None:
            facts = completed(facts)
        if changes:
            write_json_lines(folder / MISALIGNED_FILE, map(_change_record, changes))
        if facts.left_out:
            write_json_lines(folder / LEFT_OUT_FILE, map(_left_out_record, entries.left_out()))
        describe_folder(folder, facts)
    return facts, changes


def describe_folder(folder: Path, facts: DatasetFacts) -> None:
    """Write what stands beside the data: gonerd.json, the card, Croissant, and SHA256SUMS over all files."""
    write_json(folder / FACTS_FILE, facts.as_json())
    write_text(folder / "README.md", card_text(facts))
    write_json(folder / CROISSANT_FILE, croissant_of(folder, facts))
    write_sums(folder)


def content_hash(items: Iterable[tuple[str, str]]) -> str:
    """One hash for a set of (id, hash) pairs, whatever their order."""
    whole = hashlib.sha256()
    for line in sorted_lines(f"{name}\t{digest}\n".encode() for name, digest in items):
        whole.update(line)
    return whole.hexdigest()


def _spool_rows(
    documents: Iterable[Document],
    entries: Entries,
    spools: Mapping[str, Path],
    window: WindowTokenizer,
    on_misaligned: MisalignedPolicy,
) -> list[Misalignment]:
    """Write every row down as it comes: the splits are known only when all have come."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schemas = {
        "default": features().arrow_schema,
        "sentences": sentence_features().arrow_schema,
    }
    moved: list[Misalignment] = []
    with ExitStack() as open_files:
        writers = {
            name: open_files.enter_context(
                pq.ParquetWriter(spools[name], schema, write_statistics=False)
            )
            for name, schema in schemas.items()
        }
        coming = iter(documents)
        while some := list(islice(coming, DOCUMENTS_AT_ONCE)):
            rows: dict[str, list[dict[str, Any]]] = {"default": [], "sentences": []}
            for document in some:
                fitted, changes = fit_to_tokens(document, on_misaligned=on_misaligned)
                moved += changes
                entries.add(entry_of(document, fitted))
                end = window.window_end(fitted.text)
                rows["default"].append(row_from_document(fitted, window_end=end))
                rows["sentences"] += _sentence_rows(fitted, window)
            for name, writer in writers.items():
                table = pa.Table.from_pylist(rows[name], schema=schemas[name])
                # one row group, so that its number tells whose rows it holds
                writer.write_table(table, row_group_size=max(1, table.num_rows))
            forget_words()
    return moved


def _sentence_rows(document: Document, window: WindowTokenizer) -> Iterator[dict[str, Any]]:
    for start, sentence in sentences(document):
        end = window.window_end(sentence.text)
        yield row_from_sentence(sentence, document_id=document.id, start=start, window_end=end)


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Of one configuration, by split."""

    rows: dict[str, int]
    num_bytes: dict[str, int]
    download_size: int


def _deal_out(spool: Path, entries: Entries, folder: Path, *, limit: int) -> _Sizes:
    """Write the rows of `spool` into the files of their splits, and remove it."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    folder.mkdir()
    with pq.ParquetFile(spool) as source, ExitStack() as open_files:
        schema = source.schema_arrow
        owner = "document_id" if "document_id" in schema.names else "id"
        writers = {
            split: open_files.enter_context(ShardWriter(folder, split, schema, limit=limit))
            for split in SPLITS
        }
        for group in range(source.num_row_groups):
            table = source.read_row_group(group)
            begin = group * DOCUMENTS_AT_ONCE
            homes = entries.homes(begin, begin + DOCUMENTS_AT_ONCE)
            places = pa.array([homes.get(name) for name in table[owner].to_pylist()])
            for split, writer in writers.items():
                writer.write(table.filter(pc.equal(places, split)))
    spool.unlink()
    return _Sizes(
        rows={split: writer.rows for split, writer in writers.items()},
        num_bytes={split: sum(map(memory_size, writer.paths)) for split, writer in writers.items()},
        download_size=sum(path.stat().st_size for path in folder.iterdir()),
    )


def _facts(
    entries: Entries,
    parted: int,
    sizes: Mapping[str, _Sizes],
    *,
    misaligned: int,
    name: str,
    seed: int,
    previous: str | None,
    window: WindowTokenizer,
) -> DatasetFacts:
    words, labels, sources = Counter[str](), Counter[str](), Counter[str]()
    fictional = given_tokens = False
    redacted = unclustered = 0
    provenance = Provenance()
    for split, entry in entries.placed():
        words[split] += entry.words
        labels.update(entry.entities)
        sources[entry.source] += 1
        fictional |= entry.fictional
        given_tokens |= entry.given_tokens
        redacted += entry.redacted
        unclustered += not entry.clustered
        provenance.add(entry.traits)
    left_out = sum(1 for _ in entries.left_out())
    rows = sum(sizes["default"].rows.values())
    if rows + left_out != entries.documents:
        raise CheckError(
            f"{rows} documents were written and {left_out} left out, of {entries.documents}"
        )
    return DatasetFacts(
        name=name,
        seed=seed,
        fingerprint=content_hash(
            (f"{split}/{name}", digest) for split, name, digest in entries.golds()
        ),
        synthetic=fictional,
        tokenizer="the corpus' own tokens" if given_tokens else tokenizer_name(),
        documents=sizes["default"].rows,
        words={split: words[split] for split in SPLITS},
        entities={label: labels[label] for label in LABELS},
        sources=dict(sorted(sources.items())),
        strata=strata((entry.source, entry.words, split) for split, entry in entries.placed()),
        sentences=sizes["sentences"].rows,
        window=WindowFacts(tokenizer=window.name, sha256=window.sha256, subwords=SUBWORDS),
        split_sha256={
            split: content_hash(
                (name, digest) for home, name, digest in entries.golds() if home == split
            )
            for split in SPLITS
        },
        num_bytes={configuration: size.num_bytes for configuration, size in sizes.items()},
        download_size={configuration: size.download_size for configuration, size in sizes.items()},
        misaligned=misaligned,
        redacted=redacted,
        unclustered=unclustered,
        previous=previous,
        parted_clusters=parted,
        left_out=left_out,
        statistics=provenance.statistics_json(),
        provenance=provenance.as_json(),
    )


def memory_size(path: Path) -> int:
    """How many bytes a Parquet file's columns take before they are compressed."""
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(path)
    return sum(
        metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups)
    )


def _left_out_record(document: tuple[str, str, list[str]]) -> dict[str, Any]:
    name, cluster, places = document
    return {
        "document": name,
        "cluster": cluster,
        "reason": "its cluster has documents in several splits of the previous dataset",
        "splits": places,
    }


def _change_record(change: Misalignment) -> dict[str, Any]:
    result = change.result
    return {
        "document": change.document,
        "start": change.entity.start,
        "end": change.entity.end,
        "label": change.entity.label,
        "text": change.text,
        "problem": change.problem,
        "result": None if result is None else [result.start, result.end],
    }
