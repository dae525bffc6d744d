"""BRAT's folder of pairs, in the form that its documentation gives."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from gonerd import Document, Entity
from gonerd.corpora import read_brat, read_corpus, write_brat
from gonerd.errors import GonerdError, InputError, OutputError, SchemaError
from gonerd.schema import text_sha256
from tests.strategies import overlapping_documents

TEXT = "Sony Corp. and Citibank\nof New York, 42\r\n"


def pair(folder: Path, marks: str, *, text: str = TEXT, name: str = "doc-1") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.txt").write_bytes(text.encode())
    (folder / f"{name}.ann").write_bytes(marks.encode())
    return folder


def kept(document: Document) -> Document:
    """What BRAT can hold of a document."""
    meta = {"source": "news", "text_sha256": text_sha256(document.text)}
    return replace(document, tokens=None, meta=meta)


@given(overlapping_documents())
def test_texts_and_entities_come_back(
    tmp_path_factory: pytest.TempPathFactory, document: Document
) -> None:
    folder = tmp_path_factory.mktemp("brat") / "x"
    other = replace(document, id=f"{document.id}/..")
    assert write_brat(folder, [document, other]) == 2
    found = {document.id: document for document in read_corpus(folder)}
    assert found == {document.id: kept(document), other.id: kept(other)}
    for path in folder.glob("*.ann"):  # whatever a reader takes for the end of a line
        lines = path.read_bytes().decode().splitlines()
        assert all(line.startswith(("T", "A")) and line.count("\t") <= 2 for line in lines)


def test_a_folder_is_written_as_brat_writes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entities = (
        Entity(0, 10, "ORG"),
        Entity(15, 35, "ORG"),
        Entity(27, 35, "LOC"),
        Entity(37, 39, "MISC", "AGE"),
    )
    document = Document(id="a/1", text=TEXT, entities=entities, meta={"url": "x"}, tokens=((0, 4),))
    write_brat(tmp_path / "out", [document])
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "a%2F1.ann",
        "a%2F1.txt",
        "annotation.conf",
    ]
    assert (tmp_path / "out/a%2F1.txt").read_bytes() == TEXT.encode()
    assert (tmp_path / "out/a%2F1.ann").read_text() == (
        "T1\tORG 0 10\tSony Corp.\n"
        "T2\tORG 15 23;24 35\tCitibank of New York\n"
        "T3\tLOC 27 35\tNew York\n"
        "T4\tMISC 37 39\t42\n"
        "A1\tSubtype T4 AGE\n"
    )
    assert (tmp_path / "out/annotation.conf").read_text() == (
        "[entities]\nLOC\nMISC\nORG\n\n"
        "[relations]\n<OVERLAP> Arg1:<ENTITY>, Arg2:<ENTITY>, <OVL-TYPE>:<ANY>\n\n"
        "[events]\n\n[attributes]\nSubtype Arg:<ENTITY>, Value:AGE\n"
    )
    assert capsys.readouterr().err == (
        "not kept in BRAT: the meta of 1 document, the tokens of 1 document; "
        "the first in document 'a/1'\n"
    )


def test_what_documents_can_not_hold_is_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    marks = (
        "T1\tORG 0 4\tSony\n"
        "T2\tORG 0 4;15 23\tSony Citibank\n"
        "T3\tMerge 11 14\tand\n"
        "E1\tMerge:T3 Org1:T1\n"
        "R1\tOrigin Arg1:T1 Arg2:T2\n"
        "*\tEquiv T1 T2\n"
        "A1\tNegation E1\n"
        "A2\tSubtype T2 X\n"
        "N1\tReference T1 Wikipedia:534366\tSony\n"
        "#1\tAnnotatorNotes T1\tsure?\n\n"
    )
    (document,) = read_brat(pair(tmp_path / "in", marks))
    assert [(document.mention(e), e.label) for e in document.entities] == [
        ("Sony", "ORG"),
        ("and", "Merge"),
    ]
    assert capsys.readouterr().err == (
        "not kept in documents: 1 discontinuous entity mention, 1 event, 1 relation, 1 equivalence, "
        "1 attribute, 1 normalization, 1 note; the first in document 'doc-1'\n"
    )


def test_fragments_on_two_lines_are_one_entity(tmp_path: Path) -> None:
    (document,) = read_brat(pair(tmp_path / "in", "T1\tORG 15 23;24 26\tCitibank of\r\n"))
    assert document.mention(document.entities[0]) == "Citibank\nof"


def test_no_file_is_hidden(tmp_path: Path) -> None:
    write_brat(tmp_path / "out", [Document(id=".a", text="x"), Document(id="..", text="x")])
    assert not [path for path in (tmp_path / "out").iterdir() if path.name.startswith(".")]
    assert [document.id for document in read_brat(tmp_path / "out")] == ["..", ".a"]


def test_folders_below_are_read_too(tmp_path: Path) -> None:
    pair(tmp_path / "in", "")
    pair(tmp_path / "in/b", "")
    assert [document.id for document in read_corpus(tmp_path / "in")] == ["b/doc-1", "doc-1"]


@pytest.mark.parametrize(
    ("marks", "message"),
    [
        ("T1\tORG 0 4\tSony\nT1\tORG 0 4\tSony", r"doc-1.ann:2: T1 comes twice"),
        ("T1\tORG 0 4\tSona", r"doc-1.ann:1: T1 quotes 'Sona', but the text there is 'Sony'"),
        ("T1\tORG 4 4\t", r"doc-1.ann:1: T1 \[4, 4\) is empty"),
        ("T1\tORG 0 99\tx", r"past the end of the text \(41 characters\)"),
        ("T1 ORG 0 4 Sony", r"doc-1.ann:1: found 'T1 ORG 0 4 Sony', expected a line of BRAT"),
        ("A1\tSubtype T9 AGE", r"doc-1.ann: attribute Subtype speaks of T9, which is not there"),
        (
            "T1\tORG 0 4\nA1\tSubtype T1 A\nA2\tSubtype T1 B",
            r"doc-1.ann:3: T1 has a second Subtype",
        ),
        ("hello", r"doc-1.ann:1: found 'hello'"),
    ],
)
def test_a_bad_line_is_told_where(tmp_path: Path, marks: str, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        list(read_corpus(pair(tmp_path / "in", marks)))


def test_half_a_pair_is_told(tmp_path: Path) -> None:
    folder = pair(tmp_path / "in", "")
    (folder / "b.txt").write_text("x")
    with pytest.raises(InputError, match=r"in/b.txt is there without in/b.ann|b.txt is there"):
        list(read_corpus(folder))
    (folder / "b.txt").unlink()
    (folder / "doc-1.txt").unlink()
    with pytest.raises(InputError, match=r"doc-1.ann is there without doc-1.txt"):
        list(read_corpus(folder))


def test_other_encodings_other_folders_and_single_files_are_told(tmp_path: Path) -> None:
    folder = pair(tmp_path / "in", "")
    (folder / "doc-1.txt").write_bytes(b"caf\xe9")
    with pytest.raises(InputError, match=r"doc-1.txt: byte 0xe9 at 3 is not UTF-8"):
        list(read_corpus(folder))
    with pytest.raises(InputError, match=r"doc-1.ann is one file of BRAT's pairs; name the folder"):
        list(read_corpus(folder / "doc-1.ann"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty is a folder without .ann files"):
        list(read_corpus(tmp_path / "empty"))
    with pytest.raises(InputError, match=r"no is no folder"):
        list(read_corpus(tmp_path / "no", form="brat"))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere such a file can't be made")
def test_a_file_whose_name_is_not_unicode_is_told(tmp_path: Path) -> None:
    folder = pair(tmp_path / "in", "")
    for file in list(folder.iterdir()):
        file.rename(folder / f"caf\udce9{file.suffix}")
    with pytest.raises(SchemaError, match=r"in: the id 'caf\\udce9' holds half of a surrogate"):
        list(read_corpus(folder))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            Document(id="a", text="x", entities=(Entity(0, 1, "a b"),)),
            "label 'a b' can't be a type",
        ),
        (
            Document(id="a", text="x", entities=(Entity(0, 1, "A", "b c"),)),
            "subtype 'b c' can't be",
        ),
        (Document(id="é" * 99, text="x"), "takes 594 bytes as a file's name"),
        (Document(id="", text="x"), "takes 0 bytes as a file's name"),
        (Document(id="a", text="\ud800"), "half of a surrogate pair"),
    ],
)
def test_what_brat_can_not_hold_at_all_writes_nothing(
    tmp_path: Path, document: Document, message: str
) -> None:
    with pytest.raises(GonerdError, match=message):
        write_brat(tmp_path / "out", [document])
    assert list(tmp_path.iterdir()) == []


def test_an_id_that_comes_twice_and_an_existing_folder_are_told(tmp_path: Path) -> None:
    document = Document(id="a", text="x")
    with pytest.raises(SchemaError, match="another document has this file's name"):
        write_brat(tmp_path / "out", [document, document])
    write_brat(tmp_path / "out", [document])
    with pytest.raises(OutputError, match=r"out exists already"):
        write_brat(tmp_path / "out", [document])
    assert write_brat(tmp_path / "out", [], overwrite=True) == 0
