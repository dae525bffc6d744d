"""The cleaning rules: each puts a document's measures beside thresholds, and yields check after check."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import Any

from gonerd.schema import Document
from gonerd_scraper.cleaning.boilerplate import paragraphs
from gonerd_scraper.cleaning.measures import Measures, measures_of
from gonerd_scraper.cleaning.rules import CleanRules
from gonerd_scraper.language import CONTENTLESS

__all__ = [
    "RULES",
    "Check",
    "CleanRules",
    "Rejection",
    "apply_rules",
    "checks_of",
    "first_rejection",
    "rejection_from_check",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One measured value beside its threshold.

    `threshold` is the field of CleanRules, `limit` its value, `side` how the value must stand to it: `at
    least`, `at most`, `is` or `not`. A check that was not `asked` (switched off, or not for such a text)
    is passed; `note` says why, and for a failed check why the document goes.
    """

    rule: str
    measure: str
    value: Any
    threshold: str
    limit: Any
    side: str
    passed: bool
    asked: bool = True
    note: str = ""

    @property
    def margin(self) -> float | None:
        """How far the value is from the limit, as a share of the limit; None where nothing was compared."""
        numbers = isinstance(self.value, int | float) and isinstance(self.limit, int | float)
        if not self.asked or not numbers or self.side in ("is", "not"):
            return None
        return float(abs(self.value - self.limit) / max(abs(self.limit), 1e-9))


@dataclass(frozen=True, slots=True)
class Rejection:
    """Which rule drops a document, why in words, and the values that it went by."""

    rule: str
    reason: str
    values: Mapping[str, Any] = field(default_factory=dict)


Rule = Callable[[Document, Measures, CleanRules], Iterator[Check]]


def checks_of(document: Document, measures: Measures, rules: CleanRules) -> Iterator[Check]:
    """All checks of all rules, in the order in which they are asked."""
    return chain.from_iterable(rule(document, measures, rules) for rule in RULES.values())


def first_rejection(
    document: Document, rules: CleanRules, *, repeated: Set[int] = frozenset()
) -> Rejection | None:
    """The verdict of the first rule that drops `document`, None where none does.

    `repeated` are the paragraphs that sites repeat, as `boilerplate.SiteParagraphs` knows them.
    """
    measures = measures_of(document, repeated=repeated)
    failed = (check for check in checks_of(document, measures, rules) if not check.passed)
    return next(map(rejection_from_check, failed), None)


def apply_rules(
    documents: Iterable[Document], rules: CleanRules, *, repeated: Set[int] = frozenset()
) -> Iterator[tuple[Document, Rejection | None]]:
    """Each document with its verdict, in the order given."""
    for document in documents:
        yield document, first_rejection(document, rules, repeated=repeated)


def rejection_from_check(check: Check) -> Rejection:
    """The rejection that a failed check makes."""
    values = {check.measure: _shown(check.value), check.threshold: check.limit}
    return Rejection(check.rule, check.note, values)


@dataclass(frozen=True, slots=True)
class _Asking:
    """Makes the checks of one rule for one document; `unasked` is why one is not made, empty: it is."""

    rule: str
    measures: Measures
    rules: CleanRules

    def at_most(
        self, measure: str, threshold: str, *, why: str = "", unasked: str = "", value: Any = None
    ) -> Check:
        return self._compared(measure, threshold, "at most", why, unasked, value)

    def at_least(self, measure: str, threshold: str, *, why: str = "", unasked: str = "") -> Check:
        return self._compared(measure, threshold, "at least", why, unasked, None)

    def found(self, measure: str, threshold: str, value: Any, *, why: str, unasked: str) -> Check:
        """A check that fails where `value` is there and asked for."""
        failed = bool(value) and not unasked
        note = why if failed else unasked
        limit = getattr(self.rules, threshold)
        return self._check(measure, value, threshold, limit, "not", failed, not unasked, note)

    def forbids(self, measure: str, threshold: str, value: bool, *, why: str) -> Check:
        """A check that fails where `value` holds and the switch `threshold` is on."""
        unasked = "" if getattr(self.rules, threshold) else "off"
        return self.found(measure, threshold, value, why=why, unasked=unasked)

    def _compared(
        self, measure: str, threshold: str, side: str, why: str, unasked: str, value: Any
    ) -> Check:
        value = getattr(self.measures, measure) if value is None else value
        limit = getattr(self.rules, threshold)
        if limit is None or unasked:
            note = unasked or "off"
            return self._check(measure, value, threshold, limit, side, False, False, note)
        failed = value > limit if side == "at most" else value < limit
        relation = "above" if side == "at most" else "below"
        said = why or f"{measure} is {_shown(value)}, {relation} {limit}"
        note = said if failed else ""
        return self._check(measure, value, threshold, limit, side, failed, True, note)

    def _check(
        self,
        measure: str,
        value: Any,
        threshold: str,
        limit: Any,
        side: str,
        failed: bool,
        asked: bool,
        note: str,
    ) -> Check:
        return Check(
            rule=self.rule,
            measure=measure,
            value=value,
            threshold=threshold,
            limit=limit,
            side=side,
            passed=not failed,
            asked=asked,
            note=note,
        )


