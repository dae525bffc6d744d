"""Makers of names: persons, places and organisations out of stems, syllables and word lists.

The same stems feed all three, so that one surface is a person here, a town there and a company in a third
article. Draws favour the front of every list; the long tail keeps giving names that no earlier article had.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from gonerd.newsroom.template import word_lists

__all__ = ["Draw", "given_name", "place_stem", "pick", "surname", "town_name", "words"]

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
    if kind < 0.30:
        return _compound(draw)
    if kind < 0.47:
        return pick("surname.common", draw)
    if kind < 0.80:
        name = pick("surname.world", draw)
        if kind < 0.485:
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
    if kind < 0.55:
        return _compound(draw)
    if kind < 0.66:
        return pick("surname.common", draw)
    name = pick("syllable.first", draw)
    if kind > 0.8:
        name += pick("syllable.middle", draw)
    return name + pick("syllable.last.place", draw)


def town_name(draw: Draw) -> str:
    """The name of a town: mostly one word, else with a generic word before or after."""
    kind = draw()
    stem = place_stem(draw)
    if kind < 0.62:
        return stem
    if kind < 0.80:
        return f"{stem} {pick('town.suffix', draw)}"
    prefix = pick("town.prefix", draw)
    return f"{prefix} {stem}"


def _compound(draw: Draw) -> str:
    head = pick("stem.head", draw, 1.5)
    tail = pick("stem.tail", draw, 1.5)
    if head[-1] == tail[0]:
        tail = tail[1:]
    name = head + tail
    return name if len(name) > 4 else head + "ton"
