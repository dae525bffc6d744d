"""One figure or sentence of the paper against what its own tables give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from gonerd_baselines.paper.interval import Interval, decimals, printed
from gonerd_baselines.paper.printed_table import PrintedTable

__all__ = [
    "LOOSE",
    "Check",
    "Paper",
    "Verdict",
    "above",
    "change",
    "copied",
    "figure",
    "sentence",
    "share",
    "unanswered",
]

Paper = Mapping[str, PrintedTable]
"""The tables by name: `table1` to `table11`."""

LOOSE = 20
"""A result that roundings leave so many times as wide as the printed figure's own confirms nothing."""


class Verdict(Enum):
    """What comes of a check."""

    HOLDS = "holds"
    FAILS = "does not hold"
    OPEN = "can't be told"


@dataclass(frozen=True, slots=True)
class Check:
    """What is printed, what follows, and whether the one can be the other."""

    place: str
    """`Table 4`, or the section whose text says it."""
    tables: tuple[str, ...]
    """Those it is computed from."""
    what: str
    printed: str
    follows: str
    how: str
    verdict: Verdict
    why: str = ""
    """Where it does not hold, another way to compute it that gives what is printed."""

    def as_json(self) -> dict[str, object]:
        """The same for a program."""
        return {
            "place": self.place,
            "tables": list(self.tables),
            "what": self.what,
            "printed": self.printed,
            "follows": self.follows,
            "how": self.how,
            "verdict": self.verdict.value,
            "why": self.why,
        }


def figure(
    place: str,
    tables: Sequence[str],
    what: str,
    text: str,
    value: Interval,
    how: str,
    *,
    readings: Sequence[tuple[str, Interval]] = (),
) -> Check:
    """Compare a printed number with what the tables give, both with what rounding leaves open.

    `readings` are other ways to compute it; they only explain, and change no verdict.
    """
    said = printed(text)
    why = ""
    if not value.meets(said):
        verdict = Verdict.FAILS
        fitting = [(words, other) for words, other in readings if other.meets(said)]
        why = "; ".join(f"{words}: {_shown(text, other)}" for words, other in fitting)
    elif value.width > LOOSE * said.width:
        verdict = Verdict.OPEN
    else:
        verdict = Verdict.HOLDS
    return Check(place, tuple(tables), what, text, _shown(text, value), how, verdict, why)


def copied(
    place: str, tables: Sequence[str], what: str, text: str, value: Interval, how: str
) -> Check:
    """Compare a number with the same number of another table, which was rounded by the same rule."""
    verdict = Verdict.HOLDS if value.overlaps(printed(text)) else Verdict.FAILS
    return Check(place, tuple(tables), what, text, _shown(text, value), how, verdict)


def sentence(
    place: str,
    tables: Sequence[str],
    what: str,
    said: str,
    parts: Mapping[str, bool | None],
    how: str,
) -> Check:
    """A sentence that holds if all its parts do; None is a part that rounding leaves open."""
    against = [name for name, holds in parts.items() if holds is False]
    unclear = [name for name, holds in parts.items() if holds is None]
    if against:
        verdict, follows = Verdict.FAILS, f"not so: {', '.join(against)}"
    elif unclear:
        verdict, follows = Verdict.OPEN, f"equal as printed: {', '.join(unclear)}"
    else:
        verdict, follows = Verdict.HOLDS, f"so in all {len(parts)}"
    return Check(place, tuple(tables), what, said, follows, how, verdict)


def unanswered(place: str, tables: Sequence[str], what: str, text: str, how: str) -> Check:
    """A figure for which the paper prints no numbers."""
    return Check(place, tuple(tables), what, text, "", how, Verdict.OPEN)


def above(greater: Interval, lesser: Interval) -> bool | None:
    """Whether one number is the greater; None where rounding leaves that open."""
    if greater.low >= lesser.high:
        return True
    return False if greater.high <= lesser.low else None


def share(part: Interval, whole: Interval) -> Interval:
    """Per cent of `whole`."""
    return (part / whole).times(100)


def change(after: Interval, before: Interval) -> Interval:
    """Per cent more than `before`."""
    return share(after, before) - Interval.exact(100)


def _shown(text: str, value: Interval) -> str:
    unit = text[-1] if text[-1] in "%xk" else ""
    if unit == "k":
        value = Interval(value.low / 1000, value.high / 1000)
    return value.shown(decimals(text), sign=text[0] in "+-") + unit
