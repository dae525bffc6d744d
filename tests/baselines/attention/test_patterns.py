from __future__ import annotations

import pytest
import torch

from gonerd.errors import ConfigError, InputError
from gonerd_baselines.attention import (
    AttentionPattern,
    FullAttention,
    LongformerAttention,
    dense_attention,
)
from gonerd_baselines.packing import batches_by_tokens, packing_from_lengths
from gonerd_baselines.tagger.encoder import rotary_turn, rotate
from tests.baselines.attention.packings import HEADS, PACKINGS, WIDTH, inputs, some_global

PATTERNS = [
    LongformerAttention(128),
    LongformerAttention(32),
    LongformerAttention(2),
    FullAttention(),
]
"""Every pattern that sees tokens themselves; what others see is tested in files of their own."""

WAYS = [
    (pattern, backend)
    for pattern in PATTERNS
    for backend in ("auto", "sdpa", "blocked")
    if backend in ("auto", *pattern.backends)
]


@pytest.mark.parametrize("lengths", PACKINGS)
@pytest.mark.parametrize(("pattern", "backend"), WAYS)
def test_a_pattern_is_dense_attention_with_its_bias(
    pattern: AttentionPattern, backend: str, lengths: tuple[int, ...]
) -> None:
    packing = packing_from_lengths(lengths)
    q, k, v = inputs(packing)
    found = pattern.attend(q, k, v, pattern.prepare(packing, backend=backend))
    wanted = dense_attention(q, k, v, pattern.bias(packing))
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)


@pytest.mark.parametrize("lengths", PACKINGS)
@pytest.mark.parametrize(("pattern", "backend"), WAYS)
def test_the_gradients_of_a_pattern_are_those_of_dense_attention(
    pattern: AttentionPattern, backend: str, lengths: tuple[int, ...]
) -> None:
    packing = packing_from_lengths(lengths)
    # In double precision, so that only a wrong mask can differ.
    ours, dense = ([x.detach().double().requires_grad_() for x in inputs(packing)] for _ in "ab")
    weight = torch.randn(HEADS, packing.tokens, WIDTH, generator=torch.Generator().manual_seed(1))
    (pattern.attend(*ours, pattern.prepare(packing, backend=backend)) * weight).sum().backward()
    (dense_attention(*dense, pattern.bias(packing)) * weight).sum().backward()
    for mine, oracle in zip(ours, dense, strict=True):
        torch.testing.assert_close(mine.grad, oracle.grad, atol=1e-9, rtol=0)


@pytest.mark.parametrize("lengths", PACKINGS)
@pytest.mark.parametrize("backend", ["auto", "sdpa", "blocked"])
def test_global_tokens_are_seen_once_by_all_of_their_document(
    backend: str, lengths: tuple[int, ...]
) -> None:
    packing, marked = packing_from_lengths(lengths), some_global(lengths)
    pattern = LongformerAttention(32)
    q, k, v = inputs(packing)
    plan = pattern.prepare(packing, backend=backend, global_tokens=marked)
    wanted = dense_attention(q, k, v, pattern.bias(packing, global_tokens=marked))
    torch.testing.assert_close(pattern.attend(q, k, v, plan), wanted, atol=1e-5, rtol=0)


