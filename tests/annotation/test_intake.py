import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from gonerd import Document, Entity
from gonerd.errors import CheckError, ConfigError, InputError, OutputError, SchemaError
from gonerd.records import read_documents, write_documents
from gonerd_annotation.answer import OUTCOMES
from gonerd_annotation.intake import Intake, import_annotations
from gonerd_annotation.offsets import Utf16Offsets
from gonerd_annotation.task import read_tasks, write_tasks
from tests.annotation.answers import annotation, export_of, rejection, studio_documents

TEXT = "Anna Berg, 34, of 12 Main St., Oslo 🎉 sued Acme Corp. Call 555-0100."


def document(id_: str = "d1", text: str = TEXT) -> Document:
    entities = [
        Entity(text.index(mention), text.index(mention) + len(mention), label, subtype)
        for mention, label, subtype in [
            ("Anna Berg", "PER", ""),
            ("34", "MISC", "AGE"),
            ("12 Main St., Oslo", "MISC", "ADDRESS"),
            ("Acme Corp.", "ORG", ""),
            ("555-0100", "MISC", "PHONE"),
        ]
        if mention in text
    ]
    return Document(
        id=id_, text=text, entities=tuple(entities), meta={"url": "u", "domain": "x.example"}
    )


def imported(
    tasks: list[dict[str, Any]], *documents: Document
) -> tuple[list[Document], dict[str, Any]]:
    intake = Intake(tasks)
    result = list(intake.annotate(documents))
    return result, intake.report()


def trimmed(text: str, entity: Entity) -> Entity | None:
    mention = text[entity.start : entity.end]
    if not mention.strip():
        return None
    start = entity.start + len(mention) - len(mention.lstrip())
    return Entity(start, start + len(mention.strip()), entity.label, entity.subtype)


@given(studio_documents())
def test_export_and_import_keep_every_span_exactly(annotated: Document) -> None:
    through_json = json.loads(json.dumps(export_of(annotated)))
    (result,), report = imported([through_json], annotated)
    expected = {trimmed(annotated.text, entity) for entity in annotated.entities} - {None}
    assert set(result.entities) == expected
    assert report["regions"] == len(annotated.entities)
    assert report["regions"] == report["entities"] + report["blank"] + report["duplicate"]


@given(studio_documents())
def test_utf16_exports_come_back_exactly_or_are_told_to_be_ambiguous(annotated: Document) -> None:
    export = export_of(annotated)
    units = Utf16Offsets(annotated.text)
    for result in export["annotations"][0]["result"]:
        value = result["value"]
        value["start"], value["end"] = units.units(value["start"]), units.units(value["end"])
    (result_document,), report = imported([export], annotated)
    expected = {trimmed(annotated.text, entity) for entity in annotated.entities} - {None}
    assert report["ambiguous_annotations"] == 1 or set(result_document.entities) == expected


def test_the_document_keeps_its_meta_and_gains_who_annotated_it() -> None:
    original = document()
    (result,), _ = imported([export_of(original)], original)
    assert result == Document(
        id="d1",
        text=TEXT,
        entities=original.entities,
        meta={
            "url": "u",
            "domain": "x.example",
            "annotation": {
                "annotator": "3",
                "lead_time": 12.5,
                "annotation_id": 1,
                "updated_at": "2026-01-10T03:21:09.833576Z",
            },
        },
    )


def test_subtypes_come_back_below_misc() -> None:
    (result,), _ = imported([export_of(document())], document())
    assert {result.mention(e): (e.label, e.subtype) for e in result.entities} == {
        "Anna Berg": ("PER", ""),
        "34": ("MISC", "AGE"),
        "12 Main St., Oslo": ("MISC", "ADDRESS"),
        "Acme Corp.": ("ORG", ""),
        "555-0100": ("MISC", "PHONE"),
    }


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, -1, "12", True, [1]])
def test_a_lead_time_that_makes_no_sense_is_null(value: Any) -> None:
    """Python reads NaN and endless numbers as JSON; no file of ours may hold them."""
    (result,), _ = imported(
        [export_of(document(), annotation(lead_time=value, id=value))], document()
    )
    assert result.meta["annotation"]["lead_time"] is None
    json.dumps(result.meta["annotation"], allow_nan=False)


def test_an_annotators_email_is_preferred_to_a_number() -> None:
    who = {"id": 9, "email": "ann@x.example", "first_name": "", "last_name": ""}
    export = export_of(document(), annotation(completed_by=who))
    (result,), _ = imported([export], document())
    assert result.meta["annotation"]["annotator"] == "ann@x.example"


