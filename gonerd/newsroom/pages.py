"""Pages of a site that are not stories: the front page, sections, what is not there."""

from __future__ import annotations

from collections.abc import Sequence

from gonerd.newsroom.address import Address
from gonerd.newsroom.layouts import Link
from gonerd.newsroom.layouts.elements import anchors, text
from gonerd.newsroom.sites import SITES, Site

__all__ = [
    "PAGE_SIZE",
    "STATIC_PAGES",
    "list_page",
    "list_text",
    "missing_page",
    "static_page",
    "static_text",
]

PAGE_SIZE = 20
"""Stories on one page of a list."""

STATIC_PAGES = {
    "about": "{name} is made in {city}, a place that does not exist, for readers of a sample.",
    "privacy": "{name} knows nothing about you and stores nothing on your device.",
    "terms": "Everything here is fictional. Any likeness to persons or places is by chance.",
}
"""Pages that every footer leads to, by name."""


def list_page(
    site: Site,
    title: str,
    addresses: Sequence[Address],
    *,
    sections: Sequence[Link],
    further: Sequence[Link],
    head: str = "",
) -> str:
    """A page of links to stories, in one of three forms; `further` leads to other pages of lists."""
    form = (_cards, _rows, _headlines)[SITES.index(site) % 3]
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"><title>{text(title)} - {text(site.name)}</title>
{head}</head>
<body><div class="top"><a href="/">{text(site.name)}</a><ul>{anchors(sections)}</ul></div>
<h1>{text(title)}</h1>
{form(addresses)}
<div class="pager">{anchors(further, opening="<span>", closing="</span>")}</div>
<div class="foot">{text(site.name)}, {text(site.city)}. <a href="/search?q=news">Search</a></div></body>
</html>
"""


def list_text(site: Site, addresses: Sequence[Address]) -> str:
    """What a list says of its own: headlines, and teasers where the site shows them."""
    teasers = SITES.index(site) % 3 == 0
    shown = ((a.title, a.teaser[:110]) if teasers else (a.title,) for a in addresses)
    return "\n".join(part for parts in shown for part in parts if part)


def missing_page(site: Site) -> str:
    """What a site says where it has nothing."""
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><title>Not found - {text(site.name)}</title></head>'
        '<body><h1>Page not found</h1><p>Try the <a href="/">front page</a>.</p></body></html>\n'
    )


def static_page(site: Site, name: str) -> str:
    """A page that every footer leads to."""
    words = static_text(site, name)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{name} - {text(site.name)}'
        f"</title></head><body><h1>{name.title()}</h1><p>{text(words)}</p>"
        '<a href="/">Home</a></body></html>\n'
    )


def static_text(site: Site, name: str) -> str:
    """What a page says that every footer leads to."""
    return STATIC_PAGES[name].format(name=site.name, city=site.city)


def _cards(addresses: Sequence[Address]) -> str:
    cards = "\n".join(
        f'<div class="card"><h3><a href="{text(a.url)}">{text(a.title)}</a></h3>'
        f'<p class="teaser">{text(a.teaser[:110])}</p><time>{a.published.date()}</time></div>'
        for a in addresses
    )
    return f'<div class="grid">{cards}</div>'


def _rows(addresses: Sequence[Address]) -> str:
    rows = "\n".join(
        f'<tr><td>{a.published:%b} {a.published.day}</td><td><a href="{text(a.url)}">{text(a.title)}</a>'
        "</td></tr>"
        for a in addresses
    )
    return f'<table class="index">{rows}</table>'


def _headlines(addresses: Sequence[Address]) -> str:
    return f'<ul class="headlines">{anchors(Link(a.url, a.title) for a in addresses)}</ul>'
