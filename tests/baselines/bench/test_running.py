from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gonerd.cli.main import gonerd, run
from gonerd.errors import ConfigError, OutputError
from gonerd.files import read_json, write_json
from gonerd_baselines.bench.configuration import Configuration
from gonerd_baselines.bench.rows import rows_named
from gonerd_baselines.bench.running import run_benchmark
from tests.baselines.bench.tiny import tiny

COMMAND = (
    "bench",
    "--rows",
    "bert-tiny",
    "--length",
    "16,24",
    "--impl",
    "transformers,sdpa",
    "--repeat",
    "2",
)


@pytest.fixture(scope="module")
def without_datasets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which neither datasets nor spaCy can be imported, by no process."""
    folder = tmp_path_factory.mktemp("blocked")
    (folder / "sitecustomize.py").write_text(
        "import sys\nsys.modules['datasets'] = None\nsys.modules['spacy'] = None\n",
        encoding="utf-8",
    )
    paths = [str(folder), *(path for path in sys.path if path)]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}


def test_a_killed_benchmark_goes_on_where_it_ended_without_datasets_and_spacy(
    tmp_path: Path, without_datasets: dict[str, str]
) -> None:
    out = tmp_path / "out"
    program = "import sys; from gonerd.cli.main import run; sys.exit(run(sys.argv[1:]))"
    command = [sys.executable, "-c", program, *COMMAND, "--out", str(out)]
    first = subprocess.Popen(command, env=without_datasets, stderr=subprocess.PIPE, text=True)
    assert first.stderr is not None
    said = first.stderr.readline()
    first.send_signal(signal.SIGKILL)
    first.wait()
    first.stderr.close()
    assert said.startswith("[1 of 4] bert-tiny transformers 16 float32 token: "), said
    assert said.rstrip().endswith("left")
    before = read_json(out / "bench.json")
    assert len(before["cells"]) <= 2  # the second computes what the first did, and takes no time
    again = subprocess.run(
        [*command, "--json", "--paper"],
        env=without_datasets,
        capture_output=True,
        text=True,
        check=True,
    )
    result = json.loads(again.stdout)
    assert "[1 of 4]" not in again.stderr
    assert result["cells"][0] == before["cells"][0]
    assert [cell["length"] for cell in result["cells"]] == [16, 16, 24, 24]
    assert [cell.get("same_as") for cell in result["cells"]] == [None, "transformers"] * 2
    assert result["cells"][3]["seconds"] == result["cells"][2]["seconds"]
    assert {cell["status"] for cell in result["cells"]} == {"done"}
    assert result["parameters"] == {"bert-tiny": 4_385_920}
    assert result == read_json(out / "bench.json")
    assert result["peaks"]["float32"]["operations_a_second"] > 1e9
    assert "BERT tiny (2 x 128)" in (out / "bench.txt").read_text(encoding="utf-8")
    assert (out / "token-float32.svg").exists()
    _refuses_another(out)


def _refuses_another(out: Path) -> None:
    """What follows needs a folder with a result; a process for each cell is dear."""
    asked = Configuration(
        rows=rows_named(["bert-tiny"]),
        implementations=("transformers", "sdpa"),
        lengths=(16, 24),
        repeat=5,
    )
    with pytest.raises(OutputError, match="measured with another repeat; give another folder"):
        run_benchmark(asked, out=out)
    result = read_json(out / "bench.json")
    result["machine"]["packages"]["torch"] = "2.0"
    write_json(out / "bench.json", result, overwrite=True)
    asked = Configuration(
        rows=rows_named(["bert-tiny"]),
        implementations=("transformers", "sdpa"),
        lengths=(16, 24),
        repeat=2,
    )
    with pytest.raises(OutputError, match="measured with another torch;"):
        run_benchmark(asked, out=out)


def test_what_can_not_run_is_said_and_no_process_is_started_for_it() -> None:
    asked = Configuration(
        rows=(tiny("lsg"), tiny("albert")),
        implementations=("transformers", "eager", "ours"),
        lengths=(16,),
    )
    rows = {
        task.row.name: task.way.reason for task in asked.tasks() if task.implementation == "ours"
    }
    assert rows["albert"] == "ALBERT base has not the shape of our encoder"
    asked = Configuration(
        rows=(tiny("lsg"),), implementations=("transformers", "eager"), lengths=(16,)
    )
    said: list[str] = []
    result = run_benchmark(asked, note=said.append)
    assert [cell["status"] for cell in result["cells"]] == ["none", "none"]
    assert "no class for LSG" in result["cells"][0]["error"]
    assert (
        "[1 of 2] lsg transformers 16 float32 token: none (transformers 5 has no class" in said[0]
    )


def test_cells_of_a_pattern_that_fails_its_check_are_not_timed(tmp_path: Path) -> None:
    asked = Configuration(
        rows=(tiny("longformer"), tiny("albert")), implementations=("ours",), lengths=(16,)
    )
    result = run_benchmark(asked, out=tmp_path, stop_after=0.0)
    assert result["cells"] == []
    wrong = {"pattern": "longformer", "verdict": "wrong", "said": "forward differs by 5.0e-01"}
    write_json(tmp_path / "bench.json", result | {"checks": [wrong]}, overwrite=True)
    cells = run_benchmark(asked, out=tmp_path, check_first=True)["cells"]
    assert [cell["status"] for cell in cells] == ["error", "none"]
    assert cells[0]["error"] == (
        "not timed, as its attention failed its check: forward differs by 5.0e-01"
    )


def test_a_run_ends_when_its_time_is_up_and_says_what_is_left(tmp_path: Path) -> None:
    rows = (tiny("lsg"), tiny("albert"))
    asked = Configuration(rows=rows, implementations=("transformers", "ours"), lengths=(16,))
    said: list[str] = []
    result = run_benchmark(
        asked, out=tmp_path, stop_after=0.0, command=["gonerd", "bench"], note=said.append
    )
    assert result["cells"] == []
    assert result["command"] == ["gonerd", "bench"]
    assert said == ["time is up; the same command goes on with the 4 cells that are left"]


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    asked = Configuration(rows=rows_named(["bert-tiny"]), lengths=(16,))
    with pytest.raises(OutputError, match="but other files; give another folder"):
        run_benchmark(asked, out=tmp_path)
    with pytest.raises(OutputError, match="is a file, the name of a folder was expected"):
        run_benchmark(asked, out=tmp_path / "thesis.txt")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--rows", "robrta"), "row 'robrta' is unknown; expected one of bert-base, bert-large"),
        (("--rows", "roberta", "--length", "8192"), "no row has positions for so many; expected 512"),
        (("--impl", "jax"), "implementation 'jax' is unknown; expected one of transformers, sdpa"),
        (("--length", "many"), "--length 'many': expected whole numbers with commas between"),
        (("--length", "0"), "--length 0: a document has 1 token or more"),
        (("--dtype", "float8"), "--dtype 'float8' is unknown; expected one of float32, bfloat16"),
        (("--head", "pos"), "--head 'pos' is unknown; expected one of token, mlm"),
        (("--device", "cuda"), "--device cuda: torch sees no CUDA device here; expected cpu"),
        (("--device", "tpu"), "--device 'tpu' is unknown; expected cpu, cuda or cuda:N"),
        (("--attention-backend", "flash"), "--attention-backend 'flash' is unknown; expected one of auto"),
        (("--lengths-from", "none.txt"), "none.txt does not exist"),
        (
            ("--lengths-from", "table-1", "--length", "512,4096"),
            "documents of real lengths are padded to one length, --length names 2",
        ),
        (("--check", "--stop-after", "3"), "--stop-after ends the timing of cells, and --check"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_one_sentence(
    options: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run(["bench", *options])
    assert status == (1 if "none.txt" in message else 2)
    assert message in capsys.readouterr().err


def test_a_check_alone_is_written_and_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: dict[str, Any] = {}
    done = CliRunner().invoke(
        gonerd,
        ["bench", "--check", "--attention-backend", "varlen", "--out", str(tmp_path), "--json"],
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found == read_json(tmp_path / "check.json")
    assert {each["verdict"] for each in found["checks"]} == {"refused"}


def test_every_combination_is_a_cell_and_rows_without_positions_have_none() -> None:
    asked = Configuration(
        rows=rows_named(["roberta", "longformer"]),
        heads=("token", "mlm"),
        dtypes=("float32", "bfloat16"),
    )
    keys = [task.key for task in asked.tasks()]
    assert len(keys) == len(set(keys)) == 2 * 2 * 3 * (1 + 2)
    real = Configuration(rows=rows_named(["longformer"]), lengths=(4096,), real_lengths=(5, 6))
    ways = [(task.implementation, task.arrangement) for task in real.tasks()]
    assert ways == [
        ("transformers", "padded"),
        ("transformers", "sorted"),
        ("sdpa", "padded"),
        ("sdpa", "sorted"),
        ("ours", "packed"),
    ]
    with pytest.raises(ConfigError, match="--memory-limit bounds the address space"):
        Configuration(rows=rows_named(["longformer"]), device="cuda", memory_limit_mib=1000)
    with pytest.raises(ConfigError, match="--length names 2"):
        Configuration(rows=rows_named(["longformer"]), real_lengths=(5, 6))
