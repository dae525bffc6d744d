"""OSCAR-shaped files for tests: text that is made up, metadata as OSCAR 23.01 has it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from gonerd.files import text_to_write

WORDS = (
    "the",
    "of",
    "and",
    "court",
    "county",
    "officials",
    "said",
    "a",
    "on",
    "in",
    "for",
    "report",
    "Ohio",
)
KEPT = {"identification": {"label": "en", "prob": 0.93}, "harmful_pp": 321.5}


def record(number: int, *, lines: int = 8, **metadata: Any) -> dict[str, Any]:
    """A record in OSCAR's own shape, kept by the paper's rules unless `metadata` says otherwise."""
    chance = Random(number)
    content = "\n".join(" ".join(chance.choices(WORDS, k=20)) + "." for _ in range(lines))
    return {
        "content": content,
        "warc_headers": {
            "warc-refers-to": f"<urn:uuid:{UUID(int=chance.getrandbits(128))}>",
            "content-length": str(len(content)),
            "warc-target-uri": f"https://site{number % 7}.example/{number}",
            "warc-date": "2022-11-26T09:45:47Z",
            "warc-record-id": f"<urn:uuid:{UUID(int=chance.getrandbits(128))}>",
        },
        "metadata": {
            **KEPT,
            "tlsh": f"tlsh:T1{chance.getrandbits(280):070X}",
            "quality_warnings": None,
            "categories": None,
            "sentence_identifications": [{"label": "en", "prob": 0.97}, None] * (lines // 2),
            **metadata,
        },
    }


def derivative(original: dict[str, Any], number: int | str) -> dict[str, Any]:
    """The same in the shape of derivatives."""
    meta = {"warc_headers": original["warc_headers"], **original["metadata"]}
    return {"id": number, "text": original["content"], "meta": meta}


def varied(count: int, *, first: int = 0, lines: int = 8) -> list[dict[str, Any]]:
    """Records of which about half are dropped, for any of the reasons."""
    odd: list[dict[str, Any]] = [
        {"identification": {"label": "en", "prob": 0.61}},
        {"quality_warnings": ["tiny", "header"]},
        {"harmful_pp": 9.75},
        {"harmful_pp": None},
        {"categories": ["adult"]},
    ]
    return [
        record(n, lines=lines, **(odd[n // 2 % len(odd)] if n % 2 else {}))
        for n in range(first, first + count)
    ]


def write(path: Path, records: Iterable[Any]) -> Path:
    """A JSON Lines file, packed as its name says."""
    with text_to_write(path, overwrite=True) as out:
        for entry in records:
            line = json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
            out.write(line + "\n")
    return path
