"""Real launches: two processes of torchrun share a run."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gonerd.adapters import AdapterOptions, adapter_from_spec
from gonerd.cli.main import run
from gonerd.errors import ConfigError, OutputError
from gonerd.evaluation import evaluate_model
from gonerd.evaluation.processes import Processes
from gonerd.files import read_json
from gonerd.records import write_documents
from tests.baselines.tagger.corpus import documents
from tests.baselines.tagger.test_finetune import arguments

PREDICTIONS = "predictions.jsonl.zst"


def launched(*words: str) -> subprocess.CompletedProcess[str]:
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    return subprocess.run(
        [sys.executable, *launcher, "-m", "gonerd.cli.main", *words],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
    )


def require_same(one: Path, two: Path) -> None:
    assert (one / PREDICTIONS).read_bytes() == (two / PREDICTIONS).read_bytes()
    first, second = (read_json(folder / "result.json") for folder in (one, two))
    for field in ("scores", "coverage", "dataset", "model", "seeds", "config_sha256"):
        assert first[field] == second[field]
    assert (first["policy"]["processes"], second["policy"]["processes"]) == (1, 2)
    assert first["policy"] | {"processes": 2} == second["policy"]


def begin_and_break_off(spec: str, dataset: Path, out: Path) -> None:
    """A run of one process whose disk fills up after five documents."""
    adapter: Any = adapter_from_spec(spec, AdapterOptions())

    class Breaking(type(adapter)):
        def predict(self, documents):
            for number, prediction in enumerate(super().predict(documents)):
                if number == 5:
                    raise OutputError("no space is left")
                yield prediction

    adapter.__class__ = Breaking
    with pytest.raises(OutputError, match="no space is left"):
        evaluate_model(adapter, out, dataset=str(dataset), split="train")


def test_two_processes_end_with_the_files_and_scores_of_one(tmp_path: Path) -> None:
    """A tiny tagger of ours, resumed by two processes where one had begun."""
    write_documents(tmp_path / "documents.jsonl", documents(40, sentences=8))
    data = tmp_path / "built"
    assert run(["build", str(tmp_path / "documents.jsonl"), "--out", str(data)]) == 0
    assert run(arguments(data, tmp_path / "model", "--epochs", "1")) == 0
    words = ["eval", "--model", f"gonerd:{tmp_path / 'model'}", "--dataset", str(data)]
    words += ["--split", "train", "--no-cost", "--out"]
    assert run([*words, str(tmp_path / "one")]) == 0
    begin_and_break_off(f"gonerd:{tmp_path / 'model'}", data, tmp_path / "two")
    done = launched(*words, str(tmp_path / "two"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("written to") == 1
    assert done.stderr.count("going on after 5 documents of 33") == 1
    require_same(tmp_path / "one", tmp_path / "two")
    note = read_json(tmp_path / "two" / "result.json")["efficiency"]["note"]
    assert "resumed 1 time: " in note
    assert "2 processes at the same time" in note
    assert not (tmp_path / "two.unfinished").exists()


def test_what_one_process_can_not_do_ends_all_with_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine").touch()
    done = launched("eval", "--model", "rules", "--dataset", "sample", "--out", f"{tmp_path}/run")
    assert done.returncode != 0
    said = [line for line in done.stderr.splitlines() if line.startswith("gonerd: ")]
    assert f"gonerd: {tmp_path}/run exists already; give another name" in said[0]
    assert done.stderr.count("Traceback") == 1, "the launcher's own"


def test_each_process_takes_every_nth_document_and_its_own_gpu() -> None:
    shares = [list(Processes(rank, 3, rank % 2).share("abcdefg")) for rank in range(3)]
    assert shares == [["a", "d", "g"], ["b", "e"], ["c", "f"]]
    assert Processes(2, 3, local_rank=1).device("cuda") == "cuda:1"
    assert Processes(2, 3, local_rank=1).device("cpu") == "cpu"
    assert Processes(2, 3, local_rank=1).device("cuda:7") == "cuda:7"
    assert Processes().device("cuda") == "cuda"


def test_the_launchers_variables_say_which_process_this_is() -> None:
    found = Processes.of_environment({"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1"})
    assert found == Processes(3, 4, 1)
    assert not found.is_first
    assert Processes.of_environment({}) == Processes() == Processes.of_environment({"RANK": "3"})
    with pytest.raises(ConfigError, match="RANK, WORLD_SIZE and LOCAL_RANK must be whole numbers"):
        Processes.of_environment({"WORLD_SIZE": "two"})
    with pytest.raises(ConfigError, match="RANK is 4 of 4 processes, which makes no sense"):
        Processes.of_environment({"RANK": "4", "WORLD_SIZE": "4"})


def test_a_missing_address_of_the_group_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MASTER_ADDR", "MASTER_PORT", "RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    with (
        pytest.raises(ConfigError, match=r"WORLD_SIZE is 2, but .* expected, but not set"),
        Processes(0, 2).joined(),
    ):
        pass
