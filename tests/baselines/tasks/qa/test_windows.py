from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from transformers import AutoTokenizer

from gonerd.errors import ConfigError, InputError
from gonerd_baselines.tasks.qa.pair_frame import pair_frame
from gonerd_baselines.tasks.qa.question import Passage, Question
from gonerd_baselines.tasks.qa.squad import read_squad
from gonerd_baselines.tasks.qa.windows import Window, WindowLimits, windows
from gonerd_baselines.tasks.reader import Reader
from gonerd_baselines.tokens.tokenizer_training import train_tokenizer
from tests.baselines.tasks.checkpoints import save_wordpiece
from tests.baselines.tasks.qa.sources import BRIDGE, RAIN
from tests.places import SHARED_DATA, needs

XQUAD = SHARED_DATA / "benchmarks" / "squad_format" / "xquad.en.json.xz"
KINDS = ("roberta", "bert")


def saved_tokenizer(folder: Path, kind: str, texts: Iterable[str], size: int = 400) -> Path:
    if kind == "bert":
        folder.mkdir()
        save_wordpiece(folder, list(texts))
    else:
        source = folder.with_suffix(".txt")
        source.write_text("\n\n".join(texts))
        train_tokenizer([source], folder, vocab_size=size)
    return folder


def reader_of(folder: Path, kind: str, max_len: int = 4096) -> Reader:
    tokenizer = AutoTokenizer.from_pretrained(folder).backend_tokenizer
    tokenizer.no_truncation()
    return Reader(kind, tokenizer, max_len, kind == "bert")


def theirs(folder: Path, question: Question, length: int, stride: int) -> Any:
    return AutoTokenizer.from_pretrained(folder)(
        question.text,
        question.passages[0].text,
        truncation="only_second",
        max_length=length,
        stride=stride,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )


def run_qa_labels(found: Any, number: int, place: tuple[int, int]) -> tuple[int, int]:
    """As transformers' example run_qa.py describes it: both tokens that enclose the answer, or the first."""
    offsets = found["offset_mapping"][number]
    context = [k for k, part in enumerate(found.sequence_ids(number)) if part == 1]
    start, end = place
    if offsets[context[0]][0] > start or offsets[context[-1]][1] < end:
        return 0, 0
    return (
        max(k for k in context if offsets[k][0] <= start),
        min(k for k in context if offsets[k][1] >= end),
    )


def shown_text(window: Window, question: Question) -> str:
    """What the labels of a window say, by its offsets."""
    first, last = (place - window.context for place in window.example.labels)
    tokens, shown = window.tokens, window.shown
    text = question.passages[window.passage].text
    return text[tokens.starts[shown[first]] : tokens.ends[shown[last]]]


@pytest.mark.parametrize("kind", KINDS)
def test_windows_are_those_of_transformers_at_every_length_and_stride(
    kind: str, tmp_path: Path
) -> None:
    folder = saved_tokenizer(tmp_path / "t", kind, [BRIDGE, RAIN])
    text = "\n".join([RAIN, BRIDGE, RAIN, RAIN])
    start = text.index("7½ million")
    several = 0
    for question in (
        Question("a", "What did it cost?", (Passage(text, ((start, start + 10),)),), ("x",)),
        Question("b", "Who came?", (Passage(RAIN, ((0, 6),)),), ("Nobody",)),
    ):
        for length in (40, 47, 64, 200):
            for stride in (0, 1, 7):
                found = theirs(folder, question, length, stride)
                made = list(
                    windows([question], reader_of(folder, kind), WindowLimits(length, 30, stride))
                )
                assert [list(w.example.ids) for w in made] == found["input_ids"]
                if kind == "bert":
                    assert [w.example.types for w in made] == found["token_type_ids"]
                else:
                    assert {w.example.types for w in made} == {None}
                place = question.passages[0].answers[0]
                for number, window in enumerate(made):
                    assert window.example.labels == run_qa_labels(found, number, place)
                    assert window.answer == (window.example.labels != (0, 0))
                several += len(made) > 2
    assert several >= 6


