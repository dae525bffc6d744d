import pytest
from hypothesis import given

from gonerd import Document, Entity
from gonerd_annotation.answer import answer_from_task
from gonerd_annotation.comparison import Comparison
from gonerd_annotation.fate import fates
from gonerd_annotation.preannotation import Preannotation
from gonerd_annotation.region import result_from_entity
from gonerd_annotation.task import task_from_document
from tests.annotation.answers import annotation, export_of, rejection, studio_documents

TEXT = "Anna Berg of Oslo met Bo Holm"
ANNA, OSLO, BO = Entity(0, 9, "PER"), Entity(13, 17, "LOC"), Entity(22, 29, "PER")


@pytest.mark.parametrize(
    ("predicted", "annotated", "expected"),
    [
        ([], [], (0, 0, 0, 0, 0)),
        ([ANNA, OSLO], [ANNA, OSLO], (2, 0, 0, 0, 0)),
        ([OSLO], [Entity(13, 17, "ORG")], (0, 1, 0, 0, 0)),
        ([ANNA], [Entity(5, 9, "PER")], (0, 0, 1, 0, 0)),
        ([ANNA], [Entity(5, 9, "ORG")], (0, 0, 1, 0, 0)),
        ([ANNA], [BO], (0, 0, 0, 1, 1)),
        ([Entity(0, 17, "ORG")], [ANNA, OSLO], (0, 0, 1, 0, 1)),
        ([ANNA, OSLO], [Entity(0, 17, "ORG")], (0, 0, 1, 1, 0)),
        ([ANNA], [Entity(9, 13, "PER")], (0, 0, 0, 1, 1)),
        # the longest overlap is paired first, which leaves a partner for the other prediction
        (
            [ANNA, Entity(10, 17, "LOC")],
            [Entity(8, 14, "LOC"), Entity(0, 7, "PER")],
            (0, 0, 2, 0, 0),
        ),
        ([Entity(0, 4, "PER"), ANNA], [ANNA, Entity(0, 5, "PER")], (1, 0, 1, 0, 0)),
    ],
)
def test_fates(predicted: list[Entity], annotated: list[Entity], expected: tuple[int, ...]) -> None:
    counts = fates(predicted, annotated)
    assert (
        tuple(counts[f] for f in ("stayed", "relabelled", "moved", "removed", "added")) == expected
    )


@given(studio_documents(), studio_documents())
def test_every_prediction_and_every_entity_has_one_fate(one: Document, other: Document) -> None:
    counts = fates(one.entities, other.entities)
    kept = counts["stayed"] + counts["relabelled"] + counts["moved"]
    assert kept + counts["removed"] == len(set(one.entities))
    assert kept + counts["added"] == len(set(other.entities))
    back = fates(other.entities, one.entities)
    assert (back["stayed"], back["relabelled"]) == (counts["stayed"], counts["relabelled"])


def shown(predicted: list[Entity], annotated: list[Entity], *, where: str = "annotation"):
    document = Document(id="d1", text=TEXT, entities=tuple(predicted))
    task = export_of(document)
    task["data"] = task_from_document(document, preannotation=Preannotation("m@1"))["data"]
    prediction = {"model_version": "m@1", "result": task["annotations"][0]["result"]}
    results = [result_from_entity(document, entity) for entity in annotated]
    made = annotation(*results, prediction=prediction if where == "annotation" else {})
    return task | {
        "annotations": [made],
        "predictions": [prediction] if where == "task" else [4],
    }


@pytest.mark.parametrize("where", ["annotation", "task"])
def test_predictions_are_found_where_label_studio_puts_them(where: str) -> None:
    comparison = Comparison()
    task = shown([ANNA, OSLO], [ANNA, BO], where=where)
    comparison.add(task, answer_from_task(task, TEXT))
    half = comparison.report()["with"]
    assert half["predictions"] == {
        "documents": 1,
        "documents_without_record": 0,
        "predicted": 2,
        "stayed": 1,
        "relabelled": 0,
        "moved": 0,
        "removed": 1,
        "added": 1,
        "models": {"m@1": 1},
    }
    assert (half["words"], half["entities"], half["entities_per_1000_words"]) == (7, 2, 285.71)
    assert half["lead_time_seconds"] == {"documents": 1, "total": 12.5, "median": 12.5}


@pytest.mark.parametrize(
    "spoilt",
    [
        {"result": None},
        {"result": [3]},
        {"result": [{"value": {"start": 0, "end": 99, "text": "x", "labels": ["PER"]}}]},
        {"result": [{"value": {"start": 0, "end": 4, "text": "Anna", "labels": ["WHO"]}}]},
        {"result": [{"value": None}]},
    ],
)
def test_a_prediction_that_can_not_be_read_is_counted_as_such(spoilt: dict) -> None:
    comparison = Comparison()
    task = shown([ANNA], [ANNA])
    task["annotations"][0]["prediction"] = spoilt
    comparison.add(task, answer_from_task(task, TEXT))
    told = comparison.report()["with"]["predictions"]
    assert (told["documents"], told["documents_without_record"], told["predicted"]) == (0, 1, 0)


def test_what_is_not_imported_counts_by_its_outcome_alone() -> None:
    comparison = Comparison()
    skipped = shown([ANNA], [ANNA])
    skipped["annotations"][0]["was_cancelled"] = True
    rejected = shown([ANNA], [ANNA])
    rejected["annotations"][0]["result"].append(rejection("Other"))
    for task in (skipped, rejected):
        comparison.add(task, answer_from_task(task, TEXT))
    half = comparison.report()["with"]
    assert (half["tasks"], half["cancelled"], half["rejected"], half["imported"]) == (2, 1, 1, 0)
    assert (half["words"], half["entities"], half["entities_per_1000_words"]) == (0, 0, None)
    assert half["lead_time_seconds"] == {"documents": 0, "total": 0, "median": None}
    assert half["predictions"]["documents"] == half["predictions"]["predicted"] == 0


def test_without_a_record_of_it_there_is_no_comparison() -> None:
    comparison = Comparison()
    task = export_of(Document(id="d1", text=TEXT))
    answer = answer_from_task(task, TEXT)
    comparison.add(task, answer)
    assert comparison.report() is None
    assert "preannotation" not in answer.meta
