"""From the bytes of a page to its text and what is known about it; runs in a worker process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gonerd_scraper.extraction.about import about_page, line_of, meta_values
from gonerd_scraper.extraction.blocks import list_signals, page_of
from gonerd_scraper.extraction.charset import decode_page
from gonerd_scraper.extraction.discover import (
    Leads,
    document_kind,
    feed_leads,
    page_leads,
    sitemap_leads,
    unpacked_sitemap,
)
from gonerd_scraper.extraction.extractor import (
    EXTRACTOR_OPTIONS,
    MAX_NESTING,
    article_text,
    extractor_record,
)
from gonerd_scraper.extraction.markup import without_control_references
from gonerd_scraper.extraction.structured import article_data
from gonerd_scraper.language import language_of
from gonerd_scraper.urls import resolve_link
from gonerd_scraper.web.reservation import Reservation, ReservationRules
from gonerd_scraper.web.response import Headers
from gonerd_scraper.web.robots import page_directives

__all__ = ["EXTRACTOR_OPTIONS", "PageInput", "Reading", "extractor_record", "read_page"]


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
        detail = content_type or "no Content-Type"
        if "html" in content_type.lower():
            detail = f"said to be {content_type}, but the bytes are those of no text"
        return Reading(kind=kind, reason="not_html", detail=detail)
    return _read_html(page, content_type)


def _read_html(page: PageInput, content_type: str) -> Reading:
    from trafilatura import load_html

    decoded = decode_page(page.body, content_type)
    html = without_control_references(decoded.text)
    tree = load_html(html)
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
    blocks = page_of(tree)
    values = meta_values(tree)
    data = article_data(tree)
    about = about_page(tree, values, data, url=page.url, until=page.fetched_at[:10])
    licence = _licence(tree)
    found = article_text(tree, blocks, about, html=html, url=page.url, body=data.body)
    if not found.text:
        return Reading(
            kind="page",
            reason="no_text",
            detail=f"no article text found{_hint(tree, blocks.nesting)}",
            meta=meta,
            leads=leads,
        )
    language, certainty = language_of(found.text)
    meta |= {
        "title": about.title,
        "authors": list(about.authors),
        "date": about.date,
        "licence": licence,
        "language": language,
        "language_certainty": certainty,
        "canonical": resolve_link(page.url, canonical) if canonical else None,
        "page": list_signals(blocks.blocks)
        | {"type": line_of(next(iter(values.get("og:type", ())), "")).lower()},
        "text_from": found.source,
    }
    return Reading(kind="page", text=found.text, meta=meta, leads=leads)


def _values(headers: Headers, name: str) -> list[str]:
    return [value for key, value in headers if key.lower() == name]


def _said(reserved: Reservation) -> str:
    return f"tdm-reservation: 1 by {reserved.by}" + (
        f", policy {reserved.policy}" if reserved.policy else ""
    )


def _licence(tree: Any) -> str | None:
    from trafilatura.metadata import extract_license

    return line_of(extract_license(tree)) or None


def _hint(tree: Any, nesting: int) -> str:
    """Why a page may have no text, as far as its build tells."""
    if nesting >= MAX_NESTING:
        return f"; nested {nesting} deep, the parser stops at 256"
    if tree.find(".//frameset") is not None:
        return "; the page only arranges frames, each a page of its own"
    return ""
