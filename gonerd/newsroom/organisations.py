"""The organisations of an article, from agencies with acronyms to the local high school."""

# ruff: noqa: ARG001 - the makers in _MAKERS share one signature

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gonerd.newsroom.names import (
    Draw,
    given_name,
    known_name,
    one_of,
    pick,
    place_stem,
    surname,
    words,
)

__all__ = ["GENERIC", "ORGANISATIONS", "Organisation", "new_organisation"]

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
    "site": "this site",
    "schools": "the district",
    "sheriffs": "deputies",
    "team": "the team",
    "union": "the union",
}
"""Roles that organisations play, each with the common noun that may stand for it later on."""

ORGANISATIONS = frozenset(GENERIC)

_ENSEMBLES = ("Symphony Orchestra", "Players", "Opera", "Ballet", "Youth Choir")


@dataclass(slots=True)
class Organisation:
    """An organisation, with its full name and the short form or acronym of later mentions.

    `article` says that running text puts "the" before its names, `short_article` only before the
    short one. An `acronym` is brought in between brackets.
    """

    name: str
    short: str
    role: str
    article: bool = False
    acronym: bool = False
    short_article: bool = False
    introduced: bool = False


def new_organisation(role: str, draw: Draw, *, town: str, county: str) -> Organisation:
    """An organisation for `role`; local ones are named after `town` or `county`."""
    return _MAKERS[role](role, draw, town, county)


def _company(role: str, draw: Draw, town: str, county: str) -> Organisation:
    name = known_name("company", 1200, _company_name, draw, 0.12)
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
    if shape < 0.20:
        return f"{base} {noun}"
    if shape < 0.27:
        return f"{base} {noun} {form}"
    if shape < 0.37:
        return f"{base} {form}"
    if shape < 0.40:
        return f"{base} & {surname(draw)}"
    if shape < 0.46:
        return f"{given_name(draw() < 0.5, draw)} {surname(draw)}"
    if shape < 0.49:
        return f"{base} of {pick('province', draw)}"
    return base


def _firm(role: str, draw: Draw, town: str, county: str) -> Organisation:
    first = surname(draw)
    name = f"{first} & {surname(draw)}"
    if draw() < 0.35:
        return Organisation(first, first, role)
    if draw() < 0.4:
        name += (" LLP", " LLC", " Group", " Partners")[int(4 * draw())]
    return Organisation(name, first, role)


def _local(*patterns: str) -> Callable[[str, Draw, str, str], Organisation]:
    """Make a maker of organisations like `{town} City Council`: `|` before the short form, * for "the"."""

    def make(role: str, draw: Draw, town: str, county: str) -> Organisation:
        pattern = patterns[int(len(patterns) * draw())]
        full, _, short = pattern.partition("|")
        article = full.startswith("*")
        stem = place_stem(draw) if "{stem}" in pattern or "{saint}" in pattern else ""
        values = {"town": town, "county": county, "stem": stem, "saint": f"St. {stem}"}
        full = full.lstrip("*").format(**values)
        return Organisation(full, short.format(**values) if short else full, role, article)

    return make


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.replace("-", " ").split() if word[0].isupper())


def _agency(role: str, draw: Draw, town: str, county: str) -> Organisation:
    subject = pick("agency.subject", draw, 1.3)
    form = pick("agency.form", draw, 1.3)
    name = f"{subject} {form}"
    if draw() < 0.25:
        name = f"{('National', 'Federal', 'Commonwealth', 'Provincial')[int(4 * draw())]} {name}"
    return Organisation(name, _initials(name), role, article=True, acronym=True)


def _federal(role: str, draw: Draw, town: str, county: str) -> Organisation:
    name = pick("agency.federal", draw)
    return Organisation(name, _initials(name), role, article=True, acronym=True)


