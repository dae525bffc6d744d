"""Sentence templates: parsed once, then written many times, each knowing what it will hold.

A template is one line of a lexicon file:

    {mayor} told [reporters|the council] that <worry>.

`{role}` names somebody or something of the article's cast, `{role:form}` a way to name it,
`{value:args}` a number, date or the like, `{ORG:a name}` that very name, `<rule>` any template of
that rule, `[a|b]` one of some alternatives (which nest), `a(n)` the article that fits what follows.
"""

# ruff: noqa: ARG002 - parts share one signature

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from gonerd.newsroom.writer import Writer

__all__ = [
    "Part",
    "Profile",
    "Template",
    "TemplateError",
    "lexicon_sections",
    "template_from_text",
    "word_count",
    "word_lists",
]

_WORDS = re.compile(r"\w+(?:[’'.,]\w+)*|[^\w\s]")


class TemplateError(ValueError):
    """A lexicon file of the package itself is wrong; no user can cause it."""


def word_count(text: str) -> int:
    """The number of tokens of `text`, within about 3% of spaCy's and 30 times as fast."""
    return len(_WORDS.findall(text))


@dataclass(slots=True)
class Profile:
    """The mean number of words, of PER, ORG and LOC mentions, and of phones and addresses, of a template."""

    words: float = 0.0
    per: float = 0.0
    org: float = 0.0
    loc: float = 0.0
    contacts: float = 0.0

    def add(self, other: Profile, share: float = 1.0) -> None:
        """Add `share` of another profile to this one."""
        self.words += share * other.words
        self.per += share * other.per
        self.org += share * other.org
        self.loc += share * other.loc
        self.contacts += share * other.contacts


class Part(Protocol):
    """A piece of a template."""

    def write(self, writer: Writer) -> None:
        """Write one random rendering."""
        ...

    def profile(self, of_rule: Callable[[str], Profile], label: Callable[[str], str]) -> Profile:
        """What one rendering holds on average; `of_rule` and `label` look rules and roles up."""
        ...


Template = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Literal:
    """Fixed characters; `sentence` says that the next character begins a sentence."""

    text: str
    sentence: bool
    words: int

    def write(self, writer: Writer) -> None:
        """Write the characters."""
        writer.literal(self.text)
        if self.sentence:
            writer.capital = True

    def profile(self, of_rule: Callable[[str], Profile], label: Callable[[str], str]) -> Profile:
        """Only words."""
        return Profile(self.words)


@dataclass(frozen=True, slots=True)
class Indefinite:
    """The indefinite article that fits what follows, with its space."""

    def write(self, writer: Writer) -> None:
        """Leave it to the next piece to choose between a and an."""
        writer.indefinite = True

    def profile(self, of_rule: Callable[[str], Profile], label: Callable[[str], str]) -> Profile:
        """One word."""
        return Profile(1)


