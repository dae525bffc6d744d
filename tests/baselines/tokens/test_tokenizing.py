import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from gonerd.cli.main import run
from gonerd.errors import ConfigError, InputError, OutputError
from gonerd_baselines.tokens.texts import text_sources
from gonerd_baselines.tokens.token_files import TokenFiles
from gonerd_baselines.tokens.tokenizing import _Reading, tokenize_texts
from tests.baselines.tokens.sources import train, words, write_lines

TEXTS = [*words(1, 150), "", *words(2, 3, longest=400), "   "]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokens")
    train(folder)
    write_lines(folder / "texts.jsonl", TEXTS)
    return folder


def made(place: Path, out: Path, **options: object) -> TokenFiles:
    settings = {"tokenizer": str(place / "tokenizer"), "chunk": 3000, **options}
    tokenize_texts([place / "texts.jsonl"], out, **settings)  # type: ignore[arg-type]
    return TokenFiles(out)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_documents_are_those_of_transformers(place: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    theirs = AutoTokenizer.from_pretrained(str(place / "tokenizer"))
    files = made(place, tmp_path / "out", shard=2000)
    expected = [theirs(text)["input_ids"] for text in TEXTS if text]
    assert [files.document(n).tolist() for n in range(len(files))] == expected
    assert files.lengths.tolist() == [len(ids) for ids in expected]
    assert {files.piece(n) for n in range(len(files))} == {"whole"}
    assert sum(name.startswith("tokens-") for name in files.manifest.files) > 2
    assert files.manifest.special["<mask>"] == theirs.mask_token_id
    record = files.manifest.record
    assert (record["texts_empty"], record["texts_cut"], record["texts"]) == (1, 0, len(TEXTS) - 1)
    assert record["inputs"][0]["texts"] == len(TEXTS)
    files.verify()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_long_texts_are_cut_into_pieces_that_say_so(place: Path, tmp_path: Path) -> None:
    whole = made(place, tmp_path / "whole")
    files = made(place, tmp_path / "cut", max_len=64)
    joined: list[list[int]] = []
    for number in range(len(files)):
        ids = files.document(number).tolist()
        assert len(ids) <= 64
        assert (ids[0], ids[-1]) == (0, 2)
        piece = files.piece(number)
        if piece in ("whole", "first"):
            joined.append([])
        if piece in ("first", "middle"):
            assert len(ids) == 64
        joined[-1] += ids[1:-1]
    assert joined == [whole.document(n).tolist()[1:-1] for n in range(len(whole))]
    assert files.manifest.record["texts_cut"] == int((whole.lengths > 64).sum()) > 3


def test_two_processes_write_the_bytes_of_one(place: Path, tmp_path: Path) -> None:
    one = made(place, tmp_path / "one", max_len=100)
    two = made(place, tmp_path / "two", max_len=100, processes=2)
    assert contents(one.folder) == contents(two.folder)


def piped(place: Path, out: Path, *, processes: int) -> subprocess.Popen[str]:
    """A run that reads JSON Lines from this process."""
    code = (
        "import sys; from pathlib import Path; "
        "from gonerd_baselines.tokens.tokenizing import tokenize_texts\n"
        "if __name__ == '__main__': tokenize_texts(['-'], Path(sys.argv[1]), tokenizer=sys.argv[2], "
        "processes=int(sys.argv[3]), chunk=3000)"
    )
    arguments = [str(out), str(place / "tokenizer"), str(processes)]
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def half_done(place: Path, out: Path) -> tuple[subprocess.Popen[str], list[int]]:
    """A run of two processes that waits for the rest of its texts, and the ids of the two."""
    lines = (place / "texts.jsonl").read_text().splitlines(keepends=True)
    running = piped(place, out, processes=2)
    assert running.stdin is not None
    running.stdin.write("".join(lines[:110]))
    running.stdin.flush()
    limit = time.monotonic() + 60
    while len(list(out.with_name(f"{out.name}.work").glob("*.chunk"))) < 3:
        assert time.monotonic() < limit
        assert running.poll() is None
        time.sleep(0.02)
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
    spawned = [c for c in children if b"spawn_main" in Path(f"/proc/{c}/cmdline").read_bytes()]
    return running, [int(child) for child in spawned]


def is_alive(process: int) -> bool:
    status = Path(f"/proc/{process}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_run_that_was_killed_goes_on_and_ends_with_the_same_bytes(
    place: Path, tmp_path: Path
) -> None:
    lines = (place / "texts.jsonl").read_text().splitlines(keepends=True)
    out, work = tmp_path / "out", tmp_path / "out.work"
    killed, processes = half_done(place, out)
    with pytest.raises(OutputError, match=r"another run works in .*out\.work"):
        made(place, out)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert len(processes) == 2
    limit = time.monotonic() + 20
    while any(map(is_alive, processes)):
        assert time.monotonic() < limit, "its processes outlive it"
        time.sleep(0.02)
    kept = sorted(path.name for path in work.glob("*.chunk"))
    assert not out.exists()
    (work / "00000009.chunk.1.partial").write_bytes(b"half")
    (work / "whole.1.partial").mkdir()
    damaged = bytearray((work / kept[1]).read_bytes())
    damaged[-1] ^= 1
    (work / kept[1]).write_bytes(damaged)

    left = _Reading(text_sources([place / "texts.jsonl"]), "block", 3000, work)
    names = [task.path.name for task in left.tasks()]
    assert left.chunks == len(names) + len(kept) - 1
    assert kept[1] in names
    assert not {kept[0], *kept[2:]} & {*names}

    for folder in (out, tmp_path / "whole"):
        again = piped(place, folder, processes=1)
        again.communicate("".join(lines))
        assert again.returncode == 0
    assert contents(out) == contents(tmp_path / "whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "whole"]


def test_a_process_that_is_lost_is_told_and_the_next_run_goes_on(
    place: Path, tmp_path: Path
) -> None:
    running, processes = half_done(place, tmp_path / "out")
    for process in processes:
        os.kill(process, signal.SIGKILL)
    lines = (place / "texts.jsonl").read_text().splitlines(keepends=True)
    said = running.communicate("".join(lines[110:]))[1]
    assert running.returncode == 1
    assert "OutputError: a process that tokenized was lost" in said
    assert list((tmp_path / "out.work").glob("*.chunk"))
    made(place, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_work_of_other_settings_is_told_and_begun_anew_by_force(
    place: Path, tmp_path: Path
) -> None:
    (tmp_path / "out.work").mkdir()
    other = {"format": 1, "unit": "line", "max_len": 7}
    (tmp_path / "out.work" / "plan.json").write_text(json.dumps(other))
    with pytest.raises(
        ConfigError, match=r"out\.work was begun with another .*max_len.*unit.*--force"
    ):
        made(place, tmp_path / "out")
    files = made(place, tmp_path / "out", overwrite=True)
    assert len(files) == len(TEXTS) - 1


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "no text to tokenize"), ("{}\n", "t.jsonl:1: found no 'text'"), (None, "does not exist")],
)
def test_texts_that_are_none_are_told_and_leave_nothing(
    place: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], content: str | None, said: str
) -> None:
    source = tmp_path / "t.jsonl"
    if content is not None:
        source.write_text(content)
    tokenizer = str(place / "tokenizer")
    out = str(tmp_path / "out")
    assert run(["tokenize", str(source), "--tokenizer", tokenizer, "--out", out]) == 1
    message = capfd.readouterr().err
    assert said in message
    assert message.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == (
        ["t.jsonl"] if content is not None else []
    )


