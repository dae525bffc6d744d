"""One article of the fictional newsroom, with its gold text and gold entities."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gonerd.schema import Document, Entity, text_sha256

__all__ = ["Article"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What a page shows as its article; `document` is the same as gold.

    `paragraphs` hold no line feeds; the gold text is the paragraphs joined by one line feed, and
    `entities` are offsets into that text. Title and authors stand on the page, not in the text.
    """

    number: int
    domain: str
    kind: str
    url: str
    title: str
    authors: tuple[str, ...]
    published: datetime
    topic: str
    paragraphs: tuple[str, ...]
    entities: tuple[Entity, ...]

    @property
    def text(self) -> str:
        """The gold text."""
        return "\n".join(self.paragraphs)

    def document(self) -> Document:
        """The article as a gold document; its id is the article's number."""
        text = self.text
        return Document(
            id=f"newsroom-{self.number:06d}",
            text=text,
            entities=self.entities,
            meta={
                "url": self.url,
                "domain": self.domain,
                "source": self.kind,
                "title": self.title,
                "date": self.published.date().isoformat(),
                "language": "en",
                "text_sha256": text_sha256(text),
            },
        )
