import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gonerd.adapters import AdapterOptions, adapter_from_spec
from gonerd.adapters.huggingface import TransformersModel
from gonerd.adapters.onednn import HAS_ONEDNN
from gonerd.cli.main import run
from gonerd.errors import ConfigError, GonerdError, InputError
from gonerd.records import write_documents
from tests.gonerd.adapters.checkpoints import (
    TEXTS,
    document,
    save_bert,
)
from tests.gonerd.adapters.transformers_models import (
    adapter_of,
    found_by,
    random_texts,
    same,
)


@pytest.mark.parametrize("front", ["license: [", "- a list", "\tlicense: mit"])
def test_a_card_that_can_not_be_read_costs_nothing_but_what_it_says(
    bert: Path, tmp_path: Path, front: str
) -> None:
    copy = tmp_path / "tiny"
    shutil.copytree(bert, copy)
    (copy / "README.md").write_text(f"---\n{front}\n---\n", encoding="utf-8")
    card = adapter_of(copy).card
    assert (card.license, card.training_data) == (None, ())


def test_the_card_says_what_was_loaded(bert: Path, roberta: Path) -> None:
    card = adapter_of(bert).card
    assert (card.kind, card.id) == ("hf", "tiny-bert")
    assert re.fullmatch("[0-9a-f]{40}", card.revision)
    assert re.fullmatch("[0-9a-f]{64}", card.weights_sha256)
    assert card.max_len == 128
    assert card.params > 10_000
    assert card.details == {
        "architecture": "BertForTokenClassification",
        "weights_dtype": "float32",
        "tokenizer": "TokenizersBackend",
        "tag_scheme": adapter_of(bert).card.details["tag_scheme"],
        "reads": "text",
        **({"linear_layers": "oneDNN"} if HAS_ONEDNN else {}),
    }
    assert adapter_of(roberta).card.max_len == 128  # of 130 positions RoBERTa uses 128


