"""Words that depend on a person's sex or on the next sound, and the forms of numbers and addresses."""

from __future__ import annotations

from gonerd.newsroom.names import Draw, pick, surname

__all__ = ["PRONOUNS", "phone_number", "street_address", "takes_an"]

_VOWELS = frozenset("aeiouAEIOU")
_SPELLED_WITH_VOWEL = frozenset("AEFHILMNORSX")

PRONOUNS = {
    "he": ("he", "she"),
    "him": ("him", "her"),
    "his": ("his", "her"),
    "himself": ("himself", "herself"),
    "man": ("man", "woman"),
    "son": ("son", "daughter"),
    "boy": ("boy", "girl"),
    "brother": ("brother", "sister"),
    "father": ("father", "mother"),
    "husband": ("husband", "wife"),
    "men": ("men’s", "women’s"),
    "spokesman": ("spokesman", "spokeswoman"),
    "councilman": ("Councilman", "Councilwoman"),
    "uncle": ("uncle", "aunt"),
    "nephew": ("nephew", "niece"),
    "actor": ("actor", "actress"),
}
"""(masculine, feminine) by the form that a template asks for."""


def phone_number(draw: Draw) -> str:
    """A telephone number from those that are kept for fiction, in one of many forms."""
    a, b, c = (int(draw() * 800) + 200 for _ in range(3))
    line = f"01{c % 100:02d}"
    return (
        f"({a}) 555-{line}",
        f"{a}-555-{line}",
        f"{a}.555.{line}",
        f"1-800-555-{line}",
        f"+1 {a} 555 {line}",
        f"555-{line}",
        f"{a}-555-{line}, ext. {b}",
    )[int(7 * draw() ** 1.3)]


def street_address(draw: Draw) -> str:
    """A street address, now and then with a suite or a flat, without its town."""
    number = 1 + int(4000 * draw() ** 2)
    street = pick("street.name", draw) if draw() < 0.6 else surname(draw)
    text = f"{number} {street} {pick('street.type', draw, 1.5)}"
    kind = draw()
    if kind < 0.2:
        text += f", Suite {1 + int(900 * draw())}"
    elif kind < 0.28:
        text += f", Apt. {1 + int(90 * draw())}"
    elif kind < 0.34:
        text = f"{number} {'NSEW'[int(4 * draw())]}. {street} {pick('street.type', draw, 1.5)}"
    elif kind < 0.38:
        text = f"P.O. Box {number}"
    return text


def takes_an(following: str) -> bool:
    """Whether the indefinite article before these characters is "an"."""
    word = following.split(" ", 1)[0]
    if word[:2].isupper() and len(word) > 1:
        return word[0] in _SPELLED_WITH_VOWEL
    if word[0].isdigit():
        return word[0] == "8" or (word[:2] in ("11", "18") and not word[2:3].isdigit())
    if word[0] not in _VOWELS:
        return word.startswith(("hour", "honest", "heir", "honor"))
    return not word.lower().startswith(
        ("uni", "use", "usu", "eu", "one-", "ura", "uri", "u.")
    ) or word.startswith("unin")
