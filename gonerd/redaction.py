"""Redaction: ages, addresses and phone numbers give way to surrogates of the same form.

What annotators marked as MISC is replaced, and repetitions of it that they did not mark. Nothing is looked
for that is not annotated. Names of people, organisations and places stay: it is no anonymisation, and
whoever has the page's address can read the original there.
"""

from __future__ import annotations

import re
import secrets
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gonerd.errors import SchemaError
from gonerd.schema import Document, Entity, Span, text_sha256
from gonerd.surrogates import (
    AGE_WORDS,
    Edit,
    Surrogates,
    age_pieces,
    edited,
    kind_of,
    numbers_of_age,
    phone_digits,
)

__all__ = ["REDACTED", "new_seed", "redact_document", "redact_documents"]

REDACTED = "redacted"
"""Key of meta: how many mentions of each kind were replaced, and how many stayed."""
LABEL = "MISC"
TITLES = ("title", "headline", "subtitle", "description", "summary", "abstract")
"""Texts in meta that may repeat what stands in the text."""
LEADS_BACK = ("warc", "text_sha256", "tlsh", "replaces")
"""Of meta: they name or prove the text as it was, or resemble its digest, or do so for an earlier version."""
TRIES = 50
TRIES_FOR_DIFFERENCE = 5
"""Beyond these, two addresses or numbers may share a surrogate, as in a list of hundreds they have to."""
LOCAL = 7
"""Digits of a phone number without area code."""


def new_seed() -> str:
    """A seed that nobody can guess: with a known one, surrogates could be tried until one fits."""
    return secrets.token_hex(16)


def redact_documents(documents: Iterable[Document], *, seed: str) -> Iterator[Document]:
    """`redact_document` for each of `documents`."""
    for document in documents:
        yield redact_document(document, seed=seed)


def redact_document(document: Document, *, seed: str) -> Document:
    """The document with each MISC entity replaced by a surrogate of its kind and written form.

    Under one seed, the same phone number, address and age get the same surrogate in all documents, but
    where it would collide with something in the document. Repetitions of a phone number (however it is
    punctuated), of an address or its street line, and of an age that is called one (`42-year-old`,
    `aged 42`) are replaced as well where they are not annotated; a bare number only where it is. Other
    entities keep their characters, whatever they overlap. Offsets and tokens move along; a token whose
    inside is replaced by something of another length is one token with its neighbours in that piece. So do
    the places in meta: `sentence_starts`, and the entities of which `annotation` says who decided them.
    `meta["redacted"]` has the counts, `kept` being mentions that hold nothing to replace; where it is
    there already, the document is returned as it is.

    Raises:
        SchemaError: fifty sets of surrogates all collide with what stands in the document.
    """
    if isinstance(document.meta.get(REDACTED), dict):
        return document
    targets = [entity for entity in document.entities if entity.label == LABEL]
    frozen = [(e.start, e.end) for e in document.entities if e.label != LABEL]
    finders = [_finder(document.mention(entity), _kind(document, entity)) for entity in targets]
    different = tuple(dict.fromkeys(finders))
    places = {finder: tuple(finder.spans(document.text)) for finder in different}
    ages, lines = _ages(different), _lines(different)
    accepted: tuple[_Plan, Surrogates] | None = None
    for salt in range(TRIES):
        surrogates = Surrogates(seed, ages=ages | _numbers(different), lines=lines, salt=salt)
        plan = _planned(document, targets, finders, places, frozen, surrogates)
        if _leaks(document, plan, places):
            continue
        merges = _merges(different, surrogates)
        if accepted is None or not merges:
            accepted = plan, surrogates
        if not merges or salt >= TRIES_FOR_DIFFERENCE:
            break
    if accepted is None:
        raise SchemaError(
            f"document {document.id!r}: no surrogates were found that do not stand in it already"
        )
    plan, surrogates = accepted
    shift = _Shift(plan.edits)
    text = edited(document.text, plan.edits)
    meta = {key: value for key, value in document.meta.items() if key not in LEADS_BACK}
    for key in TITLES:
        if isinstance(meta.get(key), str):
            meta[key] = _without(meta[key], different, surrogates, ages)
    meta |= _places(meta, shift)
    if "text_sha256" in document.meta:
        meta["text_sha256"] = text_sha256(text)
    kinds = Counter(finder.kind for finder in finders)
    changed = [entity for entity in targets if _touched(entity, plan.edits)]
    meta[REDACTED] = {
        **{kind: kinds[kind] for kind in ("AGE", "ADDRESS", "PHONE")},
        "repetitions": plan.repetitions,
        "kept": len(targets) - len(changed),
    }
    return Document(
        id=document.id,
        text=text,
        entities=tuple(
            replace(entity, start=shift.start(entity.start), end=shift.end(entity.end))
            for entity in document.entities
        ),
        meta=meta,
        tokens=None if document.tokens is None else shift.tokens(document.tokens),
    )


