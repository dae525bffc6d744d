"""Who and what an article is about: persons, places and organisations, and how each may be named.

A role's name says what plays it: `{mayor}` a person, `{town2}` a second town, `{agency}` an organisation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from random import Random
from zlib import crc32

from gonerd.newsroom.names import Draw, given_name, pick, place_stem, surname, town_name, words

__all__ = [
    "GENERIC",
    "ORGANISATIONS",
    "PERSONS",
    "PLACES",
    "Organisation",
    "Person",
    "Place",
    "new_organisation",
    "new_person",
    "new_place",
]

PERSONS = frozenset(
    """
    advocate agent artist author ausa boss candidate chief clerk coach commissioner councilor curator dead deputy
    defendant detective director doctor driver engineer expert fan farmer forecaster founder governor inspector investor judge
    kin lawyer leader manager mayor minister neighbor official opponent owner parent per player principal
    prosecutor resident rival scientist senator sheriff spokes student superintendent survivor teacher
    teammate tenant veteran victim volunteer voter witness worker youth
    """.split()
)
"""Roles that persons play; the rule `intro.<role>` says how each is brought in."""

_RECURRING = frozenset(
    "ausa commissioner governor judge leader mayor minister senator sheriff superintendent prosecutor".split()
)
_YOUNG = {
    "youth": (7, 17),
    "student": (10, 22),
    "player": (18, 36),
    "teammate": (18, 36),
    "dead": (58, 101),
}

PLACES = frozenset(
    "bridge country county district hood lake mountain park place prov region river street town".split()
)

GENERIC = {
    "agency": "the agency",
    "airline": "the airline",
    "band": "the band",
    "bank": "the bank",
    "charity": "the group",
    "church": "the church",
    "college": "the college",
    "company": "the company",
    "council": "the council",
    "court": "the court",
    "department": "the department",
    "federal": "agents",
    "firm": "the firm",
    "hospital": "the hospital",
    "museum": "the museum",
    "office": "prosecutors",
    "opposing": "the visitors",
    "paper": "the newspaper",
    "party": "the party",
    "police": "police",
    "rescue": "firefighters",
    "school": "the school",
    "schools": "the district",
    "sheriffs": "deputies",
    "team": "the team",
    "union": "the union",
}
"""Roles that organisations play, each with the common noun that may stand for it later on."""

ORGANISATIONS = frozenset(GENERIC)


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


@dataclass(slots=True)
class Organisation:
    """An organisation: its full name, the short form or acronym of later mentions, and whether they take "the"."""

    name: str
    short: str
    role: str
    article: bool = False
    acronym: bool = False
    introduced: bool = False


def new_person(role: str, draw: Draw, *, formal: bool, relative: Person | None) -> Person:
    """A person for `role`; `formal` texts give middle names more often, a relative shares the surname."""
    if role in _RECURRING and draw() < 0.6:
        index = int(700 * draw() ** 2)
        draw = Random(crc32(role.encode()) + index).random  # noqa: S311
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
        else (0.13, 0.16, 0.17)
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


def new_place(role: str, draw: Draw) -> Place:
    """A place for `role`, from the world's gazetteer or, in the long tail, a new one."""
    if role == "prov":
        return Place(pick("province", draw, 1.3), role)
    if role == "country":
        name = pick("country", draw, 1.3)
        return Place(name.removeprefix("the "), role, article=name.startswith("the "))
    stem = _known(role, _STEMS.get(role, 2500), town_name if role == "town" else place_stem, draw)
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
            f"{pick('street.name', draw, 1.3)} {('Street', 'Avenue', 'Road', 'Lane', 'Boulevard')[int(5 * draw())]}",
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


def new_organisation(role: str, draw: Draw, *, town: str, county: str) -> Organisation:
    """An organisation for `role`; local ones are named after `town` or `county`."""
    return _MAKERS[role](role, draw, town, county)


_STEMS = {"town": 5000, "county": 900, "river": 700, "region": 400}


@cache
def _name_at(kind: str, index: int, maker: Callable[[Draw], str]) -> str:
    return maker(Random(crc32(kind.encode()) + 7919 * index).random)  # noqa: S311


def _known(
    kind: str, size: int, maker: Callable[[Draw], str], draw: Draw, fresh: float = 0.12
) -> str:
    """A name that the world has already, its front far more often; or a new one."""
    if draw() < fresh:
        return maker(draw)
    return _name_at(kind, int(size * draw() ** 3), maker)