@dataclass(frozen=True, slots=True)
class Reference:
    """Any template of a rule."""

    rule: str

    def write(self, writer: Writer) -> None:
        """Write one of the rule's templates, if it can be one that the article has not had."""
        writer.rule(self.rule)

    def profile(self, of_rule: Callable[[str], Profile], label: Callable[[str], str]) -> Profile:
        """The mean over the rule's templates."""
        return of_rule(self.rule)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some alternatives."""

    options: tuple[Template, ...]

    def write(self, writer: Writer) -> None:
        """Write one alternative, each as likely as another."""
        for part in self.options[int(writer.random() * len(self.options))]:
            part.write(writer)

    def profile(self, of_rule: Callable[[str], Profile], label: Callable[[str], str]) -> Profile:
        """The mean over the alternatives."""
        total = Profile()
        for option in self.options:
            for part in option:
                total.add(part.profile(of_rule, label), 1 / len(self.options))
        return total


@dataclass(frozen=True, slots=True)
class Slot:
    """A mention of the cast or a value: `name`, its `form` (arguments), and what follows it.

    `closed`: 1 if no apposition may follow, since a comma does; 2 if no bracket may follow either.
    `possessive`: the clitic is written with the mention, as its form hangs on the last letter.
    """

    name: str
    form: str
    closed: int
    possessive: bool

    def write(self, writer: Writer) -> None:
        """Write the mention or value."""
        writer.slot(self.name, self.form, self.closed)
        if self.possessive:
            writer.possessive()

    def profile(self, of_rule: Callable[[str], Profile], label: Callable[[str], str]) -> Profile:
        """A mention counts as one of its label, of about two words."""
        kind = label(self.name) if self.form not in ("he", "him", "his", "the") else ""
        if kind == "PER":
            return Profile(1 if self.form == "last" else 2.4, per=1)
        if kind == "ORG":
            return Profile(2.6, org=1)
        if kind == "LOC":
            return Profile(1.6, loc=1)
        if self.name in ("phone", "address"):
            return Profile(5, contacts=1)
        return Profile(1.5)


def template_from_text(text: str) -> Template:
    """Parse one template.

    Raises:
        TemplateError: a bracket is not closed.
    """
    parts, end = _sequence(text, 0, "")
    if end != len(text):
        raise TemplateError(f"{text!r}: unexpected {text[end]!r} at {end}")
    return parts


def lexicon_sections(name: str) -> dict[str, list[str]]:
    """The lines of each `== section` of a lexicon file of this package, comments left out."""
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    source = files("gonerd.newsroom").joinpath("lexicon", f"{name}.txt")
    for line in source.read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            lines = sections.setdefault(line[3:].strip(), [])
        elif line.strip() and not line.startswith("#"):
            lines.append(line.strip())
    return sections


def word_lists(name: str) -> Mapping[str, Sequence[str]]:
    """The comma-separated lists of a lexicon file."""
    return {
        section: tuple(word.strip() for word in " ".join(lines).split(",") if word.strip())
        for section, lines in lexicon_sections(name).items()
    }


def _sequence(text: str, at: int, stops: str) -> tuple[Template, int]:
    parts: list[Part] = []
    while at < len(text) and text[at] not in stops:
        sign = text[at]
        if sign == "[":
            part, at = _choice(text, at + 1)
            parts.append(part)
        elif sign == "<":
            end = _closing(text, at, ">")
            parts.append(Reference(text[at + 1 : end]))
            at = end + 1
        elif sign == "{":
            end = _closing(text, at, "}")
            name, _, form = text[at + 1 : end].partition(":")
            if "@" in name[1:]:  # {money@loss} is {money:@loss}
                name, _, key = name.partition("@")
                form = f"@{key}"
            at = end + 1
            possessive = text.startswith("’s", at) and form not in ("he", "him", "his")
            at += 2 * possessive
            closed = 0
            if possessive or text.startswith((" (", " [(", "-"), at):
                closed = 2
            elif text.startswith((",", " of ", " from ", " [from", " [of", " at "), at):
                closed = 1
            parts.append(Slot(name, form, closed, possessive))
        elif text.startswith("a(n) ", at):
            parts.append(Indefinite())
            at += 5
        else:
            end = at + 1
            while end < len(text) and text[end] not in "[<{" + stops:
                if text.startswith("a(n) ", end):
                    break
                end += 1
            chunk = text[at:end]
            sentence = chunk.endswith((". ", "? ", "! ", ".” ", "?” ", "!” ", "“", ": “"))
            parts.append(Literal(chunk, sentence, word_count(chunk)))
            at = end
    return tuple(parts), at


def _choice(text: str, at: int) -> tuple[Choice, int]:
    options: list[Template] = []
    while True:
        option, at = _sequence(text, at, "|]")
        if at >= len(text):
            raise TemplateError(f"{text!r}: [ is not closed")
        options.append(option)
        at += 1
        if text[at - 1] == "]":
            return Choice(tuple(options)), at


def _closing(text: str, at: int, sign: str) -> int:
    end = text.find(sign, at)
    if end < 0:
        raise TemplateError(f"{text!r}: no {sign!r} after {at}")
    return end