@dataclass(frozen=True, slots=True)
class _Finder:
    """A mention, its kind, and the patterns that find it wherever it is repeated."""

    mention: str
    kind: str
    patterns: tuple[re.Pattern[str], ...]

    def spans(self, text: str) -> Iterator[Span]:
        for pattern in self.patterns:
            for match in pattern.finditer(text):
                yield match.span()


@dataclass(frozen=True, slots=True)
class _Plan:
    edits: tuple[Edit, ...]
    repetitions: int


def _ages(finders: Iterable[_Finder]) -> set[int]:
    """All numbers that stand for ages."""
    numbers = (numbers_of_age(finder.mention) for finder in finders if finder.kind == "AGE")
    return set[int]().union(*numbers)


def _numbers(finders: Iterable[_Finder]) -> set[int]:
    """Addresses and the like that are nothing but a number, which no age may become."""
    bare = (finder.mention for finder in finders if finder.kind != "AGE")
    return {int(m) for m in bare if m.isascii() and m.isdecimal() and len(m) <= LOCAL}


def _lines(finders: Iterable[_Finder]) -> set[str]:
    """The last seven digits of all phone numbers that have as many."""
    numbers = (phone_digits(finder.mention) for finder in finders if finder.kind == "PHONE")
    return {digits[-LOCAL:] for digits in numbers if len(digits) >= LOCAL}


def _kind(document: Document, entity: Entity) -> str:
    return entity.subtype or kind_of(document.mention(entity))


def _finder(mention: str, kind: str) -> _Finder:
    if kind == "AGE":
        patterns = [_words(mention)] if AGE_WORDS.search(mention) else []
        patterns += [_as_age(piece) for piece in age_pieces(mention)]
    elif kind == "PHONE":
        digits = phone_digits(mention)
        forms = {digits, digits[-10:], digits[-LOCAL:]} if len(digits) >= LOCAL else set()
        patterns = [_digits(form) for form in sorted(forms, key=len, reverse=True)]
        patterns.append(_words(mention))
    else:
        street, comma, _ = mention.partition(",")
        patterns = [_words(mention)]
        if comma and any(c.isdigit() for c in street) and any(c.isalpha() for c in street):
            patterns.append(_words(street))
    return _Finder(mention, kind, tuple(patterns))


def _words(mention: str) -> re.Pattern[str]:
    """`mention` as whole words, in any case and with any white space."""
    body = r"\s+".join(map(re.escape, mention.split()))
    return re.compile(rf"(?<!\w){body}(?!\w)", re.IGNORECASE)


def _as_age(number: str) -> re.Pattern[str]:
    """`number`, a number or a word for one, where it is said to be an age."""
    years = r"[-\s](?:years?|months?|weeks?)[-\s](?:olds?|of\s+age)"
    return re.compile(rf"(?<!\w)(?:aged?\s+{number}|{number}{years})(?!\w)", re.IGNORECASE)


def _digits(digits: str) -> re.Pattern[str]:
    """A phone number of these digits, with up to three signs between two of them."""
    return re.compile(r"(?<!\d)" + r"[\s().\-–/]{0,3}".join(map(re.escape, digits)) + r"(?!\d)")


def _planned(
    document: Document,
    targets: Sequence[Entity],
    finders: Sequence[_Finder],
    places: Mapping[_Finder, Sequence[Span]],
    frozen: Sequence[Span],
    surrogates: Surrogates,
) -> _Plan:
    """Edits of all mentions and repetitions, disjoint, none of which touches a frozen span.

    `places` are where each mention stands in the text.
    """
    text = document.text
    taken = _Spans()
    edits: list[Edit] = []
    repetitions = 0

    def plan(start: int, end: int, kind: str) -> bool:
        """Whether anything is to be edited there, outside of what is frozen."""
        taken.add(start, end)
        before = len(edits)
        for first, last, new in surrogates.edits(text[start:end], kind):
            edit = (start + first, start + last, new)
            if not any(edit[0] < stop and begin < edit[1] for begin, stop in frozen):
                edits.append(edit)
        return len(edits) > before

    longest = sorted(
        zip(targets, finders, strict=True), key=lambda p: (p[0].start - p[0].end, p[0])
    )
    for entity, finder in longest:
        if not taken.overlaps(entity.start, entity.end):
            plan(entity.start, entity.end, finder.kind)
    for finder in sorted(places, key=lambda f: (-len(f.mention), f.mention, f.kind)):
        for start, end in places[finder]:
            if not taken.overlaps(start, end):
                repetitions += plan(start, end, finder.kind)
    return _Plan(tuple(sorted(edits)), repetitions)


