"""Checks on a predictions file that need no gold: shape, offsets, and the counts it must give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
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
    """What a predictions file holds: documents, and predicted entities by label."""

    documents: int
    by_label: Mapping[str, int]


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
    for number, line in lines_from_zstd(data, where, most=MOST_UNPACKED):
        here = f"{where}:{number}"
        document, labels = _prediction(json_from_text(line, here), here)
        if document in seen:
            raise SchemaError(f"{here}: document {document!r} stands in the file twice")
        seen.add(document)
        by_label.update(labels)
    if len(seen) != result.dataset.n_docs:
        raise CheckError(
            f"{where}: holds {len(seen)} documents, dataset.n_docs says {result.dataset.n_docs}"
        )
    _check_counts(by_label, result, where)
    return Tally(len(seen), dict(by_label))


def _check_counts(by_label: Counter[str], result: Result, where: str) -> None:
    def compare(name: str, found: int, counts: Counts) -> None:
        if found != counts.tp + counts.fp:
            raise CheckError(
                f"{where}: holds {found} {name}, scores.full counts "
                f"tp + fp = {counts.tp} + {counts.fp} = {counts.tp + counts.fp}"
            )

    compare("entities", by_label.total(), result.full.total)
    for label, counts in result.full.by_type.items():
        compare(f"entities {label}", by_label[label], counts)


def _prediction(record: Any, here: str) -> tuple[str, list[str]]:
    fields = Fields(record, here)
    document = fields.text("doc_id", longest=1_000)
    here = f"{here}: document {document!r}"
    fields.text("text_sha256", pattern=SHA256)
    consumed = fields.whole("consumed_to")
    fields.whole("windows")
    entities = fields.take("entities")
    if fields.has("error"):
        fields.text("error", longest=1_000)
    fields.end()
    if not isinstance(entities, list):
        raise SchemaError(f"{here}: field entities is no list")
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
    return document, [label for _, _, label in spans]


def _entity(entity: Any, here: str) -> tuple[int, int, str]:
    if not isinstance(entity, list) or len(entity) not in (3, 4):
        raise SchemaError(f"{here} is not [start, end, label] or [start, end, label, score]")
    start, end, label = entity[:3]
    if type(start) is not int or type(end) is not int or not 0 <= start < end < 2**53:
        raise SchemaError(f"{here}: start and end must be whole numbers with 0 <= start < end")
    if label not in LABELS:
        raise SchemaError(f"{here}: the label is unknown; expected one of {', '.join(LABELS)}")
    if len(entity) == 4:
        Fields({"score": entity[3]}, here).number("score", least=-1e308, most=1e308)
    return start, end, label
