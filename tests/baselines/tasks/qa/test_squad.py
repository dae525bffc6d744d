from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gonerd.errors import InputError
from gonerd_baselines.tasks.qa.squad import read_squad
from tests.baselines.tasks.qa.sources import BRIDGE, RAIN, asked, saved, squad
from tests.places import SHARED_DATA, needs

XQUAD = SHARED_DATA / "benchmarks" / "squad_format" / "xquad.en.json.xz"


def test_questions_come_with_their_context_and_every_answer(tmp_path: Path) -> None:
    qas = [
        asked("a", BRIDGE, "Łódź", "mayor of Łódź", "Łódź", question="  Whose mayor?"),
        asked("b", BRIDGE, "7½ million"),
    ]
    path = saved(tmp_path / "s.json", squad((BRIDGE, qas), (RAIN, [asked("c", RAIN, "Nobody")])))
    first, second, third = read_squad(path)
    assert (first.id, first.text) == ("a", "Whose mayor?")
    assert first.answers == ("Łódź", "mayor of Łódź", "Łódź")
    assert [BRIDGE[a:b] for a, b in first.passages[0].answers] == ["Łódź", "mayor of Łódź"]
    assert second.passages[0].text is first.passages[0].text
    assert third.passages[0].text == RAIN


def test_blanks_around_an_answer_are_not_its_place(tmp_path: Path) -> None:
    path = saved(tmp_path / "s.json", squad((RAIN, [asked("a", RAIN, " the harbour")])))
    (question,) = read_squad(path)
    ((start, end),) = question.passages[0].answers
    assert RAIN[start:end] == "the harbour"
    assert question.answers == (" the harbour",)


def test_a_question_of_2_0_has_no_answer_where_it_says_so(tmp_path: Path) -> None:
    qas = [
        asked("a", RAIN, is_impossible=True, plausible_answers=[]),
        asked("b", RAIN, "three", is_impossible=False),
    ]
    without, with_one = read_squad(saved(tmp_path / "s.json", squad((RAIN, qas))))
    assert (without.answers, without.passages[0].answers, without.located) == ((), (), False)
    assert with_one.located


@pytest.mark.parametrize(
    ("qas", "said"),
    [
        (
            [{**asked("q7", RAIN, "rained"), "answers": [{"text": "rained", "answer_start": 3}]}],
            "question 'q7': answers[0] is 'rained' at character 3, the context has 'ody ca' there",
        ),
        (
            [{**asked("q7", RAIN, "Nobody"), "answers": [{"text": "Nobody", "answer_start": -1}]}],
            "question 'q7': answers[0] is 'Nobody' at character -1, the context has 'Nobody' there",
        ),
        (
            [asked("q7", RAIN)],
            "question 'q7' has no answer, expected one, or is_impossible true",
        ),
        (
            [asked("q7", RAIN, "came", is_impossible=True)],
            "question 'q7' is impossible and has 1 answers, expected none",
        ),
        (
            [{"id": "q7", "question": "?"}],
            "question 'q7': 'answers' is missing, expected a list",
        ),
        (
            [{"id": "q7", "question": "?", "answers": [{"text": "came", "answer_start": "7"}]}],
            "question 'q7': answers[0]: 'answer_start' is '7', expected a whole number",
        ),
        (
            [{**asked("q7", RAIN, "came"), "question": None}],
            "question 'q7': 'question' is None, expected a text",
        ),
        (
            [{"question": "?", "answers": []}],
            "data[0]: paragraphs[0]: qas[0]: 'id' is missing, expected a text",
        ),
        (
            [asked("q7", RAIN, "came"), asked("q7", RAIN, "came")],
            "two questions have the id 'q7', expected one",
        ),
        ([], "s.json holds no question"),
    ],
)
def test_what_is_not_squad_is_told_with_file_and_question(
    qas: list[dict[str, Any]], said: str, tmp_path: Path
) -> None:
    path = saved(tmp_path / "s.json", squad((RAIN, qas)))
    with pytest.raises(InputError) as problem:
        list(read_squad(path))
    assert str(problem.value).startswith(str(path))
    assert str(problem.value).endswith(said)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    for value, said in (
        ([1], "is [1], expected an object"),
        ({"data": {}}, "'data' is {}, expected a list"),
        ({"data": [7]}, "data[0] is 7, expected an object"),
    ):
        with pytest.raises(InputError) as problem:
            list(read_squad(saved(tmp_path / "s.json", value)))
        assert str(problem.value).endswith(said)
    (tmp_path / "s.json").write_text(json.dumps({"data": []})[:-1])
    with pytest.raises(InputError, match=r"s\.json:1: not JSON"):
        list(read_squad(tmp_path / "s.json"))
    with pytest.raises(InputError, match="does not exist"):
        list(read_squad(tmp_path / "none.json"))


@needs(XQUAD)
def test_all_of_xquad_is_read() -> None:
    questions = list(read_squad(XQUAD))
    assert len(questions) == 1190
    assert len({question.passages[0].text for question in questions}) == 240
    for question in questions:
        (passage,) = question.passages
        assert {passage.text[a:b] for a, b in passage.answers} == set(question.answers)
