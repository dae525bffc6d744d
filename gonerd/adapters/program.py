"""`cmd:"program arguments"`: any program, in any environment, as a model.

It reads one document a line and writes one answer a line, in the same order, as JSON (docs/adapters.md):

    {"id": "a", "text": "Ada met Bo", "tokens": [[0, 3], [4, 7], [8, 10]]}
    {"doc_id": "a", "entities": [[0, 3, "PER", 0.9], [8, 10, "PER", 0.8]]}
"""

from __future__ import annotations

import hashlib
import math
import os
import shlex
import shutil
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from gonerd.adapters.adapter import AdapterOptions, ModelCard, Prediction
from gonerd.adapters.label_map import LabelMap
from gonerd.adapters.model_files import files_sha256, is_revision
from gonerd.adapters.policy import Policy
from gonerd.adapters.process import Process
from gonerd.console import kind_of
from gonerd.errors import ConfigError, InputError, SchemaError
from gonerd.schema import Document, Entity

__all__ = ["IN_FLIGHT", "TIMEOUT_VARIABLE", "Program", "adapter_from_argument"]

IN_FLIGHT = 64
"""Documents that a program may have without an answer; it must answer the first before it gets another."""

TIMEOUT_VARIABLE = "GONERD_CMD_TIMEOUT"
"""Seconds that one answer may take; unset waits for as long as the program runs."""

_ANSWER = ("doc_id", "entities", "consumed_to", "windows", "repairs", "error")
_CARD = {"id", "revision", *(f.name for f in fields(ModelCard)[3:])}


class Program:
    """A program behind standard input and output; each `predict` starts it anew."""

    def __init__(
        self, words: tuple[str, ...], options: AdapterOptions, timeout: float | None
    ) -> None:
        self._words = words
        self._name = Path(words[0]).name
        self._timeout = timeout
        self._labels = LabelMap.for_any(options.label_map)
        revision, files = _revision(words)
        self.card = ModelCard(
            kind="cmd",
            id=files[0] if files else self._name,
            revision=revision,
            details={"revision_of": files or "the command line"},
        )
        given = options.label_map
        self.policy = Policy(label_map=None if given is None else dict(given))

    def predict(self, documents: Iterable[Document]) -> Iterator[Prediction]:
        """Yield one prediction a document; at most `IN_FLIGHT` documents are ahead of the answers.

        Raises:
            InputError: the program can't be started, ends before it has answered, or fails at its end.
            SchemaError: a line is no answer to the document whose turn it is.
        """
        waiting: deque[Document] = deque()
        stream = iter(documents)
        with Process(self._words, timeout=self._timeout) as process:
            for document in stream:
                waiting.append(document)
                process.send(_record(document))
                while len(waiting) >= IN_FLIGHT:
                    yield self._answer(process, waiting)
            process.end_input()
            while waiting:
                yield self._answer(process, waiting)
            process.require_good_end()

    def _answer(self, process: Process, waiting: deque[Document]) -> Prediction:
        document = waiting[0]
        line = process.line(document.id, waiting=len(waiting))
        where = f"cmd: {self._name} line {process.lines}"
        record = line.value
        if process.lines == 1 and isinstance(record, dict) and set(record) == {"card"}:
            self.card = _card(self.card, record["card"], where)
            return self._answer(process, waiting)
        waiting.popleft()
        try:
            return _prediction(record, document, self._labels)
        except SchemaError as problem:
            raise SchemaError(f"{where}, for document {document.id!r}: {problem}") from None


def adapter_from_argument(argument: str, options: AdapterOptions) -> Program:
    """`cmd:"program arguments"`, split as a shell would and run without one.

    Raises:
        ConfigError: there is no such program, or an option makes no sense.
    """
    options.refuse("cmd", "device", "dtype", "batch_size", "max_len", "policy", "stride", "compile")
    try:
        words = tuple(shlex.split(argument))
    except ValueError as problem:
        raise ConfigError(f"--model cmd:{argument} can't be split into words: {problem}") from None
    if not words:
        raise ConfigError("--model cmd needs a program, as in cmd:'python mine.py --fast'")
    if shutil.which(words[0]) is None:
        raise ConfigError(f"--model cmd: there is no program {words[0]!r} that can be run")
    return Program(words, options, _timeout())


def _record(document: Document) -> dict[str, Any]:
    tokens = document.tokens
    return {
        "id": document.id,
        "text": document.text,
        "tokens": None if tokens is None else [list(span) for span in tokens],
    }


