"""Adapters of small checkpoints, and texts for them."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from gonerd.adapters import AdapterOptions, Prediction, predictions_of
from gonerd.adapters.huggingface import TransformersModel, adapter_from_argument
from gonerd.schema import Document
from tests.gonerd.adapters.checkpoints import document

WORDS = [
    "Anna",
    "Berg",
    "sued",
    "Harbour",
    "Bank",
    "of",
    "Oslo",
    "Norway",
    "on",
    "Monday",
    "It",
    "is",
    "far",
    "from",
    "clear",
    "who",
    "called",
]


def adapter_of(folder: Path, **options) -> TransformersModel:
    return adapter_from_argument(str(folder), AdapterOptions(**options))


def found_by(adapter: TransformersModel, documents: list[Document]) -> list[Prediction]:
    return list(predictions_of(adapter, documents))


def random_texts(count: int, longest: int, *, seed: int = 3) -> list[Document]:
    """Texts of different lengths, each word between spaces."""
    draw = random.Random(seed)
    return [
        document(" ".join(draw.choices(WORDS, k=draw.randint(1, longest))), f"d{number}")
        for number in range(count)
    ]


def same(found: list[Prediction], expected: list[Prediction]) -> None:
    assert [replace(p, scores=None) for p in found] == [replace(p, scores=None) for p in expected]
    for one, other in zip(found, expected, strict=True):
        assert one.scores == pytest.approx(other.scores, abs=1e-5)
