"""Shares, seeds, and what happens when there is too little."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd.errors import ConfigError, InputError
from gonerd.schema import Document
from gonerd_scraper.sampling import quotas, sample_documents


def corpus(justice: int, news: int) -> list[Document]:
    kinds = ["justice"] * justice + ["news"] * news
    return [
        Document(id=f"{number:05d}", text=f"text {number}", meta={"source": kind})
        for number, kind in enumerate(kinds)
    ]


def test_the_sample_has_the_shares_that_were_asked_for():
    drawn = sample_documents(corpus(300, 700), n=200, weights={"justice": 0.25}, seed=0)
    assert drawn.drawn == {"justice": 50, "news": 150}
    assert len(drawn.documents) == 200
    assert not drawn.short


def test_without_weights_each_kind_has_the_share_it_has():
    drawn = sample_documents(corpus(300, 700), n=100, weights={}, seed=0)
    assert drawn.drawn == {"justice": 30, "news": 70}


def test_too_few_of_a_kind_make_the_sample_smaller_and_keep_the_shares():
    drawn = sample_documents(corpus(10, 700), n=200, weights={"justice": 0.25}, seed=0)
    assert drawn.drawn == {"justice": 10, "news": 30} or sum(drawn.drawn.values()) in (41, 42)
    assert drawn.short


@given(st.integers(0, 2**32), st.randoms())
def test_the_order_of_the_documents_does_not_matter_and_the_seed_does(seed, chance):
    documents = corpus(40, 60)
    mixed = list(documents)
    chance.shuffle(mixed)
    first = sample_documents(documents, n=20, weights={"justice": 0.25}, seed=seed)
    assert (
        first.documents
        == sample_documents(mixed, n=20, weights={"justice": 0.25}, seed=seed).documents
    )
    assert (
        first.documents
        != sample_documents(mixed, n=20, weights={"justice": 0.25}, seed=seed + 1).documents
    )


def test_a_larger_sample_contains_the_smaller_one():
    documents = corpus(300, 700)
    small, large = (
        {
            d.id
            for d in sample_documents(documents, n=n, weights={"justice": 0.25}, seed=3).documents
        }
        for n in (100, 400)
    )
    assert small < large


@given(
    st.integers(1, 300),
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 200), min_size=1),
    st.floats(0.01, 1),
)
def test_quotas_never_ask_for_more_than_there_is(n, available, weight):
    kind = min(available)
    wanted = quotas(n, weights={kind: weight}, available=available)
    assert sum(wanted.values()) <= n
    assert all(count <= available.get(name, 0) for name, count in wanted.items())


def test_every_document_has_the_same_chance():
    documents = corpus(0, 20)
    hits = random.Random(0) and [
        d.id
        for seed in range(1000)
        for d in sample_documents(documents, n=5, weights={}, seed=seed).documents
    ]
    counts = [hits.count(document.id) for document in documents]
    assert min(counts) >= 200
    assert max(counts) <= 300


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"justice": 1.5}, "weight justice=1.5: expected a share from 0 to 1"),
        ({"a": 0.6, "b": 0.6}, "add up to 1.2"),
    ],
)
def test_weights_that_are_no_shares_are_refused(weights, message):
    with pytest.raises(ConfigError, match=message):
        sample_documents(corpus(1, 1), n=1, weights=weights, seed=0)


def test_a_kind_that_is_not_there_is_named_with_what_is():
    with pytest.raises(InputError, match=r"no document has the source 'justice'.*found news 5"):
        sample_documents(corpus(0, 5), n=2, weights={"justice": 0.25}, seed=0)
