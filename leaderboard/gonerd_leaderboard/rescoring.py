"""Scores of a submission computed again from its predictions and the gold."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from gonerd.errors import CheckError, SchemaError
from gonerd.evaluation.outcome import Outcome
from gonerd_leaderboard.gold import Gold
from gonerd_leaderboard.predictions import Line, prediction_lines
from gonerd_leaderboard.submission import PREDICTIONS, RESULT, Run

__all__ = ["MOST_REPLICATES", "require_same_scores"]

ROUNDING = 1e-9
"""How far a float may stand from the one that is computed here: sums in another order."""

MOST_REPLICATES = 100_000
"""Of a bootstrap that a stranger asks for."""


def require_same_scores(run: Run, gold: Gold, where: str) -> None:
    """Score the predictions of `run` again, and hold scores, coverage and calibration against its result.

    `run` has passed `read_run`: its predictions have the right form. One document at a time is in memory.

    Raises:
        SchemaError: documents are other ones than those of `gold`, in another order, or their texts are;
            or an entity ends past its text.
        CheckError: a number of the result is another one; the message names the field and both.
    """
    stated = run.record
    interval = run.result.full.interval
    if interval.samples > MOST_REPLICATES:
        raise CheckError(
            f"{where}/{RESULT}: field scores.full.ci.B is {interval.samples:,}, expected at most "
            f"{MOST_REPLICATES:,}"
        )
    outcome = Outcome(gold.seen, paper="spans")
    lines = prediction_lines(run.prediction_bytes, f"{where}/{PREDICTIONS}")
    for number, (here, line) in enumerate(lines):
        _take(outcome, gold, number, line, here)
    computed = outcome.as_json(seed=interval.seed, replicates=interval.samples)
    dataset = {
        "gold_total": gold.total,
        "gold_by_type": gold.by_type,
        "synthetic": gold.synthetic,
    }
    for part, expected in [("dataset", dataset), *computed.items()]:
        found = stated[part]
        if part == "dataset":
            found = {key: found[key] for key in dataset}
        for problem in _differences(part, found, expected):
            raise CheckError(f"{where}/{RESULT}: {problem}")


def _take(outcome: Outcome, gold: Gold, number: int, line: Line, here: str) -> None:
    prediction = line.prediction
    if number >= len(gold.documents):
        raise SchemaError(
            f"{here}: document {prediction.doc_id!r} is one more than {gold.name} holds"
        )
    document = gold.documents[number]
    if prediction.doc_id != document.id:
        raise SchemaError(
            f"{here}: document {prediction.doc_id!r} stands where {gold.name} has {document.id!r}"
        )
    if line.text_sha256 != gold.hashes[number]:
        raise SchemaError(
            f"{here}: document {document.id!r}: its text is another one than that of {gold.name}"
        )
    length = len(document.text)
    last = max((entity.end for entity in prediction.entities), default=0)
    for what, end in (("an entity ends", last), ("consumed_to stands", prediction.consumed_to)):
        if end > length:
            raise SchemaError(
                f"{here}: document {document.id!r}: {what} at {end:,}, past the end of the text "
                f"({length:,} characters)"
            )
    outcome.add(document, prediction)


def _differences(name: str, stated: Any, computed: Any) -> Iterator[str]:
    """Each place where what is stated is not what the predictions give."""
    if isinstance(computed, Mapping) and isinstance(stated, Mapping):
        for key in [*computed, *(key for key in stated if key not in computed)]:
            yield from _differences(f"{name}.{key}", stated.get(key), computed.get(key))
    elif isinstance(computed, list) and isinstance(stated, list) and len(stated) == len(computed):
        for number, pair in enumerate(zip(stated, computed, strict=True)):
            yield from _differences(f"{name}.{number}", *pair)
    elif not _same(stated, computed):
        yield f"field {name} is {_shown(stated)}, the predictions give {_shown(computed)}"


def _same(stated: Any, computed: Any) -> bool:
    if isinstance(stated, float) and isinstance(computed, float):
        return math.isclose(stated, computed, rel_tol=0, abs_tol=ROUNDING)
    numbers = int, float
    if type(stated) in numbers and type(computed) in numbers:  # 0 for 0.0
        return bool(stated == computed)
    return type(stated) is type(computed) and bool(stated == computed)


def _shown(value: Any) -> str:
    """A value in a sentence: nothing that fills a screen."""
    if value is None:
        return "not there"
    if isinstance(value, Mapping | list):
        return f"{'an object' if isinstance(value, Mapping) else 'a list'} of {len(value)}"
    text = str(value)
    return text if len(text) <= 80 else text[:79] + "…"
