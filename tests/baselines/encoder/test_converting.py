from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch

from gonerd.errors import CheckError, ConfigError
from gonerd_baselines.attention import FullAttention, LongformerAttention
from gonerd_baselines.encoder import agreement as agreement_module
from gonerd_baselines.encoder.agreement import agreement
from gonerd_baselines.encoder.checkpoint import Checkpoint
from gonerd_baselines.encoder.config import EncoderConfig
from gonerd_baselines.encoder.converting import TARGETS, convert
from gonerd_baselines.encoder.global_projections import copy_to_global
from gonerd_baselines.encoder.heads import Model, build_head
from gonerd_baselines.encoder.model import Encoder
from gonerd_baselines.encoder.tiling import global_embeddings, tiled_positions
from gonerd_baselines.packing import packing_from_lengths

OPTIONS: dict[str, dict[str, Any]] = {
    "full": {},
    "longformer": {"attention_window": 16},
    "bigbird": {"block_size": 2, "num_random_blocks": 1},
    "lsg": {"block_size": 4, "sparse_block_size": 4},
    "nystromformer": {"num_landmarks": 10, "conv_kernel_size": 5},
}
LONGEST = {"full": 20, "longformer": 9, "bigbird": 14, "lsg": 8, "nystromformer": 10}
"""Of a source that reads 20 tokens: what both have to agree on."""


def source(layout: str = "roberta", head: str | None = "token", **changes: Any) -> Checkpoint:
    pad, first, types = {"bert": (0, 0, 2)}.get(layout, (1, 2, 1))
    config = EncoderConfig(
        **{
            "attention": (FullAttention(),) * 2,
            "vocab_size": 50,
            "hidden_size": 24,
            "num_attention_heads": 3,
            "intermediate_size": 32,
            "max_position_embeddings": first + 20,
            "first_position": first,
            "type_vocab_size": types,
            "pad_token_id": pad,
            "initializer_range": 0.3,
            **changes,
        }
    )
    torch.manual_seed(0)
    model: Encoder | Model = Encoder(config)
    if head is not None:
        model = Model(Encoder(config), build_head(layout, head, config, 3))
    for parameter in model.parameters():
        if parameter.dim() == 1:
            parameter.data.add_(torch.randn(parameter.shape) * 0.3)
    return Checkpoint(
        model=model.eval(),
        layout=layout,
        head=head,
        labels=("O", "B-PER", "I-PER") if head in ("token", "sequence") else (),
        kept={"bos_token_id": 3, "eos_token_id": 4, "mask_token_id": 5},
    )


