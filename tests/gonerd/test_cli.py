"""What a person sees when something is wrong: one sentence, the right exit status, nothing half-written."""

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from gonerd import Document
from gonerd.cli.main import gonerd, run
from gonerd.console import note, print_text
from gonerd.records import write_documents
from gonerd.scoring.confidence import REPLICATES
from tests.gonerd.test_dataset import some_documents

PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1
GONERD = [sys.executable, "-m", "gonerd.cli.main"]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "docs.jsonl"
    write_documents(path, some_documents())
    return path


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """What stands on stderr, which must be one sentence of the command's."""
    error = capsys.readouterr().err
    assert error.startswith("gonerd: ")
    assert error.count("\n") == 1
    return error


def call(*words: str, before: Callable[[], None] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*GONERD, *words], capture_output=True, text=True, preexec_fn=before)


def test_the_whole_way_by_command_line(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["build", str(corpus), "--out", str(tmp_path / "d"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["documents"] == {
        "train": 30,
        "validation": 6,
        "test": 4,
    }
    assert (
        run(
            [
                "eval",
                "--model",
                "rules",
                "--dataset",
                str(tmp_path / "d"),
                "--out",
                str(tmp_path / "r"),
            ]
        )
        == 0
    )
    assert "95% interval" in capsys.readouterr().out
    result = json.loads((tmp_path / "r" / "result.json").read_text())
    assert result["command"][:4] == ["gonerd", "eval", "--model", "rules"]
    files = [str(tmp_path / name) for name in ("gold.conll", "again.jsonl")]
    assert run(["export", str(tmp_path / "d"), "--to", "conll", "--out", files[0]]) == 0
    assert run(["export", files[0], "--to", "documents", "--out", files[1]]) == 0
    capsys.readouterr()
    assert run(["score", files[0], files[0], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["full"]["f1"] == 1.0


def test_a_malformed_line_is_named(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus.write_text(corpus.read_text() + '{"id": \n')
    assert run(["build", str(corpus), "--out", str(tmp_path / "d")]) == 1
    assert "docs.jsonl:41: not JSON at column 8" in said(capsys)
    assert not (tmp_path / "d").exists()


def test_an_empty_corpus_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    assert run(["build", str(tmp_path / "empty.jsonl"), "--out", str(tmp_path / "d")]) == 1
    assert "empty.jsonl holds no documents" in said(capsys)
    assert [path.name for path in tmp_path.iterdir()] == ["empty.jsonl"]


def test_an_unknown_label_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = {"id": "a7", "text": "Ada", "entities": [{"start": 0, "end": 3, "label": "person"}]}
    (tmp_path / "x.jsonl").write_text(json.dumps(record) + "\n")
    assert run(["build", str(tmp_path / "x.jsonl"), "--out", str(tmp_path / "d")]) == 1
    assert (
        "x.jsonl:1: document 'a7': label 'person' of entity [0, 3) is unknown; expected one of LOC"
        in said(capsys)
    )


def test_an_output_that_exists_is_kept(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "mine").write_text("precious")
    assert run(["build", str(corpus), "--out", str(tmp_path / "d")]) == 1
    assert "d exists already; give another name, or --force to replace it" in said(capsys)
    assert (tmp_path / "d" / "mine").read_text() == "precious"


def test_usage_errors_exit_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build"]) == 2
    assert run(["nonsense"]) == 2
    assert "No such command 'nonsense'" in capsys.readouterr().err
    assert run(["eval", "--model", "magic", "--dataset", "sample", "--out", "x"]) == 2
    assert "no adapter is called 'magic'" in said(capsys)


def test_no_permission_is_told_and_leaves_nothing(corpus: Path, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o555)

    def without_override() -> None:  # root may write anywhere unless it gives that up
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)

    done = call("build", str(corpus), "--out", str(locked / "d"), before=without_override)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"gonerd: {locked}/d")
    assert done.stderr.endswith("permission denied\n")
    assert list(locked.iterdir()) == []


def test_too_little_disk_is_told_and_leaves_nothing(corpus: Path, tmp_path: Path) -> None:
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    done = call(
        "export",
        str(corpus),
        "--to",
        "documents",
        "--out",
        str(tmp_path / "x.jsonl"),
        before=small_files,
    )
    assert done.returncode == 1
    assert (
        done.stderr
        == "gonerd: the file would be larger than is allowed here; nothing half-written is left\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["docs.jsonl"]


def test_a_temporary_database_without_room_is_told(tmp_path: Path) -> None:
    names = (f"{n * 7919 % 20_000:05}{'-long-name' * 5}" for n in range(20_000))
    write_documents(tmp_path / "many.jsonl", (Document(id=name, text="x") for name in names))

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    many = str(tmp_path / "many.jsonl")
    done = call("export", many, "--to", "documents", "--out", "-", before=small_files)
    assert done.returncode == 1
    assert done.stderr.startswith("gonerd: a temporary database: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_standard_output_is_told(corpus: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*GONERD, "export", str(corpus), "--to", "documents", "--out", "-"],
            stdout=full, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    assert done.returncode == 1
    assert "no space is left on the disk" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupted_command_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    pipe = tmp_path / "docs.jsonl"
    os.mkfifo(pipe)
    words = ["export", str(pipe), "--format", "documents", "--to", "documents"]
    process = subprocess.Popen(
        [*GONERD, *words, "--out", str(tmp_path / "x")], stderr=subprocess.PIPE, text=True
    )
    with pipe.open("w") as feed:
        feed.write(json.dumps({"id": "1", "text": "x"}) + "\n")
        feed.flush()
        while not list(tmp_path.glob("x.*.partial")):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=20)
    assert process.returncode == 1
    assert error.strip() == "gonerd: interrupted; nothing half-written is left"
    assert [path.name for path in tmp_path.iterdir()] == ["docs.jsonl"]


def test_a_missing_extra_is_named(corpus: Path, tmp_path: Path) -> None:
    """A package is hidden by a file of its name that fails as a missing one would."""
    (tmp_path / "spacy.py").write_text("raise ModuleNotFoundError('', name='torch')")
    done = subprocess.run(
        [*GONERD, "build", str(corpus), "--out", str(tmp_path / "d")],
        env=os.environ | {"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True,
    )  # fmt: skip
    assert (
        done.stderr
        == "gonerd: this command needs torch: install it with pip install 'gonerd[train]'\n"
    )
    assert done.returncode == 1


def test_what_a_message_quotes_can_not_steer_the_terminal(capsys):
    note("from a server: \x1b]0;title\x07\x9b2J\ud800\r\nand so on")
    print_text("one\ttwo\nthree\x1b[2J")
    out, err = capsys.readouterr()
    assert err == "from a server: \\x1b]0;title\\x07\\x9b2J\\ud800\\r\nand so on\n"
    assert out == "one\ttwo\nthree\\x1b[2J\n"


@pytest.mark.parametrize("name", ["eval", "score", "compare"])
def test_the_bootstrap_is_as_long_on_the_command_line_as_in_python(name: str) -> None:
    command = gonerd.get_command(click.Context(gonerd), name)
    assert command is not None
    (option,) = (one for one in command.params if one.name == "replicates")
    assert option.default == REPLICATES


def test_the_policies_offered_are_those_of_the_adapters() -> None:
    from gonerd.adapters.policy import POLICIES

    command = gonerd.get_command(click.Context(gonerd), "eval")
    assert command is not None
    (option,) = (one for one in command.params if one.name == "policy")
    assert isinstance(option.type, click.Choice)
    assert tuple(option.type.choices) == POLICIES
