from __future__ import annotations

import time

import pytest
import torch
from torch import Tensor

from gonerd.errors import ConfigError, InputError
from gonerd_baselines.attention import (
    AttentionPattern,
    FullAttention,
    LocalAttention,
    dense_attention,
    pattern_by_name,
)
from gonerd_baselines.encoder import rotary_turn, rotate
from gonerd_baselines.packing import Packing, batches_by_tokens, packing_from_lengths

HEADS, WIDTH = 3, 8
PACKINGS = [(1,), (63,), (64,), (65,), (200,), (1, 63, 64, 65, 200), (5, 1, 1, 130, 2), (64, 64)]
PATTERNS = [LocalAttention(64), LocalAttention(16), LocalAttention(1), FullAttention()]


def inputs(packing: Packing, seed: int = 0) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    # Three times as large as usual: near-uniform attention would let a wrong mask pass.
    return [
        (3 * torch.randn(HEADS, packing.tokens, WIDTH, generator=generator)).requires_grad_()
        for _ in range(3)
    ]


@pytest.mark.parametrize("lengths", PACKINGS)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_is_dense_masked_attention(
    pattern: AttentionPattern, lengths: tuple[int, ...]
) -> None:
    packing = packing_from_lengths(lengths)
    q, k, v = inputs(packing)
    found = pattern.attend(q, k, v, pattern.prepare(packing))
    wanted = dense_attention(q, k, v, pattern.dense_mask(packing))
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)


@pytest.mark.parametrize("lengths", PACKINGS)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_gradients_of_a_pattern_are_those_of_dense_masked_attention(
    pattern: AttentionPattern, lengths: tuple[int, ...]
) -> None:
    packing = packing_from_lengths(lengths)
    # In double precision, so that only a wrong mask can differ.
    ours, dense = ([x.detach().double().requires_grad_() for x in inputs(packing)] for _ in "ab")
    weight = torch.randn(HEADS, packing.tokens, WIDTH, generator=torch.Generator().manual_seed(1))
    (pattern.attend(*ours, pattern.prepare(packing)) * weight).sum().backward()
    (dense_attention(*dense, pattern.dense_mask(packing)) * weight).sum().backward()
    for mine, oracle in zip(ours, dense, strict=True):
        torch.testing.assert_close(mine.grad, oracle.grad, atol=1e-9, rtol=0)


def test_the_dense_mask_is_the_window_of_each_document() -> None:
    mask = LocalAttention(1).dense_mask(packing_from_lengths([3, 2]))
    assert mask.int().tolist() == [
        [1, 1, 0, 0, 0],
        [1, 1, 1, 0, 0],
        [0, 1, 1, 0, 0],
        [0, 0, 0, 1, 1],
        [0, 0, 0, 1, 1],
    ]


@pytest.mark.parametrize("pattern", [LocalAttention(16), FullAttention()])
def test_a_document_is_the_same_alone_and_among_others(pattern: AttentionPattern) -> None:
    lengths = (7, 40, 100)
    packing = packing_from_lengths(lengths)
    q, k, v = inputs(packing)
    together = pattern.attend(q, k, v, pattern.prepare(packing)).split(lengths, dim=1)
    parts = zip(*(x.split(lengths, dim=1) for x in (q, k, v)), strict=True)
    for part, found, length in zip(parts, together, lengths, strict=True):
        alone = packing_from_lengths([length])
        wanted = pattern.attend(*part, pattern.prepare(alone))
        torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)


def test_what_another_document_holds_reaches_no_token() -> None:
    packing = packing_from_lengths([20, 30])
    pattern = LocalAttention(16)
    q, k, v = (x.detach() for x in inputs(packing))
    before = pattern.attend(q, k, v, pattern.prepare(packing))
    k[:, 20:], v[:, 20:] = 1e6, -1e6
    after = pattern.attend(q, k, v, pattern.prepare(packing))
    assert torch.equal(before[:, :20], after[:, :20])
    assert not torch.equal(before[:, 20:], after[:, 20:])


def test_stated_operations_grow_linearly_for_local_and_quadratically_for_full_attention() -> None:
    local, full = LocalAttention(64), FullAttention()
    assert local.flops([16_384], width=96) == 4 * local.flops([4_096], width=96)
    assert full.flops([16_384], width=96) == 16 * full.flops([4_096], width=96)
    assert local.flops([4_096], width=96) == 4_096 * 3 * 64 * 96 * 4
    assert local.flops([64] * 64, width=96) == local.flops([4_096], width=96)


def test_local_attention_of_four_times_the_tokens_takes_about_four_times_as_long() -> None:
    def seconds(tokens: int) -> float:
        packing = packing_from_lengths([tokens])
        q, k, v = (x.detach() for x in inputs(packing))
        pattern = LocalAttention(64)
        prepared = pattern.prepare(packing)
        best = float("inf")
        for _ in range(5):
            began = time.process_time()
            pattern.attend(q, k, v, prepared)
            best = min(best, time.process_time() - began)
        return best

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        # Quadratic cost would be a ratio of 16; the bound leaves room for a busy machine.
        assert seconds(16_384) < 9 * seconds(4_096)
    finally:
        torch.set_num_threads(threads)


def test_rotary_products_depend_on_distance_only() -> None:
    torch.manual_seed(0)
    q, k = torch.randn(1, 1, 8), torch.randn(1, 1, 8)

    def product(at_query: int, at_key: int) -> float:
        turned = [
            rotate(x, rotary_turn(torch.tensor([place]), 8))
            for x, place in ((q, at_query), (k, at_key))
        ]
        return float((turned[0] * turned[1]).sum())

    assert product(10, 3) == pytest.approx(product(5_010, 5_003), abs=1e-3)
    assert product(10, 3) != pytest.approx(product(10, 4), abs=1e-3)


def test_an_unknown_pattern_and_an_empty_window_are_refused() -> None:
    with pytest.raises(ConfigError, match="'flash' is unknown; expected one of full, local"):
        pattern_by_name("flash", window=4)
    with pytest.raises(ConfigError, match="window 0 is too small"):
        pattern_by_name("local", window=0)


def test_a_document_without_tokens_can_not_be_packed() -> None:
    with pytest.raises(InputError, match=r"\[3, 0\] tokens can't be packed"):
        packing_from_lengths([3, 0])


def test_batches_hold_every_document_once_and_cut_none() -> None:
    lengths = [10, 3, 50, 4, 4, 1]
    assert batches_by_tokens(lengths, [2, 0, 1, 3, 4, 5], 12) == [[2], [0], [1, 3, 4, 5]]