def test_licence_and_training_data_come_from_the_models_readme(bert: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(bert, tmp_path / "told")
    (folder / "README.md").write_text("---\nlicense: mit\ndatasets:\n- conll2003\n---\n# A model\n")
    card = adapter_of(folder).card
    assert (card.license, card.training_data) == ("mit", ("conll2003",))


def test_the_policy_says_what_was_done(bert: Path) -> None:
    policy = adapter_of(bert, batch_size=4).policy
    assert policy.as_json() | {"tag_repair": None} == {
        "mode": "window",
        "max_len": 128,
        "stride": 112,
        "merge": "max-context logits",
        "context": "what else is in the window, left and right",
        "label_map": {"LOC": "LOC", "ORG": "ORG", "PER": "PER"},
        "tag_repair": None,
        "dtype": "float32",
        "batch_size": 4,
        "device": "cpu",
        "compiled": False,
    }
    native = adapter_of(bert, policy="native").policy
    assert (native.mode, native.max_len, native.stride, native.merge) == ("native", 128, None, None)


def test_what_the_label_map_leaves_out_is_counted_by_the_models_types(tmp_path: Path) -> None:
    folder = save_bert(tmp_path / "onto", ["O", "PERSON", "GPE", "DATE"])
    texts = random_texts(5, 30)
    predictions = found_by(adapter_of(folder), texts)
    assert {e.label for p in predictions for e in p.entities} == {"PER", "LOC"}
    assert sum(p.dropped["DATE"] for p in predictions) > 0
    mapped = adapter_of(folder, label_map={"DATE": "MISC"})
    assert mapped.policy.label_map == {"DATE": "MISC", "GPE": None, "PERSON": None}
    again = found_by(mapped, texts)
    assert sum(len(p.entities) for p in again) == sum(p.dropped["DATE"] for p in predictions)


def test_a_misc_that_only_goes_by_our_name_is_told(tmp_path: Path) -> None:
    folder = save_bert(tmp_path / "conll", ["O", "PER", "MISC"])
    assert "nationalities" in adapter_of(folder).card.details["misc"]
    asked = adapter_of(folder, label_map={"PER": "PER", "MISC": "MISC"})
    assert "misc" not in asked.card.details
    ours = save_bert(tmp_path / "ours", ["O", "PER", "AGE"])
    assert "misc" not in adapter_of(ours).card.details


def test_tags_without_a_name_need_a_label_map(tmp_path: Path) -> None:
    folder = save_bert(tmp_path / "nameless", ["LABEL_0", "LABEL_1", "LABEL_2"])
    with pytest.raises(ConfigError, match="say what they are with --label-map LABEL_0=-"):
        adapter_of(folder)
    given = {"LABEL_0": None, "LABEL_1": "PER", "LABEL_2": "PER"}
    adapter = adapter_of(folder, label_map=given)
    assert adapter.policy.label_map == given
    # Many words: in one short text a random model may find nothing.
    predictions = found_by(adapter, random_texts(5, 20))
    assert {e.label for found in predictions for e in found.entities} == {"PER"}
    assert not any(found.dropped for found in predictions)
    with pytest.raises(ConfigError, match="maps 'LABEL_7', which the model does not know"):
        adapter_of(folder, label_map={**given, "LABEL_7": "ORG"})


def test_a_document_that_can_not_be_read_whole_is_refused_by_name(bert: Path) -> None:
    adapter = adapter_of(bert, policy="native")
    assert found_by(adapter, [document(TEXTS[0])])[0].windows == 1
    with pytest.raises(InputError, match=r"document 'long' has \d+ subwords, the model reads 128"):
        found_by(adapter, [document(" ".join(TEXTS * 9), "long")])


def test_half_precision_is_close_and_told(bert: Path) -> None:
    texts = random_texts(5, 20)
    whole, half = adapter_of(bert), adapter_of(bert, dtype="bfloat16")
    assert half.policy.dtype == "bfloat16"
    assert half.card.revision == whole.card.revision
    assert half.card.details["weights_dtype"] == "float32"
    same_places = [
        (set(a.entities) & set(b.entities), a.entities)
        for a, b in zip(found_by(half, texts), found_by(whole, texts), strict=True)
    ]
    assert sum(len(both) for both, _ in same_places) > 0.8 * sum(
        len(all_) for _, all_ in same_places
    )


@pytest.mark.filterwarnings("ignore:.torch.jit.script_method. is deprecated")  # torch's own use
@pytest.mark.skipif(shutil.which("g++") is None, reason="compiling for a CPU needs a C++ compiler")
def test_a_compiled_model_says_the_same(tmp_path: Path) -> None:
    folder = save_bert(tmp_path / "shallow", layers=1)
    texts = random_texts(4, 60)
    compiled = adapter_of(folder, compile=True)
    assert compiled.policy.compiled
    same(found_by(compiled, texts), found_by(adapter_of(folder), texts))


def test_compiling_without_a_compiler_is_refused_in_one_sentence(tmp_path: Path) -> None:
    folder = save_bert(tmp_path / "shallow", layers=1)
    code = f"""
from gonerd.adapters import AdapterOptions, adapter_from_spec
from gonerd.errors import ConfigError
try:
    adapter_from_spec("hf:{folder}", AdapterOptions(compile=True))
except ConfigError as problem:
    print(problem)
"""
    left = {k: v for k, v in os.environ.items() if k not in ("CXX", "PATH")}
    settings = {"PATH": str(tmp_path), "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=left | settings, capture_output=True, text=True
    )
    assert done.stdout.startswith("the model does not run with these options: "), done.stderr
    assert done.stdout.count("\n") == 1


def broken(folder: Path, kind: str) -> None:
    config = json.loads((folder / "config.json").read_text())
    if kind == "no head":
        from safetensors.torch import load_file, save_file

        weights = load_file(folder / "model.safetensors")
        del weights["classifier.weight"]
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    elif kind == "cut weights":
        data = (folder / "model.safetensors").read_bytes()
        (folder / "model.safetensors").write_bytes(data[: len(data) // 2])
    elif kind == "own code":
        config["auto_map"] = {
            "AutoConfig": "own.Config",
            "AutoModelForTokenClassification": "own.Model",
        }
        config["model_type"] = "own"
        (folder / "own.py").write_text("raise SystemExit('this code ran')")
    elif kind == "unknown type":
        config["model_type"] = "nothing"
    elif kind == "other shape":
        config["hidden_size"] = 48
    elif kind == "small vocabulary":
        from tokenizers import AddedToken, Tokenizer

        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.add_tokens([AddedToken("Oslofjord")])
        tokenizer.save(str(folder / "tokenizer.json"))
    elif kind == "no tokenizer":
        for path in folder.glob("tokenizer*"):
            path.unlink()
    elif kind == "no config":
        (folder / "config.json").unlink()
        return
    elif kind == "no weights":
        (folder / "model.safetensors").unlink()
    (folder / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (
            "no head",
            "is no finished token-classification model: its weights lack classifier.weight",
        ),
        ("cut weights", "can't be opened: "),
        ("own code", "can't be opened: it comes with code of its own, which gonerd never runs"),
        ("unknown type", "can't be opened: "),
        ("other shape", "can't be opened: "),
        ("small vocabulary", "its tokenizer knows 81 subwords, the model only 80"),
        ("no tokenizer", "has no tokenizer beside its config.json"),
        ("no config", "has no config.json: it is no checkpoint of transformers"),
        ("no weights", "can't be opened: "),
    ],
)
def test_a_checkpoint_that_is_not_whole_is_refused(
    kind: str, said: str, bert: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(bert, tmp_path / "broken")
    broken(folder, kind)
    with pytest.raises(InputError) as problem:
        adapter_of(folder)
    assert said in str(problem.value)
    assert str(problem.value).startswith(str(folder))
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"device": "nowhere"}, "device 'nowhere' can't be used"),
        ({"device": "meta"}, "device 'meta' can't be used"),
        ({"dtype": "float8"}, "--dtype is 'float8', expected one of float32, bfloat16, float16"),
        ({"max_len": 129}, "--max-len is 129, the model reads 128 subwords at most"),
        ({"batch_size": 0}, "a batch size of 0 makes no sense"),
        ({"label_map": {"PERSON": "PER"}}, "maps 'PERSON', which the model does not know"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict, said: str, bert: Path) -> None:
    with pytest.raises(ConfigError) as problem:
        adapter_of(bert, **options)
    assert said in str(problem.value)


def test_models_are_named_on_the_command_line(
    bert: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert isinstance(adapter_from_spec(f"hf:{bert}", AdapterOptions()), TransformersModel)
    with pytest.raises(GonerdError, match="--model hf needs a checkpoint"):
        adapter_from_spec("hf", AdapterOptions())
    corpus = tmp_path / "corpus.jsonl"
    write_documents(corpus, [document(" ".join(TEXTS * 4), f"d{n}") for n in range(3)])
    words = ["eval", "--dataset", str(corpus), "--split", "all", "--no-cost"]
    words += ["--out", str(tmp_path / "run")]
    assert run([*words, "--model", f"hf:{bert}", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["model"]["id"] == "tiny-bert"
    assert result["policy"]["merge"] == "max-context logits"
    assert result["coverage"]["docs_truncated"] == 0
    assert run([*words, "--force", "--model", f"hf:{tmp_path / 'absent'}"]) == 1
    assert "is no model's folder" in capsys.readouterr().err
