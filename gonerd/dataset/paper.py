"""What the paper prints about GONERD and CoNLL-2003: arXiv 2311.13657, Tables 1, 9 and 10."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from gonerd.labels import LABELS, TAGS

__all__ = ["PAPER", "PaperColumn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperColumn:
    """One dataset as the paper describes it, in the paper's own words and roundings."""

    name: str
    documents: str
    """Table 10's total; empty where the paper does not say."""
    lengths: Mapping[str, str]
    """Table 1, by the fields of `LengthSummary`; the shares over a limit stand in section 3.3."""
    tags: Mapping[str, tuple[str, str, str]]
    """Table 9: #, p and p1 by tag."""
    tag_total: str
    domains: tuple[tuple[str, str, str, str], ...] = ()
    """Table 10: website, #, pdf and cdf."""
    distinct_domains: str = ""

    def as_json(self) -> dict[str, Any]:
        """The printed cells, by table."""
        return asdict(self)

    def p1(self, tag: str) -> float:
        """Share of the tokens that are not O, as a number."""
        return float(self.tags[tag][2])

    def entity_length(self, label: str | None = None) -> float | None:
        """Mean length of entities in tokens, from Table 9's counts: B and I tags over B tags.

        None for a label that the paper does not have.
        """
        labels = LABELS if label is None else (label,)
        if any(f"B-{name}" not in self.tags for name in labels):
            return None
        begin, inside = (
            sum(_thousands(self.tags[f"{prefix}-{name}"][0]) for name in labels) for prefix in "BI"
        )
        return (begin + inside) / begin


_LENGTHS = ("mean", "std", "min", "q25", "q50", "q75", "max", "over_512", "over_4096")


def _thousands(printed: str) -> float:
    return float(printed.removesuffix("k"))


def _lengths(*values: str) -> dict[str, str]:
    return dict(zip(_LENGTHS, values, strict=True))


def _tags(*rows: str) -> dict[str, tuple[str, str, str]]:
    cells = [row.split() for row in rows]
    return {
        tag: (count, p, "" if p1 == "-" else p1)
        for tag, (count, p, p1) in zip(TAGS, cells, strict=True)
    }


PAPER = (
    PaperColumn(
        name="CoNLL-2003",
        documents="",
        lengths=_lengths("14.5", "11.8", "1.0", "6.0", "10.0", "22.0", "124.0", "0", "0"),
        tags=_tags(
            "251k .832 -",
            "10k .033 .198",
            "6.9k .023 .138",
            "9.3k .031 .184",
            "5.3k .018 .104",
            "10.6k .035 .210",
            "1.7k .006 .033",
            "5.1k .017 .100",
            "1.7k .006 .034",
        ),
        tag_total="301k",
    ),
    PaperColumn(
        name="GONERD",
        documents="2237",
        lengths=_lengths(
            "507.6", "556.5", "1.0", "170.0", "330.0", "658.0", "6768.0", "35%", "0.2%"
        ),
        tags=_tags(
            "1013k .896 -",
            "24.4k .022 .200",
            "22.9k .020 .188",
            "21.5k .019 .177",
            "23.0k .020 .188",
            "16.4k .014 .134",
            "9.7k .009 .079",
            "2.4k .002 .020",
            "1.7k .002 .014",
        ),
        tag_total="1131k",
        domains=(
            ("justice.gov", "542", ".242", ".242"),
            ("ctvnews.ca", "190", ".085", ".327"),
            ("msn.com", "146", ".065", ".392"),
            ("southcarolinapublicradio.org", "54", ".024", ".416"),
            ("express.co.uk", "41", ".018", ".434"),
            ("dailyrecord.com", "33", ".015", ".449"),
            ("dailyvoice.com", "28", ".013", ".462"),
            ("nbcnews.com", "23", ".010", ".472"),
            ("newsbreak.com", "21", ".009", ".481"),
            ("chicagotribune.com", "19", ".008", ".489"),
        ),
        distinct_domains="369",
    ),
)
