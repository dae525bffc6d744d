import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gonerd.adapters import Prediction
from gonerd.adapters.decoding import best_tags, spans_of
from gonerd.adapters.tag_set import tag_set_from_names
from gonerd.schema import Document, Entity
from gonerd.scoring.counts import Counts, exact_match
from tests.gonerd.adapters.checkpoints import (
    TAGS,
    document,
    even_out,
    save_oracle,
)
from tests.gonerd.adapters.transformers_models import WORDS, adapter_of, found_by


def windows_by_hand(folder: Path, text: Document, starts: list[int], room: int) -> np.ndarray:
    """(words, tags) of texts that have one subword a word: each by the window with the most context."""
    import torch
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForTokenClassification.from_pretrained(folder).eval()
    ids = tokenizer(text.text, add_special_tokens=False)["input_ids"]
    rows = np.zeros((len(ids), len(TAGS)))
    context = np.full(len(ids), -1)
    for start in starts:
        part = ids[start : start + room]
        read = [tokenizer.cls_token_id, *part, tokenizer.sep_token_id]
        with torch.no_grad():
            said = model(input_ids=torch.tensor([read])).logits[0].log_softmax(-1).numpy()
        for place in range(len(part)):
            here = min(place, len(part) - 1 - place)
            if here > context[start + place]:
                context[start + place] = here
                rows[start + place] = said[place + 1]
    return rows


def test_each_word_takes_the_logits_of_the_window_with_the_most_context(tmp_path: Path) -> None:
    tags = dict(zip(WORDS, TAGS * 3, strict=False))
    folder = save_oracle(tmp_path / "m", tags)
    import torch
    from transformers import AutoModelForTokenClassification

    model = AutoModelForTokenClassification.from_pretrained(folder)
    torch.manual_seed(2)
    for parameter in model.parameters():  # its answers now depend on all that a window holds
        torch.nn.init.normal_(parameter, std=0.3)
    even_out(model)
    model.save_pretrained(folder)
    text = document(" ".join(random.Random(5).choices(WORDS, k=100)))
    adapter = adapter_of(folder, max_len=32, stride=20)
    (prediction,) = found_by(adapter, [text])
    rows = windows_by_hand(folder, text, [0, 18, 36, 54, 72], 28)
    names = replace(tag_set_from_names(TAGS), scheme=adapter.card.details["tag_scheme"])
    path = best_tags(rows, names)
    expected = [
        Entity(text.tokens[first][0], text.tokens[last - 1][1], type_)
        for first, last, type_ in spans_of(path, names)
    ]
    assert (list(prediction.entities), prediction.windows) == (expected, 5)
    assert len(expected) > 10
    assert prediction.repairs == (path != rows.argmax(axis=1)).sum()


ORACLE = {
    "Anna": "B-PER", "Berg": "I-PER", "Oslo": "B-LOC", "Harbour": "B-ORG", "Bank": "I-ORG",
    "sued": "O", "in": "O", "on": "O",
}  # fmt: skip


def gold(count: int, longest: int) -> list[Document]:
    """Texts whose entities are the oracle's words, whole names one after another."""
    draw = random.Random(11)
    parts = [["Anna", "Berg"], ["Oslo"], ["Harbour", "Bank"], ["sued"], ["in"], ["on"]]
    documents = []
    for number in range(count):
        text, entities = "", []
        for _ in range(draw.randint(1, longest)):
            words = draw.choice(parts)
            start = len(text) + 1 if text else 0
            text = f"{text} {' '.join(words)}".strip()
            if (tag := ORACLE[words[0]]) != "O":
                entities.append(Entity(start, len(text), tag[2:]))
        documents.append(document(text, f"g{number}", entities))
    return documents


def counts(documents: list[Document], predictions: list[Prediction]) -> Counts:
    pairs = zip(documents, predictions, strict=True)
    return sum((exact_match(d, p.entities).total for d, p in pairs), Counts())


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_oracle(tmp_path_factory.mktemp("oracle") / "oracle", ORACLE)


@pytest.mark.parametrize(
    "options", [{}, {"max_len": 9, "stride": 3}, {"max_len": 5, "stride": 1}, {"max_len": 3}]
)
def test_an_oracle_through_windows_scores_exactly_1(options: dict, oracle: Path) -> None:
    documents = gold(20, 100)
    predictions = found_by(adapter_of(oracle, **options), documents)
    assert counts(documents, predictions).f1 == 1.0
    assert max(p.windows for p in predictions) > 1
    assert all(score > 0.999 for p in predictions for score in p.scores)


def test_reading_less_never_raises_an_oracles_score_and_is_told(oracle: Path) -> None:
    documents = gold(20, 100)
    previous = 1.0
    for max_len in (64, 33, 20, 9, 4, 3):
        adapter = adapter_of(oracle, policy="truncate", max_len=max_len)
        predictions = found_by(adapter, documents)
        score = counts(documents, predictions)
        assert score.tp + score.fn == sum(len(d.entities) for d in documents)
        assert score.f1 <= previous
        previous = score.f1
        for text, prediction in zip(documents, predictions, strict=True):
            read = text.tokens[: max_len - 2]
            whole = len(read) == len(text.tokens)
            assert prediction.consumed_to == (len(text.text) if whole else read[-1][1])
            assert prediction.windows == 1
    assert previous < 0.2


def test_a_word_longer_than_a_window_is_read_by_its_beginning(roberta: Path) -> None:
    text = document(f"Anna {'x9' * 300} Berg")
    adapter = adapter_of(roberta, max_len=32)
    (prediction,) = found_by(adapter, [text])
    assert prediction.consumed_to == len(text.text)
    assert prediction.windows == 3
    (cut,) = found_by(adapter_of(roberta, max_len=32, policy="truncate"), [text])
    assert cut.consumed_to == len("Anna")
