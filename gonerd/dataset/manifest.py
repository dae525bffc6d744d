"""Where the pages of a dataset stand in archives: a crawl's manifest, as far as it is published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath
from typing import Any

from gonerd.errors import CheckError, SchemaError
from gonerd.records import read_json_lines

__all__ = ["MANIFEST_FILE", "published_places"]

MANIFEST_FILE = "manifest.jsonl"

ROW = ("id", "url", "domain", "source", "date", "text_sha256")
"""What every row has, from the dataset itself."""

TAKEN = (
    "final_url", "fetched_at", "status", "warc", "commoncrawl", "extractor", "language", "robots", "licence",
    "version", "replaces",
)  # fmt: skip
"""What a manifest adds. Titles are words of the text, and anything unknown may be."""


def published_places(rows: Iterable[Mapping[str, Any]], manifest: Path) -> list[dict[str, Any]]:
    """A manifest of the dataset's `rows` and of no other page, with what `manifest` knows of each.

    Of a WARC file outside the crawl's own folder only the name goes: where it lies is nobody's business.

    Raises:
        SchemaError: a line of `manifest` is no row of a manifest.
        CheckError: it is of other texts, or knows none of the pages.
        InputError: see `gonerd.files.read_lines`.
    """
    places = {row["id"]: {key: row[key] for key in ROW if row.get(key) is not None} for row in rows}
    found = 0
    for number, entry in read_json_lines(manifest):
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            raise SchemaError(f"{manifest}:{number}: no row of a manifest, which has an 'id'")
        place = places.get(entry["id"])
        if place is None:
            continue
        if entry.get("text_sha256") != place["text_sha256"]:
            raise CheckError(
                f"{manifest}:{number}: document {entry['id']!r} has another text than in the dataset"
            )
        found += 1
        place.update({key: entry[key] for key in TAKEN if entry.get(key) is not None})
        warc = place.get("warc")
        if isinstance(warc, dict) and isinstance(warc.get("file"), str):
            path = PurePath(warc["file"])
            within = not path.is_absolute() and ".." not in path.parts
            place["warc"] = warc | {"file": path.as_posix() if within else path.name}
    if not found:
        raise CheckError(f"{manifest} knows none of the dataset's pages")
    return list(places.values())
