"""From annotated documents to a dataset folder that plain `datasets.load_dataset` opens."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gonerd.align import MisalignedPolicy, Misalignment, fit_to_tokens
from gonerd.dataset.card import DatasetFacts, card_text
from gonerd.dataset.rows import features, row_from_document
from gonerd.dataset.splits import SPLITS, SplitKey, assign_splits
from gonerd.errors import InputError
from gonerd.files import file_sha256, folder_to_write, write_json
from gonerd.labels import LABELS
from gonerd.records import record_from_document, write_json_lines
from gonerd.redaction import REDACTED
from gonerd.schema import Document, text_sha256
from gonerd.tokens import tokenizer_name

__all__ = ["FACTS_FILE", "build_dataset", "content_hash", "gold_hash"]

FACTS_FILE = "gonerd.json"
ROWS_AT_ONCE = 256


@dataclass(slots=True)
class _Gathered:
    """What the first pass learns while it writes the rows down."""

    keys: list[SplitKey] = field(default_factory=list[SplitKey])
    hashes: dict[str, str] = field(default_factory=dict[str, str])
    changes: list[Misalignment] = field(default_factory=list[Misalignment])
    entities: Counter[str] = field(default_factory=Counter[str])
    given_tokens: int = 0
    fictional: int = 0
    redacted: int = 0
    unclustered: int = 0


def build_dataset(
    documents: Iterable[Document],
    out: Path,
    *,
    name: str = "gonerd",
    seed: int = 0,
    on_misaligned: MisalignedPolicy = "error",
    overwrite: bool = False,
) -> tuple[DatasetFacts, list[Misalignment]]:
    """Write `out` with data/*.parquet, a README.md card, gonerd.json and SHA256SUMS, whole or not at all.

    Memory does not grow with the texts: rows are written down once, then dealt out to their splits.

    Returns:
        what the card and gonerd.json say, and every entity that `on_misaligned` moved or dropped.

    Raises:
        AlignmentError: an entity does not fit the tokens and `on_misaligned` is `error`.
        InputError: there is no document, or no entity at all.
        OutputError: `out` exists and `overwrite` is off.
    """
    with folder_to_write(out, overwrite=overwrite) as folder:
        data = folder / "data"
        data.mkdir()
        spool = folder / "rows.parquet"
        gathered = _Gathered()
        _spool_rows(_fitted(documents, gathered, on_misaligned), spool)
        if not gathered.entities:
            raise InputError(f"none of the {len(gathered.keys)} documents holds an entity")
        splits = assign_splits(gathered.keys, seed=seed)
        _deal_out(spool, splits, data)
        spool.unlink()
        facts = _facts(gathered, splits, data, name=name, seed=seed)
        if gathered.changes:
            write_json_lines(folder / "misaligned.jsonl", map(_change_record, gathered.changes))
        write_json(folder / FACTS_FILE, facts.as_json())
        (folder / "README.md").write_text(card_text(facts), encoding="utf-8")
        _write_sums(folder)
    return facts, gathered.changes


def content_hash(items: Iterable[tuple[str, str]]) -> str:
    """One hash for a set of (id, hash) pairs, whatever their order."""
    lines = sorted(f"{name}\t{digest}\n" for name, digest in items)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _fitted(
    documents: Iterable[Document], gathered: _Gathered, on_misaligned: MisalignedPolicy
) -> Iterator[Document]:
    for document in documents:
        fitted, changes = fit_to_tokens(document, on_misaligned=on_misaligned)
        gathered.changes += changes
        gathered.given_tokens += document.tokens is not None
        gathered.fictional += str(document.meta.get("domain", "")).endswith(".example")
        gathered.redacted += isinstance(document.meta.get(REDACTED), dict)
        gathered.entities.update(entity.label for entity in fitted.entities)
        gathered.hashes[fitted.id] = gold_hash(fitted)
        gathered.unclustered += not fitted.meta.get("cluster")
        cluster = fitted.meta.get("cluster") or text_sha256(fitted.text)
        source = str(fitted.meta.get("source", ""))
        gathered.keys.append(SplitKey(fitted.id, str(cluster), source, len(fitted.tokens or ())))
        yield fitted


def gold_hash(document: Document) -> str:
    """A hash of all that scoring looks at: text, entities, tokens."""
    record = record_from_document(document)
    return text_sha256(repr((record["text"], record["entities"], record.get("tokens"))))


def _spool_rows(documents: Iterable[Document], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = features().arrow_schema
    rows: list[dict[str, Any]] = []
    with pq.ParquetWriter(path, schema) as writer:
        for document in documents:
            rows.append(row_from_document(document))
            if len(rows) == ROWS_AT_ONCE:
                writer.write_table(pa.Table.from_pylist(rows, schema=schema))
                rows.clear()
        if rows:
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))


def _deal_out(spool: Path, splits: dict[str, str], data: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    source = pq.ParquetFile(spool)
    with ExitStack() as open_files:
        writers = {
            split: open_files.enter_context(
                pq.ParquetWriter(
                    data / f"{split}-00000-of-00001.parquet",
                    source.schema_arrow,
                    compression="zstd",
                )
            )
            for split in SPLITS
        }
        for batch in source.iter_batches(ROWS_AT_ONCE):
            table = pa.Table.from_batches([batch])
            homes = [splits[name] for name in table["id"].to_pylist()]
            for split, writer in writers.items():
                rows = [number for number, home in enumerate(homes) if home == split]
                if rows:
                    writer.write_table(table.take(rows))
        source.close()


def _facts(
    gathered: _Gathered, splits: dict[str, str], data: Path, *, name: str, seed: int
) -> DatasetFacts:
    sizes = Counter(splits.values())
    words = Counter[str]()
    for key in gathered.keys:
        words[splits[key.id]] += key.words
    return DatasetFacts(
        name=name,
        seed=seed,
        fingerprint=content_hash((f"{splits[k]}/{k}", v) for k, v in gathered.hashes.items()),
        synthetic=gathered.fictional > 0,
        tokenizer="the corpus' own tokens" if gathered.given_tokens else tokenizer_name(),
        documents={split: sizes[split] for split in SPLITS},
        words={split: words[split] for split in SPLITS},
        entities={label: gathered.entities[label] for label in LABELS},
        sources=dict(sorted(Counter(key.source for key in gathered.keys).items())),
        split_sha256={
            split: content_hash((k, v) for k, v in gathered.hashes.items() if splits[k] == split)
            for split in SPLITS
        },
        num_bytes={
            split: _memory_size(data / f"{split}-00000-of-00001.parquet") for split in SPLITS
        },
        download_size=sum(path.stat().st_size for path in data.iterdir()),
        misaligned=len(gathered.changes),
        redacted=gathered.redacted,
        unclustered=gathered.unclustered,
    )


def _memory_size(path: Path) -> int:
    import pyarrow.parquet as pq

    metadata = pq.ParquetFile(path).metadata
    return sum(
        metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups)
    )


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


def _write_sums(folder: Path) -> None:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{file_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in paths]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
