"""Likely label errors, by four signs that need no model: hints for a person who looks, which fail nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from gonerd.audit.contexts import context_check
from gonerd.audit.finding import Check, Finding, Held, place
from gonerd.audit.unlabelled import unlabelled_check
from gonerd.console import counted
from gonerd.schema import Entity

__all__ = ["mislabel_checks"]

SHOWN = 2
"""Places of a mention that is found several times."""
PERSONS = ("PER", "PERSON")
"""How corpora call people."""

TITLE = re.compile(
    r"(?:Attorney|Captain|Capt|Chairman|Chairwoman|Chancellor|Chief|Coach|Colonel|Col|Commissioner|Councilman|"
    r"Councilwoman|Dame|Deputy|Detective|Director|Doctor|Dr|General|Gen|Governor|Gov|Judge|Justice|King|Lady|"
    r"Lieutenant|Lt|Lord|Madam|Major|Maj|Mayor|Minister|Miss|Mr|Mrs|Ms|Officer|Pope|President|Princess|Prince|"
    r"Professor|Prof|Queen|Representative|Rep|Reverend|Rev|Secretary|Senator|Sen|Sergeant|Sgt|Sheriff|Sir|Supt)"
    r"\b\.?\s+\S"
)

BEGINS = re.compile(r"[\s,.;:!?)\]}»”’%–—-]")
ENDS = re.compile(r"[\s,.;:!?(\[{«“‘'\"–—)\]}”’»-]")
ABBREVIATED = re.compile(
    r"(?:\b(?i:Ave|Blvd|Bros|Co|Corp|Cos|Dept|Dr|Inc|Jr|Lt|Ltd|Mt|No|Rd|Sr|St|Univ)|\b[^\W\d_]|\.[^\W\d_]+)\.$"
)
BRACKETS = {")": "(", "]": "[", "}": "{", "”": "“", "»": "«", '"': '"', "’": "‘", "'": "'"}


def mislabel_checks(corpus: Sequence[Held], *, limit: int) -> Iterator[Check]:
    """The four signs; a document without any entity is taken for one that nobody labelled."""
    yield context_check(corpus, limit=limit)
    yield unlabelled_check(corpus, limit=limit)
    yield _check(
        corpus,
        "punctuation",
        "Entities that begin or end in punctuation",
        "White space counts too; abbreviations such as Inc. and U.S., and closed brackets, do not.",
        limit,
    )
    yield _check(
        corpus,
        "titles",
        "People that begin with a title",
        "By the guidelines titles are no part of a name: Judge, then Anna Berg.",
        limit,
    )


def _check(corpus: Sequence[Held], name: str, title: str, explained: str, limit: int) -> Check:
    sign = {"punctuation": _punctuation, "titles": _title}[name]
    places: dict[str, list[tuple[Held, int, int]]] = {}
    counts = Counter[str]()
    for held in corpus:
        for entity in held.document.entities:
            said = sign(held.document.mention(entity), entity)
            if said:
                counts[said] += 1
                if len(first := places.setdefault(said, [])) < SHOWN:
                    first.append((held, entity.start, entity.end))
    findings = [
        Finding(
            f"{said}: {counted(count, 'time')}",
            tuple(place(*where) for where in places[said]),
            figures={"times": count},
        )
        for said, count in counts.most_common(limit)
    ]
    return Check(name, title, "hint", explained, counts.total(), 0, findings)


def _punctuation(mention: str, entity: Entity) -> str:
    begins, ends = BEGINS.match(mention), ENDS.search(mention, len(mention) - 1)
    if ends and (ABBREVIATED.search(mention) or _closes(mention)):
        ends = None
    if not begins and not ends:
        return ""
    where = [f"begins with {mention[0]!r}"] if begins else []
    where += [f"ends in {mention[-1]!r}"] if ends else []
    return f"{entity.label} {mention!r} {' and '.join(where)}"


def _closes(mention: str) -> bool:
    """Whether the last character closes what was opened inside."""
    opening = BRACKETS.get(mention[-1])
    return opening is not None and opening in mention[:-1]


def _title(mention: str, entity: Entity) -> str:
    if entity.label in PERSONS and TITLE.match(mention):
        return f"{entity.label} {mention!r} begins with the title {mention.split()[0]!r}"
    return ""
