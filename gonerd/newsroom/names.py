"""Makers of names: persons, places and organisations out of stems, syllables and word lists.

The same stems feed all three, so that one surface is a person here, a town there and a company in a third
article. Draws favour the front of every list; the long tail keeps giving names that no earlier article had.
"""

# ruff: noqa: S311 - chance here is for text, not for secrets

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from random import Random
from zlib import crc32

from gonerd.newsroom.template import word_lists

__all__ = [
    "Draw",
    "given_name",
    "known_name",
    "one_of",
    "pick",
    "place_stem",
    "surname",
    "town_name",
    "words",
]

Draw = Callable[[], float]
"""A source of uniform numbers in [0, 1): `random.Random(...).random`."""


@cache
def _lists() -> dict[str, tuple[str, ...]]:
    return {name: tuple(items) for name, items in word_lists("names").items()}


def words(name: str) -> tuple[str, ...]:
    """The word list `name` of the lexicon."""
    return _lists()[name]


def pick(name: str, draw: Draw, skew: float = 1.0) -> str:
    """One word of a list; with a `skew` above 1 the front of the list is drawn more often."""
    items = _lists()[name]
    return items[int(len(items) * draw() ** skew)]


def one_of(items: Sequence[str], draw: Draw) -> str:
    """One of `items`, each as likely as another."""
    return items[int(len(items) * draw())]


def given_name(female: bool, draw: Draw) -> str:
    """A given name, now and then a double one."""
    name = "given.f" if female else "given.m"
    first = pick(name, draw, 1.6)
    if draw() < 0.02:
        second = pick(name, draw)
        if second != first:
            return f"{first}-{second}"
    return first


def surname(draw: Draw) -> str:
    """A surname: a stem compound, a common noun, one of many languages, or made of syllables."""
    kind = draw()
    if kind < 0.34:
        return _compound(draw)
    if kind < 0.52:
        return pick("surname.common", draw)
    if kind < 0.82:
        name = pick("surname.world", draw)
        if kind < 0.53:
            return f"{name}-{_compound(draw)}"
        return name
    name = pick("syllable.first", draw)
    name += pick("syllable.middle", draw)
    if kind > 0.94:
        name += pick("syllable.middle", draw)
    return name + pick("syllable.last.person", draw)


def place_stem(draw: Draw) -> str:
    """The bare name of a place."""
    kind = draw()
    if kind < 0.58:
        return _compound(draw)
    if kind < 0.70:
        return pick("surname.common", draw)
    if kind < 0.76:
        return pick("given.f" if kind < 0.73 else "given.m", draw, 1.6)
    name = pick("syllable.first", draw)
    if kind > 0.87:
        name += pick("syllable.middle", draw)
    return name + pick("syllable.last.place", draw)


def town_name(draw: Draw) -> str:
    """The name of a town: mostly one word, else with a generic word before or after."""
    kind = draw()
    stem = place_stem(draw)
    if kind < 0.57:
        return stem
    if kind < 0.78:
        return f"{stem} {pick('town.suffix', draw)}"
    if kind < 0.88:  # "Jordan Vale", "Grant Mills": a person elsewhere
        return f"{pick('given.m', draw, 2.5)} {pick('surname.place', draw)}"
    prefix = pick("town.prefix", draw)
    return f"{prefix} {stem}"


def _compound(draw: Draw) -> str:
    head = pick("stem.head", draw, 2.0)
    tail = pick("stem.tail", draw, 2.0)
    if head[-1] == tail[0]:
        tail = tail[1:]
    name = head + tail
    return name if len(name) > 4 else head + "ton"


@cache
def _name_at(kind: str, index: int, maker: Callable[[Draw], str]) -> str:
    return maker(Random(crc32(kind.encode()) + 7919 * index).random)


def known_name(
    kind: str, size: int, maker: Callable[[Draw], str], draw: Draw, fresh: float = 0.07
) -> str:
    """A name that the world has already, its front more often; or a new one."""
    if draw() < fresh:
        return maker(draw)
    return _name_at(kind, int(size * draw() ** 2), maker)
