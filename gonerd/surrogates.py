"""Surrogates: another age, address or phone number for one that stands in a text, in the same written form.

A surrogate is a list of edits to pieces of the mention, so that everything between the pieces stays: commas,
hyphens, brackets, `Street` and `years old`. Under one seed the same piece gets the same edit wherever it
stands; without the seed nothing leads back.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

__all__ = [
    "AGE_WORDS",
    "Edit",
    "Surrogates",
    "age_pieces",
    "edited",
    "kind_of",
    "numbers_of_age",
    "phone_digits",
]

Edit = tuple[int, int, str]
"""`[start, end)` and what stands there instead."""

UNITS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
DECADES = tuple(f"{word[:-1]}ies" for word in TENS)
SMALL = {word: number for number, word in enumerate((*UNITS, *TEENS), start=1)}
TEN = {word: 10 * number for number, word in enumerate(TENS, start=2)}

AGE_WORDS = re.compile(r"year|month|week|\baged?\b|\bold\b", re.IGNORECASE)
"""What tells an age from a mere number."""
AGE_PIECE = re.compile(
    rf"(?P<decade>\b\d0(?=s\b))|(?P<digits>\d+)|\b(?P<decades>{'|'.join(DECADES)})\b|"
    rf"\b(?P<tens>{'|'.join(TENS)})(?:(?P<gap>[- ])(?P<unit>{'|'.join(UNITS)}))?\b|"
    rf"\b(?P<small>{'|'.join(sorted(SMALL, key=len, reverse=True))})\b",
    re.IGNORECASE,
)
SALTS_FOR_AGES = 10
"""Salts for all else before ages become others, too: one age is to be the same in all documents."""
AGE_BANDS = ((1, 12), (13, 17), (18, 29), (30, 44), (45, 64), (65, 89), (90, 99), (100, 114))
"""Years of life within which an age is moved: a child stays a child."""

DRAWN = 18
"""Digits that one draw of 64 bits can give."""
EXTENSION = re.compile(r"[\s,]*(?:ext\.?|extension|x)[\s.:]*\d+\s*$", re.IGNORECASE)
FICTIONAL = re.compile(r"55501[0-9]{2}")
DIGITS = re.compile(r"[0-9]+")
RUN = re.compile(r"[0-9A-Za-z]+")
TOLL_FREE = ("800", "822", "833", "844", "855", "866", "877", "888")

PIECE = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
ORDINAL = re.compile(r"(\d+)(st|nd|rd|th)", re.IGNORECASE)
UNIT_WORDS = frozenset(
    ("apartment", "apt", "floor", "fl", "lot", "no", "number", "rm", "room", "suite", "ste", "unit")
)
KEPT_WORDS = UNIT_WORDS | frozenset((
    "alley", "and", "at", "ave", "avenue", "bldg", "blvd", "boulevard", "box", "building",
    "canada", "cir", "circle", "close", "court", "crescent", "ct", "dr", "drive", "e", "east",
    "expressway", "freeway", "gardens", "green", "grove", "heights", "highway", "hill", "hwy",
    "in", "jr", "kingdom", "lane", "ln", "loop", "mews", "n", "ne", "near", "north",
    "northeast", "northwest", "nw", "of", "office", "p.o", "park", "parkway", "path", "pike",
    "pkwy", "pl", "place", "plaza", "po", "post", "quay", "rd", "road", "route", "row", "rr",
    "rural", "s", "se", "south", "southeast", "southwest", "sq", "square", "sr", "st", "states",
    "street", "sw", "ter", "terrace", "the", "tr", "trail", "turnpike", "u.s", "uk", "united",
    "us", "usa", "w", "walk", "way", "west", "yard",
))  # fmt: skip
STREETS = frozenset((
    "alley", "ave", "avenue", "blvd", "boulevard", "cir", "circle", "close", "court", "crescent", "ct",
    "dr", "drive", "expressway", "freeway", "highway", "hwy", "lane", "ln", "loop", "mews", "parkway",
    "path", "pike", "pkwy", "pl", "place", "plaza", "quay", "rd", "road", "row", "sq", "square", "st",
    "street", "ter", "terrace", "tr", "trail", "turnpike", "walk", "way", "yard",
))  # fmt: skip
NO_STREETS = UNIT_WORDS | {
    "and",
    "at",
    "box",
    "in",
    "jr",
    "near",
    "of",
    "office",
    "p.o",
    "po",
    "the",
}
"""Of the words that are kept, those that name no street even right before its kind: `King Jr. Blvd`."""
STATES = re.compile(
    r"(?<=[,\s])(?:Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|"
    r"Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|"
    r"Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|New (?:Hampshire|Jersey|Mexico|York)|"
    r"(?:North|South) (?:Carolina|Dakota)|Ohio|Oklahoma|Oregon|Pennsylvania|Rhode Island|Tennessee|Texas|"
    r"Utah|Vermont|(?:West )?Virginia|Washington|Wisconsin|Wyoming|D\.?C\.?|[A-Z]{2})"
    r"(?=[.,]?\s+\d{5}\b|[.,]?$)"
)
NAMES = (
    "Alder", "Amber", "Arbor", "Aspen", "Barley", "Beacon", "Birch", "Bluebell", "Bracken",
    "Bramble", "Briar", "Brook", "Candle", "Cedar", "Chestnut", "Clover", "Copper", "Cotter",
    "Cricket", "Currant", "Dapple", "Dell", "Elder", "Ember", "Falcon", "Fennel", "Fern",
    "Finch", "Flint", "Foxglove", "Garnet", "Ginger", "Goose", "Hazel", "Heather", "Heron",
    "Holly", "Hopper", "Ivory", "Juniper", "Kestrel", "Lantern", "Larch", "Laurel", "Linnet",
    "Mallow", "Maple", "Marten", "Meadow", "Merlin", "Millet", "Moss", "Nettle", "Orchard",
    "Otter", "Pebble", "Pepper", "Plover", "Poppy", "Quail", "Quarry", "Quince", "Raven",
    "Reed", "Rowan", "Saffron", "Sage", "Sorrel", "Sparrow", "Spindle", "Spruce", "Starling",
    "Sumac", "Tansy", "Teasel", "Thistle", "Thrush", "Tinker", "Umber", "Vetch", "Walnut",
    "Warbler", "Willow", "Wren", "Yarrow",
)  # fmt: skip


def edited(text: str, edits: Iterable[Edit]) -> str:
    """`text` with disjoint edits made."""
    parts, position = [], 0
    for start, end, new in sorted(edits):
        parts += [text[position:start], new]
        position = end
    return "".join([*parts, text[position:]])


def kind_of(mention: str) -> str:
    """AGE, PHONE or ADDRESS, for a mention whose annotation does not say."""
    digits = phone_digits(mention)
    letters = re.sub(r"ext\.?|extension|x", "", mention, flags=re.IGNORECASE)
    if len(digits) >= 7 and not any(character.isalpha() for character in letters):
        return "PHONE"
    pieces = list(AGE_PIECE.finditer(mention))
    decades = any(piece["decade"] or piece["decades"] for piece in pieces)
    if decades or AGE_WORDS.search(mention) or AGE_PIECE.fullmatch(mention):
        return "AGE"
    return "ADDRESS"


def phone_digits(mention: str) -> str:
    """The digits of a phone number without its extension."""
    return re.sub(r"\D", "", EXTENSION.sub("", mention))


def numbers_of_age(mention: str) -> set[int]:
    """The numbers that an age is written with, such as 42 for `forty-two years old`."""
    return {_value(match) for match in AGE_PIECE.finditer(mention)}


def age_pieces(mention: str) -> list[str]:
    """What stands for these numbers, but for decades: `42`, `forty-two`."""
    pieces = AGE_PIECE.finditer(mention)
    return [piece[0] for piece in pieces if not (piece["decade"] or piece["decades"])]


@dataclass(slots=True)
class Surrogates:
    """What stands for what, in one document, under a secret seed.

    `ages` are all numbers that stand for ages in the document, `lines` the last seven digits of all its
    phone numbers: none of them stands for another one afterwards. `salt` gives other surrogates for
    the rest, where the first ones collide, and from `SALTS_FOR_AGES` on for ages.
    """

    seed: str
    ages: Collection[int] = ()
    lines: Collection[str] = ()
    salt: int = 0
    _chosen: dict[int, int] = field(default_factory=dict[int, int])
    _chosen_lines: dict[str, int] = field(default_factory=dict[str, int])

    def __post_init__(self) -> None:
        for age in sorted(self.ages):
            self._chosen[age] = self._age(age)
        for line in sorted(self.lines):
            self._chosen_lines[line] = self._line(line)

    def edits(self, mention: str, kind: str) -> list[Edit]:
        """Edits that make the surrogate of `mention`; none where nothing in it can be changed."""
        make = {"AGE": self._age_edits, "PHONE": self._phone_edits}.get(kind, self._address_edits)
        plain = "".join(str(int(c)) if c.isdecimal() else c for c in mention)
        return [
            (start, end, _in_script(new, mention[start:end])) for start, end, new in make(plain)
        ]

    def _draw(self, bound: int, *purpose: object) -> int:
        key = blake2b(self.seed.encode("utf-8", "surrogatepass"), digest_size=32).digest()
        said = "\n".join(map(str, purpose)).encode("utf-8", "surrogatepass")
        return int.from_bytes(blake2b(said, key=key, digest_size=8).digest()) % bound

    def _age(self, age: int) -> int:
        """Another age of the same stage of life, else of as many digits, else any."""
        taken = {*self.ages, *self._chosen.values(), age}
        digits = len(str(age))
        wider = [(10 ** (digits - 1), 10**digits - 1), (1, 114), (1, 10**digits + 1000)]
        bands = [band for band in AGE_BANDS if band[0] <= age <= band[1]] + wider
        for low, high in bands:
            free = [
                other for other in range(max(low, 1), min(high, 5000) + 1) if other not in taken
            ]
            if free:
                turn = self.salt // SALTS_FOR_AGES
                again = (turn,) if turn else ()
                return min(free, key=lambda other: self._draw(2**64, "age", age, other, *again))
        return age + 1

    def _age_edits(self, mention: str) -> list[Edit]:
        edits: list[Edit] = []
        for match in AGE_PIECE.finditer(mention):
            value = _value(match)
            if match["decade"] or match["decades"]:
                others = [n for n in range(2, 10) if 10 * n != value]
                others = [n for n in others if 10 * n not in self.ages] or others
                decade = others[self._draw(len(others), "decade", value, self.salt)]
                new = str(10 * decade) if match["decade"] else DECADES[decade - 2]
            else:
                other = self._chosen[value] if value in self._chosen else self._age(value)
                width = len(match[0]) if match[0].startswith("0") else 0
                new = str(other).zfill(width) if match["digits"] else _in_words(other, match)
            edits.append((match.start(), match.end(), _in_case(new, match[0])))
        return edits

    def _phone_edits(self, mention: str) -> list[Edit]:
        extension = EXTENSION.search(mention)
        main = mention[: extension.start()] if extension else mention
        symbols = re.sub(r"[^0-9A-Za-z]", "", main)  # 1-800-FLOWERS is a number, too
        dialled = RUN if len(symbols) in (7, 10, 11) else DIGITS
        digits = "".join(dialled.findall(main))
        code = re.match(r"\D*(\d{1,3})(?!\d)", main)
        new = self._number(
            digits, plus=main.lstrip("( ").startswith("+"), code=len(code[1]) if code else 2
        )
        edits: list[Edit] = []
        position = 0
        for run in dialled.finditer(main):
            edits.append((*run.span(), new[position : position + len(run[0])]))
            position += len(run[0])
        if extension:
            for run in DIGITS.finditer(mention, extension.start()):
                edits.append((*run.span(), self._digits(run[0], "extension")))  # noqa: PERF401
        return [edit for edit in edits if mention[edit[0] : edit[1]] != edit[2]]

    def _number(self, digits: str, *, plus: bool, code: int) -> str:
        """As many digits, in a range that is kept for fiction, else in one that nobody has."""
        size = len(digits)
        if size == 11 and digits[0] == "1":
            return "1" + self._north_american(digits[1:])
        if size == 10 and not plus and digits[0] != "0":
            return self._north_american(digits)
        if size == 7 and not plus:
            return self._local(digits)
        if plus and digits.startswith("44") and size in (12, 13):
            zero = "0" * (size - 12)  # +44 (0) 20 ...
            return "44" + zero + self._british(digits[2 + len(zero) :])
        if size == 11 and digits[0] == "0" and not plus:
            return "0" + self._british(digits[1:])
        head = digits[: min(code, 3)] if plus else ""
        rest = digits[len(head) :]
        free = max(0, len(rest) - 3)
        return head + "000"[: len(rest) - free] + self._digits(rest[len(rest) - free :], rest)

    def _north_american(self, digits: str) -> str:
        area = digits[:3]
        if area not in TOLL_FREE:
            drawn = self._draw(8 * 9 * 8, "area", area, self.salt)
            area = f"{2 + drawn % 8}{drawn // 8 % 9}{2 + drawn // 72}"
        return area + self._local(digits[3:])

    def _local(self, digits: str) -> str:
        line = self._chosen_lines.get(digits)
        return f"55501{self._line(digits) if line is None else line:02d}"

    def _line(self, digits: str) -> int:
        """One of the hundred lines from 555-0100, which no other number of the document has or gets."""
        own = {int(line[-2:]) for line in (*self.lines, digits) if FICTIONAL.fullmatch(line)}
        itself = {int(digits[-2:])} if FICTIONAL.fullmatch(digits) else set[int]()
        for taken in (own | {*self._chosen_lines.values()}, own, itself):
            free = [line for line in range(100) if line not in taken]
            if free:
                return min(free, key=lambda line: self._draw(2**64, "line", digits, line))
        return 0

    def _british(self, digits: str) -> str:
        """Ofcom keeps 07700 900xxx, 020 7946 0xxx and 01632 960xxx for drama."""
        drawn = self._draw(1000, "line", digits[-6:], self.salt)
        if digits.startswith("7"):
            return f"7700900{drawn:03d}"
        return f"2079460{drawn:03d}" if digits.startswith("20") else f"1632960{drawn:03d}"

    def _digits(self, digits: str, purpose: str) -> str:
        """As many digits, others; the first is 0 only where it was."""
        if not digits:
            return ""
        if len(digits) > DRAWN:
            parts = (digits[at : at + DRAWN] for at in range(0, len(digits), DRAWN))
            return "".join(self._digits(part, purpose) for part in parts)
        number = int(digits) if digits.isdecimal() else -1
        low = 0 if number < 0 or digits[0] == "0" else 10 ** (len(digits) - 1)
        span = 10 ** len(digits) - low
        drawn = low + self._draw(span, "digits", purpose, digits, self.salt)
        if drawn == number:
            drawn = low + (drawn - low + 1) % span
        return str(drawn).zfill(len(digits))

    def _letters(self, letters: str) -> str:
        drawn = self._draw(26 ** min(len(letters), 12), "letters", letters, self.salt)
        return "".join(
            chr(
                (ord("A") if letter.isupper() else ord("a"))
                + (ord(letter.upper()) - ord("A") + 1 + drawn // 26**place % 25) % 26
            )
            for place, letter in enumerate(letters)
        )

    def _address_edits(self, mention: str) -> list[Edit]:
        states = [match.span() for match in STATES.finditer(mention)]
        pieces = list(PIECE.finditer(mention))
        edits: list[Edit] = []
        before = ""
        zipped = False
        for number, piece in enumerate(pieces):
            word, (start, end) = piece[0], piece.span()
            in_state = any(first <= start < last for first, last in states)
            if not in_state:
                last_digits = not any(other[0].isdecimal() for other in pieces[number + 1 :])
                after_dash = zipped and mention[start - 1 : start] in ("-", "–")
                ahead = re.match(r"[-–]\d{4}\b", mention[end:])
                zipped = (
                    word.isdecimal()
                    and len(word) == 5
                    and number > 1
                    and bool(last_digits or ahead)
                )
                new = self._piece(word, before=before, zipped=zipped, after_zip=after_dash)
                if new == word and _names_street(mention, piece, pieces[number + 1 :][:1]):
                    new = self._name(word)
                if new != word:
                    edits.append((start, end, new))
            before = word.casefold()
        if not edits and pieces:
            first = next((piece for piece in pieces if piece[0].isalpha()), pieces[0])
            edits.append((*first.span(), self._name(first[0])))
        return edits

    def _piece(self, word: str, *, before: str, zipped: bool, after_zip: bool) -> str:
        if word.isdecimal() and word.isascii():
            if zipped:  # no delivery area begins with 000
                return "000" + self._digits(word, "zip")[-2:]
            return self._digits(word, "zip+4" if after_zip else "house")
        if ordinal := ORDINAL.fullmatch(word):
            return _ordinal(int(self._digits(ordinal[1], "ordinal")))
        if any(character.isdecimal() for character in word):
            return "".join(
                self._digits(part, "house") if part.isdecimal() and part.isascii() else part
                for part in re.split(r"(\d+)", word)
            )
        if len(word) == 1:
            return self._letters(word) if before in UNIT_WORDS and word.isascii() else word
        if word.casefold() in KEPT_WORDS:
            return word
        if word.casefold() in SMALL:
            place = self._draw(len(SMALL) - 1, "word", word.casefold(), self.salt)
            others = [other for other in SMALL if other != word.casefold()]
            return _in_case(others[place], word)
        return self._name(word)

    def _name(self, word: str) -> str:
        others = [name for name in NAMES if name.casefold() != word.casefold()]
        place = self._draw(len(others), "name", word.casefold(), self.salt)
        return _in_case(others[place].lower(), word)


def _in_script(new: str, model: str) -> str:
    """`new` (ASCII digits) with digits of the script that those of `model` are of."""
    zero = next((ord(c) - int(c) for c in model if c.isdecimal()), ord("0"))
    return "".join(chr(zero + int(c)) if c.isdecimal() else c for c in new)


def _names_street(mention: str, piece: re.Match[str], following: Sequence[re.Match[str]]) -> bool:
    """Whether a word that is kept elsewhere is the name here: `Park` of `Park Avenue`."""
    return (
        len(piece[0]) > 1
        and piece[0].casefold() in KEPT_WORDS - NO_STREETS
        and any(
            kind[0].casefold() in STREETS and mention[piece.end() : kind.start()].isspace()
            for kind in following
        )
    )


def _value(match: re.Match[str]) -> int:
    if digits := match["decade"] or match["digits"]:
        return int(digits[-6:])
    if match["decades"]:
        return 20 + 10 * DECADES.index(match["decades"].lower())
    if match["tens"]:
        return TEN[match["tens"].lower()] + SMALL.get((match["unit"] or "").lower(), 0)
    return SMALL[match["small"].lower()]


def _in_words(number: int, match: re.Match[str]) -> str:
    """A number below 100 in words, joined as in `match`; digits where there are no words for it."""
    if 0 < number < 20:
        return (*UNITS, *TEENS)[number - 1]
    if not number < 100:
        return str(number)
    tens, unit = TENS[number // 10 - 2], number % 10
    return tens + ((match["gap"] or "-") + UNITS[unit - 1] if unit else "")


def _in_case(word: str, model: str) -> str:
    """`word` (lower case) as `model` is written: UPPER, Title or lower."""
    letters = [character for character in model if character.isalpha()]
    if len(letters) > 1 and model.isupper():
        return word.upper()
    if letters and letters[0].isupper():
        return (
            word.title()
            if model.istitle() and ("-" in model or " " in model)
            else word[:1].upper() + word[1:]
        )
    return word


def _ordinal(number: int) -> str:
    ending = (
        "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    )
    return f"{number}{ending}"
