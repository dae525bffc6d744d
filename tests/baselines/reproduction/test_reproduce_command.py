"""`gonerd reproduce` as it is typed: planned, run, killed, gone on with, told what is wrong."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest

from gonerd.cli.main import run
from gonerd_baselines.reproduction.measuring import scores_of_step
from gonerd_baselines.reproduction.places import Places
from gonerd_baselines.reproduction.reproducing import plan_reproduction
from tests.places import ROOT

SMALLER = (
    "--set", 'attentions=["longformer"]', "--set", "beyond=false", "--set", "finetuning.steps=12",
    "--set", "finetuning.evaluate_steps=12", "--set", "pretraining.tokens=8000",
    "--set", "distillation.tokens=4000", "--set", "continuation.tokens=2000", "--set", "articles=20",
)  # fmt: skip


@dataclass(frozen=True)
class Typed:
    exit_code: int
    stdout: str
    stderr: str


def typed(*words: str) -> Typed:
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        status = run(["reproduce", *words])
    return Typed(status, out.getvalue(), err.getvalue())


def events(folder: Path, event: str) -> list[str]:
    lines = [json.loads(line) for line in Places(folder).log.read_text().splitlines()]
    return [line["step"] for line in lines if line["event"] == event]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Table 6 of one attention, killed in the first fine-tuning, then ended by the same command."""
    out = tmp_path_factory.mktemp("reproduction") / "out"
    command = ["table6", *SMALLER, "--out", str(out)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "gonerd", "reproduce", *command],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    log = Places(out).log
    ends = time.monotonic() + 300
    while not (log.exists() and "finetune-" in log.read_text()):
        assert process.poll() is None
        assert time.monotonic() < ends
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (Places(out).tables / "table6").exists()
    done = typed(*command)
    assert done.exit_code == 0, done.stderr
    assert "Longformer's student" in done.stdout
    return out


def test_a_killed_run_goes_on_where_it_was(folder: Path) -> None:
    begun = events(folder, "begin")
    assert len(begun) == len(set(begun))
    assert events(folder, "goes on") == ["finetune-gonerd-longformer-s0"]
    assert events(folder, "done") == begun


def test_the_table_lies_in_four_forms(folder: Path) -> None:
    table = Places(folder).tables / "table6"
    assert {path.suffix for path in table.iterdir()} == {".json", ".txt", ".tex", ".png", ".svg"}
    record = json.loads((table / "table6.json").read_text())
    student = record["rows"][1]["cells"]["gonerd:ALL"]
    assert 0 <= student["ours"]["value"] <= 1
    assert student["ours"]["over"] == "documents"
    assert student["paper"]["text"] == "67.7"
    assert record["scale"]["from_scratch"] is True
    assert record["data"] == {"sample newsroom": "sample"}
    assert str(folder) not in json.dumps(record)


def test_documents_are_counted_as_the_training_counted_them(folder: Path) -> None:
    """The training has no counts of single documents; their sums have to be its own numbers."""
    plan = plan_reproduction(["table6"], scale="tiny", settings=SMALLER[1::2]).plan
    for name in ("finetune-gonerd-longformer-s0", "finetune-gonerd-longformer.paper-s0"):
        scores = scores_of_step(plan[name], Places(folder))
        assert len(scores.units) == 25
        assert scores.split == "test"
        for metric, counts in scores.counts.items():
            part, whole = counts.sum(axis=0)
            assert (part / whole if whole else 0) == pytest.approx(scores.values[metric])


def test_what_is_done_is_kept_and_all_tables_share_it(folder: Path) -> None:
    found = typed("table6", "table7", *SMALLER, "--out", str(folder), "--json")
    assert found.exit_code == 0, found.stderr
    told = json.loads(found.stdout)
    assert told["kept"] == events(folder, "begin")
    assert {Path(path).stem for path in told["written"]} == {"table6", "table7"}


