"""Tiny checkpoints to start from, which know the words of the tagger's small documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.baselines.encoder.families import LONGFORMER, Family
from tests.baselines.tagger.corpus import documents
from tests.baselines.tasks.checkpoints import checkpoint_folder

TEXTS = tuple(document.text for document in documents(40, sentences=4))


def start_of(
    folder: Path,
    family: Family = LONGFORMER,
    *,
    head: str | None = None,
    longest: int = 400,
    **more: Any,
) -> Path:
    return checkpoint_folder(folder, family, TEXTS, head=head, longest=longest, **more)
