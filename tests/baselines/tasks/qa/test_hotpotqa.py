from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gonerd.errors import InputError
from gonerd_baselines.tasks.qa.hotpotqa import read_hotpotqa
from gonerd_baselines.tasks.qa.question import Question
from tests.baselines.tasks.qa.sources import hotpotqa, saved


def read(folder: Path, *records: Any) -> list[Question]:
    return list(read_hotpotqa(saved(folder / "h.json", list(records))))


def places(question: Question) -> list[tuple[str, str]]:
    """Each place with the five characters before it."""
    text = question.passages[0].text
    return [(text[max(a - 5, 0) : a], text[a:b]) for a, b in question.passages[0].answers]


def test_a_passage_holds_yes_and_no_and_then_every_paragraph_under_its_title(
    tmp_path: Path,
) -> None:
    (question,) = read(tmp_path, hotpotqa("a", "Nile"))
    (passage,) = question.passages
    assert passage.text == (
        "yes no\nAmes\nAmes lies on the Nile. No one knows.\nOz\nOz is a town. Its bridge crosses the Nile."
        "\nNile\nThe Nile is a river. It is 1990s long."
    )
    assert [passage.text[a:b] for a, b in passage.pinned] == ["yes", "no"]
    assert question.answers == ("Nile",)


def test_an_answer_is_looked_for_in_the_supporting_sentences_first(tmp_path: Path) -> None:
    supported, titled, elsewhere = read(
        tmp_path,
        hotpotqa("a", "Nile"),
        hotpotqa("b", "Oz"),
        hotpotqa("c", "No one"),
    )
    assert places(supported) == [(" the ", "Nile"), ("\nThe ", "Nile")]
    assert places(titled) == [("ows.\n", "Oz")]
    assert places(elsewhere) == [("ile. ", "No one")]


@pytest.mark.parametrize(
    ("answer", "place"), [("yes", (0, 3)), ("no", (4, 6)), (" No", (4, 6)), ("Yes", (0, 3))]
)
def test_yes_and_no_stand_before_the_text(
    answer: str, place: tuple[int, int], tmp_path: Path
) -> None:
    (question,) = read(tmp_path, hotpotqa("a", answer))
    assert question.passages[0].answers == (place,)
    assert question.passages[0].text[slice(*place)] == answer.strip().lower()


def test_a_whole_word_counts_before_a_part_of_one_and_an_answer_may_stand_nowhere(
    tmp_path: Path,
) -> None:
    more = [*hotpotqa("", "")["context"], ["Ida", ["A ridge is there."]]]
    part, whole, nowhere = read(
        tmp_path,
        hotpotqa("a", "1990"),
        hotpotqa("b", "ridge", context=more),  # of bridge in a supporting sentence
        hotpotqa("c", "Amazon"),
    )
    assert places(part) == [("t is ", "1990")]
    assert places(whole) == [("da\nA ", "ridge")]
    assert (places(nowhere), nowhere.located, nowhere.answers) == ([], False, ("Amazon",))


def test_a_fact_beyond_the_last_sentence_supports_nothing(tmp_path: Path) -> None:
    (question,) = read(tmp_path, hotpotqa("a", "Nile", supporting_facts=[["Nile", 9]]))
    assert places(question) == [("ile.\n", "Nile")]  # its title


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (hotpotqa("q", "x", context=[]), "question 'q' has no paragraph in its context"),
        (
            hotpotqa("q", "x", context=[["Oz", "a town"]]),
            "question 'q': context[0] is ['Oz', 'a town'], expected [title, [sentence, ...]]",
        ),
        (
            hotpotqa("q", "x", supporting_facts=[["Oz", "1"]]),
            "question 'q': supporting_facts[0] is ['Oz', '1'], expected [title, number of a sentence]",
        ),
        (hotpotqa("q", ""), "question 'q': 'answer' is empty, expected a text"),
        ({"question": "?"}, "question 0: '_id' is missing, expected a text"),
        (7, "question 0 is 7, expected an object"),
    ],
)
def test_what_is_not_hotpotqa_is_told_with_file_and_question(
    record: Any, said: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as problem:
        read(tmp_path, record)
    assert f"{tmp_path / 'h.json'}: {said}" in str(problem.value)


def test_a_file_that_is_no_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is \{'data': \[\]\}, expected a list of questions"):
        list(read_hotpotqa(saved(tmp_path / "h.json", {"data": []})))
