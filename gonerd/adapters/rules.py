"""`rules`: what capital letters, titles and a few patterns find without any training.

The baseline that a trained model has to beat; it knows no list of names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from gonerd.adapters.adapter import AdapterOptions, ModelCard, Prediction
from gonerd.adapters.model_files import files_sha256
from gonerd.adapters.policy import Policy
from gonerd.align import fit_to_tokens
from gonerd.errors import ConfigError
from gonerd.schema import Document, Entity

__all__ = ["Rules", "adapter_from_argument", "entities_by_rule"]

REVISION = files_sha256([Path(__file__)], Path(__file__).parent)[:40]

STREET = (
    r"(?:Street|St\.|Avenue|Ave\.|Road|Rd\.|Boulevard|Blvd\.|Drive|Dr\.|Lane|Way|Court|Place|Square|"
    r"Highway|Parkway)"
)
TOWN = r"(?:, [A-Z][\w'’]+(?: [A-Z][\w'’]+){0,2}){0,2}(?:,? \d{5}(?:-\d{4})?\b)?"
"""Town, state and postcode, as far as they follow a street address."""
MISC_PATTERNS = {
    "ADDRESS": re.compile(
        rf"\b\d{{1,5}}(?: [A-Z][\w'.]*){{1,4}}? {STREET}(?:,? (?:Suite|Room|Floor|Unit|Apt\.) \w+)?{TOWN}"
    ),
    "PHONE": re.compile(r"(?:\+?1[-. ])?\(?\b\d{3}\)?[-. ]\d{3}[-.]\d{4}\b|\b\d{3}-\d{4}\b"),
    "AGE": re.compile(
        r"\b\d{1,3}-year-old\b|(?<=, )1?\d{1,2}(?=,)|(?<=\bage )\d{1,3}\b|(?<=\baged )\d{1,3}\b|"
        r"(?<![\d,.])\b\d{1,3}(?= years (?:old|of age))"
    ),
}

WORD = r"[A-Z][\w'’]*(?:-[A-Z][\w'’]*)*"
NAME = re.compile(rf"(?:{WORD}|[A-Z]\.)(?: (?:(?:of|the|for|and) (?:the )?)?(?:{WORD}|[A-Z]\.))*")
PERSON_TITLE = re.compile(
    r"(?:Mr|Mrs|Ms|Dr|Sgt|Lt|Gov|Sen|Rep)\.|Judge|Attorney|Mayor|President|Chief|Officer|Detective|"
    r"Professor|Coach|Captain|Senator|Governor|Director|Secretary|Councilman|Councilwoman|Sheriff"
)
ORGANISATION = re.compile(
    r"\b(?:Inc|Corp|LLC|Ltd|Co|Company|Department|Office|Bureau|Agency|Board|Commission|Committee|Council|"
    r"University|College|School|Hospital|Bank|Group|Union|Association|Foundation|Institute|Court|Party|"
    r"Industries|Authority|Police|Club|Times|News|Ledger|Service|Services|Division|Center|Centre)\b"
)
PLACE_BEFORE = re.compile(r"\b(?:in|at|from|near|to|outside|of|across|around|toward)\s$")
PLACE = re.compile(
    r"\b(?:County|River|Lake|Valley|Bay|Island|Mountain|Park|Harbor|Beach|City|Hills|Port)\b"
)
NEVER = frozenset(
    [
        "A",
        "An",
        "And",
        "As",
        "At",
        "But",
        "By",
        "For",
        "From",
        "He",
        "Her",
        "His",
        "How",
        "I",
        "If",
        "In",
        "It",
        "Its",
        "No",
        "Not",
        "Of",
        "On",
        "One",
        "Or",
        "Our",
        "She",
        "So",
        "That",
        "The",
        "Their",
        "There",
        "These",
        "They",
        "This",
        "Those",
        "To",
        "Two",
        "We",
        "What",
        "When",
        "Where",
        "Which",
        "While",
        "Who",
        "Why",
        "With",
        "You",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
        "After",
        "Before",
        "During",
        "Since",
        "Under",
        "Over",
        "Both",
        "Most",
        "Many",
        "Some",
        "Such",
        "Then",
        "Three",
        "Four",
        "Five",
        "Six",
        "Officials",
        "Police",
    ]
)


def entities_by_rule(document: Document) -> tuple[Entity, ...]:
    """Entities on token boundaries: patterns for MISC, then capitalised runs by their cues."""
    text = document.text
    found = [
        Entity(match.start(), match.end(), "MISC", subtype)
        for subtype, pattern in MISC_PATTERNS.items()
        for match in pattern.finditer(text)
    ]
    taken = [(entity.start, entity.end) for entity in found]
    labels: dict[str, str] = {}
    for start, end in _names(text):
        if any(start < last and first < end for first, last in taken):
            continue
        label = _label(text, start, end, labels)
        if label:
            found.append(Entity(start, end, label))
    fitted, _ = fit_to_tokens(replace(document, entities=tuple(found)), on_misaligned="snap")
    return fitted.entities


class Rules:
    """The rules as a model."""

    card = ModelCard(kind="rules", id="rules", revision=REVISION, params=0, license="Apache-2.0")
    policy = Policy()

    def predict(self, documents: Iterable[Document]) -> Iterator[Prediction]:
        """Yield one prediction a document; the whole text is read."""
        for document in documents:
            yield Prediction(
                document.id, entities_by_rule(document), consumed_to=len(document.text)
            )


def adapter_from_argument(argument: str, options: AdapterOptions) -> Rules:
    """`rules`; there is nothing to choose."""
    options.refuse("rules", *AdapterOptions.__slots__)
    if argument:
        raise ConfigError(f"--model rules takes no argument, found {argument!r}")
    return Rules()


def _names(text: str) -> Iterator[tuple[int, int]]:
    """Runs of capitalised words, without words that are capitalised for other reasons at their edges."""
    for match in NAME.finditer(text):
        start = match.start()
        words = list(re.finditer(r"\S+", match[0]))
        while words and words[0][0] in NEVER:
            words.pop(0)
        while words and (words[-1][0] in NEVER or words[-1][0].islower()):
            words.pop()
        while words and PERSON_TITLE.fullmatch(words[0][0]):
            words.pop(0)
        if words:
            first, last = start + words[0].start(), start + words[-1].end()
            yield first, last - len("'s") if text[first:last].endswith(("'s", "’s")) else last


def _label(text: str, start: int, end: int, labels: dict[str, str]) -> str:
    """The label of a run, or none; `labels` remembers what names the document has settled."""
    name, before = text[start:end], text[max(0, start - 24) : start]
    words = name.split()
    titled = bool(re.search(rf"(?:{PERSON_TITLE.pattern})\s$", before))
    begins_sentence = not before.strip() or before.rstrip()[-1] in '.!?\n"“'
    if titled:
        label = "PER"
    elif ORGANISATION.search(name):
        label = "ORG"
    elif name in labels:
        label = labels[name]
    elif PLACE.search(name) or PLACE_BEFORE.search(before):
        label = "LOC"
    elif len(words) == 1 and name.isupper() and len(name) <= 5:
        label = "ORG"
    elif len(words) in (2, 3):
        label = "PER"
    elif len(words) == 1 and begins_sentence:
        return ""
    else:
        label = "LOC" if len(words) == 1 else "ORG"
    labels.setdefault(name, label)
    if label == "PER":
        labels.setdefault(words[-1], "PER")
    return label