@pytest.mark.parametrize("head", [None, "token", "mlm"])
@pytest.mark.parametrize("layout", ["roberta", "bert"])
@pytest.mark.parametrize("to", list(TARGETS))
def test_a_converted_model_agrees_with_its_original_in_short_documents(
    to: str, layout: str, head: str | None
) -> None:
    old = source(layout, head)
    found = convert(old, to=to, max_len=70, options=OPTIONS[to])
    new, report = found.checkpoint, found.report
    assert report.check.lengths == (LONGEST[to], (LONGEST[to] + 1) // 2, 1)
    assert report.check.difference < 2e-5
    assert report.check.largest > 1
    assert new.encoder.config.max_length == 70
    assert (new.head, new.labels) == (head, old.labels)
    assert report.result["parameters"] > report.source["parameters"]
    ids, packing = torch.randint(0, 50, (75,)), packing_from_lengths([70, 5])
    with torch.no_grad():
        assert bool(new.model(ids, packing).isfinite().all())
        if to != "lsg":  # whose global tokens the original has not
            short = (ids[70:], packing_from_lengths([5]))
            torch.testing.assert_close(
                new.model(ids, packing)[70:], old.model(*short), atol=2e-5, rtol=2e-5
            )


@pytest.mark.parametrize("to", list(TARGETS))
def test_every_part_is_told_and_the_original_is_left_as_it_was(to: str) -> None:
    old = source(head="mlm")
    before = {name: tensor.clone() for name, tensor in old.model.state_dict().items()}
    found = convert(old, to=to, max_len=70, options=OPTIONS[to])
    report, encoder = found.report, found.checkpoint.encoder
    heads = {name for name, _ in found.checkpoint.model.head.named_parameters()}
    parts = set(encoder.state_dict()) | {name for name in heads if "decoder" not in name}
    assert set(report.parts) == parts
    for name, parameter in found.checkpoint.model.named_parameters():
        parameter.data.fill_(7.0)
        assert name
    after = old.model.state_dict()
    assert all(torch.equal(tensor, after[name]) for name, tensor in before.items())
    held = report.as_json()
    assert held["check"]["agrees"] is True
    assert sum(len(names) for names in held["parts"].values()) == len(parts)
    text = report.as_text()
    for how in held["parts"]:
        assert f"{how}:" in text
    assert "roberta -> " in text
    assert "-> 70 tokens" in text


def test_what_is_new_differs_by_target() -> None:
    def ways(to: str) -> set[str]:
        found = convert(source(), to=to, max_len=70, options=OPTIONS[to])
        return {part.how for part in found.report.parts.values()}

    assert ways("full") == ways("bigbird") == {"copied", "tiled"}
    assert ways("longformer") == {"copied", "tiled", "copied to global"}
    assert ways("lsg") == {"copied", "tiled", "made"}
    assert ways("nystromformer") == {"copied", "tiled", "new"}


def test_global_projections_are_copies_of_their_own() -> None:
    new = convert(source(), to="longformer", max_len=70, options=OPTIONS["longformer"]).checkpoint
    for layer in new.encoder.encoder.layer:
        attention = layer.attention.self
        for name in ("query", "key", "value"):
            plain, wide = getattr(attention, name), getattr(attention, f"{name}_global")
            assert torch.equal(plain.weight, wide.weight)
            assert plain.weight.data_ptr() != wide.weight.data_ptr()


def test_global_projections_follow_what_was_trained() -> None:
    new = convert(source(), to="longformer", max_len=70, options=OPTIONS["longformer"]).checkpoint
    for parameter in new.encoder.parameters():
        parameter.data.add_(torch.randn(parameter.shape))
    copy_to_global(new.encoder)
    for layer in new.encoder.encoder.layer:
        attention = layer.attention.self
        for name in ("query", "key", "value"):
            plain, wide = getattr(attention, name), getattr(attention, f"{name}_global")
            assert torch.equal(plain.weight, wide.weight)
            assert torch.equal(plain.bias, wide.bias)
    with pytest.raises(ConfigError, match="full attention has no global projections"):
        copy_to_global(source().encoder)


@pytest.mark.parametrize(
    ("to", "layout", "first"),
    [
        ("longformer", "longformer", 1),  # pad_token_id 0, and then the positions
        ("bigbird", "big_bird", 0),
        ("nystromformer", "nystromformer", 2),
        ("lsg", "lsg-roberta", 1),
        ("full", "bert", 0),
    ],
)
def test_positions_begin_where_the_new_family_has_them(to: str, layout: str, first: int) -> None:
    old = source("bert")
    new = convert(old, to=to, max_len=70, options=OPTIONS[to]).checkpoint
    assert (new.layout, new.encoder.config.first_position) == (layout, first)
    table = new.encoder.embeddings.position_embeddings.weight
    positions = old.encoder.embeddings.position_embeddings.weight
    assert len(table) == first + 70
    assert not table[:first].any()
    assert torch.equal(table[first:], torch.cat([positions] * 4)[:70])


def test_the_rows_before_the_first_position_are_kept() -> None:
    table = torch.arange(10.0)[:, None]
    found = tiled_positions(table, first=2, new_first=2, length=20)[:, 0].tolist()
    assert found == [0, 1, *range(2, 10), *range(2, 10), *range(2, 6)]
    found = tiled_positions(table, first=2, new_first=0, length=9)[:, 0].tolist()
    assert found == [*range(2, 10), 2]
    found = tiled_positions(table, first=1, new_first=3, length=9)[:, 0].tolist()
    assert found == [0, 0, 0, *range(1, 10)]


def test_global_tokens_of_lsg_are_positions_far_apart_with_the_mask() -> None:
    words = torch.randn(9, 4)
    for count, every in ((512, 1), (1100, 2)):  # of 1100 positions 1024 are taken, every other one
        positions = torch.randn(count, 4)
        found = global_embeddings(words, positions, None, begin=3, mask=5)
        for row in (0, 1, 7, 8, 300, 511):
            column, step = (row % 8, row // 8) if every == 1 else (row % 16, row // 16)
            place = every * (column * (64 // every) + step)
            wanted = positions[place] + words[3 if row == 0 else 5]
            torch.testing.assert_close(found[row], wanted)
    typed = global_embeddings(words, positions, words[1], begin=3, mask=5)
    torch.testing.assert_close(typed, found + words[1])


def test_positions_that_are_too_few_for_lsg_are_drawn_by_the_seed() -> None:
    words, positions = torch.randn(9, 4), 5 + torch.randn(100, 4)
    first, again, other = (
        global_embeddings(words, positions, None, begin=3, mask=5, seed=seed) for seed in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert 4.5 < float((first - words[5]).mean()) < 5.5


def test_half_precision_stays() -> None:
    old = source(head="mlm")
    old.model.to(torch.bfloat16)
    for to in TARGETS:
        new = convert(old, to=to, max_len=70, options=OPTIONS[to]).checkpoint
        assert {parameter.dtype for parameter in new.model.parameters()} == {torch.bfloat16}


def test_a_decoder_of_its_own_stays_one() -> None:
    old = source(head="mlm")
    old.model.head.vocabulary.decoder.weight = torch.nn.Parameter(torch.randn(50, 24))
    new = convert(old, to="bigbird", max_len=70, options=OPTIONS["bigbird"]).checkpoint
    decoder = new.model.head.vocabulary.decoder.weight
    assert torch.equal(decoder, old.model.head.vocabulary.decoder.weight)
    assert decoder is not new.encoder.embeddings.word_embeddings.weight


def test_a_layer_may_have_its_own_window() -> None:
    found = convert(source(), to="longformer", max_len=70, options={"attention_window": (8, 16)})
    assert found.checkpoint.encoder.config.attention == (
        LongformerAttention(8),
        LongformerAttention(16),
    )
    assert found.report.check.lengths == (5, 3, 1)  # the narrowest


def test_random_blocks_depend_on_layer_and_seed() -> None:
    options = {**OPTIONS["bigbird"], "mode": "random"}
    found = convert(source(), to="bigbird", max_len=70, options=options, seed=5)
    patterns = found.checkpoint.encoder.config.attention
    assert [(pattern.seed, pattern.layer) for pattern in patterns] == [(5, 0), (5, 1)]


def test_special_tokens_are_told_to_the_new_family() -> None:
    kept = convert(source(), to="bigbird", max_len=70, options=OPTIONS["bigbird"]).checkpoint.kept
    assert (kept["bos_token_id"], kept["eos_token_id"], kept["sep_token_id"]) == (3, 4, 4)


def test_a_model_that_differs_is_no_conversion(monkeypatch: pytest.MonkeyPatch) -> None:
    old = source()
    new = convert(old, to="longformer", max_len=70, options=OPTIONS["longformer"]).checkpoint
    new.encoder.encoder.layer[1].attention.self.key_global.weight.data.mul_(1.1)
    assert agreement(
        old, new, longest=1, where=""
    ).agrees  # one token sees itself, whatever its key
    assert not agreement(old, new, longest=9, where="").agrees
    monkeypatch.setattr(agreement_module, "TOLERANCE", 0.0)
    with pytest.raises(
        CheckError, match=r"differs from the original by .* in documents of 9 tokens"
    ):
        convert(old, to="longformer", max_len=70, options=OPTIONS["longformer"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"to": "linformer"}, "'linformer' is no target; expected one of full, longformer"),
        ({"to": "nystromformer"}, "max_len 70 is no multiple of num_landmarks 64; transformers'"),
        ({"max_len": 19}, "max_len is 19, less than the 20 tokens that the model reads already"),
        (
            {"options": {"block_size": 4}},
            "longformer attention has no block_size; expected one of attention_window",
        ),
        ({"options": {"attention_window": (2, 2, 2)}}, "has 3 values, expected one, or 2"),
        ({"options": {"attention_window": 3}}, "attention_window is 3, expected an even number"),
    ],
)
def test_what_can_not_be_converted_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        convert(source(), **{"to": "longformer", "max_len": 70, **changes})


def test_only_full_attention_is_converted() -> None:
    new = convert(source(), to="longformer", max_len=70, options=OPTIONS["longformer"]).checkpoint
    with pytest.raises(ConfigError, match="has longformer attention already; expected full"):
        convert(new, to="longformer", max_len=90)


@pytest.mark.parametrize(
    ("layout", "head", "to", "changes"),
    [
        ("roberta", "sequence", "bigbird", {}),
        ("bert", "sequence", "longformer", {}),
        ("roberta", "qa", "bigbird", {}),
        ("bert", "mlm", "longformer", {"hidden_act": "gelu_new"}),
    ],
)
def test_a_head_that_would_compute_something_else_is_refused(
    layout: str, head: str, to: str, changes: dict[str, Any]
) -> None:
    old = source(layout, head, **changes)
    with pytest.raises(ConfigError, match=f"the head {head} of a {layout} model .* something else"):
        convert(old, to=to, max_len=70, options=OPTIONS[to])


def test_lsg_needs_a_mask() -> None:
    old = dataclasses.replace(source(), kept={"bos_token_id": 3})
    with pytest.raises(ConfigError, match="expected a tokenizer beside the model that names both"):
        convert(old, to="lsg", max_len=70, options=OPTIONS["lsg"])
