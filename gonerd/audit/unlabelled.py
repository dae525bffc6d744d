"""Words that are written like names and that no annotator ever took for one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from gonerd.audit.finding import Check, Finding, Held, place

__all__ = ["unlabelled_check"]

LEAST = 3
"""Times that a word must be met inside sentences."""

CAPITALISED = re.compile(r"(?<![\w.’'-])[^\W\d_][\w’'-]*\w")
INSIDE = re.compile(r"[\w,;)%’'”\"]\s*$")
"""What stands before a word inside a sentence; after a full stop or a colon any word may be large."""
EXPECTED = re.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|August|September|"
    r"October|November|December|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)|Mrs?|Ms|Miss|Dr|Prof|President|"
    r"Judge|Senator|Sen|Rep|Governor|Gov|Mayor|Minister|Secretary|Sheriff|Officer|Detective|Captain|Capt|Colonel|"
    r"General|Lieutenant|Lt|Sergeant|Sgt|Sir|Lord|Lady|King|Queen|Prince|Princess|Chief|Attorney|Chairman|"
    r"Director|Professor|Doctor|Justice|Vice|Prime|Deputy"
)
"""Days, months, titles: large in English, and no names by the guidelines."""


def unlabelled_check(corpus: Sequence[Held], *, limit: int) -> Check:
    """Words that are large inside sentences, three times or more, never in an entity, more rarely small."""
    large, small, labelled = Counter[str](), Counter[str](), set[str]()
    first: dict[str, list[tuple[int, int, int]]] = {}
    for number, held in enumerate(corpus):
        document = held.document
        if not document.entities:
            continue
        for entity in document.entities:
            labelled.update(found[0] for found in CAPITALISED.finditer(document.mention(entity)))
        for start, end, word in _words(document.text):
            if word[0].islower():
                small[word] += 1
            elif not EXPECTED.fullmatch(word) and INSIDE.search(
                document.text, max(0, start - 4), start
            ):
                large[word] += 1
                places = first.setdefault(word, [])
                if len(places) < 2:
                    places.append((number, start, end))
    found = [
        (word, count)
        for word, count in large.most_common()
        if count >= LEAST and word not in labelled and small[word.lower()] < count
    ]
    findings = [
        Finding(
            f"{word!r} stands {count:,} times inside sentences and never in an entity",
            tuple(place(corpus[n], start, end) for n, start, end in first[word]),
            figures={"word": word, "times": count},
        )
        for word, count in found[:limit]
    ]
    return Check(
        "never_labelled",
        "Capitalised words, never labelled",
        "hint",
        f"Words that are large inside a sentence {LEAST} times or more, and in no entity of the dataset.",
        len(found),
        0,
        findings,
    )


def _words(text: str) -> Iterator[tuple[int, int, str]]:
    for found in CAPITALISED.finditer(text):
        yield found.start(), found.end(), found[0]