def _company(role: str, draw: Draw, town: str, county: str) -> Organisation:  # noqa: ARG001
    name = _known("company", 4000, _company_name, draw, 0.25)
    first = name.split(" ")[0].rstrip(",")
    short = first if "&" not in name else name.split(" &")[0]
    for form in words("company.form"):
        name_without = name.removesuffix(f" {form}")
        if name_without != name and draw() < 0.5:
            short = name_without
            break
    return Organisation(name, short, role)


def _company_name(draw: Draw) -> str:
    kind = draw()
    if kind < 0.22:
        base = pick("company.coined", draw)
    elif kind < 0.36:
        base = (
            pick("syllable.first", draw)
            + pick("syllable.middle", draw)
            + ("x", "ra", "tec", "on", "is", "ix")[int(6 * draw())]
        )
    elif kind < 0.55:
        base = surname(draw)
    else:
        base = place_stem(draw)
    noun = pick("company.noun", draw)
    form = pick("company.form", draw, 1.5)
    shape = draw()
    if shape < 0.34:
        return f"{base} {noun}"
    if shape < 0.62:
        return f"{base} {noun} {form}"
    if shape < 0.74:
        return f"{base} {form}"
    if shape < 0.80:
        return f"{base} & {surname(draw)}"
    if shape < 0.88:
        return f"{base} of {pick('province', draw)}"
    return base


def _firm(role: str, draw: Draw, town: str, county: str) -> Organisation:  # noqa: ARG001
    first = surname(draw)
    name = f"{first} & {surname(draw)}"
    if draw() < 0.5:
        name += (" LLP", " LLC", " Group", " Partners")[int(4 * draw())]
    return Organisation(name, first, role)


def _local(*patterns: str) -> Callable[[str, Draw, str, str], Organisation]:
    """Organisations named after a town or county: `{town} City Council`, `|` before the short form, * for "the"."""

    def make(role: str, draw: Draw, town: str, county: str) -> Organisation:
        pattern = patterns[int(len(patterns) * draw())]
        full, _, short = pattern.partition("|")
        article = full.startswith("*")
        stem = place_stem(draw) if "{stem}" in pattern else ""
        values = {"town": town, "county": county, "stem": stem, "saint": f"St. {stem}"}
        full = full.lstrip("*").format(**values)
        return Organisation(full, short.format(**values) if short else full, role, article)

    return make


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.replace("-", " ").split() if word[0].isupper())


def _agency(role: str, draw: Draw, town: str, county: str) -> Organisation:  # noqa: ARG001
    subject = pick("agency.subject", draw, 1.3)
    form = pick("agency.form", draw, 1.3)
    name = f"{subject} {form}"
    if draw() < 0.25:
        name = f"{('National', 'Federal', 'Commonwealth', 'Provincial')[int(4 * draw())]} {name}"
    return Organisation(name, _initials(name), role, article=True, acronym=True)


def _federal(role: str, draw: Draw, town: str, county: str) -> Organisation:  # noqa: ARG001
    name = pick("agency.federal", draw)
    return Organisation(name, _initials(name), role, article=True, acronym=True)


def _union(role: str, draw: Draw, town: str, county: str) -> Organisation:  # noqa: ARG001
    front = ("United ", "National ", "Averland ", f"{town} ", "Allied ")[int(5 * draw())]
    name = f"{front}{pick('union.noun', draw)} {pick('union.form', draw)}"
    return Organisation(name, _initials(name), role, article=True, acronym=True)


def _charity(role: str, draw: Draw, town: str, county: str) -> Organisation:  # noqa: ARG001
    stem = (town, surname(draw), pick("company.coined", draw), county)[int(4 * draw())]
    name = f"{stem} {pick('charity.noun', draw)}"
    return Organisation(name, name, role, article=draw() < 0.8)


def _hospital(role: str, draw: Draw, town: str, county: str) -> Organisation:  # noqa: ARG001
    kind = draw()
    noun = pick("hospital.noun", draw)
    if kind < 0.35:
        stem = town
    elif kind < 0.6:
        stem = f"St. {given_name(draw() < 0.5, draw)}’s"
    else:
        stem = "Mercy" if kind < 0.72 else place_stem(draw)
    return Organisation(f"{stem} {noun}", stem if stem != town else f"{stem} {noun}", role)


def _college(role: str, draw: Draw, town: str, county: str) -> Organisation:  # noqa: ARG001
    stem = _known("college", 300, place_stem, draw, 0.2)
    if draw() < 0.35:
        name = f"University of {stem}"
        return Organisation(name, name if draw() < 0.5 else stem, role, article=True)
    return Organisation(f"{stem} {pick('college.noun', draw, 1.5)}", stem, role)


