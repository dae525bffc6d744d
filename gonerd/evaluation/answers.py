"""What is to be scored, from files of any form, beside the gold documents that it answers."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from pathlib import Path

from gonerd.adapters.predictions import read_predictions
from gonerd.corpora import Format, read_corpus
from gonerd.corpora.unnamed import stem_of
from gonerd.database import Names, nameless_database
from gonerd.dataset.loading import load
from gonerd.dataset.places import is_corpus_file
from gonerd.dataset.statistics import FICTIONAL
from gonerd.dataset.windows import SUBWORDS, WindowTokenizer, window_tokenizer
from gonerd.errors import ConfigError, InputError, SchemaError
from gonerd.evaluation.schema import PREDICTIONS_FILE
from gonerd.records import read_json_lines
from gonerd.schema import Document, Entity, text_sha256
from gonerd.schemes import Scheme, TagRepairs

__all__ = ["Answer", "Answers", "answers_in", "gold_in", "is_synthetic"]

JSON_ENDINGS = (".jsonl", ".json", ".ndjson")


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found in one document, and which text that was."""

    doc_id: str
    text_sha256: str
    entities: tuple[Entity, ...]
    failed: bool = False
    """Whether the model gave none, as `gonerd eval --allow-failures` notes it."""


class Answers:
    """Answers from a stream, asked for by document.

    While they come in the documents' order, one at a time is held. Once they don't, the rest goes into a
    temporary database on the disk.
    """

    def __init__(self, name: str, answers: Iterable[Answer]) -> None:
        self.name = name
        self.failures = 0
        """Answers so far that are none."""
        self._stream = self._counted(answers)
        self._rest: _OnDisk | None = None
        self._asked = Names()

    def of(self, document: Document) -> tuple[Entity, ...]:
        """What was found in `document`.

        Raises:
            SchemaError: there is no answer, more than one, it is for another text, or goes past its end.
        """
        self._asked.add(document.id)
        answer = None
        if self._rest is None:
            answer = next(self._stream, None)
            if answer is not None and answer.doc_id != document.id:
                self._rest = _OnDisk(self.name, chain([answer], self._stream))
                answer = None
        if self._rest is not None:
            answer = self._rest.take(document.id)
        if answer is None:
            raise SchemaError(f"{self.name} has no prediction for document {document.id!r}")
        if answer.text_sha256 != text_sha256(document.text):
            raise SchemaError(
                f"document {document.id!r}: its text in {self.name} is another than that of gold"
            )
        last = max((entity.end for entity in answer.entities), default=0)
        if last > len(document.text):
            raise SchemaError(
                f"{self.name}: document {document.id!r}: a prediction ends at {last}, "
                f"past the end of the text ({len(document.text)} characters)"
            )
        return answer.entities

    def require_no_more(self) -> None:
        """Raise SchemaError if an answer is left over: its document is not in gold, or had one already."""
        if self._rest is None:
            answer = next(self._stream, None)
            left = None if answer is None else answer.doc_id
        else:
            left = self._rest.first()
        if left is not None:
            problem = "is predicted twice" if left in self._asked else "has no gold document"
            raise SchemaError(f"{self.name}: document {left!r} {problem}")

    def _counted(self, answers: Iterable[Answer]) -> Iterator[Answer]:
        for answer in answers:
            self.failures += answer.failed
            yield answer


def gold_in(
    name: str,
    *,
    split: str | None = None,
    form: Format = "auto",
    scheme: Scheme = "iob2",
    window: bool = True,
) -> Iterator[Document]:
    """Yield gold documents of a corpus file or of a dataset's split, with the end of the common window.

    Raises:
        InputError: there is no such file, dataset or split, or it holds no documents.
        ConfigError: a split was named for a file.
    """
    if form == "auto" and not is_corpus_file(name):
        documents = load(name).documents(split or "test")
        first = next(documents, None)
        if first is None:
            raise InputError(f"split {split or 'test'!r} of {name} holds no documents")
        yield from chain([first], documents)
        return
    if split not in (None, "all"):
        raise ConfigError(f"{name} is one file without splits; found --split {split}")
    for document in read_corpus(name, form=form, scheme=scheme):
        yield _with_window(document) if window else document


