from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

from gonerd.adapters.subwords import SubwordReader
from gonerd.corpora import read_corpus
from gonerd.errors import InputError, SchemaError
from gonerd.labels import LABELS, TAGS
from gonerd.schema import Document, Entity
from gonerd_baselines.tasks.examples import IGNORED
from gonerd_baselines.tasks.ner.decoding import decoded, prediction_of
from gonerd_baselines.tasks.ner.features import SplitFeatures, features_of, labels_of, tags_of
from gonerd_baselines.tasks.ner.pieces import Pieces, pieces_of
from gonerd_baselines.tasks.ner.scores import document_table
from tests.baselines.tagger.corpus import documents, long_document
from tests.places import NER_DATA, needs

WORDS = (
    "Oslo",
    "bank",
    "of",
    "東京",
    "👩‍🚀",
    ",",
    "'s",
    "\u200b",
    "Hare-based",
    "Ångström",
    "Har",
    "are",
)
GAPS = ("", " ", "  ", "\n")
FRAME = ((1,), (2, 2))


@cache
def reader_of(kind: str) -> SubwordReader:
    texts = [document.text for document in documents(20)]
    if kind == "wordpiece":
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokenizer.train_from_iterator(
            texts,
            trainers.WordPieceTrainer(
                vocab_size=200, special_tokens=["[UNK]", "[CLS]", "[SEP]"], show_progress=False
            ),
        )
        tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    else:
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=kind == "words")
        tokenizer.train_from_iterator(
            texts,
            trainers.BpeTrainer(
                vocab_size=400,
                special_tokens=["<s>", "</s>"],
                initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                show_progress=False,
            ),
        )
        tokenizer.post_processor = processors.RobertaProcessing(
            ("</s>", 1), ("<s>", 0), add_prefix_space=False
        )
    return SubwordReader(tokenizer)


def strange(seed: int) -> Document:
    """Words of any kind, also beside each other without a space, and entities over some of them."""
    chance = random.Random(seed)
    text, spans, entities = "", [], []
    for _ in range(chance.randint(0, 60)):
        after_half = text.endswith("Har")
        word = "are" if after_half else chance.choice(WORDS)
        spans.append((len(text), len(text) + len(word)))
        text += word + ("" if word == "Har" else chance.choice(GAPS))
    place = 0
    while place < len(spans):
        length = chance.choice((0, 0, 1, 1, 2, 5))
        if length and place + length <= len(spans):
            start, end = spans[place][0], spans[place + length - 1][1]
            entities.append(Entity(start, end, chance.choice(LABELS)))
        place += max(1, length)
    return Document(id=f"d{seed}", text=text, tokens=tuple(spans), entities=tuple(entities))


def said_of(pieces: Pieces, seed: int = 0) -> list[np.ndarray]:
    """Logits that say the targets, and outside where there is none."""
    noise = np.random.default_rng(seed)
    found = []
    for number in range(len(pieces.examples)):
        targets = pieces.examples.labels_of([number])
        logits = noise.normal(size=(len(targets), len(TAGS))).astype(np.float32)
        logits[np.arange(len(targets)), np.where(targets == IGNORED, 0, targets)] += 50
        found.append(logits)
    return found


def characters(features: SplitFeatures, document: int, entities: np.ndarray) -> set[Entity]:
    words = features.words_of(document)
    return {
        Entity(int(words[first, 0]), int(words[stop - 1, 1]), LABELS[label])
        for first, stop, label in entities.tolist()
    }


