"""The extractor: from the parsed page to the text of its article, and the record of what decided it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from gonerd_scraper.extraction.about import About
from gonerd_scraper.extraction.article import article_blocks
from gonerd_scraper.extraction.ballot import letters_of, votes_for
from gonerd_scraper.extraction.blocks import Page, page_of
from gonerd_scraper.extraction.byline import without_byline
from gonerd_scraper.extraction.frozen import frozen_text
from gonerd_scraper.extraction.markup import flatten_layout_tables, lines_of_body

__all__ = ["EXTRACTOR_OPTIONS", "VERSION", "FoundText", "article_text", "extractor_record"]

VERSION = "3"
"""To be raised with every change that gives another text for the same page (a test watches over it)."""

EXTRACTOR_OPTIONS: dict[str, Any] = {
    "deduplicate": False,  # on, a page's text would depend on the pages read before it (trafilatura #778)
    "fast": True,  # its fallbacks cost half of the time; the build of the page corrects better than they do
    "include_comments": False,
    "include_tables": True,
}
"""Passed to trafilatura, whose text is a vote on the blocks of the page (`article`)."""

DECIDING = ("trafilatura", "lxml", "resiliparse")
"""Packages that have a say in the text."""

MAX_NESTING = 250
"""libxml2 gives up on what lies deeper than this, without saying so."""

IN_PAGE = 0.5
"""Share of the extractor's letters that must stand in blocks; else it took them from elsewhere."""

WORTH_READING = 200
"""Characters of a `noscript` element, or of an `articleBody`, from which on it may be an article."""


@dataclass(frozen=True, slots=True)
class FoundText:
    """A frozen text and where it came from: blocks, extractor, noscript, json_ld or deep_page."""

    text: str
    source: str


def extractor_record() -> dict[str, Any]:
    """Name, version and options of the extractor, as they stand in each document."""
    return {
        "name": "gonerd",
        "version": VERSION,
        "options": dict(EXTRACTOR_OPTIONS),
        "packages": dict(_versions()),
    }


@lru_cache(maxsize=1)
def _versions() -> dict[str, str]:
    from lxml.etree import LIBXML_VERSION

    return {name: version(name) for name in DECIDING} | {
        "libxml2": ".".join(map(str, LIBXML_VERSION)),
        "unicode": unicodedata.unidata_version,
    }


def article_text(
    tree: Any, page: Page, about: About, *, html: str, url: str, body: str
) -> FoundText:
    """The text of the article in `tree`, which is changed; empty where there is none.

    `page` holds the blocks of `tree`, `html` is what it was parsed from, `body` the text that the
    page gives in JSON-LD. Tried in this order: the blocks that the extractor and the build of the
    page agree on; the extractor's own text where it does not come from blocks; what stands in
    `noscript`; JSON-LD; for pages that nest deeper than the parser goes, another parser.
    """
    found = _from_blocks(tree, page, about, url)
    if found.source == "extractor" and len(body) >= WORTH_READING:
        return FoundText(_finished(_lines(body), about), "json_ld")  # it has lines there
    if not found.text and _open_noscript(tree):
        found = _from_blocks(tree, page_of(tree), about, url)
        if found.text:
            return FoundText(found.text, "noscript")
    if not found.text and len(body) >= WORTH_READING:
        found = FoundText(_finished(_lines(body), about), "json_ld")
    if not found.text and page.nesting >= MAX_NESTING:
        found = FoundText(_finished(_lines(_text_of_deep_page(html)), about), "deep_page")
    return found


def _from_blocks(tree: Any, page: Page, about: About, url: str) -> FoundText:
    from trafilatura import bare_extraction

    flatten_layout_tables(tree)
    extracted = bare_extraction(tree, url=url, with_metadata=False, **EXTRACTOR_OPTIONS)
    found = getattr(extracted, "body", None)
    lines = lines_of_body(found) if found is not None else []
    if not lines:
        return FoundText("", "blocks")
    votes = votes_for(page.blocks, lines)
    letters = sum(len(letters_of(line)) for line in lines)
    voted = sum(
        len(letters_of(block.text)) for block, vote in zip(page.blocks, votes, strict=True) if vote
    )
    if voted >= IN_PAGE * letters:
        blocks = article_blocks(page, votes, titles=about.titles, authors=about.authors)
        return FoundText(_finished([block.text for block in blocks], about), "blocks")
    return FoundText(_finished(lines, about), "extractor")


def _finished(lines: Iterable[str], about: About) -> str:
    return without_byline(
        frozen_text("\n".join(line for line in lines if line.strip())),
        title=about.title,
        authors=about.authors,
        site=about.site,
    )


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.split("\n")]


def _open_noscript(tree: Any) -> bool:
    """Turn the long `noscript` elements into blocks; whether there were any."""
    found = [
        element
        for element in tree.iter("noscript")
        if len(" ".join("".join(element.itertext()).split())) >= WORTH_READING
    ]
    for element in found:
        element.tag = "div"
    return bool(found)


def _text_of_deep_page(html: str) -> str:
    from resiliparse.extract.html2text import extract_plain_text

    return str(
        extract_plain_text(
            html,
            main_content=True,
            alt_texts=False,
            list_bullets=False,
            links=False,
            comments=False,
        )
    )