def answers_in(
    name: str,
    *,
    split: str | None = None,
    form: Format = "auto",
    scheme: Scheme = "iob2",
    repairs: TagRepairs | None = None,
    gold: str | None = None,
) -> Answers:
    """Open predictions: of `gonerd eval` (its folder or its file), a corpus file, or a dataset's split.

    Documents of a corpus file without ids of their own, as in CoNLL-2003, are called as those of `gold` are.

    Raises:
        InputError: there is no such file or dataset.
    """
    run = Path(name) / PREDICTIONS_FILE
    if run.is_file():
        return Answers(name, _predicted(run))
    if form == "auto" and _holds_predictions(name):
        return Answers(name, _predicted(Path(name)))
    if form == "auto" and not is_corpus_file(name):
        return Answers(name, map(_answer, load(name).documents(split or "test")))
    stem = None if gold is None else stem_of(gold)
    documents = read_corpus(name, form=form, scheme=scheme, repairs=repairs, stem=stem)
    return Answers(name, map(_answer, documents))


def is_synthetic(document: Document) -> bool:
    """Whether the document is of an invented site: figures made on it say nothing about real text."""
    return str(document.meta.get("domain", "")).endswith(FICTIONAL)


class _OnDisk:
    """Answers by document id."""

    def __init__(self, name: str, answers: Iterable[Answer]) -> None:
        self._database = nameless_database()
        self._database.execute(
            "CREATE TABLE answer (id TEXT PRIMARY KEY, text TEXT, entities TEXT) WITHOUT ROWID"
        )
        for answer in answers:
            spans = [(e.start, e.end, e.label) for e in answer.entities]
            try:
                self._database.execute(
                    "INSERT INTO answer VALUES (?, ?, ?)",
                    (answer.doc_id, answer.text_sha256, json.dumps(spans)),
                )
            except sqlite3.IntegrityError:
                raise SchemaError(
                    f"{name}: document {answer.doc_id!r} is predicted twice"
                ) from None

    def take(self, doc_id: str) -> Answer | None:
        row = self._database.execute(
            "DELETE FROM answer WHERE id = ? RETURNING text, entities", (doc_id,)
        ).fetchone()
        if row is None:
            return None
        digest, spans = row
        return Answer(doc_id, digest, tuple(Entity(*span) for span in json.loads(spans)))

    def first(self) -> str | None:
        row = self._database.execute("SELECT min(id) FROM answer").fetchone()
        return None if row[0] is None else str(row[0])


def _predicted(path: Path) -> Iterator[Answer]:
    for prediction, digest in read_predictions(path):
        failed = prediction.error is not None
        yield Answer(prediction.doc_id, digest, prediction.entities, failed)


def _answer(document: Document) -> Answer:
    return Answer(document.id, text_sha256(document.text), document.entities)


def _holds_predictions(name: str) -> bool:
    endings = [ending for ending in Path(name).suffixes if ending not in (".gz", ".zst")]
    if not Path(name).is_file() or not endings or endings[-1] not in JSON_ENDINGS:
        return False
    _, first = next(read_json_lines(name), (0, None))
    return isinstance(first, dict) and "doc_id" in first


def _with_window(document: Document) -> Document:
    if "common_window_end" in document.meta:
        return document
    text = document.text
    # the reference tokenizer's subwords take a byte at least: most documents need no counting
    end = len(text) if len(text.encode()) <= SUBWORDS else _reference().window_end(text)
    return replace(document, meta={**document.meta, "common_window_end": end})


@cache
def _reference() -> WindowTokenizer:
    return window_tokenizer()
