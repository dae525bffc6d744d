from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from gonerd.cli.main import run
from gonerd.files import read_json
from gonerd_baselines.encoder.loading import from_pretrained
from gonerd_baselines.packing import packing_from_lengths
from tests.baselines.encoder.families import FULL, documents, quiet
from tests.gonerd.hub import commit_of, serving_hub

ROBERTA, BERT = (
    next(family for family in FULL if family.model_type == name) for name in ("roberta", "bert")
)
TARGETS: dict[str, tuple[str, ...]] = {
    "longformer": ("--attention-window", "8,16"),
    "bigbird": ("--block-size", "2", "--num-random-blocks", "1"),
    "lsg": ("--block-size", "4", "--sparse-block-size", "4"),
    "nystromformer": ("--num-landmarks", "9", "--conv-kernel-size", "5"),
}
MODEL_TYPES = {
    "longformer": "longformer",
    "bigbird": "big_bird",
    "lsg": "lsg-roberta",
    "nystromformer": "nystromformer",
}


def save_tokenizer(folder: Path) -> None:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import PreTrainedTokenizerFast

    names = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *(f"w{n}" for n in range(85))]
    tokenizer = Tokenizer(WordLevel({name: id_ for id_, name in enumerate(names)}, "<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    special = {"bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>"}
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=40,
        unk_token="<unk>",
        pad_token="<pad>",
        mask_token="<mask>",
        **special,
    ).save_pretrained(folder)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("sources")
    names = {"id2label": {0: "O", 1: "B-PER", 2: "I-PER"}}
    found = {
        "roberta": ROBERTA.saved(place / "tiny-roberta", "mlm", longest=40),
        "bert": BERT.saved(place / "tiny-bert", "token", longest=40, **names),
    }
    for folder in found.values():
        save_tokenizer(folder)
    return found


def converted(
    source: Path,
    out: Path,
    capsys: pytest.CaptureFixture[str],
    *more: str,
    command: str = "convert",
) -> dict[str, Any]:
    capsys.readouterr()
    arguments = ["--from", str(source), "--max-len", "90", "--out", str(out), "--json", *more]
    assert run([command, *arguments]) == 0
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert printed == read_json(out / "convert.json")
    return printed


@pytest.mark.parametrize("kind", ["roberta", "bert"])
@pytest.mark.parametrize("to", list(TARGETS))
def test_a_converted_folder_opens_in_plain_transformers_and_computes_the_same(
    to: str,
    kind: str,
    sources: dict[str, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import transformers

    report = converted(sources[kind], tmp_path / "new", capsys, "--to", to, *TARGETS[to])
    assert report["check"]["agrees"] is True
    assert report["from"]["id"] == f"tiny-{kind}"
    head = {"roberta": "mlm", "bert": "token"}[kind]
    assert report["head"] == head
    auto = {"mlm": "AutoModelForMaskedLM", "token": "AutoModelForTokenClassification"}[head]
    with quiet():
        theirs, loading = getattr(transformers, auto).from_pretrained(
            tmp_path / "new", output_loading_info=True, trust_remote_code=to == "lsg"
        )
    assert theirs.config.model_type == MODEL_TYPES[to]
    assert not loading["unexpected_keys"]
    assert all("pooler" in key for key in loading["missing_keys"])
    ours = from_pretrained(tmp_path / "new", head=head)
    (ids,) = documents([90])  # their Nystromformer computes no other length
    with torch.no_grad(), quiet():
        wanted = theirs.eval()(input_ids=ids[None]).logits[0]
        found = ours.model(ids, packing_from_lengths([len(ids)]))
    torch.testing.assert_close(found, wanted, atol=2e-5, rtol=2e-5)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "new")
    assert tokenizer.model_max_length == 90
    assert tokenizer("w1 w2").input_ids == [6, 7]


def test_full_attention_is_extended(
    sources: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import transformers

    report = converted(sources["roberta"], tmp_path / "new", capsys, command="extend")
    assert report["check"]["difference"] == 0
    assert report["check"]["lengths"] == [40, 20, 1]
    assert report["parts"]["tiled"] == {"embeddings.position_embeddings.weight": [92, 24]}
    with quiet():
        old, new = (
            transformers.AutoModelForMaskedLM.from_pretrained(folder).eval()
            for folder in (sources["roberta"], tmp_path / "new")
        )
    short, long = documents([40, 90])
    with torch.no_grad():
        torch.testing.assert_close(new(short[None]).logits, old(short[None]).logits)
        assert new(long[None]).logits.shape == (1, 90, 90)


def test_the_report_is_printed_for_people(
    sources: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--from", str(sources["roberta"]), "--max-len", "90", "--out", str(tmp_path / "a")]
    assert run(["convert", "--to", "longformer", "--attention-window", "8", *arguments]) == 0
    printed = capsys.readouterr().out
    assert "roberta -> longformer (longformer), 40 -> 90 tokens" in printed
    assert "copied to global:" in printed
    assert "agrees with the original to" in printed
    assert "at 5, 3, 1 tokens" in printed


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--to", "longformer", "--block-size", "4"], 2, "longformer attention has no block_size"),
        (["--to", "longformer", "--attention-window", "a"], 2, "'a' is no number"),
        (["--to", "longformer", "--max-len", "30"], 2, "less than the 40 tokens"),
        (["--to", "bigbird", "--head", "token"], 2, "has no head token"),
    ],
)
def test_what_can_not_be_is_told_in_one_sentence(
    arguments: list[str],
    code: int,
    said: str,
    sources: dict[str, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "new"
    given = ["--from", str(sources["roberta"]), "--out", str(out), *arguments]
    if "--max-len" not in arguments:
        given += ["--max-len", "90"]
    assert run(["convert", *given]) == code
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_a_conversion_that_disagrees_exits_1_and_writes_nothing(
    sources: dict[str, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gonerd_baselines.encoder.agreement.TOLERANCE", 0.0)
    arguments = ["--from", str(sources["roberta"]), "--max-len", "90", "--out", str(tmp_path / "a")]
    assert run(["convert", "--to", "longformer", "--attention-window", "8", *arguments]) == 1
    assert "differs from the original by" in capsys.readouterr().err
    assert not (tmp_path / "a").exists()


def test_a_model_of_the_hub_is_converted_at_its_commit(
    sources: dict[str, Path], tmp_path: Path
) -> None:
    left = {key: value for key, value in os.environ.items() if key != "HF_HUB_OFFLINE"}
    with serving_hub({"models/some/bert": {"main": sources["bert"]}}) as address:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "gonerd.cli.main", "convert", "--from", "some/bert@main"),
                *("--to", "bigbird", "--block-size", "2", "--max-len", "90"),
                *("--out", str(tmp_path / "new"), "--json"),
            ],
            env=left
            | {"HF_ENDPOINT": address, "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(tmp_path / "hf")},
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert report["from"]["id"] == "some/bert"
    assert report["from"]["revision"] == commit_of(sources["bert"])
    assert report["head"] == "token"


def test_the_source_is_never_replaced_by_what_comes_of_it(
    sources: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    source = str(sources["roberta"])
    assert run(["extend", "--from", source, "--out", source, "--force"]) == 1
    assert "would be replaced" in capsys.readouterr().err
