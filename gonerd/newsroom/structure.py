"""The addresses that every site has: front page, sections, imprint, search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from gonerd.newsroom.address import Address
from gonerd.newsroom.pages import PAGE_SIZE, STATIC_PAGES
from gonerd.newsroom.policies import CLOSED, ROBOTS_MISSING
from gonerd.newsroom.sites import SITES, Site

__all__ = ["fixed_addresses", "with_sections"]

_LEAST = 5
"""Topics with fewer stories on a site share its section `latest`."""


def with_sections(addresses: Sequence[Address]) -> list[Address]:
    """Move stories of topics that are rare on their site to the section `latest`."""
    counts = Counter((a.domain, a.topic) for a in addresses if a.listed)
    return [
        a if counts[a.domain, a.topic] >= _LEAST else replace(a, topic="latest") for a in addresses
    ]


def fixed_addresses(listed: Mapping[str, Sequence[Address]]) -> Iterator[Address]:
    """Yield the addresses of lists and of pages that never change, for sites that list anything."""
    for site in SITES:
        if addresses := listed.get(site.domain):
            newest = max(address.published for address in addresses)
            for path, kind, title, topic, reason in _of_site(site, addresses):
                yield Address(
                    url=f"http://{site.host}{path}",
                    domain=site.domain,
                    kind=kind,
                    title=title,
                    topic=topic,
                    published=newest,
                    reason="robots" if site.domain in CLOSED else reason,
                    listed=False,
                )


def _of_site(site: Site, addresses: Sequence[Address]) -> Iterator[tuple[str, str, str, str, str]]:
    yield "/", "list", site.name, "", "list"
    for topic, number in sorted(Counter(address.topic for address in addresses).items()):
        title = topic.replace("-", " ").title()
        yield f"/section/{topic}", "list", title, topic, "list"
        for page in range(2, -(-number // PAGE_SIZE) + 1):
            yield f"/section/{topic}?page={page}", "list", f"{title}, page {page}", topic, "list"
    for name in STATIC_PAGES:
        yield f"/{name}", "static", name, "", "short"
    unruled = site.domain == ROBOTS_MISSING
    yield "/search?q=news", "list", "Search", "", "list" if unruled else "robots"
