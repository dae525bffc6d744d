"""The rules of Gopher, FineWeb and C4 against datatrove's filters: the same verdict for the same threshold.

What is not the same, on purpose:
- Words are what white space parts; datatrove asks a tokenizer, which cuts off punctuation. Its splitter is
  replaced by white space here; the last test says how often that changes a verdict on real text.
- Short and mean word length: datatrove leaves out parts that are all punctuation by a list of its own, here a
  word has a letter or digit. The texts here have no part where the two differ.
- Six signs count as bullets, in Gopher two; the texts here have but these two.
- Stop words count in capitals, too; the texts are lower-cased where that is asked.
- What ends a sentence includes quotation marks; datatrove's filter is given the same signs.
- A run of words that stands there once repeats nothing; Gopher counts the first of a text that repeats none.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Callable
from functools import lru_cache
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gonerd.schema import Document
from gonerd_scraper.cleaning.filters import CleanRules, checks_of
from gonerd_scraper.cleaning.measures import SENTENCE_END, Measures, measures_of
from tests.places import SHARED_DATA, needs

datatrove = pytest.importorskip("datatrove.data", reason="the extra scale is not installed")

from datatrove.pipeline.filters import (  # noqa: E402 - after the skip
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.pipeline.filters import fineweb_quality_filter as fineweb  # noqa: E402
from datatrove.pipeline.filters import gopher_quality_filter as gopher  # noqa: E402
from datatrove.pipeline.filters import gopher_repetition_filter as repetition  # noqa: E402

RELEASES = SHARED_DATA / "mlm" / "senate_press_releases.jsonl.xz"

WORDS = (
    "the",
    "and",
    "of",
    "council",
    "bridge",
    "a",
    "42",
    "#tag",
    "wait...",
    "well…",
    "co-op",
    "3.5",
)
ENDS = (".", "!", "?", "", "...", "…", ":", '"')
OFF_GOPHER_NAMES = """
min_doc_words max_doc_words min_avg_word_length max_avg_word_length max_symbol_word_ratio
max_bullet_lines_ratio max_ellipsis_lines_ratio max_non_alpha_words_ratio min_stop_words
"""
OFF_GOPHER: dict[str, Any] = dict.fromkeys(OFF_GOPHER_NAMES.split())
OFF_FINEWEB = {
    "line_punct_thr": 0.0,
    "short_line_thr": 1.0,
    "char_duplicates_ratio": 1.0,
    "new_line_ratio": 1e9,
    "stop_chars": SENTENCE_END,
}
OFF_REPETITION: dict[str, Any] = dict.fromkeys(
    ("dup_line_frac", "dup_para_frac", "dup_line_char_frac", "dup_para_char_frac")
)


def gopher_rule(name: str, limit: float) -> Any:
    return GopherQualityFilter(**OFF_GOPHER | {name: limit})


def fineweb_rule(name: str, limit: float) -> Any:
    return FineWebQualityFilter(**OFF_FINEWEB | {name: limit})


def top_gram(size: int) -> Callable[[str, float], Any]:
    return lambda _, limit: GopherRepetitionFilter(
        **OFF_REPETITION, top_n_grams=((size, limit),), dup_n_grams=()
    )


def repeated_gram(size: int) -> Callable[[str, float], Any]:
    return lambda _, limit: GopherRepetitionFilter(
        **OFF_REPETITION, top_n_grams=(), dup_n_grams=((size, limit),)
    )


PARITY = [
    ("min_words", gopher_rule, "min_doc_words", st.integers(1, 60)),
    ("max_words", gopher_rule, "max_doc_words", st.integers(1, 60)),
    ("min_mean_word_length", gopher_rule, "min_avg_word_length", st.floats(1, 8)),
    ("max_mean_word_length", gopher_rule, "max_avg_word_length", st.floats(1, 8)),
    ("max_symbols_per_word", gopher_rule, "max_symbol_word_ratio", st.floats(0.01, 0.6)),
    ("max_bullet_lines", gopher_rule, "max_bullet_lines_ratio", st.floats(0.01, 0.99)),
    ("max_ellipsis_lines", gopher_rule, "max_ellipsis_lines_ratio", st.floats(0.01, 0.99)),
    ("min_alphabetic_words", gopher_rule, "max_non_alpha_words_ratio", st.floats(0.01, 1)),
    ("min_stop_words", gopher_rule, "min_stop_words", st.integers(1, 8)),
    ("min_lines_ending_sentence", fineweb_rule, "line_punct_thr", st.floats(0.01, 0.99)),
    ("max_short_lines", fineweb_rule, "short_line_thr", st.floats(0.01, 0.99)),
    ("max_repeated_characters", fineweb_rule, "char_duplicates_ratio", st.floats(0.001, 0.9)),
    ("max_line_breaks_per_word", fineweb_rule, "new_line_ratio", st.floats(0.01, 0.9)),
    ("max_top_2_gram", top_gram(2), "", st.floats(0.02, 0.9)),
    ("max_top_3_gram", top_gram(3), "", st.floats(0.02, 0.9)),
    ("max_top_4_gram", top_gram(4), "", st.floats(0.02, 0.9)),
    ("max_repeated_5_grams", repeated_gram(5), "", st.floats(0.01, 0.9)),
    ("max_repeated_10_grams", repeated_gram(10), "", st.floats(0.01, 0.9)),
]
IDS = [threshold for threshold, *_ in PARITY]


@pytest.fixture(autouse=True)
def parted_by_white_space(request, monkeypatch):
    if not request.node.name.startswith("test_whole_gopher"):
        for module in (gopher, fineweb, repetition):
            monkeypatch.setattr(module, "split_into_words", lambda text, _: text.split())


def english(text: str) -> Document:
    """A document whose language need not be found out."""
    return Document(id="x", text=text, meta={"language": "en", "language_certainty": 1.0})


@lru_cache(maxsize=1000)
def measured(text: str) -> Measures:
    return measures_of(english(text))


def passes(threshold: str, limit: float, text: str) -> bool:
    """Whether the one check of ours passes; a condition of ours that datatrove has not is met."""
    rules = CleanRules(**{threshold: limit}, min_lines=0, max_prose_words=None)
    checks = checks_of(english(text), measured(text), rules)
    return next(check.passed for check in checks if check.threshold == threshold)


def kept(judge: Any, text: str) -> bool:
    result = judge.filter(datatrove.Document(text=text, id="x"))
    return result if isinstance(result, bool) else result[0]


@st.composite
def texts(draw) -> str:
    bullets = st.sampled_from(("", "", "- ", "• "))
    words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9)
    line = st.tuples(bullets, words, st.sampled_from(ENDS))
    lines = draw(st.lists(line, min_size=1, max_size=12))
    made = [f"{bullet}{' '.join(words)}{end}" for bullet, words, end in lines]
    made += draw(st.lists(st.sampled_from(made), max_size=4))
    return "\n".join(made)


@pytest.mark.parametrize(("threshold", "rule", "name", "limits"), PARITY, ids=IDS)
@settings(max_examples=40)
@given(data=st.data())
def test_a_made_text_gets_the_same_verdict(threshold, rule, name, limits, data):
    text, limit = data.draw(texts()), data.draw(limits)
    if threshold != "max_bullet_lines":
        text = text.replace("•", "-")  # a word to datatrove
    if threshold.startswith("max_top"):
        text = "\n".join([text] * 5)  # one that repeats something
    assert passes(threshold, limit, text) == kept(rule(name, limit), text)


def releases(step: int) -> list[str]:
    with lzma.open(RELEASES, "rt", encoding="utf-8") as file:
        found = [json.loads(line)["text"] for line in islice(file, 5, None, step)]
    # blank lines are no lines here, and every text that gonerd extracts has none
    return ["\n".join(line.strip() for line in t.split("\n") if line.strip()) for t in found]


def agrees(text: str) -> bool:
    """Whether the definitions of word and bullet agree on `text`."""
    listed = gopher.PUNCTUATION_SET
    words = all(
        any(map(str.isalnum, part)) == any(c not in listed for c in part) for part in text.split()
    )
    return words and not any(line.startswith(("*", "–", "·", "‣")) for line in text.split("\n"))


@needs(RELEASES)
@pytest.mark.parametrize(("threshold", "rule", "name", "limits"), PARITY, ids=IDS)
def test_real_press_releases_get_the_same_verdict(threshold, rule, name, limits):
    measure = MEASURE[threshold]
    found = [text.lower() for text in releases(260) if agrees(text)]
    assert len(found) > 100
    if "top" in threshold:  # the first run of a text that repeats none
        found = [text for text in found if getattr(measured(text), measure)]
    values = sorted({getattr(measured(text), measure) for text in found})
    verdicts = set()
    for share in (0, 0.25, 0.5, 0.75, 0.98):
        limit = values[int(share * (len(values) - 1))]
        if isinstance(limit, float):
            limit += 1e-7  # on no value: there a rounding error decides
        judge = rule(name, max(limit, 1e-7))
        for text in found:
            ours = passes(threshold, limit, text)
            verdicts.add(ours)
            assert ours == kept(judge, text), (limit, text[:80])
    assert len(verdicts) == 2 or len(values) == 1


MEASURE = {
    "min_words": "words",
    "max_words": "words",
    "min_mean_word_length": "mean_word_length",
    "max_mean_word_length": "mean_word_length",
    **{
        threshold: threshold.partition("_")[2]
        for threshold in IDS
        if threshold not in ("min_words", "max_words") and "mean" not in threshold
    },
}


C4_OFF: dict[str, Any] = {
    "remove_citations": False,
    "filter_no_terminal_punct": False,
    "min_num_sentences": -1,
    "min_words_per_line": -1,
    "max_word_length": -1,
    "filter_lorem_ipsum": False,
    "filter_javascript": False,
    "filter_curly_bracket": False,
    "filter_policy": False,
}
C4_LINES = (
    "The council met on Monday.",
    "Here stands Lorem Ipsum dolor.",
    "if (a) { b }",
    "Please enable JavaScript.",
    "Read the Privacy Policy and our terms of use.",
    "We use cookies on this site.",
    "A cookie was baked.",
    f"{'x' * 1001} is long",
)


@pytest.mark.parametrize(
    ("threshold", "ours", "theirs"),
    [
        ("drop_lorem_ipsum", {"drop_lorem_ipsum": True}, {"filter_lorem_ipsum": True}),
        ("drop_curly_brackets", {"drop_curly_brackets": True}, {"filter_curly_bracket": True}),
    ],
)
@given(lines=st.lists(st.sampled_from(C4_LINES), min_size=1))
def test_pages_go_as_in_c4(threshold, ours, theirs, lines):
    text = "\n".join(lines)
    rules = CleanRules(**ours, min_code_lines=0)
    document = english(text)
    checks = checks_of(document, measures_of(document), rules)
    passed = next(check.passed for check in checks if check.threshold == threshold)
    assert passed == kept(C4QualityFilter(**C4_OFF | theirs), text)


@given(lines=st.lists(st.sampled_from(C4_LINES), min_size=1))
def test_lines_of_policy_and_javascript_are_those_of_c4(lines):
    """C4 takes such lines out of the text; here they count towards `max_legal_share`."""
    text = "\n".join(lines)
    judged = datatrove.Document(text=text, id="x")
    C4QualityFilter(**C4_OFF | {"filter_policy": True, "filter_javascript": True}).filter(judged)
    left = judged.text.split("\n") if judged.text else []
    of_c4 = CleanRules().legal_phrases[:2]
    document = english(text)
    checks = checks_of(document, measures_of(document), CleanRules(legal_phrases=of_c4))
    share = next(check.value for check in checks if check.measure == "legal_share")
    assert share == pytest.approx(1 - sum(map(len, left)) / sum(map(len, lines)))


@given(st.lists(st.integers(990, 1010), min_size=1, max_size=3))
def test_too_long_a_word_is_as_long_as_in_c4(lengths):
    text = "\n".join("x" * length for length in lengths)
    judged = datatrove.Document(text=text, id="x")
    C4QualityFilter(**C4_OFF | {"max_word_length": 1000}).filter(judged)
    assert passes("max_word_length", 1000, text) == (judged.text == text)


@needs(RELEASES)
def test_whole_gopher_with_its_own_words_hardly_ever_says_otherwise():
    found = releases(330)
    judge = GopherQualityFilter()
    ours = [
        all(passes(t, getattr(CleanRules(min_stop_words=2), t), text) for t, *_ in PARITY[:9])
        for text in found
    ]
    same = sum(one == kept(judge, text) for one, text in zip(ours, found, strict=True))
    assert same >= 0.98 * len(found)
