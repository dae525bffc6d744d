import json
import lzma
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd import Document, Entity
from gonerd.cli.main import run
from gonerd.dataset import build_dataset, load
from gonerd.dataset.windows import SUBWORDS, WindowTokenizer, window_tokenizer
from gonerd.errors import InputError
from gonerd.newsroom.tokenizer import trained_tokenizer
from tests.places import NER_DATA, ROOT, SHARED_DATA, needs
from tests.strategies import texts

GPT2 = SHARED_DATA / "tokenizers/gpt2"


def counted_end(window: WindowTokenizer, text: str, subwords: int) -> int:
    """By bytes: each character of a byte-level subword's name stands for one byte of the text."""
    names = window.tokenizer.encode(text, add_special_tokens=False).tokens
    left = sum(map(len, names[:subwords]))
    for number, character in enumerate(text):
        left -= len(character.encode())
        if left < 0:
            return number
    return len(text)


@given(texts, st.integers(1, 40))
def test_a_window_ends_with_its_last_whole_character(text: str, subwords: int) -> None:
    window = window_tokenizer()
    assert window.window_end(text, subwords=subwords) == counted_end(window, text, subwords)


def test_a_character_of_which_the_window_holds_some_bytes_is_outside() -> None:
    window = window_tokenizer()
    text = "x" + "\N{PILE OF POO}" * 3
    assert len(window.tokenizer.encode(text).tokens) == 13
    ends = [window.window_end(text, subwords=count) for count in range(1, 14)]
    assert ends == [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4]


def test_short_texts_are_in_the_window_whole_and_long_ones_are_not() -> None:
    window = window_tokenizer()
    assert window.window_end("") == 0
    assert window.window_end("x" * SUBWORDS) == SUBWORDS
    assert window.window_end(" 7" * 5000) < 10_000
    assert SUBWORDS == 4094


def test_the_tokenizer_that_ships_is_what_the_newsroom_gives() -> None:
    shipped = ROOT / "gonerd/newsroom/tokenizer.json"
    assert shipped.read_text(encoding="utf-8") == trained_tokenizer(), "run: make sample"
    assert shipped.stat().st_size < 150_000


@needs(GPT2)
@needs(NER_DATA)
def test_gpt2s_files_measure_as_robertas_tokenizer_does(tmp_path: Path) -> None:
    from transformers import RobertaTokenizer

    from gonerd.corpora import read_corpus

    folder = tmp_path / "gpt2"
    folder.mkdir()
    for name in ("encoder.json", "vocab.bpe"):
        (folder / name).write_bytes(lzma.decompress((GPT2 / f"{name}.xz").read_bytes()))
    window = window_tokenizer(folder)
    merges = [
        tuple(line.split(" ")) for line in (folder / "vocab.bpe").read_text().splitlines()[1:]
    ]
    oracle = RobertaTokenizer(
        vocab=json.loads((folder / "encoder.json").read_text())
        | {"<s>": 50257, "</s>": 50258, "<unk>": 50259, "<pad>": 50260, "<mask>": 50261},
        merges=merges,
    )
    cut = 0
    for document in read_corpus(NER_DATA / "worldwide_newswire_africa_asia.jsonl.gz"):
        end = window.window_end(document.text)
        encoded = oracle(document.text, truncation=True, max_length=4096, verbose=False)
        last = encoded.token_to_chars(len(encoded["input_ids"]) - 2)
        assert last.end == len(document.text[:end].rstrip())
        cut += end < len(document.text)
    assert cut > 0


def test_the_dataset_records_its_window_and_cuts_there(tmp_path: Path) -> None:
    long = "Ada Marlow said 7 . " * 1500
    documents = [
        Document(id=f"d{n}", text=f"{n} {long}", entities=(Entity(2, 12, "PER"),)) for n in range(4)
    ]
    facts, _ = build_dataset(documents, tmp_path / "d")
    window = window_tokenizer()
    assert (facts.window.tokenizer, facts.window.sha256) == ("newsroom", window.sha256)
    assert f"`{window.sha256}`" in (tmp_path / "d/README.md").read_text()
    for document in load(tmp_path / "d"):
        end = document.meta["common_window_end"]
        assert 4094 < end < len(document.text)
        assert len(window.tokenizer.encode(document.text[:end]).ids) == SUBWORDS


def test_what_is_no_tokenizer_is_told_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"does not exist; expected a tokenizer\.json, a folder"):
        window_tokenizer(tmp_path / "some.thing")


def test_a_model_that_the_hub_does_not_give_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["build", "sample", "--out", str(tmp_path / "d"), "--window-tokenizer", "some/model"]
    assert run(words) == 1
    assert "some/model: the Hub can't be reached, and its cache does not" in capsys.readouterr().err


def test_a_tokenizer_of_ones_own_is_recorded_by_name_and_hash(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    words = ["newsroom", "tokenizer", "--articles", "30", "--vocabulary", "400", "--out", str(path)]
    assert run(words) == 0
    assert run(words) == 1
    documents = [
        Document(id=f"d{n}", text=f"Ada {n}", entities=(Entity(0, 3, "PER"),)) for n in range(4)
    ]
    facts, _ = build_dataset(documents, tmp_path / "d", window=path)
    assert facts.window.tokenizer == "mine.json"
    assert facts.window.sha256 != window_tokenizer().sha256
