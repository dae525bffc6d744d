"""A dataset folder against what it says of itself: hashes, columns, rows, tags, counts, fingerprint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from gonerd.align import tags_from_entities
from gonerd.audit.finding import Check, Finding, Findings, Held
from gonerd.dataset.building import content_hash
from gonerd.dataset.card import FACTS_FILE
from gonerd.dataset.entries import gold_hash
from gonerd.dataset.loading import Dataset, parquet_files
from gonerd.dataset.places import READ_FROM_HUB
from gonerd.dataset.rows import document_from_row, features
from gonerd.dataset.sums import SUMS_FILE
from gonerd.errors import AlignmentError, InputError, SchemaError
from gonerd.files import file_sha256, read_lines
from gonerd.labels import LABELS, SUBTYPES, TAGS
from gonerd.schema import Document, text_sha256

__all__ = ["Reading"]

QUESTIONS = {
    "sha256sums": ("Files", f"Every file is the one that {SUMS_FILE} names."),
    "columns": ("Columns", "Data files can be read and have the columns of the schema."),
    "rows": (
        "Rows",
        "Every row describes a valid document: offsets inside the text, known labels.",
    ),
    "text_sha256": ("Texts", "Every text is the one that its text_sha256 names."),
    "tokens": ("Tokens", "Tokens are the text at their offsets."),
    "tags": ("Tags", "Tags are those that the entities give."),
    "counts": ("Counts", "Documents, tokens and entities are as many as gonerd.json says."),
    "fingerprint": ("Fingerprint", "Texts, entities and tokens are those that were built."),
}


class Reading:
    """A dataset that is read once: its documents, and the checks that reading them answered.

    A `partial` copy is one from the Hub, of which only the files that are read were fetched.
    """

    def __init__(self, dataset: Dataset, *, limit: int, partial: bool = False) -> None:
        _require_counts(dataset)
        self.dataset = dataset
        self._partial = partial
        self.corpus: list[Held] = []
        self._findings = {name: Findings(limit) for name in QUESTIONS}
        self._words = Counter[str]()
        self._hashes: dict[str, dict[str, str]] = {split: {} for split in dataset.splits}
        self._check_sums()
        for split in dataset.splits:
            self._read_split(split)
        self._check_facts()

    @property
    def checks(self) -> Iterator[Check]:
        """One check for each of `QUESTIONS`."""
        for name, (title, explained) in QUESTIONS.items():
            found = self._findings[name]
            yield Check(
                name, title, "integrity", explained, found.count, found.failures, found.kept
            )

    def _fail(self, name: str, said: str) -> None:
        self._findings[name].add(Finding(said, fails=True))

    def _check_sums(self) -> None:
        folder = self.dataset.path
        path = folder / SUMS_FILE
        if not path.is_file():
            self._fail("sha256sums", f"{path} is not there")
            return
        named = set[str]()
        for number, line in read_lines(path):
            digest, _, name = line.partition("  ")
            if not name or len(digest) != 64:
                self._fail(
                    "sha256sums", f"{path}:{number}: found {line!r}, expected a hash and a file"
                )
                continue
            named.add(name)
            file = folder / name
            if Path(name).is_absolute() or ".." in Path(name).parts:
                self._fail("sha256sums", f"{path}:{number}: {name!r} lies outside the folder")
            elif not file.is_file() and self._partial and not _is_read(name):
                continue
            elif not file.is_file():
                self._fail("sha256sums", f"{name} is not there, {SUMS_FILE} names it")
            elif file_sha256(file) != digest:
                self._fail("sha256sums", f"{name} is not the file that {SUMS_FILE} names")
        for file in sorted(folder.rglob("*.parquet")):
            name = file.relative_to(folder).as_posix()
            if name not in named:
                self._fail("sha256sums", f"{name} is there, {SUMS_FILE} does not name it")

    def _read_split(self, split: str) -> None:
        try:
            paths = parquet_files(self.dataset.path, split)
        except InputError as problem:
            self._fail("columns", str(problem))
            paths = sorted((self.dataset.path / "data").glob(f"{split}-*.parquet"))
        for path in paths:
            for number, row in enumerate(self._rows(path)):
                self._read_row(f"{path.name}, row {number}", split, row)

    def _rows(self, path: Path) -> Iterator[dict[str, Any]]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        wanted = features().arrow_schema
        try:
            with pq.ParquetFile(path) as source:
                found = source.schema_arrow
                wrong = [
                    f"{name} is {_type(found, name)}, expected {_type(wanted, name)}"
                    for name in wanted.names
                    if _type(found, name) != _type(wanted, name)
                ]
                if wrong:
                    self._fail("columns", f"{path.name}: {'; '.join(wrong)}")
                    return
                for batch in source.iter_batches(64):
                    yield from batch.to_pylist()
        except (pa.ArrowException, OSError) as problem:
            self._fail("columns", f"{path.name} can't be read: {problem}")

    def _read_row(self, where: str, split: str, row: Mapping[str, Any]) -> None:
        try:
            document = document_from_row(row)
            _require_known(document, row)
            same = row["text_sha256"] == text_sha256(document.text)
        except (SchemaError, TypeError, ValueError) as problem:
            self._fail("rows", f"{where}: {problem}")
            return
        where = f"{where}: document {document.id!r}"
        if not same:
            self._fail(
                "text_sha256", f"{where}: the text has another SHA-256 than text_sha256 says"
            )
        tokens = document.tokens or ()
        if [document.text[start:end] for start, end in tokens] != row["tokens"]:
            self._fail("tokens", f"{where}: tokens are not the text at their offsets")
        self._check_tags(where, document, row["ner_tags"] or [])
        self._words[split] += len(tokens)
        self._hashes[split][document.id] = gold_hash(document)
        self.corpus.append(Held(split, replace(document, tokens=None)))

    def _check_tags(self, where: str, document: Document, numbers: list[int]) -> None:
        try:
            wanted = tags_from_entities(document.tokens or (), document.entities)
        except AlignmentError as problem:
            self._fail("tags", f"{where}: {problem}")
            return
        found = [TAGS[n] if n is not None and 0 <= n < len(TAGS) else repr(n) for n in numbers]
        if found != wanted:
            at = next(
                (n for n, (a, b) in enumerate(zip(found, wanted, strict=False)) if a != b),
                min(len(found), len(wanted)),
            )
            said = (
                f"tag {found[at]} of token {at}, entities give {wanted[at]}"
                if at < min(len(found), len(wanted))
                else f"{len(found)} tags for {len(wanted)} tokens"
            )
            self._fail("tags", f"{where}: {said}")

    def _check_facts(self) -> None:
        facts = self.dataset.facts
        documents = Counter(held.split for held in self.corpus)
        entities = Counter(e.label for held in self.corpus for e in held.document.entities)
        for thing, said, found in (
            ("documents", facts.documents, documents),
            ("tokens", facts.words, self._words),
            ("entities", facts.entities, entities),
        ):
            for name in dict.fromkeys([*said, *found]):
                if said.get(name, 0) != found[name]:
                    self._fail(
                        "counts",
                        f"{name}: {found[name]:,} {thing}, gonerd.json says {said.get(name, 0)!r}",
                    )
        every = (
            (f"{split}/{name}", digest)
            for split, hashes in self._hashes.items()
            for name, digest in hashes.items()
        )
        if (found_hash := content_hash(every)) != facts.fingerprint:
            self._fail(
                "fingerprint",
                f"the fingerprint is {found_hash[:12]}…, gonerd.json says {str(facts.fingerprint)[:12]}…",
            )
        for split, hashes in self._hashes.items():
            found_hash = content_hash(hashes.items())
            stated = str(facts.split_sha256.get(split, ""))
            if found_hash != stated:
                self._fail(
                    "fingerprint",
                    f"the hash of {split} is {found_hash[:12]}…, gonerd.json says {stated[:12]}…",
                )


def _require_counts(dataset: Dataset) -> None:
    for name in ("documents", "words", "entities", "split_sha256"):
        value = getattr(dataset.facts, name)
        if not isinstance(value, Mapping):
            raise InputError(
                f"{dataset.path / FACTS_FILE}: field {name!r} is {type(value).__name__}, expected an object"
            )


def _is_read(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in READ_FROM_HUB)


def _type(schema: Any, name: str) -> str:
    """The type as text; what Parquet calls the elements of a list is not part of it."""
    if name not in schema.names:
        return "not there"
    return str(schema.field(name).type).replace("element: ", "item: ")


def _require_known(document: Document, row: Mapping[str, Any]) -> None:
    if not isinstance(document.id, str) or not isinstance(document.text, str):
        raise SchemaError(f"id {document.id!r} or the text is no string")
    for entity in document.entities:
        if entity.label not in LABELS:
            raise SchemaError(
                f"document {document.id!r}: label {entity.label!r} is unknown; "
                f"expected one of {', '.join(LABELS)}"
            )
        if entity.subtype and entity.subtype not in SUBTYPES.get(entity.label, ()):
            raise SchemaError(
                f"document {document.id!r}: {entity.label} has the unknown subtype {entity.subtype!r}"
            )
    end = row["common_window_end"]
    if not 0 <= end <= len(document.text):
        raise SchemaError(
            f"document {document.id!r}: common_window_end is {end}, "
            f"the text has {len(document.text)} characters"
        )
