"""Words as spaCy's English tokenizer cuts them, as character spans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from gonerd.schema import Document, Span

if TYPE_CHECKING:
    from spacy.tokenizer import Tokenizer

__all__ = ["forget_words", "sentence_starts", "token_spans", "tokenizer_name", "words_of"]

# spaCy leaves "U.K.-based" whole, which would hide the name inside; it splits "Boston-based" by itself.
AFTER_ABBREVIATION = r"(?<=\.)[-–—](?=[A-Za-z])"

MANY_WORDS = 50_000
"""Different words that may be kept; about 25 MB."""


def token_spans(text: str) -> list[Span]:
    """The tokens of `text`, ascending and disjoint; white space is never a token. About 500,000 tokens/s."""
    from spacy.attrs import IDX, IS_SPACE, LENGTH

    found = _tokenizer()(text).to_array([IDX, LENGTH, IS_SPACE]).tolist()
    return [(start, start + length) for start, length, blank in found if not blank]


def words_of(document: Document) -> tuple[Span, ...]:
    """The document's own tokens; spaCy's where it brings none."""
    return document.tokens if document.tokens is not None else tuple(token_spans(document.text))


def sentence_starts(words: Sequence[str]) -> list[int]:
    """Numbers of the tokens that begin a sentence, by the rule of spaCy's sentencizer.

    After `.`, `?`, `!` and their like in any script, the next token that is not punctuation begins one. The
    rule is written out here, as spaCy's own takes ten times as long.
    """
    stops, is_punctuation = _sentence_rule()
    found = [0] if words else []
    stopped = False
    for number, word in enumerate(words):
        if word in stops:
            stopped = True
        elif stopped and not is_punctuation(word):
            found.append(number)
            stopped = False
    return found


def forget_words() -> None:
    """Begin anew with the words that spaCy keeps for speed, if they are many; else do nothing.

    Who tokenizes a corpus calls it now and then, so that memory does not grow with the vocabulary.
    """
    if len(_tokenizer().vocab) > MANY_WORDS:
        _tokenizer.cache_clear()


def tokenizer_name() -> str:
    """What cut the text, with its version, as the dataset card records it."""
    return f"spaCy {version('spacy')} blank English, hyphens split after abbreviations"


@cache
def _tokenizer() -> Tokenizer:
    import spacy
    from spacy.util import compile_infix_regex

    pipeline = spacy.blank("en")
    infixes = [*(pipeline.Defaults.infixes or ()), AFTER_ABBREVIATION]
    tokenizer: Tokenizer = pipeline.tokenizer
    tokenizer.infix_finditer = compile_infix_regex(infixes).finditer
    return tokenizer


@cache
def _sentence_rule() -> tuple[frozenset[str], Callable[[str], bool]]:
    from spacy.lang.lex_attrs import is_punct
    from spacy.pipeline import Sentencizer

    return frozenset(Sentencizer.default_punct_chars), is_punct
