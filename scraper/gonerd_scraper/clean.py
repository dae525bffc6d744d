"""Cleaning as one call: documents in, kept documents, rejected ones with their reasons, and a report out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from gonerd.errors import InputError
from gonerd.files import folder_to_write, write_text
from gonerd.records import (
    document_from_record,
    read_documents,
    record_from_document,
    write_json_lines,
)
from gonerd.schema import Document, text_sha256
from gonerd_scraper.duplicates import (
    Clusters,
    SignatureIndex,
    jaccard,
    shingles,
    verified_pairs,
)
from gonerd_scraper.filters import RULES, CleanRules, Rejection, apply_rules, first_rejection
from gonerd_scraper.measures import measures_of
from gonerd_scraper.urls import url_key

__all__ = ["clean_documents", "explain_document", "summary_of_cleaning"]


def clean_documents(
    path: Path, out: Path, rules: CleanRules, *, force: bool = False
) -> dict[str, Any]:
    """Filter and deduplicate the documents of `path` into the folder `out`; return the report.

    Kept documents are ordered by id and carry `meta["cluster"]`: the smallest id among those that
    are similar to them, directly or through others. Memory holds a signature and an id for each
    document, not its text.

    Raises:
        InputError: `path` holds no document, an id stands there twice, or nothing is left.
    """
    rejected: list[dict[str, Any]] = []
    with folder_to_write(out, overwrite=force) as folder:
        spool = _Spool(folder / "spool")
        try:
            read = _filter(path, rules, spool, rejected)
            clusters = _deduplicate(spool, rules, rejected)
            dropped = {row["id"] for row in rejected}
            names = {name: clusters.name(name) for name in spool.ids if name not in dropped}
            kept = write_json_lines(folder / "documents.jsonl", _kept(spool, names))
        finally:
            spool.close()
        rejected.sort(key=lambda row: row["id"])
        write_json_lines(folder / "rejected.jsonl", rejected)
        write_text(
            folder / "rules.json", json.dumps(asdict(rules), indent=2, ensure_ascii=False) + "\n"
        )
        report: dict[str, Any] = {
            "schema_version": 1,
            "read": read,
            "kept": kept,
            "rejected": len(rejected),
            "rejected_by_rule": dict(sorted(Counter(row["rule"] for row in rejected).items())),
            "clusters": len(set(names.values())),
            "kept_by_source": dict(
                sorted(
                    Counter(
                        s for n, s in zip(spool.ids, spool.sources, strict=True) if n in names
                    ).items()
                )
            ),
        }
        write_text(folder / "report.json", json.dumps(report, indent=2) + "\n")
        if not kept:
            raise InputError(
                f"{path}: none of {read} documents is left ({_counts(report['rejected_by_rule'])}); "
                "gonerd clean --explain URL says why, --rules changes it"
            )
    return report


def explain_document(path: Path, url: str, rules: CleanRules) -> dict[str, Any]:
    """All measures, verdicts and duplicates of one document of `path`, found by address or id.

    Raises:
        InputError: no document has that address.
    """
    chosen: Document | None = None
    for document in read_documents(path):
        if url in (document.id, document.meta.get("url"), document.meta.get("final_url")):
            chosen = document
            break
    if chosen is None:
        raise InputError(f"{path}: no document has the id or address {url}")
    measures = measures_of(chosen)
    verdicts = {name: rule(chosen, measures, rules) for name, rule in RULES.items()}
    same = _similar(path, chosen, rules)
    better = [
        name
        for similarity, rank, name in same
        if similarity >= rules.duplicate_threshold and rank < _rank(chosen)
    ]
    failed = [name for name, verdict in verdicts.items() if verdict is not None]
    return {
        "id": chosen.id,
        "url": chosen.meta.get("url"),
        "kept": not failed and not better,
        "rules": {
            name: verdict.reason if verdict is not None else None
            for name, verdict in verdicts.items()
        },
        "measures": asdict(measures),
        "similar": [{"id": name, "jaccard": similarity} for similarity, _, name in same],
        "duplicate_of": better[0] if better and not failed else None,
    }


def summary_of_cleaning(report: dict[str, Any], out: Path) -> str:
    """The report for a person, in two lines."""
    reasons = _counts(report["rejected_by_rule"]) or "none"
    return (
        f"{report['kept']} of {report['read']} documents kept, in {report['clusters']} clusters: "
        f"{out / 'documents.jsonl'}\n"
        f"{report['rejected']} rejected ({reasons}): {out / 'rejected.jsonl'}"
    )


class _Spool:
    """Kept documents on disk, in the order read, with what is needed to find them again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO = path.open("w+b")
        self.ids: list[str] = []
        self.urls: list[str] = []
        self.sources: list[str] = []
        self.ranks: list[tuple[Any, ...]] = []
        self._offsets: list[int] = []

    def add(self, document: Document) -> None:
        self.ids.append(document.id)
        self.urls.append(str(document.meta.get("url", "")))
        self.ranks.append(_rank(document))
        self.sources.append(str(document.meta.get("source", "")))
        self._offsets.append(self._file.seek(0, 2))
        self._file.write(
            json.dumps(record_from_document(document), ensure_ascii=False).encode() + b"\n"
        )

    def document(self, position: int) -> Document:
        self._file.seek(self._offsets[position])
        return document_from_record(json.loads(self._file.readline()))

    def close(self) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)


