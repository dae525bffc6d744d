import json
from pathlib import Path
from typing import Any

import pytest

from gonerd import Document
from gonerd.errors import CheckError, ConfigError, GonerdError, InputError, SchemaError
from gonerd.records import write_documents
from gonerd_annotation.annotators import Annotator, co_annotated, read_annotators, read_truth
from gonerd_annotation.region import result_from_entity
from tests.annotation.answers import annotation, export_of, rejection
from tests.annotation.teams import document

TEXT = "Anna Berg, 34, left Acme Corp. in Oslo 🎉 and Oslo."
MARKED = document(TEXT, ("Anna Berg", "PER"), ("34", "MISC", "AGE"))
OTHER = document(TEXT, ("Oslo", "LOC"))


def by(email: str, one: Document, **more: Any) -> dict[str, Any]:
    results = [result_from_entity(one, entity) for entity in one.entities]
    return annotation(*results, completed_by={"id": 1, "email": email}, **more)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_documents(
        "sample.jsonl", [Document(id="d1", text=TEXT), Document(id="d2", text="Bergen.")]
    )
    return tmp_path


def write(name: str, *tasks: dict[str, Any]) -> str:
    Path(name).write_text(json.dumps(list(tasks)))
    return name


def said(team: list[Annotator]) -> dict[str, dict[str, tuple[str, ...]]]:
    return {
        one.name: {i: tuple(map(d.mention, d.entities)) for i, d in one.documents.items()}
        for one in team
    }


def test_one_export_an_annotator(folder: Path) -> None:
    write("a.json", export_of(MARKED, by("anna@x.example", MARKED)))
    write("b.json", export_of(OTHER, by("berg@x.example", OTHER)))
    team = read_annotators(["b.json", "a.json"], documents="sample.jsonl")
    assert said(team) == {
        "anna@x.example": {"d1": ("Anna Berg", "34")},
        "berg@x.example": {"d1": ("Oslo",)},
    }
    assert team[0].documents["d1"].meta["annotation"]["lead_time"] == 12.5
    assert list(co_annotated(team)) == ["d1"]


def test_one_export_with_several_annotators_on_a_task(folder: Path) -> None:
    task = export_of(
        MARKED,
        by("berg", OTHER, updated_at="2026-01-12T00:00:00Z"),
        by("anna", OTHER, updated_at="2026-01-10T00:00:00Z"),
        by("anna", MARKED, updated_at="2026-01-11T00:00:00Z"),
        by("carl", MARKED, was_cancelled=True),
    )
    team = read_annotators([write("p.json", task)], documents="sample.jsonl")
    assert said(team) == {
        "anna": {"d1": ("Anna Berg", "34")},
        "berg": {"d1": ("Oslo",)},
        "carl": {},
    }
    assert team[2].left_out == {"cancelled": 1}


def test_utf16_offsets_of_old_editors_are_converted_for_each_annotator(folder: Path) -> None:
    last = document(
        TEXT.replace("🎉", "--"), ("and Oslo", "LOC")
    )  # two UTF-16 units become two letters
    old = by("anna", last)
    assert old["result"][0]["value"]["text"] == "and Oslo"
    export = export_of(OTHER, old, by("berg", OTHER))
    team = read_annotators([write("p.json", export)], documents="sample.jsonl")
    assert said(team) == {"anna": {"d1": ("and Oslo",)}, "berg": {"d1": ("Oslo",)}}


def test_documents_as_json_lines_are_named_by_their_annotator_else_by_the_file(
    folder: Path,
) -> None:
    about = {"annotator": "anna@x.example", "lead_time": 3.0}
    write_documents("first.round.jsonl", [document(TEXT, ("Oslo", "LOC"), annotation=about)])
    write_documents("berg.v2.jsonl", [OTHER])
    team = read_annotators(["first.round.jsonl", "berg.v2.jsonl"])
    assert [one.name for one in team] == ["anna@x.example", "berg"]


def test_a_name_before_the_file_counts(folder: Path) -> None:
    write_documents("x=y.jsonl", [OTHER])
    write_documents("b.jsonl", [OTHER])
    assert [one.name for one in read_annotators(["x=y.jsonl", "carl=b.jsonl"])] == ["carl", "x=y"]


def test_a_rejection_is_an_answer(folder: Path) -> None:
    no = annotation(rejection("Not English"), completed_by={"email": "anna"})
    (anna,) = read_annotators([write("a.json", export_of(MARKED, no))], documents="sample.jsonl")
    assert (anna.documents, anna.rejected) == ({}, {"d1": ("Not English",)})
    assert anna.as_json()["rejected"] == 1


def test_two_batches_of_one_annotator_are_joined(folder: Path) -> None:
    second = Document(id="d2", text="Bergen.")
    write("a.json", export_of(MARKED, by("anna", MARKED)))
    write("b.json", export_of(second, by("anna", second)))
    (anna,) = read_annotators(["a.json", "b.json"], documents="sample.jsonl")
    assert (list(anna.documents), anna.files) == (["d1", "d2"], ["a.json", "b.json"])


def test_what_was_rejected_or_skipped_in_a_second_batch_counts_too(folder: Path) -> None:
    second = Document(id="d2", text="Bergen.")
    no = annotation(rejection("Duplicate"), completed_by={"email": "anna"})
    write("a.json", export_of(MARKED, by("anna", MARKED, was_cancelled=True)))
    write("b.json", export_of(second, no))
    (anna,) = read_annotators(["a.json", "b.json"], documents="sample.jsonl")
    assert (anna.rejected, anna.left_out) == ({"d2": ("Duplicate",)}, {"cancelled": 1})
    (anna,) = read_annotators(["b.json", "a.json"], documents="sample.jsonl")
    assert (anna.rejected, anna.left_out) == ({"d2": ("Duplicate",)}, {"cancelled": 1})