def _team(role: str, draw: Draw, town: str, county: str) -> Organisation:  # noqa: ARG001
    nick = pick("team", draw)
    plural = nick.endswith("s") or nick == "Storm"
    return Organisation(f"{town} {nick}", nick if plural and draw() < 0.6 else town, role)


def _party(role: str, draw: Draw, town: str, county: str) -> Organisation:  # noqa: ARG001
    name = pick("party", draw)
    return Organisation(name, name, role, article=True)


def _bank(role: str, draw: Draw, town: str, county: str) -> Organisation:  # noqa: ARG001
    stem = (town, place_stem(draw), pick("company.coined", draw))[int(3 * draw())]
    name = (
        f"First {stem} Bank",
        f"Bank of {stem}",
        f"{stem} Credit Union",
        f"{stem} Savings Bank",
    )[int(4 * draw())]
    return Organisation(name, name, role)


def _paper(role: str, draw: Draw, town: str, county: str) -> Organisation:  # noqa: ARG001
    name = f"{town} {pick('paper', draw)}"
    return Organisation(name, name, role, article=True)


def _band(role: str, draw: Draw, town: str, county: str) -> Organisation:  # noqa: ARG001
    kind = draw()
    if kind < 0.3:
        name = f"The {pick('operation.a', draw)} {pick('operation.b', draw)}s"
    elif kind < 0.6:
        name = f"{surname(draw)} {('Quartet', 'Trio', 'Brothers', 'Ensemble')[int(4 * draw())]}"
    else:
        name = f"{town} {('Symphony Orchestra', 'Players', 'Opera', 'Ballet', 'Youth Choir')[int(5 * draw())]}"
    return Organisation(name, name, role, article=not name.startswith("The") and draw() < 0.8)


def _church(role: str, draw: Draw, town: str, county: str) -> Organisation:  # noqa: ARG001
    name = (
        f"St. {given_name(draw() < 0.4, draw)} Church",
        f"{town} Baptist Church",
        f"First Methodist Church of {town}",
        f"{place_stem(draw)} Chapel",
        f"Temple Beth {pick('syllable.first', draw)}{pick('syllable.middle', draw)}m",
        f"{town} Islamic Center",
    )[int(6 * draw())]
    return Organisation(name, name, role)


def _airline(role: str, draw: Draw, town: str, county: str) -> Organisation:  # noqa: ARG001
    stem = pick("company.coined", draw)
    return Organisation(
        f"{stem} {('Airways', 'Air', 'Airlines', 'Jet')[int(4 * draw())]}", stem, role
    )


_MAKERS: dict[str, Callable[[str, Draw, str, str], Organisation]] = {
    "agency": _agency,
    "airline": _airline,
    "band": _band,
    "bank": _bank,
    "charity": _charity,
    "church": _church,
    "college": _college,
    "company": _company,
    "council": _local(
        "*{town} City Council",
        "*{town} Town Council",
        "*{town} Planning Commission",
        "*{town} Board of Selectmen",
    ),
    "court": _local(
        "{county} Superior Court",
        "{county} Circuit Court",
        "{town} Municipal Court",
        "*Averland Court of Appeals",
    ),
    "department": _local(
        "*Department of Public Works",
        "*{county} Health Department",
        "*{town} Parks Department",
        "*Department of Transportation",
        "*Ministry of Housing",
        "*Department of Agriculture",
        "*Treasury",
    ),
    "federal": _federal,
    "firm": _firm,
    "hospital": _hospital,
    "museum": _local(
        "*{town} Museum of Art",
        "*{stem} Gallery",
        "{town} Public Library",
        "*{stem} Theater",
        "*{stem} Museum",
    ),
    "office": _local(
        "*Commonwealth Attorney’s Office",
        "*Commonwealth Attorney’s Office",
        "*Civil Rights Division",
        "*{county} District Attorney’s Office",
        "*Antitrust Division",
        "*Criminal Division",
    ),
    "opposing": _team,
    "paper": _paper,
    "party": _party,
    "police": _local(
        "{town} Police",
        "*{town} Police Department",
        "*{town} Police Department",
        "Provincial Police",
    ),
    "rescue": _local(
        "*{town} Fire Department", "{county} Fire and Rescue", "{town} Volunteer Fire Company"
    ),
    "school": _local(
        "{town} High School|{town} High",
        "{stem} Elementary School|{stem} Elementary",
        "{stem} Middle School",
        "{town} Academy",
        "{saint} Preparatory School|{saint} Prep",
    ),
    "schools": _local(
        "{county} Public Schools", "*{town} Unified School District", "*{town} Board of Education"
    ),
    "sheriffs": _local("*{county} Sheriff’s Office", "*{county} Sheriff’s Department"),
    "team": _team,
    "union": _union,
}
