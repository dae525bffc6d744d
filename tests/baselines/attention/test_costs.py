from __future__ import annotations

import time
from itertools import pairwise

import pytest
import torch

from gonerd_baselines.attention import (
    AttentionPattern,
    BigBirdAttention,
    FullAttention,
    LongformerAttention,
    LsgAttention,
    NystromformerAttention,
)
from gonerd_baselines.packing import packing_from_lengths
from tests.baselines.attention.packings import inputs

EFFICIENT = [
    LongformerAttention(),
    LongformerAttention(32),
    BigBirdAttention(),
    BigBirdAttention(32, mode="hf-eval"),
    LsgAttention(),
    LsgAttention(32, 32, 4, "pooling"),
    NystromformerAttention(),
    NystromformerAttention(8, None),
]
FULL = [FullAttention(), NystromformerAttention(None, None)]


@pytest.mark.parametrize("pattern", EFFICIENT)
def test_an_efficient_pattern_costs_four_times_as_much_for_four_times_the_tokens(
    pattern: AttentionPattern,
) -> None:
    costs = [pattern.flops([tokens], width=768) for tokens in (4_096, 16_384, 65_536)]
    for less, more in pairwise(costs):
        assert 3.9 < more / less < 4.4


@pytest.mark.parametrize("pattern", FULL)
def test_full_attention_costs_sixteen_times_as_much(pattern: AttentionPattern) -> None:
    assert pattern.flops([16_384], width=768) == 16 * pattern.flops([4_096], width=768)


@pytest.mark.parametrize("pattern", [*EFFICIENT, *FULL])
def test_costs_add_up_over_documents_and_grow_with_the_width(pattern: AttentionPattern) -> None:
    lengths = [1, 63, 64, 65, 700, 4_096]
    each = sum(pattern.flops([length], width=96) for length in lengths)
    assert pattern.flops(lengths, width=96) == each
    assert pattern.flops(lengths, width=192) == 2 * each


@pytest.mark.parametrize("pattern", EFFICIENT)
@pytest.mark.parametrize("tokens", [4_096, 16_384])
def test_an_efficient_pattern_costs_less_than_full_attention_of_long_documents(
    pattern: AttentionPattern, tokens: int
) -> None:
    full = FullAttention().flops([tokens], width=768)
    # The window of 512 and what LSG adds to three blocks of 128 are about an eighth of 4,096 tokens.
    assert pattern.flops([tokens], width=768) < full / 3 * (4_096 / tokens)


@pytest.mark.parametrize(
    "pattern",
    [
        LongformerAttention(128),
        BigBirdAttention(),
        LsgAttention(32, 32),
        NystromformerAttention(),
    ],
)
def test_four_times_the_tokens_take_about_four_times_as_long(pattern: AttentionPattern) -> None:
    def seconds(tokens: int) -> float:
        packing = packing_from_lengths([tokens])
        q, k, v = (x.detach() for x in inputs(packing))
        plan = pattern.prepare(packing)
        best = float("inf")
        for _ in range(5):
            began = time.process_time()
            pattern.attend(q, k, v, plan)
            best = min(best, time.process_time() - began)
        return best

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        # Quadratic cost would be a ratio of 16; the bound leaves room for a busy machine.
        assert seconds(32_768) < 9 * seconds(8_192)
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize(
    ("pattern", "tera"),
    [
        (FullAttention(), 9.90),
        (LongformerAttention(), 1.20),
        (NystromformerAttention(64, None), 0.31),
    ],
)
def test_sixteen_documents_of_4096_tokens_cost_what_the_roofline_is_drawn_from(
    pattern: AttentionPattern, tera: float
) -> None:
    # Twelve layers of 768.
    assert 12 * pattern.flops([4_096] * 16, width=768) / 1e12 == pytest.approx(tera, rel=0.01)