def test_every_task_is_accounted_for() -> None:
    documents = [document(f"d{number}") for number in range(7)]
    tasks = [
        export_of(documents[0]),
        export_of(documents[1], annotation(was_cancelled=True)),
        export_of(documents[2], annotation(rejection("Not English"))),
        export_of(documents[3]) | {"annotations": []},
        export_of(document("d4", TEXT.replace("Anna", "Anne"))),
        export_of(document("missing")),
    ]
    tasks.append(export_of(documents[5]))
    del tasks[-1]["data"]["doc_id"]
    result, report = imported(tasks, *documents)
    assert [one.id for one in result] == ["d0"]
    assert {outcome: report[outcome] for outcome in OUTCOMES} == {
        "imported": 1,
        "cancelled": 1,
        "rejected": 1,
        "unannotated": 1,
        "quarantined": 3,
        "taken_down": 0,
    }
    assert report["tasks"] == 7 == sum(report[outcome] for outcome in OUTCOMES)
    assert report["rejected_for"] == {"Not English": 1}
    assert report["documents_without_task"] == 2
    reasons = {row["doc_id"]: " ".join(row["reasons"]) for row in report["left_out"]}
    assert reasons["d2"] == "Not English"
    assert reasons["d4"].startswith("the document's text has SHA-256 ")
    assert reasons["missing"] == "no document has the id 'missing'"
    assert reasons[None] == "data.doc_id is missing; the task is not from this tool"


def test_a_task_whose_own_text_changed_is_quarantined() -> None:
    export = export_of(document())
    export["data"]["text"] += " "
    _, report = imported([export], document())
    assert report["quarantined"] == 1
    assert "data.text is not the document's text" in report["left_out"][0]["reasons"][0]


def test_of_several_annotations_the_latest_that_is_not_cancelled_counts() -> None:
    early = annotation(number=1, updated_at="2026-01-10T23:00:00+02:00")
    late = annotation(*export_of(document())["annotations"][0]["result"], number=2)
    late["updated_at"] = "2026-01-10T22:00:00Z"
    skipped = annotation(number=3, updated_at="2026-02-01T00:00:00Z", was_cancelled=True)
    (result,), report = imported([export_of(document(), late, early, skipped)], document())
    assert result.meta["annotation"]["annotation_id"] == 2
    assert len(result.entities) == 5
    assert report["several_annotations"] == 1


def test_two_tasks_that_annotate_one_document_are_not_chosen_between() -> None:
    tasks = [export_of(document(), number=1), export_of(document(), number=2)]
    result, report = imported(tasks, document())
    assert len(result) == 1
    assert report["left_out"][0]["reasons"] == ["task 1 annotated this document already"]


def test_white_space_around_a_span_is_trimmed_and_counted() -> None:
    spacious = Document(id="d1", text="Anna  Berg \n", entities=(Entity(4, 12, "PER"),))
    (result,), report = imported([export_of(spacious)], spacious)
    assert result.entities == (Entity(6, 10, "PER"),)
    assert report["trimmed"] == 1


def test_overlapping_and_nested_spans_stay_and_are_counted() -> None:
    nested = Document(
        id="d1", text="University of Oslo", entities=(Entity(0, 18, "ORG"), Entity(14, 18, "LOC"))
    )
    (result,), report = imported([export_of(nested)], nested)
    assert result.entities == nested.entities
    assert report["overlapping"] == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"labels": []}, "region '{id}' has labels [], one was expected"),
        ({"labels": ["PER", "ORG"]}, "region '{id}' has labels ['PER', 'ORG'], one was expected"),
        (
            {"start": "/p[1]"},
            "region '{id}' has offsets '/p[1]' and 9, whole numbers were expected",
        ),
        ({"start": True}, "region '{id}' has offsets True and 9, whole numbers were expected"),
        ({"text": 5}, "region '{id}' has text 5, a string was expected"),
        ({"text": "Berg"}, "region '{id}': [0, 9) is 'Anna Berg', selected was 'Berg'"),
        ({"end": 999}, "region '{id}': [0, 999) is empty or outside the text (68 characters)"),
    ],
)
def test_a_region_that_makes_no_sense_quarantines_its_task(
    change: dict[str, Any], reason: str
) -> None:
    export = export_of(document())
    region = export["annotations"][0]["result"][0]
    region["value"] |= change
    result, report = imported([export], document())
    assert result == []
    assert report["left_out"][0]["reasons"] == [reason.format(id=region["id"])]


def test_an_unknown_label_is_refused_with_its_task_and_document() -> None:
    export = export_of(document())
    export["annotations"][0]["result"][0]["value"]["labels"] = ["MISC"]
    with pytest.raises(
        SchemaError,
        match=r"export: task 1 \(document 'd1'\): label 'MISC' is unknown; "
        "expected one of PER, ORG, LOC, AGE, ADDRESS, PHONE",
    ):
        imported([export], document())


def test_results_of_other_controls_are_counted_not_read() -> None:
    relation = {"from_id": "a", "to_id": "b", "type": "relation", "direction": "right"}
    (result,), report = imported([export_of(document(), annotation(relation))], document())
    assert result.entities == ()
    assert report["other_results"] == 1


