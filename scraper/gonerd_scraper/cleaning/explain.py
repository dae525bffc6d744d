"""Why one document is kept or not: take-down list, manual list, each rule with its value, duplicates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import asdict
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gonerd.errors import InputError
from gonerd.records import read_documents, read_json_lines
from gonerd.schema import Document
from gonerd.shingles import hashed_shingles
from gonerd.takedown import TAKEN_DOWN, Takedown
from gonerd_scraper.cleaning.boilerplate import repeated_paragraphs
from gonerd_scraper.cleaning.filters import RULES, Check, CleanRules, checks_of, first_rejection
from gonerd_scraper.cleaning.judging import compared_text
from gonerd_scraper.cleaning.manual import DROP, KEEP, ManualList
from gonerd_scraper.cleaning.measures import measures_of
from gonerd_scraper.cleaning.selection import precedence
from gonerd_scraper.urls import url_key

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

__all__ = ["explain_document", "explanation_text"]

REJECTED = "rejected.jsonl"
TOGETHER = 256
"""Documents compared at once."""


def explain_document(
    paths: Path | Sequence[Path],
    url: str,
    rules: CleanRules,
    *,
    takedown: Takedown | None = None,
    manual: ManualList | None = None,
) -> dict[str, Any]:
    """What `clean_documents` makes of one document of `paths`, found by address or id, and why.

    The documents are read three times, or oftener where duplicates have duplicates of their own; in
    memory is one at a time. A page that became no document is looked for in the rejected.jsonl beside
    each file.

    Raises:
        InputError: nothing has that address.
    """
    paths = (paths,) if isinstance(paths, Path) else tuple(paths)
    takedown, manual = takedown or Takedown.read(), manual or ManualList()
    chosen = next((d for d in _documents(paths) if _is_meant(url, d)), None)
    if chosen is None:
        return _explain_rejected(paths, url)
    repeated = repeated_paragraphs(
        (d for d in _documents(paths) if takedown.entry_of(d) is None), rules.min_repeats
    )
    measures = measures_of(chosen, repeated=repeated)
    checks = list(checks_of(chosen, measures, rules))
    entry, said = takedown.entry_of(chosen), manual.decision(chosen)
    failed = next((check for check in checks if not check.passed), None)
    rule, reason = (failed.rule, failed.note) if failed is not None else (None, None)
    if said is not None:
        rule, reason = ("manual", said.said) if said.decision == DROP else (None, None)
    if entry is not None:
        rule, reason = TAKEN_DOWN, f"on the take-down list: {entry}"
    similar: list[dict[str, Any]] = []
    duplicate_of = None
    if rule is None:
        alike = _Alike(paths, rules, repeated, takedown, manual)
        similar, kept = alike.to(chosen)
        if kept is not None:
            duplicate_of, jaccard = kept
            rule = "duplicate" if jaccard == 1 else "near_duplicate"
            reason = f"a duplicate of {duplicate_of}"
    stale = manual.changed(chosen)
    return {
        "id": chosen.id,
        "url": chosen.meta.get("url"),
        "kept": rule is None,
        "stage": "clean",
        "rule": rule,
        "reason": reason,
        "taken_down": entry,
        "manual": said.said if said is not None else None,
        "manual_on_other_text": stale.said if stale is not None else None,
        "rules": {name: _first_note(checks, name) for name in RULES},
        "checks": [asdict(check) | {"margin": check.margin} for check in checks],
        "measures": asdict(measures),
        "similar": similar,
        "duplicate_of": duplicate_of,
    }


def explanation_text(found: dict[str, Any]) -> str:
    """An explanation as a table for people."""
    name = found["url"] or found["id"]
    if found["kept"]:
        lines = [f"{name}: KEPT"]
    else:
        lines = [f"{name}: DROPPED by {found['rule']} ({found['stage']}): {found['reason']}"]
    if found["stage"] != "clean" or "checks" not in found:
        return "\n".join(lines)
    lines.append(f"id {found['id']}")
    rows = [
        (
            "OFF" if check["note"] == "off" else "-" if not check["asked"] else _verdict(check),
            check["rule"],
            check["measure"],
            _shown(check["value"]),
            _expected(check),
            check["threshold"],
            check["note"] if check["note"] != "off" else "",
        )
        for check in found["checks"]
    ]
    head = ("", "rule", "measure", "value", "expected", "threshold", "")
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        lines.append("  ".join(cells).rstrip())
    for key in ("taken_down", "manual"):
        lines.append(f"{key}: {found[key] or 'no entry'}")
    if found["manual_on_other_text"]:
        lines.append(f"not followed, the text has changed since: {found['manual_on_other_text']}")
    lines += [f"similar by {s['jaccard']}: {s['id']} {s['url']}" for s in found["similar"]]
    if not found["similar"] and found["kept"]:
        lines.append("similar: no other document")
    return "\n".join(lines)


def _verdict(check: dict[str, Any]) -> str:
    return "PASS" if check["passed"] else "DROP"


def _expected(check: dict[str, Any]) -> str:
    if check["limit"] is None:
        return ""
    return "not there" if check["side"] == "not" else f"{check['side']} {_shown(check['limit'])}"


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "none" if value is None else str(value)


def _documents(paths: Iterable[Path]) -> Iterator[Document]:
    return chain.from_iterable(map(read_documents, paths))


def _first_note(checks: Sequence[Check], rule: str) -> str | None:
    return next((check.note for check in checks if check.rule == rule and not check.passed), None)


def _is_meant(url: str, document: Document) -> bool:
    addresses = document.meta.get("url"), document.meta.get("final_url")
    return url == document.id or _is_one_of(url, addresses)


def _is_one_of(url: str, addresses: Iterable[Any]) -> bool:
    known = [address for address in addresses if isinstance(address, str)]
    return url in known or ("://" in url and url_key(url) in map(url_key, known))


def _explain_rejected(paths: Sequence[Path], url: str) -> dict[str, Any]:
    for path in paths:
        beside = path.with_name(REJECTED)
        if not beside.exists():
            continue
        for _, row in read_json_lines(beside):
            if url == row.get("id") or _is_one_of(url, (row.get("url"), row.get("final_url"))):
                details = row.get("reason") if "rule" in row else row.get("detail")
                return {
                    "id": row.get("id"),
                    "url": row.get("url"),
                    "kept": False,
                    "stage": row.get("stage"),
                    "rule": row.get("rule") or row.get("reason"),
                    "reason": details or row.get("reason"),
                    "row": row,
                }
    names = ", ".join(map(str, paths))
    raise InputError(
        f"{names}: no document has the id or address {url}, nor has a page in {REJECTED} beside it"
    )


class _Alike:
    """Finds the documents that are similar to one, and those that are duplicates of it through others."""

    def __init__(
        self,
        paths: Sequence[Path],
        rules: CleanRules,
        repeated: Set[int],
        takedown: Takedown,
        manual: ManualList,
    ) -> None:
        self._paths = paths
        self._rules = rules
        self._repeated = repeated
        self._takedown = takedown
        self._manual = manual

    def to(self, chosen: Document) -> tuple[list[dict[str, Any]], tuple[str, float] | None]:
        """The documents similar to `chosen`, the most similar first, and which is kept instead.

        Of the latter the id and how similar it is; None where `chosen` stays.
        """
        found = self._similar_to([chosen])
        group = {chosen.id: chosen}
        least = self._rules.duplicate_threshold
        new = [document for jaccard, document in found if jaccard >= least]
        while new := [document for document in new if document.id not in group]:
            group |= {document.id: document for document in new}
            new = [document for jaccard, document in self._similar_to(new) if jaccard >= least]
        best = min(group.values(), key=self._precedence)
        rows = [
            {"id": document.id, "url": document.meta.get("url"), "jaccard": jaccard}
            for jaccard, document in sorted(found, key=lambda pair: (-pair[0], pair[1].id))
        ]
        kept = self._manual.decision(chosen)
        if best.id == chosen.id or (kept is not None and kept.decision == KEEP):
            return rows, None
        import numpy as np

        return rows, (best.id, _jaccard(np, *self._hashes([chosen, best])))

    def _precedence(self, document: Document) -> tuple[Any, ...]:
        said = self._manual.decision(document)
        return said is None, *precedence(document)

    def _similar_to(self, some: Sequence[Document]) -> list[tuple[float, Document]]:
        """(similarity, document) for each other one that passes the rules and is similar to one of `some`."""
        import numpy as np

        names = {document.id for document in some}
        own = self._hashes(some)
        found = []
        documents = _documents(self._paths)
        while batch := list(islice(documents, TOGETHER)):
            others = [document for document in batch if document.id not in names]
            for document, hashes in zip(others, self._hashes(others), strict=True):
                similarity = max(_jaccard(np, hashes, mine) for mine in own)
                if similarity >= self._rules.cluster_threshold and self._passes(document):
                    found.append((similarity, document))
        return found

    def _hashes(self, documents: Sequence[Document]) -> list[Hashes]:
        import numpy as np

        texts = (compared_text(document, self._repeated) for document in documents)
        return [np.unique(hashes) for hashes in hashed_shingles(texts)]

    def _passes(self, document: Document) -> bool:
        if self._takedown.entry_of(document) is not None:
            return False
        said = self._manual.decision(document)
        if said is not None:
            return said.decision == KEEP
        return first_rejection(document, self._rules, repeated=self._repeated) is None


def _jaccard(np: Any, one: Hashes, other: Hashes) -> float:
    smaller, larger = sorted((len(one), len(other)))
    if smaller == 0 or smaller / larger < 0.1:
        return float(larger == 0)
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return float(round(shared / (smaller + larger - shared), 6))
