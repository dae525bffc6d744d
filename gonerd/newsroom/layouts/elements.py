"""Small pieces of HTML that several templates share. Everything that is text is escaped here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from html import escape
from random import Random

from gonerd.newsroom.layouts.story import Link, Story, Surroundings

__all__ = [
    "anchors",
    "blocks",
    "byline",
    "json_ld",
    "long_date",
    "open_graph",
    "opening_words",
    "page",
    "rich",
    "short_date",
    "text",
]


def text(words: str) -> str:
    """Escape for the inside of an element and of a quoted attribute."""
    return escape(words)


def page(story: Story, around: Surroundings, *, head: str = "", body: str, html: str = "") -> str:
    """Put a whole document around `body`; `html` holds further attributes of the root."""
    charset = f'<meta charset="{around.charset}">' if around.charset else ""
    robots = f'<meta name="robots" content="{around.robots}">' if around.robots else ""
    canonical = around.canonical or story.url
    return (
        f'<!DOCTYPE html>\n<html lang="{story.language}"{html}>\n<head>\n{charset}{robots}'
        f"<title>{text(story.title)} - {text(around.site.name)}</title>\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="canonical" href="{text(canonical)}">\n{head}{around.head}</head>\n'
        f"{body}\n</html>\n"
    )


def rich(paragraph: str, chance: Random, *, share: float = 0.3) -> str:
    """Escape a paragraph and put inline elements around some of its words, as editors do."""
    words = paragraph.split(" ")
    if len(words) < 12 or chance.random() > share:
        return text(paragraph)
    start = chance.randrange(3, len(words) - 5)
    end = start + chance.randint(1, 3)
    inner = text(" ".join(words[start:end]))
    marked = chance.choice(
        (
            f'<a href="http://lexicon.example/entry/{chance.randrange(400)}">{inner}</a>',
            f"<em>{inner}</em>",
            f"<b>{inner}</b>",
        )
    )
    return " ".join([text(" ".join(words[:start])), marked, text(" ".join(words[end:]))])


def blocks(
    story: Story, around: Surroundings, *, opening: str = "<p>", closing: str = "</p>"
) -> Iterator[str]:
    """Yield the story's paragraphs as HTML, preformatted blocks after the first."""
    chance = around.random("inline")
    for number, paragraph in enumerate(story.paragraphs):
        yield f"{opening}{rich(paragraph, chance)}{closing}"
        if number == 0:
            yield from (f"<pre><code>{text(block)}</code></pre>" for block in story.preformatted)


def anchors(links: Iterable[Link], *, opening: str = "<li>", closing: str = "</li>") -> str:
    """One anchor a link, each inside the same element."""
    return "\n".join(
        f'{opening}<a href="{text(link.url)}">{text(link.words)}</a>{closing}' for link in links
    )


def byline(story: Story) -> str:
    """The authors as a line of text, not escaped; a story without any is by the staff."""
    return " and ".join(story.authors) or "Staff report"


def long_date(story: Story) -> str:
    """The date in American letters: March 5, 2021."""
    return f"{story.published:%B} {story.published.day}, {story.published.year}"


def opening_words(paragraph: str) -> str:
    """The first words of a paragraph, never all of it: a quotation of it stays apart from it."""
    words = paragraph.split()
    return " ".join(words[: min(16, len(words) - 1)]) + "…"


def short_date(story: Story) -> str:
    """The date in ISO form."""
    return story.published.date().isoformat()


def json_ld(story: Story, around: Surroundings) -> str:
    """Schema.org metadata in a script, in the form that search engines ask for."""
    value = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": story.title,
        "datePublished": story.published.isoformat(),
        "author": [{"@type": "Person", "name": name} for name in story.authors],
        "publisher": {"@type": "Organization", "name": around.site.name},
        "mainEntityOfPage": around.canonical or story.url,
    }
    inner = json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/ld+json">{inner}</script>\n'


def open_graph(story: Story, around: Surroundings) -> str:
    """OpenGraph metadata, with a description cut from the first paragraph."""
    values = {
        "og:type": "article",
        "og:title": story.title,
        "og:url": around.canonical or story.url,
        "og:site_name": around.site.name,
        "og:description": story.paragraphs[0][:140] if story.paragraphs else "",
        "article:published_time": story.published.isoformat(),
        "article:section": story.topic,
    }
    return "".join(f'<meta property="{k}" content="{text(v)}">\n' for k, v in values.items())
