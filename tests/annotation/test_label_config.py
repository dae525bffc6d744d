from typing import Any

import pytest
from hypothesis import given

from gonerd import Document, Entity
from gonerd.errors import SchemaError
from gonerd.labels import LABELS, SUBTYPES
from gonerd_annotation.label_config import (
    LABELS_TAG,
    REJECT_TAG,
    STUDIO_LABELS,
    TEXT_TAG,
    label_and_subtype,
    label_config,
    studio_label,
)
from gonerd_annotation.preannotation import Preannotation
from gonerd_annotation.simulation import GoldIndex, Simulation, StandIn
from gonerd_annotation.task import task_from_document
from tests.annotation.answers import studio_documents
from tests.places import ROOT


def interface() -> Any:
    from label_studio_sdk.label_interface import LabelInterface

    return LabelInterface(label_config())


def test_the_file_for_people_is_the_one_that_ships() -> None:
    """A link in a checkout, so that the two can't differ; without links, git puts its target's name there."""
    assert (ROOT / "annotation" / "label_config.xml").read_text(encoding="utf-8") == label_config()


def test_label_studio_accepts_the_configuration() -> None:
    config = interface()
    config.validate()
    assert set(config.get_control(LABELS_TAG).labels) == set(STUDIO_LABELS)
    assert config.get_control(LABELS_TAG).attr["choice"] == "single"
    assert config.get_object(TEXT_TAG).attr["granularity"] == "symbol"
    assert config.get_object(TEXT_TAG).attr["style"] == "white-space: pre-wrap"
    assert "Other" in config.get_control(REJECT_TAG).labels


@given(studio_documents())
def test_label_studio_accepts_tasks_predictions_and_the_stand_ins_annotations(
    document: Document,
) -> None:
    config = interface()
    task = task_from_document(document, preannotation=Preannotation("rules-1"))
    assert config.validate_task({"data": task["data"]})
    (prediction,) = task["predictions"]
    assert config.validate_prediction(prediction, return_errors=True) == []
    gold = GoldIndex([Document(id="gold", text="x", meta={"url": "http://other.example/"})])
    (exported,) = Simulation().annotate([task], gold, StandIn())
    assert config.validate_annotation(exported["annotations"][0])


def test_label_studio_would_refuse_a_label_that_is_not_in_the_configuration() -> None:
    document = Document(id="d", text="Anna", entities=(Entity(0, 4, "PER"),))
    (prediction,) = task_from_document(document, preannotation=Preannotation("rules-1"))[
        "predictions"
    ]
    prediction["result"][0]["value"]["labels"] = ["MISC"]
    assert interface().validate_prediction(prediction, return_errors=True)


def test_labels_and_the_interfaces_labels_are_inverse() -> None:
    pairs = [(label, sub) for label in LABELS for sub in SUBTYPES.get(label, ("",))]
    assert [label_and_subtype(studio_label(*pair)) for pair in pairs] == pairs
    assert [studio_label(*label_and_subtype(name)) for name in STUDIO_LABELS] == list(STUDIO_LABELS)


@pytest.mark.parametrize("pair", [("MISC", ""), ("PER", "AGE"), ("DATE", ""), ("MISC", "EMAIL")])
def test_a_label_without_a_place_in_the_interface_is_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(SchemaError, match="has no place in the labelling interface; expected one"):
        studio_label(*pair)


def test_a_document_with_such_a_label_is_named() -> None:
    from gonerd_annotation.task import tasks_from_documents

    document = Document(id="a7", text="On Monday", entities=(Entity(3, 9, "DATE"),))
    with pytest.raises(SchemaError, match=r"document 'a7': label 'DATE' has no place"):
        list(tasks_from_documents([document], preannotation=Preannotation("m")))
