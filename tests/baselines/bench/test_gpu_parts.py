from __future__ import annotations

import os
import runpy
import subprocess
import sys
import tarfile
from pathlib import Path

from gonerd.files import read_json
from gonerd_baselines.bench.rows import ROWS, rows_named
from gonerd_baselines.cli.bench import bench

SCRIPT = Path(__file__).parents[3] / "benchmarks/encoder_gpu.py"


def test_every_part_is_a_command_whose_rows_there_are() -> None:
    for name, options in runpy.run_path(str(SCRIPT))["PARTS"].items():
        given = bench.make_context("bench", list(options)).params
        rows = rows_named((given["rows"] or "").split(",") if given["rows"] else ())
        assert len(rows) == (len(given["rows"].split(",")) if given["rows"] else len(ROWS)), name


def test_without_a_gpu_nothing_is_measured(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--out", str(tmp_path / "out")],
        env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "torch sees no GPU here: nothing is measured\n"
    assert not (tmp_path / "out").exists()


def test_an_unknown_part_is_told_before_any_is_run() -> None:
    words = [sys.executable, str(SCRIPT), "--device", "cpu", "--parts", "long,nonsense"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "--parts: 'nonsense' is unknown; expected some of check,long,real" in done.stderr


def test_a_part_that_fails_at_once_does_not_end_the_others(tmp_path: Path) -> None:
    places = ["--out", str(tmp_path / "out"), "--archive", str(tmp_path / "all.tar.gz")]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--device", "nonsense", "--parts", "long,mlm", *places],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    long, mlm = done.stdout.splitlines()[-1].split("; ")
    assert long.startswith("long: status 2 after ")
    assert mlm.startswith("mlm: status 2 after ")


def test_parts_are_run_within_the_time_and_packed(tmp_path: Path) -> None:
    options = ["--device", "cpu", "--parts", "long,mlm", "--minutes", "0.001"]
    places = ["--out", str(tmp_path / "out"), "--archive", str(tmp_path / "all.tar.gz")]
    small = ["--rows", "lsg", "--length", "16", "--impl", "eager", "--dtype", "float32"]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *options, *places, "--", *small],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert "time is up; the same command goes on with the 1 cells that are left" in done.stderr
    last = done.stdout.splitlines()[-1]
    assert last.startswith("long: status 0 after ")
    assert last.endswith("; mlm: not begun")
    with tarfile.open(tmp_path / "all.tar.gz") as archive:
        assert "out/long/bench.json" in archive.getnames()
    command = read_json(tmp_path / "out/long/bench.json")["command"]
    assert command[:3] == ["gonerd", "bench", "--rows"]
    assert command[-2] == "--stop-after"
