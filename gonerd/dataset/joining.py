"""A whole dataset again, from published annotations and the texts that a rebuild found for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gonerd.console import counted
from gonerd.dataset.building import build_dataset
from gonerd.dataset.card import DatasetFacts
from gonerd.dataset.loading import Dataset, load, parquet_files
from gonerd.dataset.rows import document_from_row
from gonerd.dataset.windows import window_tokenizer
from gonerd.errors import CheckError, InputError, SchemaError
from gonerd.records import read_documents
from gonerd.schema import Document, text_sha256

__all__ = ["Joined", "join_texts"]

ROWS_AT_ONCE = 64
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Joined:
    """What came of a join: `facts` of the dataset that was written, and ids that found no text of theirs."""

    facts: DatasetFacts
    missing: tuple[str, ...]
    unknown: int
    """Texts that no annotation asks for."""

    def as_json(self) -> dict[str, Any]:
        """Counts and the fingerprint."""
        return {
            "documents": sum(self.facts.documents.values()),
            "missing": list(self.missing),
            "unknown_texts": self.unknown,
            "fingerprint": self.facts.fingerprint,
            "whole": not self.missing,
        }


@dataclass(slots=True)
class _Asked:
    """The annotations' rows and splits by id, and what the texts left open."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    splits: dict[str, str] = field(default_factory=dict[str, str])
    missing: tuple[str, ...] = ()
    unknown: int = 0


def join_texts(
    annotations: str | Path,
    texts: str | Path,
    out: Path,
    *,
    window: str | Path | None = None,
    allow_missing: bool = False,
    overwrite: bool = False,
) -> Joined:
    """Write the dataset of which `annotations` were published, with their texts, whole or not at all.

    Texts are found by id and held to the `text_sha256` of their annotation. Splits, tokens and entities
    are the annotations'; the result has the fingerprint that they state. With `allow_missing` documents
    without a text are left out, and the fingerprint is another.

    The common window is measured again, by the tokenizer that the annotations name or by `window`, which
    must be the same.

    Memory: one row of annotations for each document; texts pass one at a time.

    Raises:
        InputError: `annotations` is no folder of annotations without texts, or a file is broken.
        CheckError: a text is missing or is another one, or the result is not what was published.
        OutputError: `out` exists and `overwrite` is off.
    """
    opened = load(Path(annotations).resolve())  # of the word `sample`, too, the folder
    if opened.facts.texts:
        raise InputError(f"{annotations} holds its texts already; there is nothing to join")
    asked = _asked(opened)
    if window is None:
        window = _published_window(opened)
    facts, _ = build_dataset(
        _joined(asked, texts, allow_missing=allow_missing),
        out,
        name=opened.facts.name,
        seed=opened.facts.seed,
        version=opened.facts.version,
        window=window,
        agreement=opened.facts.agreement,
        fixed_splits=asked.splits,
        completed=lambda facts: _as_published(facts, opened),
        overwrite=overwrite,
    )
    return Joined(facts, asked.missing, asked.unknown)


def _published_window(opened: Dataset) -> str:
    """The name of the tokenizer that measured the windows, if it leads to one from here."""
    name = opened.facts.window.tokenizer
    try:
        window_tokenizer(name)
    except InputError as problem:
        raise InputError(
            f"{opened.path} names the tokenizer {name!r} for its windows, and it is not to be had "
            f"({problem}); name its file with --window-tokenizer"
        ) from None
    return name


def _as_published(facts: DatasetFacts, opened: Dataset) -> DatasetFacts:
    """The facts with what only the published ones know.

    Raises:
        CheckError: all documents are there, and their fingerprint is another than the published one; or
            a split is empty.
    """
    published = opened.facts
    empty = [split for split, count in facts.documents.items() if not count]
    if empty:
        raise CheckError(f"no document of the split {empty[0]} has its text")
    if facts.window.sha256 != published.window.sha256:
        raise CheckError(
            f"the windows of {opened.path} were measured by the tokenizer {published.window.tokenizer} "
            f"(SHA-256 {published.window.sha256[:12]}…), found {facts.window.sha256[:12]}…; "
            "name it with --window-tokenizer"
        )
    kept = replace(
        facts,
        tokenizer=published.tokenizer,
        window=published.window,
        misaligned=published.misaligned,
        previous=published.previous,
        parted_clusters=published.parted_clusters,
        left_out=published.left_out,
    )
    if facts.documents != published.documents:
        return kept
    if facts.fingerprint != published.fingerprint:
        raise CheckError(
            f"{opened.path}: the joined dataset has the fingerprint {facts.fingerprint[:12]}…, "
            f"the annotations state {published.fingerprint[:12]}…"
        )
    return replace(kept, provenance=published.provenance)


def _asked(opened: Dataset) -> _Asked:
    import pyarrow as pa
    import pyarrow.parquet as pq

    asked = _Asked()
    for split in opened.splits:
        for path in parquet_files(opened.path, split):
            try:
                with pq.ParquetFile(path) as file:
                    for batch in file.iter_batches(ROWS_AT_ONCE):
                        for row in batch.to_pylist():
                            asked.rows[row["id"]] = row
                            asked.splits[row["id"]] = split
            except (pa.ArrowException, KeyError) as problem:
                raise InputError(f"{path} is no file of annotations: {problem}") from None
    return asked


def _joined(asked: _Asked, texts: str | Path, *, allow_missing: bool) -> Iterator[Document]:
    joined: set[str] = set()
    for found in read_documents(texts):
        if found.id not in asked.splits:
            asked.unknown += 1
            continue
        if found.id in joined:
            raise CheckError(f"{texts}: document {found.id!r} comes twice; each id may stand once")
        row = asked.rows[found.id]
        digest = text_sha256(found.text)
        if digest == row["text_sha256"]:
            joined.add(found.id)
            yield _document(row, found)
        elif not allow_missing:
            raise CheckError(
                f"{texts}: document {found.id!r} has another text: its SHA-256 is {digest[:12]}…, "
                f"the annotations are of {str(row['text_sha256'])[:12]}…"
            )
    asked.missing = tuple(name for name in asked.splits if name not in joined)
    if not joined or (asked.missing and not allow_missing):
        shown = ", ".join(asked.missing[:SHOWN]) + (", ..." if len(asked.missing) > SHOWN else "")
        raise CheckError(
            f"{texts} has no text for {len(asked.missing):,} of {counted(len(asked.splits), 'document')} "
            f"({shown}); --allow-missing builds the dataset without some"
        )


def _document(row: Mapping[str, Any], found: Document) -> Document:
    """The annotated document: the row's own columns, and what else the rebuild knows of the page."""
    try:
        document = document_from_row({**row, "text": found.text, "title": found.meta.get("title")})
    except (KeyError, TypeError, ValueError) as problem:
        raise SchemaError(f"document {found.id!r}: not a row of annotations: {problem}") from None
    return replace(document, meta={**found.meta, **document.meta})
