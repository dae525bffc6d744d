"""From the bytes of a page to its text and what is known about it; runs in a worker process."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from gonerd_scraper.byline import without_byline
from gonerd_scraper.charset import decode_page
from gonerd_scraper.discover import (
    Leads,
    document_kind,
    feed_leads,
    page_leads,
    sitemap_leads,
    unpacked_sitemap,
)
from gonerd_scraper.frozen import frozen_text
from gonerd_scraper.language import language_of
from gonerd_scraper.markup import flatten_layout_tables, list_signals, text_of_body
from gonerd_scraper.reservation import Reservation, ReservationRules
from gonerd_scraper.response import Headers
from gonerd_scraper.robots import page_directives
from gonerd_scraper.urls import resolve_link

__all__ = ["EXTRACTOR_OPTIONS", "PageInput", "Reading", "extractor_record", "read_page"]

EXTRACTOR_OPTIONS: dict[str, Any] = {
    "deduplicate": False,  # on, a page's text would depend on the pages read before it (trafilatura #778)
    "favor_precision": True,  # with tables the best F1 in benchmarks/extraction.py
    "include_comments": False,
    "include_tables": True,
    "fast": False,
}
"""Passed to trafilatura. First lines that only repeat the metadata are taken off its result."""

MAX_NESTING = 250
"""libxml2 gives up on what lies deeper than this, without saying so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageInput:
    """What a worker needs to read one answer."""

    url: str
    headers: Headers
    body: bytes
    fetched_at: str
    agent: str
    kind: str = "page"
    max_bytes: int = 50_000_000
    noindex: str = "refuse"
    tdm: str = "refuse"
    reservations: ReservationRules = field(default_factory=ReservationRules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was found in one answer. Either `text` stands there, or `reason` says why it does not.

    A sitemap or feed has the reason "" and no text.
    """

    kind: str
    reason: str = ""
    detail: str = ""
    text: str = ""
    meta: dict[str, Any] = field(default_factory=dict)
    leads: Leads = field(default_factory=Leads)


def extractor_record() -> dict[str, Any]:
    """Name, version and options of the extractor, as they stand in each document."""
    return {"name": "trafilatura", "version": version("trafilatura"), "options": EXTRACTOR_OPTIONS}


def read_page(page: PageInput) -> Reading:
    """Text, metadata and links of a page; the links of a sitemap or a feed."""
    content_type = next((value for key, value in page.headers if key.lower() == "content-type"), "")
    kind = document_kind(content_type, page.body)
    if kind == "sitemap":
        return Reading(
            kind=kind, leads=sitemap_leads(page.url, unpacked_sitemap(page.body, page.max_bytes))
        )
    if kind == "feed":
        return Reading(kind=kind, leads=feed_leads(page.url, page.body))
    if (
        page.kind != "page"
    ):  # asked for as a sitemap or feed, and something else came: no page either
        if kind == "other" and b"http" in page.body[:2048] and b"\0" not in page.body[:2048]:
            return Reading(kind="sitemap", leads=sitemap_leads(page.url, page.body))
        return Reading(kind=kind, reason="not_a_sitemap", detail=content_type or "no Content-Type")
    if kind == "other":
        return Reading(kind=kind, reason="not_html", detail=content_type or "no Content-Type")
    return _read_html(page, content_type)


def _read_html(page: PageInput, content_type: str) -> Reading:
    from trafilatura import bare_extraction, load_html

    decoded = decode_page(page.body, content_type)
    tree = load_html(decoded.text)
    if tree is None:
        return Reading(kind="page", reason="no_text", detail="the parser found no HTML")
    metas = [
        (meta.get("name"), meta.get("content")) for meta in tree.xpath("//meta[@name and @content]")
    ]
    said = page_directives(page.agent, _values(page.headers, "x-robots-tag"), metas)
    reserved = page.reservations.of_page(page.url, page.headers, metas)
    leads = Leads() if said.nofollow else page_leads(page.url, tree)
    meta: dict[str, Any] = {
        "charset": {"name": decoded.charset, "source": decoded.source}
        | ({"replaced": decoded.replaced} if decoded.replaced else {}),
        "robots": {
            "directives": sorted(said.found),
            "tdm": reserved.record() if reserved is not None else None,
        },
    }
    if page.noindex == "refuse" and said.noindex:
        return Reading(
            kind="page",
            reason="noindex",
            detail=", ".join(sorted(said.found)),
            meta=meta,
            leads=leads,
        )
    if page.tdm == "refuse" and reserved is not None and reserved.reserved:
        return Reading(
            kind="page", reason="tdm_reserved", detail=_said(reserved), meta=meta, leads=leads
        )
    canonical = tree.xpath("string(//link[@rel='canonical']/@href)").strip()
    nesting = _nesting(tree)
    signals = list_signals(tree)
    flatten_layout_tables(tree)
    found = bare_extraction(
        tree,
        url=page.url,
        with_metadata=True,
        date_extraction_params={
            "original_date": True,
            "extensive_search": True,
            "max_date": page.fetched_at[:10],
        },
        **EXTRACTOR_OPTIONS,
    )
    title = _clean(getattr(found, "title", None))
    body = getattr(found, "body", None)
    authors = [name for name in (_clean(getattr(found, "author", None)) or "").split("; ") if name]
    text = without_byline(
        frozen_text(text_of_body(body)) if body is not None else "",
        title=title,
        authors=authors,
        site=_clean(getattr(found, "sitename", None)),
    )
    if not text:
        deep = f"; nested {nesting} deep, the parser stops at 256" if nesting >= MAX_NESTING else ""
        return Reading(
            kind="page",
            reason="no_text",
            detail=f"no article text found{deep}",
            meta=meta,
            leads=leads,
        )
    language, certainty = language_of(text)
    meta |= {
        "title": title,
        "authors": authors,
        "date": _clean(getattr(found, "date", None)),
        "licence": _clean(getattr(found, "license", None)),
        "language": language,
        "language_certainty": certainty,
        "canonical": resolve_link(page.url, canonical) if canonical else None,
        "page": signals | {"type": _page_type(tree, found)},
    }
    return Reading(kind="page", text=text, meta=meta, leads=leads)


def _values(headers: Headers, name: str) -> list[str]:
    return [value for key, value in headers if key.lower() == name]


def _said(reserved: Reservation) -> str:
    return f"tdm-reservation: 1 by {reserved.by}" + (
        f", policy {reserved.policy}" if reserved.policy else ""
    )


def _clean(value: Any) -> str | None:
    found = frozen_text(str(value)).replace("\n", " ") if value else ""
    return found or None


def _nesting(tree: Any) -> int:
    """How deep the deepest element lies, found without recursion."""
    from lxml import etree

    depth = deepest = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    return deepest


def _page_type(tree: Any, found: Any) -> str:
    """What the page calls itself: og:type, lower-cased, empty where it says nothing."""
    declared = tree.xpath("string(//meta[@property='og:type']/@content)")
    return str(declared or getattr(found, "pagetype", None) or "").strip().lower()
