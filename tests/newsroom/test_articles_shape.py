"""Lengths and tags follow the paper's Tables 1 and 9 within stated tolerances."""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np
import pytest

from gonerd.align import tags_from_entities
from gonerd.labels import TAGS
from gonerd.newsroom import articles
from gonerd.newsroom.shape import LENGTH_QUANTILES, length_at
from gonerd.tokens import token_spans

COUNT = 2237  # as many documents as GONERD has
TABLE_9 = {
    "O": 1013, "B-PER": 24.4, "I-PER": 22.9, "B-ORG": 21.5, "I-ORG": 23.0, "B-LOC": 16.4, "I-LOC": 9.7,
    "B-MISC": 2.4, "I-MISC": 1.7,
}  # fmt: skip
"""Thousands of tokens with each tag."""


@cache
def measured() -> tuple[np.ndarray, Counter[str]]:
    lengths, tags = [], Counter[str]()
    for one in articles(COUNT, seed=0):
        tokens = token_spans(one.text)
        lengths.append(len(tokens))
        tags.update(tags_from_entities(tokens, one.entities))
    return np.array(lengths), tags


@pytest.mark.parametrize(("percent", "words"), [(25, 170), (50, 330), (75, 658)])
def test_the_quartiles_of_length_are_the_papers_within_10_percent(percent: int, words: int):
    lengths, _ = measured()
    assert np.percentile(lengths, percent) == pytest.approx(words, rel=0.10)


def test_the_mean_length_is_the_papers_within_8_percent_and_the_deviation_within_15():
    lengths, _ = measured()
    assert lengths.mean() == pytest.approx(507.6, rel=0.08)
    assert lengths.std() == pytest.approx(556.5, rel=0.15)


def test_the_shares_beyond_512_and_4096_tokens_are_the_papers():
    lengths, _ = measured()
    assert (lengths > 512).mean() == pytest.approx(0.35, abs=0.03)
    assert (lengths > 4096).mean() == pytest.approx(0.002, abs=0.002)


def test_the_longest_is_near_the_papers_and_hardly_any_is_very_short():
    lengths, _ = measured()
    assert 4096 < lengths.max() < 6768 * 1.05
    assert (lengths < 40).mean() < 0.01


@pytest.mark.parametrize("tag", TAGS)
def test_the_share_of_each_tag_is_the_papers_within_12_percent_and_misc_within_30(tag: str):
    _, tags = measured()
    share = tags[tag] / tags.total()
    wanted = TABLE_9[tag] / sum(TABLE_9.values())
    assert share == pytest.approx(wanted, rel=0.30 if tag.endswith("MISC") else 0.12)


def test_names_are_as_long_as_the_papers():
    _, tags = measured()
    inside = sum(count for tag, count in tags.items() if tag.startswith("I-"))
    begun = sum(count for tag, count in tags.items() if tag.startswith("B-"))
    assert inside / begun == pytest.approx(57.3 / 64.7, rel=0.10)


def test_the_length_function_passes_through_its_quantiles_and_grows():
    assert [round(length_at(share)) for share, _ in LENGTH_QUANTILES] == [
        words for _, words in LENGTH_QUANTILES
    ]
    shares = np.linspace(0, 1, 500)
    assert all(np.diff([length_at(share) for share in shares]) > 0)
