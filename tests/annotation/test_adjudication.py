import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd import Document
from gonerd.errors import CheckError, ConfigError, OutputError, SchemaError
from gonerd.records import read_documents, write_documents
from gonerd.takedown import Takedown
from gonerd_annotation.adjudication import Case, Decision, adjudication_task, cases, decisions
from gonerd_annotation.annotators import Annotator
from gonerd_annotation.label_config import label_config
from gonerd_annotation.merging import merge_annotations
from gonerd_annotation.region import result_from_entity
from gonerd_annotation.task import read_tasks
from tests.annotation.answers import annotation, rejection
from tests.annotation.teams import at, document, person, teams

TEXT = "Anna Berg, 34, left Acme Corp. in Oslo."
ANNA = ("Anna Berg", "PER")
AGE = ("34", "MISC", "AGE")
OSLO = ("Oslo", "LOC")


def finished(task: dict[str, Any], *marked: tuple[str, ...], who: str = "carla") -> dict[str, Any]:
    """The task as exported after the adjudicator marked this on it."""
    text = task["data"]["text"]
    results = [result_from_entity(Document(id="d", text=text), at(text, *one)) for one in marked]
    by = annotation(*results, completed_by={"id": 5, "email": who}, lead_time=30.0)
    return {**task, "id": 1, "annotations": [by]}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two annotators who agree about `same`, differ about `other` and `third`; `one` has one of them only."""
    monkeypatch.chdir(tmp_path)
    ids = ("same", "other", "third", "one", "none")
    meta = {"url": "http://a.example/", "domain": "a.example"}
    write_documents("sample.jsonl", [Document(id=i, text=TEXT, meta=meta) for i in ids])
    first = [
        document(TEXT, ANNA, AGE, id_="same"),
        document(TEXT, ANNA, OSLO, id_="other"),
        document(TEXT, ANNA, id_="third"),
        document(TEXT, OSLO, id_="one"),
    ]
    second = [
        document(TEXT, ANNA, AGE, id_="same"),
        document(TEXT, ANNA, ("Oslo", "ORG"), id_="other"),
        document(TEXT, id_="third"),
    ]
    write_documents("anna.jsonl", first)
    write_documents("berg.jsonl", second)
    return tmp_path


def merge(**options: Any) -> dict[str, Any]:
    settings: dict[str, Any] = {"documents": "sample.jsonl", "overwrite": True} | options
    return merge_annotations(["anna.jsonl", "berg.jsonl"], "merged.jsonl", **settings)


def merged() -> dict[str, Document]:
    return {one.id: one for one in read_documents("merged.jsonl")}


def test_agreements_pass_and_say_who_agreed(folder: Path) -> None:
    report = merge()
    counts = ("agreed", "undecided", "single", "unannotated", "adjudicated", "rejected", "merged")
    assert [report[name] for name in counts] == [1, 2, 1, 1, 0, 0, 1]
    assert [row["doc_id"] for row in report["left_out"]] == ["other", "third", "one"]
    (same,) = merged().values()
    assert same.meta["url"] == "http://a.example/"
    assert same.meta["annotation"] == {
        "status": "agreed",
        "annotators": ["anna", "berg"],
        "entities": [
            {"start": 0, "end": 9, "label": "PER", "agreed": ["anna", "berg"]},
            {"start": 11, "end": 13, "label": "MISC", "subtype": "AGE", "agreed": ["anna", "berg"]},
        ],
    }


def test_disagreements_go_back_with_a_prediction_for_each_annotator(folder: Path) -> None:
    merge(tasks="tasks.json")
    other, third = read_tasks("tasks.json")
    assert [p["model_version"] for p in other["predictions"]] == ["anna", "berg"]
    labels = [[r["value"]["labels"][0] for r in p["result"]] for p in other["predictions"]]
    assert labels == [["PER", "LOC"], ["PER", "ORG"]]
    assert [len(prediction["result"]) for prediction in third["predictions"]] == [1, 0]
    assert other["data"]["doc_id"] == "other"
    assert other["data"]["url"] == "http://a.example/"


def test_what_is_decided_comes_back_and_the_rest_is_told(folder: Path) -> None:
    merge(tasks="tasks.json")
    other, third = read_tasks("tasks.json")
    Path("decided.json").write_text(
        json.dumps([finished(other, ANNA, OSLO, ("Acme Corp.", "ORG"))])
    )
    report = merge(decided=["decided.json"], tasks="rest.json")
    assert [report[name] for name in ("agreed", "adjudicated", "undecided")] == [1, 1, 1]
    assert report["entities"] == {"agreed": 3, "adjudicated": 2, "annotated": 0}
    assert [task["data"]["doc_id"] for task in read_tasks("rest.json")] == ["third"]
    about = merged()["other"].meta["annotation"]
    assert about["entities"] == [
        {"start": 0, "end": 9, "label": "PER", "agreed": ["anna", "berg"]},
        {"start": 20, "end": 30, "label": "ORG", "adjudicated": "carla", "marked_by": []},
        {"start": 34, "end": 38, "label": "LOC", "adjudicated": "carla", "marked_by": ["anna"]},
    ]
    assert about["status"] == "adjudicated"
    assert (about["adjudicator"], about["decision"]["lead_time"]) == ("carla", 30.0)
    Path("second.json").write_text(json.dumps([finished(third, ANNA)]))
    report = merge(decided=["decided.json", "second.json"], tasks="none.json")
    assert (report["undecided"], report["adjudicated"], report["merged"]) == (0, 2, 3)
    assert not Path("none.json").exists()


def test_an_open_or_skipped_task_is_not_decided(folder: Path) -> None:
    merge(tasks="tasks.json")
    other, third = read_tasks("tasks.json")
    skipped = finished(third)
    skipped["annotations"][0]["was_cancelled"] = True
    Path("decided.json").write_text(json.dumps([{**other, "annotations": []}, skipped]))
    report = merge(decided=["decided.json"])
    assert (report["undecided"], report["decisions_cancelled"]) == (2, 1)


def test_the_adjudicator_may_reject_a_document_and_overrule_both(folder: Path) -> None:
    merge(tasks="tasks.json")
    other, third = read_tasks("tasks.json")
    no = annotation(rejection("Duplicate"))
    Path("decided.json").write_text(
        json.dumps([finished(other, OSLO), {**third, "id": 2, "annotations": [no]}])
    )
    report = merge(decided=["decided.json"])
    assert (report["rejected"], report["overruled"], report["undecided"]) == (1, 1, 0)
    reasons = {row["doc_id"]: row["reason"] for row in report["left_out"]}
    assert reasons["third"] == "rejected by the adjudicator: Duplicate"
    assert [e.label for e in merged()["other"].entities] == ["LOC"]


def test_single_documents_pass_only_when_asked_for(folder: Path) -> None:
    report = merge(keep_single=True)
    assert (report["merged"], report["entities"]["annotated"]) == (2, 1)
    about = merged()["one"].meta["annotation"]
    assert about["entities"] == [{"start": 34, "end": 38, "label": "LOC", "annotated": ["anna"]}]
    assert about["status"] == "single"


def test_without_documents_the_annotators_own_are_merged(folder: Path) -> None:
    report = merge(documents=None)
    assert (report["documents"], report["agreed"]) == (4, 1)
    assert merged()["same"].meta.keys() == {"annotation"}


def test_a_rejection_by_one_is_a_disagreement_and_the_adjudicator_sees_why() -> None:
    mine = person("anna", document(TEXT, ANNA))
    other = Annotator("berg", ["berg.json"], {}, {"d1": ("Not an article",)})
    (case,) = cases([document(TEXT)], [mine, other])
    assert case.standing == "undecided"
    task = adjudication_task(case)
    assert task["data"]["rejected_by"] == {"berg": ["Not an article"]}
    assert [prediction["model_version"] for prediction in task["predictions"]] == ["anna"]
    decided = Case(
        case.document, case.answers, case.rejections, Decision("carla", (at(TEXT, *ANNA),))
    )
    about = decided.merged().meta["annotation"]
    assert about["rejected_by"] == ["berg"]
    assert about["entities"][0]["adjudicated"] == "carla"


def test_what_one_of_three_rejected_is_agreed_by_nobody() -> None:
    team = [person("anna", document(TEXT, ANNA)), person("berg", document(TEXT, ANNA))]
    team.append(Annotator("carl", ["carl.json"], {}, {"d1": ("Not an article",)}))
    decided = {"d1": Decision("dora", (at(TEXT, *ANNA),))}
    (case,) = cases([document(TEXT)], team, decided)
    (entity,) = case.merged().meta["annotation"]["entities"]
    assert (entity["adjudicated"], entity["marked_by"]) == ("dora", ["anna", "berg"])


@given(teams())
def test_label_studio_accepts_the_adjudicators_tasks(team: list[Annotator]) -> None:
    from label_studio_sdk.label_interface import LabelInterface

    config = LabelInterface(label_config())
    for annotator in team:  # MISC alone has no button
        for i, one in annotator.documents.items():
            kept = tuple(e for e in one.entities if (e.label, e.subtype) != ("MISC", ""))
            annotator.documents[i] = replace(one, entities=kept)
    team[0].rejected["x"] = ("Not English",)
    texts = {i: one.text for annotator in team for i, one in annotator.documents.items()}
    for case in cases(
        [Document(id=i, text=text) for i, text in (texts | {"x": TEXT}).items()], team
    ):
        task = adjudication_task(case)
        assert config.validate_task({"data": task["data"]})
        for prediction in task["predictions"]:
            assert config.validate_prediction(prediction, return_errors=True) == []


def test_what_all_reject_is_left_out_without_asking() -> None:
    team = [Annotator(name, [name], {}, {"d1": ("Not English",)}) for name in ("anna", "berg")]
    (case,) = cases([document(TEXT)], team)
    assert case.standing == "rejected"


@given(teams(), st.booleans())
def test_every_document_has_one_standing_and_agreement_is_exact(
    team: list[Annotator], decide: bool
) -> None:
    texts = {i: one.text for annotator in team for i, one in annotator.documents.items()}
    documents = [Document(id=i, text=text) for i, text in texts.items()]
    decided = {i: Decision("carla") for i in texts} if decide else {}
    for case in cases(documents, team, decided):
        sets = [set(one.documents[case.document.id].entities) for one in team
                if case.document.id in one.documents]  # fmt: skip
        alike = len(sets) > 1 and all(one == sets[0] for one in sets)
        expected = "agreed" if alike else "single" if len(sets) == 1 else "undecided"
        assert case.standing == ("adjudicated" if decide else expected)
        if case.standing == "agreed":
            result = case.merged()
            assert set(result.entities) == sets[0]
            assert all("agreed" in one for one in result.meta["annotation"]["entities"])
        if case.standing == "adjudicated":
            common = set.intersection(*sets) if len(sets) > 1 else set()
            assert case.overruled == len(common)


def test_what_is_taken_down_is_in_neither_output(folder: Path) -> None:
    Path("list.txt").write_text("id:same\nid:other\n")
    report = merge(tasks="tasks.json", takedown=Takedown.read(["list.txt"]))
    assert (report["documents"], report["agreed"], report["undecided"]) == (3, 0, 1)
    assert [task["data"]["doc_id"] for task in read_tasks("tasks.json")] == ["third"]


def test_a_decision_about_what_nobody_annotated_is_refused(folder: Path) -> None:
    (same, *_) = read_documents("sample.jsonl")
    stranger = finished(adjudication_task(Case(same, {}, {})))
    stranger["data"]["doc_id"] = "none"
    Path("decided.json").write_text(json.dumps([stranger]))
    with pytest.raises(
        SchemaError, match="'none' is decided by 'carla', but no annotator's file has it"
    ):
        merge(decided=["decided.json"])


def test_a_document_is_decided_once(folder: Path) -> None:
    merge(tasks="tasks.json")
    other, _ = read_tasks("tasks.json")
    for name in ("x.json", "y.json"):
        Path(name).write_text(json.dumps([finished(other, ANNA)]))
    with pytest.raises(
        SchemaError, match=r"y\.json: document 'other' is decided in another file, too"
    ):
        merge(decided=["x.json", "y.json"])
    no = {**other, "id": 7, "annotations": [annotation(rejection("Other"))]}
    with pytest.raises(SchemaError, match="x: document 'other' is both decided and rejected"):
        decisions([finished(other, ANNA), no], [document(TEXT, id_="other")], name="x")


def test_a_decision_that_cant_be_trusted_is_an_error_or_left_out(folder: Path) -> None:
    merge(tasks="tasks.json")
    other, _ = read_tasks("tasks.json")
    moved = finished(other, ANNA)
    moved["annotations"][0]["result"][0]["value"]["start"] += 1
    Path("decided.json").write_text(json.dumps([moved]))
    with pytest.raises(CheckError, match=r"decided\.json: 1 of 1 tasks can't be trusted"):
        merge(decided=["decided.json"])
    report = merge(decided=["decided.json"], skip_untrusted=True)
    assert (report["decisions_quarantined"], report["undecided"]) == (1, 2)


def test_outputs_are_checked_before_anything_is_written(folder: Path) -> None:
    Path("tasks.json").write_text("mine")
    with pytest.raises(OutputError, match=r"tasks\.json exists already"):
        merge(tasks="tasks.json", overwrite=False)
    assert not Path("merged.jsonl").exists()
    with pytest.raises(ConfigError, match="can't hold both"):
        merge(tasks="./merged.jsonl")


def test_an_entity_without_a_button_cant_be_shown_to_the_adjudicator(folder: Path) -> None:
    write_documents("berg.jsonl", [document(TEXT, ("34", "MISC"), id_="same")], overwrite=True)
    with pytest.raises(
        SchemaError, match="annotator 'berg', document 'same': label 'MISC' has no place"
    ):
        merge(tasks="tasks.json")
