"""Annotations without texts, and the texts for them, to the dataset that was published."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gonerd import Document
from gonerd.cli.main import run
from gonerd.dataset import build_dataset, documents_of, load
from gonerd.dataset.joining import join_texts
from gonerd.dataset.withholding import withhold_texts
from gonerd.errors import CheckError, InputError
from gonerd.records import write_documents
from gonerd.schema import text_sha256
from tests.gonerd.annotated import annotated_documents, built
from tests.strategies import tokenized_documents


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `whole`, and `annotations` as they were published."""
    folder = tmp_path_factory.mktemp("published")
    built(folder / "whole", name="gonerd", seed=3, version="2.0.1")
    (folder / "annotations").mkdir()
    withhold_texts(folder / "whole", folder / "annotations")
    return folder


def page(document: Document, **changed: str) -> Document:
    """What a rebuild writes: the text, and no annotation."""
    meta = document.meta | {"text_sha256": text_sha256(changed.get("text", document.text))}
    return replace(document, entities=(), tokens=None, **{"meta": meta, **changed})


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def texts(folder: Path, pages: Iterable[Document]) -> Path:
    write_documents(folder / "documents.jsonl", pages)
    return folder / "documents.jsonl"


def test_the_whole_dataset_comes_back_byte_for_byte(published: Path, tmp_path: Path) -> None:
    rebuilt = texts(tmp_path, map(page, annotated_documents()))
    joined = join_texts(published / "annotations", rebuilt, tmp_path / "out")
    assert (joined.missing, joined.unknown) == ((), 0)
    assert contents(tmp_path / "out") == contents(published / "whole")


def test_texts_may_come_in_any_order(published: Path, tmp_path: Path) -> None:
    rebuilt = texts(tmp_path, map(page, reversed(list(annotated_documents()))))
    joined = join_texts(published / "annotations", rebuilt, tmp_path / "out")
    assert joined.facts.fingerprint == load(published / "whole").facts.fingerprint