def _leaks(document: Document, plan: _Plan, places: Mapping[_Finder, Sequence[Span]]) -> bool:
    """Whether an original stands in the new text where it did not by rule stay as it was."""
    text = edited(document.text, plan.edits)
    shift = _Shift(plan.edits)
    edits = _Spans()
    for start, end, _ in plan.edits:
        edits.add(start, end)
    stayed = {
        (shift.start(start), shift.end(end))
        for spans in places.values()
        for start, end in spans
        if not edits.overlaps(start, end)
    }
    return any(span not in stayed for finder in places for span in finder.spans(text))


def _merges(finders: Sequence[_Finder], surrogates: Surrogates) -> bool:
    """Whether one surrogate stands for two addresses or numbers."""
    made = {
        (finder.kind, _folded(finder.mention)): _folded(
            edited(finder.mention, surrogates.edits(finder.mention, finder.kind))
        )
        for finder in finders
        if finder.kind != "AGE"
    }
    return len(set(made.values())) < len(made)


def _folded(mention: str) -> str:
    return " ".join(mention.casefold().split())


def _without(title: str, finders: Sequence[_Finder], surrogates: Surrogates, ages: set[int]) -> str:
    """A title without the mentions; a number in it that is an age in the text is taken for that age."""
    taken = _Spans()
    edits: list[Edit] = []
    bare = [_Finder(str(age), "AGE", (re.compile(rf"(?<!\d){age}(?!\d)"),)) for age in sorted(ages)]
    for finder in [*sorted(finders, key=lambda f: -len(f.mention)), *bare]:
        for start, end in finder.spans(title):
            if not taken.overlaps(start, end):
                taken.add(start, end)
                edits += [
                    (start + first, start + last, new)
                    for first, last, new in surrogates.edits(title[start:end], finder.kind)
                ]
    return edited(title, edits)


def _places(meta: Mapping[str, Any], shift: _Shift) -> dict[str, Any]:
    """What in meta names characters of the text, moved along; what has another form stays as it is."""
    moved: dict[str, Any] = {}
    starts = meta.get("sentence_starts")
    if isinstance(starts, list) and all(type(start) is int for start in starts):
        moved["sentence_starts"] = list(dict.fromkeys(map(shift.start, starts)))
    about = meta.get("annotation")
    if isinstance(about, dict) and isinstance(about.get("entities"), list):
        moved["annotation"] = {**about, "entities": [shift.record(e) for e in about["entities"]]}
    return moved


def _touched(entity: Entity, edits: Sequence[Edit]) -> bool:
    return any(first < entity.end and entity.start < last for first, last, _ in edits)


class _Spans:
    """Disjoint spans, asked in O(log n) whether one overlaps."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def add(self, start: int, end: int) -> None:
        place = bisect_right(self._starts, start)
        self._starts.insert(place, start)
        self._ends.insert(place, end)

    def overlaps(self, start: int, end: int) -> bool:
        place = bisect_right(self._ends, start)
        return place < len(self._starts) and self._starts[place] < end


class _Shift:
    """Where the places of the old text are in the new one."""

    def __init__(self, edits: Sequence[Edit]) -> None:
        self._edits = edits
        self._starts = [start for start, _, _ in edits]
        self._moved = [0]
        for start, end, new in edits:
            self._moved.append(self._moved[-1] + len(new) - (end - start))

    def start(self, place: int) -> int:
        """The new place of a start; one inside of a piece of another length goes to the piece's start."""
        number = bisect_right(self._starts, place) - 1
        exact = self._inside(place)
        return exact if exact is not None else self._edits[number][0] + self._moved[number]

    def end(self, place: int) -> int:
        """The new place of an end; one inside of a piece of another length goes to the piece's end."""
        number = bisect_right(self._starts, place) - 1
        exact = self._inside(place)
        return exact if exact is not None else self._edits[number][1] + self._moved[number + 1]

    def tokens(self, tokens: Sequence[Span]) -> tuple[Span, ...]:
        """The tokens in their new places; those that share a piece of another length become one."""
        found: list[Span] = []
        for start, end in tokens:
            span = self.start(start), self.end(end)
            if found and span[0] < found[-1][1]:
                found[-1] = found[-1][0], max(span[1], found[-1][1])
            else:
                found.append(span)
        return tuple(found)

    def record(self, entity: Any) -> Any:
        """An entity in JSON in its new place."""
        if not isinstance(entity, dict):
            return entity
        start, end = entity.get("start"), entity.get("end")
        if type(start) is not int or type(end) is not int:
            return entity
        return {**entity, "start": self.start(start), "end": self.end(end)}

    def _inside(self, place: int) -> int | None:
        """The new place; None where it lies inside a piece of which there is no same place."""
        number = bisect_right(self._starts, place) - 1
        if number < 0:
            return place
        start, end, new = self._edits[number]
        if place >= end:
            return place + self._moved[number + 1]
        if place == start or len(new) == end - start:
            return place + self._moved[number]
        return None