def test_a_table_is_written_with_what_there_is(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(folder, out)
    shutil.rmtree(Places(out).step("finetune-gonerd-longformer.paper-s0"))
    found = typed("table6", *SMALLER, "--stop-after", "0", "--out", str(out))
    assert found.exit_code == 0, found.stderr
    assert "Longformer's student  not run" in found.stdout
    assert "failed" not in found.stdout
    assert "1 left for the same command" in found.stderr


def test_another_setting_is_refused_by_name(folder: Path) -> None:
    found = typed("table6", *SMALLER, "--set", "distillation.tokens=5000", "--out", str(folder))
    assert found.exit_code == 1
    assert "distill-longformer.paper was made with other settings (set)" in found.stderr


def test_a_plan_says_every_step_and_its_command_line(tmp_path: Path) -> None:
    found = typed("all", "--scale", "tiny", "--plan", "--out", str(tmp_path / "out"))
    assert found.exit_code == 0
    for words in (
        "gonerd tokenizer train",
        "gonerd pretrain --tokens",
        "gonerd convert --from",
        "gonerd distill --teacher",
        "gonerd finetune --task ner",
        "gonerd bench --rows=bert-tiny,tinybert-4-4096",
        "table5 is left out: no data",
    ):
        assert words in found.stdout
    assert not (tmp_path / "out").exists()


def test_the_papers_own_scale_is_checked_without_running() -> None:
    found = typed("all", "--scale", "paper", "--plan", "--json")
    assert found.exit_code == 0, found.stderr
    plan = json.loads(found.stdout)
    places = {place for step in plan["steps"] for each in step["data"].values() for place in each}
    assert {"allenai/longformer-base-4096", "giant-oak/gonerd", "nyu-mll/glue"} <= places
    assert plan["seconds"] > 1e6


def test_only_what_reads_texts_is_run_where_that_is_asked(tmp_path: Path) -> None:
    found = typed("table6", *SMALLER, "--prepare-only", "--out", str(tmp_path / "out"), "--json")
    assert found.exit_code == 0, found.stderr
    names = {path.name for path in (tmp_path / "out" / "steps").iterdir()}
    assert names == {
        "newsroom", "tokenizer", "tokens-128-newsroom", "tokens-512-newsroom+sample",
        "prepare-gonerd",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "expected a table to make, table6 for example, or --check-paper"),
        (["table6", "--check-paper"], "--check-paper runs nothing"),
        (["table6", "--scale", "large"], "scale 'large' is unknown; expected one of tiny"),
        (["table6", "--texts", "web"], "--texts 'web': expected NAME=PLACE"),
        (["table6", "--texts", "web=x"], "--texts web: expected one of sample"),
        (["table6", "--data", "conll=x"], "--data conll: expected one of gonerd"),
        (["table3"], "table3 at scale tiny: no data for any of its tasks; name some with --data"),
        (
            ["table6", "--scale", "small", "--data", "gonerd=x"],
            "has no texts 'web'; name them with",
        ),
        (["table6", "--set", "beyond"], "--set 'beyond': expected key=value"),
        (["table6", "--set", "beyond=3"], "beyond is 3, expected true or false"),
        (["table6", "--set", "shapes.x=3"], "the scale has no table 'shapes' of settings"),
        (["table6", "--set", "shape={}"], "expected one of its keys, as shape.layers=2"),
        (["table6", "--set", "short=0"], "short is 0, expected 1 or more"),
        (["table6", "--set", "articles=-3"], "articles is -3, expected 0 or more"),
        (["table6", "--set", "operations_a_second=0"], "is 0, expected more than 0"),
        (
            ["table6", "--set", "distillation.tokens=few"],
            "tokens is 'few', expected a whole number",
        ),
        (["table6", "--set", "tokenizer.vocab_size=few"], "vocab_size is 'few', expected a whole"),
        (
            ["table6", "--set", "tokenizer.size=3"],
            "step tokenizer: 'size' is unknown; expected min",
        ),
        (["table2", "--set", "bench.lengths=3"], "bench.lengths is 3, expected a list"),
        (
            ["table6", "--set", "pretraining.learning_rat=3"],
            "scale tiny, step pretrain-full: --set learning_rat=3: 'learning_rat' is unknown",
        ),
    ],
)
def test_what_makes_no_sense_is_one_sentence(words: list[str], said: str) -> None:
    found = typed(*words)
    assert found.exit_code == 2
    assert said in found.stderr


def test_a_scale_of_ones_own_is_read_strictly(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    scales = ROOT / "baselines" / "gonerd_baselines" / "reproduction" / "scales"
    text = (scales / "tiny.toml").read_text()
    own.write_text(text)
    assert typed("table6", "--scale", str(own), "--plan").exit_code == 0
    for change, said in (
        (text.replace("layers = 2", "layer = 2", 1), "lacks layers"),
        (text.replace("short = 128", "shortest = 128"), "lacks short"),
        (text.replace('studied = "longformer"', 'studied = "linear"'), "studied is 'linear'"),
        (text.replace('roles = ["sample"]', 'roles = ["other"]'), "there are no texts 'other'"),
        (text.replace("[shape]", "[shape"), "is no TOML"),
    ):
        own.write_text(change)
        found = typed("table6", "--scale", str(own), "--plan")
        assert found.exit_code == 2
        assert said in found.stderr


def test_tables_of_cost_are_parts_of_one_benchmark(tmp_path: Path) -> None:
    once = ("--set", 'bench.implementations=["ours"]', "--set", "bench.lengths=[64]")
    command = ("table2", "table4", *once, "--out", str(tmp_path / "out"))
    found = typed(*command)
    assert found.exit_code == 0, found.stderr
    assert events(tmp_path / "out", "done") == ["bench"]
    tables = Places(tmp_path / "out").tables
    assert "Beside the paper" not in (tables / "table4" / "table4.txt").read_text()

    # As if it had been told a second length: each cell takes a process of its own.
    path = Places(tmp_path / "out").out("bench") / "bench.json"
    bench = json.loads(path.read_text())
    bench["configuration"]["lengths"] = [64, 128]
    bench["cells"] += [{**cell, "length": 128} for cell in bench["cells"]]
    path.write_text(json.dumps(bench))
    assert typed(*command).exit_code == 0
    two, four = (json.loads((tables / n / f"{n}.json").read_text()) for n in ("table2", "table4"))
    assert {cell["row"] for cell in two["bench"]["cells"]} == {"bert-tiny"}
    assert {(cell["row"], cell["length"]) for cell in four["bench"]["cells"]} == {
        ("tinybert-4-4096", 128)
    }
    assert (tables / "table2" / "token-float32.png").exists()