def _prediction(record: Any, document: Document, labels: LabelMap) -> Prediction:
    if not isinstance(record, dict):
        raise SchemaError("expected an object with doc_id and entities")
    unknown = sorted(set(record) - set(_ANSWER))
    if unknown:
        raise SchemaError(f"field {unknown[0]!r} is unknown; expected {', '.join(_ANSWER)}")
    if record.get("doc_id") != document.id:
        raise SchemaError(f"doc_id is {record.get('doc_id')!r}")
    error = record.get("error")
    if error is not None:
        if not isinstance(error, str) or record.get("entities"):
            raise SchemaError(
                "expected an error in words and no entities, or entities and no error"
            )
        return Prediction(document.id, (), consumed_to=0, error=error)
    spans = record.get("entities")
    if not isinstance(spans, list):
        raise SchemaError("entities are missing; expected a list of [start, end, label, score?]")
    found = [_span(span, len(document.text)) for span in spans]
    if len({score is None for *_, score in found}) > 1:
        raise SchemaError("some entities have a score and others none, expected all or none")
    kept = [(*span, label) for span in found if (label := labels.of(span[2]))]
    scored = bool(kept) and all(score is not None for _, _, _, score, _ in kept)
    return Prediction(
        document.id,
        tuple(Entity(start, end, label) for start, end, _, _, label in kept),
        consumed_to=_count(record, "consumed_to", len(document.text)),
        windows=_count(record, "windows", 1),
        scores=tuple(score for *_, score, _ in kept if score is not None) if scored else None,
        dropped=Counter(type_ for _, _, type_, _ in found if not labels.of(type_)),
        repairs=_count(record, "repairs", 0),
    )


def _span(span: Any, length: int) -> tuple[int, int, str, float | None]:
    match span:
        case [int(start), int(end), str(type_)]:
            score = None
        case [int(start), int(end), str(type_), int() | float() as score]:
            if not (math.isfinite(score) and 0 <= score <= 1):
                raise SchemaError(f"entity {span} has a score that is not between 0 and 1")
        case _:
            raise SchemaError(
                f"{span!r} is no [start, end, label] and no [start, end, label, score]"
            )
    if isinstance(start, bool) or isinstance(end, bool):
        raise SchemaError(f"entity {span} has no places, expected two numbers")
    if not 0 <= start < end <= length:
        raise SchemaError(f"entity {span} is empty or outside the text ({length} characters)")
    return start, end, type_, None if score is None else float(score)


def _count(record: Mapping[str, Any], name: str, default: int) -> int:
    value = record.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise SchemaError(f"{name} is {value!r}, expected a number of 0 or more")
    return value


def _card(known: ModelCard, told: Any, where: str) -> ModelCard:
    """What the program says of itself; its kind stays `cmd`, its revision the files' where it names none."""
    if not isinstance(told, dict) or set(told) - _CARD:
        raise SchemaError(f"{where}: expected a card of {', '.join(sorted(_CARD))}")
    revision = str(told.get("revision", known.revision))
    if not is_revision(revision):
        raise SchemaError(f"{where}: revision is {revision!r}, expected 40 hex digits")
    said, training = told.get("details", {}), told.get("training_data", [])
    if not isinstance(said, dict):
        raise SchemaError(f"{where}: details is {kind_of(said)}, expected an object")
    if not isinstance(training, list) or not all(isinstance(name, str) for name in training):
        raise SchemaError(
            f"{where}: training_data is {kind_of(training)}, expected a list of names"
        )
    details = {**known.details, **said}
    if "revision" in told:
        details["revision_of"] = "the program's own card"
    return replace(known, **{**told, "details": details, "training_data": tuple(training)})


def _revision(words: tuple[str, ...]) -> tuple[str, list[str]]:
    """Of the files among the words, without their folders; of the program where no argument is one."""
    files = [Path(word) for word in words[1:] if Path(word).is_file()]
    if not files and Path(words[0]).is_file():
        files = [Path(words[0])]
    if not files:
        return hashlib.sha256(shlex.join(words).encode()).hexdigest()[:40], []
    if len(files) == 1:
        return files_sha256(files, files[0].parent)[:40], [files[0].name]
    lines = (f"{files_sha256([file], file.parent)}  {file.name}\n" for file in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:40], [f.name for f in files]


def _timeout() -> float | None:
    value = os.environ.get(TIMEOUT_VARIABLE)
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not seconds > 0:
        raise InputError(f"${TIMEOUT_VARIABLE} is {value!r}, expected seconds above 0")
    return seconds
