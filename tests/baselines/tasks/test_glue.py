from __future__ import annotations

import gzip
import json
import lzma
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

from gonerd.errors import ConfigError, InputError
from gonerd.files import read_json
from gonerd_baselines.encoder.loading import from_pretrained
from gonerd_baselines.paper.score_checks import by_number, by_task
from gonerd_baselines.paper.score_tables import GLUE, SCORE_TABLES
from gonerd_baselines.tasks.catalogue import TASKS, open_task, own_recipe
from gonerd_baselines.tasks.finetuning import finetune_task
from gonerd_baselines.tasks.glue import GlueTask
from gonerd_baselines.tasks.glue_averages import glue_averages, glue_numbers
from gonerd_baselines.tasks.glue_layouts import GLUE_LAYOUTS
from gonerd_baselines.tasks.options import FINETUNE_SECTIONS, TaskOptions
from gonerd_baselines.tasks.reader import reader_of
from gonerd_baselines.training.config import TrainingConfig
from gonerd_baselines.training.recipe import read_recipe
from tests.baselines.encoder.families import FULL
from tests.baselines.tasks.checkpoints import checkpoint_folder
from tests.baselines.tasks.glue_data import WORDS, label_of, texts_of, write_copy, write_original
from tests.hub.client import python_on
from tests.hub.repository import MAIN, Repository, StoredFile
from tests.hub.server import hub_on_loopback
from tests.places import SHARED_DATA, needs

BENCHMARKS = SHARED_DATA / "benchmarks"
NAMES = sorted(GLUE_LAYOUTS)


def opened(name: str, data: Path | str) -> GlueTask:
    task = open_task(f"glue/{name}", data=str(data))
    assert isinstance(task, GlueTask)
    return task


def rows_of(task: GlueTask) -> dict[str, list[tuple[tuple[str, ...], float]]]:
    splits = {"train": task.data.train, **task.data.held_out}
    return {name: [(row.texts, row.label) for row in split.rows] for name, split in splits.items()}


def test_all_tasks_are_in_the_catalogue() -> None:
    assert {name for name in TASKS if name.startswith("glue/")} == {f"glue/{n}" for n in NAMES}
    with pytest.raises(
        ConfigError, match=r"task .glue/all. is unknown; expected one of .*glue/cola"
    ):
        open_task("glue/all")


@pytest.mark.parametrize("name", NAMES)
def test_original_files_and_the_hubs_copy_are_the_same_rows(name: str, tmp_path: Path) -> None:
    wanted = [
        (texts_of(name, number), pytest.approx(label_of(name, number))) for number in range(12)
    ]
    held_out = ["validation", "validation_mismatched"] if name == "mnli" else ["validation"]
    for folder in (
        write_original(tmp_path / "original", name),
        write_original(tmp_path / "original", name) / GLUE_LAYOUTS[name].folder,
        write_copy(tmp_path / "parquet", name),
        write_copy(tmp_path / "lines", name, jsonl=True),
    ):
        task = opened(name, folder)
        found = rows_of(task)
        assert found.pop("train") == wanted
        assert found == dict.fromkeys(held_out, wanted[:6])
        record = json.loads(json.dumps(task.record()))
        assert record["splits"]["train"]["rows"] == 12
        assert str(tmp_path) not in json.dumps(record)


def test_a_copy_is_read_as_datasets_reads_it(tmp_path: Path) -> None:
    folder = write_copy(tmp_path / "glue", "qnli")
    theirs = datasets.load_dataset(
        "parquet",
        data_files={"train": str(folder / "qnli" / "train-*.parquet")},
        split="train",
        cache_dir=str(tmp_path / "cache"),
    )
    wanted = [((row["question"], row["sentence"]), row["label"]) for row in theirs]
    assert rows_of(opened("qnli", folder))["train"] == wanted


def test_a_task_comes_from_the_hub_with_its_revision(tmp_path: Path) -> None:
    folder = write_copy(tmp_path / "glue", "rte")
    code = (
        "import json, sys; from gonerd_baselines.tasks.catalogue import open_task\n"
        "task = open_task('glue/rte')\n"
        "print(json.dumps([task.record(), len(task.data.train.rows)]))\n"
        "assert 'datasets' not in sys.modules"
    )
    with hub_on_loopback() as hub:
        repository = Repository(private=False)
        files = {
            f"rte/{path.name}": StoredFile(path.read_bytes(), large=True)
            for path in (folder / "rte").iterdir()
        }
        commit = repository.commit(MAIN, files, "all of it")
        hub.repositories["nyu-mll/glue"] = repository
        for file in files.values():
            hub.objects[file.sha256] = file.content
        done = python_on(hub, tmp_path, code)
    assert done.returncode == 0, done.stderr
    record, rows = json.loads(done.stdout)
    assert (record["hub"], record["revision"], rows) == ("nyu-mll/glue", commit.sha, 12)


