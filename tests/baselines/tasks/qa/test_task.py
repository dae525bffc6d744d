from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from numpy.typing import NDArray
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from gonerd.errors import ConfigError, InputError
from gonerd.files import read_json
from gonerd_baselines.encoder.heads import Model
from gonerd_baselines.encoder.loading import from_pretrained
from gonerd_baselines.encoder.remote import modeling_lsg_roberta
from gonerd_baselines.tasks.finetuning import finetune_task
from gonerd_baselines.tasks.objective import TaskObjective
from gonerd_baselines.tasks.options import TaskOptions
from gonerd_baselines.tasks.qa.hotpotqa import read_hotpotqa
from gonerd_baselines.tasks.qa.question import Passage, Question
from gonerd_baselines.tasks.qa.settings import QuestionSettings
from gonerd_baselines.tasks.qa.squad import read_squad
from gonerd_baselines.tasks.qa.task import EncodedQuestions, QuestionSplit, QuestionTask
from gonerd_baselines.tasks.qa.triviaqa import read_triviaqa
from gonerd_baselines.tasks.qa.windows import NO_ANSWER
from gonerd_baselines.tasks.reader import reader_of
from gonerd_baselines.training.config import TrainingConfig
from tests.baselines.encoder.families import DISTINCT, FULL, LONGFORMER, Family, quiet
from tests.baselines.tasks.checkpoints import checkpoint_folder
from tests.baselines.tasks.qa.sources import (
    BRIDGE,
    RAIN,
    asked,
    evidence,
    hotpotqa,
    saved,
    squad,
    triviaqa,
)

ROBERTA, BERT = FULL[0], FULL[3]
WORDS = ("harbour", "bridge", "mayor", "school", "river", "vote", "train", "night")
NAMES = ("Ames", "Oz", "Nile", "Lagos")


