"""A batch of documents that several annotators share: who gets what, and how its projects are known."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gonerd.errors import ConfigError
from gonerd_annotation.draw import drawn, shuffled

__all__ = ["Batch", "ProjectNote", "read_note"]

MARK = "gonerd annotate push "
"""What the description of a project that was pushed begins with; JSON follows."""

EMAIL = re.compile(r"[\w.+-]{1,64}@[\w.-]{1,128}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Batch:
    """The settings that say who annotates what."""

    name: str
    annotators: tuple[str, ...]
    """Their e-mail addresses in Label Studio."""
    overlap: float = 0.0
    """Share of documents that everyone gets, from 0 to 1; each of the others goes to one annotator."""
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > 100 or not self.name.isprintable():
            raise ConfigError(f"--name {self.name[:100]!r} is no name of 1 to 100 characters")
        if not 0 <= self.overlap <= 1:
            raise ConfigError(f"--overlap is {self.overlap}, a share from 0 to 1 was expected")
        if not self.annotators:
            raise ConfigError("no annotator is named, expected at least one --annotator E-MAIL")
        for annotator in self.annotators:
            if not EMAIL.fullmatch(annotator):
                raise ConfigError(f"--annotator {annotator!r} is no e-mail address")
        folded = [annotator.casefold() for annotator in self.annotators]
        for annotator in self.annotators:
            if folded.count(annotator.casefold()) > 1:
                raise ConfigError(f"--annotator {annotator!r} is named twice")

    def shared(self, ids: Iterable[str]) -> frozenset[str]:
        """The documents that everyone gets."""
        return drawn(ids, self.overlap, seed=self.seed, purpose="overlap")

    def assign(self, ids: Sequence[str]) -> dict[str, list[str]]:
        """Each annotator's documents in an order of their own, shared ones strewn among the others.

        What is not shared is dealt out evenly: no annotator has more than one document more than another.
        """
        shared = self.shared(ids)
        single = shuffled(set(ids) - shared, seed=self.seed, purpose="annotator")
        order = sorted(self.annotators)
        return {
            annotator: shuffled(
                shared.union(single[place :: len(order)]),
                seed=self.seed,
                purpose=f"order\n{annotator}",
            )
            for place, annotator in enumerate(order)
        }

    def plan(self, documents: Iterable[tuple[str, str]], preannotation: dict[str, Any]) -> str:
        """Twelve hex digits for settings, documents (id and hash of the text) and pre-annotation.

        A push goes on with a batch on the server only where these agree.
        """
        whole = {
            "annotators": sorted(self.annotators),
            "overlap": self.overlap,
            "seed": self.seed,
            "documents": sorted(documents),
            "preannotation": preannotation,
        }
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class ProjectNote:
    """What the description of a pushed project says: by it alone push and pull find the project again."""

    batch: str
    annotator: str
    plan: str
    settings: dict[str, Any]
    """documents, annotators, overlap, seed, model_version, no_preannotation: for people and for pull.json."""

    def description(self) -> str:
        """The text for the project's description; `read_note` is its inverse."""
        said = {
            "batch": self.batch,
            "annotator": self.annotator,
            "plan": self.plan,
            "settings": self.settings,
        }
        return MARK + json.dumps(said, ensure_ascii=False)


def read_note(description: str) -> ProjectNote | None:
    """The note in a project's description, or None where the project is not one that was pushed."""
    if not description.startswith(MARK):
        return None
    try:
        said = json.loads(description[len(MARK) :])
        note = ProjectNote(said["batch"], said["annotator"], said["plan"], said["settings"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    texts = (note.batch, note.annotator, note.plan)
    sound = all(isinstance(text, str) for text in texts) and isinstance(note.settings, dict)
    return note if sound and EMAIL.fullmatch(note.annotator) else None
