import hashlib
import json
import lzma
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from gonerd.cli.main import run
from gonerd.corpora import read_corpus
from gonerd.dataset.subwords import load_tokenizer
from gonerd.errors import InputError
from tests.gonerd.hub import serving_hub
from tests.places import NER_DATA, ROOT, SHARED_DATA, needs

GPT2 = SHARED_DATA / "tokenizers" / "gpt2"
BERT = SHARED_DATA / "tokenizers" / "bert-base-uncased"
CORPUS = NER_DATA / "worldwide_newswire_africa_asia.jsonl.gz"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A byte-level tokenizer of this test's own, which would cut and pad if it were let."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(["the house the house of Oslo"] * 50, trainer)
    tokenizer.enable_truncation(2)
    tokenizer.enable_padding(length=5)
    folder = tmp_path_factory.mktemp("small")
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def test_words_are_counted_as_they_stand_in_a_text(small: Path) -> None:
    counter = load_tokenizer(str(small))
    assert counter(["the", "house", "xyzxyz", "the"]) == [1, 1, 7, 1]  # " xyzxyz": its space is one
    assert counter([]) == []


def test_a_file_and_its_folder_are_one_tokenizer(small: Path) -> None:
    file = small / "tokenizer.json"
    by_file, by_folder = load_tokenizer(str(file)), load_tokenizer(str(small))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert by_file.sha256 == by_folder.sha256 == digest
    assert by_file.as_json() == {
        "name": str(file),
        "sha256": digest,
        "files": {"tokenizer.json": digest},
    }
    assert by_file.short_name == by_folder.short_name == small.name


@needs(GPT2)
@needs(CORPUS)
def test_gpt2s_files_give_the_subwords_that_transformers_gives_roberta() -> None:
    from transformers import RobertaTokenizer

    vocabulary = json.loads(lzma.decompress((GPT2 / "encoder.json.xz").read_bytes()))
    lines = lzma.decompress((GPT2 / "vocab.bpe.xz").read_bytes()).decode().split("\n")[1:]
    merges = [tuple(line.split(" ")) for line in lines if line]
    oracle = RobertaTokenizer(vocab=vocabulary, merges=merges, add_prefix_space=True)
    counter = load_tokenizer(str(GPT2))
    for document in islice(read_corpus(CORPUS), 40):
        words = [document.text[start:end] for start, end in document.tokens or ()]
        encoding = oracle(words, is_split_into_words=True, add_special_tokens=False)
        expected = Counter(encoding.word_ids())
        assert counter(words) == [expected[n] for n in range(len(words))]


@needs(BERT)
def test_berts_vocabulary_lowers_the_case_as_it_was_made() -> None:
    counter = load_tokenizer(str(BERT))
    assert counter(["Washington", "unaffable", "Über", "U.S."]) == [1, 3, 1, 4]
    assert list(counter.files.contents) == ["vocab.txt"]


@needs(GPT2)
def test_unpacked_files_have_the_hash_of_packed_ones(tmp_path: Path) -> None:
    for name in ("encoder.json", "vocab.bpe"):
        (tmp_path / name).write_bytes(lzma.decompress((GPT2 / f"{name}.xz").read_bytes()))
    assert load_tokenizer(str(tmp_path)).sha256 == load_tokenizer(str(GPT2)).sha256


def test_words_are_forgotten_before_memory_fills(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gonerd.dataset.subwords.KNOWN_WORDS", 3)
    counter = load_tokenizer(str(small))
    for words in (["a", "b"], ["c", "the"], ["the", "house", "of", "a"]):
        assert len(counter(words)) == len(words)
        assert len(counter.known) <= 4


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere.json", "nowhere.json does not exist; expected a tokenizer.json, a folder"),
        ("../a/b", "../a/b does not exist"),
        ("empty", "empty holds no tokenizer; expected one of: tokenizer.json; vocab.json with"),
        ("broken.json", "broken.json holds no tokenizer that can be read"),
        ("half", "half/vocab.txt.xz: the compressed data is broken or cut off"),
        ("odd", "odd holds no tokenizer that can be read: vocab.txt has no entry"),
        ("pair", "pair holds no tokenizer that can be read: "),
        ("blank.json", "blank.json holds no tokenizer that can be read"),
    ],
)
def test_what_is_no_tokenizer_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("empty", "half", "odd", "pair"):
        Path(folder).mkdir()
    Path("broken.json").write_text('{"model": 1}')
    Path("half/vocab.txt.xz").write_bytes(lzma.compress(b"[UNK]\n" * 99)[:40])
    Path("odd/vocab.txt").write_text("a\nb\n")
    Path("pair/vocab.json").write_text("[]")
    Path("pair/merges.txt").write_text("a")
    Path("blank.json").write_text("")
    with pytest.raises(InputError) as problem:
        load_tokenizer(name)
    assert message in str(problem.value)


@pytest.fixture
def hub(small: Path) -> Iterator[str]:
    with serving_hub({"models/acme/small": {"main": small}}) as address:
        yield address


def load_from(
    endpoint: str, cache: Path, name: str, **more: str
) -> subprocess.CompletedProcess[str]:
    """In a process of its own: huggingface_hub reads its settings when it is imported."""
    paths = [ROOT, *(ROOT / name for name in ("scraper", "annotation", "baselines", "leaderboard"))]
    code = (
        "import sys; from gonerd.cli.main import run;"
        f"sys.exit(run(['stats', 'sample', '--json', '--tokenizer', {name!r}]))"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ
        | {
            "HF_ENDPOINT": endpoint,
            "HF_HOME": str(cache),
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_OFFLINE": "0",
        }
        | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
        | more,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_hub_id_is_loaded_and_then_read_from_the_cache(
    hub: str, small: Path, tmp_path: Path
) -> None:
    first = load_from(hub, tmp_path / "cache", "acme/small@main")
    assert first.returncode == 0, first.stderr
    recorded = json.loads(first.stdout)["tokenizer"]
    assert recorded["name"] == "acme/small@main"
    assert recorded["sha256"] == load_tokenizer(str(small)).sha256
    again = load_from(hub, tmp_path / "cache", "acme/small@main", HF_HUB_OFFLINE="1")
    assert again.stdout == first.stdout
    missing = load_from(hub, tmp_path / "cache", "acme/other")
    assert missing.returncode == 1
    assert "gonerd: acme/other: the Hub has no such model" in missing.stderr
    offline = load_from(hub, tmp_path / "cache", "acme/other", HF_HUB_OFFLINE="1")
    assert offline.returncode == 1
    assert "acme/other: the Hub can't be reached" in offline.stderr


def test_stats_tells_both_lengths_and_records_the_tokenizer(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["stats", "sample", "--tokenizer", str(small)]) == 0
    text = capsys.readouterr().out
    assert "Lengths of documents in words and in subwords" in text
    assert f"subwords of {small.name}" in text
    assert run(["stats", "sample", "--tokenizer", str(small), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["tokenizer"]["sha256"] == load_tokenizer(str(small)).sha256
    (sample,) = report["datasets"]
    assert sample["subword_lengths"]["count"] == sample["documents"]
    assert sample["subword_lengths"]["total"] > sample["words"]
    splits = sample["splits"].values()
    assert (
        sum(one["subword_lengths"]["total"] for one in splits) == sample["subword_lengths"]["total"]
    )
