from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from gonerd.adapters import AdapterOptions, adapter_from_spec
from gonerd.cli.main import run as command
from gonerd.records import write_documents
from gonerd_baselines.attention import LongformerSelfAttention
from gonerd_baselines.distillation.config import DISTILL_SECTIONS
from gonerd_baselines.distillation.distilling import distill
from gonerd_baselines.distillation.tagging import Tagging
from gonerd_baselines.encoder.heads import Model
from gonerd_baselines.encoder.loading import from_pretrained
from gonerd_baselines.packing import packing_from_lengths
from gonerd_baselines.tasks.catalogue import open_task
from gonerd_baselines.tokens.tokenizing import tokenize_texts
from gonerd_baselines.training.progress import Progress
from gonerd_baselines.training.recipe import read_recipe, recipe_names, recipe_values
from tests.baselines.distillation.conftest import LABELS, Corpus
from tests.baselines.encoder.families import quiet
from tests.baselines.tagger.corpus import documents
from tests.baselines.tasks.ner.models import start_of
from tests.baselines.tokens.sources import words, write_lines
from tests.places import ROOT

SMALL = (
    *("tokens=3000", "step_tokens=1024", "batch_tokens=512", "log_steps=1"),
    *("precision=fp32", "learning_rate=0.002"),
)


def settings(*values: str) -> list[str]:
    return [part for value in values for part in ("--set", value)]


def run(*arguments: object) -> int:
    return command([str(each) for each in arguments])


def distilled(corpus: Corpus, teacher: Path, out: Path, *more: object) -> int:
    """More settings stand behind those that make it small."""
    given = ("--teacher", teacher, "--tokens", corpus.tokens(), "--out", out, *settings(*SMALL))
    return run("distill", *given, *more)


def record_of(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "distill.json").read_text())
    return found


