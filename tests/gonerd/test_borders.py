from pathlib import Path

import pytest
from hypothesis import given

from gonerd import Document
from gonerd.align import fit_to_tokens
from gonerd.corpora import document_from_tokens, read_corpus
from gonerd.dataset.borders import sentence_starts
from gonerd.dataset.statistics import statistics_of
from gonerd.errors import SchemaError
from gonerd.records import document_from_record, record_from_document, write_json_lines
from tests.places import NER_DATA, needs
from tests.strategies import tokenized_documents

WORDS = ["Ada", "met", "Bo", "?", "No", ".", '"', "Yes"]


def tagged(**more: object) -> Document:
    return document_from_tokens(WORDS, ["O"] * len(WORDS), name="d", **more)  # type: ignore[arg-type]


def test_the_corpus_own_sentences_come_first_and_rules_only_without_them() -> None:
    assert sentence_starts(tagged()) == [0, 4, 7]
    assert sentence_starts(tagged(sentence_starts=[0, 2])) == [0, 2]
    assert sentence_starts(tagged(sentence_starts=[5])) == [0, 5]


def test_a_line_feed_ends_a_sentence_where_rules_decide() -> None:
    text = "Man held in Oslo\nPolice said so. He denies it."
    (document, _) = fit_to_tokens(Document(id="d", text=text))
    words = [text[start:end] for start, end in document.tokens or ()]
    assert [words[n] for n in sentence_starts(document)] == ["Man", "Police", "He"]


def test_sentences_of_a_corpus_survive_our_json_lines() -> None:
    document = tagged(sentence_starts=[2, 6])
    again = document_from_record(record_from_document(document))
    assert sentence_starts(again) == [0, 2, 6]


@given(tokenized_documents())
def test_sentences_begin_with_the_first_token_and_ascend(document: Document) -> None:
    starts = sentence_starts(document)
    assert starts == sorted(set(starts))
    assert starts[:1] == ([0] if document.tokens else [])
    assert all(start < len(document.tokens or ()) for start in starts)


def test_texts_with_offsets_keep_their_sentences_too(tmp_path: Path) -> None:
    record = {
        "id": "a",
        "text": "Oslo  is old. So is Rome.",
        "tokens": ["Oslo", "is", "old", ".", "So", "is", "Rome", "."],
        "token_offsets": [
            [0, 4], [6, 8], [9, 12], [12, 13], [14, 16], [17, 19], [20, 24], [24, 25],
        ],
        "ner_tags": ["B-LOC", *["O"] * 5, "B-LOC", "O"],
        "sent_starts": [0, 2],
    }  # fmt: skip
    write_json_lines(tmp_path / "a.jsonl", [record])
    (document,) = read_corpus(tmp_path / "a.jsonl")
    assert document.meta["sentence_starts"] == [0, 9]
    assert sentence_starts(document) == [0, 2]


def test_sentence_starts_that_are_none_are_told(tmp_path: Path) -> None:
    record = {"id": "a", "tokens": ["x"], "ner_tags": ["O"], "sent_starts": ["0"]}
    write_json_lines(tmp_path / "a.jsonl", [record])
    with pytest.raises(SchemaError, match=r"a\.jsonl:1: document 'a': field 'sent_starts' is not"):
        list(read_corpus(tmp_path / "a.jsonl"))
    odd = Document(id="d", text="x", tokens=((0, 1),), meta={"sentence_starts": "0"})
    with pytest.raises(SchemaError, match="document 'd': meta 'sentence_starts' is not a list"):
        sentence_starts(odd)
    with pytest.raises(SchemaError, match="document 'e' has no tokens"):
        sentence_starts(Document(id="e", text="x"))


@needs(NER_DATA / "wikigold.jsonl.gz")
def test_a_real_corpus_has_the_sentences_that_it_names() -> None:
    statistics = statistics_of(read_corpus(NER_DATA / "wikigold.jsonl.gz"), unit="sentence")
    assert statistics.sentences.total() == 1696
    assert sum(length * times for length, times in statistics.sentences.items()) == 39007
