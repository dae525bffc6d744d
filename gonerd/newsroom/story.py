"""A story's cast and facts: who plays which role, from when the role is first asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

from gonerd.newsroom.cast import Person, Place, new_person, new_place
from gonerd.newsroom.grammar import base_role
from gonerd.newsroom.names import Draw, pick
from gonerd.newsroom.organisations import Organisation, new_organisation

__all__ = ["Story"]

_TRIES = 5
_NAMED_AFTER = 0.1
"""How often a company bears the name of the story's town or main person."""


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
    local: list[str] = field(default_factory=list[str])
    """Roles that end with the paragraph."""

    def person(self, name: str, draw: Draw, *, formal: bool) -> Person:
        """Who plays a role in this story; comes into being when first asked for."""
        people = self.people
        person = people.get(name)
        if person is None:
            base = base_role(name)
            base = self.aliases.get(base, base)
            relative = None
            if base == "kin":
                others = [
                    one for one in people.values() if one.role in ("dead", "victim", "defendant")
                ]
                if others and draw() < 0.72:
                    relative = others[0]
            person = new_person(base, draw, formal=formal, relative=relative)
            taken = {one.last for one in people.values()}
            while relative is None and person.last in taken:
                person = new_person(base, draw, formal=formal, relative=None)
            self._keep(name)
            people[name] = person
        return person

    def place(self, name: str, draw: Draw) -> Place:
        """The place of a role in this story."""
        place = self.places.get(name)
        if place is None:
            taken = {one.name for one in self.places.values()}
            for _ in range(_TRIES):
                place = new_place(base_role(name), draw)
                if place.name not in taken:
                    break
            assert place is not None
            self._keep(name)
            self.places[name] = place
        return place

    def organisation(self, name: str, draw: Draw, *, formal: bool) -> Organisation:
        """The organisation of a role in this story."""
        one = self.organisations.get(name)
        if one is None:
            base = base_role(name)
            role = self.aliases.get(base, base)
            second = name.strip("_+")[len(base) :] or ("2" if base == "opposing" else "")
            if name[-1] == "+":
                second = "+"
                self.places.pop("town+", None)
            town, county = self.place(f"town{second}", draw).name, self.place("county", draw).name
            if role == "company" and draw() < _NAMED_AFTER:
                stem = self.person("per", draw, formal=formal).last if draw() < 0.5 else town
                noun = pick("company.noun", draw)
                one = Organisation(f"{stem} {noun}", stem, role)
            else:
                one = new_organisation(role, draw, town=town, county=county)
            self._keep(name)
            self.organisations[name] = one
        return one

    def dismiss(self, name: str) -> None:
        """Whoever plays the role now plays it no more."""
        self.people.pop(name, None)
        self.places.pop(name, None)
        self.organisations.pop(name, None)

    def end_paragraph(self) -> None:
        """Roles that begin with _ or end with + end here."""
        for name in self.local:
            self.dismiss(name)
        self.local.clear()

    def _keep(self, name: str) -> None:
        if name[0] == "_" or name[-1] == "+":
            self.local.append(name)
