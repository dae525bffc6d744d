"""What the sites allow: robots.txt, tdmrep.json, ai.txt, and the sites that let nobody in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

from gonerd.newsroom.response import Headers, Response
from gonerd.newsroom.sites import SITES, Site

__all__ = [
    "CLOSED",
    "CRAWL_DELAYS",
    "OPEN_SITES",
    "TDM_SITE",
    "USER_AGENT_TOKEN",
    "policy_response",
]

USER_AGENT_TOKEN = "gonerd"  # noqa: S105 - what robots.txt calls a product token

ROBOTS_MISSING = "dailyherron.example"
ROBOTS_BROKEN = "riverbulletin.example"
ROBOTS_CLOSED = "capitalobserver.example"
ROBOTS_NOT_US = "courtreporter.example"
AI_TXT_SITE = "newsmosaic.example"
TDM_SITE = "metroledger.example"

CLOSED = frozenset({ROBOTS_BROKEN, ROBOTS_CLOSED, ROBOTS_NOT_US})
"""Domains that a crawler of ours has to stay out of, by RFC 9309."""

OPEN_SITES: tuple[Site, ...] = tuple(site for site in SITES if site.domain not in CLOSED)

CRAWL_DELAYS: Mapping[str, float] = MappingProxyType(
    {"valleyradio.example": 0.05, "meridianreview.example": 0.1, "islandexaminer.example": 0.05}
)
"""Seconds between requests that a site asks for."""

_TEXT: Headers = (("Content-Type", "text/plain; charset=utf-8"),)


def policy_response(
    site: Site, target: str, *, sitemaps: tuple[str, ...], hostile: bool
) -> Response | None:
    """Answer for the files that say what a crawler may do; None for any other target."""
    if target == "/robots.txt":
        return _robots(site, sitemaps=sitemaps, hostile=hostile)
    if target == "/.well-known/tdmrep.json" and site.domain == TDM_SITE:
        rules = [
            {"location": "/reserved/*", "tdm-reservation": 1},
            {"location": "/", "tdm-reservation": 0},
        ]
        return Response(
            headers=(("Content-Type", "application/json"),), body=json.dumps(rules).encode()
        )
    if target == "/ai.txt" and site.domain == AI_TXT_SITE:
        return Response(
            headers=_TEXT, body=b"User-Agent: *\nDisallow: /private/\nDisallow: *.jpg\nAllow: /\n"
        )
    return None


def _robots(site: Site, *, sitemaps: tuple[str, ...], hostile: bool) -> Response:
    if site.domain == ROBOTS_MISSING:
        return Response(status=404, headers=_TEXT, body=b"Not found\n")
    if site.domain == ROBOTS_BROKEN:
        return Response(status=503, headers=_TEXT, body=b"Service unavailable\n")
    lines = ["# This site is fictional.", "User-agent: *"]
    if site.domain == ROBOTS_CLOSED:
        lines.append("Disallow: /")
    else:
        lines += ["Disallow: /private/", "Disallow: /search"]
        if not hostile:
            lines.append("Disallow: /slow/")
        if site.domain in CRAWL_DELAYS:
            lines.append(f"Crawl-delay: {CRAWL_DELAYS[site.domain]}")
    if site.domain == ROBOTS_NOT_US:
        lines += ["", f"User-agent: {USER_AGENT_TOKEN}", "Disallow: /"]
    lines += ["", *(f"Sitemap: {url}" for url in sitemaps)]
    return Response(headers=_TEXT, body=("\n".join(lines) + "\n").encode())