@pytest.mark.parametrize("kind", ["bytes", "words", "wordpiece"])
@pytest.mark.parametrize("max_len", [9, 30, 5000])
def test_the_targets_say_every_entity_that_is_within_reach_and_no_other(
    kind: str, max_len: int
) -> None:
    texts = [strange(seed) for seed in range(60)]
    features = features_of(texts, reader_of(kind), LABELS)
    pieces = pieces_of(features, FRAME, name="strange", max_len=max_len)
    assert pieces.examples.longest <= max_len
    said = pieces.log_probabilities(said_of(pieces), tags=len(TAGS))
    found = decoded(said, features, tags=TAGS, labels=LABELS)
    missed = 0
    for number, document in enumerate(texts):
        gold = features.entities_of(number)
        assert characters(features, number, gold) == set(document.entities)
        begin, end = features.entity_begins[number : number + 2]
        within = characters(features, number, gold[features.reachable[begin:end]])
        told = prediction_of(found[number], number, pieces, LABELS)
        assert within == set(told.entities)
        missed += len(document.entities) - len(within)
    table = document_table(features, found, labels=LABELS)
    assert table[:, :, [0, 2]].sum() == len(features.entities)
    assert missed == int((~features.reachable).sum())
    assert missed < 0.4 * len(features.entities)
    # words that are given one by one share no subword
    assert (missed > 0) == (kind != "words")


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(file, marks=needs(NER_DATA / file))
        for file in ("litbank_proper.jsonl.gz", "uner_ewt_dev.jsonl.gz", "re3d.jsonl.gz")
    ],
)
def test_of_a_real_corpus_all_that_is_within_reach_comes_back(file: str) -> None:
    path = NER_DATA / file
    texts = [document for document, _ in zip(read_corpus(path), range(40), strict=False)]
    features = features_of(texts, reader_of("bytes"), LABELS)
    pieces = pieces_of(features, FRAME, name=file, max_len=512)
    said = pieces.log_probabilities(said_of(pieces), tags=len(TAGS))
    found = decoded(said, features, tags=TAGS, labels=LABELS)
    tp, fp, fn = document_table(features, found, labels=LABELS).sum(axis=(0, 1)).tolist()
    assert tp == features.reachable.sum() > 0.97 * len(features.entities)
    assert fn == (~features.reachable).sum()
    assert fp == 0


def test_every_word_counts_once_whatever_the_windows() -> None:
    features = features_of([long_document(700)], reader_of("bytes"), LABELS)
    for max_len in (20, 100, 4096):
        pieces = pieces_of(features, FRAME, name="long", max_len=max_len)
        labels = pieces.examples.labels
        assert labels is not None
        assert (labels != IGNORED).sum() == len(features.firsts) == 700
        assert sum(len(answer.units) for answer in pieces.answers) == 700
        assert pieces.windows.tolist() == [len(pieces.examples)]
        assert (len(pieces.examples) == 1) == (max_len == 4096)
        ids = pieces.examples.ids
        begins = pieces.examples.offsets
        assert (ids[begins[:-1]] == 1).all()
        assert (ids[begins[1:] - 1] == 2).all()


def test_an_entity_that_shares_a_subword_with_a_word_outside_is_out_of_reach_and_stays_in_the_gold() -> (
    None
):
    reader = reader_of("bytes")
    text = "Rain fell in Harare"
    shared = ((0, 4), (5, 9), (10, 12), (13, 16), (16, 19))  # "Har", "are"
    whole = features_of([_tokens(text, shared, (3, 5))], reader, LABELS)
    part = features_of([_tokens(text, shared, (4, 5))], reader, LABELS)
    assert len(reader.read([_tokens(text, shared, (4, 5))])[0].firsts) == 4
    assert whole.reachable.tolist() == [True]
    assert part.reachable.tolist() == [False]
    assert whole.targets_of(0).tolist() == [0, 0, 0, TAGS.index("B-LOC")]
    assert part.targets_of(0).tolist() == [0, 0, 0, IGNORED]
    pieces = pieces_of(part, FRAME, name="part", max_len=64)
    found = decoded(
        pieces.log_probabilities(said_of(pieces), tags=len(TAGS)), part, tags=TAGS, labels=LABELS
    )
    assert document_table(part, found, labels=LABELS)[0, LABELS.index("LOC"), 2] == 1


def _tokens(text: str, spans: Sequence[tuple[int, int]], words: tuple[int, int]) -> Document:
    entity = Entity(spans[words[0]][0], spans[words[1] - 1][1], "LOC")
    return Document(id="shared", text=text, tokens=tuple(spans), entities=(entity,))


def test_the_tags_of_gonerd_s_labels_are_its_nine_and_others_come_from_the_corpus() -> None:
    assert tags_of(LABELS) == TAGS
    assert labels_of(documents(3)) == LABELS
    other = Document(id="x", text="Oslo", tokens=((0, 4),), entities=(Entity(0, 4, "City"),))
    assert labels_of([other]) == ("City",)
    assert tags_of(("City",)) == ("O", "B-City", "I-City")
    with pytest.raises(SchemaError, match="document 'x': label 'City' is none of PER, ORG"):
        features_of([other], reader_of("bytes"), LABELS)
    with pytest.raises(InputError, match="the corpus has no document"):
        features_of([], reader_of("bytes"), LABELS)
