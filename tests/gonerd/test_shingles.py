"""Words and shingles against the definition, and hashes against the strings."""

from __future__ import annotations

import random
import re
import sys

from hypothesis import given
from hypothesis import strategies as st

from gonerd.shingles import (
    BATCH,
    hashed_shingles,
    numbered_shingles,
    shingles,
    words,
)

TEXTS = st.text(
    st.one_of(
        st.sampled_from("ab_ \n.É—éİıΣσςßẞ\u0307𐐀𐐨\ud800'9٣²"), st.characters(exclude_categories=[])
    ),
    max_size=60,
)


def by_definition(text: str) -> set[str]:
    found = re.findall(r"\w+", text.lower())
    return {" ".join(found[i : i + 5]) for i in range(max(1, len(found) - 4))}


@given(TEXTS)
def test_words_and_shingles_are_those_of_the_definition(text):
    assert words(text) == re.findall(r"\w+", text.lower())
    assert shingles(text) == by_definition(text)


@given(st.lists(TEXTS, max_size=5))
def test_two_shingles_have_the_same_hash_where_they_are_the_same(texts):
    of_hash: dict[int, str] = {}
    hashed = hashed_shingles(texts)
    assert len(hashed) == len(texts)
    for text, hashes in zip(texts, hashed, strict=True):
        found = re.findall(r"\w+", text.lower())
        runs = [" ".join(found[i : i + 5]) for i in range(max(1, len(found) - 4))]
        assert len(hashes) == len(runs)
        for run, number in zip(runs, hashes.tolist(), strict=True):
            assert of_hash.setdefault(number, run) == run
    assert len(set(of_hash.values())) == len(of_hash)


def test_every_character_of_unicode_is_hashed_as_it_is_lowered():
    texts = [chr(code) for code in range(sys.maxunicode + 1)]
    hashes = [int(found[0]) for found in hashed_shingles(texts)]
    of_word: dict[str, int] = {}
    for text, number in zip(texts, hashes, strict=True):
        assert of_word.setdefault(" ".join(words(text)), number) == number
    assert len(set(of_word.values())) == len(of_word)


def test_a_text_gives_the_same_hashes_alone_and_among_others_and_longer_than_a_batch():
    long = " ".join(f"word{number}" for number in range(BATCH // 4))
    texts = ["one two three", long, "", "É " * 30]
    together = hashed_shingles(texts)
    for text, hashes in zip(texts, together, strict=True):
        assert hashed_shingles([text])[0].tolist() == hashes.tolist()
    assert len(set(together[1].tolist())) == BATCH // 4 - 4


@given(st.lists(TEXTS, max_size=5))
def test_numbers_of_shingles_say_what_texts_share(texts):
    found = [set(numbers.tolist()) for numbers in numbered_shingles(texts)]
    for text, numbers in zip(texts, found, strict=True):
        assert len(numbers) == len(shingles(text))
        for other, others in zip(texts, found, strict=True):
            assert len(numbers & others) == len(shingles(text) & shingles(other))


def test_numbers_of_shingles_of_very_many_words_are_exact():
    chance = random.Random(4)
    long = [" ".join(f"w{chance.randrange(9000)}" for _ in range(20_000)) for _ in range(3)]
    texts = [*long, long[0] + " and more of " + long[1][:5000]]
    assert len({word for text in texts for word in words(text)}) ** 5 > 1 << 64
    found = [set(numbers.tolist()) for numbers in numbered_shingles(texts)]
    for text, numbers in zip(texts, found, strict=True):
        for other, others in zip(texts, found, strict=True):
            assert len(numbers & others) == len(shingles(text) & shingles(other))
