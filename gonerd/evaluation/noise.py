"""One word as it may come out of hurried hands, a careless writer or a scanner; and other people's names."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from gonerd.newsroom.names import words as name_list

__all__ = ["lowered", "misread", "misspelled", "renamed"]

KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
"""Letters that lie side by side on a keyboard."""
NEIGHBOURS = {
    key: [row[place] for place in (at - 1, at + 1) if 0 <= place < len(row)]
    for row in KEYS
    for at, key in enumerate(row)
}

CONFUSED = (
    ("rn", "m"), ("m", "rn"), ("cl", "d"), ("d", "cl"), ("vv", "w"), ("w", "vv"), ("li", "h"),
    ("l", "1"), ("1", "l"), ("I", "l"), ("O", "0"), ("0", "O"), ("o", "0"), ("S", "5"), ("5", "S"),
    ("B", "8"), ("8", "B"), ("e", "c"), ("c", "e"), ("h", "b"), ("u", "ii"), ("n", "ri"), ("t", "f"),
    ("fi", "ﬁ"), ("fl", "ﬂ"), ("g", "q"), ("Z", "2"), ("6", "b"),
)  # fmt: skip
"""What optical character recognition takes for what."""


def misspelled(word: str, chance: Random) -> str:
    """One slip inside a word of four letters or more: two swapped, one left out, doubled or mistaken."""
    if len(word) < 4 or not word.isalpha():
        return word
    at = chance.randrange(1, len(word) - 1)
    kind = chance.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[: at + 1] + word[at:]
    beside = chance.choice(NEIGHBOURS.get(word[at].lower(), [word[at]]))
    return word[:at] + (beside.upper() if word[at].isupper() else beside) + word[at + 1 :]


def lowered(word: str, _: Random) -> str:
    """Capitals are lost; a letter that would become two characters stays."""
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in word)


def misread(word: str, chance: Random) -> str:
    """One or two letters taken for others that look alike."""
    places = [
        (at, seen, taken)
        for seen, taken in CONFUSED
        for at in range(len(word))
        if word.startswith(seen, at)
    ]
    if not places:
        return word
    at, seen, taken = chance.choice(places)
    return word[:at] + taken + word[at + len(seen) :]


def renamed(
    words: Sequence[str], names: Sequence[range], *, rate: float, chance: Random
) -> list[str]:
    """The words with those of people's names replaced by other people's, each always by the same.

    Particles, initials, titles and whatever else is no capitalised word of letters stay.

    Args:
        words: the tokens of a document.
        names: which of them each name is.
        rate: the share of name words that are replaced.
        chance: what draws.
    """
    given = [*name_list("given.f"), *name_list("given.m")]
    family = [*name_list("surname.world"), *name_list("surname.common")]
    instead: dict[str, str] = {}
    changed = list(words)
    taken = {words[place].casefold() for name in names for place in name}
    for name in names:
        for place in name:
            word = words[place]
            key = word.casefold()
            if len(word) < 2 or not word.isalpha() or not word[0].isupper():
                continue
            if key not in instead:
                pool = family if place == name[-1] else given
                other = _other(pool, taken, chance)
                instead[key] = other if chance.random() < rate else word
                taken.add(instead[key].casefold())
            other = instead[key]
            changed[place] = other.upper() if word.isupper() and other != word else other
    return changed


def _other(pool: Sequence[str], taken: set[str], chance: Random) -> str:
    """A name that nobody in the document has; a document with more people than the list ends with doubles."""
    free = [name for name in pool if name.isalpha() and name.casefold() not in taken]
    return chance.choice(free or pool)
