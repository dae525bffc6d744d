import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd import Document, Entity
from gonerd.cli.main import run
from gonerd.errors import SchemaError
from gonerd.records import read_documents, write_documents
from gonerd_annotation.exported import Exported, read_export
from gonerd_annotation.intake import Intake
from gonerd_annotation.offsets import Utf16Offsets
from tests.annotation.answers import annotation, export_of, rejection, studio_documents

TEXT = "Anna Berg, 34, left Oslo 🎉 for Acme Corp."
DOCUMENT = Document(
    id="d1",
    text=TEXT,
    entities=(Entity(0, 9, "PER"), Entity(11, 13, "MISC", "AGE"), Entity(31, 41, "ORG")),
)


def completions_of(document: Document, **more: Any) -> dict[str, Any]:
    """The task as Label Studio 0.x exported it, in the form that its guide describes."""
    task = export_of(document)
    units = Utf16Offsets(document.text)
    results = task["annotations"][0]["result"]
    for result in results:
        value = result["value"]
        value["start"], value["end"] = units.units(value["start"]), units.units(value["end"])
    completion = {"id": 1001, "lead_time": 15.053, "result": results} | more
    return {"id": 1, "data": task["data"], "completions": [completion], "predictions": []}


def minimal_of(document: Document, **more: Any) -> dict[str, Any]:
    """The row of JSON_MIN as a server of today exports it."""
    task = export_of(document)
    values = [result["value"] for result in task["annotations"][0]["result"]]
    return {
        **task["data"],
        "id": 7,
        **({"label": values} if values else {}),
        "annotator": 3,
        "annotation_id": 5,
        "created_at": "2026-01-07T03:14:39.424067Z",
        "updated_at": "2026-01-10T03:21:09.833576Z",
        "lead_time": 12.5,
    } | more


def read(folder: Path, tasks: list[Any]) -> Exported:
    (folder / "export.json").write_text(json.dumps(tasks), encoding="utf-8")
    return read_export(folder / "export.json")


def imported(exported: Exported, document: Document = DOCUMENT) -> tuple[list[Document], Any]:
    intake = Intake(exported.tasks)
    return list(intake.annotate([document])), intake.report()


@pytest.mark.parametrize("form", ["JSON", "JSON_MIN", "completions"])
def test_all_forms_say_the_same(tmp_path: Path, form: str) -> None:
    make = {"JSON": export_of, "JSON_MIN": minimal_of, "completions": completions_of}[form]
    exported = read(tmp_path, [make(DOCUMENT)])
    assert exported.form == form
    (result,), report = imported(exported)
    assert result.entities == DOCUMENT.entities
    assert report["utf16_annotations"] == (form == "completions")


@given(studio_documents(), st.sampled_from([minimal_of, completions_of]))
def test_every_span_comes_back_from_older_and_smaller_forms(
    tmp_path_factory: pytest.TempPathFactory, document: Document, make: Any
) -> None:
    exported = read(tmp_path_factory.mktemp("form"), [make(document)])
    (result,), report = imported(exported, document)
    expected = {e for e in document.entities if document.mention(e).strip()}
    assert report["ambiguous_annotations"] or {result.mention(e) for e in result.entities} == {
        document.mention(e).strip() for e in expected
    }
    assert report["regions"] == report["entities"] + report["blank"] + report["duplicate"]


def test_a_completion_says_when_and_whether_it_was_skipped(tmp_path: Path) -> None:
    task = completions_of(DOCUMENT, created_at=1607000000)
    task["completions"].append({"id": 1002, "created_at": 1607000001.5, "result": []})
    task["completions"].append(
        {"id": 1003, "created_at": 1608000000, "result": [], "skipped": True}
    )
    (result,), report = imported(read(tmp_path, [task]))
    assert result.entities == ()
    assert result.meta["annotation"]["updated_at"] == "2020-12-03T12:53:21.500000+00:00"
    assert report["several_annotations"] == 1
    only = completions_of(DOCUMENT, was_cancelled=True)
    assert imported(read(tmp_path, [only]))[1]["cancelled"] == 1


def test_of_several_completions_without_a_time_none_is_chosen(tmp_path: Path) -> None:
    task = completions_of(DOCUMENT)
    task["completions"] *= 2
    _, report = imported(read(tmp_path, [task]))
    assert report["left_out"][0]["reasons"] == [
        "it has several annotations, and not all say when they were made"
    ]


