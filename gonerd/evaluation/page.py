"""Pieces of an HTML page; all text that goes in comes out escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from gonerd.console import shown

__all__ = ["Html", "bullets", "facts", "page", "section", "table", "text"]


class Html(str):
    """What is markup already; any other string is text."""

    __slots__ = ()


def text(value: object) -> Html:
    """Escaped for HTML, with control characters spelled out; markup stays as it is."""
    return value if isinstance(value, Html) else Html(escape(shown(str(value))))


def table(
    head: Sequence[object], rows: Iterable[Sequence[object]], *, caption: str = "", kind: str = ""
) -> Html:
    """A table whose first column names the rows; it scrolls by itself where the screen is narrow."""
    heads = "".join(f'<th scope="col">{text(cell)}</th>' for cell in head)
    body = "\n".join(
        f'<tr><th scope="row">{text(first)}</th>{"".join(f"<td>{text(c)}</td>" for c in cells)}</tr>'
        for first, *cells in rows
    )
    title = f"<caption>{text(caption)}</caption>" if caption else ""
    return Html(
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(caption or head[0])}">'
        f'<table class="{text(kind)}">{title}<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody>'
        "</table></div>"
    )


def facts(pairs: Iterable[tuple[str, object]], *, kind: str = "short") -> Html:
    """Names and values, `short` or `long`; what is None or empty is left out."""
    rows = (
        f"<div><dt>{text(name)}</dt><dd><bdi>{text(value)}</bdi></dd></div>"
        for name, value in pairs
        if value is not None and value != ""
    )
    return Html(f'<dl class="facts {text(kind)}">{"".join(rows)}</dl>')


def bullets(sentences: Iterable[str]) -> Html:
    """A list of sentences."""
    return Html(f"<ul>{''.join(f'<li>{text(sentence)}</li>' for sentence in sentences)}</ul>")


def section(title: str, *parts: Html, name: str) -> Html:
    """A section with its heading; nothing where it has no parts."""
    inner = "\n".join(part for part in parts if part)
    if not inner:
        return Html("")
    return Html(
        f'<section id="{text(name)}" aria-labelledby="{text(name)}-title">\n'
        f'<h2 id="{text(name)}-title">{text(title)}</h2>\n{inner}\n</section>'
    )


def page(title: str, *, header: Html, main: Iterable[Html], footer: Html) -> str:
    """The whole page: no script, nothing from elsewhere, one file."""
    style = files("gonerd.evaluation").joinpath("assets/report.css").read_text(encoding="utf-8")
    inner = "\n".join(part for part in main if part)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" \
content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="color-scheme" content="light dark">
<title>{text(title)}</title>
<style>
{style}</style>
</head>
<body>
<header>
{header}
</header>
<main>
{inner}
</main>
<footer>
{footer}
</footer>
</body>
</html>
"""
