"""Near-duplicates against brute force, and clusters whatever the order."""

from __future__ import annotations

import json
import lzma
import random
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd_scraper.cleaning.duplicates import Clusters, jaccard, near_duplicates, shingles
from tests.places import SHARED_DATA

RELEASES, GOLD, IDS = (
    SHARED_DATA / "mlm/senate_press_releases.jsonl.xz",
    SHARED_DATA / "neardup/senate_exact_jaccard_pairs.json",
    SHARED_DATA / "neardup/senate_doc_ids.json",
)


def varied(count: int) -> list[tuple[str, str]]:
    chance = random.Random(7)
    texts = []
    for number in range(count):
        words = [f"w{chance.randrange(5000)}" for _ in range(150)]
        texts.append((f"{number:04d}a", " ".join(words)))
        for copy in range(number % 3):
            changed = list(words)
            for _ in range(chance.randrange(1, 12)):
                changed[chance.randrange(len(changed))] = "other"
            texts.append((f"{number:04d}{'bcd'[copy]}", " ".join(changed)))
    return texts


def test_pairs_are_those_that_brute_force_finds():
    texts = varied(60)
    sets = {name: shingles(text) for name, text in texts}
    wanted = {(a, b) for a, b in combinations(sorted(sets), 2) if jaccard(sets[a], sets[b]) >= 0.5}
    found = near_duplicates(texts, threshold=0.5)
    assert {(pair.a, pair.b) for pair in found} == wanted
    assert len(wanted) > 20
    assert all(pair.jaccard == round(jaccard(sets[pair.a], sets[pair.b]), 6) for pair in found)


def test_the_order_of_the_documents_does_not_matter():
    texts = varied(40)
    other = list(texts)
    random.Random(1).shuffle(other)
    assert near_duplicates(texts) == near_duplicates(other)


@given(st.lists(st.tuples(st.integers(0, 15), st.integers(0, 15))), st.randoms())
def test_clusters_are_named_by_their_smallest_id_in_any_order(pairs, chance):
    joined, shuffled = Clusters(), Clusters()
    mixed = list(pairs)
    chance.shuffle(mixed)
    for a, b in pairs:
        joined.join(f"{a:02d}", f"{b:02d}")
    for a, b in mixed:
        shuffled.join(f"{b:02d}", f"{a:02d}")
    names = [f"{number:02d}" for number in range(16)]
    assert [joined.name(name) for name in names] == [shuffled.name(name) for name in names]
    assert all(joined.name(name) <= name for name in names)
    assert all(joined.name(f"{a:02d}") == joined.name(f"{b:02d}") for a, b in pairs)


def test_texts_shorter_than_a_shingle_are_compared_whole():
    assert jaccard(shingles("One two"), shingles("one, TWO!")) == 1.0
    assert jaccard(shingles("one two"), shingles("one three")) == 0.0


@pytest.mark.skipif(
    not (RELEASES.exists() and GOLD.exists()), reason="../shared/data/neardup and mlm are not there"
)
def test_real_press_releases_give_the_gold_pairs():
    wanted_ids = set(json.loads(IDS.read_text()))
    with lzma.open(RELEASES, "rt", encoding="utf-8") as file:
        records = (json.loads(line) for line in file)
        texts = [(r["id"], r["text"]) for r in records if r["id"] in wanted_ids]
    gold = json.loads(GOLD.read_text())
    pairs = gold["pairs"] if isinstance(gold, dict) else gold
    found = {(pair.a, pair.b) for pair in near_duplicates(texts, threshold=0.8)}
    wanted = {tuple(sorted((a, b))) for a, b, similarity in pairs if similarity >= 0.8}
    assert found == wanted