@pytest.mark.parametrize("ending", [".xz", ".gz"])
def test_compressed_files_with_other_line_ends_are_read(ending: str, tmp_path: Path) -> None:
    folder = write_original(tmp_path / "a", "mrpc")
    wanted = rows_of(opened("mrpc", folder))
    for path in (folder / "MRPC").iterdir():
        data = b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n")
        pack = lzma.compress if ending == ".xz" else gzip.compress
        path.with_name(path.name + ending).write_bytes(pack(data))
        path.unlink()
    assert rows_of(opened("mrpc", folder)) == wanted


def test_a_split_off_part_of_the_training_data_is_joined_again(tmp_path: Path) -> None:
    folder = write_original(tmp_path / "a", "rte") / "RTE"
    whole = rows_of(opened("rte", folder))
    lines = (folder / "train.tsv").read_text().splitlines(keepends=True)
    (folder / "train.tsv").write_text("".join(lines[:9]))
    for rest in (lines[9:], [lines[0], *lines[9:]]):
        (folder / "val.tsv").write_text("".join(rest))
        assert rows_of(opened("rte", folder)) == whole


def test_broken_lines_of_qqp_are_left_out_and_counted(tmp_path: Path) -> None:
    folder = write_original(tmp_path / "a", "qqp")
    path = folder / "QQP" / "train.tsv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:5], "77\t1\t2\tWhy is\n", *lines[5:]]))
    task = opened("qqp", folder)
    assert len(task.data.train.rows) == 12
    assert task.record()["splits"]["train"]["left_out"] == 1


def test_a_labelled_test_file_of_sst2_is_the_validation_split_if_it_has_its_rows(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "SST-2"
    folder.mkdir()
    validation = "d\t0\n" * 872
    for name, rows in {"train": "a\t1\nb\t0\n", "dev": "c\t1\n", "test": validation}.items():
        (folder / f"{name}.tsv").write_text(f"sentence\tlabel\n{rows}")
    assert rows_of(opened("sst-2", tmp_path)) == {
        "train": [(("a",), 1), (("b",), 0), (("c",), 1)],
        "validation": [(("d",), 0)] * 872,
    }
    for test in ("index\tsentence\n0\td\n", f"sentence\tlabel\n{validation}e\t1\n"):
        (folder / "test.tsv").write_text(test)
        assert rows_of(opened("sst-2", tmp_path)) == {
            "train": [(("a",), 1), (("b",), 0)],
            "validation": [(("c",), 1)],
        }


def broken(name: str, change: Callable[[list[str]], list[str]]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        write_original(folder, name)
        path = folder / GLUE_LAYOUTS[name].folder / "train.tsv"
        path.write_text("".join(f"{line}\n" for line in change(path.read_text().splitlines())))
        return folder

    return make


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        (
            "rte",
            lambda lines: [*lines[:3], "7\tno label"],
            "RTE/train.tsv:4: 2 columns, expected 4 (index, sentence1, sentence2, label)",
        ),
        (
            "cola",
            lambda lines: ["gj04\t2\t\tIt rains ."],
            "CoLA/train.tsv:1: the label is '2', expected 0 or 1",
        ),
        (
            "mnli",
            lambda lines: [lines[0], lines[1].replace("entailment", "-")],
            "MNLI/train.tsv:2: the label is '-', expected entailment or neutral or contradiction",
        ),
        (
            "qnli",
            lambda lines: lines[1:],
            "QNLI/train.tsv:1: the header has no column 'question'; found x0, It rained ., ",
        ),
        ("wnli", lambda lines: lines[:1], "WNLI/train.tsv: no row to read"),
        (
            "sts-b",
            lambda lines: [lines[0], lines[1].replace("0.000", "5.1")],
            "STS-B/train.tsv:2: the score is '5.1', expected a number from 0 to 5",
        ),
        (
            "sts-b",
            lambda lines: [lines[0], lines[1].replace("0.000", "nan")],
            "STS-B/train.tsv:2: the score is 'nan', expected a number from 0 to 5",
        ),
    ],
)
def test_a_broken_line_is_named(name: str, change: Any, said: str, tmp_path: Path) -> None:
    folder = broken(name, change)(tmp_path / "a")
    with pytest.raises(InputError) as problem:
        opened(name, folder)
    assert said in str(problem.value)
    assert "\n" not in str(problem.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    def message(name: str, data: Path | str) -> str:
        with pytest.raises(InputError) as problem:
            opened(name, data)
        return str(problem.value)

    (tmp_path / "empty").mkdir()
    assert "empty has no RTE/train.tsv, which glue/rte reads" in message("rte", tmp_path / "empty")
    assert "nowhere is no folder; glue/rte reads RTE/train.tsv" in message("rte", "nowhere")
    folder = write_original(tmp_path / "a", "mnli")
    (folder / "MNLI" / "dev_mismatched.tsv").unlink()
    assert "MNLI has no dev_mismatched.tsv (nor .xz, .gz, .zst)" in message("mnli", folder)
    folder = write_copy(tmp_path / "b", "mrpc")
    (folder / "mrpc" / "validation-00000-of-00001.parquet").write_bytes(b"PAR1")
    assert "is no Parquet file that can be read" in message("mrpc", folder)
    (folder / "mrpc" / "validation-00000-of-00001.parquet").unlink()
    assert "mrpc has no validation-*.parquet with labels" in message("mrpc", folder)


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        (
            "cola",
            '{"sentence": "a", "label": 2}',
            "row 0: the label is 2, expected a class from 0 to 1",
        ),
        ("cola", '{"sentence": "a", "label": true}', "the label is True, expected a class"),
        ("cola", '{"text": "a", "label": 1}', "row 0 has no column 'sentence'; found text, label"),
        ("cola", '{"sentence": 3, "label": 1}', "row 0: sentence are not all texts"),
        ("cola", '{"sentence"', "train.jsonl:1: not JSON"),
        ("cola", "[]", "train.jsonl:1: no JSON object"),
        (
            "sts-b",
            '{"sentence1": "a", "sentence2": "b", "label": "4"}',
            "row 0: the score is '4', expected a number from 0 to 5",
        ),
    ],
)
def test_a_broken_row_of_a_copy_is_named(name: str, line: str, said: str, tmp_path: Path) -> None:
    folder = write_copy(tmp_path / "a", name, jsonl=True)
    (folder / GLUE_LAYOUTS[name].config / "train.jsonl").write_text(f"{line}\n")
    with pytest.raises(InputError) as problem:
        opened(name, folder)
    assert said in str(problem.value)


