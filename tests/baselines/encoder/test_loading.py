"""Checkpoints as they are found: old and new files, old names, the Hub, and what is broken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from gonerd.errors import ConfigError, InputError
from gonerd_baselines.attention import LongformerAttention
from gonerd_baselines.encoder.layouts import HEADS
from gonerd_baselines.encoder.loading import from_pretrained
from gonerd_baselines.packing import packing_from_lengths
from tests.baselines.encoder.families import FAMILIES, LONGFORMER, LSG, Family, documents, quiet
from tests.gonerd.hub import commit_of, serving_hub

ROBERTA, BERT = Family("roberta"), Family("bert")
WEIGHTS = "model.safetensors"


@pytest.fixture(scope="module")
def roberta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ROBERTA.saved(tmp_path_factory.mktemp("models") / "roberta", "mlm")


def changed(
    source: Path,
    target: Path,
    change: Callable[[dict[str, Tensor]], object] = len,
    **values: object,
) -> Path:
    """A copy with other tensors and other values in config.json; None takes one away."""
    target.mkdir()
    tensors = load_file(source / WEIGHTS)
    change(tensors)
    save_file({k: t.contiguous() for k, t in tensors.items()}, target / WEIGHTS)
    config = json.loads((source / "config.json").read_text()) | values
    config = {key: value for key, value in config.items() if value is not None}
    (target / "config.json").write_text(json.dumps(config))
    return target


def state(checkpoint) -> dict[str, Tensor]:
    return checkpoint.model.state_dict()


def assert_same(one, other) -> None:
    assert state(one).keys() == state(other).keys()
    assert all(torch.equal(t, state(other)[key]) for key, t in state(one).items())


@pytest.mark.parametrize("shards", [False, True])
@pytest.mark.parametrize("old", [False, True])
def test_all_forms_of_weights_give_the_same_model(
    roberta: Path, tmp_path: Path, old: bool, shards: bool
) -> None:
    tensors = load_file(roberta / WEIGHTS)
    (tmp_path / "config.json").write_text((roberta / "config.json").read_text())
    name = "pytorch_model.bin" if old else WEIGHTS
    stem, _, ending = name.partition(".")
    keys = sorted(tensors)
    parts = [keys[: len(keys) // 2], keys[len(keys) // 2 :]] if shards else [keys]
    files = [f"{stem}-{n + 1:05}-of-00002.{ending}" for n in range(2)] if shards else [name]
    for file, part in zip(files, parts, strict=True):
        held = {key: tensors[key] for key in part}
        torch.save(held, tmp_path / file) if old else save_file(held, tmp_path / file)
    if shards:
        where = {key: file for file, part in zip(files, parts, strict=True) for key in part}
        index = {"metadata": {"total_size": 0}, "weight_map": where}
        (tmp_path / f"{name}.index.json").write_text(json.dumps(index))
    assert_same(from_pretrained(tmp_path, head="mlm"), from_pretrained(roberta, head="mlm"))


def test_safetensors_go_before_older_files(roberta: Path, tmp_path: Path) -> None:
    folder = changed(roberta, tmp_path / "both")
    torch.save({"nothing": torch.zeros(1)}, folder / "pytorch_model.bin")
    found = from_pretrained(folder)
    assert_same(found, from_pretrained(roberta))
    # What does not make the model is no part of its hash.
    (folder / "pytorch_model.bin").unlink()
    assert found.weights_sha256 == from_pretrained(folder).weights_sha256


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_the_encoder_of_a_model_with_a_head_is_that_of_the_bare_model(
    family: Family, tmp_path: Path
) -> None:
    prefix = f"{family.layout.prefix}."
    with_head = family.saved(tmp_path / "with", "token")
    bare = changed(
        with_head,
        tmp_path / "bare",
        lambda t: [t.__setitem__(k.removeprefix(prefix), t.pop(k)) for k in list(t) if prefix in k],
    )
    found = from_pretrained(with_head)
    # The bare model of transformers' BigBird keeps its pooler under any head.
    left = [key for key in found.report.left_out if ".pooler." not in key]
    assert left == ["classifier.bias", "classifier.weight"]
    assert_same(found, from_pretrained(bare))


def test_lsg_converters_own_checkpoints_are_read(tmp_path: Path) -> None:
    ours = LSG.saved(tmp_path / "ours", "token")
    said = {
        "model_type": "roberta",
        "base_model_prefix": "lsg",
        "architectures": ["LSGRobertaForTokenClassification"],
        "auto_map": {"AutoModel": "modeling_lsg_roberta.LSGRobertaModel"},
    }
    theirs = changed(ours, tmp_path / "theirs", **said)
    (theirs / "modeling_lsg_roberta.py").write_text("raise SystemExit('code of theirs ran')")
    found = from_pretrained(theirs, head="token")
    assert found.layout == "lsg-roberta"
    assert found.encoder.embeddings.global_embeddings.weight.shape == (512, 24)
    assert_same(found, from_pretrained(ours, head="token"))
    without = changed(
        ours, tmp_path / "without", lambda t: t.pop("roberta.embeddings.global_embeddings.weight")
    )
    with pytest.raises(InputError, match=r"embeddings.global_embeddings.weight is missing$"):
        from_pretrained(without)
    # Without what tells LSG the table of global tokens has no place.
    plain = changed(ours, tmp_path / "plain", model_type="roberta")
    with pytest.raises(InputError, match=r"embeddings.global_embeddings.weight is unknown$"):
        from_pretrained(plain)


def test_names_of_early_checkpoints_are_known(tmp_path: Path) -> None:
    def age(tensors: dict[str, Tensor]) -> None:
        for key in list(tensors):
            if "LayerNorm" in key:
                old = key.replace(".weight", ".gamma").replace(".bias", ".beta")
                tensors[old] = tensors.pop(key)
        tensors["bert.embeddings.position_ids"] = torch.arange(128)[None]
        tensors["cls.predictions.decoder.weight"] = tensors[
            "bert.embeddings.word_embeddings.weight"
        ].clone()
        tensors["cls.seq_relationship.weight"] = torch.zeros(2, 24)
        tensors["bert.pooler.dense.weight"] = torch.zeros(24, 24)

    new = BERT.saved(tmp_path / "new", "mlm")
    found = from_pretrained(changed(new, tmp_path / "old", age), head="mlm")
    assert_same(found, from_pretrained(new, head="mlm"))
    assert found.report.left_out == ("bert.pooler.dense.weight", "cls.seq_relationship.weight")
    assert (
        found.model.head.vocabulary.decoder.weight
        is found.encoder.embeddings.word_embeddings.weight
    )


def test_a_decoder_that_differs_is_not_tied_as_in_transformers(
    roberta: Path, tmp_path: Path
) -> None:
    from transformers import AutoModelForMaskedLM

    def untie(tensors: dict[str, Tensor]) -> None:
        tensors["lm_head.decoder.weight"] = torch.randn(90, 24)
        tensors["lm_head.decoder.bias"] = torch.randn(90)

    ids = documents([30])[0]
    for values in ({}, {"tie_word_embeddings": False}):
        folder = changed(roberta, tmp_path / str(len(values)), untie, **values)
        with quiet(), torch.no_grad():
            wanted = AutoModelForMaskedLM.from_pretrained(folder)(ids[None]).logits[0]
            found = from_pretrained(folder, head="mlm").model(ids, packing_from_lengths([30]))
        torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_a_head_that_the_checkpoint_lacks_is_new_and_told(
    family: Family, head: str, tmp_path: Path
) -> None:
    folder = family.saved(tmp_path / "model")
    labels = ("O", "B-PER", "I-PER") if head in ("token", "sequence") else None
    found = from_pretrained(folder, head=head, labels=labels)
    wanted = {key for key, _ in family.model(head, num_labels=3).named_parameters()}
    left = {key for key in wanted if not key.startswith(f"{family.layout.prefix}.")}
    # BERT's pooler stands within the prefix; this checkpoint has it.
    assert set(found.report.new) == left - set(family.layout.tied)
    assert found.labels == (labels or ())
    encoder = found.encoder.state_dict()
    assert all(torch.equal(t, encoder[key]) for key, t in state(from_pretrained(folder)).items())
    ids = torch.cat([documents([9])[0], torch.tensor([2, 7, 2, 2])])
    assert bool(found.model(ids, packing_from_lengths([13])).isfinite().all())


def test_a_new_head_can_be_asked_for(tmp_path: Path) -> None:
    folder = ROBERTA.saved(tmp_path / "model", "token", num_labels=3)
    with pytest.raises(
        InputError, match=r"classifier.weight has the shape \(3, 24\), expected \(2"
    ):
        from_pretrained(folder, head="token", labels=["O", "B-PER"])
    found = from_pretrained(folder, head="token", labels=["O", "B-PER"], new_head=True)
    assert found.report.new == ("classifier.weight", "classifier.bias")
    assert found.report.left_out == ("classifier.bias", "classifier.weight")


def test_labels_are_the_checkpoints(tmp_path: Path) -> None:
    names = {0: "O", 1: "B-PER", 2: "I-PER"}
    folder = BERT.saved(tmp_path / "model", "token", id2label=names)
    assert from_pretrained(folder, head="token").labels == ("O", "B-PER", "I-PER")
    old = changed(folder, tmp_path / "old", id2label=None, label2id=None, num_labels=3)
    assert from_pretrained(old, head="token").labels == ("LABEL_0", "LABEL_1", "LABEL_2")
    gap = changed(folder, tmp_path / "gap", id2label={"0": "O", "2": "B-PER"})
    with pytest.raises(InputError, match="expected a name for each id from 0"):
        from_pretrained(gap, head="token")


def test_parameters_have_the_dtype_that_is_asked_for(roberta: Path, tmp_path: Path) -> None:
    half = tmp_path / "half"
    changed(roberta, half, lambda t: [t.__setitem__(k, t[k].bfloat16()) for k in list(t)])
    for dtype, wanted in (
        (None, torch.bfloat16),
        (torch.float32, torch.float32),
        (torch.float16, torch.float16),
    ):
        model = from_pretrained(half, head="mlm", dtype=dtype).model
        assert {p.dtype for p in model.parameters()} == {wanted}
        assert not model.training
        assert all(p.requires_grad for p in model.parameters())
        assert not any(x.is_meta for x in (*model.parameters(), *model.buffers()))


def test_another_pattern_with_the_same_parameters_can_be_had(tmp_path: Path) -> None:
    folder = LONGFORMER.saved(tmp_path / "model")
    found = from_pretrained(folder, attention=LongformerAttention(32))
    assert found.encoder.config.attention == (LongformerAttention(32),) * 2
    roberta = ROBERTA.saved(tmp_path / "roberta")
    with pytest.raises(InputError, match=r"query_global.weight is missing.* and 7 more"):
        from_pretrained(roberta, attention=LongformerAttention(32))


BROKEN: list[tuple[str, Callable[[dict[str, Tensor]], object], dict[str, object], str]] = [
    (
        "missing",
        lambda t: t.pop("roberta.encoder.layer.1.output.dense.bias"),
        {},
        r"does not fit the config.json beside it: roberta.encoder.layer.1.output.dense.bias is missing$",
    ),
    (
        "unknown",
        lambda t: t.__setitem__("roberta.encoder.layer.2.output.dense.bias", torch.zeros(3)),
        {},
        r"roberta.encoder.layer.2.output.dense.bias is unknown$",
    ),
    (
        "outside",
        lambda t: t.__setitem__("generator.weight", torch.zeros(3)),
        {},
        r"generator.weight is unknown$",
    ),
    (
        "shape",
        lambda t: None,
        {"vocab_size": 91},
        r"roberta.embeddings.word_embeddings.weight has the shape \(90, 24\), expected \(91, 24\)",
    ),
    (
        "head",
        lambda t: t.pop("lm_head.dense.weight"),
        {},
        r"lm_head.dense.weight is missing$",
    ),
    (
        "integers",
        lambda t: t.__setitem__("lm_head.bias", torch.zeros(90, dtype=torch.int8)),
        {},
        r"lm_head.bias holds int8$",
    ),
    (
        "twice",
        lambda t: t.__setitem__("roberta.embeddings.LayerNorm.gamma", torch.zeros(24)),
        {},
        r"are two names of one tensor$",
    ),
    (
        "all",
        lambda t: [t.pop(k) for k in list(t) if "layer.1" in k],
        {},
        r"layer.1.attention.self.value.weight is missing and 11 more$",
    ),
    ("family", len, {"model_type": "gpt2"}, r"config.json: model_type 'gpt2' is not known here"),
    ("decoder", len, {"is_decoder": True}, "is_decoder True is not computed here; expected False"),
    (
        "relative",
        len,
        {"position_embedding_type": "relative_key"},
        "position_embedding_type 'relative_key' is not computed here; expected 'absolute'",
    ),
    ("untied", len, {"tie_word_embeddings": False}, "lm_head.decoder.weight is missing"),
    ("size", len, {"hidden_size": "24"}, "hidden_size is '24', expected a whole number"),
    ("activation", len, {"hidden_act": "swish"}, "hidden_act 'swish' is unknown; expected one of"),
    (
        "dropout",
        len,
        {"hidden_dropout_prob": 2},
        "hidden_dropout_prob is 2, expected 0 or more, at most 1",
    ),
    ("epsilon", len, {"layer_norm_eps": -1e-5}, "layer_norm_eps is -1e-05, expected 0 or more$"),
    (
        "classifier",
        len,
        {"classifier_dropout": "0.1"},
        "classifier_dropout is '0.1', expected 0 to 1, or null",
    ),
    (
        "separator",
        len,
        {"sep_token_id": "2"},
        "sep_token_id is '2', expected a whole number, or null",
    ),
    ("layers", len, {"num_hidden_layers": 0}, "num_hidden_layers is 0, expected 1 or more"),
]


@pytest.mark.parametrize(
    ("change", "values", "message"), [b[1:] for b in BROKEN], ids=[b[0] for b in BROKEN]
)
def test_what_does_not_fit_is_told_by_name(
    roberta: Path,
    tmp_path: Path,
    change: Callable[[dict[str, Tensor]], object],
    values: dict[str, object],
    message: str,
) -> None:
    folder = changed(roberta, tmp_path / "broken", change, **values)
    with pytest.raises(InputError, match=message) as told:
        from_pretrained(folder, head="mlm")
    assert "\n" not in str(told.value)


def test_files_that_are_broken_are_told(roberta: Path, tmp_path: Path) -> None:
    def told(message: str, **kwargs: object) -> None:
        with pytest.raises(InputError, match=message):
            from_pretrained(tmp_path, **kwargs)

    told("is an empty folder, a model was expected")
    weights = (roberta / WEIGHTS).read_bytes()
    (tmp_path / WEIGHTS).write_bytes(weights[:-1000])
    told("has no config.json: it is no checkpoint of transformers")
    config = tmp_path / "config.json"
    config.write_text('{"model_type": "rob')
    told(r"config.json:1: not JSON at column 16")
    config.write_text("[]")
    told("config.json is no JSON object")
    config.write_text((roberta / "config.json").read_text())
    told(r"model.safetensors is no safetensors file, or is cut off \(.*\)$")
    for broken in (b"", b"no tensors", weights[:4]):
        (tmp_path / WEIGHTS).write_bytes(broken)
        told(r"model.safetensors is no safetensors file, or is cut off \(.*\)$")
    (tmp_path / WEIGHTS).unlink()
    told("has no weights: expected model.safetensors or pytorch_model.bin")
    old = tmp_path / "pytorch_model.bin"
    torch.save(load_file(roberta / WEIGHTS), old)
    whole = old.read_bytes()
    for broken in (whole[: len(whole) // 2], b"", b"no tensors"):
        old.write_bytes(broken)
        told(
            r"pytorch_model.bin (is no file of PyTorch's, or is cut off|.*or is broken; it was not)"
        )
    torch.save({"weights": load_file(roberta / WEIGHTS)}, old)
    told("pytorch_model.bin holds something else than tensors by name")
    torch.save({"harm": Harm()}, old)
    told("pytorch_model.bin holds more than tensors, and would run code, or is broken; it was not")
    old.unlink()
    index = tmp_path / f"{WEIGHTS}.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "../other.safetensors"}}))
    told("'../other.safetensors' is no name of a file beside it")
    index.write_text(json.dumps({"weight_map": {"a": "model-1.safetensors"}}))
    told("model-1.safetensors is missing beside it")
    save_file({"b": torch.zeros(1)}, tmp_path / "model-1.safetensors")
    told("a is said to be in model-1.safetensors, which lacks it")
    index.write_text("{}")
    told("has no weight_map that says in which file a tensor is")


class Harm:
    def __reduce__(self):
        return print, ("this pickle ran",)


def test_arguments_that_make_no_sense_are_refused(roberta: Path) -> None:
    for message, kwargs in (
        ("head 'ner' is unknown; expected one of mlm, token", {"head": "ner"}),
        (
            "labels are of the heads token and sequence, not of mlm",
            {"head": "mlm", "labels": ["O"]},
        ),
        (
            "3 attention patterns were given, expected 1 or 2, one for each layer",
            {"attention": [LongformerAttention(8)] * 3},
        ),
        ("a head token without labels can't be", {"head": "token", "labels": []}),
        ("revision main can't be had of .*expected a name on the Hub", {"revision": "main"}),
        ("device 'no such' can't be used", {"device": "no such"}),
    ):
        with pytest.raises(ConfigError, match=message):
            from_pretrained(roberta, **kwargs)
    with pytest.raises(InputError, match="nowhere/ is no model's folder"):
        from_pretrained("nowhere/")


CODE = """
import json, sys
sys.modules["datasets"] = sys.modules["spacy"] = None
from gonerd.errors import GonerdError
from gonerd_baselines.encoder.loading import from_pretrained
for name in sys.argv[1:]:
    name, _, revision = name.partition(":")
    try:
        found = from_pretrained(name, revision=revision or None, head="mlm")
        files = sorted(path.name for path in found.folder.iterdir())
        print(json.dumps([found.id, found.revision, found.encoder.config.vocab_size, files]))
    except GonerdError as problem:
        print(json.dumps(str(problem)))
