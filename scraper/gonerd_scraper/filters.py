"""The cleaning rules: each looks at one document and returns None to keep it, or the reason to drop it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gonerd.errors import ConfigError
from gonerd.schema import Document
from gonerd_scraper.measures import Measures, measures_of

__all__ = ["RULES", "CleanRules", "Rejection", "apply_rules", "first_rejection"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanRules:
    """Thresholds of all rules; a `rules.toml` may set any of them, "off" switches one off.

    Where a threshold comes from Gopher (arXiv 2112.11446) or FineWeb (arXiv 2406.17557), the field
    says so.
    """

    language: str | None = "en"
    """ISO 639-1 code that a document must be in."""
    min_language_characters: int = 100
    """The language of a shorter text can't be told and is not judged."""
    min_language_certainty: float | None = 0.5
    """Certainty, 0 to 1, with which it must be."""
    max_code_lines: float | None = 0.15
    """Share of the characters that may stand in lines that look like program code."""
    min_code_lines: int = 3
    """Fewer code lines than this are a quotation, whatever their share."""
    max_code_symbols: float | None = 0.05
    """Share of the characters that may be braces, brackets, semicolons and the like."""
    max_paywall_words: int | None = 250
    """A text with the phrases of a paywall and at most this many words is what stands before the wall."""
    paywall_phrases: tuple[str, ...] = (
        r"(?:subscribe|sign in|log ?in|register)(?: now| today)? to (?:continue|keep|read|unlock|view)",
        r"to (?:continue|keep) reading",
        r"(?:article|story|content|text) is (?:\w+ ){0,3}(?:to|for) (?:\w+ ){0,2}(?:subscribers|members)\b",
        r"already (?:a|have a) (?:subscriber|member|subscription)",
        r"(?:for|to) subscribers only",
        r"subscriber[- ]only|subscribers[- ]only|members[- ]only|premium (?:article|content)",
        r"(?:remaining|free) articles? (?:this|per) month|reached your (?:\w+ )?limit of (?:free )?articles",
        r"unlock (?:this|the full|the rest of (?:this|the)) (?:article|story)",
    )
    """Regular expressions, case-insensitive, any of which marks a paywall."""
    drop_front_pages: bool = True
    """The front page of a site is a list, whatever stands there."""
    max_link_share: float | None = 0.6
    """Share of a page's words that may be links, where the page does not call itself an article."""
    max_list_words_per_line: float | None = 12.0
    """A page above `max_link_share` is a list when its lines have fewer words than this on average."""
    max_teaser_share: float | None = 0.75
    """Share of a page's lines of prose that may stand right behind a headline that is a link."""
    min_lines: int = 4
    """With fewer lines than this, shares of lines are not looked at: many sources lost their line breaks."""
    min_words: int | None = 50
    """Gopher: 50."""
    max_words: int | None = 100_000
    """Gopher: 100,000."""
    min_mean_word_length: float | None = 3.0
    """Gopher: 3 characters."""
    max_mean_word_length: float | None = 10.0
    """Gopher: 10 characters."""
    max_symbols_per_word: float | None = 0.1
    """Gopher: # and ellipses per word, 0.1."""
    max_bullet_lines: float | None = 0.9
    """Gopher: share of lines that begin with a bullet, 0.9."""
    max_ellipsis_lines: float | None = 0.3
    """Gopher: share of lines that end in an ellipsis, 0.3."""
    min_alphabetic_words: float | None = 0.8
    """Gopher: share of words with a letter, 0.8."""
    min_stop_words: int | None = 1
    """Gopher: different words of the, be, to, of, and, that, have, with, at least 2; the language rule
    judges that better, and short wire reports get by with one."""
    min_lines_ending_sentence: float | None = 0.12
    """FineWeb: share of lines that end in punctuation, 0.12."""
    max_short_lines: float | None = 0.67
    """FineWeb: share of lines of at most 30 characters, 0.67."""
    max_repeated_characters: float | None = 0.3
    """FineWeb has 0.01; pull quotes and boilerplate repeat lines of good articles, so 0.3 here."""
    max_line_breaks_per_word: float | None = 0.3
    """FineWeb: 0.3."""
    max_replacement_characters: float | None = 0.001
    """Share of characters that no character set could read."""
    duplicate_threshold: float = 0.8
    """Jaccard similarity of two texts' 5-word shingles from which one of them is dropped."""
    cluster_threshold: float = 0.5
    """Similarity from which two kept documents share a cluster, so that no split parts them."""

    def __post_init__(self) -> None:
        for phrase in self.paywall_phrases:
            try:
                re.compile(phrase)
            except re.error as problem:
                raise ConfigError(
                    f"paywall phrase {phrase!r} is no regular expression: {problem}"
                ) from None
        if not 0 < self.cluster_threshold <= self.duplicate_threshold <= 1:
            raise ConfigError(
                f"cluster_threshold {self.cluster_threshold}, duplicate_threshold "
                f"{self.duplicate_threshold}: expected 0 < cluster_threshold <= duplicate_threshold <= 1"
            )


@dataclass(frozen=True, slots=True)
class Rejection:
    """Which rule drops a document, why in words, and the values that it went by."""

    rule: str
    reason: str
    values: Mapping[str, Any] = field(default_factory=dict)


Rule = Callable[[Document, Measures, CleanRules], Rejection | None]


