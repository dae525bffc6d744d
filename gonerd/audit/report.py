"""The audit as one HTML page: no script, nothing from elsewhere, every text escaped, fit for a phone."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from importlib.resources import files

from gonerd.audit.finding import Audit, Check, Finding, Place
from gonerd.console import counted, shown

__all__ = ["report_html"]

KINDS = {
    "integrity": "The dataset against itself",
    "leak": "Between splits",
    "hint": "Likely errors, for a person to look at",
}
SYNTHETIC = "Synthetic texts: their figures say nothing about real ones."


def report_html(audit: Audit) -> str:
    """The whole page; the same audit gives the same bytes."""
    style = files("gonerd.audit").joinpath("assets/report.css").read_text(encoding="utf-8")
    title = f"Audit of {_text(audit.name)}"
    failed = audit.failed
    verdict = (
        f"Failed: {', '.join(_text(check.title) for check in failed)}"
        if failed
        else "Nothing failed."
    )
    splits = ", ".join(f"{_text(name)} {count:,}" for name, count in audit.splits.items())
    total = counted(sum(audit.splits.values()), "document")
    notice = f"<p>{SYNTHETIC}</p>\n" if audit.synthetic else ""
    sections = "\n".join(_section(audit, kind) for kind in KINDS)
    rows = "\n".join(map(_row, audit.checks))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>{title}</h1>
<p class="verdict {"failed" if failed else "passed"}">{verdict}</p>
<p>{total}: {splits}. Near-duplicates from a Jaccard similarity of {audit.options["jaccard"]:g},
reprints from a containment of {audit.options["containment"]:g}. What is only told fails nothing.</p>
{notice}</header>
<main>
<table>
<thead><tr><th scope="col">Check</th><th scope="col">Verdict</th><th scope="col">Found</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
{sections}
</main>
</body>
</html>
"""


def _row(check: Check) -> str:
    found = "" if check.skipped else f"{check.count:,}"
    return (
        f'<tr><th scope="row"><a href="#{check.name}">{_text(check.title)}</a></th>'
        f'<td><span class="{check.verdict}">{check.verdict}</span></td><td>{found}</td></tr>'
    )


def _section(audit: Audit, kind: str) -> str:
    checks = [check for check in audit.checks if check.kind == kind]
    if not checks:
        return ""
    return "\n".join([f"<h2>{KINDS[kind]}</h2>", *(line for c in checks for line in _check(c))])


def _check(check: Check) -> Iterator[str]:
    yield f'<section id="{check.name}">'
    yield f'<h3>{_text(check.title)} <span class="{check.verdict}">{check.verdict}</span></h3>'
    yield f"<p>{_text(check.explained)}</p>"
    if check.skipped:
        yield f"<p>Not asked: {_text(check.skipped)}.</p>"
    elif check.count:
        said = f"{check.count:,} found"
        if check.kind == "leak":
            said += (
                f", {check.failures:,} between splits" if check.failures else ", all inside a split"
            )
        if len(check.findings) < check.count:
            said += f"; the first {len(check.findings):,} are shown"
        yield f"<details{' open' if check.failures else ''}><summary>{said}</summary><ol>"
        yield from map(_finding, check.findings)
        yield "</ol></details>"
    yield "</section>"


def _finding(finding: Finding) -> str:
    mark = ' class="fails"' if finding.fails else ""
    return f"<li{mark}><p>{_text(finding.said)}</p>{''.join(map(_place, finding.places))}</li>"


def _place(place: Place) -> str:
    before = "…" if place.start > len(place.before) else ""
    after = "…" if place.end + len(place.after) < place.length else ""
    return (
        f"<figure><figcaption>{_text(place.document)} · {_text(place.split)} · "
        f"{place.start:,}</figcaption><blockquote><bdi>{before}{_text(place.before)}"
        f"<mark>{_text(place.text)}</mark>{_text(place.after)}{after}</bdi></blockquote></figure>"
    )


def _text(text: str) -> str:
    """Escaped for HTML; control characters are spelled out."""
    return escape(shown(text))
