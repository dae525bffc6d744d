"""Pages that say mostly what others of their site say: local editions, notices on cookies and rights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from gonerd.newsroom.address import Address
from gonerd.newsroom.sites import SITES, Site

__all__ = ["notice_addresses", "notice_paragraphs"]

EDITIONS_SHARE, NOTICES_SHARE = 0.018, 0.006
"""Share of the number of articles."""

EDITION_SITES = ("eveningtelegraph.example", "channelnine.example")
LEAST = 12
"""Editions on each of these sites, however small the web is."""

_EDITION = (
    "{name} is brought to the door on six days of the week. To order it, fill in the form at the counter "
    "or send it by post.",
    "Moving house? Tell the desk a week before, and the paper will be there when you are. There is no charge "
    "for a change of address.",
    "Letters to the editor should be no longer than a page, and signed. We may shorten them, and we can't "
    "send any of them back.",
    "The carriers start at four in the morning. If the paper is late, wet or missing, call before ten and we "
    "bring another copy the same day.",
)
_NOTICE = (
    "{name} uses cookies and similar technologies on this site, so that pages load fast and we know how "
    "often they are read.",
    "By continuing to use this site you agree to our use of cookies. You can accept all cookies, reject all "
    "cookies, or choose in the cookie settings which of them we may store.",
    "Our partners may store and process personal data, such as the address of your device, as set out in "
    "the privacy policy.",
    "All rights reserved. No part of this site may be copied: our articles may not be published, broadcast "
    "or redistributed without the prior written permission of {name}.",
    "Some pages need JavaScript. Please enable it in your browser, or parts of this site will not work.",
    "These terms of use are governed by the laws of the place where {name} is made. If one of them is "
    "void, the others stay in force.",
)
_STREETS = (
    "Market Street",
    "Harbor Road",
    "Mill Lane",
    "Station Square",
    "Chapel Hill",
    "Ferry Walk",
)
_TOWNS = (
    "Oakmere",
    "Penfold",
    "Sallow",
    "Wexcombe",
    "Thornby",
    "Larkden",
    "Ruswick",
    "Elmsgate",
    "Corvale",
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


def notice_addresses(
    count: int, models: Sequence[Address], sites: Sequence[Site], *, seed: int
) -> Iterator[Address]:
    """Yield the addresses of such pages for a web of `count` articles; `models` lend date and topic."""
    chance = Random(f"{seed}/notices")  # noqa: S311
    known = {site.domain: site for site in SITES}
    editions = [known[domain] for domain in EDITION_SITES]
    each = max(LEAST, round(count * EDITIONS_SHARE / len(editions)))
    places = [("edition", site) for site in editions for _ in range(each)]
    places += [("terms", chance.choice(sites)) for _ in range(max(2, round(count * NOTICES_SHARE)))]
    for number, (form, site) in enumerate(places):
        model = chance.choice(models)
        town = _TOWNS[number % len(_TOWNS)]
        yield Address(
            url=f"http://{site.host}/service/{form}-{number}.html",
            domain=site.domain,
            kind="boilerplate",
            title=f"Your edition for {town}" if form == "edition" else "Before you read on",
            topic=model.topic,
            published=model.published,
            reason="boilerplate",
            seed=f"{seed}/{form}/{number}",
        )


def notice_paragraphs(address: Address, site: Site) -> tuple[str, ...]:
    """The paragraphs of one of these pages."""
    chance = Random(address.seed)  # noqa: S311
    form, number = address.seed.split("/")[1:]
    if form == "terms":
        first, *rest = _NOTICE
        shown = (first, *sorted(rest, key=lambda _: chance.random()))
        return tuple(paragraph.format(name=site.name) for paragraph in shown)
    town, street = chance.choice(_TOWNS), chance.choice(_STREETS)
    closed, *_ = days = chance.sample(_DAYS, k=3)
    beside, hour = chance.choice(("bank", "inn", "school")), chance.choice(("five", "six", "seven"))
    own = (
        f"The office for {town} is at {chance.randint(1, 400)} {street}, next to the {beside}.",
        f"It is closed on {closed}, and open until {hour} on {days[1]} and {days[2]} in week {number}.",
        f"Round {number} has {chance.randint(3, 60)} streets between there and {chance.choice(_STREETS)}.",
        f"Ask for carrier {chance.randint(100, 999)}, who knows every door.",
    )
    return (*own, *(paragraph.format(name=site.name) for paragraph in _EDITION))
