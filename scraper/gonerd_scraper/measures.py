"""The numbers that the cleaning rules look at, taken once per document."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from gonerd.schema import Document
from gonerd_scraper.language import language_of

__all__ = ["Measures", "measures_of"]

STOP_WORDS = frozenset({"the", "be", "to", "of", "and", "that", "have", "with"})
"""Gopher's (arXiv 2112.11446, A1.1)."""

SENTENCE_END = tuple(".!?…:;\"'”’)»")
BULLETS = ("•", "-", "*", "–", "·", "‣")
SHORT_LINE = 30

CODE_LINE = re.compile(
    r"""
      [{}]\s*;?\s*(?://.*)?$                                     # ends as blocks do
    | (?:\w\([^()]*\)|=.*|\]|\+\+|--)\s*;$                        # ends as statements do
    | ^\s*(?:\#include|import\s+[\w.]+\s*;?$|from\s+[\w.]+\s+import|package\s+[\w.]+;)
    | ^\s*(?:def|class|function|func|fn|public|private|static|var|let|const|if|for|while)\b
      .*[({:=]\s*\S*.*[):{;]\s*$
    | ^\s*(?:return|print|echo|elif|else|try|except|catch)\b.*[:;(){}]
    | ^\s*(?:\$\ [a-z]|>>>\ |\#!)                               # a prompt
    | </?\w+(?:\s+[\w-]+="[^"]*")*\s*/?>                         # markup shown as text
    | =>|::|&&|\|\||!==?|\+=|==
    | ^\s*(?://|/\*|\*/|<!--)
    | ^\s*[\w.\[\]'"]+\s*=\s*[\w.\[\]'"({]+.*$                   # an assignment
    | ^\s*(?:SELECT|INSERT|UPDATE|DELETE|CREATE)\b.*\b(?:FROM|INTO|SET|TABLE)\b
    """,
    re.VERBOSE,
)
CODE_SYMBOLS = frozenset("{}[]<>=;$_|\\^~`#")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Counts and shares of one document. Words are what white space parts; lines are not blank.

    What Gopher and FineWeb call by a name is counted as they count it (datatrove's filters of these
    names).
    """

    characters: int
    words: int
    lines: int
    mean_word_length: float
    symbols_per_word: float
    bullet_lines: float
    ellipsis_lines: float
    alphabetic_words: float
    stop_words: int
    lines_ending_sentence: float
    short_lines: float
    repeated_characters: float
    line_breaks_per_word: float
    replacement_characters: float
    code_lines: int
    code_line_share: float
    code_symbol_share: float
    language: str
    language_certainty: float
    link_share: float
    prose_lines: int
    teaser_share: float
    front_page: bool
    declared_article: bool
    words_per_line: float


def measures_of(document: Document) -> Measures:
    """Measure `document`; language and page signals come from its meta where they stand there."""
    text = document.text
    words = text.split()
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    count, rows = max(len(words), 1), max(len(lines), 1)
    code = [line for line in lines if CODE_LINE.search(line)]
    language = document.meta.get("language"), document.meta.get("language_certainty")
    if not isinstance(language[0], str) or not isinstance(language[1], (int, float)):
        language = language_of(text)
    page = document.meta.get("page") or {}
    lowered = {word.lower() for word in words}
    return Measures(
        characters=len(text),
        words=len(words),
        lines=len(lines),
        mean_word_length=_share(sum(map(len, words)), count),
        symbols_per_word=_share(text.count("#") + text.count("...") + text.count("…"), count),
        bullet_lines=_share(sum(line.startswith(BULLETS) for line in lines), rows),
        ellipsis_lines=_share(sum(line.endswith(("...", "…")) for line in lines), rows),
        alphabetic_words=_share(sum(any(c.isalpha() for c in word) for word in words), count),
        stop_words=len(STOP_WORDS & lowered),
        lines_ending_sentence=_share(sum(line.endswith(SENTENCE_END) for line in lines), rows),
        short_lines=_share(sum(len(line) <= SHORT_LINE for line in lines), rows),
        repeated_characters=_repeated(lines, len(text)),
        line_breaks_per_word=_share(text.count("\n"), count),
        replacement_characters=_share(text.count("\ufffd"), max(len(text), 1), 6),
        code_lines=len(code),
        code_line_share=_share(sum(map(len, code)), max(sum(map(len, lines)), 1)),
        code_symbol_share=_share(sum(c in CODE_SYMBOLS for c in text), max(len(text), 1)),
        language=str(language[0]),
        language_certainty=float(language[1] or 0.0),
        link_share=float(page.get("link_share", 0.0)),
        prose_lines=int(page.get("prose_lines", 0)),
        teaser_share=float(page.get("teaser_share", 0.0)),
        front_page=urlsplit(
            str(document.meta.get("final_url") or document.meta.get("url") or "x")
        ).path
        in ("", "/", "/index.html", "/index.php"),
        declared_article="article" in str(page.get("type", "")),
        words_per_line=_share(len(words), rows),
    )


def _share(part: float, whole: float, digits: int = 4) -> float:
    return round(part / whole, digits)


def _repeated(lines: list[str], length: int) -> float:
    """Share of the characters that stand in lines which stood there before."""
    seen: set[str] = set()
    repeated = 0
    for line in lines:
        if line in seen:
            repeated += len(line)
        seen.add(line)
    return _share(repeated, max(length, 1))
