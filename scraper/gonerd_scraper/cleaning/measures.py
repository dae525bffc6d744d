"""The numbers that the cleaning rules look at, taken once per document."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from gonerd.schema import Document
from gonerd_scraper.cleaning.boilerplate import own_text, paragraphs
from gonerd_scraper.language import ENGLISH_WORDS, foreign_share, language_of

__all__ = ["Measures", "measures_of"]

STOP_WORDS = frozenset({"the", "be", "to", "of", "and", "that", "have", "with"})
"""Gopher's (arXiv 2112.11446, A1.1)."""

SENTENCE_END = tuple(".!?…:;\"'”’)»")
BULLETS = ("•", "-", "*", "–", "·", "‣")
SHORT_LINE, PROSE_LINE = 30, 10

# No pattern tries a place again for each of many others: a line may have millions of characters.
CODE_LINE = re.compile(
    r"""
      [{}]\s*(?:;\s*)?(?://.*)?$                                  # ends as blocks do
    | (?:\w\([^()]*\)|\]|\+\+|--)\s*;$                            # ends as statements do
    | ^[^=]*=.*;$
    | ^\s*(?:\#include|import\s+[\w.]+\s*;?$|from\s+[\w.]+\s+import|package\s+[\w.]+;)
    | ^\s*(?:def|class|function|func|fn|public|private|static|var|let|const|if|for|while)\b
      [^({:=]*[({:=].*[):{;]\s*$
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
NAME = re.compile(r"[A-Za-z_]{2}|^(?=[^{}]*[{}])\W*$")
"""A line of code names something, or is a bracket; symbols alone are noise."""
CODE_SYMBOL = re.compile(r"[{}\[\]<>=;$_|\\^~`#]")
FRONT_PAGES = ("", "/", "/index.html", "/index.php")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Counts and shares of one document; none is rounded.

    `parts` are what white space parts, `words` those with a letter or digit, lines are not blank. `own_words`
    stand in paragraphs that the site does not repeat, `repeated_share` is the share of the characters in
    those that it does. What Gopher and FineWeb call by a name is counted as datatrove's filters of these
    names count it; tests/scraper/cleaning/test_parity.py says where that is not so, and why.
    `prose_words` are those of lines with ten and more of them, and two common ones of English among these.
    """

    characters: int
    parts: int
    words: int
    own_words: int
    repeated_share: float
    longest_word: int
    lines: int
    prose_words: int
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
    top_2_gram: float
    top_3_gram: float
    top_4_gram: float
    repeated_5_grams: float
    repeated_10_grams: float
    replacement_characters: float
    code_lines: int
    code_line_share: float
    code_symbol_share: float
    language: str
    language_certainty: float
    foreign_share: float
    link_share: float
    prose_lines: int
    teaser_share: float
    front_page: bool
    declared_article: bool
    words_per_line: float


def measures_of(document: Document, *, repeated: Set[int] = frozenset()) -> Measures:
    """Measure `document`; language and page signals come from its meta where they stand there.

    `repeated` are the paragraphs that sites repeat, as `boilerplate.SiteParagraphs` knows them.
    """
    text = document.text
    parts = text.split()
    words = [part for part in parts if part.isalnum() or any(map(str.isalnum, part))]
    lines = list(paragraphs(text))
    own = own_text(document, repeated) if repeated else text
    count, rows, size = max(len(parts), 1), max(len(lines), 1), max(len(text), 1)
    of_lines = max(sum(map(len, lines)), 1)
    code = [line for line in lines if CODE_LINE.search(line) and NAME.search(line)]
    language = document.meta.get("language"), document.meta.get("language_certainty")
    if not isinstance(language[0], str) or not isinstance(language[1], (int, float)):
        language = language_of(text)
    page = document.meta.get("page")
    page = page if isinstance(page, dict) else {}
    symbols = max(text.count("#"), text.count("...") + text.count("…"))
    return Measures(
        characters=len(text),
        parts=len(parts),
        words=len(words),
        own_words=len(words) if own is text else _words(own),
        repeated_share=0.0 if own is text else 1 - sum(map(len, own.split("\n"))) / of_lines,
        longest_word=max(map(len, parts), default=0),
        lines=len(lines),
        prose_words=sum(map(_prose, lines)),
        mean_word_length=sum(map(len, words)) / max(len(words), 1),
        symbols_per_word=symbols / count,
        bullet_lines=sum(line.startswith(BULLETS) for line in lines) / rows,
        ellipsis_lines=sum(line.endswith(("...", "…")) for line in lines) / rows,
        alphabetic_words=sum(p.isalpha() or any(map(str.isalpha, p)) for p in parts) / count,
        stop_words=len(STOP_WORDS & {part.lower() for part in parts}),
        lines_ending_sentence=sum(line.endswith(SENTENCE_END) for line in lines) / rows,
        short_lines=sum(len(line) <= SHORT_LINE for line in lines) / rows,
        repeated_characters=_repeated(lines) / max(size - text.count("\n"), 1),
        line_breaks_per_word=text.count("\n") / count,
        top_2_gram=_top_gram(parts, 2) / size,
        top_3_gram=_top_gram(parts, 3) / size,
        top_4_gram=_top_gram(parts, 4) / size,
        repeated_5_grams=_repeated_grams(parts, 5) / size,
        repeated_10_grams=_repeated_grams(parts, 10) / size,
        replacement_characters=text.count("\ufffd") / size,
        code_lines=len(code),
        code_line_share=sum(map(len, code)) / of_lines,
        code_symbol_share=len(CODE_SYMBOL.findall(text)) / size,
        language=str(language[0]),
        language_certainty=float(language[1] or 0.0),
        foreign_share=foreign_share(text) if language[0] == "en" else 0.0,
        link_share=_number(page, "link_share"),
        prose_lines=int(_number(page, "prose_lines")),
        teaser_share=_number(page, "teaser_share"),
        front_page=_is_front_page(document),
        declared_article="article" in str(page.get("type", "")),
        words_per_line=len(words) / rows,
    )


def _number(page: Mapping[str, Any], name: str) -> float:
    """A signal of the page; 0 where it is none of ours, which documents from elsewhere may carry."""
    value = page.get(name)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else 0.0


def _is_front_page(document: Document) -> bool:
    address = str(document.meta.get("final_url") or document.meta.get("url") or "x")
    try:
        return urlsplit(address).path in FRONT_PAGES
    except ValueError:  # no address
        return False


def _prose(line: str) -> int:
    parts = line.split()
    small = ENGLISH_WORDS & {part.lower() for part in parts} if len(parts) >= PROSE_LINE else ()
    return len(parts) if len(small) >= 2 else 0


def _words(text: str) -> int:
    return sum(any(map(str.isalnum, part)) for part in text.split())


def _repeated(lines: list[str]) -> int:
    """Characters in lines which stood there before."""
    seen: set[str] = set()
    repeated = 0
    for line in lines:
        if line in seen:
            repeated += len(line)
        seen.add(line)
    return repeated


def _top_gram(parts: list[str], n: int) -> int:
    """Characters that the commonest run of `n` words makes, by standing there twice or more often."""
    grams = Counter(zip(*(parts[i:] for i in range(n)), strict=False))
    if not grams:
        return 0
    gram, often = grams.most_common(1)[0]
    return len(" ".join(gram)) * often if often > 1 else 0


def _repeated_grams(parts: list[str], n: int) -> int:
    """Characters, blanks aside, in runs of `n` words that stood there before; the runs do not overlap."""
    grams = list(zip(*(parts[i:] for i in range(n)), strict=False))
    if len(set(grams)) == len(grams):
        return 0
    seen: set[tuple[str, ...]] = set()
    repeated = at = 0
    while at < len(grams):
        if grams[at] in seen:
            repeated += sum(map(len, grams[at]))
            at += n
        else:
            seen.add(grams[at])
            at += 1
    return repeated