@needs(XQUAD)
@pytest.mark.parametrize("kind", KINDS)
def test_features_of_real_questions_are_those_of_transformers(kind: str, tmp_path: Path) -> None:
    questions = list(read_squad(XQUAD))[::10]
    texts = [q.text for q in questions] + [q.passages[0].text for q in questions]
    folder = saved_tokenizer(tmp_path / "t", kind, texts, size=2000)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    limits = WindowLimits(150, 60, 40)
    made = list(windows(questions, reader_of(folder, kind), limits))
    found = tokenizer(
        [q.text for q in questions],
        [q.passages[0].text for q in questions],
        truncation="only_second",
        max_length=limits.window,
        stride=limits.stride,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    assert [list(w.example.ids) for w in made] == found["input_ids"]
    assert [w.question for w in made] == found["overflow_to_sample_mapping"]
    for number, window in enumerate(made):
        question = questions[window.question]
        text = question.passages[0].text
        offsets = [
            pair
            for pair, part in zip(
                found["offset_mapping"][number], found.sequence_ids(number), strict=True
            )
            if part == 1
        ]
        ours = zip(
            window.tokens.starts[window.shown], window.tokens.ends[window.shown], strict=True
        )
        assert [text[a:b] for a, b in ours] == [text[a:b].strip() for a, b in offsets]
        assert window.example.labels == run_qa_labels(
            found, number, question.passages[0].answers[0]
        )
        if window.answer:
            assert question.answers[0] in shown_text(window, question)
    assert sum(window.answer for window in made) >= len(questions)


def test_the_answer_that_a_window_is_to_learn_is_the_first_that_it_shows(tmp_path: Path) -> None:
    folder = saved_tokenizer(tmp_path / "t", "bert", ["a b c d e f g h"])
    text = "a b c d e f g h"
    question = Question("x", "a", (Passage(text, ((12, 13), (2, 3))),), ("g", "b"))
    made = list(windows([question], reader_of(folder, "bert"), WindowLimits(8, 4, 0)))
    assert len(made) == 2
    assert [shown_text(window, question) for window in made] == ["b", "g"]
    whole = list(windows([question], reader_of(folder, "bert"), WindowLimits(20, 4, 0)))
    assert [shown_text(window, question) for window in whole] == ["g"]


def test_an_answer_on_the_edge_of_a_window_is_in_the_next_by_the_stride(tmp_path: Path) -> None:
    folder = saved_tokenizer(tmp_path / "t", "bert", ["a b c d e f g h"])
    text = "a b c d e f g h"
    question = Question("x", "a", (Passage(text, ((6, 9),)),), ("d e",))
    reader = reader_of(folder, "bert")
    apart = list(windows([question], reader, WindowLimits(8, 4, 0)))
    assert [window.answer for window in apart] == [False, False]
    lapping = list(windows([question], reader, WindowLimits(8, 4, 2)))
    assert [w.answer for w in lapping] == [False, True, False]
    assert lapping[1].example.labels == (4, 5)


def test_pinned_words_stand_in_every_window_and_are_no_part_of_the_text(tmp_path: Path) -> None:
    text = "yes no\na b c d e f g h"
    folder = saved_tokenizer(tmp_path / "t", "bert", [text])
    passage = Passage(text, ((4, 6),), pinned=((0, 3), (4, 6)))
    question = Question("x", "a", (passage,), ("no",))
    made = list(windows([question], reader_of(folder, "bert"), WindowLimits(10, 4, 1)))
    said = [
        [text[a:b] for a, b in zip(w.tokens.starts[w.shown], w.tokens.ends[w.shown], strict=True)]
        for w in made
    ]
    assert said == [["yes", "no", *x] for x in ("abcd", "defg", "gh")]
    assert [shown_text(window, question) for window in made] == ["no", "no", "no"]
    assert made[1].tokens.segments(passage.pinned)[made[1].shown].tolist() == [1, 2, 0, 0, 0, 0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_may_have_signs_of_several_tokens_and_blanks_of_every_kind(
    kind: str, tmp_path: Path
) -> None:
    text = "  x\t\u3000🚂🚂 ½\u2028y \n "
    folder = saved_tokenizer(tmp_path / "t", kind, ["x y", "½ 🚂🚂"], size=300)
    reader = reader_of(folder, kind)
    for answer in ("x", "🚂🚂", "½", "y"):
        start = text.index(answer)
        question = Question("a", "x", (Passage(text, ((start, start + len(answer)),)),), (answer,))
        (window,) = windows([question], reader, WindowLimits(64, 9, 0))
        assert shown_text(window, question) == answer
        assert np.all(window.tokens.starts <= window.tokens.ends)
        blank = window.tokens.segments(()) == -1
        assert blank.any() == (kind == "roberta")


def test_a_long_question_is_cut_behind_and_says_so(tmp_path: Path) -> None:
    folder = saved_tokenizer(tmp_path / "t", "bert", ["a b c d e f g h"])
    question = Question("x", "a b c d e", (Passage("f g h", ()),), ())
    (cut,) = windows([question], reader_of(folder, "bert"), WindowLimits(20, 3, 1))
    (whole,) = windows([question], reader_of(folder, "bert"), WindowLimits(20, 5, 1))
    assert (cut.cut, whole.cut) == (True, False)
    assert cut.context == 5
    assert len(cut.example.ids) == len(whole.example.ids) - 2
    assert list(cut.example.ids)[:4] == list(whole.example.ids)[:4]


def test_windows_without_room_for_text_are_refused(tmp_path: Path) -> None:
    folder = saved_tokenizer(tmp_path / "t", "bert", ["a b c d e f g h"])
    question = Question("q9", "a b c", (Passage("f g h", ()),), ())
    with pytest.raises(ConfigError) as problem:
        list(windows([question], reader_of(folder, "bert"), WindowLimits(9, 3, 3)))
    assert str(problem.value) == (
        "windows of 9 tokens leave 3 for the text of question 'q9', expected more than the stride of 3"
    )


def test_a_passage_without_a_token_has_no_window(tmp_path: Path) -> None:
    folder = saved_tokenizer(tmp_path / "t", "bert", ["a b"])
    question = Question("x", "a", (Passage(" "), Passage("b")), ())
    made = list(windows([question], reader_of(folder, "bert"), WindowLimits(9, 3, 1)))
    assert [window.passage for window in made] == [1]


def test_an_empty_question_is_asked_all_the_same(tmp_path: Path) -> None:
    folder = saved_tokenizer(tmp_path / "t", "bert", ["a b"])
    question = Question("x", "", (Passage("a b", ((2, 3),)),), ("b",))
    (window,) = windows([question], reader_of(folder, "bert"), WindowLimits(9, 3, 1))
    assert window.context == 2
    assert shown_text(window, question) == "b"


def test_defaults_are_those_of_run_qa_and_less_for_short_windows() -> None:
    assert WindowLimits.within(384) == WindowLimits(384, 128, 128)
    assert WindowLimits.within(4096) == WindowLimits(4096, 128, 128)
    assert WindowLimits.within(48) == WindowLimits(48, 16, 16)
    assert WindowLimits.within(48, question=9, stride=0) == WindowLimits(48, 9, 0)


def test_a_tokenizer_that_puts_nothing_between_two_texts_is_refused(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    bare = Tokenizer(models.WordLevel({"a": 0}, unk_token="a"))
    bare.pre_tokenizer = pre_tokenizers.Whitespace()
    with pytest.raises(InputError, match="here: its tokenizer puts nothing between a question"):
        pair_frame(bare, name="here")
