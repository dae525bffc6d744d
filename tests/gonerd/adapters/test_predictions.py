import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd import Document
from gonerd.adapters import Prediction
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
    "wrong",
    [{"doc_id": ["d"]}, {"doc_id": None}, {"dropped": {"X": 1e999}}, {"entities": [[0, 3]]}],
)
def test_a_line_with_a_field_of_the_wrong_type_is_refused(wrong: dict[str, Any]) -> None:
    record = {"doc_id": "d", "text_sha256": "0" * 64, "entities": [[0, 3, "PER"]], "consumed_to": 3}
    prediction_from_record(record)
    with pytest.raises(SchemaError, match="not a prediction; expected doc_id"):
        prediction_from_record(record | wrong)
