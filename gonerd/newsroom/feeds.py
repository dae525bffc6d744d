"""Feeds and sitemaps of a site."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from email.utils import format_datetime
from html import escape

from gonerd.newsroom.address import Address
from gonerd.newsroom.response import Response
from gonerd.newsroom.sites import SITES, Site

__all__ = ["feed_paths", "feed_response", "feed_type", "sitemap_paths", "sitemap_response"]

FEED_LENGTH = 30
SITEMAP_LENGTH = 200
"""Addresses in one sitemap; the protocol allows 50,000, a small number makes them nest."""

_XML = (("Content-Type", "application/xml; charset=utf-8"),)
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SITEMAPS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_NEWS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'


def feed_paths(site: Site) -> tuple[str, ...]:
    """Name the feeds of a site: RSS, Atom, or both."""
    return (("/rss.xml",), ("/atom.xml",), ("/feed/", "/atom.xml"))[SITES.index(site) % 3]


def feed_type(target: str) -> str:
    """Give the media type of a feed by its name."""
    return "application/atom+xml" if "atom" in target else "application/rss+xml"


def sitemap_paths(site: Site) -> tuple[str, ...]:
    """Name the sitemaps that robots.txt announces; every fifth news site has none."""
    place = SITES.index(site)
    if place % 5 == 4:
        return ()
    return ("/sitemap.xml", "/sitemap-news.xml") if place % 4 == 1 else ("/sitemap.xml",)


def feed_response(site: Site, target: str, addresses: Sequence[Address]) -> Response | None:
    """Answer for a feed of the site with its newest stories; None for any other target."""
    if target not in feed_paths(site):
        return None
    newest = addresses[:FEED_LENGTH]
    page = _atom(site, newest) if target == "/atom.xml" else _rss(site, newest)
    return Response(headers=(("Content-Type", feed_type(target)),), body=page.encode())


def sitemap_response(site: Site, target: str, addresses: Sequence[Address]) -> Response | None:
    """Answer for a sitemap: one, or an index over parts of which every other one is gzipped."""
    paths = sitemap_paths(site)
    if target == "/sitemap-news.xml" and target in paths:
        return Response(headers=_XML, body=_news_sitemap(site, addresses[:FEED_LENGTH]).encode())
    if "/sitemap.xml" not in paths:
        return None
    parts = [addresses[at : at + SITEMAP_LENGTH] for at in range(0, len(addresses), SITEMAP_LENGTH)]
    names = [f"/sitemaps/{n}.xml{'.gz' if n % 2 == 0 else ''}" for n in range(1, len(parts) + 1)]
    if target == "/sitemap.xml":
        if len(parts) < 2:
            return Response(headers=_XML, body=_urlset(addresses).encode())
        entries = "".join(f"<sitemap><loc>http://{site.host}{n}</loc></sitemap>\n" for n in names)
        return Response(
            headers=_XML,
            body=f"{_HEAD}<sitemapindex {_SITEMAPS}>\n{entries}</sitemapindex>\n".encode(),
        )
    if target not in names:
        return None
    body = _urlset(parts[names.index(target)]).encode()
    if target.endswith(".gz"):
        return Response(
            headers=(("Content-Type", "application/gzip"),), body=gzip.compress(body, mtime=0)
        )
    return Response(headers=_XML, body=body)


def _urlset(addresses: Sequence[Address]) -> str:
    entries = "".join(
        f"<url><loc>{escape(a.url)}</loc><lastmod>{a.published.date()}</lastmod></url>\n"
        for a in addresses
    )
    return f"{_HEAD}<urlset {_SITEMAPS}>\n{entries}</urlset>\n"


def _news_sitemap(site: Site, addresses: Sequence[Address]) -> str:
    entries = "".join(
        f"<url><loc>{escape(a.url)}</loc><news:news><news:publication><news:name>{escape(site.name)}"
        "</news:name><news:language>en</news:language></news:publication>"
        f"<news:publication_date>{a.published.isoformat()}</news:publication_date>"
        f"<news:title>{escape(a.title)}</news:title></news:news></url>\n"
        for a in addresses
    )
    return f"{_HEAD}<urlset {_SITEMAPS} {_NEWS}>\n{entries}</urlset>\n"


def _rss(site: Site, addresses: Sequence[Address]) -> str:
    # every other site gives no more than the title and the link
    partial = SITES.index(site) % 2 == 0
    items = "".join(
        f"<item><title>{escape(a.title)}</title><link>{escape(a.url)}</link>"
        + ("" if partial else f"<description>{escape(a.teaser)}</description>")
        + f'<guid isPermaLink="true">{escape(a.url)}</guid>'
        f"<pubDate>{format_datetime(a.published)}</pubDate></item>\n"
        for a in addresses
    )
    return (
        f'{_HEAD}<rss version="2.0"><channel><title>{escape(site.name)}</title>'
        f"<link>http://{site.host}/</link><description>News from {escape(site.city)}</description>\n"
        f"{items}</channel></rss>\n"
    )


def _atom(site: Site, addresses: Sequence[Address]) -> str:
    entries = "".join(
        f'<entry><title>{escape(a.title)}</title><link href="{escape(a.url)}"/><id>{escape(a.url)}</id>'
        f"<updated>{_zoned(a)}</updated><summary>{escape(a.teaser)}</summary></entry>\n"
        for a in addresses
    )
    newest = f"<updated>{_zoned(addresses[0])}</updated>" if addresses else ""
    return (
        f'{_HEAD}<feed xmlns="http://www.w3.org/2005/Atom"><title>{escape(site.name)}</title>'
        f"<id>http://{site.host}/</id>{newest}\n{entries}</feed>\n"
    )


def _zoned(address: Address) -> str:
    moment = address.published.isoformat(timespec="seconds")
    return moment if address.published.tzinfo else f"{moment}Z"
