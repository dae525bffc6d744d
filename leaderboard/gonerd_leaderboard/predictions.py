"""Checks on a predictions file that need no gold: shape, offsets, and the counts it must give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gonerd.adapters import Prediction
from gonerd.errors import CheckError, SchemaError
from gonerd.labels import LABELS
from gonerd.schema import Entity
from gonerd_leaderboard.fields import Fields, json_from_text
from gonerd_leaderboard.plain_file import lines_from_zstd
from gonerd_leaderboard.result import Counts, Result

__all__ = ["MOST_UNPACKED", "Line", "Tally", "check_predictions", "prediction_lines"]

MOST_UNPACKED = 512 << 20
"""Bytes of predictions after unpacking."""

SHA256 = "[0-9a-f]{64}"


@dataclass(frozen=True, slots=True)
class Tally:
    """What a predictions file holds: documents, predicted entities by label, and what each line tells of."""

    documents: int
    by_label: Mapping[str, int]
    dropped: Mapping[str, int]
    """Predictions that the label map left out, by the model's own type."""
    repairs: int
    failed: frozenset[str]
    """Documents without an answer."""


@dataclass(frozen=True, slots=True)
class Line:
    """A prediction that has the right form, and the text that it says it is for."""

    prediction: Prediction
    text_sha256: str


def check_predictions(
    data: bytes, result: Result, where: str, *, also: Callable[[str, Line], None] | None = None
) -> Tally:
    """Read a predictions.jsonl.zst and hold it against the result that came with it.

    Whether an entity is right takes the gold; this takes only what the two files say of each other. `also`
    is given where each line stands, and the line, when it was found to have the right form.

    Raises:
        InputError: the compression is broken, or unpacks to more than `MOST_UNPACKED` bytes.
        SchemaError: a line has the wrong shape; the message names line, document and field.
        CheckError: documents or entities are not as many as the result says.
    """
    seen: set[str] = set()
    by_label: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    repairs, failed = 0, []
    for here, line in prediction_lines(data, where):
        found = line.prediction
        if found.doc_id in seen:
            raise SchemaError(f"{here}: document {found.doc_id!r} stands in the file twice")
        if also is not None:
            also(here, line)
        seen.add(found.doc_id)
        by_label.update(entity.label for entity in found.entities)
        dropped.update(found.dropped)
        repairs += found.repairs
        failed += [found.doc_id] * (found.error is not None)
    if len(seen) != result.dataset.n_docs:
        raise CheckError(
            f"{where}: holds {len(seen)} documents, dataset.n_docs says {result.dataset.n_docs}"
        )
    tally = Tally(len(seen), by_label, dropped, repairs, frozenset(failed))
    _check_counts(tally, result, where)
    _check_coverage(tally, result, where)
    return tally


def prediction_lines(data: bytes, where: str) -> Iterator[tuple[str, Line]]:
    """Yield (where it stands, line) of a predictions.jsonl.zst, one at a time.

    Raises:
        InputError: the compression is broken, or unpacks to more than `MOST_UNPACKED` bytes.
        SchemaError: a line has the wrong shape; the message names line, document and field.
    """
    for number, text in lines_from_zstd(data, where, most=MOST_UNPACKED):
        here = f"{where}:{number}"
        yield here, _line(json_from_text(text, here), here)


def _check_counts(tally: Tally, result: Result, where: str) -> None:
    def compare(name: str, found: int, counts: Counts) -> None:
        if found != counts.tp + counts.fp:
            raise CheckError(
                f"{where}: holds {found} {name}, scores.full counts "
                f"tp + fp = {counts.tp} + {counts.fp} = {counts.tp + counts.fp}"
            )

    compare("entities", sum(tally.by_label.values()), result.full.total)
    for label, counts in result.full.by_type.items():
        compare(f"entities {label}", tally.by_label.get(label, 0), counts)


def _check_coverage(tally: Tally, result: Result, where: str) -> None:
    coverage = result.coverage
    if tally.repairs != coverage.n_repairs:
        raise CheckError(
            f"{where}: tells of {tally.repairs} repairs, coverage.n_repairs says {coverage.n_repairs}"
        )
    for name in sorted(tally.dropped.keys() | coverage.dropped.keys()):
        found, stated = tally.dropped.get(name, 0), coverage.dropped.get(name, 0)
        if found != stated:
            raise CheckError(
                f"{where}: tells of {found} dropped {name!r}, coverage.dropped says {stated}"
            )
    unlike = tally.failed ^ set(coverage.failed_docs)
    if unlike:
        raise CheckError(
            f"{where}: document {min(unlike)!r} has failed either here or in coverage.failed_docs, "
            "not in both"
        )


def _line(record: Any, here: str) -> Line:
    fields = Fields(record, here)
    document = fields.text("doc_id", longest=1_000)
    here = f"{here}: document {document!r}"
    digest = fields.text("text_sha256", pattern=SHA256)
    consumed = fields.whole("consumed_to")
    windows = fields.whole("windows")
    entities = fields.take("entities")
    dropped = _dropped(fields.inner("dropped")) if fields.has("dropped") else {}
    repairs = fields.whole("repairs") if fields.has("repairs") else 0
    error = fields.text("error", longest=1_000) if fields.has("error") else None
    fields.end()
    if not isinstance(entities, list):
        raise SchemaError(f"{here}: field entities is no list")
    if error is not None and entities:
        raise SchemaError(f"{here}: has an error and entities, expected one of them")
    found = [_entity(entity, here, n) for n, entity in enumerate(entities)]
    spans = [entity for entity, _ in found]
    previous = 0
    for entity in sorted(spans, key=lambda each: each.start):
        if entity.start < previous:
            raise SchemaError(
                f"{here}: entity [{entity.start}, {entity.end}) overlaps another that ends at {previous}"
            )
        previous = entity.end
    if previous > consumed:
        raise SchemaError(
            f"{here}: the last entity ends at {previous}, past the {consumed} characters that the model "
            "read (consumed_to)"
        )
    scores = [score for _, score in found if score is not None]
    if scores and len(scores) < len(found):
        raise SchemaError(f"{here}: {len(scores)} of {len(found)} entities have a score")
    prediction = Prediction(
        document,
        tuple(spans),
        consumed_to=consumed,
        windows=windows,
        scores=tuple(scores) or None,
        dropped=dropped,
        repairs=repairs,
        error=error,
    )
    return Line(prediction, digest)


def _dropped(fields: Fields) -> dict[str, int]:
    names = fields.names()
    for name in names:
        fields.group("dropped", {"name": name}).text("name")
    return {name: fields.whole(name, least=1) for name in names}


def _entity(entity: Any, line: str, number: int) -> tuple[Entity, float | None]:
    def refused(why: str) -> SchemaError:
        return SchemaError(f"{line}: entities[{number}]{why}")

    if not isinstance(entity, list) or len(entity) not in (3, 4):
        raise refused(" is not [start, end, label] or [start, end, label, score]")
    start, end, label = entity[:3]
    if type(start) is not int or type(end) is not int or not 0 <= start < end < 2**53:
        raise refused(": start and end must be whole numbers with 0 <= start < end")
    if label not in LABELS:
        raise refused(f": the label is unknown; expected one of {', '.join(LABELS)}")
    if len(entity) == 3:
        return Entity(start, end, label), None
    score = Fields({"score": entity[3]}, f"{line}: entities[{number}]").share("score")
    return Entity(start, end, label), score