@pytest.mark.parametrize("lengths", [(200,), (5, 1, 130, 2)])
@pytest.mark.parametrize("pattern", [FullAttention(), LongformerAttention(32)])
@pytest.mark.usefixtures("uncompiled_flex")
@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
def test_the_block_mask_of_flex_attention_is_the_pattern(
    pattern: AttentionPattern, lengths: tuple[int, ...]
) -> None:
    packing, marked = packing_from_lengths(lengths), some_global(lengths)
    q, k, v = (x.detach() for x in inputs(packing))
    for chosen in (None, marked) if pattern.kind == "longformer" else (None,):
        plan = pattern.prepare(packing, backend="flex", global_tokens=chosen)
        wanted = dense_attention(q, k, v, pattern.bias(packing, global_tokens=chosen))
        torch.testing.assert_close(pattern.attend(q, k, v, plan), wanted, atol=1e-5, rtol=0)
        # The blocks that are left out hold no pair; that those taken whole hold every pair: test_random_rows.
        seen = wanted.new_zeros(plan.made.seq_lengths)
        seen[: packing.tokens, : packing.tokens] = pattern.bias(packing, global_tokens=chosen) == 0
        blocks = seen.view(len(seen) // 128, 128, -1, 128).transpose(1, 2).flatten(2)
        listed = plan.made.to_dense()[0, 0].bool()
        assert not bool((blocks.any(-1) & ~listed).any())


@pytest.mark.parametrize(("pattern", "backend"), WAYS)
def test_equal_patterns_are_equal_and_can_be_keys(pattern: AttentionPattern, backend: str) -> None:
    assert len({pattern, type(pattern)(**{n: getattr(pattern, n) for n in pattern.__slots__})}) == 1


def test_the_bias_is_the_window_of_each_document() -> None:
    mask = LongformerAttention(2).bias(packing_from_lengths([3, 2])) == 0
    assert mask.int().tolist() == [
        [1, 1, 0, 0, 0],
        [1, 1, 1, 0, 0],
        [0, 1, 1, 0, 0],
        [0, 0, 0, 1, 1],
        [0, 0, 0, 1, 1],
    ]


@pytest.mark.parametrize("pattern", [LongformerAttention(32), FullAttention()])
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
    pattern = LongformerAttention(32)
    q, k, v = (x.detach() for x in inputs(packing))
    before = pattern.attend(q, k, v, pattern.prepare(packing))
    k[:, 20:], v[:, 20:] = 1e6, -1e6
    after = pattern.attend(q, k, v, pattern.prepare(packing))
    assert torch.equal(before[:, :20], after[:, :20])
    assert not torch.equal(before[:, 20:], after[:, 20:])


@pytest.mark.parametrize("lengths", PACKINGS)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_stated_operations_are_four_for_each_pair_that_the_bias_lets_meet(
    pattern: AttentionPattern, lengths: tuple[int, ...]
) -> None:
    pairs = int((pattern.bias(packing_from_lengths(lengths)) == 0).sum())
    assert pattern.flops(lengths, width=96) == 4 * 96 * pairs


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


def test_what_a_backend_can_not_do_is_refused() -> None:
    packing = packing_from_lengths([5])
    q, k, v = inputs(packing)
    with pytest.raises(ConfigError, match="'flash' is unknown; expected one of auto, dense, sdpa"):
        FullAttention().prepare(packing, backend="flash")
    with pytest.raises(ConfigError, match="full attention has no blocked backend; expected one of"):
        FullAttention().prepare(packing, backend="blocked")
    with pytest.raises(ConfigError, match="varlen runs on CUDA only, not on cpu"):
        FullAttention().prepare(packing, backend="varlen")
    with pytest.raises(ConfigError, match=r"flex has no dropout of attention weights \(0.1 was"):
        FullAttention().attend(
            q, k, v, FullAttention().prepare(packing, backend="flex"), dropout=0.1
        )
    with pytest.raises(ConfigError, match="flex can't train on a CPU"):
        FullAttention().attend(q, k, v, FullAttention().prepare(packing, backend="flex"))
    with pytest.raises(ConfigError, match="full attention has no global tokens"):
        FullAttention().prepare(packing, global_tokens=some_global((5,)))
    with pytest.raises(ConfigError, match="attention_window is 3, expected an even number"):
        LongformerAttention(3)


def test_the_plan_says_which_backend_computes_how_many_documents() -> None:
    packing = packing_from_lengths([10, 300, 20])
    assert LongformerAttention(32).prepare(packing).ran == {"sdpa": 2, "blocked": 1}
    assert LongformerAttention(32).prepare(packing, backend="blocked").ran == {"blocked": 3}
    assert FullAttention().prepare(packing).ran == {"sdpa": 3}


def test_a_document_without_tokens_can_not_be_packed() -> None:
    with pytest.raises(InputError, match=r"\[3, 0\] tokens can't be packed"):
        packing_from_lengths([3, 0])


def test_batches_hold_every_document_once_and_cut_none() -> None:
    lengths = [10, 3, 50, 4, 4, 1]
    assert batches_by_tokens(lengths, [2, 0, 1, 3, 4, 5], 12) == [[2], [0], [1, 3, 4, 5]]
