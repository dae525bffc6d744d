import json

from hypothesis import given
from hypothesis import strategies as st

from gonerd import Document
from gonerd.adapters import Prediction
from gonerd.adapters.predictions import prediction_from_record, record_from_prediction
from tests.strategies import tokenized_documents


@given(tokenized_documents(), st.booleans())
def test_a_prediction_line_round_trips(document: Document, scored: bool) -> None:
    scores = tuple(0.5 for _ in document.entities) if scored and document.entities else None
    prediction = Prediction("d", document.entities, len(document.text), 2, scores)
    record = json.loads(json.dumps(record_from_prediction(prediction, document.text)))
    assert prediction_from_record(record)[0] == prediction
