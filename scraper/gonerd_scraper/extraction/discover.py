"""Addresses that lead on: in sitemaps, in feeds and in pages."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from lxml import etree

from gonerd_scraper.extraction.charset import is_utf_16
from gonerd_scraper.urls import names_page, resolve_link, without_tracking

__all__ = [
    "Leads",
    "document_kind",
    "feed_leads",
    "page_leads",
    "sitemap_leads",
    "unpacked_sitemap",
]

MAX_LEADS = 50_000
"""Links taken from one document; the sitemap protocol allows this many in one file."""

FEED_TYPES = (
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
)
SNIFFED = re.compile(
    rb"<(?:[\w.-]+:)?(sitemapindex|urlset|rss|feed|rdf:rdf|html|!doctype\s+html|head|body|article|div|p)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Leads:
    """Addresses found in one document, raw and absolute, in their order, each once."""

    pages: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()


def document_kind(content_type: str, body: bytes) -> str:
    """`page`, `sitemap`, `feed` or `other`, by the bytes; the header decides where they say nothing."""
    start = body[:2048].lstrip(b"\xef\xbb\xbf\0 \t\r\n")
    declared = content_type.partition(";")[0].strip().lower()
    if start.startswith(b"\x1f\x8b"):
        return "sitemap"
    if start.startswith(b"{") and b"jsonfeed.org" in start:
        return "feed"
    match = SNIFFED.search(start)
    begins_as_markup = match is not None and match.start() == 0
    if b"\0" in start[:512] and not (begins_as_markup or is_utf_16(body)):
        return "other"
    if match is not None:
        name = match[1].lower()
        if name in (b"sitemapindex", b"urlset"):
            return "sitemap"
        return "feed" if name in (b"rss", b"feed", b"rdf:rdf") else "page"
    return "page" if declared in ("text/html", "application/xhtml+xml") else "other"


def unpacked_sitemap(body: bytes, limit: int) -> bytes:
    """A sitemap out of its gzip file (not its Content-Encoding), cut at `limit` bytes."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        return gzip.GzipFile(fileobj=BytesIO(body)).read(limit)
    except (EOFError, OSError, zlib.error):
        return b""


def sitemap_leads(url: str, body: bytes) -> Leads:
    """Pages and further sitemaps of a sitemap or sitemap index; a plain list of addresses is one, too."""
    if b"<" not in body[:1024]:
        lines = body.decode("utf-8", "replace").splitlines()[:MAX_LEADS]
        return Leads(pages=_pages(url, (line for line in lines if line.strip().startswith("http"))))
    pages: list[str] = []
    sitemaps: list[str] = []
    for element in _elements(body):
        if etree.QName(element).localname == "loc" and element.text:
            parent = element.getparent()
            kind = etree.QName(parent).localname if parent is not None else "url"
            if kind in ("url", "sitemap"):  # image:loc and video:loc are not pages
                (sitemaps if kind == "sitemap" else pages).append(element.text)
        if len(pages) + len(sitemaps) >= MAX_LEADS:
            break
    return Leads(pages=_pages(url, pages), sitemaps=_absolute(url, sitemaps))


def feed_leads(url: str, body: bytes) -> Leads:
    """Pages that an RSS, RDF, Atom or JSON feed announces."""
    if body.lstrip()[:1] == b"{":
        return Leads(pages=_pages(url, _json_feed(body)))
    links: list[str] = []
    for element in _elements(body):
        name = etree.QName(element).localname
        if name == "entry":
            links += [
                child.get("href")
                for child in element
                if _local(child) == "link"
                and child.get("href")
                and child.get("rel", "alternate") == "alternate"
            ]
        elif name == "item":
            found = [child.text for child in element if _local(child) == "link" and child.text]
            links += found or [
                child.text
                for child in element
                if _local(child) == "guid" and child.text and child.get("isPermaLink") != "false"
            ]
        if len(links) >= MAX_LEADS:
            break
    return Leads(pages=_pages(url, links))


def page_leads(url: str, tree: Any) -> Leads:
    """Links and announced feeds of an HTML page, given as an lxml tree; `rel=nofollow` is respected."""
    base = next(iter(tree.xpath("//base/@href")), None)
    start = resolve_link(url, base) or url if base else url
    links = [
        a.get("href")
        for a in tree.xpath("//a[@href]")
        if "nofollow" not in (a.get("rel") or "").lower().split()
    ]
    feeds = [
        link.get("href")
        for link in tree.xpath("//link[@rel][@href]")
        if "alternate" in link.get("rel").lower().split()
        and (link.get("type") or "").partition(";")[0].strip().lower() in FEED_TYPES
    ]
    return Leads(pages=_pages(start, links[:MAX_LEADS]), feeds=_absolute(start, feeds))


def _elements(body: bytes) -> Iterator[Any]:
    """Elements as they end; entities are not resolved, nothing is fetched, what is broken ends it early."""
    try:
        yield from (
            element
            for _, element in etree.iterparse(
                BytesIO(body),
                events=("end",),
                recover=True,
                resolve_entities=False,
                no_network=True,
                huge_tree=False,
            )
            if isinstance(element.tag, str)
        )
    except (etree.XMLSyntaxError, ValueError):
        return


def _local(element: Any) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _json_feed(body: bytes) -> list[str]:
    try:
        items = json.loads(body)["items"]
        return [
            item["url"]
            for item in items
            if isinstance(item, dict) and isinstance(item.get("url"), str)
        ]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []


def _pages(base: str, links: Any) -> tuple[str, ...]:
    found = (without_tracking(link) for link in _absolute(base, links) if names_page(link))
    return tuple(dict.fromkeys(found))


def _absolute(base: str, links: Any) -> tuple[str, ...]:
    found = (resolve_link(base, link) for link in dict.fromkeys(links))  # pages repeat their links
    return tuple(dict.fromkeys(link for link in found if link))
