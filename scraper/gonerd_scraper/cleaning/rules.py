"""The thresholds of all cleaning rules, with where each comes from."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any, Self

from gonerd.errors import ConfigError

__all__ = ["CleanRules"]

NO_SHARE = re.compile("_per_|_length$")
"""Names of thresholds with a decimal point that are no shares of anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanRules:
    """Thresholds of all rules; a `rules.toml` may set any of them, "off" switches one off.

    Where a threshold comes from Gopher (arXiv 2112.11446), FineWeb (arXiv 2406.17557) or C4 (arXiv
    1910.10683), the field says so, with the value there where it is another. Words are what white space
    parts and has a letter or digit; lines are not blank.
    """

    language: str | None = "en"
    """ISO 639-1 code that a document must be in."""
    min_language_characters: int = 100
    """The language of a shorter text can't be told and is not judged."""
    min_language_certainty: float | None = 0.5
    """Certainty, 0 to 1, with which it must be."""
    max_foreign_share: float | None = 0.25
    """Share of an English document's letters that may stand in lines of evidently another language."""
    max_paywall_words: int | None = 250
    """A text with the phrases of a paywall and at most this many words is what stands before the wall."""
    paywall_phrases: tuple[str, ...] = (
        r"\b(?:subscribe|sign in|log ?in|register)(?: now| today)? to "
        r"(?:continue(?: reading|[.!:…]|[^\w\n]*$)|keep reading|read|unlock|view)",
        r"^[^\w\n]*to (?:continue|keep) reading",
        r"\b(?:account|free|log(?:ged)? ?in|member|paid|regist|subscri)[^.\n]{0,80} "
        r"to (?:continue|keep) reading",
        r"\b(?:this|full) (?:\w+ )?(?:article|story|content|text) is "
        r"(?:\w+ ){0,3}(?:to|for) (?:\w+ ){0,2}(?:subscribers|members)\b",
        r"already (?:a subscriber|have a subscription)\b|already a member\?",
        r"\b(?:for|to) subscribers only",
        r"\b(?:subscribers?|members)[- ]only (?:article|content|page|post|story)\b",
        r"\bthis (?:is )?(?:a )?premium (?:article|content)",
        r"^[^\w\n]*(?:(?:subscribers?|members)[- ]only|premium (?:article|content))[^\w\n]*$",
        r"(?:remaining|free) articles? (?:this|per) month|reached your (?:\w+ )?limit of (?:free )?articles",
        r"unlock (?:this|the full|the rest of (?:this|the)) (?:article|story)",
    )
    """Regular expressions, case-insensitive, `^` and `$` at each line, any of which marks a paywall."""
    max_code_lines: float | None = 0.15
    """Share of the characters that may stand in lines that look like program code."""
    min_code_lines: int = 3
    """Fewer code lines than this are a quotation, whatever their share."""
    max_code_symbols: float | None = 0.05
    """Share of the characters that may be braces, brackets, semicolons and the like."""
    drop_curly_brackets: bool = False
    """C4 drops each page with a `{`; news quote templates and code, and `code` tells what is code."""
    drop_front_pages: bool = True
    """The front page of a site is a list, whatever stands there."""
    max_link_share: float | None = 0.6
    """Share of a page's words that may be links, where the page does not call itself an article."""
    max_list_words_per_line: float | None = 12.0
    """A page above `max_link_share` is a list when its lines have fewer words than this on average."""
    max_teaser_share: float | None = 0.75
    """Share of a page's lines of prose that may stand right behind a headline that is a link."""
    min_teaser_lines: int = 3
    """With fewer lines of prose than this, teasers are not looked at."""
    min_repeats: int | None = 5
    """Documents of a site, versions of one counted once, from which on a paragraph is the site's own."""
    max_repeated_share: float | None = 0.6
    """Share of the characters that may stand in paragraphs which the site repeats; short reports of a
    court reach 0.55 with what such reports always say."""
    max_legal_share: float | None = 0.5
    """Share of the characters that may stand in lines with one of `legal_phrases`, 300 of each at most."""
    legal_phrases: tuple[str, ...] = (
        r"terms of use|privacy policy|cookie policy|uses cookies|use of cookies|use cookies",
        r"javascript",
        r"(?:accept|allow|reject|manage) (?:all )?cookies|cookie (?:settings|preferences|notice|banner)",
        r"all rights reserved|terms of service|privacy (?:notice|statement|settings)",
        r"\b(?:accept|agree to|our|these) (?:the )?terms and conditions|terms and conditions apply",
        r"by (?:clicking|continuing|using|visiting|browsing) [^.]{0,60}\byou (?:agree|consent|accept)",
        r"(?:we|partners) (?:\w+ ){0,3}(?:process|collect|store|share)\b[^.]{0,40}\bpersonal (?:data|info)",
        r"(?:may not|must not|not to) be (?:published|broadcast|rewritten|reproduced|redistributed|copied)",
        r"without (?:the )?(?:prior |express |our |written )+(?:permission|consent)",
    )
    """Regular expressions, as above: notices on cookies, rights and data. The first two are C4's."""
    drop_lorem_ipsum: bool = True
    """C4: a page with `lorem ipsum` is one that nobody has written yet."""
    min_words: int | None = 50
    """Gopher: 50."""
    min_own_words: int | None = 30
    """Words that stand in paragraphs which the site does not repeat."""
    max_words: int | None = 100_000
    """Gopher: 100,000."""
    max_word_length: int | None = 1000
    """C4: characters of the longest word, 1,000."""
    min_mean_word_length: float | None = 3.0
    """Gopher: 3 characters."""
    max_mean_word_length: float | None = 10.0
    """Gopher: 10 characters."""
    max_symbols_per_word: float | None = 0.1
    """Gopher: hash signs, or ellipses, per part of the text, 0.1."""
    max_bullet_lines: float | None = 0.9
    """Gopher: share of lines that begin with a bullet, 0.9. Six signs count as bullets, in Gopher two."""
    max_ellipsis_lines: float | None = 0.3
    """Gopher: share of lines that end in an ellipsis, 0.3."""
    min_alphabetic_words: float | None = 0.8
    """Gopher: share of the text's parts with a letter, 0.8."""
    min_stop_words: int | None = 1
    """Gopher: different words of the, be, to, of, and, that, have, with, at least 2; the language rule
    judges that better, and short wire reports get by with one. Capitals do not matter here."""
    min_lines_ending_sentence: float | None = 0.12
    """FineWeb: share of lines that end in punctuation, 0.12. Quotation marks count: news end in quotes."""
    max_short_lines: float | None = 0.67
    """FineWeb: share of lines of at most 30 characters, 0.67."""
    max_repeated_characters: float | None = 0.3
    """FineWeb has 0.01; pull quotes and boilerplate repeat lines of good articles, so 0.3 here."""
    max_line_breaks_per_word: float | None = 0.3
    """FineWeb: 0.3."""
    max_top_2_gram: float | None = 0.2
    """Gopher: share of the characters that the commonest pair of words may make, 0.2."""
    max_top_3_gram: float | None = 0.18
    """Gopher: the same for three words, 0.18."""
    max_top_4_gram: float | None = 0.2
    """Gopher: the same for four words, 0.16; lists of grants to towns reach 0.18, so 0.2 here."""
    max_repeated_5_grams: float | None = None
    """Gopher has 0.15, for web pages at large; obituaries and lists of grants repeat more, so off here."""
    max_repeated_10_grams: float | None = 0.3
    """Gopher has 0.1; letters that are quoted, and lists of grants, repeat up to 0.27, so 0.3 here."""
    max_replacement_characters: float | None = 0.001
    """Share of characters that no character set could read."""
    min_lines: int = 4
    """With fewer lines than this, shares of lines are not looked at: many sources lost their line breaks."""
    max_prose_words: int | None = 100
    """With more words than this in lines of prose, shares of lines are not looked at either: it is an
    article with a table or a list of names."""
    duplicate_threshold: float = 0.8
    """Jaccard similarity of two texts' 5-word shingles from which one of them is dropped."""
    cluster_threshold: float = 0.5
    """Similarity from which two kept documents share a cluster, so that no split parts them."""

    def __post_init__(self) -> None:
        for name in ("paywall_phrases", "legal_phrases"):
            for phrase in getattr(self, name):
                try:
                    re.compile(phrase)
                except re.error as problem:
                    raise ConfigError(
                        f"{name}: {phrase!r} is no regular expression: {problem}"
                    ) from None
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
                raise ConfigError(f"{field.name} is {value}, expected 0 or more")
            is_share = "float" in str(field.type) and not NO_SHARE.search(field.name)
            if is_share and value is not None and value > 1:
                raise ConfigError(f"{field.name} is {value}, expected a share from 0 to 1")
        if not 0 < self.cluster_threshold <= self.duplicate_threshold <= 1:
            raise ConfigError(
                f"cluster_threshold {self.cluster_threshold}, duplicate_threshold "
                f"{self.duplicate_threshold}: expected 0 < cluster_threshold <= duplicate_threshold <= 1"
            )

    @classmethod
    def from_record(cls, record: Any, where: object) -> Self:
        """The rules of a rules.json; `where` names it in errors.

        Raises:
            ConfigError: it holds no object, or keys that are not known.
        """
        known = {field.name for field in fields(cls)}
        if not isinstance(record, dict) or set(record) != known:
            raise ConfigError(f"{where} was not made by this version of gonerd clean; clean again")
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in record.items()
        }
        return cls(**values)
