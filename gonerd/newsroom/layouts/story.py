"""What a page template gets: the story, and the site around it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random

from gonerd.newsroom.article import Article
from gonerd.newsroom.sites import Site

__all__ = ["Link", "Story", "Surroundings", "story_from_article"]


@dataclass(frozen=True, slots=True)
class Link:
    """An address and the words that lead to it."""

    url: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The content of a page: plain text throughout, templates escape it.

    `preformatted` blocks (source code, tables of symbols) stand after the first paragraph.
    """

    url: str
    title: str
    authors: tuple[str, ...]
    published: datetime
    topic: str
    paragraphs: tuple[str, ...]
    preformatted: tuple[str, ...] = ()
    language: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What stands around the story; the same `seed` gives the same furniture.

    `charset` is what the page declares in its head (None: nothing), `canonical` the address that it
    calls its own, `robots` the content of its robots meta element, `head` further elements.
    """

    site: Site
    seed: str
    sections: tuple[Link, ...] = ()
    related: tuple[Link, ...] = ()
    charset: str | None = "utf-8"
    canonical: str = ""
    robots: str = ""
    head: str = ""

    def random(self, purpose: str) -> Random:
        """Chance for one piece of furniture, the same each time it is asked for."""
        return Random(f"{self.seed}/{purpose}")  # noqa: S311 - nothing secret here


def story_from_article(article: Article) -> Story:
    """Take what a page shows of an article."""
    return Story(
        url=article.url,
        title=article.title,
        authors=article.authors,
        published=article.published,
        topic=article.topic,
        paragraphs=article.paragraphs,
    )
