"""The language of a text, told without a network: by its small words, by n-grams, by py3langid's model.

English is the standard language in any national spelling. Scots, Jamaican, Nigerian Pidgin, Tok
Pisin and Bislama are languages of their own here: detectors take them for English, so their small
words are looked for first.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gonerd_scraper.config import read_toml

__all__ = ["CONTENTLESS", "ENGLISH_WORDS", "KIN", "foreign_share", "language_of"]

READ = 20_000
"""Characters that are looked at; more changes no verdict and costs time."""

CONTENTLESS = "zxx"
"""The code (ISO 639-2) of a text without words: numbers, symbols."""

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")

_SMALL_WORDS = read_toml(Path(__file__).with_name("small_words.toml"))
ENGLISH_WORDS = frozenset(_SMALL_WORDS["english"].split())
"""The commonest words of English news."""
KIN: Mapping[str, frozenset[str]] = MappingProxyType(
    {code: frozenset(words.split()) for code, words in _SMALL_WORDS["kin"].items()}
)
"""Small words of languages near English, by code; none of them is a common word of English."""

KIN_SHARE = 0.04
"""Share of the words from which they decide. English articles stay below 0.01."""

KIN_WORDS = 3
"""Different ones of them that a text must have: a name may look like one."""

SURE, DISPUTED_SHARE, DISPUTED = 0.9, 0.1, 0.5
"""Below this certainty of the model, n-grams and this share of English words overrule it, with the last
certainty: headlines and names mislead the model."""

CLEAR_SHARE, CLEAR_WORDS = 0.25, 20
"""A text with this share of English words, and this many words, that n-grams take for English, is."""

JUDGED_LINE = 60
"""Letters and more of a line whose language is looked at on its own."""
LINE_KIN_SHARE = 0.12
"""Share of a line's words that must be small words of a language near English."""
NEARER, FAR = 0.9, 100_000
"""How much nearer than English, by n-grams, another language must be; names alone look a little Latin."""
LAST_LATIN = "\u024f"


def language_of(text: str) -> tuple[str, float]:
    """ISO 639 code and certainty, from 0 to 1, of the language that `text` is in.

    Where the words alone leave no doubt the certainty is 1 and the model is not asked: it takes ten
    times as long as all the rest.
    """
    read = text[:READ]
    words = WORD.findall(read.lower())
    if not words:
        return CONTENTLESS, 1.0
    counts = Counter(words)
    kin = {code: sum(counts[word] for word in small) for code, small in KIN.items()}
    nearest = max(kin, key=lambda code: kin[code])
    if (
        kin[nearest] >= KIN_SHARE * len(words)
        and len(KIN[nearest] & counts.keys()) >= KIN_WORDS
        and (_ngrams(read) == "en" or _model(read)[0] in ("en", nearest))
    ):
        return nearest, 1.0
    english = sum(counts[word] for word in ENGLISH_WORDS) / len(words)
    if english >= CLEAR_SHARE and len(words) >= CLEAR_WORDS and _ngrams(read) == "en":
        return "en", 1.0
    language, certainty = _model(read)
    if language in KIN and not KIN[language] & counts.keys():
        return "en", DISPUTED
    disputed = certainty < SURE if language != "en" else certainty < DISPUTED
    if disputed and english >= DISPUTED_SHARE and _ngrams(read) == "en":
        return "en", DISPUTED
    return language, certainty


def foreign_share(text: str) -> float:
    """Share of the letters of an English `text` that stand in lines of evidently another language.

    Letters beyond Latin script are foreign wherever they stand; else a line with fewer than
    JUDGED_LINE letters is not judged, and counts as English.
    """
    foreign = letters = 0
    for line in text[:READ].split("\n"):
        size = sum(map(str.isalpha, line))
        letters += size
        beyond = 0 if line.isascii() else sum(c > LAST_LATIN and c.isalpha() for c in line)
        if size >= JUDGED_LINE and _is_foreign(line):
            foreign += size
        else:
            foreign += beyond
    return round(foreign / max(letters, 1), 4)


def _is_foreign(line: str) -> bool:
    from resiliparse.parse.lang import detect_fast

    words = Counter(WORD.findall(line.lower()))
    least = LINE_KIN_SHARE * words.total()
    if any(sum(words[word] for word in small) >= least for small in KIN.values()):
        return True
    if sum(words[word] for word in ENGLISH_WORDS) >= DISPUTED_SHARE * words.total():
        return False
    if sum(map(str.isupper, line)) > len(line) / 2:
        line = line.lower()  # to n-grams, capitals are Chinese
    found, distance = detect_fast(line, cutoff=FAR)
    english = detect_fast(line, cutoff=FAR, langs=["en"])[1]
    return bool(found != "en" and distance < NEARER * english)


def _ngrams(text: str) -> str:
    from resiliparse.parse.lang import detect_fast

    return str(detect_fast(text.lower())[0])


def _model(text: str) -> tuple[str, float]:
    language, certainty = _identifier().classify(text)
    return str(language), round(float(certainty), 4)


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
