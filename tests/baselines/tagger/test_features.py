from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd.corpora.tagged import document_from_tokens
from gonerd.errors import InputError, SchemaError
from gonerd.labels import TAG_IDS, TAGS
from gonerd.schema import Document, Entity
from gonerd_baselines.tagger.data import fingerprint, split_features
from gonerd_baselines.tagger.features import batch_from_features, features_of, word_counts
from gonerd_baselines.tagger.lexicon import lexicon_from_counts, row_counts, word_shape
from tests.baselines.tagger.corpus import documents


@pytest.mark.parametrize(
    ("word", "shape"),
    [
        ("Nkosi", "Xxxx"),
        ("U.N.", "X.X."),
        ("1,200", "d,ddd"),
        ("SADC", "XXX"),
        ("9", "d"),
        ("é", "x"),
    ],
)
def test_the_shape_of_a_word(word: str, shape: str) -> None:
    assert word_shape(word) == shape


def test_rows_are_the_same_in_another_process_whatever_the_hash_seed() -> None:
    program = (
        "from gonerd_baselines.tagger.lexicon import lexicon_from_counts as l;"
        "x = l({'Harare': 2, 'Harbour': 1, 'said': 5}, min_count=1);"
        "print(x.words.tolist(), x.rows(['Harare', 'Hargeisa', 'said']).tolist())"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]
    assert "[[" in said[0]


def test_an_unseen_word_is_unknown_and_keeps_the_affixes_that_are_known() -> None:
    lexicon = lexicon_from_counts({"Harare": 2, "Harbour": 1, "said": 5}, min_count=1)
    seen, unseen = lexicon.rows(["Harare", "Hargeisa"])
    assert seen[0] != 0
    assert unseen[0] == 0
    assert (unseen[2:5] == seen[2:5]).all()  # h, ha, har
    assert unseen[5] == 0


def test_a_word_below_the_least_count_is_unknown() -> None:
    lexicon = lexicon_from_counts({"once": 1, "twice": 2, "Twice": 1}, min_count=2)
    assert [row[0] for row in lexicon.rows(["once", "twice", "TWICE"]).tolist()] == [0, 1, 1]
    assert row_counts(lexicon, {"once": 1, "twice": 2, "Twice": 1}).tolist() == [0, 3]


@given(st.text(min_size=1, max_size=40))
def test_any_word_has_rows(word: str) -> None:
    lexicon = lexicon_from_counts({word: 3}, min_count=1)
    assert lexicon.rows([word])[0, 0] == 1


def test_flags_say_what_the_document_says_of_a_word() -> None:
    words = ["Rain", "hit", "Harare", ".", "Harare", "had", "rain", "."]
    document = document_from_tokens(words, ["O"] * 8, name="d", sentence_starts=[0, 4])
    flags = features_of(document, TAG_IDS).flags.tolist()
    sentence, line, lower, capital, again = 1, 2, 4, 8, 16
    assert flags == [
        sentence + line + lower + again,
        lower,
        capital + again,
        again,
        sentence + line + capital + again,
        lower,
        lower + again,
        again,
    ]


def test_the_groups_of_two_documents_do_not_meet() -> None:
    one = document_from_tokens(["Harare", "harare", "said"], ["O"] * 3, name="a")
    two = document_from_tokens(["said", "Harare"], ["O"] * 2, name="b")
    features = [features_of(d, TAG_IDS) for d in (one, two)]
    lexicon = lexicon_from_counts(word_counts(features), min_count=1)
    batch = batch_from_features(features, lexicon)
    assert batch.group.tolist() == [0, 0, 1, 2, 3]
    assert batch.groups == 4
    assert batch.word.tolist() == [0, 1, 2, 2, 0]


def test_tags_are_the_documents_own() -> None:
    document = documents(1)[0]
    features = features_of(document, TAG_IDS)
    assert len(features.tags) == len(document.tokens or ())
    assert np.isin(features.tags, range(len(TAGS))).all()
    assert (features.tags > 0).any()


def test_a_split_that_teaches_nothing_is_refused() -> None:
    bare = document_from_tokens(["Nothing", "here"], ["O", "O"], name="bare")
    with pytest.raises(InputError, match="the train split has no document with tokens"):
        split_features([], split="train", tags=TAGS)
    with pytest.raises(InputError, match="the validation split has 1 documents and no entity"):
        split_features([bare], split="validation", tags=TAGS)


def test_a_label_that_the_model_does_not_know_is_refused() -> None:
    document = Document(id="x", text="Kea", entities=(Entity(0, 3, "BIRD"),), tokens=((0, 3),))
    with pytest.raises(
        SchemaError, match=r"document 'x': label 'BIRD' is unknown .* LOC, MISC, ORG, PER"
    ):
        split_features([document], split="train", tags=TAGS)


def test_the_fingerprint_ignores_order_and_sees_a_changed_label() -> None:
    some = documents(3)
    changed = Document(
        id=some[0].id,
        text=some[0].text,
        entities=some[0].entities[1:],
        tokens=some[0].tokens,
    )
    assert fingerprint(some) == fingerprint(some[::-1])
    assert fingerprint(some) != fingerprint([changed, *some[1:]])