def test_a_finished_folder_is_kept_unless_forced(place: Path, tmp_path: Path) -> None:
    before = contents(made(place, tmp_path / "out").folder)
    source, tokenizer = str(place / "texts.jsonl"), str(place / "tokenizer")
    arguments = ["tokenize", source, "--tokenizer", tokenizer, "--out", str(tmp_path / "out")]
    assert run(arguments) == 1
    assert contents(tmp_path / "out") == before
    assert run([*arguments, "--force"]) == 0


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda f: (f / "manifest.json").unlink(), "holds no tokens: it has no manifest.json"),
        (lambda f: (f / "manifest.json").write_text('{"format": 9}'), "found format 9, expected 1"),
        (
            lambda f: (f / "manifest.json").write_text('{"format": 1}'),
            "damaged: KeyError at 'documents'",
        ),
        (lambda f: (f / "tokens-00000.bin").write_bytes(b"12"), "has 2 bytes, the manifest says"),
        (lambda f: (f / "offsets.bin").unlink(), "offsets.bin is missing"),
    ],
)
def test_a_damaged_folder_is_told_in_one_sentence(
    place: Path, tmp_path: Path, damage: object, said: str
) -> None:
    made(place, tmp_path / "out")
    damage(tmp_path / "out")  # type: ignore[operator]
    with pytest.raises(InputError, match=re.escape(said)) as problem:
        TokenFiles(tmp_path / "out")
    assert "\n" not in str(problem.value)


def test_a_flipped_bit_is_found_by_verify_and_another_tokenizer_is_refused(
    place: Path, tmp_path: Path
) -> None:
    files = made(place, tmp_path / "out")
    assert len(TokenFiles(files.folder, tokenizer=place / "tokenizer")) == len(files)
    with pytest.raises(InputError, match=r"was tokenized by .*, not by newsroom"):
        TokenFiles(files.folder, tokenizer="newsroom")
    path = tmp_path / "out" / "tokens-00000.bin"
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"tokens-00000\.bin is damaged"):
        TokenFiles(files.folder).verify()


def test_memory_is_flat_without_datasets_spacy_or_torch(place: Path, tmp_path: Path) -> None:
    code = (
        "import sys, resource; from pathlib import Path; from gonerd.cli.main import run\n"
        "for name in ('datasets', 'spacy', 'torch', 'transformers'): sys.modules[name] = None\n"
        "assert run(sys.argv[1:]) == 0\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    text = " ".join(words(4, 40))
    peaks = []
    for size in (1_500_000, 7_500_000):
        source = tmp_path / f"{size}.txt"
        source.write_text(f"{text}\n\n" * (size // len(text)))
        out = tmp_path / f"out-{size}"
        arguments = [str(source), "--tokenizer", str(place / "tokenizer"), "--out", str(out)]
        done = subprocess.run(
            [sys.executable, "-c", code, "tokenize", *arguments],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        peaks.append(int(done.stdout.split()[-1]))
    assert peaks[1] - peaks[0] < 40  # MB; five chunks more


def test_ids_beyond_two_bytes_take_four(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    entries = {f"w{n}": n for n in range(70_000)}
    tokenizer = Tokenizer(models.WordLevel(entries, unk_token="w0"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "words.json"))
    (tmp_path / "t.txt").write_text("w69999 w1\n")
    tokenize_texts([tmp_path / "t.txt"], tmp_path / "out", tokenizer=str(tmp_path / "words.json"))
    files = TokenFiles(tmp_path / "out")
    assert files.manifest.type == "<u4"
    assert files.document(0).dtype == np.dtype("<u4")
    assert files.document(0).tolist() == [69999, 1]
    shutil.rmtree(tmp_path / "out")