def toy(count: int, seed: int, *, words: int = 8) -> tuple[Question, ...]:
    """Where was it? In the one name that stands behind "in"; others stand elsewhere."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        parts = [chance.choice(WORDS + NAMES) for _ in range(chance.randint(words // 2, words))]
        name = chance.choice(NAMES)
        place = chance.randint(0, len(parts))
        before = " ".join([*parts[:place], "in", ""])
        text = f"{before}{name} {' '.join(parts[place:])}".strip()
        passage = Passage(text, ((len(before), len(before) + len(name)),))
        made.append(Question(str(number), "where", (passage,), (name,)))
    return tuple(made)


def split_of(questions: Sequence[Question]) -> QuestionSplit:
    return QuestionSplit("toy", tuple(questions))


def task_of(
    train: Sequence[Question],
    held_out: Sequence[Question] | None = None,
    name: str = "squad",
    **settings: float,
) -> QuestionTask:
    return QuestionTask(
        name,
        split_of(train),
        {"validation": split_of(train if held_out is None else held_out)},
        QuestionSettings(**settings),
    )


def start_of(folder: Path, family: Family, longest: int = 40) -> Path:
    texts = (" ".join(["where", "in", *WORDS, *NAMES]), BRIDGE, RAIN, "yes no Sunset Boulevard")
    return checkpoint_folder(
        folder, family, texts, longest=longest, learnable=True, initializer_range=0.1
    )


def encoded(
    folder: Path, task: QuestionTask, *, family: Family = BERT, max_len: int = 40
) -> EncodedQuestions:
    start = start_of(folder / "m", family, longest=max(40, max_len))
    return task.encoded(reader_of(from_pretrained(start), max_len=max_len))


def right(task: EncodedQuestions) -> Iterator[NDArray[np.float32]]:
    """The logits of a model that says just what the labels say."""
    examples = task.held_out["validation"]
    assert examples.labels is not None
    for length, (first, last) in zip(examples.lengths, examples.labels, strict=True):
        logits = np.zeros((length, 2), np.float32)
        logits[first, 0] = logits[last, 1] = 9.0
        yield logits


def test_a_tiny_model_learns_where_answers_stand_also_in_texts_longer_than_it_reads(
    tmp_path: Path,
) -> None:
    start = start_of(tmp_path / "start", LONGFORMER)
    held_out = {"validation": split_of(toy(40, 2)), "long": split_of(toy(20, 3, words=60))}
    task = QuestionTask("squad", split_of(toy(200, 1)), held_out)
    out = tmp_path / "out"
    record = finetune_task(
        task,
        str(start),
        out,
        recipe={
            "training": TrainingConfig(epochs=4, learning_rate=1e-2, batch_tokens=1024),
            "task": TaskOptions(step_examples=32),
        },
    )
    assert record == read_json(out / "finetune.json")
    assert record["metrics"]["validation"] == record["training"]["best"]["metrics"]
    assert record["metrics"]["validation"]["f1"] >= 0.8
    assert record["metrics"]["long"]["exact_match"] >= 0.8
    assert record["data"]["rule"] == "SQuAD 1.1"
    assert record["data"]["windows"]["long"]["windows"] > 5 * 20
    lines = (out / "predictions" / "validation.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    questions = held_out["validation"].questions
    assert [row["id"] for row in rows] == [question.id for question in questions]
    mean = sum(row["exact_match"] for row in rows) / len(rows)
    assert mean == record["metrics"]["validation"]["exact_match"]
    with quiet():
        model = AutoModelForQuestionAnswering.from_pretrained(out).eval()
        tokenizer = AutoTokenizer.from_pretrained(out)
    compared = 0
    for row, question in zip(rows, questions, strict=True):
        text = question.passages[0].text
        read = tokenizer(question.text, text, return_tensors="pt", return_offsets_mapping=True)
        if read.input_ids.shape[1] > 40:
            continue
        offsets = read.pop("offset_mapping")[0].tolist()
        with torch.inference_mode():
            said = model(**read)
        context = [k for k, part in enumerate(read.sequence_ids(0)) if part == 1]
        sums = {
            (i, j): float(said.start_logits[0, i] + said.end_logits[0, j])
            for i in context
            for j in context
            if i <= j < i + 30
        }
        first, last = max(sums, key=lambda pair: sums[pair])
        assert row["answer"] == text[offsets[first][0] : offsets[last][1]]
        assert row["answers"][0]["score"] == pytest.approx(sums[first, last], abs=1e-4)
        compared += 1
    assert compared >= 20


@pytest.mark.parametrize("family", [BERT, ROBERTA], ids=str)
def test_a_model_that_is_always_right_gets_all_of_squad(family: Family, tmp_path: Path) -> None:
    qas = [
        asked("a", BRIDGE, "Łódź"),
        asked("b", BRIDGE, "7½ million"),
        asked("c", BRIDGE, "🚂 trains"),
        asked("d", BRIDGE, is_impossible=True),
    ]
    rain = [asked("e", RAIN, "three days")]
    path = saved(tmp_path / "s.json", squad((BRIDGE, qas), (RAIN, rain)))
    made = encoded(tmp_path, task_of(tuple(read_squad(path))), family=family, max_len=90)
    found = made.evaluate("validation", right(made))
    assert set(found.metrics.values()) == {1.0}
    assert list(found.metrics) == [
        "exact_match",
        "f1",
        "answerable_exact_match",
        "answerable_f1",
        "unanswerable_exact_match",
        "unanswerable_f1",
        "best_exact_match",
        "best_f1",
    ]
    assert [row["answer"] for row in found.predictions] == [
        "Łódź",
        "7½ million",
        "🚂 trains",
        "",
        "three days",
    ]
    assert found.predictions[3]["null_difference"] > 0 > found.predictions[0]["null_difference"]


def test_the_threshold_decides_between_an_answer_and_none(tmp_path: Path) -> None:
    qas = [asked("a", RAIN, "harbour"), asked("b", RAIN, is_impossible=True)]
    questions = tuple(read_squad(saved(tmp_path / "s.json", squad((RAIN, qas)))))
    made = encoded(tmp_path, task_of(questions), max_len=80)
    # 18 for what is right, whether an answer or none, and 0 for all else.
    for threshold, metrics in (
        (-19.0, (0.5, 0.0, 1.0)),
        (0.0, (1.0, 1.0, 1.0)),
        (18.0, (0.5, 1.0, 0.0)),
    ):
        made.task = task_of(questions, null_threshold=threshold)
        found = made.evaluate("validation", right(made))
        names = ("exact_match", "answerable_exact_match", "unanswerable_exact_match")
        assert tuple(found.metrics[name] for name in names) == metrics
        assert found.metrics["best_f1"] == 1.0
        assert found.details == {"best_exact_match_threshold": -18.0, "best_f1_threshold": -18.0}
    assert len(made.train) == 2  # to say that there is none is learned, too


def test_where_every_question_has_an_answer_one_is_given_whatever_the_null_score(
    tmp_path: Path,
) -> None:
    made = encoded(tmp_path, task_of(toy(3, 1)))

    def sure_of_none() -> Iterator[NDArray[np.float32]]:
        for logits in right(made):
            logits[0] = 99.0
            yield logits

    found = made.evaluate("validation", sure_of_none())
    assert found.metrics == {"exact_match": 1.0, "f1": 1.0}
    assert all(row["null_difference"] > 0 for row in found.predictions)


def test_yes_and_no_of_hotpotqa_are_answered_from_every_window(tmp_path: Path) -> None:
    answers = {"a": "yes", "b": "no", "c": "Nile", "d": "Volga"}
    records = [hotpotqa(number, answer) for number, answer in answers.items()]
    questions = tuple(read_hotpotqa(saved(tmp_path / "h.json", records)))
    task = task_of(questions, name="hotpotqa")
    made = encoded(tmp_path, task, max_len=40)
    counts = made.counts["validation"]
    assert counts.windows >= 4 * 2
    assert counts.out_of_reach == 1
    found = made.evaluate("validation", right(made))
    assert [row["answer"] for row in found.predictions[:3]] == ["yes", "no", "Nile"]
    assert found.metrics == {"exact_match": 0.75, "f1": 0.75}
    assert len(made.train) == counts.windows * 3 // 4  # nothing is learned from the last question
    (yes,) = {tuple(labels) for labels in made.train.labels[: counts.windows // 4].tolist()}
    assert yes != NO_ANSWER
    assert task.record()["splits"]["train"]["answer_not_found"] == 1


def test_triviaqa_is_answered_from_all_documents_of_a_question(tmp_path: Path) -> None:
    evidence(tmp_path / "evidence")
    questions = tuple(read_triviaqa(saved(tmp_path / "t.json", triviaqa())))
    made = encoded(tmp_path, task_of(questions, name="triviaqa"), max_len=100)
    found = made.evaluate("validation", right(made))
    assert found.metrics == {"exact_match": 1.0, "f1": 1.0}
    assert found.predictions[0]["answer"] == "Sunset\nBoulevard"
    assert found.predictions[0]["answers"][0]["passage"] == "Norma.txt"
    assert made.counts["train"].left_out == 1  # Hollywood.txt names no alias
    assert len(made.train) < len(made.held_out["validation"])


def test_an_answer_that_no_window_shows_is_out_of_reach(tmp_path: Path) -> None:
    text = " ".join(["mayor"] * 30)
    long = Question("a", "where", (Passage(text, ((0, len(text)),)),), (text,))
    short = Question("b", "where", (Passage("river", ((0, 5),)),), ("river",))
    made = encoded(tmp_path, task_of((long, short)), max_len=20)
    counts = made.counts["train"]
    assert (counts.left_out, counts.out_of_reach, len(made.train)) == (1, 1, 1)
    with pytest.raises(InputError, match="squad train has no example"):
        encoded(tmp_path / "x", task_of((long,)), max_len=20)


@pytest.mark.parametrize("family", DISTINCT, ids=str)
def test_the_loss_of_a_window_is_the_one_of_transformers_for_every_family(
    family: Family, tmp_path: Path
) -> None:
    words = ("where in", " ".join([*WORDS, *NAMES]))
    folder = checkpoint_folder(tmp_path / "m", family, words, head="qa", longest=128)
    checkpoint = from_pretrained(folder, head="qa")
    assert isinstance(checkpoint.model, Model)
    made = task_of(toy(3, 1)).encoded(reader_of(checkpoint))
    objective = TaskObjective(checkpoint.model, made.train, head="qa")
    where = modeling_lsg_roberta if family.model_type == "lsg-roberta" else transformers
    with quiet():
        theirs = getattr(where, family.layout.architecture("qa")).from_pretrained(folder).eval()
    if family.model_type == "big_bird":
        theirs.base_model.set_attention_type("original_full")
    read = AutoTokenizer.from_pretrained(folder)
    for number, question in enumerate(made.task.train.questions):
        batch = objective.batch([number], generator=torch.Generator(), device="cpu")
        pair = read(question.text, question.passages[0].text, return_tensors="pt")
        assert batch.ids.tolist() == pair["input_ids"][0].tolist()
        first, last = batch.labels[0]
        with torch.inference_mode(), quiet():
            parts = objective(batch)
            wanted = theirs(**pair, start_positions=first[None], end_positions=last[None]).loss
        ours = (parts["begin"] + parts["end"]) / 2
        assert float(ours) == pytest.approx(float(wanted), abs=1e-4)


def test_a_batch_comes_to_the_same_however_it_is_cut(tmp_path: Path) -> None:
    checkpoint = from_pretrained(start_of(tmp_path / "m", BERT), head="qa")
    assert isinstance(checkpoint.model, Model)
    made = task_of(toy(6, 1)).encoded(reader_of(checkpoint))
    objective = TaskObjective(checkpoint.model, made.train, head="qa")

    def sums(documents: Sequence[int]) -> torch.Tensor:
        batch = objective.batch(documents, generator=torch.Generator(), device="cpu")
        assert set(batch.counts.values()) == {len(documents)}
        parts = objective(batch)
        return torch.stack([parts["begin"], parts["end"]])

    with torch.inference_mode():
        assert torch.allclose(sums([0, 1, 2, 3]), sums([3, 0]) + sums([2]) + sums([1]), atol=1e-4)


def test_settings_and_splits_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="longest_answer is 0, expected 1 or more"):
        QuestionSettings(longest_answer=0)
    with pytest.raises(ConfigError, match="stride is -1, expected 0 or more"):
        QuestionSettings(stride=-1)
    with pytest.raises(InputError, match="squad has no split validation"):
        QuestionTask("squad", split_of(toy(1, 1)), {"test": split_of(toy(1, 1))})
    with pytest.raises(ConfigError, match=r"windows of 20 tokens leave .* stride of 19"):
        encoded(tmp_path, task_of(toy(1, 1), stride=19), max_len=20)