def _language(_: Document, m: Measures, rules: CleanRules) -> Iterator[Check]:
    ask = _Asking("language", m, rules)
    unasked = ""
    if rules.language is None:
        unasked = "off"
    elif m.characters < rules.min_language_characters:
        unasked = f"fewer than {rules.min_language_characters} characters"
    elif m.language == CONTENTLESS:
        unasked = "numbers and symbols are in no language"
    other = not unasked and m.language != rules.language
    yield Check(
        rule="language",
        measure="language",
        value=m.language,
        threshold="language",
        limit=rules.language,
        side="is",
        passed=not other,
        asked=not unasked,
        note=f"in {m.language}, not in {rules.language}" if other else unasked,
    )
    least, most = rules.min_language_certainty, rules.max_foreign_share
    yield ask.at_least(
        "language_certainty",
        "min_language_certainty",
        why=f"in {m.language} with certainty {m.language_certainty}, below {least}",
        unasked=unasked,
    )
    yield ask.at_most(
        "foreign_share",
        "max_foreign_share",
        why=f"{m.foreign_share:.0%} of the letters stand in lines of another language, over {most}",
        unasked=unasked,
    )


def _paywall(document: Document, m: Measures, rules: CleanRules) -> Iterator[Check]:
    most = rules.max_paywall_words
    unasked = "off" if most is None else f"more than {most} words" if m.words > most else ""
    match = None if unasked else _pattern(rules.paywall_phrases).search(document.text)
    phrase = match[0] if match else None
    yield _Asking("paywall", m, rules).found(
        "paywall_phrase",
        "max_paywall_words",
        phrase,
        why=f"{m.words} words with {phrase!r}",
        unasked=unasked,
    )


def _code(document: Document, m: Measures, rules: CleanRules) -> Iterator[Check]:
    ask = _Asking("code", m, rules)
    few = f"fewer than {rules.min_code_lines} lines of code"
    unasked = few if m.code_lines < rules.min_code_lines else ""
    yield ask.at_most(
        "code_line_share",
        "max_code_lines",
        why=f"{m.code_line_share:.0%} of the text looks like code, over {rules.max_code_lines}",
        unasked=unasked,
    )
    yield ask.at_most(
        "code_symbol_share",
        "max_code_symbols",
        why=f"{m.code_symbol_share:.1%} are characters of code, over {rules.max_code_symbols}",
        unasked=unasked,
    )
    has = "{" in document.text
    yield ask.forbids("curly_bracket", "drop_curly_brackets", has, why="there is a {")


def _list_page(_: Document, m: Measures, rules: CleanRules) -> Iterator[Check]:
    ask = _Asking("list_page", m, rules)
    yield ask.forbids(
        "front_page", "drop_front_pages", m.front_page, why="the front page of its site"
    )
    declared = "the page calls itself an article" if m.declared_article else ""
    most = rules.max_list_words_per_line
    long_lines = most is not None and m.words_per_line >= most
    yield ask.at_most(
        "link_share",
        "max_link_share",
        why=f"{m.link_share:.0%} of the page's words are links, in short lines",
        unasked=declared or (f"{m.words_per_line:.1f} words a line" if long_lines else ""),
    )
    few = m.prose_lines < rules.min_teaser_lines
    yield ask.at_most(
        "teaser_share",
        "max_teaser_share",
        why=f"{m.teaser_share:.0%} of the page's prose are teasers of links",
        unasked=declared or (f"fewer than {rules.min_teaser_lines} lines of prose" if few else ""),
    )


