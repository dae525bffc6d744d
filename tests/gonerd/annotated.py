"""Small annotated documents for tests of what a dataset says of itself and where it goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from gonerd import Document, Entity
from gonerd.dataset import DatasetFacts, build_dataset

__all__ = ["annotated_documents", "built"]


def annotated_documents(count: int = 30, **meta: Any) -> Iterator[Document]:
    """Pages of a real-looking site, each its own cluster; `meta` adds to each, None takes away."""
    for number in range(count):
        text = f"Ada Marlow, {number + 20}, of Port Ellery met Bo in court no. {number}. " * (
            1 + number % 7
        )
        entities = (Entity(0, 10, "PER"), Entity(12, 14, "MISC", "AGE"), Entity(19, 30, "LOC"))
        known = {
            "source": "justice" if number % 3 == 0 else "news",
            "domain": "herald.test",
            "url": f"https://www.herald.test/story/{number}",
            "title": f"Story number {number}",
            "date": f"2020-01-{number % 28 + 1:02}",
            "cluster": f"c{number}",
        } | meta
        kept = {key: value for key, value in known.items() if value is not None}
        yield Document(id=f"d{number:03}", text=text, entities=entities, meta=kept)


def built(folder: Path, count: int = 30, *, more: Any = None, **options: Any) -> DatasetFacts:
    """Build a dataset of them in `folder`; `more` is meta that every document gets."""
    documents = [
        replace(document, meta={k: v for k, v in {**document.meta, **(more or {})}.items() if v})
        for document in annotated_documents(count)
    ]
    return build_dataset(documents, folder, **options)[0]
