import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gonerd import Document
from gonerd.adapters import AdapterOptions, ModelCard, predictions_of
from gonerd.adapters.label_map import LabelMap
from gonerd.adapters.span_reader import Piece, Reading, SpanReader
from gonerd.adapters.span_windows import FoundSpan
from gonerd.errors import ConfigError
from gonerd.schema import Span
from gonerd.tokens import words_of

CARD = ModelCard(kind="capitals", id="capitals", revision="0" * 40)
LABELS = LabelMap({"NAME": "PER", "DAY": None})


class Capitals:
    """Runs of capitalised words are names; it sees one piece at a time and remembers how many at once."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def words(self, document: Document) -> Sequence[Span]:
        return words_of(document)

    def sizes(self, words: Sequence[str]) -> list[int]:
        return [1] * len(words)

    def find(self, pieces: Sequence[Piece]) -> Iterator[list[FoundSpan]]:
        self.batches.append(len(pieces))
        for piece in pieces:
            assert [piece.text[start:end] for start, end in piece.places] == list(piece.words)
            yield [
                FoundSpan(m.start(), m.end(), "DAY" if m[0] == "Monday" else "NAME", 0.5)
                for m in re.finditer(r"[A-Z]\w*(?: [A-Z]\w*)*", piece.text)
            ]


def reader(options: AdapterOptions, model: Capitals | None = None, **more: bool) -> SpanReader:
    reading = Reading.from_options("capitals", options, max_len=8, most=8, unit="words")
    return SpanReader(model or Capitals(), CARD, LABELS, reading, options, batch_size=4, **more)


def found(adapter: SpanReader, *texts: str) -> list[list[str]]:
    documents = [Document(id=str(number), text=text) for number, text in enumerate(texts)]
    return [
        [document.mention(entity) for entity in prediction.entities]
        for prediction, document in zip(predictions_of(adapter, documents), documents, strict=True)
    ]


@settings(max_examples=60)
@given(
    st.lists(
        st.lists(st.sampled_from(["Ada Marlow", "Bo", "it", "rained", "."]), max_size=40).map(
            " it ".join
        ),
        max_size=5,
    ),
    st.integers(1, 9),
)
def test_windows_and_batches_change_nothing_of_what_is_found(texts: list[str], batch: int) -> None:
    truth = [re.findall(r"[A-Z]\w*(?: [A-Z]\w*)*", text) for text in texts]
    assert found(reader(AdapterOptions(stride=4)), *texts) == truth
    assert found(reader(AdapterOptions(stride=4)).with_batch_size(batch), *texts) == truth


def test_batches_are_filled_across_documents_and_reading_ahead_is_bounded() -> None:
    model = Capitals()
    taken = 0

    def endless() -> Iterator[Document]:
        nonlocal taken
        while True:
            taken += 1
            yield Document(id=str(taken), text="it rained and Bo met Ada Marlow")

    answers = reader(AdapterOptions(), model).predict(endless())
    assert next(answers).doc_id == "1"
    assert taken == 4
    assert model.batches == [4]


def test_types_that_no_label_has_are_counted_and_scores_stay_with_their_entities() -> None:
    document = Document(id="a", text="Bo came on Monday with Ada Marlow .")
    (prediction,) = predictions_of(reader(AdapterOptions()), [document])
    assert [document.mention(e) for e in prediction.entities] == ["Bo", "Ada Marlow"]
    assert prediction.scores == (0.5, 0.5)
    assert prediction.dropped == {"DAY": 1}


def test_truncation_reads_the_beginning_only_and_says_how_far() -> None:
    text = "it rained and it rained and then Bo Marlow met Ada"
    (prediction,) = reader(AdapterOptions(policy="truncate")).predict([Document(id="a", text=text)])
    assert [text[e.start : e.end] for e in prediction.entities] == ["Bo"]
    assert text[: prediction.consumed_to].endswith("then Bo")
    assert prediction.windows == 1
    (whole,) = reader(AdapterOptions(policy="truncate")).predict([Document(id="b", text="Bo came")])
    assert whole.consumed_to == len("Bo came")


def test_sentences_are_read_apart_where_the_model_wants_them() -> None:
    text = "it rained in Oslo. Bo came. Ada went."
    model = Capitals()
    adapter = reader(AdapterOptions(batch_size=9), model, by_sentence=True)
    (prediction,) = adapter.predict([Document(id="a", text=text)])
    assert prediction.windows == 3
    assert [text[e.start : e.end] for e in prediction.entities] == ["Oslo", "Bo", "Ada"]
    assert adapter.policy.context == "its sentence"


def test_a_text_without_words_is_answered_in_its_turn() -> None:
    assert found(reader(AdapterOptions()), "", "Bo came", " \n ") == [[], ["Bo"], []]


def test_the_policy_says_what_was_done() -> None:
    policy = reader(AdapterOptions(max_len=6, stride=4, batch_size=2)).policy
    assert (policy.mode, policy.max_len, policy.stride, policy.batch_size) == ("window", 6, 4, 2)
    assert policy.merge == "span midpoint in the window's core"
    assert policy.label_map == {"DAY": None, "NAME": "PER"}
    cut = reader(AdapterOptions(policy="truncate")).policy
    assert (cut.mode, cut.stride, cut.merge) == ("truncate", None, None)
    assert reader(AdapterOptions()).with_batch_size(7).policy == replace(
        reader(AdapterOptions()).policy, batch_size=7
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (AdapterOptions(max_len=9), "--max-len 9: this model reads at most 8 words at once"),
        (AdapterOptions(stride=9), "--stride 9: expected 1 to 8, the length of a window"),
        (AdapterOptions(policy="native"), "reads 8 words at once, and documents are longer"),
    ],
)
def test_what_a_model_can_not_read_is_refused(options: AdapterOptions, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        reader(options)
