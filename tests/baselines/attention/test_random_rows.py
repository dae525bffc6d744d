"""Rows of random documents, windows and global tokens, against attention written out over all pairs."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from gonerd_baselines.attention import (
    AttentionPattern,
    BigBirdAttention,
    FullAttention,
    LayerShape,
    LongformerAttention,
    LongformerSelfAttention,
    LsgAttention,
    NystromformerAttention,
    dense_attention,
    extra_tokens,
)
from gonerd_baselines.packing import Packing, packing_from_lengths

HEADS, WIDTH = 2, 4

rows = st.lists(st.one_of(st.integers(1, 8), st.integers(1, 150)), min_size=1, max_size=6)
windows = st.sampled_from([2, 4, 10, 34, 80, 130])
shares = st.sampled_from([0.0, 0.02, 0.3, 1.0])
"""Of tokens that are global."""


def numbers(packing: Packing, seed: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    size = (HEADS, packing.tokens, WIDTH)
    draw = [3 * torch.randn(size, generator=generator, dtype=torch.float64) for _ in range(4)]
    return [x.requires_grad_() for x in draw[:3]] + draw[3:]


def marked(packing: Packing, share: float, seed: int) -> Tensor | None:
    if not share:
        return None
    return torch.rand(packing.tokens, generator=torch.Generator().manual_seed(seed)) < share


def outputs_and_gradients(found: Tensor, weight: Tensor, wanted: list[Tensor]) -> list[Tensor]:
    gradients = torch.autograd.grad((found * weight).sum(), wanted, materialize_grads=True)
    return [found.detach(), *gradients]


def assert_same(found: list[Tensor], wanted: list[Tensor]) -> None:
    for mine, oracle in zip(found, wanted, strict=True):
        assert float((mine - oracle).abs().max()) < 1e-9 * max(1.0, float(oracle.abs().max()))


@given(rows, windows, shares, st.sampled_from(["auto", "sdpa", "blocked"]), st.integers(0, 2**16))
def test_longformer_is_its_bias_with_gradients(
    lengths: list[int], window: int, share: float, backend: str, seed: int
) -> None:
    packing, pattern = packing_from_lengths(lengths), LongformerAttention(window)
    *qkv, weight = numbers(packing, seed)
    marks = marked(packing, share, seed)
    plan = pattern.prepare(packing, backend=backend, global_tokens=marks)
    oracle = dense_attention(*qkv, pattern.bias(packing, global_tokens=marks))
    assert_same(
        outputs_and_gradients(pattern.attend(*qkv, plan), weight, qkv),
        outputs_and_gradients(oracle, weight, qkv),
    )


@given(rows, windows, shares, st.integers(0, 2**16))
def test_global_tokens_have_their_own_projections_in_a_row_of_any_documents(
    lengths: list[int], window: int, share: float, seed: int
) -> None:
    packing, pattern = packing_from_lengths(lengths), LongformerAttention(window)
    marks = marked(packing, share, seed)
    torch.manual_seed(seed)
    module = pattern.self_attention(LayerShape(HEADS * WIDTH, HEADS)).double()
    for parameter in module.parameters():
        nn.init.normal_(parameter)
    x = torch.randn(packing.tokens, HEADS * WIDTH, dtype=torch.float64, requires_grad=True)
    weight = torch.randn_like(x)
    wanted = [x, *module.parameters()]
    assert_same(
        outputs_and_gradients(
            module(x, pattern.prepare(packing, global_tokens=marks)), weight, wanted
        ),
        outputs_and_gradients(written_out(module, x, packing, marks), weight, wanted),
    )


def written_out(
    module: LongformerSelfAttention, x: Tensor, packing: Packing, marks: Tensor | None
) -> Tensor:
    """Both attentions over all pairs; each row takes its own."""

    def heads(layer: nn.Module) -> Tensor:
        return layer(x).view(-1, HEADS, WIDTH).transpose(0, 1)

    bias = module.pattern.bias(packing, global_tokens=marks)
    near = dense_attention(heads(module.query), heads(module.key), heads(module.value), bias)
    if marks is not None:
        far = dense_attention(
            heads(module.query_global),
            heads(module.key_global),
            heads(module.value_global),
            FullAttention().bias(packing),
        )
        near = torch.where(marks[:, None], far, near)
    return near.transpose(0, 1).reshape(len(x), -1)


patterns = st.one_of(
    st.builds(
        BigBirdAttention,
        block_size=st.sampled_from([4, 8]),
        num_random_blocks=st.integers(0, 3),
        mode=st.sampled_from(["random", "hf-eval"]),
        seed=st.integers(0, 9),
    ),
    st.builds(
        LsgAttention,
        block_size=st.sampled_from([8, 16]),
        sparse_block_size=st.sampled_from([8, 16]),
        sparsity_factor=st.sampled_from([2, 4]),
        sparsity_type=st.sampled_from(["none", "norm", "pooling", "stride", "block_stride"]),
        num_global_tokens=st.integers(1, 3),
    ),
)


@given(rows, patterns, st.sampled_from(["auto", "sdpa", "blocked"]), st.integers(0, 2**16))
def test_blocks_of_bigbird_and_lsg_are_their_dense_form_with_gradients(
    lengths: list[int], pattern: AttentionPattern, backend: str, seed: int
) -> None:
    packing = packing_from_lengths([length + extra_tokens(pattern) for length in lengths])
    *qkv, weight = numbers(packing, seed)
    found, oracle = (
        outputs_and_gradients(
            pattern.attend(*qkv, pattern.prepare(packing, backend=way)), weight, qkv
        )
        for way in (backend, "dense")
    )
    assert_same(found, oracle)


@given(rows, st.integers(1, 20), st.sampled_from(["sdpa", "blocked"]), st.integers(0, 2**16))
def test_nystromformer_is_its_formula_with_gradients(
    lengths: list[int], landmarks: int, backend: str, seed: int
) -> None:
    packing, pattern = packing_from_lengths(lengths), NystromformerAttention(landmarks)
    *qkv, weight = numbers(packing, seed)
    found, oracle = (
        pattern.attend(*qkv, pattern.prepare(packing, backend=way)) for way in (backend, "dense")
    )
    # An inverse of 6 steps is far from done, and its gradients are large: the order of sums tells more.
    scale = float(oracle.detach().abs().max())
    assert float((found - oracle).detach().abs().max()) < 1e-8 * max(1.0, scale)
    gradients = zip(
        torch.autograd.grad((found * weight).sum(), qkv),
        torch.autograd.grad((oracle * weight).sum(), qkv),
        strict=True,
    )
    for mine, wanted in gradients:
        assert float((mine - wanted).abs().max()) < 1e-6 * max(1.0, float(wanted.abs().max()))


@settings(max_examples=40)
@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=6), windows, shares, st.integers(0, 2**16)
)
def test_blocks_of_flex_attention_hold_all_pairs_that_meet_and_whole_ones_no_others(
    lengths: list[int], window: int, share: float, seed: int
) -> None:
    packing = packing_from_lengths(lengths)
    marks = marked(packing, share, seed)
    for pattern in (LongformerAttention(window), LongformerAttention(1024), FullAttention()):
        chosen = marks if pattern.kind == "longformer" else None
        mask = pattern.prepare(packing, backend="flex", global_tokens=chosen).made
        place = torch.arange(mask.seq_lengths[0])
        found = mask.mask_mod(torch.tensor(0), torch.tensor(0), place[:, None], place[None, :])
        seen = pattern.bias(packing, global_tokens=chosen) == 0
        tokens = packing.tokens
        assert torch.equal(found[:tokens, :tokens], seen)
        # The padding is a document of its own.
        assert not bool(found[:tokens, tokens:].any())
        assert not bool(found[tokens:, :tokens].any())
        blocks = found.view(len(place) // 128, 128, -1, 128).transpose(1, 2).flatten(2)
        some = listed(mask.kv_num_blocks, mask.kv_indices)
        whole = listed(mask.full_kv_num_blocks, mask.full_kv_indices)
        assert not bool((some & whole).any())
        assert not bool((blocks.any(-1) & ~(some | whole)).any())
        assert bool(blocks.all(-1)[whole].all())


def listed(count: Tensor, index: Tensor) -> Tensor:
    """(n, n) bool of the columns that a block mask lists in each row."""
    count, index = count[0, 0], index[0, 0].long()
    found = torch.zeros(index.shape, dtype=torch.bool)
    taken = torch.arange(index.shape[1])[None, :] < count[:, None]
    return found.scatter(1, index, taken)