def _boilerplate(document: Document, m: Measures, rules: CleanRules) -> Iterator[Check]:
    ask = _Asking("boilerplate", m, rules)
    yield ask.at_most(
        "repeated_share",
        "max_repeated_share",
        why=f"{m.repeated_share:.0%} of the text stands on {rules.min_repeats} or more pages of its site",
        unasked="off" if rules.min_repeats is None else "",
    )
    legal = _share_with(rules.legal_phrases, document.text)
    yield ask.at_most(
        "legal_share",
        "max_legal_share",
        value=legal,
        why=f"{legal:.0%} of the text are notices on cookies, rights or data",
    )
    lorem = "lorem ipsum" in document.text.lower()
    yield ask.forbids("lorem_ipsum", "drop_lorem_ipsum", lorem, why="there is lorem ipsum")


def _short(_: Document, m: Measures, rules: CleanRules) -> Iterator[Check]:
    ask = _Asking("short", m, rules)
    yield ask.at_least("words", "min_words", why=f"{m.words} words, fewer than {rules.min_words}")
    yield ask.at_least(
        "own_words",
        "min_own_words",
        why=f"{m.own_words} words beside what its site repeats, fewer than {rules.min_own_words}",
        unasked="" if m.own_words < m.words else "its site repeats none of it",
    )


NOISE = (
    ("words", None, "max_words"),
    ("longest_word", None, "max_word_length"),
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
    ("top_2_gram", None, "max_top_2_gram"),
    ("top_3_gram", None, "max_top_3_gram"),
    ("top_4_gram", None, "max_top_4_gram"),
    ("repeated_5_grams", None, "max_repeated_5_grams"),
    ("repeated_10_grams", None, "max_repeated_10_grams"),
    ("replacement_characters", None, "max_replacement_characters"),
)
"""Measure, the threshold it must reach, the threshold it must not pass."""

NOTICE = 300
"""Characters of a line that count as a notice where it holds the phrase of one."""

OF_LINES = ("bullet_lines", "ellipsis_lines", "lines_ending_sentence", "short_lines")


def _noisy(_: Document, m: Measures, rules: CleanRules) -> Iterator[Check]:
    ask = _Asking("noisy", m, rules)
    few = f"fewer than {rules.min_lines} lines" if m.lines < rules.min_lines else ""
    prose = rules.max_prose_words
    if prose is not None and m.prose_words > prose:
        few = f"{m.prose_words} words of prose"
    for measure, low, high in NOISE:
        unasked = few if measure in OF_LINES else ""
        if low is not None:
            yield ask.at_least(measure, low, unasked=unasked)
        if high is not None:
            yield ask.at_most(measure, high, unasked=unasked)


RULES: dict[str, Rule] = {
    "paywall": _paywall,
    "short": _short,
    "list_page": _list_page,
    "language": _language,
    "code": _code,
    "boilerplate": _boilerplate,
    "noisy": _noisy,
}
"""In the order in which they are asked: what says most about a page comes first."""


@lru_cache(maxsize=16)
def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    every = "|".join(f"(?:{phrase})" for phrase in phrases) or r"(?!)"
    return re.compile(every, re.IGNORECASE | re.MULTILINE)


def _share_with(phrases: tuple[str, ...], text: str) -> float:
    """Share of the characters of `text` that stand in lines with any of `phrases`, at most NOTICE of each."""
    pattern = _pattern(phrases)
    if pattern.search(text) is None:
        return 0.0
    lines = list(paragraphs(text))
    found = sum(min(len(line), NOTICE) for line in lines if pattern.search(line))
    return found / max(sum(map(len, lines)), 1)


def _shown(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
