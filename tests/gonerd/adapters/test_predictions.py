import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd import Document
from gonerd.adapters import AdapterOptions, Prediction, adapter_from_spec
from gonerd.adapters.predictions import prediction_from_record, record_from_prediction
from gonerd.errors import SchemaError
from tests.strategies import tokenized_documents


@given(tokenized_documents(), st.booleans())
def test_a_prediction_line_round_trips(document: Document, scored: bool) -> None:
    scores = tuple(0.5 for _ in document.entities) if scored and document.entities else None
    prediction = Prediction("d", document.entities, len(document.text), 2, scores)
    record = json.loads(json.dumps(record_from_prediction(prediction, document.text)))
    assert prediction_from_record(record)[0] == prediction


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"doc_id": ["a"]}, "field 'doc_id' is a list of 1, expected a string"),
        ({"text_sha256": None}, "field 'text_sha256' is null, expected a string"),
        ({"consumed_to": "x"}, "field 'consumed_to' is \"x\", expected a whole number from 0"),
        ({"consumed_to": 3.5}, "field 'consumed_to' is 3.5, expected a whole number from 0"),
        ({"windows": "many"}, "field 'windows' is \"many\", expected a whole number from 0"),
        ({"repairs": -5}, "field 'repairs' is -5, expected a whole number from 0"),
        ({"repairs": True}, "field 'repairs' is true, expected a whole number from 0"),
        ({"dropped": {"A": 1.5}}, "dropped 'A' is 1.5, expected a whole number from 0"),
        ({"error": 7}, "field 'error' is 7, expected a string"),
        ({"error": "broke"}, "has an error and entities, expected one of them"),
        ({"label": "x"}, "field 'label' is unknown; expected doc_id, text_sha256, entities"),
        ({"entities": "x"}, "field 'entities' is \"x\", expected a list of"),
        ({"entities": [[0.5, 3, "PER"]]}, '[0.5, 3, "PER"] is not [start, end, label] or'),
        ({"entities": [[0, True, "PER"]]}, '[0, true, "PER"] is not [start, end, label] or'),
        ({"entities": [[0, 3, 5]]}, "[0, 3, 5] is not [start, end, label] or"),
        ({"entities": [[0, 3, "PER", "0.5"]]}, '[0, 3, "PER", "0.5"] is not'),
        ({"entities": [[0, 3, "PER", 0.5, 7]]}, "is not [start, end, label] or"),
        (
            {"entities": [[0, 3, "PER", 0.5], [4, 6, "PER"]]},
            "some entities have a score and others",
        ),
        ({"entities": [[3, 3, "PER"]]}, "entity [3, 3) is empty or starts before 0"),
    ],
)
def test_a_line_that_is_no_prediction_is_refused_with_its_number(
    change: dict[str, Any], message: str, tmp_path: Path
) -> None:
    good = {"doc_id": "a", "text_sha256": "0", "entities": [[0, 3, "PER"]], "consumed_to": 9}
    file = tmp_path / "p.jsonl"
    file.write_text(json.dumps(good) + "\n" + json.dumps({**good, "doc_id": "b"} | change))
    with pytest.raises(SchemaError) as caught:
        adapter_from_spec(f"preds:{file}", AdapterOptions())
    assert str(caught.value).startswith(f"{file}:2: ")
    assert message in str(caught.value)
