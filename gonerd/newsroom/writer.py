"""The writer of one article's text: it renders templates and notes each entity as it writes it."""

from __future__ import annotations

from datetime import datetime
from random import Random

from gonerd.labels import LABELS
from gonerd.newsroom.cast import PERSONS, Person, Place
from gonerd.newsroom.grammar import base_role, grammar
from gonerd.newsroom.manuscript import Manuscript
from gonerd.newsroom.names import pick
from gonerd.newsroom.organisations import GENERIC, ORGANISATIONS, Organisation
from gonerd.newsroom.story import Story
from gonerd.newsroom.template import Template, TemplateError
from gonerd.newsroom.values import VALUES
from gonerd.newsroom.wording import PRONOUNS, phone_number, street_address

__all__ = ["Writer"]

_TRIES = 5
_GENERIC_SHARE = 0.25
_KNOWN_ACRONYM = 0.45
"""How often an agency needs no introduction."""


class Writer(Manuscript):
    """Renders templates into one text: mentions of the cast, facts, values, and what stands between them.

    `formal` is the style of the justice department; `full_share` how often a later mention of a
    person is the full name.
    """

    def __init__(self, *, chance: Random, now: datetime, formal: bool, full_share: float) -> None:
        super().__init__()
        self.random = chance.random
        self.now = now
        self.formal = formal
        self.full_share = full_share
        self.heading = False
        self.story = Story({})
        self.stories: list[Story] = []
        self._used: dict[str, set[int]] = {}
        self._self: Person | None = None
        self._open = False
        self._grammar = grammar()

    # What the parts of a template call.

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

    def template(self, template: Template, *, site: str = "") -> None:
        """Write a template as the beginning of a sentence; `site` is the organisation that `{site}` names."""
        if site:
            self.story.organisations["site"] = Organisation(site, site, "paper", introduced=True)
        self.capital = True
        for part in template:
            part.write(self)

    def end_paragraph(self) -> None:
        """As a manuscript's; roles that begin with _ end here, too."""
        self.story.end_paragraph()
        super().end_paragraph()

    # The cast.

    def person(self, name: str) -> Person:
        """Who plays a role in the present story."""
        return self.story.person(name, self.random, formal=self.formal)

    def place(self, name: str) -> Place:
        """The place of a role in the present story."""
        return self.story.place(name, self.random)

    def organisation(self, name: str) -> Organisation:
        """The organisation of a role in the present story."""
        return self.story.organisation(name, self.random, formal=self.formal)

    def _mention(self, name: str, form: str, closed: int) -> None:
        base = base_role(name)
        if name[-1] == "+":
            self.story.dismiss(name)
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
