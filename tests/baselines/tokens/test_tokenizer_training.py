import gzip
import json
import lzma
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gonerd.cli.main import run
from tests.baselines.tokens.sources import train, words, write_lines

NAMES = ("special_tokens_map.json", "tokenizer.json", "tokenizer_config.json")


def test_plain_transformers_opens_the_folder_and_gives_the_ids_of_tokenizers(
    tmp_path: Path,
) -> None:
    from tokenizers import Tokenizer
    from transformers import AutoTokenizer

    folder = train(tmp_path, special=("<doc>",))
    theirs = AutoTokenizer.from_pretrained(str(folder))
    ours = Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert ours.get_vocab_size() == 400
    special = ("<s>", "<pad>", "</s>", "<unk>", "<doc>", "<mask>")
    assert [theirs.convert_tokens_to_ids(t) for t in special] == [0, 1, 2, 3, 4, 399]
    roles = (theirs.bos_token, theirs.pad_token, theirs.eos_token, theirs.unk_token)
    assert roles == special[:4]
    assert (theirs.mask_token_id, theirs.sep_token_id, theirs.cls_token_id) == (399, 2, 0)
    for text in [*words(7, 20), "a <mask> of <doc> things", "\x00 ~ ﷽"]:
        ids = theirs(text)["input_ids"]
        assert ids == ours.encode(text).ids
        assert ids[0] == 0
        assert ids[-1] == 2
        if "<" not in text:
            assert theirs.decode(ids, skip_special_tokens=True) == text
    pair = theirs("one", "two")
    assert pair["input_ids"].count(2) == 3  # <s> one </s></s> two </s>, RoBERTa's
    assert set(pair) == {"input_ids", "attention_mask"}


def test_the_same_texts_give_the_same_bytes_in_another_process_and_another_compression(
    tmp_path: Path,
) -> None:
    texts = words(3, 120)
    plain = write_lines(tmp_path / "a.jsonl", texts)
    made = []
    for seed, name, packed in (
        ("1", "a.jsonl", plain.read_bytes()),
        ("2", "b.jsonl.gz", gzip.compress(plain.read_bytes())),
        ("3", "c.jsonl.xz", lzma.compress(plain.read_bytes())),
    ):
        (tmp_path / name).write_bytes(packed)
        out = tmp_path / f"out-{seed}"
        code = "import sys; from gonerd.cli.main import run; sys.exit(run(sys.argv[1:]))"
        arguments = ["tokenizer", "train", str(tmp_path / name), "--vocab-size", "350"]
        subprocess.run(
            [sys.executable, "-c", code, *arguments, "--out", str(out)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
        )
        made.append({file: (out / file).read_bytes() for file in NAMES})
        assert sorted(path.name for path in out.iterdir()) == sorted(NAMES)
    assert made[0] == made[1] == made[2]


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        (
            '{"text": "a"}\n{"txt": 1}\n',
            (),
            "t.jsonl:2: found no 'text', expected an object with a text",
        ),
        ('{"text": 5}\n', (), "t.jsonl:1: found 5 as 'text', expected an object with a text"),
        ("{\n", (), "t.jsonl:1: not JSON"),
        ("", (), "no text to learn from"),
        (
            '{"text": "a"}\n',
            ("--vocab-size", "100"),
            "a vocabulary of 100 has no room for a merge; 262",
        ),
        ('{"text": "a"}\n', ("--special", "<s>"), "each may be named once"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_and_nothing_is_left(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    content: str,
    options: tuple[str, ...],
    said: str,
) -> None:
    source = tmp_path / "t.jsonl"
    source.write_text(content)
    code = run(["tokenizer", "train", str(source), "--out", str(tmp_path / "out"), *options])
    message = capfd.readouterr().err
    assert code == (2 if options else 1)
    assert said in message
    assert message.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["t.jsonl"]


def test_plain_text_is_cut_at_empty_lines_at_lines_or_not_at_all(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "books.txt").write_text("one\ntwo\n\n  \nthree\n")
    for unit, texts, characters in (("block", 2, 12), ("line", 3, 11), ("file", 1, 17)):
        out = str(tmp_path / unit)
        arguments = ["tokenizer", "train", str(tmp_path), "--unit", unit, "--out", out, "--json"]
        assert run(arguments) == 0
        report = json.loads(capfd.readouterr().out)
        assert (report["texts"], report["characters"]) == (texts, characters)
