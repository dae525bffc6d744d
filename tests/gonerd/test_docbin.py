"""spaCy's DocBin against spaCy's own reader and writer."""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path

import pytest
import spacy
from hypothesis import given
from spacy.tokens import Doc, DocBin, Span

from gonerd import Document, Entity
from gonerd.corpora import read_corpus, read_docbin, write_docbin
from gonerd.errors import AlignmentError, GonerdError, InputError, OutputError, SchemaError
from tests.strategies import overlapping_documents


@given(overlapping_documents())
def test_a_docbin_holds_everything(
    tmp_path_factory: pytest.TempPathFactory, document: Document
) -> None:
    path = tmp_path_factory.mktemp("docbin") / "x.spacy"
    other = replace(document, id=document.id + "2", entities=())
    assert write_docbin(path, [document, other]) == 2
    assert list(read_docbin(path)) == [document, other]
    vocab = spacy.blank("en").vocab
    for doc in DocBin().from_disk(path).get_docs(vocab):
        assert doc.text == document.text


def test_spacy_itself_reads_entities_and_spans(tmp_path: Path) -> None:
    text = "Ada \U0001f469‍\U0001f680 met\r\nBank of Oslo, 42."
    bank = text.index("Bank")
    entities = [
        Entity(0, 3, "PER"),
        Entity(bank, bank + 12, "ORG"),
        Entity(bank + 8, bank + 12, "LOC"),
        Entity(len(text) - 3, len(text) - 1, "MISC", "AGE"),
    ]
    write_docbin(tmp_path / "a.spacy", [Document(id="a", text=text, entities=tuple(entities))])
    nlp = spacy.blank("en")
    (doc,) = DocBin().from_disk(tmp_path / "a.spacy").get_docs(nlp.vocab)
    assert doc.text == text
    assert [(e.text, e.label_, e.id_) for e in doc.ents] == [
        ("Ada", "PER", ""),
        ("Bank of Oslo", "ORG", ""),
        ("42", "MISC", "AGE"),
    ]
    assert [(s.text, s.label_) for s in doc.spans["sc"]] == [
        ("Ada", "PER"),
        ("Bank of Oslo", "ORG"),
        ("Oslo", "LOC"),
        ("42", "MISC"),
    ]


def test_a_docbin_of_spacy_alone_is_read_and_named_by_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nlp = spacy.blank("en")
    doc = nlp("Ada  met Grace in Oslo")
    doc.ents = [Span(doc, 0, 1, label="PERSON")]
    doc.spans["sc"] = [Span(doc, 3, 4, label="PERSON")]
    doc.spans["mine"] = [Span(doc, 3, 4, label="X")]
    doc.cats = {"news": 1.0}
    DocBin(docs=[doc, nlp("none")]).to_disk(tmp_path / "dev.spacy")
    first, second = read_corpus(tmp_path / "dev.spacy")
    assert (first.id, second.id, first.text) == ("dev.spacy-1", "dev.spacy-2", doc.text)
    assert [(first.mention(e), e.label) for e in first.entities] == [
        ("Ada", "PERSON"),
        ("Grace", "PERSON"),
    ]
    assert [first.text[a:b] for a, b in first.tokens or ()] == ["Ada", "met", "Grace", "in", "Oslo"]
    assert capsys.readouterr().err == (
        "not kept in documents: 1 other span group, the categories of 1 document; "
        "the first in document 'dev.spacy-1'\n"
    )


def test_a_mention_marked_twice_is_kept_once_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = Document(id="a", text="Ada", entities=(Entity(0, 3, "PER"),) * 2)
    write_docbin(tmp_path / "a.spacy", [document])
    assert "not kept in DocBin: repetitions of 1 mention; the first in document 'a'" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"bad.spacy holds no documents"),
        (b"abc", r"bad.spacy is no DocBin that spaCy can read$"),
        (
            zlib.compress(b"\x81\xa1a\x01"),
            r"bad.spacy is no DocBin that spaCy can read \('attrs'\)",
        ),
        (zlib.compress(b"abc"), r"bad.spacy is no DocBin that spaCy can read"),
    ],
)
def test_a_file_that_is_no_docbin_is_told(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "bad.spacy").write_bytes(data)
    with pytest.raises(InputError, match=message):
        list(read_corpus(tmp_path / "bad.spacy"))


def test_a_cut_docbin_is_told(tmp_path: Path) -> None:
    write_docbin(tmp_path / "a.spacy", [Document(id="a", text="Ada met Grace")])
    data = (tmp_path / "a.spacy").read_bytes()
    for length in range(1, len(data), 7):
        (tmp_path / "a.spacy").write_bytes(data[:length])
        with pytest.raises(InputError, match=r"a.spacy is no DocBin"):
            list(read_docbin(tmp_path / "a.spacy"))


@pytest.mark.parametrize(
    ("noted", "message"),
    [
        ("[]", "is list, expected an object"),
        ("{", "not JSON"),
        ('{"id": 3}', "field 'id' is int"),
        ('{"tokens": [9]}', r"'tokens' is \[9\], expected places"),
        ('{"meta": {"text_sha256": "0"}}', "the text has changed"),
    ],
)
def test_what_was_changed_in_the_user_data_is_told(
    tmp_path: Path, noted: str, message: str
) -> None:
    doc = spacy.blank("en")("Ada")
    doc.user_data["gonerd"] = noted
    DocBin(docs=[doc], store_user_data=True).to_disk(tmp_path / "a.spacy")
    with pytest.raises(SchemaError, match=rf"a.spacy: document number 1: .*{message}"):
        list(read_docbin(tmp_path / "a.spacy"))


def test_an_entity_that_cuts_a_token_writes_nothing(tmp_path: Path) -> None:
    document = Document(id="a", text="Ada", entities=(Entity(0, 2, "PER"),))
    with pytest.raises(
        AlignmentError, match=r"document 'a': entity PER \[0, 2\) 'Ad' cuts a token"
    ):
        write_docbin(tmp_path / "a.spacy", [document])
    assert list(tmp_path.iterdir()) == []


def test_an_existing_docbin_stays(tmp_path: Path) -> None:
    (tmp_path / "a.spacy").write_text("mine")
    with pytest.raises(OutputError, match=r"a.spacy exists already"):
        write_docbin(tmp_path / "a.spacy", [])
    assert (tmp_path / "a.spacy").read_text() == "mine"


def test_words_alone_have_a_space_behind_each(tmp_path: Path) -> None:
    doc = Doc(spacy.blank("en").vocab, words=["Ada", "met"])
    DocBin(docs=[doc]).to_disk(tmp_path / "a.spacy")
    (found,) = read_docbin(tmp_path / "a.spacy")
    assert found.text == "Ada met "


def test_a_span_without_a_label_is_told(tmp_path: Path) -> None:
    doc = spacy.blank("en")("Ada")
    doc.spans["sc"] = [Span(doc, 0, 1)]
    DocBin(docs=[doc]).to_disk(tmp_path / "a.spacy")
    with pytest.raises(GonerdError, match="span 'Ada' has no label"):
        list(read_docbin(tmp_path / "a.spacy"))
