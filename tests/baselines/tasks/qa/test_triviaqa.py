from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gonerd.errors import InputError
from gonerd_baselines.tasks.qa.triviaqa import PLACES, questions_from_triviaqa, read_triviaqa
from tests.baselines.tasks.qa.sources import EVIDENCE, evidence, saved, triviaqa
from tests.places import SHARED_DATA, needs

SAMPLE = SHARED_DATA / "benchmarks" / "triviaqa_format" / "triviaqa_sample.json"


def test_in_the_domain_wikipedia_all_documents_of_a_question_go_together(tmp_path: Path) -> None:
    evidence(tmp_path / "evidence")
    (question,) = read_triviaqa(saved(tmp_path / "qa" / "wikipedia-dev.json", triviaqa()))
    assert question.id == "tc_1"
    assert [passage.name for passage in question.passages] == [
        "Norma.txt",
        "Hollywood.txt",
        "35/35_9.txt",
    ]
    assert [passage.text for passage in question.passages] == list(EVIDENCE.values())
    assert question.answers == ("sunset blvd", "sunset boulevard")


def test_every_alias_is_a_place_from_the_first_on_and_whole_words_only(tmp_path: Path) -> None:
    evidence(tmp_path / "evidence")
    (question,) = read_triviaqa(saved(tmp_path / "w.json", triviaqa()))
    found = [[p.text[a:b] for a, b in p.answers] for p in question.passages]
    assert found == [["Sunset\nBoulevard", "SUNSET BLVD."], [], ["Sunset blvd"]]


def test_in_the_domain_web_each_pair_is_a_question(tmp_path: Path) -> None:
    value = triviaqa("Web")
    pages = value["Data"][0]["EntityPages"]
    pages.append(pages[0])  # as in the data; the official evaluation counts a pair once
    folder = evidence(tmp_path / "elsewhere")
    questions = list(read_triviaqa(saved(tmp_path / "w.json", value), evidence=folder))
    assert [question.id for question in questions] == [
        "tc_1--Norma.txt",
        "tc_1--Hollywood.txt",
        "tc_1--35/35_9.txt",
    ]
    assert [question.located for question in questions] == [True, False, True]


def test_of_a_verified_file_only_what_was_verified_is_read(tmp_path: Path) -> None:
    evidence(tmp_path / "evidence")
    value = triviaqa()
    value["VerifiedEval"] = True
    other = {**value["Data"][0], "QuestionId": "tc_2", "QuestionPartOfVerifiedEval": False}
    value["Data"][0]["QuestionPartOfVerifiedEval"] = True
    value["Data"][0]["EntityPages"][1]["DocPartOfVerifiedEval"] = True
    value["Data"].append(other)
    (question,) = read_triviaqa(saved(tmp_path / "v.json", value))
    assert [passage.name for passage in question.passages] == ["Hollywood.txt"]
    # In the domain Web, what was verified are questions alone.
    value["Domain"] = "Web"
    assert len(list(read_triviaqa(saved(tmp_path / "v.json", value)))) == 3


def test_human_answers_are_right_too(tmp_path: Path) -> None:
    evidence(tmp_path / "evidence")
    value = triviaqa()
    value["Data"][0]["Answer"]["HumanAnswers"] = ["Sunset"]
    (question,) = read_triviaqa(saved(tmp_path / "v.json", value))
    assert question.answers == ("sunset blvd", "sunset boulevard", "Sunset")


def test_of_an_alias_that_comes_very_often_the_first_places_are_kept() -> None:
    (question,) = questions_from_triviaqa(
        "a",
        "?",
        [("d", "Oz and " * 200)],
        aliases=["oz"],
        gold=["oz"],
        together=True,
        where="here",
    )
    places = question.passages[0].answers
    assert len(places) == PLACES == 64
    assert places[:2] == ((0, 2), (7, 9))


def changed(**more: Any) -> dict[str, Any]:
    value = triviaqa()
    value["Data"][0].update(more)
    return value


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (triviaqa("News"), "'Domain' is 'News', expected Wikipedia or Web"),
        (changed(Answer={}), "question 'tc_1': 'Answer': 'Value' is missing, expected a text"),
        (
            changed(Answer={"Value": "x", "Aliases": [], "NormalizedAliases": []}),
            "question 'tc_1': 'Answer' has no 'NormalizedAliases', expected one or more",
        ),
        (
            changed(Answer={"Value": "x", "Aliases": [3], "NormalizedAliases": []}),
            "question 'tc_1': 'Answer': Aliases[0] is 3, expected a text",
        ),
        (
            changed(EntityPages=[], SearchResults=[]),
            "question 'tc_1' has no document, expected one in EntityPages or SearchResults",
        ),
        (
            changed(EntityPages=[{"Title": "x"}]),
            "question 'tc_1': EntityPages[0]: 'Filename' is missing, expected a text",
        ),
    ],
)
def test_what_is_not_triviaqa_is_told_with_file_and_question(
    value: Any, said: str, tmp_path: Path
) -> None:
    evidence(tmp_path / "evidence")
    path = saved(tmp_path / "w.json", value)
    with pytest.raises(InputError) as problem:
        list(read_triviaqa(path))
    assert str(problem.value) == f"{path}: {said}"


def test_a_document_that_is_missing_or_broken_is_told(tmp_path: Path) -> None:
    path = saved(tmp_path / "qa" / "w.json", triviaqa())
    with pytest.raises(InputError, match="its documents are missing, expected the folder"):
        list(read_triviaqa(path))
    folder = evidence(tmp_path / "evidence")
    (folder / "web" / "35" / "35_9.txt").write_bytes(b"ab\xff")
    with pytest.raises(
        InputError, match=r"question .tc_1.: its evidence .*9.txt is not UTF-8 at byte 2"
    ):
        list(read_triviaqa(path))
    (folder / "web" / "35" / "35_9.txt").unlink()
    with pytest.raises(InputError, match=r"question .tc_1.: its evidence .*35_9.txt is missing"):
        list(read_triviaqa(path))


@needs(SAMPLE)
def test_the_sample_of_its_authors_is_read(tmp_path: Path) -> None:
    for name in ("wikipedia/Andrew_Lloyd_Webber.txt", "web/35/35_995.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text("He wrote Sunset Boulevard; it opened as sunset blvd .")
    first, second = read_triviaqa(SAMPLE, evidence=tmp_path)
    assert (first.id, second.id) == ("tc_33--Andrew_Lloyd_Webber.txt", "tc_33--35/35_995.txt")
    found = [[p.text[a:b] for a, b in p.answers] for p in first.passages]
    assert found == [["Sunset Boulevard", "sunset blvd"]]
    assert "west sunset boulevard" in first.answers