def _filter(path: Path, rules: CleanRules, spool: _Spool, rejected: list[dict[str, Any]]) -> int:
    seen: set[str] = set()
    for document, verdict in apply_rules(read_documents(path), rules):
        if document.id in seen:
            raise InputError(f"{path}: id {document.id!r} stands there twice")
        seen.add(document.id)
        if verdict is None:
            spool.add(document)
        else:
            rejected.append(_row(document.id, str(document.meta.get("url", "")), verdict))
    if not seen:
        raise InputError(f"{path} holds no document")
    return len(seen)


def _deduplicate(spool: _Spool, rules: CleanRules, rejected: list[dict[str, Any]]) -> Clusters:
    """Reject all but the best of each group of duplicates; return the wider clusters of all."""
    duplicates, clusters = Clusters(), Clusters()
    closest: dict[str, float] = {}
    first_with: dict[str, str] = {}
    index = SignatureIndex()
    for position, name in enumerate(spool.ids):
        text = spool.document(position).text
        index.add(text)
        same = first_with.setdefault(text_sha256(text), name)
        if same != name:
            duplicates.join(same, name)
            closest[same] = closest[name] = 1.0
    for pair in verified_pairs(
        index,
        spool.ids,
        lambda position: spool.document(position).text,
        threshold=rules.cluster_threshold,
    ):
        clusters.join(pair.a, pair.b)
        if pair.jaccard >= rules.duplicate_threshold:
            duplicates.join(pair.a, pair.b)
            for name in (pair.a, pair.b):
                closest[name] = max(closest.get(name, 0.0), pair.jaccard)
    best: dict[str, tuple[Any, ...]] = {}
    for name, rank in zip(spool.ids, spool.ranks, strict=True):
        group = duplicates.name(name)
        best[group] = min(best.get(group, rank), rank)
        clusters.join(group, name)
    for name, url in zip(spool.ids, spool.urls, strict=True):
        kept = best[duplicates.name(name)][-1]
        if kept != name:
            exact = closest[name] == 1.0
            rule = "duplicate" if exact else "near_duplicate"
            reason = (
                f"{'the same text as' if exact else 'nearly the same text as'} "
                f"{kept}, or as one that is"
            )
            values = {"kept": kept, "jaccard": closest[name]}
            rejected.append(_row(name, url, Rejection(rule, reason, values)))
    return clusters


def _kept(spool: _Spool, clusters: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for position in sorted(range(len(spool.ids)), key=spool.ids.__getitem__):
        name = spool.ids[position]
        if name in clusters:
            record = record_from_document(spool.document(position))
            record["meta"]["cluster"] = clusters[name]
            yield record


def _similar(
    path: Path, chosen: Document, rules: CleanRules
) -> list[tuple[float, tuple[Any, ...], str]]:
    """Similarity, rank and id of the documents in the cluster of `chosen`, the most similar first."""
    own = shingles(chosen.text)
    found = []
    for document in read_documents(path):
        if document.id != chosen.id:
            similarity = jaccard(own, shingles(document.text))
            if similarity >= rules.cluster_threshold and first_rejection(document, rules) is None:
                found.append((round(similarity, 6), _rank(document), document.id))
    return sorted(found, key=lambda entry: (-entry[0], entry[2]))


def _rank(document: Document) -> tuple[Any, ...]:
    """Better is what is no copy by its own word; older; has the shorter address; the smaller id."""
    meta = document.meta
    url, canonical = str(meta.get("final_url") or meta.get("url") or ""), meta.get("canonical")
    copy = isinstance(canonical, str) and url_key(canonical) != url_key(url)
    return copy, str(meta.get("date") or "9999"), len(url), document.id


def _row(name: str, url: str, verdict: Rejection) -> dict[str, Any]:
    return {
        "id": name,
        "url": url,
        "stage": "clean",
        "rule": verdict.rule,
        "reason": verdict.reason,
        "values": dict(verdict.values),
    }


def _counts(by_rule: Mapping[str, int]) -> str:
    return ", ".join(f"{rule} {count}" for rule, count in by_rule.items())
