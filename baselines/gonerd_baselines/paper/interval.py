"""What a printed number can have been before it was rounded, and arithmetic with that."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from gonerd.errors import ConfigError

__all__ = ["Interval", "decimals", "highest", "mean", "printed", "total"]

_NUMBER = re.compile(r"([+-]?\d*(?:\.\d+)?)(k?)[%x]?")


@dataclass(frozen=True, slots=True)
class Interval:
    """All numbers from `low` to `high`, both among them; exact, as fractions.

    Where each number is used once, the result is what is possible and no more. What uses one twice
    is to be written so that it does not: `a / b - 1` for a change, never `(a - b) / b`.
    """

    low: Fraction
    high: Fraction

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Interval) -> Interval:
        return Interval(self.low - other.high, self.high - other.low)

    def __truediv__(self, other: Interval) -> Interval:
        """Of numbers that are not negative by positive ones."""
        if self.low < 0 or other.low <= 0:
            raise ValueError(f"{self} / {other}: expected no negative number, and none by 0")
        return Interval(self.low / other.high, self.high / other.low)

    def times(self, factor: int | Fraction) -> Interval:
        """Multiplied by a positive number that is known exactly."""
        return Interval(self.low * factor, self.high * factor)

    def negated(self) -> Interval:
        """Of the other sign."""
        return Interval(-self.high, -self.low)

    def meets(self, other: Interval) -> bool:
        """Whether both have a number in common."""
        return self.low <= other.high and other.low <= self.high

    def overlaps(self, other: Interval) -> bool:
        """Whether both have more in common than an end."""
        return min(self.high, other.high) > max(self.low, other.low)

    @property
    def width(self) -> Fraction:
        """From the lowest to the highest."""
        return self.high - self.low

    @classmethod
    def exact(cls, value: int | Fraction) -> Interval:
        """A number that nobody rounded, a count for example."""
        return cls(Fraction(value), Fraction(value))

    def shown(self, digits: int, *, sign: bool = False) -> str:
        """With so many decimals; as a range with one more where rounding leaves that open."""
        form = "+" if sign else ""
        low, high = (f"{float(end):{form}.{digits}f}" for end in (self.low, self.high))
        if low == high:
            return low
        low, high = (f"{float(end):{form}.{digits + 1}f}" for end in (self.low, self.high))
        return low if low == high else f"{low} to {high}"


def printed(text: str) -> Interval:
    """All numbers that are printed as `text`, by whichever rule halves are rounded.

    A per cent sign and the x of "3.5x" are units; k is a thousand.

    Raises:
        ConfigError: `text` is no number.
    """
    found = _NUMBER.fullmatch(text)
    if found is None or not any(map(str.isdigit, text)):
        raise ConfigError(f"{text!r} is no printed number")
    factor = 1000 if found[2] else 1
    value, half = Fraction(found[1]), Fraction(1, 2 * 10 ** decimals(text))
    return Interval((value - half) * factor, (value + half) * factor)


def decimals(text: str) -> int:
    """How many digits are printed after the point."""
    return len(text.rstrip("%xk").partition(".")[2])


def total(values: Iterable[Interval]) -> Interval:
    """The sum."""
    return sum(values, start=Interval.exact(0))


def mean(values: Iterable[Interval]) -> Interval:
    """The average of at least one."""
    given = list(values)
    return total(given).times(Fraction(1, len(given)))


def highest(values: Iterable[Interval]) -> Interval:
    """What the largest can be."""
    given = list(values)
    return Interval(max(v.low for v in given), max(v.high for v in given))
