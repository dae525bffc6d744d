"""The writer of one article's text: it renders templates and notes each entity as it writes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from gonerd.labels import LABELS
from gonerd.newsroom.cast import PERSONS, Person, Place, new_person, new_place
from gonerd.newsroom.grammar import base_role, grammar
from gonerd.newsroom.names import pick
from gonerd.newsroom.organisations import GENERIC, ORGANISATIONS, Organisation, new_organisation
from gonerd.newsroom.template import Template, TemplateError, word_count
from gonerd.newsroom.values import VALUES
from gonerd.newsroom.wording import PRONOUNS, phone_number, street_address, takes_an
from gonerd.schema import Entity

__all__ = ["Story", "Writer"]

_TRIES = 5
_NAMED_AFTER = 0.1
"""How often a company bears the name of the story's town or main person."""
_GENERIC_SHARE = 0.25
_KNOWN_ACRONYM = 0.45
"""How often an agency needs no introduction."""


@dataclass(slots=True)
class Story:
    """One story's cast and facts; an article may hold several stories one after another.

    `aliases` say which role a generic one stands for in this kind of story, as {"org": "company"}.
    `quote` is the rule that most of its quotes come from, "" for none.
    """

    aliases: dict[str, str]
    quote: str = ""
    people: dict[str, Person] = field(default_factory=dict[str, Person])
    places: dict[str, Place] = field(default_factory=dict[str, Place])
    organisations: dict[str, Organisation] = field(default_factory=dict[str, Organisation])
    facts: dict[str, str | int] = field(default_factory=dict[str, str | int])


