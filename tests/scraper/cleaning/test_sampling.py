"""Shares, seeds, and what happens when there is too little."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gonerd.cli.main import run
from gonerd.errors import ConfigError, InputError
from gonerd.records import read_documents, write_documents
from gonerd.schema import Document
from gonerd_scraper.cleaning.sampling import Draw, draw_sample, length_of, quotas


@dataclass(frozen=True)
class Sample:
    draw: Draw
    documents: list[Document]
    drawn: dict[str, int]
    short: bool


def sample_documents(documents, **options):
    draw = draw_sample(documents, **options)
    return Sample(
        draw,
        sorted(draw.taken(documents), key=lambda document: document.id),
        dict(draw.drawn),
        draw.short,
    )


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


def test_a_weight_of_nothing_keeps_a_kind_out():
    documents = corpus(3, 4)
    assert sample_documents(documents, n=9, weights={"news": 0}, seed=0).drawn == {"justice": 3}
    with pytest.raises(InputError, match="all documents are of justice, news, which have no share"):
        sample_documents(documents, n=1, weights={"news": 0, "justice": 0}, seed=0)


def test_a_kind_that_is_not_there_is_named_with_what_is():
    with pytest.raises(InputError, match=r"no document has the source 'justice'.*found news 5"):
        sample_documents(corpus(0, 5), n=2, weights={"justice": 0.25}, seed=0)


def of_lengths(lengths: dict[str, list[int]]) -> list[Document]:
    return [
        Document(
            id=f"{site}{number:04d}",
            text=" ".join(["word"] * length),
            meta={"domain": site, "source": "justice" if site == "justice.gov" else "news"},
        )
        for site, found in lengths.items()
        for number, length in enumerate(found)
    ]


def test_domains_have_their_share_and_kinds_share_the_rest():
    documents = of_lengths({"justice.gov": [9] * 50, "a.example": [9] * 60, "b.example": [9] * 90})
    weights = {"domain:a.example": 0.5, "justice": 0.2}
    drawn = sample_documents(documents, n=100, weights=weights, seed=1)
    assert drawn.drawn == {"domain:a.example": 50, "justice": 20, "news": 30}
    domains = [document.meta["domain"] for document in drawn.documents]
    assert domains.count("a.example") == 50
    assert domains.count("b.example") == 30


def test_a_domain_that_is_not_there_is_named():
    with pytest.raises(InputError, match=r"no document is of the domain:c.example.*share of 0.1"):
        sample_documents(corpus(0, 5), n=2, weights={"domain:c.example": 0.1}, seed=0)


@settings(max_examples=20)
@given(st.integers(0, 1000), st.integers(20, 200))
def test_stratified_lengths_are_those_of_each_source(seed, n):
    chance = random.Random(5)
    lengths = {
        "justice.gov": [chance.randrange(100, 400) for _ in range(200)],
        "a.example": [chance.randrange(300, 3000) for _ in range(300)],
    }
    documents = of_lengths(lengths)
    drawn = sample_documents(documents, n=n, weights={"justice": 0.3}, seed=seed, by_length=True)
    assert sum(drawn.drawn.values()) == len(drawn.documents) == n
    edges = [0, *(entry["words"] for entry in drawn.draw.lengths)]
    assert len(edges) == 11
    for site, found in lengths.items():
        got = [length_of(d) for d in drawn.documents if d.meta["domain"] == site]
        for low, high in pairwise(edges):
            share = sum(low < length <= high for length in found) / len(found)
            assert abs(sum(low < length <= high for length in got) - share * len(got)) < 1


def test_lengths_follow_those_of_other_documents():
    documents = of_lengths({"a.example": list(range(1, 2001))})
    target = [100 + number % 50 for number in range(500)]
    drawn = sample_documents(documents, n=40, weights={}, seed=0, lengths=target)
    found = [length_of(document) for document in drawn.documents]
    assert len(found) == 40
    assert sum(length <= 124 for length in found) == 20
    assert sum(length > 144 for length in found) == 4


def test_a_length_that_no_document_has_is_told():
    documents = of_lengths({"a.example": list(range(100, 200))})
    with pytest.raises(InputError, match="no document of 'news' has 0 to 10 words"):
        sample_documents(documents, n=5, weights={}, seed=0, lengths=range(1, 101))


def test_an_id_that_is_drawn_twice_is_told():
    documents = [*corpus(0, 2), *corpus(0, 2)]
    with pytest.raises(InputError, match="id '00000' stands in the documents twice"):
        sample_documents(documents, n=4, weights={}, seed=0)


def test_the_command_takes_the_weights_of_the_paper_and_tells_what_is_missing(tmp_path, capsys):
    documents = of_lengths({"justice.gov": [9] * 300, "other.example": [9] * 900})
    write_documents(tmp_path / "in.jsonl", documents)
    (tmp_path / "list.txt").write_text("id:other.example0000\n")
    command = ["sample", str(tmp_path / "in.jsonl"), "--n", "500", "--weights", "paper", "--json"]
    command += ["--takedown", str(tmp_path / "list.txt"), "--stratify", "length"]
    assert run([*command, "--out", str(tmp_path / "out.jsonl")]) == 0
    told = capsys.readouterr()
    assert "no document is of chicagotribune.com, ctvnews.ca" in told.err
    found = [d.meta["domain"] for d in read_documents(tmp_path / "out.jsonl")]
    assert found.count("justice.gov") == 121  # 24.2% of 500
    assert len(found) == 500
    assert '"taken_down": 1' in told.out


def test_documents_without_a_source_are_called_so(tmp_path, capsys):
    write_documents(tmp_path / "in.jsonl", [Document(id=str(n), text="x") for n in range(4)])
    command = ["sample", str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "out.jsonl")]
    assert run([*command, "--n", "3"]) == 0
    assert "3 documents (3 of 4 without a source)" in capsys.readouterr().out


def test_a_weight_without_a_share_is_refused(tmp_path, capsys):
    write_documents(tmp_path / "in.jsonl", corpus(1, 1))
    command = ["sample", str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "out.jsonl")]
    assert run([*command, "--weight", "domain:a.example"]) == 2
    assert "expected NAME=SHARE" in capsys.readouterr().err
    assert run([*command, "--lengths-of", "x.jsonl"]) == 2
    assert "--lengths-of goes with --stratify length" in capsys.readouterr().err