# Seconds each, and of no use here.
print(json.dumps([name for name in ("torch._dynamo", "transformers") if name in sys.modules]))
"""


def test_names_on_the_hub_are_fetched_at_a_commit(roberta: Path, tmp_path: Path) -> None:
    old = changed(roberta, tmp_path / "old")
    torch.save(load_file(old / WEIGHTS), old / "pytorch_model.bin")
    (old / WEIGHTS).unlink()
    (old / "modeling.py").write_text("raise SystemExit('code of theirs ran')")
    models = {"models/some/roberta": {"main": roberta, "v1": old}, "models/some/old": {"main": old}}
    left = {k: v for k, v in os.environ.items() if k != "HF_HUB_OFFLINE"}
    cache = tmp_path / "hf"
    names = ("some/roberta", "some/roberta@v1", "some/roberta:v1", "some/old", "some/none")
    names = (*names, "some/roberta:v2")
    with serving_hub(models) as address:
        done = subprocess.run(
            [sys.executable, "-c", CODE, *names],
            env=left | {"HF_ENDPOINT": address, "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(cache)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
    assert (done.returncode, done.stderr) == (0, "")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    bin_files = ["config.json", "pytorch_model.bin"]
    assert told == [
        ["some/roberta", commit_of(roberta), 90, ["config.json", WEIGHTS]],
        ["some/roberta", commit_of(old), 90, bin_files],
        ["some/roberta", commit_of(old), 90, bin_files],
        ["some/old", commit_of(old), 90, bin_files],
        "there is no folder some/none here, and some/none: the Hub has no such model, or shows it only "
        "with a token",
        "there is no folder some/roberta@v2 here, and some/roberta@v2: the Hub has no such revision of "
        "this model",
        [],
    ]
