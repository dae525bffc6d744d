"""Who and what an article is about: persons, places and organisations, and how each may be named.

A role's name says what plays it: `{mayor}` a person, `{town2}` a second town, `{agency}` an organisation.
"""

# ruff: noqa: S311 - chance here is for text, not for secrets

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random
from zlib import crc32

from gonerd.newsroom.names import (
    Draw,
    given_name,
    known_name,
    one_of,
    pick,
    place_stem,
    surname,
    town_name,
)

__all__ = [
    "PERSONS",
    "PLACES",
    "Person",
    "Place",
    "new_person",
    "new_place",
]

PERSONS = frozenset(
    {
        "advocate",
        "agent",
        "artist",
        "ausa",
        "author",
        "boss",
        "candidate",
        "chief",
        "clerk",
        "coach",
        "commissioner",
        "councilor",
        "curator",
        "dead",
        "defendant",
        "deputy",
        "detective",
        "director",
        "doctor",
        "driver",
        "engineer",
        "expert",
        "fan",
        "farmer",
        "firechief",
        "forecaster",
        "founder",
        "governor",
        "inspector",
        "investor",
        "judge",
        "kin",
        "lawyer",
        "leader",
        "manager",
        "mayor",
        "minister",
        "neighbor",
        "nominee",
        "official",
        "opponent",
        "owner",
        "parent",
        "per",
        "player",
        "principal",
        "prosecutor",
        "resident",
        "rival",
        "scientist",
        "senator",
        "sheriff",
        "spokes",
        "student",
        "superintendent",
        "survivor",
        "teacher",
        "teammate",
        "tenant",
        "veteran",
        "victim",
        "volunteer",
        "voter",
        "witness",
        "worker",
        "youth",
    }
)
"""Roles that persons play; the rule `intro.<role>` says how each is brought in."""

_RECURRING = frozenset(
    {
        "ausa",
        "commissioner",
        "governor",
        "judge",
        "leader",
        "mayor",
        "minister",
        "prosecutor",
        "senator",
        "sheriff",
        "superintendent",
    }
)
_YOUNG = {
    "youth": (7, 17),
    "student": (15, 22),
    "player": (18, 36),
    "teammate": (18, 36),
    "dead": (58, 101),
}

PLACES = frozenset(
    {
        "bridge",
        "country",
        "county",
        "district",
        "hood",
        "lake",
        "mountain",
        "park",
        "place",
        "prov",
        "region",
        "river",
        "street",
        "town",
    }
)

_STREETS = ("Street", "Avenue", "Road", "Lane", "Boulevard")
_STEMS = {"town": 1800, "county": 900, "river": 700, "region": 400}
"""How many names of each kind the world's gazetteer has."""


@dataclass(slots=True)
class Person:
    """A person, with what an article may say about them."""

    given: str
    last: str
    full: str
    female: bool
    age: int
    role: str
    introduced: bool = False
    shares_surname: bool = False

    @property
    def short(self) -> str:
        """What later mentions say: the surname, or the given name where a relative shares the surname."""
        return self.given if self.shares_surname else self.last


@dataclass(slots=True)
class Place:
    """A place; `article` says that running text puts "the" before its name."""

    name: str
    role: str
    article: bool = False
    introduced: bool = False


def new_person(role: str, draw: Draw, *, formal: bool, relative: Person | None) -> Person:
    """A person for `role`; `formal` texts give middle names more often, a relative shares the surname."""
    if role in _RECURRING and draw() < 0.6:
        index = int(700 * draw() ** 2)
        draw = Random(crc32(role.encode()) + index).random
    if draw() < _NAMESAKES and not relative:
        female, given, last = _namesake(int(_KNOWN_PERSONS * draw() ** 1.3))
    else:
        female = draw() < 0.48
        given = given_name(female, draw)
        last = relative.last if relative else surname(draw)
    low, high = _YOUNG.get(role, (21, 74))
    age = low + int((high - low + 1) * draw())
    full = f"{given} {last}"
    shape = draw()
    wanted = (
        (0.34, 0.48, 0.54)
        if formal and role in ("defendant", "ausa", "judge")
        else (0.07, 0.09, 0.10)
    )
    if shape < wanted[0]:
        full = f"{given} {'ABCDEFGHJKLMNOPRSTVW'[int(20 * draw())]}. {last}"
    elif shape < wanted[1]:
        full = f"{given} {given_name(female, draw)} {last}"
    elif shape < wanted[2]:
        full = f"{given} “{pick('nickname', draw)}” {last}"
    if not female and draw() < 0.045:
        full += (" Jr.", " Sr.", " III", " II")[int(4 * draw() ** 2)]
    person = Person(given, last, full, female, age, role)
    if relative:
        person.shares_surname = relative.shares_surname = True
    return person


_KNOWN_PERSONS = 2500
_NAMESAKES = 0.68


@cache
def _namesake(index: int) -> tuple[bool, str, str]:
    """A name that many articles use, for whoever it may be."""
    draw = Random(1_000_003 + 7919 * index).random
    female = draw() < 0.48
    return female, given_name(female, draw), surname(draw)


def new_place(role: str, draw: Draw) -> Place:
    """A place for `role`, from the world's gazetteer or, in the long tail, a new one."""
    if role == "prov":
        return Place(pick("province", draw, 1.3), role)
    if role == "country":
        name = pick("country", draw, 1.3)
        return Place(name.removeprefix("the "), role, article=name.startswith("the "))
    stem = known_name(
        role, _STEMS.get(role, 2500), town_name if role == "town" else place_stem, draw
    )
    if role in ("town", "place"):
        return Place(stem, role)
    if role == "county":
        return Place(f"{stem} County", role)
    if role == "district":
        side = ("Eastern", "Western", "Northern", "Southern", "Middle")[int(5 * draw())]
        return Place(f"{side} District of {pick('province', draw, 1.3)}", role, article=True)
    if role == "river":
        return Place(
            f"{stem} {('River', 'River', 'Creek', 'Canal')[int(4 * draw())]}", role, article=True
        )
    if role == "region":
        if draw() < 0.5:
            return Place(
                f"{stem} {('Valley', 'Peninsula', 'Basin', 'Delta')[int(4 * draw())]}",
                role,
                article=True,
            )
        return Place(
            f"{('Northern', 'Southern', 'Central', 'Eastern')[int(4 * draw())]} {pick('province', draw)}",
            role,
        )
    if role == "street":
        return Place(
            f"{pick('street.name', draw, 1.3)} {one_of(_STREETS, draw)}",
            role,
        )
    if role == "bridge":
        return Place(
            f"{stem} {('Bridge', 'Tunnel', 'Square', 'Airport', 'Stadium')[int(5 * draw())]}",
            role,
            article=draw() < 0.1,
        )
    if role == "park":
        return Place(
            f"{stem} {('Park', 'Park', 'Common', 'Woods', 'Beach')[int(5 * draw())]}", role
        )
    if role == "lake":
        return Place(f"Lake {stem}" if draw() < 0.6 else f"{stem} Lake", role)
    if role == "mountain":
        return Place(f"Mount {stem}" if draw() < 0.6 else f"{stem} Peak", role)
    return Place(
        (stem, f"{stem} Heights", f"{stem} Hill", f"Old {stem}", "Eastgate", "the Flats"[4:])[
            int(6 * draw() ** 1.5)
        ],
        role,
    )