def test_the_papers_recipe_makes_a_student_that_opens_in_transformers(
    corpus: Corpus, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    teacher, out = corpus.teacher(), tmp_path / "student"
    assert distilled(corpus, teacher, out, "--student", "0,2") == 0
    said = capfd.readouterr().out
    assert "2 layers of full attention" in said
    with quiet():
        theirs = transformers.RobertaForMaskedLM.from_pretrained(out).eval()
        tokenizer = transformers.AutoTokenizer.from_pretrained(out)
    given = tokenizer("the court of <mask> in Harbour Falls", return_tensors="pt")
    ids = given["input_ids"][0]
    ours = from_pretrained(out, head="mlm")
    with torch.no_grad():
        found = ours.model(ids, packing_from_lengths([len(ids)]))
        torch.testing.assert_close(found, theirs(**given).logits[0], rtol=2e-5, atol=2e-5)
    record = record_of(out)
    assert record["teacher"]["id"] == teacher.name
    assert len(record["teacher"]["weights_sha256"]) == 64
    assert record["student"]["layers_of_teacher"] == [0, 2]
    parts = record["recipe"]["distillation"]
    assert (parts["mlm"], parts["od"], parts["cosine"], parts["temperature"]) == (2, 5, 1, 2)
    assert parts["hs"] == parts["mha"] == 0
    first, last = record["training"]["log"][0], record["training"]["log"][-1]
    assert first["loss"] == pytest.approx(2 * first["mlm"] + 5 * first["od"] + first["cosine"])
    assert last["loss"] < first["loss"]
    assert json.loads((out / "log.jsonl").read_text().splitlines()[0])["step"] == 1
    assert not (tmp_path / "student.unfinished").exists()


@pytest.mark.parametrize(
    ("kind", "recipe"),
    [
        ("longformer", "mha"),
        ("longformer", "local-mha"),
        ("bigbird", "hs"),
        ("lsg", "od-hs"),
        ("nystromformer", "od-standardized"),
        ("bert", "od-masked"),
        ("full", "od"),
        ("full", "control-mlm"),
        ("full", "control-random"),
    ],
)
def test_every_recipe_trains_a_student(
    corpus: Corpus, tmp_path: Path, kind: str, recipe: str
) -> None:
    teacher, out = corpus.teacher(kind), tmp_path / "student"
    assert distilled(corpus, teacher, out, "--recipe", recipe) == 0
    student = from_pretrained(out, head="mlm")
    assert student.encoder.config.num_hidden_layers == 2
    assert student.encoder.config.kind == from_pretrained(teacher).encoder.config.kind
    record = record_of(out)
    log = record["training"]["log"]
    assert log[-1]["loss"] < log[0]["loss"]
    assert record["student"]["layers_of_teacher"] == (
        None if recipe == "control-random" else [0, 2]
    )
    for module in student.encoder.modules():
        if isinstance(module, LongformerSelfAttention):
            assert torch.equal(module.query.weight, module.query_global.weight)


def test_the_control_without_training_is_the_teachers_layers(
    corpus: Corpus, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "student"
    arguments = ("--teacher", corpus.teacher(), "--tokens", corpus.tokens(), "--out", out)
    others = tmp_path / "student.unfinished" / "state.pt"
    others.parent.mkdir()
    others.write_text("an interrupted training of the same name")
    assert run("distill", *arguments, "--recipe", "control-none") == 0
    assert others.exists()
    assert "the student is written as it was made" in capfd.readouterr().err
    assert record_of(out)["training"] is None
    mine = from_pretrained(out, head="mlm").model.state_dict()
    theirs = from_pretrained(corpus.teacher(), head="mlm").model.state_dict()
    for key, tensor in mine.items():
        source = key.replace("encoder.encoder.layer.1.", "encoder.encoder.layer.2.")
        assert torch.equal(tensor, theirs[source])


@pytest.mark.parametrize("order", ["convert-then-distill", "distill-then-convert"])
@pytest.mark.parametrize("to", ["longformer", "lsg"])
def test_a_student_is_converted_before_or_after(
    corpus: Corpus, tmp_path: Path, order: str, to: str
) -> None:
    out = tmp_path / "student"
    more = ("--to", to, "--max-len", 128, "--order", order)
    option = "attention_window=16" if to == "longformer" else "block_size=16"
    sparse = ("sparse_block_size=16",) if to == "lsg" else ()
    assert distilled(corpus, corpus.teacher(), out, *more, *settings(option, *sparse)) == 0
    student = from_pretrained(out, head="mlm").encoder
    config = student.config
    assert (config.kind, config.num_hidden_layers, config.max_length) == (to, 2, 128)
    record = record_of(out)
    assert record["teacher"]["attention"] == "full"
    assert record["conversion"]["order"] == order
    # Either the teacher was converted, or the student.
    whole = record["conversion"]["to"]["parameters"] == record["student"]["parameters"]
    assert whole == (order == "distill-then-convert")
    # Positions are repeated when a model is converted; those of long texts are trained afterwards, or never.
    table = student.embeddings.position_embeddings.weight[config.first_position :]
    assert torch.equal(table[:64], table[64:128]) == (order == "distill-then-convert")


def test_an_interrupted_distillation_goes_on_to_the_bit(corpus: Corpus, tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(now: Progress) -> None:
        if now.step == 2:
            raise StoppedError

    more = ("save_seconds=0", "hs=1", "mapping=[[0,1],[1,3],[1,2]]", "mha=1")
    recipe = read_recipe("distill", "paper", DISTILL_SECTIONS, [*SMALL, *more])
    given = (str(corpus.teacher()), [corpus.tokens()])
    distill(*given, tmp_path / "whole", recipe=recipe)
    notes: list[str] = []
    with pytest.raises(StoppedError):
        distill(*given, tmp_path / "cut", recipe=recipe, progress=stop)
    assert not (tmp_path / "cut").exists()
    distill(*given, tmp_path / "cut", recipe=recipe, note=notes.append)
    assert any("going on after step" in said for said in notes)
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "cut")]
    assert weights[0] == weights[1]


def test_two_processes_distil_what_one_does(corpus: Corpus, tmp_path: Path) -> None:
    """With parts of both models unused, and projections between widths."""
    shape = "layers=2,hidden_size=12,intermediate_size=16"
    more = ("--student", shape, "--recipe", "od-hs", *settings("od=0", "mha=1"))
    teacher = corpus.teacher()
    assert distilled(corpus, teacher, tmp_path / "one", *more) == 0
    arguments = ["--teacher", teacher, "--tokens", corpus.tokens(), "--out", tmp_path / "two"]
    launch = (sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2")
    subprocess.run(
        [
            *(*launch, "-m", "gonerd", "distill"),
            *(*map(str, arguments), *settings(*SMALL), *map(str, more)),
        ],
        check=True,
        timeout=120,
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
    )
    one, two = (record_of(tmp_path / name)["training"] for name in ("one", "two"))
    assert (one["processes"], two["processes"]) == (1, 2)
    assert len(one["log"]) == len(two["log"]) > 2
    for mine, other in zip(one["log"], two["log"], strict=True):
        for name in ("loss", "hs", "mha", "gradient_norm"):
            assert other[name] == pytest.approx(mine[name], rel=1e-4)


def test_a_tagger_is_distilled_from_its_logits_with_unlabelled_texts(
    corpus: Corpus, tmp_path: Path
) -> None:
    teacher, out = corpus.teacher(head="token"), tmp_path / "fast"
    more = ("--tokens", corpus.tokens("more"), "--recipe", "task", *settings("cosine=1"))
    assert distilled(corpus, teacher, out, *more) == 0
    with quiet():
        theirs = transformers.RobertaForTokenClassification.from_pretrained(out)
    assert tuple(theirs.config.id2label[n] for n in range(3)) == LABELS
    record = record_of(out)
    assert record["tokens"]["documents"] == 65
    log = record["training"]["log"]
    assert log[-1]["tags"] < log[0]["tags"]


def test_a_student_of_an_earlier_distillation_learns_a_task(
    corpus: Corpus, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert distilled(corpus, corpus.teacher(), tmp_path / "general") == 0
    teacher = corpus.teacher(head="token")
    more = ("--recipe", "task", "--student", tmp_path / "general")
    assert distilled(corpus, teacher, tmp_path / "fast", *more) == 0
    record = record_of(tmp_path / "fast")
    assert record["student"]["from"]["id"] == "general" == record["recipe"]["student"]["choice"]
    assert len(record["student"]["from"]["weights_sha256"]) == 64
    student = from_pretrained(tmp_path / "fast", head="token")
    assert student.labels == LABELS
    assert student.encoder.config.num_hidden_layers == 2
    other = corpus.folder / "other-labels"
    if not other.exists():
        shutil.copytree(teacher, other)
        values = json.loads((other / "config.json").read_text())
        values["id2label"] = {"0": "O", "1": "B-LOC", "2": "I-LOC"}
        (other / "config.json").write_text(json.dumps(values))
    more = ("--recipe", "task", "--student", other)
    assert distilled(corpus, teacher, tmp_path / "none", *more) == 1
    assert "has the labels O, B-LOC, I-LOC, its teacher O, B-PER, I-PER" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--student", "distilbert"),
            "takes layers 0, 2, 4, 7, 9, 11 of 12, and the teacher has 4",
        ),
        (("--student", "0,9"), "the teacher has no layer 9; expected 0 to 3"),
        (("--set", "hs=1", "--set", "mapping=[[0,4]]"), "names layer 4 of the teacher"),
        (
            ("--set", "mha=1", "--set", "relation_heads=7"),
            "can't be divided among 7 relation heads",
        ),
        (("--set", "local_mha=1"), "full attention has no window for local_mha"),
        (("--recipe", "task"), "has no head for tokens, its weights lack classifier"),
        (("--max-len", "64"), "--order and --max-len are of a conversion; expected --to beside"),
        (("--student", ""), "student '' is unknown; expected one of every-other, "),
        (("--recipe", "best"), "recipe 'best' is unknown; expected a TOML file, or one of"),
        (("--to", "lsg", "--max-len", "32"), "max_len is 32, less than the 64 tokens"),
        (("--set", "order=never"), "order 'never' is unknown; expected convert-then-distill or"),
        (
            ("--set", "attention_window=8"),
            "attention_window is an option of a conversion, and to is",
        ),
        (("--set", "dropout=2"), "dropout is 2.0, expected 0 or more and less than 1"),
        (("--teacher", "nowhere"), "nowhere"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(
    corpus: Corpus,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    assert distilled(corpus, corpus.teacher(), tmp_path / "out", *arguments) in (1, 2)
    error = capfd.readouterr().err.strip()
    assert said in error
    assert "Traceback" not in error
    assert not (tmp_path / "out").exists()


def test_tokens_of_another_tokenizer_or_too_long_are_refused(
    corpus: Corpus, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    texts = write_lines(tmp_path / "texts.jsonl", words(1, 20))
    tokenize_texts([texts], tmp_path / "others", tokenizer="newsroom")
    tokenize_texts([texts], tmp_path / "long", tokenizer=str(corpus.tokenizer))
    for name, said in (
        ("others", "was tokenized by newsroom (SHA-256"),
        ("long", "tokens, the model has positions for 64; expected tokens made with --max-len 64"),
    ):
        arguments = ("--teacher", corpus.teacher(), "--tokens", tmp_path / name)
        assert run("distill", *arguments, "--out", tmp_path / "out", *settings(*SMALL)) == 1
        assert said in capfd.readouterr().err


def test_a_student_of_another_tokenizer_is_refused(
    corpus: Corpus, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    shutil.copytree(corpus.teacher(), other)
    values = json.loads((other / "tokenizer.json").read_text())
    values["added_tokens"][0]["lstrip"] = not values["added_tokens"][0]["lstrip"]
    (other / "tokenizer.json").write_text(json.dumps(values))
    assert distilled(corpus, corpus.teacher(), tmp_path / "out", "--student", other) == 1
    assert "has another tokenizer (SHA-256" in capfd.readouterr().err


def test_a_checkpoint_of_another_family_is_refused(
    corpus: Corpus, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    shutil.copytree(corpus.teacher(), other)
    values = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps({**values, "model_type": "gpt2"}))
    assert distilled(corpus, other, tmp_path / "out") == 1
    assert "model_type 'gpt2' is not known here; expected one of" in capfd.readouterr().err


def test_recipes_that_ship_make_sense() -> None:
    names = recipe_names("distill")
    assert {"paper", "od", "hs", "mha", "local-mha", "task", "control-none"} <= set(names)
    for name in names:
        made = read_recipe("distill", name, DISTILL_SECTIONS)
        if made["distillation"].weights:
            made["training"].batches_a_step(1)
        assert json.loads(json.dumps(recipe_values(made)))
    assert not read_recipe("distill", "control-none", DISTILL_SECTIONS)["distillation"].weights


def test_controls_train_on_as_many_tokens_as_what_they_control() -> None:
    made = {
        name: read_recipe("distill", name, DISTILL_SECTIONS)
        for name in ("paper", "control-mlm", "control-random")
    }
    assert len({json.dumps(recipe_values(r)["training"]) for r in made.values()}) == 1
    assert made["control-random"]["distillation"] == made["paper"]["distillation"]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of entities, a model that is fine-tuned on it, and its texts as tokens."""
    folder = tmp_path_factory.mktemp("names")
    write_documents(folder / "corpus.jsonl", documents(40, sentences=4))
    start = start_of(folder / "start", learnable=True)
    words = ("--from", start, "--dataset", folder / "corpus.jsonl", "--out", folder / "teacher")
    assert run("finetune", *words, "--epochs", 2) == 0
    tokenize_texts([folder / "corpus.jsonl"], folder / "tokens", tokenizer=str(start), max_len=200)
    return folder


def test_a_tagger_learns_names_and_is_measured_beside_its_teacher(
    names: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "student"
    given = ("--teacher", names / "teacher", "--dataset", names / "corpus.jsonl", "--out", out)
    more = settings(*SMALL, "tokens=20000", "gold=1", "evaluate_steps=4")
    assert run("distill", *given, "--recipe", "task", "--tokens", names / "tokens", *more) == 0
    said = capfd.readouterr().out
    record = record_of(out)
    assert set(record["metrics"]) == {"validation", "test"}
    assert "test: student F1 0." in said
    assert record["training"]["best"]["metrics"]["f1"] == max(
        line["f1"] for line in record["training"]["log"] if "f1" in line
    )
    # The teacher's figures are those that it was saved with, the student's those of the weights on disk.
    before = json.loads((names / "teacher" / "finetune.json").read_text())["metrics"]
    task = open_task("ner", data=str(names / "corpus.jsonl"))
    student = from_pretrained(out, head="token")
    tagging = Tagging(task, student, precision="fp32")
    assert isinstance(student.model, Model)
    for split, found in record["metrics"].items():
        assert found["teacher"]["f1"] == pytest.approx(before[split]["f1"])
        again = tagging.evaluated(student.model, split).metrics
        assert found["student"] == pytest.approx(dict(again))
    # A result of the student names its teacher, and so does one of what is fine-tuned of the student.
    assert adapter_from_spec(f"gonerd:{out}", AdapterOptions()).card.teacher_id == "teacher"
    tuned = tmp_path / "tuned"
    words = ("--from", out, "--dataset", names / "corpus.jsonl", "--out", tuned)
    assert run("finetune", *words, "--epochs", 1) == 0
    assert json.loads((tuned / "finetune.json").read_text())["teacher"] == {
        name: record["teacher"][name] for name in ("id", "revision", "weights_sha256")
    }
    assert adapter_from_spec(f"gonerd:{tuned}", AdapterOptions()).card.teacher_id == "teacher"
    assert json.loads((names / "teacher" / "finetune.json").read_text())["teacher"] is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--recipe", "od"), "task ner is for a tagger; expected a recipe with tags"),
        (("--recipe", "task"), "has the labels O, B-PER, I-PER, the data of task ner O, B-"),
        (("--recipe", "task", "--dataset", "nowhere"), "nowhere"),
    ],
)
def test_data_that_is_not_the_teachers_is_refused(
    corpus: Corpus,
    names: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    teacher = corpus.teacher(head="token" if "task" in arguments else "mlm")
    more = ("--dataset", names / "corpus.jsonl", *arguments)
    assert distilled(corpus, teacher, tmp_path / "out", *more) in (1, 2)
    assert said in capfd.readouterr().err


@pytest.mark.parametrize("recipe", ["od", "task"])
def test_without_texts_there_is_nothing_to_learn(
    corpus: Corpus, tmp_path: Path, capfd: pytest.CaptureFixture[str], recipe: str
) -> None:
    teacher = corpus.teacher(head="token" if recipe == "task" else "mlm")
    given = ("--teacher", teacher, "--recipe", recipe, "--out", tmp_path / "out")
    assert run("distill", *given) == 2
    assert "there is nothing to read; expected --tokens, or" in capfd.readouterr().err


def test_a_validation_loss_is_logged(corpus: Corpus, tmp_path: Path) -> None:
    out = tmp_path / "out"
    more = ("--validation", corpus.tokens("more"), *settings("evaluate_steps=2"))
    assert distilled(corpus, corpus.teacher(), out, *more) == 0
    log = record_of(out)["training"]["log"]
    assert next(line["step"] for line in log if "validation_loss" in line) == 2
    teacher = corpus.teacher(head="token")
    assert distilled(corpus, teacher, tmp_path / "no", "--recipe", "task", *more) == 2
