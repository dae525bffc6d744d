from __future__ import annotations

import random

import numpy as np
import pytest

from gonerd.errors import CheckError
from gonerd.labels import LABELS
from gonerd.schema import Entity
from gonerd.scoring import score_pairs
from gonerd_baselines.tasks.ner.decoding import Found
from gonerd_baselines.tasks.ner.features import features_of
from gonerd_baselines.tasks.ner.scores import document_table, scores_of
from tests.baselines.tagger.corpus import documents
from tests.baselines.tasks.ner.test_features import reader_of


def test_scores_and_intervals_are_those_of_gonerd_eval() -> None:
    chance = random.Random(3)
    gold = documents(30)
    features = features_of(gold, reader_of("bytes"), LABELS)
    found, spans = [], []
    for number, document in enumerate(gold):
        entities = [e for e in features.entities_of(number).tolist() if chance.random() < 0.7]
        for entity in entities:
            if chance.random() < 0.2:
                entity[2] = chance.randrange(4)
        taken = {place for first, stop, _ in entities for place in range(first, stop)}
        free = [place for place in range(len(document.tokens)) if place not in taken]
        entities += [[p, p + 1, chance.randrange(4)] for p in free if chance.random() < 0.03]
        found.append(Found(np.array(entities, np.int64).reshape(-1, 3), (), 0))
        tokens = document.tokens
        spans.append([Entity(tokens[a][0], tokens[b - 1][1], LABELS[c]) for a, b, c in entities])
    scores = scores_of(document_table(features, found, labels=LABELS), LABELS)
    wanted = score_pairs(zip(gold, spans, strict=True))["full"]
    for name, value in scores.items():
        assert value == wanted[name], name
    assert 0.4 < scores["f1"] < 0.9


def test_gold_that_goes_missing_is_an_error() -> None:
    features = features_of(documents(2), reader_of("bytes"), LABELS)
    nothing = Found(np.zeros((0, 3), np.int64), (), 0)
    with pytest.raises(CheckError, match="gold entities were counted of"):
        document_table(features, [nothing], labels=LABELS)
