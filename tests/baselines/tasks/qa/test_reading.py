from __future__ import annotations

from pathlib import Path

import pytest

from gonerd.errors import ConfigError, InputError
from gonerd_baselines.tasks.qa.metrics import SQUAD_1, SQUAD_2
from gonerd_baselines.tasks.qa.reading import question_task
from tests.baselines.tasks.qa.sources import RAIN, asked, evidence, hotpotqa, saved, squad, triviaqa
from tests.places import SHARED_DATA, needs

XQUAD = SHARED_DATA / "benchmarks" / "squad_format" / "xquad.en.json.xz"
ONE = squad((RAIN, [asked("a", RAIN, "Nobody")]))
NONE = squad((RAIN, [asked("a", RAIN, is_impossible=True)]))


def test_a_folder_is_read_by_the_names_its_authors_gave(tmp_path: Path) -> None:
    saved(tmp_path / "s" / "train-v1.1.json", ONE)
    saved(tmp_path / "s" / "dev-v1.1.json", ONE)
    task = question_task("squad", str(tmp_path / "s"))
    assert (task.train.source, task.held_out["validation"].source) == (
        "train-v1.1.json",
        "dev-v1.1.json",
    )
    assert task.rule is SQUAD_1
    saved(tmp_path / "h" / "hotpot_train_v1.1.json", [hotpotqa("a", "Nile")])
    saved(tmp_path / "h" / "hotpot_dev_distractor_v1.json", [hotpotqa("a", "no")])
    assert question_task("hotpotqa", str(tmp_path / "h")).held_out["validation"].questions
    evidence(tmp_path / "t" / "evidence")
    for name in ("wikipedia-train", "wikipedia-dev", "verified-wikipedia-dev"):
        saved(tmp_path / "t" / "qa" / f"{name}.json", triviaqa())
    assert list(question_task("triviaqa", str(tmp_path / "t")).held_out) == [
        "validation",
        "verified",
    ]


def test_a_question_without_an_answer_anywhere_makes_the_scores_those_of_2_0(
    tmp_path: Path,
) -> None:
    saved(tmp_path / "train.json", ONE)
    saved(tmp_path / "dev.json", NONE)
    task = question_task("squad", str(tmp_path))
    assert task.rule is SQUAD_2
    assert task.record()["splits"]["validation"] == {
        "source": "dev.json",
        "sha256": task.held_out["validation"].sha256,
        "revision": None,
        "questions": 1,
        "passages": 1,
        "without_answer": 1,
        "answer_not_found": 0,
    }


def test_a_folder_with_several_or_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"found none for squad, expected one of train-v1\.1\.json"
    ):
        question_task("squad", str(tmp_path))
    for version in ("1.1", "2.0"):
        saved(tmp_path / f"train-v{version}.json", ONE)
        saved(tmp_path / f"dev-v{version}.json", ONE)
    with pytest.raises(InputError, match=r"found train-v1\.1\.json and train-v2\.0\.json"):
        question_task("squad", str(tmp_path))
    with pytest.raises(InputError, match="nowhere does not exist; expected a folder, a file, or"):
        question_task("squad", "nowhere")
    with pytest.raises(
        ConfigError, match="task 'cola' is unknown; expected one of squad, hotpotqa"
    ):
        question_task("cola")


def test_a_file_alone_is_split_by_its_texts(tmp_path: Path) -> None:
    texts = [f"{RAIN} {number}" for number in range(10)]
    paragraphs = [
        (text, [asked(f"{n}{letter}", text, "Nobody") for letter in "ab"])
        for n, text in enumerate(texts)
    ]
    path = saved(tmp_path / "all.json", squad(*paragraphs))
    task = question_task("squad", str(path))
    assert [q.id for q in task.held_out["validation"].questions] == ["4a", "4b", "9a", "9b"]
    assert len(task.train.questions) == 16
    with pytest.raises(InputError, match="has 1 texts, expected 5 or more to hold one out"):
        question_task("squad", str(saved(tmp_path / "one.json", ONE)))


@needs(XQUAD)
def test_xquad_is_a_task() -> None:
    task = question_task("squad", str(XQUAD))
    train, validation = task.train.questions, task.held_out["validation"].questions
    assert len(train) + len(validation) == 1190
    assert not {q.passages[0].text for q in train} & {q.passages[0].text for q in validation}
    assert 150 < len(validation) < 320
