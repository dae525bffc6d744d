import random
from dataclasses import replace
from pathlib import Path

import pytest

from gonerd.adapters import Batched
from gonerd.adapters.decoding import best_tags, spans_of
from gonerd.adapters.tag_set import tag_set_from_names
from gonerd.schema import Document, Entity
from tests.gonerd.adapters.checkpoints import (
    TAGS,
    TEXTS,
    document,
    save_bert,
    save_roberta,
)
from tests.gonerd.adapters.transformers_models import adapter_of, found_by, random_texts, same


def by_hand(
    folder: Path, text: Document, scheme: str, tokenizer_words: bool = False
) -> list[Entity]:
    """The model on one short text, as its documentation has it: first subwords, softmax, best sequence."""
    import torch
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForTokenClassification.from_pretrained(folder).eval()
    if tokenizer_words:
        words = [text.text[start:end] for start, end in text.tokens]
        inputs = tokenizer(words, is_split_into_words=True, return_tensors="pt")
        numbers = inputs.word_ids()
        firsts = [numbers.index(word) for word in range(len(words))]
    else:
        inputs = tokenizer(text.text, return_offsets_mapping=True, return_tensors="pt")
        offsets = inputs.pop("offset_mapping")[0].tolist()
        firsts = [
            next(n for n, (a, b) in enumerate(offsets) if a < end and b > start)
            for start, end in text.tokens
        ]
    with torch.no_grad():
        rows = model(**inputs).logits[0].log_softmax(-1).numpy().astype(float)[firsts]
    tags = replace(tag_set_from_names(TAGS), scheme=scheme)
    return [
        Entity(text.tokens[first][0], text.tokens[last - 1][1], type_)
        for first, last, type_ in spans_of(best_tags(rows, tags), tags)
    ]


@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_a_short_text_is_read_as_by_hand(kind: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(kind)
    texts = [*random_texts(8, 20), document(TEXTS[0], "x")]
    adapter = adapter_of(folder)
    predictions = found_by(adapter, texts)
    scheme = adapter.card.details["tag_scheme"]
    assert [list(p.entities) for p in predictions] == [by_hand(folder, t, scheme) for t in texts]
    assert sum(len(p.entities) for p in predictions) > 20
    assert all(p.consumed_to == len(t.text) for p, t in zip(predictions, texts, strict=True))


def test_a_tokenizer_made_for_words_is_given_words(tmp_path: Path) -> None:
    folder = save_roberta(tmp_path / "words", prefix_space=True)
    adapter = adapter_of(folder)
    assert adapter.card.details["reads"] == "words"
    texts = [document(TEXTS[0]), document("Ms. Berg's bank, in Oslo, sued.")]
    found = [list(p.entities) for p in found_by(adapter, texts)]
    scheme = adapter.card.details["tag_scheme"]
    assert found == [by_hand(folder, text, scheme, tokenizer_words=True) for text in texts]


@pytest.mark.parametrize(
    "names", [["O", "PER", "ORG", "LOC"], ["O", "B-MISC", "I-MISC", "I-PER", "I-LOC"]]
)
def test_on_short_texts_entities_and_order_are_those_of_the_transformers_pipeline(
    names: list[str], tmp_path: Path
) -> None:
    from transformers import pipeline

    folder = save_bert(tmp_path / "plain", names)
    texts = random_texts(10, 20)
    peer = pipeline("token-classification", model=str(folder), aggregation_strategy="first")
    expected = [
        [(e["start"], e["end"], e["entity_group"]) for e in found]
        for found in peer([text.text for text in texts])
    ]
    predictions = found_by(adapter_of(folder), texts)
    assert [[(e.start, e.end, e.label) for e in p.entities] for p in predictions] == expected
    assert sum(map(len, expected)) > 20


@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_no_result_depends_on_batches_order_or_who_else_is_there(
    kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = adapter_of(request.getfixturevalue(kind))
    texts = random_texts(30, 150)
    expected = found_by(adapter, texts)
    assert isinstance(adapter, Batched)
    assert max(p.windows for p in expected) > 1
    for size in (1, 3, 64):
        smaller = adapter.with_batch_size(size)
        assert smaller.policy == replace(adapter.policy, batch_size=size)
        same(found_by(smaller, texts), expected)
    shuffled = list(range(len(texts)))
    random.Random(1).shuffle(shuffled)
    same(found_by(adapter, [texts[n] for n in shuffled]), [expected[n] for n in shuffled])
    same([found_by(adapter, [text])[0] for text in texts[:5]], expected[:5])
    monkeypatch.setattr("gonerd.adapters.subword_tagger.READ_AHEAD", 4)
    same(found_by(adapter, texts), expected)


def test_reading_ahead_is_bounded(bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gonerd.adapters.subword_tagger.READ_AHEAD", 4)
    taken = []

    def stream():
        for text in random_texts(20, 10):
            taken.append(text.id)
            yield text

    predictions = adapter_of(bert).predict(stream())
    next(predictions)
    assert len(taken) == 4


def test_texts_with_nothing_to_read_have_no_entities(bert: Path) -> None:
    texts = [
        Document(id="a", text="", tokens=()),
        Document(id="b", text=" \n", tokens=()),
        Document(id="c", text="\ufffd\ufffd \x00", tokens=((0, 2), (3, 4))),
        document("Anna", "d"),
    ]
    predictions = found_by(adapter_of(bert), texts)
    assert [p.entities for p in predictions[:3]] == [(), (), ()]
    assert [p.consumed_to for p in predictions] == [0, 2, 4, 4]