@needs(BENCHMARKS)
@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("cola", {"train": 8551, "validation": 1043}),
        ("rte", {"train": 2490, "validation": 277}),
        ("sst-2", {"train": 67349, "validation": 872}),
        ("sts-b", {"train": 5749, "validation": 1500, "test": 1379}),
        ("wnli", {"train": 635, "validation": 71}),
    ],
)
def test_real_data_has_the_sizes_of_glue(name: str, sizes: dict[str, int]) -> None:
    found = opened(name, BENCHMARKS).record()["splits"]
    assert {split: facts["rows"] for split, facts in found.items()} == sizes


@pytest.mark.parametrize("name", NAMES)
def test_scores_are_those_of_scikit_learn_and_scipy(name: str, tmp_path: Path) -> None:
    folder = write_original(tmp_path / "a", name, rows=80)
    start = checkpoint_folder(tmp_path / "m", FULL[3], WORDS)
    task = opened(name, folder)
    encoded = task.encoded(reader_of(from_pretrained(start)))
    right = [row.label for row in task.data.held_out["validation"].rows]
    chance = np.random.default_rng(7)
    layout = task.layout
    logits = chance.normal(size=(40, len(layout.labels))).astype("f4")
    if not layout.is_regression:  # half of them right
        logits[range(0, 40, 2), np.asarray(right, int)[::2]] += 5
    found = encoded.evaluate("validation", logits)
    guessed = logits[:, 0].round(1) if layout.is_regression else logits.argmax(1)
    found_again = encoded.evaluate("validation", logits.round(1)) if layout.is_regression else found
    wanted = {
        "accuracy": lambda: accuracy_score(right, guessed),
        "f1": lambda: f1_score(right, guessed),
        "matthews": lambda: matthews_corrcoef(right, guessed),
        "pearson": lambda: pearsonr(right, guessed).statistic,
        "spearman": lambda: spearmanr(right, guessed).statistic,
    }
    numbers = {key: wanted[key]() for key in layout.numbers}
    assert {key: found_again.metrics[key] for key in numbers} == pytest.approx(numbers)
    if len(numbers) == 2:
        assert task.metric == "mean"
        assert found_again.metrics["mean"] == pytest.approx(sum(numbers.values()) / 2)
    else:
        assert task.metric in numbers
    first = found.predictions[0]
    gold = right[0] if layout.is_regression else layout.labels[int(right[0])]
    assert first["id"] == 0
    assert first["gold"] == pytest.approx(gold) if layout.is_regression else gold


