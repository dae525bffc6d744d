"""What a page says about its article for machines: JSON-LD in the terms of schema.org."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

__all__ = ["ArticleData", "article_data"]

ARTICLE_TYPES = ("Article", "Posting", "Report", "Story")
"""Endings of the types that are an article: NewsArticle, BlogPosting, Report and the like."""

NODES = 5000
"""Objects looked at on one page; a page that has more says nothing more about its article."""

SCRIPT = '//script[@type="application/ld+json"]'
OPENS = re.compile(r"<!--|(?://\s*)?<!\[CDATA\[")
LINE_ENDS = re.compile(r"<(?:br|/p|/div|/li|/h\d)\b[^>]{0,50}>", re.IGNORECASE)
MARKUP = re.compile(r"<[^>]{1,200}>")


@dataclass(frozen=True, slots=True)
class ArticleData:
    """Headline, authors, day of publication (as the page writes it), text; empty where nothing is said.

    `people` tells whether the authors are persons, as far as the page says.
    """

    headline: str = ""
    authors: tuple[str, ...] = ()
    people: bool = False
    published: str = ""
    body: str = ""


def article_data(tree: Any) -> ArticleData:
    """What the first article in the JSON-LD of a page says, completed by the others."""
    nodes: list[dict[str, Any]] = []
    for script in tree.xpath(SCRIPT):
        try:
            found = json.loads(_without_comment(script.text or ""), strict=False)
        except (ValueError, RecursionError):
            continue
        nodes += _objects(found, NODES - len(nodes))
    articles = [node for node in nodes if _is_article(node)]
    if not articles:
        return ArticleData()
    named = {
        node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and "name" in node
    }
    people, others = _authors(articles, named)
    return ArticleData(
        headline=_first(articles, "headline") or _first(articles, "name"),
        authors=tuple(people or others),
        people=bool(people),
        published=_first(articles, "datePublished") or _first(articles, "dateCreated"),
        body=max((_text(article.get("articleBody")) for article in articles), key=len),
    )


def _without_comment(text: str) -> str:
    """`text` without the signs of a comment or of CDATA around it, meant for browsers long gone."""
    text = text.strip()
    opening = OPENS.match(text)
    if opening is not None:
        text = text[opening.end() :]
    inner = text.removesuffix(";").rstrip()
    for end in ("-->", "]]>"):
        if inner.endswith(end):
            return inner[: -len(end)].rstrip().removesuffix("//" if end == "]]>" else "")
    return text


def _objects(found: Any, limit: int) -> list[dict[str, Any]]:
    """All objects in a JSON value, in their order; no recursion, as strangers wrote it."""
    objects: list[dict[str, Any]] = []
    stack = [found]
    while stack and len(objects) < limit:
        value = stack.pop()
        if isinstance(value, dict):
            objects.append(value)
            stack.extend(
                reversed([child for child in value.values() if isinstance(child, dict | list)])
            )
        elif isinstance(value, list):
            stack.extend(reversed([child for child in value if isinstance(child, dict | list)]))
    return objects


def _is_article(node: dict[str, Any]) -> bool:
    return any(name.endswith(ARTICLE_TYPES) for name in _types(node))


def _types(node: dict[str, Any]) -> list[str]:
    found = node.get("@type")
    return [
        name for name in (found if isinstance(found, list) else [found]) if isinstance(name, str)
    ]


def _first(articles: list[dict[str, Any]], key: str) -> str:
    return next((text for article in articles if (text := _text(article.get(key)))), "")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    return MARKUP.sub("", LINE_ENDS.sub("\n", unescape(value))).strip()


def _authors(
    articles: list[dict[str, Any]], named: dict[str, dict[str, Any]]
) -> tuple[list[str], list[str]]:
    """Persons and others among the authors of the first article that names any."""
    for article in articles:
        people: list[str] = []
        others: list[str] = []
        for author in _values(article.get("author")):
            if isinstance(author, str):
                others.append(_text(author))
                continue
            known = author if "name" in author else named.get(str(author.get("@id")), {})
            names = [_text(name) for name in _values(known.get("name"))]
            (people if "Person" in _types(known) else others).extend(names)
        if any(people) or any(others):
            return [name for name in people if name], [name for name in others if name]
    return [], []


def _values(value: Any) -> Iterator[Any]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str | dict):
            yield one