@settings(max_examples=20)
@given(st.lists(tokenized_documents(), min_size=3, max_size=8))
def test_tokens_and_entities_of_any_text_come_back(
    tmp_path_factory: pytest.TempPathFactory, documents: list[Document]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    named = [
        replace(d, id=f"d{n}", meta={"url": f"http://a.test/{n}", "cluster": f"c{n}"})
        for n, d in enumerate(documents)
    ]
    if not any(document.entities for document in named):
        return
    facts, _ = build_dataset(named, folder / "whole")
    (folder / "annotations").mkdir()
    withhold_texts(folder / "whole", folder / "annotations")
    joined = join_texts(folder / "annotations", texts(folder, map(page, named)), folder / "out")
    assert joined.facts.fingerprint == facts.fingerprint


def test_another_text_is_refused(published: Path, tmp_path: Path) -> None:
    pages = list(map(page, annotated_documents()))
    pages[4] = page(pages[4], text=pages[4].text + " More.")
    with pytest.raises(
        CheckError, match=r"document 'd004' has another text: its SHA-256 is \w{12}…"
    ):
        join_texts(published / "annotations", texts(tmp_path, pages), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_missing_texts_are_refused_or_left_out(
    published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = list(map(page, annotated_documents()))
    pages[4] = page(pages[4], text=pages[4].text + " More.")  # drifted
    stranger = replace(pages[0], id="stranger")
    rebuilt = texts(tmp_path, [*pages[1:], stranger])
    words = [
        "join",
        str(published / "annotations"),
        "--texts",
        str(rebuilt),
        "--out",
        str(tmp_path / "out"),
    ]
    assert run(words) == 1
    assert "document 'd004' has another text" in capsys.readouterr().err
    assert run([*words, "--allow-missing", "--json"]) == 0
    said, told = capsys.readouterr()
    result = json.loads(said)
    assert result["missing"] == sorted(result["missing"]) == ["d000", "d004"]
    assert (result["documents"], result["unknown_texts"], result["whole"]) == (28, 1, False)
    assert result["fingerprint"] != load(published / "whole").facts.fingerprint
    assert "left out: 2 documents without a text" in told
    assert "passed over: 1 text that no annotation asks for" in told
    assert len(list(documents_of(tmp_path / "out", "all"))) == 28


def test_texts_that_are_all_missing_are_told(published: Path, tmp_path: Path) -> None:
    empty = texts(tmp_path, [])
    for allow_missing in (False, True):
        with pytest.raises(CheckError, match=r"has no text for 30 of 30 documents \(d0\d\d, d0"):
            join_texts(
                published / "annotations", empty, tmp_path / "out", allow_missing=allow_missing
            )


def test_a_text_stands_once(published: Path, tmp_path: Path) -> None:
    pages = list(map(page, annotated_documents()))
    with pytest.raises(CheckError, match="document 'd000' comes twice"):
        join_texts(published / "annotations", texts(tmp_path, [*pages, pages[0]]), tmp_path / "out")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["{whole}", "--texts", "{texts}"], "holds its texts already; there is nothing to join"),
        (["{none}", "--texts", "{texts}"], "none is no dataset folder"),
        (["{annotations}", "--texts", "{none}"], "none does not exist"),
        (["{annotations}", "--texts", "{card}"], "README.md:1: not JSON at column 1"),
        (["{annotations}", "--texts", "{annotations}"], "annotations is a folder, a file was expected"),
    ],
)  # fmt: skip
def test_what_can_not_be_joined_is_told_in_one_sentence(
    published: Path, tmp_path: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    places = {
        "whole": published / "whole",
        "annotations": published / "annotations",
        "none": tmp_path / "none",
        "card": published / "annotations/README.md",
        "texts": texts(tmp_path, map(page, annotated_documents())),
    }
    filled = [word.format(**places) for word in words]
    assert run(["join", *filled, "--out", str(tmp_path / "out")]) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_cut_file_of_annotations_is_told(published: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(published / "annotations", tmp_path / "cut")
    file = tmp_path / "cut/data/test-00000-of-00001.parquet"
    file.write_bytes(file.read_bytes()[:-50])
    with pytest.raises(InputError, match="is no file of annotations"):
        join_texts(tmp_path / "cut", texts(tmp_path, []), tmp_path / "out")


def test_windows_are_measured_by_the_tokenizer_that_was_published(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = files("gonerd.newsroom").joinpath("tokenizer.json").read_text(encoding="utf-8")
    (tmp_path / "own.json").write_text(shipped + "\n")
    built(tmp_path / "whole", window=tmp_path / "own.json")
    (tmp_path / "annotations").mkdir()
    withhold_texts(tmp_path / "whole", tmp_path / "annotations")
    rebuilt = texts(tmp_path, map(page, annotated_documents()))
    words = [
        "join",
        str(tmp_path / "annotations"),
        "--texts",
        str(rebuilt),
        "--out",
        str(tmp_path / "out"),
    ]
    assert run(words) == 1
    assert "names the tokenizer 'own.json' for its windows" in capsys.readouterr().err
    assert run([*words, "--window-tokenizer", "newsroom"]) == 1
    assert "were measured by the tokenizer own.json" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert run([*words, "--window-tokenizer", str(tmp_path / "own.json")]) == 0
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_annotations_are_no_dataset_for_those_who_read_texts(published: Path) -> None:
    with pytest.raises(InputError, match="holds annotations without their texts; 'gonerd rebuild'"):
        list(documents_of(published / "annotations", "test"))


@pytest.mark.parametrize(
    "command", ["audit", "stats", "export --to conll --out -", "publish --dry-run --repo-id a/b"]
)
def test_commands_tell_how_annotations_become_whole(
    published: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name, *options = command.split()
    assert run([name, str(published / "annotations"), *options]) == 1
    assert "'gonerd rebuild' and 'gonerd join' make it whole" in capsys.readouterr().err


def test_what_nobody_could_make_again_is_not_withheld(tmp_path: Path) -> None:
    built(tmp_path / "nameless", more={"url": ""})
    (tmp_path / "a").mkdir()
    with pytest.raises(CheckError, match="names no address; without its text nobody could"):
        withhold_texts(tmp_path / "nameless", tmp_path / "a")
    built(tmp_path / "redacted", more={"redacted": {"mentions": {"AGE": 1}}})
    (tmp_path / "b").mkdir()
    with pytest.raises(
        CheckError, match="surrogates stand in 30 of its documents, and no page reads so"
    ):
        withhold_texts(tmp_path / "redacted", tmp_path / "b")
