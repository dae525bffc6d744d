"""A reviewer's sheet: which documents are worth a look, as a CSV file and as a page for the browser."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gonerd.errors import ConfigError, InputError
from gonerd.files import (
    folder_to_write,
    read_json,
    require_folder_to_write,
    write_json,
    write_text,
)
from gonerd.records import read_documents, read_json_lines
from gonerd.schema import Document, text_sha256
from gonerd.takedown import TAKEN_DOWN, Takedown
from gonerd_scraper.cleaning.boilerplate import own_text, paragraphs, repeated_paragraphs
from gonerd_scraper.cleaning.filters import Check, checks_of
from gonerd_scraper.cleaning.manual import COLUMNS, inert_cell
from gonerd_scraper.cleaning.measures import measures_of
from gonerd_scraper.cleaning.review_page import page_of_items
from gonerd_scraper.cleaning.rules import CleanRules
from gonerd_scraper.lots import lot

__all__ = ["Item", "review_documents", "sheet_of_items"]

NEAR = "near: "
"""Stands before the threshold that a kept document came near to."""

SHEET_COLUMNS = (*COLUMNS, "status", "rule", "reason", "words", "title")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One document of the sheet: what became of it, by which rule, and what that went by.

    `rule` of a kept document names the threshold that it came nearest to.
    """

    document: Document
    kept: bool
    rule: str
    reason: str
    checks: Sequence[Check]
    faded: Sequence[int] = field(default=())
    """Lines of the text that the site repeats."""

    @property
    def words(self) -> int:
        """Parts between white space."""
        return len(self.document.text.split())

    @property
    def title(self) -> str:
        """What the page is called, empty where that is not known."""
        return str(self.document.meta.get("title") or "")


def review_documents(
    folder: Path,
    out: Path,
    *,
    documents: Sequence[Path] = (),
    per_rule: int | None = None,
    near: float | None = 0.1,
    seed: int = 0,
    takedown: Takedown | None = None,
    force: bool = False,
) -> dict[str, Any]:
    """Write sheet.csv and review.html for what `clean_documents` left in `folder`; return the counts.

    In the sheet stand the dropped documents (but those taken down, then or by `takedown`, which no
    reviewer can bring back), and the kept ones of which a value is no further from its threshold than
    `near`, a share of the threshold; None: no kept ones. Of more than `per_rule` with the same rule,
    those with the lowest lots under `seed` are drawn.

    Raises:
        InputError: `folder` is none that clean made, or `documents` are not those that it read.
    """
    if near is not None and not math.isfinite(near):
        raise ConfigError(f"near is {near}, expected a share such as 0.1")
    require_folder_to_write(out, overwrite=force, inputs=[folder, *documents])
    for name in ("documents.jsonl", "rejected.jsonl", "rules.json"):
        if not (folder / name).exists():
            raise InputError(f"{folder} has no {name}; expected a folder that gonerd clean made")
    rules = CleanRules.from_record(read_json(folder / "rules.json"), folder / "rules.json")
    sources = tuple(documents) or _inputs(folder)
    takedown = takedown if takedown is not None else Takedown.read()
    rejected = {row["id"]: row for _, row in read_json_lines(folder / "rejected.jsonl")}
    taken_down = {name for name, row in rejected.items() if row["rule"] == TAKEN_DOWN}
    taken_down |= {d.id for d in _read(sources) if takedown.entry_of(d) is not None}
    rejected = {name: row for name, row in rejected.items() if name not in taken_down}
    drawn = _drawn(((row["rule"], name) for name, row in rejected.items()), per_rule, seed)
    counted = (document for document in _read(sources) if document.id not in taken_down)
    repeated = repeated_paragraphs(counted, rules.min_repeats)
    items = list(_dropped(sources, rejected, drawn, rules, repeated))
    if len(items) < len(drawn):
        raise InputError(
            f"{', '.join(map(str, sources))}: {len(drawn) - len(items)} of {len(drawn)} rejected "
            f"documents are not there; give --documents, the files that {folder} was made from"
        )
    if near is not None:
        kept = (
            document
            for document in read_documents(folder / "documents.jsonl")
            if document.id not in taken_down and takedown.entry_of(document) is None
        )
        found = list(_near(kept, rules, repeated, near))
        chosen = _drawn(((item.rule, item.document.id) for item in found), per_rule, seed)
        items += [item for item in found if item.document.id in chosen]
    if not items:
        raise InputError(f"{folder}: nothing was dropped, and nothing kept is near a threshold")
    items.sort(key=lambda item: (item.kept, item.rule, lot(seed, item.document.id)))
    counts = Counter(item.rule for item in items)
    report: dict[str, Any] = {
        "schema_version": 1,
        "documents": len(items),
        "dropped": sum(not item.kept for item in items),
        "kept": sum(item.kept for item in items),
        "by_rule": dict(sorted(counts.items())),
        "per_rule": per_rule,
        "near": near,
        "taken_down": len(taken_down),
        "seed": seed,
    }
    with folder_to_write(out, overwrite=force) as made:
        write_text(made / "sheet.csv", sheet_of_items(items))
        write_text(made / "review.html", page_of_items(_records(items), name=folder.name))
        write_json(made / "review.json", report)
    return report