def files(
    folder: Path, tasks: list[dict[str, Any]], documents: list[Document]
) -> tuple[Path, Path]:
    write_tasks(folder / "export.json", tasks)
    write_documents(folder / "documents.jsonl", documents)
    return folder / "export.json", folder / "documents.jsonl"


def test_tasks_that_cannot_be_trusted_are_an_error_without_quarantine(tmp_path: Path) -> None:
    paths = files(tmp_path, [export_of(document("lost"))], [document()])
    with pytest.raises(
        CheckError,
        match=r"export.json: 1 of 1 tasks can't be trusted, first task 1 \(document 'lost'\): "
        "no document has the id 'lost'; --quarantine FILE sets them aside",
    ):
        import_annotations(*paths, tmp_path / "out.jsonl")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["documents.jsonl", "export.json"]


def test_no_output_takes_the_place_of_another_file_of_the_import(tmp_path: Path) -> None:
    export, documents = files(tmp_path, [export_of(document())], [document()])
    was = export.read_bytes(), documents.read_bytes()
    out = tmp_path / "out.jsonl"
    with pytest.raises(ConfigError, match="can't hold both"):
        import_annotations(export, documents, out, quarantine=out)
    for path in (export, documents):
        with pytest.raises(OutputError, match="would be replaced, and is read"):
            import_annotations(export, documents, path, overwrite=True)
        with pytest.raises(OutputError, match="would be replaced, and is read"):
            import_annotations(export, documents, out, quarantine=path, overwrite=True)
    assert not out.exists()
    assert (export.read_bytes(), documents.read_bytes()) == was


def test_quarantined_tasks_are_kept_whole_with_their_reasons(tmp_path: Path) -> None:
    bad = export_of(document("lost"), number=2)
    paths = files(tmp_path, [export_of(document()), bad], [document()])
    report = import_annotations(*paths, tmp_path / "out.jsonl", quarantine=tmp_path / "q.jsonl")
    assert report["imported"] == report["quarantined"] == 1
    (row,) = [json.loads(line) for line in (tmp_path / "q.jsonl").read_text().splitlines()]
    assert row == {
        "task": 2,
        "doc_id": "lost",
        "outcome": "quarantined",
        "reasons": ["no document has the id 'lost'"],
        "export": bad,
    }
    (result,) = read_documents(tmp_path / "out.jsonl")
    assert result.entities == document().entities


def test_an_existing_output_is_not_replaced(tmp_path: Path) -> None:
    paths = files(tmp_path, [export_of(document())], [document()])
    (tmp_path / "out.jsonl").write_text("old")
    with pytest.raises(OutputError, match=r"out\.jsonl exists already"):
        import_annotations(*paths, tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_text() == "old"


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        ("[]", InputError, "no task is in it"),
        ("{}", SchemaError, "found dict, expected a JSON array of tasks"),
        ('[{"id": 1,\n "data"', InputError, r"e.json:2: not JSON at column 8"),
        (
            '[{"id": 1, "text": "x"}]',
            SchemaError,
            "task 1 of the array has no object 'data'; export",
        ),
        ("[" * 100_000, SchemaError, "nested too deep"),
    ],
)
def test_a_file_that_is_no_export_is_told(
    tmp_path: Path, content: str, error: type[Exception], message: str
) -> None:
    (tmp_path / "e.json").write_text(content)
    with pytest.raises(error, match=message):
        read_tasks(tmp_path / "e.json")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"annotations": "none"},
            "'annotations' is not a list of objects; export from Label Studio",
        ),
        (
            {"annotations": [annotation(result=7)]},
            "annotation 1: 'result' is not a list of objects",
        ),
        ({"annotations": [annotation(updated_at="now")]}, "annotation 1: updated_at is 'now'"),
    ],
)
def test_a_task_outside_the_format_is_told(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SchemaError, match=rf"export: task 1 \(document 'd1'\): {message}"):
        imported([export_of(document()) | change], document())


def test_documents_of_one_id_are_refused() -> None:
    with pytest.raises(SchemaError, match="document 'd1' comes twice"):
        imported([export_of(document())], document(), document())


def test_half_an_emoji_of_an_older_editor_is_quarantined_as_it_was_exported(tmp_path: Path) -> None:
    """A server of today refuses to store it; older editors counted UTF-16 units and exported halves."""
    export = export_of(document())
    value = export["annotations"][0]["result"][0]["value"]
    start = len(TEXT[: TEXT.index("🎉")].encode("utf-16-le")) // 2
    value |= {"start": start, "end": start + 1, "text": "\ud83c"}
    export_file, documents = files(tmp_path, [export], [document()])
    report = import_annotations(
        export_file, documents, tmp_path / "o.jsonl", quarantine=tmp_path / "q.jsonl"
    )
    assert report["quarantined"] == 1
    (row,) = [json.loads(line) for line in (tmp_path / "q.jsonl").read_text().splitlines()]
    assert row["export"] == export
