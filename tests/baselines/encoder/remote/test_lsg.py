"""The file of code beside an LSG checkpoint, opened by plain transformers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import save_file
from torch import Tensor

from gonerd.errors import ConfigError
from gonerd_baselines.attention import LsgAttention
from gonerd_baselines.encoder import Encoder, EncoderConfig
from gonerd_baselines.encoder.remote import (
    is_lsg_config,
    lsg_config_values,
    lsg_pattern_from_config,
    remote_files,
)
from gonerd_baselines.packing import packing_from_lengths

LENGTHS = (1, 31, 32, 33, 47, 100)
PATTERNS = [
    LsgAttention(16, 16),
    LsgAttention(16, 16, 4, "pooling", num_global_tokens=3),
    LsgAttention(16, 24, 4, "stride", mask_first_token=True),
    LsgAttention(16, 16, 4, "block_stride", pool_with_global=False),
    LsgAttention(16, 16, 2, "lsh", lsh_seed=5),
    LsgAttention(16, 16, 16, "lsh"),
    LsgAttention(16, 16, 4, "bos_pooling", mask_first_token=True),
    LsgAttention(16, 32, 1, "norm"),
    LsgAttention(16, 28, 2, "norm"),
    LsgAttention(16, sparsity_type="none"),
]


def saved(folder: Path, pattern: LsgAttention, head: str) -> Encoder:
    """A random encoder of ours, and in `folder` a checkpoint with a random head."""
    config = EncoderConfig(
        attention=(pattern,) * 2,
        vocab_size=60,
        hidden_size=32,
        num_attention_heads=4,
        intermediate_size=40,
        max_position_embeddings=max(LENGTHS) + 2,
    )
    shared = "vocab_size hidden_size num_attention_heads intermediate_size num_hidden_layers"
    shared += " max_position_embeddings type_vocab_size layer_norm_eps"
    shape = transformers.RobertaConfig(
        **{name: getattr(config, name) for name in shared.split()},
        num_labels=2 if head == "ForQuestionAnswering" else 5,
    )
    values = shape.to_dict() | lsg_config_values(pattern) | {"architectures": [f"LSGRoberta{head}"]}
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(values))
    for name, text in remote_files().items():
        (folder / name).write_text(text)
    generator = torch.Generator().manual_seed(0)
    encoder = Encoder(config).eval()
    with torch.no_grad():
        for name, weight in encoder.named_parameters():
            numbers = torch.randn(weight.shape, generator=generator) * 0.3
            weight.copy_(numbers + 1 if name.endswith("LayerNorm.weight") else numbers)
    plain = getattr(transformers, f"Roberta{head}")(shape).state_dict()
    weights = {
        name: torch.randn(value.shape, generator=generator) * 0.3
        for name, value in plain.items()
        if not name.startswith("roberta.") and "decoder" not in name
    }
    weights |= {f"roberta.{name}": value for name, value in encoder.state_dict().items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return encoder


def opened(folder: Path, head: str, **named: Any) -> Any:
    auto = getattr(transformers, f"AutoModel{head}")
    model, report = auto.from_pretrained(
        folder, trust_remote_code=True, output_loading_info=True, **named
    )
    assert not any(report.values()), report
    return model.eval()


def padded_batch(*, left: bool = False) -> tuple[Tensor, Tensor]:
    """Random ids (b, n) and their mask, shorter documents filled up on one side."""
    generator = torch.Generator().manual_seed(1)
    ids = torch.full((len(LENGTHS), max(LENGTHS)), 1)
    mask = torch.zeros_like(ids)
    for row, length in enumerate(LENGTHS):
        place = slice(max(LENGTHS) - length, None) if left else slice(length)
        ids[row, place] = torch.randint(2, 60, (length,), generator=generator)
        mask[row, place] = 1
    return ids, mask


@pytest.mark.parametrize(
    "pattern",
    PATTERNS,
    ids=lambda p: f"{p.sparsity_type}-{p.sparsity_factor}-{p.sparse_block_size}",
)
@pytest.mark.parametrize("left", [False, True])
def test_plain_transformers_gives_our_numbers_for_a_padded_batch(
    pattern: LsgAttention, left: bool, tmp_path: Path
) -> None:
    encoder = saved(tmp_path, pattern, "ForTokenClassification")
    model = opened(tmp_path, "ForTokenClassification")
    ids, mask = padded_batch(left=left)
    kept = mask.bool()
    states = encoder(ids[kept], packing_from_lengths(LENGTHS))
    found = model(input_ids=ids, attention_mask=mask).logits[kept]
    torch.testing.assert_close(found, model.classifier(states), atol=2e-5, rtol=0)


@pytest.mark.parametrize(
    "head",
    ["ForMaskedLM", "ForSequenceClassification", "ForQuestionAnswering", "ForTokenClassification"],
)
def test_each_head_opens_saves_and_opens_again(head: str, tmp_path: Path) -> None:
    encoder = saved(tmp_path / "ours", LsgAttention(16, 16), head)
    model = opened(tmp_path / "ours", head)
    ids, mask = padded_batch()
    states = torch.zeros(*ids.shape, 32)
    states[mask.bool()] = encoder(ids[mask.bool()], packing_from_lengths(LENGTHS))
    if head == "ForMaskedLM":
        wanted = model.lm_head(states)
    else:
        wanted = (model.qa_outputs if head == "ForQuestionAnswering" else model.classifier)(states)
    given = {"input_ids": ids, "attention_mask": mask}
    (tmp_path / "theirs").mkdir()
    model.save_pretrained(tmp_path / "theirs")
    for each in (model, opened(tmp_path / "theirs", head)):
        result = each(**given)
        if head == "ForQuestionAnswering":
            found = torch.stack([result.start_logits, result.end_logits], dim=-1)
        else:
            found = result.logits
        if head != "ForSequenceClassification":
            found, expected = found[mask.bool()], wanted[mask.bool()]
        else:
            expected = wanted
        torch.testing.assert_close(found, expected, atol=2e-5, rtol=0)


def test_the_remote_code_trains_like_ours(tmp_path: Path) -> None:
    encoder = saved(tmp_path, LsgAttention(16, 16), "ForTokenClassification")
    model = opened(tmp_path, "ForTokenClassification")
    ids, mask = padded_batch()
    kept = mask.bool()
    model(input_ids=ids, attention_mask=mask).logits[kept].square().sum().backward()
    states = encoder(ids[kept], packing_from_lengths(LENGTHS))
    model.classifier(states).square().sum().backward()
    theirs = dict(model.roberta.named_parameters())
    # Against the largest gradient: a bias of keys drops out of the softmax, and has nothing but rounding.
    scale = max(float(each.grad.abs().max()) for each in theirs.values())
    for name, ours in encoder.named_parameters():
        assert ours.grad is not None, name
        torch.testing.assert_close(theirs[name].grad / scale, ours.grad / scale, atol=2e-5, rtol=0)


def test_without_trust_the_checkpoint_does_not_open_as_something_else(tmp_path: Path) -> None:
    saved(tmp_path, LsgAttention(16, 16), "ForTokenClassification")
    with pytest.raises(ValueError, match="trust_remote_code"):
        transformers.AutoModelForTokenClassification.from_pretrained(
            tmp_path, trust_remote_code=False
        )


def test_what_the_remote_code_can_not_give_is_refused(tmp_path: Path) -> None:
    saved(tmp_path, LsgAttention(16, 16), "ForTokenClassification")
    model = opened(tmp_path, "ForTokenClassification")
    with pytest.raises(ValueError, match="has no output_hidden_states"):
        model(input_ids=torch.full((1, 4), 5), output_hidden_states=True)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_config_gives_its_pattern_back(pattern: LsgAttention) -> None:
    assert lsg_pattern_from_config(json.loads(json.dumps(lsg_config_values(pattern)))) == pattern


def test_lsg_converters_own_config_is_read() -> None:
    values = {
        "model_type": "roberta",
        "base_model_prefix": "lsg",
        "block_size": 64,
        "sparsity_type": None,
    }
    assert is_lsg_config(values)
    assert lsg_pattern_from_config(values) == LsgAttention(64, sparsity_type="none")
    values |= {"mask_first_token": True, "pool_with_global": False, "sparsity_type": "norm"}
    assert lsg_pattern_from_config(values) == LsgAttention(64, mask_first_token=True)
    with pytest.raises(ConfigError, match="has model_type 'roberta', expected 'lsg-roberta'"):
        lsg_pattern_from_config({"model_type": "roberta"})