def sheet_of_items(items: Iterable[Item]) -> str:
    """The sheet as CSV with an empty decision in each row; `ManualList` reads it once there are some."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(SHEET_COLUMNS)
    for item in items:
        document = item.document
        values = {
            "id": document.id,
            "url": document.meta.get("url") or "",
            "text_sha256": text_sha256(document.text),
            "status": "kept" if item.kept else "dropped",
            "rule": item.rule,
            "reason": item.reason,
            "words": item.words,
            "title": item.title,
        }
        writer.writerow(inert_cell(str(values.get(column, ""))) for column in SHEET_COLUMNS)
    return out.getvalue()


def _inputs(folder: Path) -> tuple[Path, ...]:
    known = folder / "inputs.json"
    if not known.exists():
        raise InputError(
            f"{folder} does not say what it was made from; give --documents, the files that it read"
        )
    return tuple(Path(path) for path in read_json(known)["documents"])


def _read(paths: Iterable[Path]) -> Iterator[Document]:
    for path in paths:
        yield from read_documents(path)


def _drawn(rows: Iterable[tuple[str, str]], per_rule: int | None, seed: int) -> set[str]:
    """The ids of (rule, id) rows: all, or for each rule those with the `per_rule` lowest lots."""
    by_rule: dict[str, list[str]] = defaultdict(list)
    for rule, name in rows:
        by_rule[rule].append(name)
    return {
        name
        for names in by_rule.values()
        for name in sorted(names, key=lambda name: (lot(seed, name), name))[:per_rule]
    }


def _dropped(
    paths: Sequence[Path],
    rejected: Mapping[str, Mapping[str, Any]],
    drawn: Set[str],
    rules: CleanRules,
    repeated: Set[int],
) -> Iterator[Item]:
    for document in _read(paths):
        if document.id in drawn:
            row = rejected[document.id]
            item = _item(document, rules, repeated)
            yield replace(item, kept=False, rule=row["rule"], reason=row["reason"])


def _near(
    documents: Iterable[Document], rules: CleanRules, repeated: Set[int], near: float
) -> Iterator[Item]:
    for document in documents:
        item = _item(document, rules, repeated)
        margins = [(c.margin, c.threshold, c) for c in item.checks if c.margin is not None]
        if not margins:  # all rules are off
            continue
        margin, threshold, check = min(margins, key=lambda entry: entry[:2])
        if margin <= near:
            value = round(check.value, 4) if isinstance(check.value, float) else check.value
            reason = f"{check.measure} is {value}, {check.side} {check.limit}"
            yield replace(item, rule=f"{NEAR}{threshold}", reason=reason)


def _item(document: Document, rules: CleanRules, repeated: Set[int]) -> Item:
    checks = list(checks_of(document, measures_of(document, repeated=repeated), rules))
    own = set(paragraphs(own_text(document, repeated)))
    faded = [n for n, line in enumerate(paragraphs(document.text)) if line not in own]
    return Item(document=document, kept=True, rule="", reason="", checks=checks, faded=faded)


def _records(items: Iterable[Item]) -> Iterator[dict[str, Any]]:
    """What the page knows of each document."""
    for item in items:
        document = item.document
        meta = document.meta
        yield {
            "id": document.id,
            "url": str(meta.get("url") or ""),
            "title": item.title,
            "about": [str(meta[key]) for key in ("domain", "date") if meta.get(key)],
            "words": item.words,
            "sha": text_sha256(document.text),
            "kept": item.kept,
            "rule": item.rule,
            "reason": item.reason,
            "checks": [
                (c.rule, c.measure, _rounded(c.value), c.side, c.limit, c.passed, c.asked, c.note)
                for c in item.checks
            ],
            "text": list(paragraphs(document.text)),
            "faded": list(item.faded),
        }


def _rounded(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