def test_rows_of_one_task_are_its_annotations(tmp_path: Path) -> None:
    late = minimal_of(DOCUMENT, annotation_id=6, updated_at="2026-02-01T00:00:00Z")
    del late["label"]
    (result,), report = imported(read(tmp_path, [late, minimal_of(DOCUMENT)]))
    assert (result.entities, report["several_annotations"]) == ((), 1)


def test_a_row_of_old_has_results_and_data_alone(tmp_path: Path) -> None:
    row = minimal_of(DOCUMENT)
    for key in ("id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time"):
        del row[key]
    (result,), _ = imported(read(tmp_path, [row]))
    assert result.entities == DOCUMENT.entities
    assert result.meta["annotation"]["annotator"] == ""


@pytest.mark.parametrize("reject", ["Not English", {"choices": ["Not English"]}])
def test_a_rejection_comes_through(tmp_path: Path, reject: Any) -> None:
    _, report = imported(read(tmp_path, [minimal_of(DOCUMENT, reject=reject)]))
    assert report["rejected_for"] == {"Not English": 1}


def test_all_checks_hold_for_every_form(tmp_path: Path) -> None:
    row = minimal_of(DOCUMENT)
    row["label"][0]["text"] = "Someone"
    _, report = imported(read(tmp_path, [row]))
    assert report["left_out"][0]["reasons"] == [
        "region 'label 1': [0, 9) is 'Anna Berg', selected was 'Someone'"
    ]
    task = completions_of(DOCUMENT)
    task["data"]["text_sha256"] = "0" * 64
    assert imported(read(tmp_path, [task]))[1]["quarantined"] == 1


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        (
            [export_of(DOCUMENT), minimal_of(DOCUMENT)],
            "task 2 of the array is JSON_MIN, others are JSON",
        ),
        ([{"data": {}}], "task 1 of the array has neither annotations nor completions"),
        ([{"id": 1, "text": "x"}], "task 1 of the array has no object 'data'"),
        ([3], "task 1 of the array is int, expected an object"),
        (
            [minimal_of(DOCUMENT, label="PER")],
            "row 1 of the array: 'label' is str, expected a list",
        ),
        ([minimal_of(DOCUMENT, reject=3)], "row 1 of the array: 'reject' is 3, expected a choice"),
        ([minimal_of(DOCUMENT, id=[1])], r"row 1 of the array: id is \[1\], a task's number"),
        (
            [minimal_of(DOCUMENT), minimal_of(DOCUMENT, title="Other")],
            "row 2 of the array: task 7 has other data in a row before",
        ),
        (
            [{"id": 4, "data": {}, "completions": 3}],
            "task 4: 'completions' is not a list of objects",
        ),
        ([completions_of(DOCUMENT, created_at=1e30)], "completion 1001 has the time 1e\\+30"),
    ],
)
def test_what_is_no_export_is_told(tmp_path: Path, tasks: list[Any], message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        read(tmp_path, tasks)


def test_what_a_form_lacks_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_documents(tmp_path / "d.jsonl", [DOCUMENT])
    read(tmp_path, [minimal_of(DOCUMENT)])
    line = ["annotate", "import", str(tmp_path / "export.json"), "--documents"]
    assert (
        run([*line, str(tmp_path / "d.jsonl"), "--out", str(tmp_path / "o.jsonl"), "--json"]) == 0
    )
    printed = capsys.readouterr()
    assert json.loads(printed.out)["form"] == "JSON_MIN"
    assert "an export as JSON_MIN does not say which tasks were skipped" in printed.err
    assert len(list(read_documents(tmp_path / "o.jsonl"))) == 1


def test_an_export_of_today_lacks_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_documents(tmp_path / "d.jsonl", [DOCUMENT])
    read(tmp_path, [export_of(DOCUMENT, annotation(rejection("Other")))])
    line = ["annotate", "import", str(tmp_path / "export.json"), "--documents"]
    assert run([*line, str(tmp_path / "d.jsonl"), "--out", str(tmp_path / "o.jsonl")]) == 0
    assert "does not say" not in capsys.readouterr().err
