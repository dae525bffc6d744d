"""Errors in their context as one HTML page: offline, every text escaped, filtered by a script of its own."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib.resources import files
from itertools import pairwise
from typing import Any

from gonerd.console import shown
from gonerd.evaluation.page import text as escaped
from gonerd.schema import Document, Entity
from gonerd.scoring.buckets import UNKNOWN, source_of
from gonerd.scoring.matching import KINDS
from gonerd.scoring.mistakes import Mistake, mistakes_in

__all__ = ["MOST", "ErrorPage"]

MOST = 20_000
"""Errors that a page holds: about 10 MB."""
AROUND = 90
"""Characters of context on either side."""
LONGEST = 600
"""Characters of an error that are shown."""

EXPLAINED = {
    "boundary": "right type, overlapping span",
    "type": "right span, wrong type",
    "both": "overlapping span, wrong type",
    "missed": "gold that nothing answers",
    "spurious": "found where gold has nothing left",
}


class ErrorPage:
    """Takes documents one by one and keeps the context of the first errors; counts them all."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._rows: list[dict[str, Any]] = []
        self._kinds = Counter[str]()

    def add(self, document: Document, found: Sequence[Entity]) -> None:
        """Note what is wrong in one document."""
        for mistake in mistakes_in(document, found):
            self._kinds[mistake.kind] += 1
            if len(self._rows) < self._most:
                self._rows.append(_row(document, mistake))

    def html(self, title: str, notice: str | None = None) -> str:
        """The whole page; the same errors give the same bytes. `notice` stands under the title."""
        style, script = (_asset(f"errors.{ending}") for ending in ("css", "js"))
        total, held = self._kinds.total(), len(self._rows)
        said = f"{total:,} errors" + (f"; the first {held:,} are here" if held < total else "")
        kinds = "\n".join(
            f'<tr><th scope="row">{kind}: {EXPLAINED[kind]}</th><td>{self._kinds[kind]:,}</td></tr>'
            for kind in KINDS
            if kind in EXPLAINED
        )
        labels = sorted({row[side] for row in self._rows for side in ("gold", "found")} - {""})
        sources = sorted({row["source"] for row in self._rows} - {""})
        policy = (
            f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
            "base-uri 'none'; form-action 'none'"
        )
        return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{escaped(title)}</title>
<style>{style}</style>
</head>
<body>
<header>
<h1>{escaped(title)}</h1>
<p>{said}. <mark class="gold">Gold</mark> is underlined, what was <mark class="found">found</mark> has a line
above it, <mark class="both">both</mark> have both.</p>
{f"<p>{escaped(notice)}</p>" if notice else ""}
</header>
<main>
<table><tbody>
{kinds}
</tbody></table>
<form id="filters">
{_select("kind", "Class", [kind for kind in KINDS if self._kinds[kind]])}
{_select("type", "Type", labels)}
{_select("source", "Source", sources)}
<div><label for="text">Text or document</label>
<input type="search" id="text" name="text" autocomplete="off"></div>
</form>
<nav><button type="button" id="back">Back</button><button type="button" id="next">Next</button>
<span id="count" role="status"></span></nav>
<noscript><p>The errors are shown by a script, which this browser does not run.</p></noscript>
<ol id="list"></ol>
</main>
<script type="application/json" id="errors">{_embedded(self._rows)}</script>
<script>{script}</script>
</body>
</html>
"""


def _row(document: Document, mistake: Mistake) -> dict[str, Any]:
    source = source_of(document)
    return {
        "kind": mistake.kind,
        "document": shown(document.id),
        "source": "" if source == UNKNOWN else shown(source),
        "start": mistake.start,
        "gold": shown(mistake.gold.label) if mistake.gold else "",
        "found": shown(mistake.found.label) if mistake.found else "",
        "text": _context(document.text, mistake),
    }


def _context(text: str, mistake: Mistake) -> list[list[Any]]:
    """Pieces of text, each with 1 for gold, 2 for found, 3 for both; a browser counts offsets otherwise."""
    begin = max(0, mistake.start - AROUND)
    end = min(len(text), mistake.end + AROUND, mistake.start + LONGEST)
    sides = (mistake.gold, mistake.found)
    edges = {begin, end} | {
        min(edge, end) for side in sides if side for edge in (side.start, side.end)
    }
    places = sorted(edges)
    pieces: list[list[Any]] = [["…", 0]] if begin else []
    for one, other in pairwise(places):
        mark = sum(
            bit
            for bit, side in zip((1, 2), sides, strict=True)
            if side and side.start <= one < side.end
        )
        pieces.append([shown(text[one:other]), mark])
    return [*pieces, ["…", 0]] if end < len(text) else pieces


def _select(name: str, title: str, values: Iterable[str]) -> str:
    options = "".join(
        f'<option value="{escaped(value)}">{escaped(value)}</option>' for value in values
    )
    return (
        f'<div><label for="{name}">{title}</label>'
        f'<select id="{name}" name="{name}"><option value="">all</option>{options}</select></div>'
    )


def _embedded(rows: list[dict[str, Any]]) -> str:
    """JSON that no text in it can end, nor begin a comment in."""
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _digest(text: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _asset(name: str) -> str:
    return files("gonerd.evaluation").joinpath(f"assets/{name}").read_text(encoding="utf-8")
