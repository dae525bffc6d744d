"""Gold and texts as scripts: the labels of a board's documents by offsets, the words apart from them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gonerd_leaderboard.gold import Gold
from gonerd_leaderboard.script import script

__all__ = ["gold_script", "text_scripts"]

WEB = re.compile(r"https?://\S+")


def gold_script(board: str, gold: Gold) -> str:
    """The text of gold/<board>.js: no word of a document is in it."""
    documents = []
    for document, digest in zip(gold.documents, gold.hashes, strict=True):
        entities = [[entity.start, entity.end, entity.label] for entity in document.entities]
        source, url = (str(document.meta.get(key) or "") for key in ("source", "url"))
        documents.append(
            [
                *(document.id, digest, len(document.text), entities, source),
                url if WEB.fullmatch(url) else "",
            ]
        )
    return script("gold", board, {"documents": documents})


def text_scripts(gold: Gold) -> Iterator[tuple[str, str]]:
    """Yield (SHA-256 of a text, the text of texts/<SHA-256>.js), each once."""
    for digest, document in dict(zip(gold.hashes, gold.documents, strict=True)).items():
        yield digest, script("text", digest, document.text)
