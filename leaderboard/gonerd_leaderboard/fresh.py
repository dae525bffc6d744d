"""A dated test split whose labels are withheld: scored by a maintainer, in whole points, a few times a model.

Scores that are given back for every try are labels that leak bit by bit. So figures are whole points, types
have one only where a hundred entities stand behind it, each model is scored a few times a month, and every
answer is in a log.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gonerd.audit.dates import date_of
from gonerd.corpora import read_corpus
from gonerd.errors import CheckError, InputError, SchemaError
from gonerd.files import folder_to_write, read_json, write_json
from gonerd.records import read_json_lines, write_documents
from gonerd.schema import Document, text_sha256
from gonerd_leaderboard.counting import Counting
from gonerd_leaderboard.gold import Gold, GoldShelf
from gonerd_leaderboard.plain_file import read_plain_file
from gonerd_leaderboard.predictions import prediction_lines
from gonerd_leaderboard.submission import FILES, PREDICTIONS

__all__ = ["FEWEST_OF_A_TYPE", "FreshSplit", "score_fresh", "split_fresh"]

PUBLIC, WITHHELD = "public", "withheld"
DOCUMENTS, GOLD, FACTS, LOG = "documents.jsonl", "gold.jsonl", "fresh.json", "log.jsonl"
FEWEST_OF_A_TYPE = 100
"""Gold entities of a type below which its figure would tell of single ones."""
REPLICATES = 100
"""No interval is given back."""


@dataclass(frozen=True, slots=True)
class FreshSplit:
    """What anybody may know of a fresh split."""

    name: str
    after: str
    """Every document is dated later than this day."""
    first: str
    last: str
    n_docs: int
    texts_sha256: str

    def as_json(self) -> dict[str, Any]:
        """The content of fresh.json."""
        return asdict(self)


def split_fresh(corpus: str, out: Path, *, after: str, name: str = "") -> FreshSplit:
    """Write `out`/public, texts that can be given away, and `out`/withheld, which has the labels.

    Args:
        corpus: annotated documents, as `gonerd.corpora.read_corpus` takes them.
        out: the folder to make.
        after: a day as YYYY-MM-DD; every document must be dated later.
        name: of the split; the month of its last document without it.

    Raises:
        InputError: there is no such file, or no document or entity in it.
        CheckError: a document is not dated after `after`, or an id stands twice.
        OutputError: `out` exists.
    """
    documents = list(read_corpus(corpus))
    if not any(document.entities for document in documents):
        raise InputError(f"{corpus} holds no labelled document; expected what annotators have done")
    dates = [_date(document, after, corpus) for document in documents]
    if len({document.id for document in documents}) < len(documents):
        raise CheckError(f"{corpus}: an id stands twice")
    digest = hashlib.sha256()
    for document in documents:
        digest.update(f"{document.id} {text_sha256(document.text)}\n".encode())
    first, last = min(dates), max(dates)
    split = FreshSplit(name or last[:7], after, first, last, len(documents), digest.hexdigest())
    with folder_to_write(out) as folder:
        (folder / PUBLIC).mkdir()
        (folder / WITHHELD).mkdir(mode=0o700)
        bare = (replace(document, entities=()) for document in documents)
        write_documents(folder / PUBLIC / DOCUMENTS, bare)
        write_json(folder / PUBLIC / FACTS, split.as_json())
        write_documents(folder / WITHHELD / GOLD, documents)
    return split


def score_fresh(
    predictions: Path,
    fresh: Path,
    *,
    model: str,
    most: int = 3,
    days: int = 30,
    now: datetime | None = None,
) -> dict[str, Any]:
    """Score a run on a fresh split, and give back whole points alone.

    The same predictions get the same answer again, which does not count.

    Args:
        predictions: a run of `gonerd eval` on `fresh`/public/documents.jsonl, or its predictions.jsonl.zst.
        fresh: the folder that `split_fresh` made.
        model: under which name the answer is counted.
        most: answers for a model in the last `days` days.
        days: how long an answer counts.
        now: the time; None for the clock's.

    Raises:
        InputError: there is no fresh split, or there are no predictions.
        SchemaError: predictions have the wrong form, or are not for these documents in this order.
        CheckError: the model has had its answers.
    """
    gold_path = fresh / WITHHELD / GOLD
    if not gold_path.is_file():
        raise InputError(f"{fresh} holds no withheld labels; expected what 'fresh split' wrote")
    file = predictions / PREDICTIONS if predictions.is_dir() else predictions
    data = read_plain_file(file, most=FILES[PREDICTIONS])
    digest = hashlib.sha256(data).hexdigest()
    moment = now or datetime.now(UTC)
    with _alone(fresh / WITHHELD / "lock"):
        log = fresh / WITHHELD / LOG
        before = [record for _, record in read_json_lines(log)] if log.exists() else []
        known = next((record for record in before if record["predictions_sha256"] == digest), None)
        if known is not None:
            answer = known["answer"]
        else:
            _require_left(before, model, moment, most=most, days=days)
            answer = _answer(_gold(fresh), data, str(file))
        line = {
            "time": moment.isoformat(timespec="seconds"),
            "model": model,
            "predictions_sha256": digest,
            "counts": known is None,
            "answer": answer,
        }
        with log.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")
    return {**read_json(fresh / PUBLIC / FACTS), "model": model, **answer}


def _answer(gold: Gold, data: bytes, where: str) -> dict[str, Any]:
    counting = Counting(gold)
    for here, line in prediction_lines(data, where):
        counting.take(here, line)
    if counting.documents != len(gold.documents):
        raise SchemaError(
            f"{where}: holds {counting.documents} documents, expected {len(gold.documents)}"
        )
    full = counting.outcome.as_json(seed=0, replicates=REPLICATES)["scores"]["full"]
    return {
        **_points(full),
        "by_type": {
            label: _points(entry)
            for label, entry in full["by_type"].items()
            if entry["tp"] + entry["fn"] >= FEWEST_OF_A_TYPE
        },
    }


def _points(entry: dict[str, Any]) -> dict[str, int]:
    """Precision, recall and F1 in whole per cent."""
    return {name: round(100 * entry[name]) for name in ("precision", "recall", "f1")}


def _require_left(
    before: Sequence[dict[str, Any]], model: str, now: datetime, *, most: int, days: int
) -> None:
    since = now - timedelta(days=days)
    times = [datetime.fromisoformat(each["time"]) for each in before if _counts(each, model)]
    recent = sorted(time for time in times if time > since)
    if len(recent) >= most:
        free = recent[-most] + timedelta(days=days)
        raise CheckError(
            f"{model} was scored {len(recent)} times in the last {days} days, the most is {most}; "
            f"the next time is on {free:%Y-%m-%d}"
        )


def _counts(record: dict[str, Any], model: str) -> bool:
    return bool(record["counts"]) and record["model"].casefold() == model.casefold()


def _gold(fresh: Path) -> Gold:
    return GoldShelf([]).opened(str(fresh / WITHHELD / GOLD), "all")


def _date(document: Document, after: str, corpus: str) -> str:
    date = date_of(document)
    if date <= after:
        said = f"is dated {date}" if date else "has no date"
        raise CheckError(f"{corpus}: document {document.id!r} {said}, expected one after {after}")
    return date


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One scoring at a time, so that the log tells all."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
