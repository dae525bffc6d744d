import pytest

from tests.baselines.training.toy import ToyDocuments


@pytest.fixture
def documents() -> ToyDocuments:
    return ToyDocuments()
