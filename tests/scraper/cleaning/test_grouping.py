"""Groups of similar documents against brute force, in any order, and without each pair of a large group."""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np
import pytest

from gonerd_scraper.cleaning import grouping
from gonerd_scraper.cleaning.duplicates import Clusters, jaccard, shingles
from gonerd_scraper.cleaning.grouping import Grouping
from gonerd_scraper.cleaning.signatures import Signatures, banding_for

CLUSTER, DUPLICATE = 0.5, 0.8


class Counting(Signatures):
    """Signatures that know how many pairs were compared."""

    compared = 0

    def agreement(self, pairs):
        self.compared += len(pairs)
        return super().agreement(pairs)


def versions(stories: int, copies: int, changes: int) -> list[str]:
    """Stories of 200 words, each in copies in which up to `changes` words are others."""
    chance = random.Random(3)
    texts = []
    for _ in range(stories):
        words = [f"w{chance.randrange(5000)}" for _ in range(200)]
        for _ in range(copies):
            changed = list(words)
            for _ in range(chance.randrange(changes + 1)):
                changed[chance.randrange(len(changed))] = f"x{chance.randrange(10**6)}"
            texts.append(" ".join(changed))
    return texts


def grouped(texts: list[str]) -> tuple[Grouping, Counting]:
    signatures = Counting(banding_for(CLUSTER))
    signatures.add(texts)
    found = Grouping(
        signatures, np.arange(len(texts)), texts.__getitem__, duplicate_threshold=DUPLICATE
    )
    return found, signatures


@pytest.mark.parametrize("held", [1, 30, 1 << 16])
def test_groups_are_those_that_brute_force_finds_in_any_order(held, monkeypatch):
    monkeypatch.setattr(grouping, "HELD", held)
    texts = versions(12, 9, 24)
    sets = list(map(shingles, texts))
    similar = {(i, j): jaccard(sets[i], sets[j]) for i, j in combinations(range(len(texts)), 2)}
    for seed in range(3):
        order = random.Random(seed).sample(range(len(texts)), len(texts))
        found, _ = grouped([texts[i] for i in order])
        for groups, threshold in ((found.clusters, CLUSTER), (found.duplicates, DUPLICATE)):
            wanted = Clusters()
            for (i, j), similarity in similar.items():
                if similarity >= threshold:
                    wanted.join(f"{i:03d}", f"{j:03d}")
            names = [wanted.name(f"{i:03d}") for i in order]
            assert [groups[names.index(name)] for name in names] == groups.tolist()
            assert len(set(names)) == len(set(groups.tolist()))
    assert 12 < len(set(found.duplicates.tolist())) < len(texts)


def test_of_a_large_group_of_duplicates_few_pairs_are_looked_at(monkeypatch):
    monkeypatch.setattr(grouping, "HELD", 1000)
    found, signatures = grouped(versions(1, 1000, 3))
    assert set(found.duplicates.tolist()) == {0}
    assert signatures.compared < 20_000  # of 499,500


def test_nothing_is_in_no_group():
    found, _ = grouped([])
    assert not len(found.clusters)
    found, _ = grouped(["one text", "another one of more words than five in all"])
    assert found.clusters.tolist() == found.duplicates.tolist() == [0, 1]
