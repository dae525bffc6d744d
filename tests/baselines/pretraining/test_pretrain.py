import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from gonerd.cli.main import run as command
from gonerd_baselines.attention import LongformerSelfAttention
from gonerd_baselines.encoder.loading import from_pretrained
from gonerd_baselines.tokens.tokenizing import tokenize_texts
from tests.baselines.tokens.sources import train, words, write_lines

TRAINED = [
    *("--set", "learning_rate=0.01", "--set", "share=0.3"),
    *("--set", "step_tokens=1024", "--set", "batch_tokens=512"),
]
SMALL = [
    *("--set", "layers=2", "--set", "hidden_size=24", "--set", "heads=3"),
    *("--set", "intermediate_size=32", "--set", "max_length=128", *TRAINED),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pretrain")
    train(folder)
    for name, seed in (("tokens", 5), ("held-out", 6)):
        texts = write_lines(folder / f"{name}.jsonl", words(seed, 120))
        tokenize_texts([texts], folder / name, tokenizer=str(folder / "tokenizer"), max_len=128)
    return folder


def run(*arguments: object) -> int:
    return command([str(each) for each in arguments])


def pretrain(folder: Path, out: Path, *more: object) -> int:
    return run("pretrain", "--tokens", folder / "tokens", "--out", out, *more)


def test_a_model_is_trained_and_opens_in_transformers(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "teacher"
    held_out = ("--validation", folder / "held-out", "--set", "epochs=8")
    assert pretrain(folder, out, *SMALL, *held_out, "--json") == 0
    record = json.loads(capfd.readouterr().out)
    assert record == json.loads((out / "pretrain.json").read_text())
    log = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    judged = [line["validation_loss"] for line in log if "validation_loss" in line]
    assert len(judged) == 8
    assert judged[-1] < judged[0] - 0.5
    assert record["recipe"]["masking"]["share"] == 0.3
    assert not (tmp_path / "teacher.unfinished").exists()

    tokenizer = transformers.AutoTokenizer.from_pretrained(out)
    theirs = transformers.AutoModelForMaskedLM.from_pretrained(out).eval()
    given = tokenizer("the court of <mask> in Harbour Falls said", return_tensors="pt")
    ours = from_pretrained(out, head="mlm")
    from gonerd_baselines.packing import packing_from_lengths

    ids = given["input_ids"][0]
    with torch.no_grad():
        found = ours.model(ids, packing_from_lengths([len(ids)]))
        expected = theirs(**given).logits[0]
    assert torch.allclose(found, expected, atol=2e-5)
    assert tokenizer.mask_token_id in ids


@pytest.mark.parametrize(
    ("attention", "option"),
    [
        ("longformer", "attention_window=16"),
        ("bigbird", "block_size=8"),
        ("lsg", "block_size=16"),
        ("nystromformer", "num_landmarks=16"),
    ],
)
def test_every_attention_is_trained_from_scratch(
    folder: Path, tmp_path: Path, attention: str, option: str
) -> None:
    out = tmp_path / "model"
    chosen = ("--set", f"attention={attention}", "--set", option, "--set", "steps=3")
    more = ("--set", "sparse_block_size=16") if attention == "lsg" else ()
    assert pretrain(folder, out, *SMALL, *chosen, *more) == 0
    checkpoint = from_pretrained(out, head="mlm")
    assert checkpoint.encoder.config.kind == attention
    for module in checkpoint.encoder.modules():
        if isinstance(module, LongformerSelfAttention):
            assert torch.equal(module.query.weight, module.query_global.weight)
    assert not checkpoint.report.new


def test_a_model_may_have_the_layout_of_xlm_roberta(folder: Path, tmp_path: Path) -> None:
    import transformers

    out = tmp_path / "model"
    assert pretrain(folder, out, *SMALL, "--set", "layout=xlm-roberta", "--set", "steps=1") == 0
    assert from_pretrained(out, head="mlm").layout == "xlm-roberta"
    theirs = transformers.AutoModelForMaskedLM.from_pretrained(out)
    assert type(theirs).__name__ == "XLMRobertaForMaskedLM"


def test_a_training_goes_on_from_a_model(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert pretrain(folder, tmp_path / "one", *SMALL, "--set", "steps=4") == 0
    convert = ("--to", "longformer", "--max-len", 128, "--attention-window", 16)
    long = tmp_path / "long"
    assert run("convert", "--from", tmp_path / "one", *convert, "--out", long) == 0
    more = (
        *TRAINED,
        "--from",
        long,
        "--set",
        "dropout=0.2",
        "--set",
        "steps=2",
        "--set",
        "log_steps=1",
        "--set",
        "precision=bf16",
    )
    capfd.readouterr()
    assert pretrain(folder, tmp_path / "two", *more, "--json") == 0
    record = json.loads(capfd.readouterr().out)
    assert record["start"]["from"] == "long"
    assert record["recipe"]["model"] == {"dropout": 0.2, "attention_dropout": None}
    before, after = (from_pretrained(path, head="mlm").encoder for path in (long, tmp_path / "two"))
    assert after.config.kind == "longformer"
    key = "encoder.layer.0.attention.self.query_global.weight"
    assert not torch.equal(before.state_dict()[key], after.state_dict()[key])
    assert torch.equal(after.state_dict()[key], after.state_dict()[key.replace("_global", "")])
    assert all(line["loss"] < 7 for line in record["training"]["log"])


def test_what_a_checkpoint_decides_can_not_be_set(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert pretrain(folder, tmp_path / "one", *SMALL, "--set", "steps=1") == 0
    more = ("--from", tmp_path / "one", *TRAINED, "--set", "steps=1", "--set", "heads=2")
    assert pretrain(folder, tmp_path / "two", *more) == 2
    assert "heads is of a model from scratch, and" in capfd.readouterr().err


def test_texts_to_validate_on_may_be_longer_than_a_batch_and_are_checked_at_once(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tokenize_texts(
        [folder / "tokens.jsonl"],
        tmp_path / "short",
        tokenizer=str(folder / "tokenizer"),
        max_len=40,
    )
    tokenize_texts([folder / "tokens.jsonl"], tmp_path / "others", tokenizer="newsroom", max_len=40)
    size = ("--set", "batch_tokens=48", "--set", "steps=1")
    words = ("pretrain", "--tokens", tmp_path / "short", *SMALL, *size)
    for held_out, said in (
        (tmp_path / "others", "were tokenized by different tokenizers"),
        (tmp_path / "nowhere", "holds no tokens"),
    ):
        assert run(*words, "--out", tmp_path / "a", "--validation", held_out) == 1
        assert said in capfd.readouterr().err
        assert not (tmp_path / "a.unfinished").exists()
    more = ("--validation", folder / "held-out", "--json")  # of up to 128 tokens
    assert run(*words, "--out", tmp_path / "b", *more) == 0
    log = json.loads(capfd.readouterr().out)["training"]["log"]
    assert any("validation_loss" in line for line in log)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--set", "initializer_range=-1"), "initializer_range is -1.0, expected more than 0"),
        (("--set", "layers=0"), "layers is 0, expected 1 or more"),
        (
            ("--set", "max_length=64"),
            "has a document of 92 tokens, the model has positions for 64",
        ),
        (("--set", "attention=flash"), "attention 'flash' is unknown; expected one of full,"),
        (("--recipe", "nothing"), "recipe 'nothing' is unknown; expected a TOML file, or one of"),
        (("--set", "heads=5"), "hidden_size 24 can't be divided among 5 heads"),
        (("--set", "batch_tokens=64"), "has a document of 92 tokens, a batch takes 64"),
        (("--set", "num_landmarks=8"), "full attention has no num_landmarks"),
        (("--from", "nowhere"), "nowhere"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(
    folder: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    assert pretrain(folder, tmp_path / "out", *SMALL, "--set", "steps=1", *arguments) in (1, 2)
    error = capfd.readouterr().err.strip()
    assert said in error
    assert "Traceback" not in error
    assert not (tmp_path / "out").exists()


def test_tokens_of_another_tokenizer_are_refused(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert pretrain(folder, tmp_path / "one", *SMALL, "--set", "steps=1") == 0
    tokenize_texts([folder / "tokens.jsonl"], tmp_path / "others", tokenizer="newsroom", max_len=64)
    arguments = (
        "--tokens",
        tmp_path / "others",
        "--from",
        tmp_path / "one",
        "--out",
        tmp_path / "two",
    )
    assert run("pretrain", *arguments, "--set", "steps=1") == 1
    assert "was tokenized by newsroom (SHA-256" in capfd.readouterr().err


def test_recipes_that_ship_make_sense() -> None:
    from gonerd_baselines.pretraining.sections import PRETRAIN_SECTIONS
    from gonerd_baselines.training.recipe import read_recipe, recipe_names, recipe_values

    names = recipe_names("pretrain")
    assert {"lsg", "longformer", "roberta"} <= set(names)
    for name in names:
        made: dict[str, Any] = read_recipe("pretrain", name, PRETRAIN_SECTIONS)
        made["training"].batches_a_step(1)
        assert json.loads(json.dumps(recipe_values(made)))


def test_a_recipe_of_ones_own_is_read_strictly(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "mine.toml"
    for text, said in (
        ("[train]\nsteps = 1\n", "[train] is unknown; expected one of model, masking, training"),
        ("[training]\nstep = 1\n", "[training]: 'step' is unknown; expected batch_tokens"),
        ("[training]\nsteps = 1.5\n", "steps is 1.5, expected a whole number or none"),
        ("[training\n", "mine.toml is no TOML"),
    ):
        recipe.write_text(text)
        assert pretrain(folder, tmp_path / "out", "--recipe", recipe) == 2
        assert said in capfd.readouterr().err


def test_a_length_that_is_set_takes_the_place_of_the_recipes() -> None:
    from gonerd_baselines.pretraining.sections import PRETRAIN_SECTIONS
    from gonerd_baselines.training.recipe import read_recipe

    training = read_recipe("pretrain", "roberta", PRETRAIN_SECTIONS, ["steps=7"])["training"]
    assert (training.steps, training.tokens, training.epochs) == (7, None, None)