def test_a_model_that_says_the_same_of_all_has_no_correlation(tmp_path: Path) -> None:
    start = checkpoint_folder(tmp_path / "m", FULL[0], WORDS)
    for name, key in (("cola", "matthews"), ("sts-b", "spearman"), ("mrpc", "f1")):
        task = opened(name, write_original(tmp_path / "a", name))
        encoded = task.encoded(reader_of(from_pretrained(start)))
        logits = np.tile(np.array([[1.0, 0.0]], "f4")[:, : len(task.labels)], (6, 1))
        assert encoded.evaluate("validation", logits).metrics[key] == 0.0


@pytest.mark.parametrize("row", ["LSG", "LSG's student", "Longformer", "XLM-R"])
def test_both_averages_are_those_of_the_papers_table(row: str) -> None:
    table = next(table for table in SCORE_TABLES if table.name == "table3")
    numbers = {
        task: [float(cell) / 100 for cell in table.text(row, task).split("/")] for task in GLUE
    }
    found = glue_averages(numbers)
    for key, wanted in (("by_number", by_number(table, row)), ("by_task", by_task(table, row))):
        assert float(wanted.low) <= 100 * found[key] <= float(wanted.high)
    if row == "LSG":  # the one row that is printed by task
        assert (round(100 * found["by_task"], 1), round(100 * found["by_number"], 1)) == (
            84.2,
            85.8,
        )


def test_an_average_over_fewer_tasks_is_refused() -> None:
    numbers = dict.fromkeys(GLUE, (0.5,))
    assert glue_averages(numbers) == {"by_number": 0.5, "by_task": 0.5}
    del numbers["RTE"]
    with pytest.raises(InputError, match="average is over eight tasks; RTE is missing"):
        glue_averages(numbers)


def test_a_record_gives_the_numbers_that_papers_print() -> None:
    def record(task: str, **metrics: Any) -> dict[str, Any]:
        return {"task": task, "metrics": metrics}

    two = {"accuracy": 0.7, "f1": 0.8, "mean": 0.75}
    assert glue_numbers(record("glue/mrpc", validation=two)) == (0.7, 0.8)
    sides = {"validation": {"accuracy": 0.8}, "validation_mismatched": {"accuracy": 0.9}}
    assert glue_numbers(record("glue/mnli", **sides)) == (0.8, 0.9)
    scores = {"pearson": 0.5, "spearman": 0.6, "mean": 0.55}
    both = {"validation": scores, "test": dict.fromkeys(scores, 0.0)}
    assert glue_numbers(record("glue/sts-b", **both)) == (0.5, 0.6)
    with pytest.raises(InputError, match="a record of 'squad' has no numbers of GLUE"):
        glue_numbers(record("squad"))


def test_the_recipe_that_ships_fits_its_sections() -> None:
    recipe = read_recipe("finetune", own_recipe("glue/rte"), FINETUNE_SECTIONS)
    assert recipe["task"].step_examples == 32
    assert recipe["training"].patience == 3


@pytest.mark.parametrize("name", ["mrpc", "sts-b"])
def test_pairs_that_repeat_each_other_are_learned(name: str, tmp_path: Path) -> None:
    """A regression and classes with two numbers: the second text tells the label."""
    chance = random.Random(3)
    words = ("good", "bad")
    layout = GLUE_LAYOUTS[name]
    folder = tmp_path / "data" / layout.config
    folder.mkdir(parents=True)
    for split, count in (("train", 256), ("validation", 40)):
        rows = []
        for _ in range(count):
            label = chance.randrange(2)
            score = 4.0 * label + 0.5 * chance.random() if layout.is_regression else label
            texts = (f"{chance.choice(('it', 'he'))} came", f"it was {words[label]} today")
            rows.append(dict(zip(layout.hub_texts, texts, strict=True)) | {"label": score})
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    texts = [f"it he came was good bad today {word}" for word in words] * 3
    start = checkpoint_folder(tmp_path / "m", FULL[3], texts, learnable=True, initializer_range=0.1)
    training = TrainingConfig(epochs=4, learning_rate=5e-3, batch_tokens=1024)
    task = opened(name, tmp_path / "data")
    record = finetune_task(
        task,
        str(start),
        tmp_path / "out",
        recipe={"training": training, "task": TaskOptions(step_examples=32)},
    )
    assert record["metrics"]["validation"]["mean"] > 0.85
    assert glue_numbers(read_json(tmp_path / "out" / "finetune.json"))[0] > 0.9
