"""Models that are saved here, opened by plain transformers and by ourselves."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
import torch
import transformers

from gonerd.errors import ConfigError, InputError, OutputError
from gonerd_baselines.attention import FullAttention
from gonerd_baselines.encoder.checkpoint import Checkpoint
from gonerd_baselines.encoder.layouts import HEADS
from gonerd_baselines.encoder.loading import from_pretrained
from gonerd_baselines.encoder.saving import to_hf
from gonerd_baselines.packing import packing_from_lengths
from tests.baselines.encoder.families import (
    FAMILIES,
    LONGFORMER,
    Family,
    computed,
    documents,
    marks,
    quiet,
)
from tests.gonerd.adapters.checkpoints import save_roberta

ROBERTA = Family("roberta")
AUTO = {
    None: transformers.AutoModel,
    "mlm": transformers.AutoModelForMaskedLM,
    "token": transformers.AutoModelForTokenClassification,
    "sequence": transformers.AutoModelForSequenceClassification,
    "qa": transformers.AutoModelForQuestionAnswering,
}
LENGTHS = (1, 63, 64, 65, 100)


def assert_same(one: Checkpoint, other: Checkpoint) -> None:
    """All but where they were loaded from, and what was left out there."""
    assert one.encoder.config == other.encoder.config
    assert (one.layout, one.head, one.labels) == (other.layout, other.head, other.labels)
    assert dict(one.kept) == dict(other.kept)
    held, found = one.model.state_dict(), other.model.state_dict()
    assert held.keys() == found.keys()
    assert all(torch.equal(tensor, found[key]) for key, tensor in held.items())


def reread(checkpoint: Checkpoint, folder: Path, **kwargs) -> Checkpoint:
    to_hf(checkpoint, folder, **kwargs)
    return from_pretrained(folder, head=checkpoint.head)


def opened(folder: Path, head: str | None) -> transformers.PreTrainedModel:
    """By plain transformers, which finds all that it needs for the head."""
    with quiet():
        model, told = AUTO[head].from_pretrained(
            folder, output_loading_info=True, trust_remote_code=True
        )
    # A bare model of transformers has a pooler, of which an encoder knows nothing.
    assert all(".pooler." in f".{key}" for key in told["missing_keys"])
    assert not told["unexpected_keys"]
    assert not told["mismatched_keys"]
    return model.eval()


@pytest.mark.parametrize("head", [None, *HEADS])
@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_what_is_loaded_and_saved_is_the_same_here_and_in_transformers(
    family: Family, head: str | None, tmp_path: Path
) -> None:
    labels = {"num_labels": 3} if head in ("token", "sequence") else {}
    theirs = family.model(head, **labels)
    with quiet():
        theirs.save_pretrained(tmp_path / "theirs")
    ours = from_pretrained(tmp_path / "theirs", head=head)
    assert not ours.report.new
    assert_same(ours, reread(ours, tmp_path / "ours"))
    again = opened(tmp_path / "ours", head)
    assert type(again).__name__ == type(theirs).__name__
    apart = {"_name_or_path": "", "architectures": None, "auto_map": None}
    found, wanted = (model.config.to_dict() | apart for model in (again, theirs))
    assert {key: found[key] for key in wanted} == wanted
    for key, tensor in theirs.state_dict().items():
        assert "pooler." in key or torch.equal(tensor, again.state_dict()[key])


@pytest.mark.parametrize("head", [None, *HEADS])
@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_logits_are_those_of_plain_transformers(
    family: Family, head: str | None, tmp_path: Path
) -> None:
    folder = family.saved(tmp_path / "first", head)
    ours = from_pretrained(folder, head=head)
    to_hf(ours, tmp_path / "model")
    ids = documents(LENGTHS)
    if head == "qa":
        ids = [torch.cat([x, torch.tensor([2, 7, 2, 2])]) for x in ids]
    lengths = [len(x) for x in ids]
    chosen = marks(lengths) if family.has_globals else None
    with torch.no_grad():
        wanted = computed(family, opened(tmp_path / "model", head), ids, chosen)
        found = ours.model(torch.cat(ids), packing_from_lengths(lengths), global_tokens=chosen)
    assert found.shape == wanted.shape
    assert float((found - wanted).abs().max()) <= 2e-5 * float(wanted.abs().max())


def test_a_trained_model_is_what_transformers_opens(tmp_path: Path) -> None:
    ours = from_pretrained(
        LONGFORMER.saved(tmp_path / "first"), head="token", labels=["O", "B-PER"]
    )
    optimizer = torch.optim.SGD(ours.model.parameters(), lr=0.1)
    ids, packing = documents(LENGTHS), packing_from_lengths(LENGTHS)
    ours.model.train()
    labels = torch.randint(0, 2, (sum(LENGTHS),))
    ours.model(torch.cat(ids), packing, labels=labels).backward()
    optimizer.step()
    ours.model.eval()
    assert_same(ours, reread(ours, tmp_path / "model"))
    theirs = opened(tmp_path / "model", "token")
    assert theirs.config.id2label == {0: "O", 1: "B-PER"}
    with torch.no_grad():
        wanted = computed(LONGFORMER, theirs, ids)
        found = ours.model(torch.cat(ids), packing)
    assert float((found - wanted).abs().max()) <= 2e-5 * float(wanted.abs().max())


def test_half_precision_stays_half(tmp_path: Path) -> None:
    folder = ROBERTA.saved(tmp_path / "first", "token")
    ours = from_pretrained(folder, head="token", dtype=torch.bfloat16)
    to_hf(ours, tmp_path / "model")
    assert opened(tmp_path / "model", "token").dtype == torch.bfloat16
    assert_same(ours, from_pretrained(tmp_path / "model", head="token", dtype=None))


@pytest.mark.parametrize("head", ["mlm", "token"])
def test_large_weights_are_several_files(head: str, tmp_path: Path) -> None:
    ours = from_pretrained(ROBERTA.saved(tmp_path / "first", head), head=head)
    assert_same(ours, reread(ours, tmp_path / "model", shard_bytes=10_000))
    shards = sorted(path.name for path in (tmp_path / "model").glob("*.safetensors"))
    assert len(shards) > 2
    assert shards[0] == f"model-00001-of-{len(shards):05}.safetensors"
    index = json.loads((tmp_path / "model/model.safetensors.index.json").read_text())
    assert set(index["weight_map"].values()) == set(shards)
    with torch.no_grad():
        ids = documents([30])
        wanted = computed(ROBERTA, opened(tmp_path / "model", head), ids)
        found = ours.model(ids[0], packing_from_lengths([30]))
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-5)


def test_a_decoder_that_is_not_tied_stays_so(tmp_path: Path) -> None:
    folder = ROBERTA.saved(tmp_path / "first", "mlm", tie_word_embeddings=False)
    ours = from_pretrained(folder, head="mlm")
    decoder = ours.model.head.vocabulary.decoder.weight
    assert not torch.equal(decoder, ours.encoder.embeddings.word_embeddings.weight)
    assert_same(ours, reread(ours, tmp_path / "model"))
    with torch.no_grad():
        ids = documents([30])
        wanted = computed(ROBERTA, opened(tmp_path / "model", "mlm"), ids)
        found = ours.model(ids[0], packing_from_lengths([30]))
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-5)


def test_the_tokenizer_goes_along(tmp_path: Path) -> None:
    source = save_roberta(tmp_path / "first", positions=66)
    settings = source / "tokenizer_config.json"
    ours = from_pretrained(source, head="token")
    to_hf(ours, tmp_path / "model")
    tokenizer = transformers.AutoTokenizer.from_pretrained(source)
    text = "Judge Anna Berg sued Harbour Bank of Oslo."
    for folder in (tmp_path / "model", tmp_path / "given", tmp_path / "object"):
        if folder.name == "given":
            to_hf(ours, folder, tokenizer=source)
        elif folder.name == "object":
            to_hf(ours, folder, tokenizer=tokenizer)
        assert transformers.AutoTokenizer.from_pretrained(folder)(text) == tokenizer(text)
    # As roberta-base has it: a limit, and no class.
    settings.write_text('{"model_max_length": 32}')
    to_hf(ours, tmp_path / "limited")
    assert json.loads((tmp_path / "limited/tokenizer_config.json").read_text()) == {
        "model_max_length": 64,
        "tokenizer_class": "RobertaTokenizer",
    }
    settings.write_text("[]")
    with pytest.raises(InputError, match=r"tokenizer_config.json is no JSON object"):
        to_hf(ours, tmp_path / "broken")
    assert not list(tmp_path.glob("broken*"))


def test_a_folder_is_whole_or_not_there(tmp_path: Path) -> None:
    ours = from_pretrained(ROBERTA.saved(tmp_path / "first"))
    with pytest.raises(OutputError, match="exists already"):
        to_hf(ours, tmp_path / "first")
    to_hf(ours, tmp_path / "first", overwrite=True)
    assert_same(ours, from_pretrained(tmp_path / "first"))
    longformer = from_pretrained(LONGFORMER.saved(tmp_path / "longformer"))
    for message, checkpoint in (
        (
            "layout roberta has no longformer attention",
            dataclasses.replace(longformer, layout="roberta"),
        ),
        ("layout longformer has no full attention", dataclasses.replace(ours, layout="longformer")),
        ("layout bert begins its positions in row 0", dataclasses.replace(ours, layout="bert")),
        ("layout 'gpt2' is unknown", dataclasses.replace(ours, layout="gpt2")),
    ):
        with pytest.raises(ConfigError, match=message):
            to_hf(checkpoint, tmp_path / "never")
    assert not list(tmp_path.glob("never*"))


def test_an_encoder_that_was_made_here_can_be_saved(tmp_path: Path) -> None:
    from gonerd_baselines.encoder import Encoder, EncoderConfig

    config = EncoderConfig(
        attention=(FullAttention(),) * 2,
        vocab_size=50,
        hidden_size=24,
        num_attention_heads=3,
        intermediate_size=30,
        max_position_embeddings=66,
        initializer_range=0.3,
    )
    ours = Checkpoint(model=Encoder(config).eval(), layout="roberta")
    assert_same(ours, reread(ours, tmp_path / "model"))
    ids = documents([30])
    ids = [ids[0] % 45 + 5]
    with torch.no_grad():
        wanted = computed(ROBERTA, opened(tmp_path / "model", None), ids)
        found = ours.model(ids[0], packing_from_lengths([30]))
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)
