"""Every command that reads a corpus reads every form, and every form brings back what it can hold."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import gonerd
from gonerd import Document, Entity
from gonerd.cli.main import run
from gonerd.corpora import read_corpus
from gonerd.records import read_documents, write_documents
from gonerd.schema import text_sha256
from tests.gonerd.test_dataset import some_documents
from tests.places import NER_DATA, needs

OUT = {
    "documents": "x.jsonl",
    "conll": "x.conll",
    "docbin": "x.spacy",
    "brat": "x",
    "prodigy": "tasks.jsonl.gz",
}
WORLDWIDE = NER_DATA / "worldwide_newswire_africa_asia.jsonl.gz"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "docs.jsonl"
    write_documents(path, some_documents())
    return path


@pytest.mark.parametrize("form", OUT)
def test_build_stats_score_and_export_read_every_form(
    form: str, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = str(tmp_path / "out" / OUT[form])
    assert run(["export", str(corpus), "--to", form, "--out", there]) == 0
    gold_file = there if form == "conll" else str(corpus)  # whose white space is another
    assert run(["score", gold_file, there, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["full"]["f1"] == 1.0
    assert run(["stats", there, "--json"]) == 0
    counts = json.loads(capsys.readouterr().out)["datasets"][0]
    assert counts["documents"] == 40
    assert run(["build", there, "--out", str(tmp_path / "d"), "--json"]) == 0
    assert sum(json.loads(capsys.readouterr().out)["documents"].values()) == 40
    back = str(tmp_path / "back.jsonl")
    assert run(["export", there, "--to", "documents", "--out", back]) == 0
    gold = {document.id: document for document in read_documents(corpus)}
    for document in read_documents(back):
        assert [(e.label, document.mention(e)) for e in document.entities] == [
            (e.label, gold[document.id].mention(e)) for e in gold[document.id].entities
        ]
        if form in ("docbin", "prodigy", "documents"):
            assert document == gold[document.id]


@pytest.mark.parametrize("form", [form for form in OUT if form != "documents"])
def test_the_sample_goes_out_in_every_form(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / OUT[form]
    words = ["export", "sample", "--split", "test", "--to", form, "--out", str(out)]
    assert run(words) == 0
    assert "documents written to" in capsys.readouterr().err
    assert run(words) == 1
    assert capsys.readouterr().err.endswith("give another name, or --force to replace it\n")
    assert run([*words, "--force"]) == 0
    assert len(list(read_corpus(out))) == len(gonerd.load("sample")["test"])


def test_what_conll_can_not_hold_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "Ada,  42"
    nested = (Entity(0, 3, "PER"), Entity(6, 8, "MISC", "AGE"))
    write_documents(
        tmp_path / "a.jsonl", [Document(id="a", text=text, entities=nested, meta={"url": "x"})]
    )
    words = [
        "export",
        str(tmp_path / "a.jsonl"),
        "--to",
        "conll",
        "--out",
        str(tmp_path / "a.conll"),
    ]
    assert run(words) == 0
    assert capsys.readouterr().err.splitlines()[0] == (
        "not kept in CoNLL: the subtype of 1 mention, the meta of 1 document, "
        "the exact white space of 1 document; the first in document 'a'"
    )


def test_nested_entities_go_where_they_can_and_are_told_where_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "Bank of Oslo"
    nested = (Entity(0, 12, "ORG"), Entity(8, 12, "LOC"))
    path = tmp_path / "a.jsonl"
    write_documents(path, [Document(id="a", text=text, entities=nested)])
    for form in ("docbin", "brat", "prodigy"):
        assert run(["export", str(path), "--to", form, "--out", str(tmp_path / OUT[form])]) == 0
        (document,) = read_corpus(tmp_path / OUT[form])
        assert document.entities == nested
    out = str(tmp_path / "a.conll")
    capsys.readouterr()
    assert run(["export", str(path), "--to", "conll", "--out", out]) == 1
    assert "entity LOC [8, 12) 'Oslo' overlaps another entity" in capsys.readouterr().err
    words = ["export", str(path), "--to", "conll", "--out", out, "--on-misaligned", "drop"]
    assert run(words) == 0
    assert "'Oslo' overlaps another entity: dropped" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["docbin", "prodigy"])
def test_an_entity_that_cuts_a_token_is_refused_snapped_or_dropped(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "a.jsonl", tmp_path / OUT[form]
    write_documents(path, [Document(id="a", text="Oslo", entities=(Entity(0, 3, "LOC"),))])
    words = ["export", str(path), "--to", form, "--out", str(out)]
    assert run(words) == 1
    assert "entity LOC [0, 3) 'Osl' cuts a token" in capsys.readouterr().err
    assert not out.exists()
    assert run([*words, "--on-misaligned", "snap"]) == 0
    assert next(read_corpus(out)).entities == (Entity(0, 4, "LOC"),)


def test_a_folder_can_not_be_standard_output_nor_hold_its_input(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["export", str(corpus), "--to", "brat", "--out", "-"]) == 2
    assert "--to brat writes a folder" in capsys.readouterr().err
    words = ["export", str(corpus), "--to", "brat", "--out", str(corpus.parent), "--force"]
    assert run(words) == 1
    assert "would be replaced" in capsys.readouterr().err


@needs(WORLDWIDE)
@pytest.mark.parametrize("form", ["docbin", "brat", "prodigy", "conll"])
def test_a_real_corpus_comes_back(form: str, tmp_path: Path) -> None:
    gold = {document.id: document for document in read_corpus(WORLDWIDE)}
    out = tmp_path / OUT[form]
    assert run(["export", str(WORLDWIDE), "--to", form, "--out", str(out)]) == 0
    found = {document.id: document for document in read_corpus(out)}
    kept = {"brat": {"source"}, "conll": {"source", "sentence_starts"}}.get(form)
    if kept is not None:
        gold = {
            name: replace(
                document,
                tokens=None if form == "brat" else document.tokens,
                meta={key: value for key, value in document.meta.items() if key in kept}
                | {"text_sha256": text_sha256(document.text)},
            )
            for name, document in gold.items()
        }
    assert found == gold
