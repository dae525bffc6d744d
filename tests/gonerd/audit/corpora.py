"""Small corpora with known faults."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gonerd import Document, Entity
from gonerd.records import write_documents

__all__ = ["files", "labelled", "story"]


def story(seed: int, words: int = 120) -> str:
    """A text that shares nothing with that of another seed."""
    chance = random.Random(seed)
    return " ".join(f"w{seed}x{chance.randrange(10**6)}" for _ in range(words)) + "."


def labelled(name: str, text: str, *mentions: tuple[str, str], **meta: Any) -> Document:
    """A document in which each (label, mention) is marked where it first stands."""
    entities = [
        Entity(text.index(mention), text.index(mention) + len(mention), label)
        for label, mention in mentions
    ]
    return Document(id=name, text=text, entities=tuple(entities), meta=meta)


def files(folder: Path, **splits: Iterable[Document]) -> list[str]:
    """Arguments for `gonerd audit`: a file for each split."""
    for split, documents in splits.items():
        write_documents(folder / f"{split}.jsonl", documents)
    return [f"{split}={folder / f'{split}.jsonl'}" for split in splits]
