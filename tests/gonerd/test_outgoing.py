"""What leaves by commands: redacted where it was asked for, and never what was taken down."""

import re
from pathlib import Path

import pytest

from gonerd.cli.main import run
from gonerd.dataset import load
from gonerd.records import read_documents, write_documents
from tests.gonerd.test_redaction import marked


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Twelve documents with a phone number and an age each, on two sites."""
    documents = [
        marked(
            f"[PER Ada Marlow], [AGE {20 + number}], said: call [PHONE 614-228-43{number:02d}].",
            name=f"d{number}",
            url=f"https://{'one' if number % 3 else 'two'}.example/{number}",
            title=f"Woman, {20 + number}, speaks",
        )
        for number in range(12)
    ]
    write_documents(tmp_path / "docs.jsonl", documents)
    return tmp_path / "docs.jsonl"


def test_a_redacted_dataset_says_so_and_holds_no_original(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["build", str(corpus), "--out", str(tmp_path / "a")]
    assert run([*words, "--redact", "--redact-seed", "mine"]) == 0
    dataset = load(tmp_path / "a")
    documents = list(dataset.documents("all"))
    assert dataset.facts.redacted == len(documents) == 12
    assert not any("614-228" in document.text for document in documents)
    assert all(f"Woman, {d.mention(d.entities[1])}, " in str(d.meta["title"]) for d in documents)
    assert "**Redacted**: surrogates of the same kind" in (tmp_path / "a" / "README.md").read_text()
    assert "mine" not in "".join(
        path.read_text() for path in (tmp_path / "a").iterdir() if path.is_file()
    )
    assert run([*words[:3], str(tmp_path / "b"), "--redact", "--redact-seed", "mine"]) == 0
    assert load(tmp_path / "b").facts.fingerprint == dataset.facts.fingerprint
    assert run([*words[:3], str(tmp_path / "c"), "--redact"]) == 0
    assert load(tmp_path / "c").facts.fingerprint != dataset.facts.fingerprint
    assert run([*words[:3], str(tmp_path / "d"), "--redact-seed", "mine"]) == 2
    assert "--redact-seed goes with --redact" in capsys.readouterr().err


def test_without_redaction_the_card_says_that_personal_data_stay(
    corpus: Path, tmp_path: Path
) -> None:
    assert run(["build", str(corpus), "--out", str(tmp_path / "a")]) == 0
    card = (tmp_path / "a" / "README.md").read_text()
    assert "by design so do the ages, addresses and\nphone numbers" in card
    assert "Redacted" not in card
    assert any("614-228-4301" in d.text for d in load(tmp_path / "a").documents("all"))


def test_an_export_can_be_redacted(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert run(["export", str(corpus), "--redact", "--to", "documents", "--out", str(out)]) == 0
    documents = list(read_documents(out))
    assert [document.id for document in documents] == [f"d{number}" for number in range(12)]
    assert all(re.search(r"call \d{3}-555-01\d\d\.", document.text) for document in documents)


@pytest.mark.parametrize("command", ["build", "export"])
def test_what_is_taken_down_does_not_leave(
    command: str, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "list.txt").write_text("domain:two.example  # asked in May\nid:d1\n")
    out = tmp_path / ("out" if command == "build" else "out.jsonl")
    words = [command, str(corpus), "--out", str(out), "--takedown", str(tmp_path / "list.txt")]
    assert run([*words, *(["--to", "documents"] if command == "export" else [])]) == 0
    said = capsys.readouterr().err
    assert (
        "left out as taken down: 5 documents; the first is document 'd0' by domain:two.example"
        in said
    )
    left = load(out).documents("all") if command == "build" else read_documents(out)
    assert {document.id for document in left} == {"d2", "d4", "d5", "d7", "d8", "d10", "d11"}


def test_an_export_never_takes_the_place_of_what_it_reads(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = corpus.read_bytes()
    words = ["export", str(corpus), "--to", "prodigy", "--out", str(corpus), "--force"]
    assert run(words) == 1
    assert run(["annotate", "export", str(corpus), "--out", str(corpus), "--force"]) == 1
    assert capsys.readouterr().err.count("would be replaced, and is read") == 2
    assert corpus.read_bytes() == before
