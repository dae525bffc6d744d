"""Pairs that share much against brute force."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd.audit.overlaps import SHORTEST, overlaps_of
from gonerd.audit.passages import shared_passage
from gonerd.shingles import shingles
from tests.gonerd.audit.corpora import story

VOCABULARY = st.text(st.sampled_from("abc"), min_size=1, max_size=1)


def brute(texts: list[str], jaccard: float, containment: float) -> set[tuple[int, int]]:
    sets = list(map(shingles, texts))
    found = set()
    for i, j in combinations(range(len(texts)), 2):
        shared, least = len(sets[i] & sets[j]), min(len(sets[i]), len(sets[j]))
        similar = shared / len(sets[i] | sets[j]) >= jaccard
        if similar or (least >= SHORTEST and shared / least >= containment):
            found.add((i, j))
    return found


def check(texts: list[str], jaccard: float, containment: float) -> int:
    found = overlaps_of(texts, jaccard=jaccard, containment=containment)
    pairs = list(zip(found.shorter.tolist(), found.longer.tolist(), strict=True))
    assert {(min(p), max(p)) for p in pairs} == brute(texts, jaccard, containment)
    assert len(set(pairs)) == len(pairs)
    sets = list(map(shingles, texts))
    for (i, j), similar, inside in zip(pairs, found.jaccard, found.containment, strict=True):
        assert len(sets[i]) <= len(sets[j])
        assert similar == len(sets[i] & sets[j]) / len(sets[i] | sets[j])
        assert inside == len(sets[i] & sets[j]) / len(sets[i])
    return len(pairs)


@given(
    st.lists(st.lists(VOCABULARY, max_size=40).map(" ".join), max_size=6),
    st.sampled_from([0.01, 0.3, 0.5, 1.0]),
    st.sampled_from([0.05, 0.8, 1.0]),
)
def test_pairs_of_short_texts_are_those_of_brute_force(
    texts: list[str], jaccard: float, containment: float
) -> None:
    check(texts, jaccard, containment)


@pytest.mark.parametrize(("jaccard", "containment"), [(0.5, 0.8), (0.9, 0.3), (0.2, 1.0)])
def test_pairs_of_changed_cut_and_extended_texts_are_those_of_brute_force(
    jaccard: float, containment: float
) -> None:
    chance = random.Random(1)
    texts = []
    for number in range(15):
        words = story(number).split()
        texts.append(" ".join(words))
        for _ in range(4):
            changed = list(words)
            for _ in range(chance.randrange(40)):
                changed[chance.randrange(len(changed))] = "other"
            texts.append(" ".join(changed[: chance.randrange(10, 120)]))
        texts.append(" ".join(words) + " " + story(100 + number, 300))
    assert check(texts, jaccard, containment) > 15


def test_of_nothing_and_of_one_text_there_are_no_pairs() -> None:
    assert len(overlaps_of([], jaccard=0.5, containment=0.8)) == 0
    assert len(overlaps_of(["one", "", "two three"], jaccard=0.5, containment=0.8)) == 0


def test_the_longest_shared_passage_is_shown() -> None:
    common = "The Fund pays for roads, bridges, and 40 schools"
    first, second = (
        f"Ada said: {common} today.",
        f"In all {common} were built; the Fund pays for roads",
    )
    (a, b), (c, d) = shared_passage(first, second)
    assert first[a:b] == second[c:d] == common
    assert shared_passage("one two", "three") == ((0, 7), (0, 5))