class Writer:
    """Renders templates into one text, and keeps the entities with their offsets.

    `formal` is the style of the justice department; `full_share` how often a later mention of a
    person is the full name.
    """

    def __init__(self, *, chance: Random, now: datetime, formal: bool, full_share: float) -> None:
        self.random = chance.random
        self.now = now
        self.formal = formal
        self.full_share = full_share
        self.parts: list[str] = []
        self.entities: list[Entity] = []
        self.mentions = {"PER": 0, "ORG": 0, "LOC": 0, "MISC": 0}
        self.length = 0
        self.capital = True
        self.indefinite = False
        self.heading = False
        self.paragraphs = 0
        self.story = Story({})
        self.stories: list[Story] = []
        self._comma = False
        self._last = ""
        self._used: dict[str, set[int]] = {}
        self._local: list[str] = []
        self._texts: set[str] = set()
        self._start = 0
        self._self: Person | None = None
        self._open = False
        self._grammar = grammar()

    # What the parts of a template call.

    def literal(self, text: str) -> None:
        """Write characters that are no entity."""
        if self._comma:
            self._comma = False
            if text[0] not in ".,;:?!)”" and not text.startswith((" (", " —")):
                self._put(",")
        if text[0] == " " and self._last == " ":  # an empty alternative stood between them
            text = text[1:]
            if not text:
                return
        if text[0] == "." and self._last == ".":
            text = text[1:]
            if not text:
                return
        if self.indefinite:
            self._article(text)
        if self.capital:
            text = (
                text[0] + text[1:2].upper() + text[2:]
                if text[0] == "“"
                else text[0].upper() + text[1:]
            )
            self.capital = text == "“"
        self._put(text)

    def rule(self, name: str) -> None:
        """Write one of a rule's templates, one that the article has not had if there is one."""
        if name == "quote" and self.story.quote:
            share = min(0.6, len(self._grammar.rules[self.story.quote]) / 20)
            if self.random() < share:
                name = self.story.quote
        templates = self._grammar.rules[name]
        for part in templates[self.unused(name, len(templates))]:
            part.write(self)

    def unused(self, name: str, size: int) -> int:
        """The place of a template of rule `name` that this article has not had yet, as far as can be."""
        if size < 3:
            return int(self.random() * size)
        used = self._used.get(name)
        if used is None:
            used = self._used[name] = set()
        elif len(used) > size - 2:
            used.clear()
        index = int(self.random() * size)
        for _ in range(_TRIES):
            if index not in used:
                break
            index = int(self.random() * size)
        used.add(index)
        return index

    def is_used(self, name: str, index: int) -> bool:
        """Whether the article has had that template."""
        return index in self._used.get(name, ())

    def use(self, name: str, index: int) -> None:
        """Note that the article has had that template; all may come again once all have been used."""
        used = self._used.setdefault(name, set())
        used.add(index)
        if len(used) >= len(self._grammar.rules[name]):
            used.clear()

    def slot(self, name: str, form: str, closed: int) -> None:
        """Write a mention of the cast, a fact of a table, or a value."""
        if name in VALUES:
            self._value(name, form)
        elif name == "@":
            self._own(form)
        elif name in LABELS:
            self.entity(form, name)
        elif name == "alias":
            self.entity(pick("nickname", self.random), "PER")
        elif name == "phone":
            self.entity(phone_number(self.random), "MISC", "PHONE")
        elif name == "address":
            self.entity(street_address(self.random), "MISC", "ADDRESS")
        elif "." in name:
            self._fact(name)
        else:
            self._mention(name, form, closed)

    def possessive(self) -> None:
        """Write the possessive of what was just written."""
        self._put("’" if self._last == "s" else "’s")

    def entity(self, text: str, label: str, subtype: str = "") -> None:
        """Write an entity."""
        if self._comma:
            self._comma = False
            self._put(",")
        if self.indefinite:
            self._article(text)
        self.capital = False
        start = self.length
        self._put(text)
        self.entities.append(Entity(start, self.length, label, subtype))
        self.mentions[label] += 1

    def template(self, template: Template, *, site: str = "") -> None:
        """Write a template as the beginning of a sentence; `site` is the organisation that `{site}` names."""
        if site:
            self.story.organisations["site"] = Organisation(site, site, "paper", introduced=True)
        self.capital = True
        for part in template:
            part.write(self)

    def words_since(self, part: int) -> int:
        """The number of tokens, nearly, in the parts from `part` on."""
        return word_count("".join(self.parts[part:]))

    def end_paragraph(self) -> None:
        """Write a line feed; roles that begin with _ and an open apposition end here.

        A paragraph that the article has already, word for word, is taken back.
        """
        self._comma = self.indefinite = False
        for name in self._local:
            self.story.people.pop(name, None)
            self.story.places.pop(name, None)
            self.story.organisations.pop(name, None)
        self._local.clear()
        text = "".join(self.parts[self._start :])
        if text in self._texts:
            self._take_back(text)
            return
        self._texts.add(text)
        self.paragraphs += 1
        self._put("\n")
        self._start = len(self.parts)
        self.capital = True

    def _take_back(self, text: str) -> None:
        del self.parts[self._start :]
        self.length -= len(text)
        while self.entities and self.entities[-1].start >= self.length:
            self.mentions[self.entities.pop().label] -= 1
        self._last = "\n"
        self.capital = True

    # The cast.

    def person(self, name: str) -> Person:
        """Who plays a role in the present story; comes into being when first asked for."""
        people = self.story.people
        person = people.get(name)
        if person is None:
            base = base_role(name)
            base = self.story.aliases.get(base, base)
            relative = None
            if base == "kin":
                others = [
                    one for one in people.values() if one.role in ("dead", "victim", "defendant")
                ]
                if others and self.random() < 0.72:
                    relative = others[0]
            person = new_person(base, self.random, formal=self.formal, relative=relative)
            taken = {one.last for one in people.values()}
            while relative is None and person.last in taken:
                person = new_person(base, self.random, formal=self.formal, relative=None)
            self._keep(name)
            people[name] = person
        return person

    def place(self, name: str) -> Place:
        """The place of a role in the present story."""
        place = self.story.places.get(name)
        if place is None:
            taken = {one.name for one in self.story.places.values()}
            for _ in range(_TRIES):
                place = new_place(base_role(name), self.random)
                if place.name not in taken:
                    break
            assert place is not None
            self._keep(name)
            self.story.places[name] = place
        return place

    def organisation(self, name: str) -> Organisation:
        """The organisation of a role in the present story."""
        one = self.story.organisations.get(name)
        if one is None:
            base = base_role(name)
            role = self.story.aliases.get(base, base)
            second = name.strip("_+")[len(base) :] or ("2" if base == "opposing" else "")
            if name[-1] == "+":
                second = "+"
                self.story.places.pop("town+", None)
            town, county = self.place(f"town{second}").name, self.place("county").name
            if role == "company" and self.random() < _NAMED_AFTER:
                stem = self.person("per").last if self.random() < 0.5 else town
                noun = pick("company.noun", self.random)
                one = Organisation(f"{stem} {noun}", stem, role)
            else:
                one = new_organisation(role, self.random, town=town, county=county)
            self._keep(name)
            self.story.organisations[name] = one
        return one

    def _keep(self, name: str) -> None:
        if name[0] == "_" or name[-1] == "+":
            self._local.append(name)

    def _mention(self, name: str, form: str, closed: int) -> None:
        base = base_role(name)
        if name[-1] == "+":
            self.story.people.pop(name, None)
            self.story.places.pop(name, None)
            self.story.organisations.pop(name, None)
        if base in PERSONS:
            self._person(self.person(name), name, form, closed)
        elif base in ORGANISATIONS or base == "org":
            self._organisation(self.organisation(name), form, closed, main=name == "org")
        else:
            self._place(self.place(name), form, closed)

    def _person(self, person: Person, name: str, form: str, closed: int) -> None:
        if form in PRONOUNS:
            self.literal(PRONOUNS[form][person.female])
        elif form == "age":
            self.entity(str(person.age), "MISC", "AGE")
        elif form == "yo":
            self.entity(f"{person.age}-year-old", "MISC", "AGE")
        elif form == "born":
            self.literal(str(self.now.year - person.age))
        elif form == "given":
            person.introduced = True
            self.entity(person.given, "PER")
        elif form == "last" and (person.introduced or self.heading):
            person.introduced = True
            self.entity(person.short, "PER")
        elif form == "full" or (person.introduced and self.random() < self.full_share):
            person.introduced = True
            self.entity(
                person.full
                if form == "full" or self.random() < 0.5
                else f"{person.given} {person.last}",
                "PER",
            )
        elif person.introduced:
            self.entity(person.short, "PER")
        else:
            person.introduced = True
            if name[-1] == "+" or self.heading:
                self.entity(person.full, "PER")
                return
            outer, self._self = self._self, person
            self.rule(
                f"title.{person.role}" if closed or form == "title" else f"intro.{person.role}"
            )
            self._self = outer
            if self._open:
                self._open = False
                self._comma = True

    def _own(self, form: str) -> None:
        """Write about the person who is being introduced; {@:,} opens an apposition."""
        assert self._self is not None
        if form == ",":
            self._open = True
            self._put(",")
        else:
            self._person(self._self, "+", form or "full", 0)

    def _organisation(self, one: Organisation, form: str, closed: int, *, main: bool) -> None:
        if form == "the":
            self.literal(GENERIC[one.role])
            return
        first = not one.introduced
        if first and one.acronym and form == "" and self.random() < _KNOWN_ACRONYM:
            one.introduced, first = True, False
            form = "short"
        if form == "short" and not (first and one.acronym):
            text = one.short
        elif (first and not self.heading) or form == "full":
            text = one.name
        elif form == "" and main and self._self is None and self.random() < _GENERIC_SHARE:
            self.literal(GENERIC[one.role])
            return
        else:
            text = one.short if self.random() < 0.97 else one.name
        one.introduced = True
        plain = text == one.short != one.name and not one.acronym
        article = one.short_article if plain else one.article
        if article and form != "bare" and not self.heading:
            self.literal("the ")
        self.entity(text, "ORG")
        if (
            first
            and one.acronym
            and closed < 2
            and not self.heading
            and form != "bare"
            and len(one.short) > 1
        ):
            self.literal(" (")
            self.entity(one.short, "ORG")
            self.literal(")")
        elif first and one.acronym:
            one.short = one.name

    def _place(self, place: Place, form: str, closed: int) -> None:
        first = not place.introduced
        place.introduced = True
        if place.article and form != "bare":
            self.literal("the ")
        self.entity(place.name.upper() if form == "upper" else place.name, "LOC")
        if (
            place.role == "town"
            and first
            and not closed
            and not self.heading
            and self._self is None
            and form == ""
            and self.random() < 0.2
        ):
            self.literal(", ")
            self.entity(self.place("prov").name, "LOC")
            self._comma = True

    # Values.

    def _value(self, name: str, form: str) -> None:
        arguments, _, key = form.partition("@")
        if key and key in self.story.facts:
            self.literal(str(self.story.facts[key]))
            return
        text = VALUES[name](arguments, self.random, self.now)
        if key:
            self.story.facts[key] = text
        self.literal(text)

    def _fact(self, name: str) -> None:
        table_name, _, column = name.partition(".")
        table = self._grammar.tables.get(table_name)
        if table is None or column not in table.columns:
            raise TemplateError(f"no fact {{{name}}}")
        row = self.story.facts.get(table_name)
        if not isinstance(row, int):
            row = self.story.facts[table_name] = int(self.random() * len(table.rows))
        for part in table.rows[row][table.columns[column]]:
            part.write(self)

    # Characters.

    def _article(self, following: str) -> None:
        self.indefinite = False
        self._put(
            ("An " if self.capital else "an ")
            if takes_an(following)
            else ("A " if self.capital else "a ")
        )
        self.capital = False

    def _put(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)
        self._last = text[-1]