def first_rejection(document: Document, rules: CleanRules) -> Rejection | None:
    """The verdict of the first rule that drops `document`, None where none does."""
    measures = measures_of(document)
    return next(
        (verdict for rule in RULES.values() if (verdict := rule(document, measures, rules))), None
    )


def apply_rules(
    documents: Iterable[Document], rules: CleanRules
) -> Iterator[tuple[Document, Rejection | None]]:
    """Each document with its verdict, in the order given."""
    for document in documents:
        yield document, first_rejection(document, rules)


def _language(_: Document, m: Measures, rules: CleanRules) -> Rejection | None:
    if rules.language is None or m.characters < rules.min_language_characters:
        return None
    values = {"language": m.language, "certainty": m.language_certainty}
    if m.language != rules.language:
        return Rejection("language", f"in {m.language}, not in {rules.language}", values)
    if _below(m.language_certainty, rules.min_language_certainty):
        return Rejection(
            "language",
            f"in {m.language} with certainty {m.language_certainty}, below {rules.min_language_certainty}",
            values,
        )
    return None


def _paywall(document: Document, m: Measures, rules: CleanRules) -> Rejection | None:
    if rules.max_paywall_words is None or m.words > rules.max_paywall_words:
        return None
    for phrase in rules.paywall_phrases:
        match = re.search(phrase, document.text, re.IGNORECASE)
        if match is not None:
            return Rejection(
                "paywall",
                f"{m.words} words with {match[0]!r}",
                {"words": m.words, "phrase": match[0]},
            )
    return None


def _code(_: Document, m: Measures, rules: CleanRules) -> Rejection | None:
    if m.code_lines < rules.min_code_lines:
        return None
    values = {"lines": m.code_lines, "share": m.code_line_share, "symbols": m.code_symbol_share}
    if _above(m.code_line_share, rules.max_code_lines):
        return Rejection(
            "code",
            f"{m.code_line_share:.0%} of the text looks like code, over {rules.max_code_lines:.0%}",
            values,
        )
    if _above(m.code_symbol_share, rules.max_code_symbols):
        return Rejection(
            "code",
            f"{m.code_symbol_share:.1%} are characters of code, over {rules.max_code_symbols:.1%}",
            values,
        )
    return None


def _list_page(_: Document, m: Measures, rules: CleanRules) -> Rejection | None:
    values = {
        "link_share": m.link_share,
        "teaser_share": m.teaser_share,
        "words_per_line": m.words_per_line,
        "front_page": m.front_page,
    }
    if rules.drop_front_pages and m.front_page:
        return Rejection("list_page", "the front page of its site", values)
    if (
        not m.declared_article
        and _above(m.link_share, rules.max_link_share)
        and _below(m.words_per_line, rules.max_list_words_per_line)
    ):
        return Rejection(
            "list_page", f"{m.link_share:.0%} of the page's words are links, in short lines", values
        )
    if (
        not m.declared_article
        and m.prose_lines >= 3
        and _above(m.teaser_share, rules.max_teaser_share)
    ):
        return Rejection(
            "list_page", f"{m.teaser_share:.0%} of the page's prose are teasers of links", values
        )
    return None


def _short(_: Document, m: Measures, rules: CleanRules) -> Rejection | None:
    if _below(m.words, rules.min_words):
        return Rejection(
            "short", f"{m.words} words, fewer than {rules.min_words}", {"words": m.words}
        )
    return None


NOISE = (
    ("words", None, "max_words"),
    ("mean_word_length", "min_mean_word_length", "max_mean_word_length"),
    ("symbols_per_word", None, "max_symbols_per_word"),
    ("bullet_lines", None, "max_bullet_lines"),
    ("ellipsis_lines", None, "max_ellipsis_lines"),
    ("alphabetic_words", "min_alphabetic_words", None),
    ("stop_words", "min_stop_words", None),
    ("lines_ending_sentence", "min_lines_ending_sentence", None),
    ("short_lines", None, "max_short_lines"),
    ("repeated_characters", None, "max_repeated_characters"),
    ("line_breaks_per_word", None, "max_line_breaks_per_word"),
    ("replacement_characters", None, "max_replacement_characters"),
)
"""Measure, the threshold it must reach, the threshold it must not pass."""

OF_LINES = ("bullet_lines", "ellipsis_lines", "lines_ending_sentence", "short_lines")


def _noisy(_: Document, m: Measures, rules: CleanRules) -> Rejection | None:
    for name, low, high in NOISE:
        if name in OF_LINES and m.lines < rules.min_lines:
            continue
        value = getattr(m, name)
        if low is not None and _below(value, limit := getattr(rules, low)):
            return Rejection("noisy", f"{name} is {value}, below {limit}", {name: value})
        if high is not None and _above(value, limit := getattr(rules, high)):
            return Rejection("noisy", f"{name} is {value}, above {limit}", {name: value})
    return None


RULES: dict[str, Rule] = {
    "language": _language,
    "paywall": _paywall,
    "code": _code,
    "list_page": _list_page,
    "short": _short,
    "noisy": _noisy,
}
"""In the order in which they are asked: what says most about a page comes first."""


def _below(value: float, limit: float | None) -> bool:
    return limit is not None and value < limit


def _above(value: float, limit: float | None) -> bool:
    return limit is not None and value > limit