def test_who_annotated_a_document_twice_is_asked_to_be_named(folder: Path) -> None:
    for name in ("a.json", "b.json"):
        write(name, export_of(MARKED, by("stand-in", MARKED)))
    with pytest.raises(
        SchemaError, match=r"annotator 'stand-in' annotated document 'd1' in a\.json and"
    ):
        read_annotators(["a.json", "b.json"], documents="sample.jsonl")
    team = read_annotators(["one=a.json", "two=b.json"], documents="sample.jsonl")
    assert [one.name for one in team] == ["one", "two"]


def test_what_cant_be_trusted_is_an_error_or_left_out_and_counted(folder: Path) -> None:
    moved = export_of(MARKED, by("anna", MARKED))
    moved["annotations"][0]["result"][0]["value"]["start"] += 1
    write("a.json", moved)
    with pytest.raises(
        CheckError, match=r"a\.json: 1 of 1 tasks can't be trusted, first task 1 .*'d1'"
    ):
        read_annotators(["a.json"], documents="sample.jsonl")
    (anna,) = read_annotators(["a.json"], documents="sample.jsonl", skip_untrusted=True)
    assert (anna.documents, anna.left_out) == ({}, {"quarantined": 1})


def test_problems_name_the_file_and_what_was_expected(folder: Path) -> None:
    Path("empty.jsonl").write_text("\n \n")
    Path("cut.json").write_text('[{"data": {')
    Path("cut.jsonl").write_text('{"id": "d1", "text": ')
    Path("object.jsonl").write_text('{"data": {}}')
    write("none.json", export_of(MARKED) | {"annotations": []})
    write("min.json", {"text": TEXT, "label": []})
    write("bad.json", export_of(MARKED) | {"annotations": {"a": 1}})
    unknown = by("anna", MARKED)
    unknown["result"][0]["value"]["labels"] = ["EVENT"]
    write("label.json", export_of(MARKED, unknown))
    write("pair.json", export_of(MARKED, by("anna", MARKED), by("berg", MARKED)))
    write_documents("label.jsonl", [document(TEXT, ("Oslo", "GPE"))])
    write_documents("subtype.jsonl", [document(TEXT, ("Oslo", "LOC", "CITY"))])
    write_documents("twice.jsonl", [MARKED, MARKED])
    write_documents("changed.jsonl", [Document(id="d1", text=TEXT + "!")])
    write_documents("stranger.jsonl", [Document(id="d9", text=TEXT)])
    write("a.json", export_of(MARKED, by("anna", MARKED)))
    cases: list[tuple[type[GonerdError], str, list[str], str | None]] = [
        (InputError, "absent.json does not exist", ["absent.json"], None),
        (InputError, "empty.jsonl is empty", ["empty.jsonl"], None),
        (InputError, "is a folder, a file was expected", ["."], None),
        (InputError, "cut.json:1: not JSON at column", ["cut.json"], "sample.jsonl"),
        (SchemaError, "cut.jsonl:1: not JSON at column", ["cut.jsonl"], None),
        (SchemaError, "object.jsonl:1: field 'data' is unknown", ["object.jsonl"], None),
        (InputError, "none.json: nobody has annotated a task", ["none.json"], "sample.jsonl"),
        (SchemaError, "not as JSON_MIN", ["min.json"], "sample.jsonl"),
        (
            SchemaError,
            "bad.json: task 1: 'annotations' is not a list",
            ["bad.json"],
            "sample.jsonl",
        ),
        (
            SchemaError,
            "label 'EVENT' is unknown; expected one of PER",
            ["label.json"],
            "sample.jsonl",
        ),
        (SchemaError, "label.jsonl:1: document 'd1': label 'GPE'", ["label.jsonl"], None),
        (SchemaError, "subtype.jsonl: document 'd1': label 'LOC/CITY'", ["subtype.jsonl"], None),
        (SchemaError, "twice.jsonl: document 'd1' comes twice", ["twice.jsonl"], None),
        (SchemaError, "has another text than in sample.jsonl", ["changed.jsonl"], "sample.jsonl"),
        (
            SchemaError,
            "'d9' is not among those of sample.jsonl",
            ["stranger.jsonl"],
            "sample.jsonl",
        ),
        (SchemaError, "has several annotators (anna, berg)", ["x=pair.json"], "sample.jsonl"),
        (ConfigError, "a.json is an export of Label Studio; --documents FILE", ["a.json"], None),
        (ConfigError, "'=a.json' is neither a file nor NAME=FILE", ["=a.json"], None),
        (ConfigError, "standard input holds no annotator's file", ["-"], None),
    ]
    for kind, sentence, files, documents in cases:
        with pytest.raises(kind) as problem:
            read_annotators(files, documents=documents)
        assert sentence in str(problem.value), files
        assert "\n" not in str(problem.value)


def test_one_document_has_one_text_for_everybody(folder: Path) -> None:
    write_documents("a.jsonl", [MARKED])
    write_documents("b.jsonl", [Document(id="d1", text=TEXT + "!")])
    with pytest.raises(
        SchemaError, match=r"b\.jsonl: document 'd1' has another text than in a\.jsonl"
    ):
        read_annotators(["a.jsonl", "b.jsonl"])


def test_the_truth_has_labels_of_the_interface(folder: Path) -> None:
    write_documents("t.jsonl", [document(TEXT, ("Oslo", "GPE"))])
    with pytest.raises(SchemaError, match=r"t\.jsonl: document 'd1': label 'GPE'"):
        read_truth("t.jsonl")
    Path("none.jsonl").write_text("")
    with pytest.raises(InputError, match="holds no documents"):
        read_truth("none.jsonl")