def _union(role: str, draw: Draw, town: str, county: str) -> Organisation:
    front = ("United ", "National ", "Averland ", f"{town} ", "Allied ")[int(5 * draw())]
    name = f"{front}{pick('union.noun', draw)} {pick('union.form', draw)}"
    return Organisation(name, _initials(name), role, article=True, acronym=True)


def _charity(role: str, draw: Draw, town: str, county: str) -> Organisation:
    stem = (town, surname(draw), pick("company.coined", draw), county)[int(4 * draw())]
    name = f"{stem} {pick('charity.noun', draw)}"
    return Organisation(name, name, role, article=draw() < 0.8)


def _hospital(role: str, draw: Draw, town: str, county: str) -> Organisation:
    kind = draw()
    noun = ("Hospital", "Clinic", pick("hospital.noun", draw))[int(3 * draw())]
    if kind < 0.35:
        stem = town
    elif kind < 0.6:
        stem = f"St. {given_name(draw() < 0.5, draw)}’s"
    else:
        stem = "Mercy" if kind < 0.72 else place_stem(draw)
    return Organisation(f"{stem} {noun}", stem if stem != town else f"{stem} {noun}", role)


def _college(role: str, draw: Draw, town: str, county: str) -> Organisation:
    stem = known_name("college", 200, place_stem, draw, 0.2)
    if draw() < 0.35:
        name = f"University of {stem}"
        return Organisation(name, name if draw() < 0.5 else stem, role, article=True)
    return Organisation(f"{stem} {pick('college.noun', draw, 1.5)}", stem, role)


def _team(role: str, draw: Draw, town: str, county: str) -> Organisation:
    nick = pick("team", draw)
    name = f"{town} {nick}"
    if (nick.endswith("s") or nick == "Storm") and draw() < 0.5:
        return Organisation(name, nick, role, short_article=True)
    return Organisation(name, town, role)


def _party(role: str, draw: Draw, town: str, county: str) -> Organisation:
    name = pick("party", draw)
    return Organisation(name, name, role, article=True)


def _bank(role: str, draw: Draw, town: str, county: str) -> Organisation:
    stem = (town, place_stem(draw), pick("company.coined", draw))[int(3 * draw())]
    name = (
        f"First {stem} Bank",
        f"Bank of {stem}",
        f"{stem} Credit Union",
        f"{stem} Savings Bank",
    )[int(4 * draw())]
    return Organisation(name, name, role)


def _paper(role: str, draw: Draw, town: str, county: str) -> Organisation:
    name = f"{town} {pick('paper', draw)}"
    return Organisation(name, name, role, article=True)


def _band(role: str, draw: Draw, town: str, county: str) -> Organisation:
    kind = draw()
    if kind < 0.3:
        name = f"The {pick('operation.a', draw)} {pick('operation.b', draw)}s"
    elif kind < 0.6:
        name = f"{surname(draw)} {('Quartet', 'Trio', 'Brothers', 'Ensemble')[int(4 * draw())]}"
    else:
        name = f"{town} {one_of(_ENSEMBLES, draw)}"
    return Organisation(name, name, role, article=not name.startswith("The") and draw() < 0.8)


def _church(role: str, draw: Draw, town: str, county: str) -> Organisation:
    name = (
        f"St. {given_name(draw() < 0.4, draw)} Church",
        f"{town} Baptist Church",
        f"First Methodist Church of {town}",
        f"{place_stem(draw)} Chapel",
        f"Temple Beth {pick('syllable.first', draw)}{pick('syllable.middle', draw)}m",
        f"{town} Islamic Center",
    )[int(6 * draw())]
    return Organisation(name, name, role)


def _airline(role: str, draw: Draw, town: str, county: str) -> Organisation:
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
        "{town} Police",
        "*{town} Police Department|{town} Police",
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
    "sheriffs": _local(
        "*{county} Sheriff’s Office|{county} Sheriff",
        "*{town} Constabulary",
        "*{stem} Constabulary",
    ),
    "team": _team,
    "union": _union,
}
