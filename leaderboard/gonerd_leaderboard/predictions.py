"""Checks on a predictions file that need no gold: shape, offsets, and the counts it must give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gonerd.errors import CheckError, SchemaError
from gonerd.labels import LABELS
from gonerd_leaderboard.fields import Fields, json_from_text
from gonerd_leaderboard.plain_file import lines_from_zstd
from gonerd_leaderboard.result import Counts, Result

__all__ = ["MOST_UNPACKED", "Tally", "check_predictions"]

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
class _Line:
    document: str
    labels: Sequence[str]
    dropped: Mapping[str, int]
    repairs: int
    failed: bool


def check_predictions(data: bytes, result: Result, where: str) -> Tally:
    """Read a predictions.jsonl.zst and hold it against the result that came with it.

    Whether an entity is right takes the gold; this takes only what the two files say of each other.

    Raises:
        InputError: the compression is broken, or unpacks to more than `MOST_UNPACKED` bytes.
        SchemaError: a line has the wrong shape; the message names line, document and field.
        CheckError: documents or entities are not as many as the result says.
    """
    seen: set[str] = set()
    by_label: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    repairs, failed = 0, []
    for number, text in lines_from_zstd(data, where, most=MOST_UNPACKED):
        here = f"{where}:{number}"
        line = _line(json_from_text(text, here), here)
        if line.document in seen:
            raise SchemaError(f"{here}: document {line.document!r} stands in the file twice")
        seen.add(line.document)
        by_label.update(line.labels)
        dropped.update(line.dropped)
        repairs += line.repairs
        failed += [line.document] * line.failed
    if len(seen) != result.dataset.n_docs:
        raise CheckError(
            f"{where}: holds {len(seen)} documents, dataset.n_docs says {result.dataset.n_docs}"
        )
    tally = Tally(len(seen), by_label, dropped, repairs, frozenset(failed))
    _check_counts(tally, result, where)
    _check_coverage(tally, result, where)
    return tally


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


def _line(record: Any, here: str) -> _Line:
    fields = Fields(record, here)
    document = fields.text("doc_id", longest=1_000)
    here = f"{here}: document {document!r}"
    fields.text("text_sha256", pattern=SHA256)
    consumed = fields.whole("consumed_to")
    fields.whole("windows")
    entities = fields.take("entities")
    dropped = _dropped(fields.inner("dropped")) if fields.has("dropped") else {}
    repairs = fields.whole("repairs") if fields.has("repairs") else 0
    failed = fields.has("error")
    if failed:
        fields.text("error", longest=1_000)
    fields.end()
    if not isinstance(entities, list):
        raise SchemaError(f"{here}: field entities is no list")
    if failed and entities:
        raise SchemaError(f"{here}: has an error and entities, expected one of them")
    spans = [_entity(entity, f"{here}: entities[{n}]") for n, entity in enumerate(entities)]
    previous = 0
    for start, end, _ in sorted(spans):
        if start < previous:
            raise SchemaError(
                f"{here}: entity [{start}, {end}) overlaps another that ends at {previous}"
            )
        if end > consumed:
            raise SchemaError(
                f"{here}: entity [{start}, {end}) ends past the {consumed} characters that the "
                "model read (consumed_to)"
            )
        previous = end
    return _Line(document, [label for _, _, label in spans], dropped, repairs, failed)


def _dropped(fields: Fields) -> dict[str, int]:
    names = fields.names()
    for name in names:
        fields.group("dropped", {"name": name}).text("name")
    return {name: fields.whole(name, least=1) for name in names}


def _entity(entity: Any, here: str) -> tuple[int, int, str]:
    if not isinstance(entity, list) or len(entity) not in (3, 4):
        raise SchemaError(f"{here} is not [start, end, label] or [start, end, label, score]")
    start, end, label = entity[:3]
    if type(start) is not int or type(end) is not int or not 0 <= start < end < 2**53:
        raise SchemaError(f"{here}: start and end must be whole numbers with 0 <= start < end")
    if label not in LABELS:
        raise SchemaError(f"{here}: the label is unknown; expected one of {', '.join(LABELS)}")
    if len(entity) == 4:
        Fields({"score": entity[3]}, here).share("score")
    return start, end, label
