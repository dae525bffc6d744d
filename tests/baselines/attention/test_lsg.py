"""LSG attention's backends against its dense form; test_lsg_reference compares that with lsg-converter."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import torch
from torch import Tensor

from gonerd.errors import ConfigError, InputError
from gonerd_baselines.attention import LongformerAttention, LsgAttention
from gonerd_baselines.attention.lsg_blocks import row_of
from gonerd_baselines.attention.lsg_row import document_seen
from gonerd_baselines.attention.lsg_selection import sparse_tokens
from gonerd_baselines.encoder import Encoder, EncoderConfig
from gonerd_baselines.encoder.prepended import prepended
from gonerd_baselines.packing import Packing, packing_from_lengths
from tests.baselines.attention.packings import HEADS, WIDTH, inputs

LENGTHS = (1, 31, 32, 33, 64, 65, 127, 128, 129, 200, 47)
PATTERNS = [
    LsgAttention(16, sparsity_type="none"),
    LsgAttention(16, 16),
    LsgAttention(16, 16, 4, num_global_tokens=3, mask_first_token=True),
    LsgAttention(32, 16, 4),
    LsgAttention(16, 28),
    LsgAttention(16, 16, 1, mask_first_token=True),
    LsgAttention(16, 16, 4, "pooling", mask_first_token=True),
    LsgAttention(16, 16, 4, "stride", num_global_tokens=3),
    LsgAttention(16, 16, 4, "stride", mask_first_token=True),
    LsgAttention(16, 24, 2, "block_stride", mask_first_token=True),
    LsgAttention(16, 16, 2, "lsh", mask_first_token=True),
    LsgAttention(16, 16, 16, "lsh"),
    LsgAttention(48, 48, 4, "bos_pooling", mask_first_token=True),
]


def packing_of(pattern: LsgAttention, lengths: tuple[int, ...] = LENGTHS) -> Packing:
    """With the global tokens, as the encoder lays them."""
    return packing_from_lengths([length + pattern.extra_tokens for length in lengths])


def name_of(pattern: object) -> str:
    if not isinstance(pattern, LsgAttention):
        return str(pattern)
    masked = "-masked" if pattern.mask_first_token else ""
    return f"{pattern.sparsity_type}-{pattern.block_size}-{pattern.sparsity_factor}{masked}"


@pytest.mark.parametrize("backend", ["auto", "sdpa", "blocked"])
@pytest.mark.parametrize("pattern", PATTERNS, ids=name_of)
def test_numbers_and_gradients_are_those_of_the_dense_form(
    pattern: LsgAttention, backend: str
) -> None:
    packing = packing_of(pattern)
    weight = torch.randn(HEADS, packing.tokens, WIDTH, generator=torch.Generator().manual_seed(1))
    results = []
    for each in (backend, "dense"):
        # In double precision, so that only a wrong mask can differ.
        given = [x.detach().double().requires_grad_() for x in inputs(packing)]
        found = pattern.attend(*given, pattern.prepare(packing, backend=each))
        (found * weight).sum().backward()
        results.append([found, *(x.grad for x in given)])
    for ours, dense in zip(*results, strict=True):
        torch.testing.assert_close(ours, dense, atol=1e-9, rtol=0)


@pytest.mark.parametrize("inference", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("pattern", PATTERNS, ids=name_of)
def test_numbers_without_gradients_are_those_of_the_dense_form(
    pattern: LsgAttention, inference: Callable[[], AbstractContextManager[None]]
) -> None:
    packing = packing_of(pattern)
    with inference():
        given = [x.detach().double() for x in inputs(packing)]
        ours, dense = (
            pattern.attend(*given, pattern.prepare(packing, backend=backend))
            for backend in ("blocked", "dense")
        )
    torch.testing.assert_close(ours, dense, atol=1e-9, rtol=0)


@pytest.mark.parametrize("pattern", [*PATTERNS, LsgAttention()], ids=name_of)
@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
@pytest.mark.usefixtures("uncompiled_flex")
def test_the_mask_of_flex_attention_is_the_dense_form(pattern: LsgAttention) -> None:
    lengths = (300, 1, 257, 700) if pattern.block_size == 128 else (1, 33, 97, 160)
    packing = packing_of(pattern, lengths)
    q, k, v = (x.detach() for x in inputs(packing))
    plan = pattern.prepare(packing, backend="flex")
    wanted = pattern.attend(q, k, v, pattern.prepare(packing, backend="dense"))
    torch.testing.assert_close(pattern.attend(q, k, v, plan), wanted, atol=2e-5, rtol=0)


@pytest.mark.parametrize("pattern", [*PATTERNS, LsgAttention()], ids=name_of)
def test_blocks_that_are_left_out_hold_no_pair_and_those_taken_whole_hold_all(
    pattern: LsgAttention,
) -> None:
    lengths = (300, 1, 257, 1000) if pattern.block_size == 128 else LENGTHS
    row = pattern.prepare(packing_of(pattern, lengths), backend="flex").row
    assert row is not None
    queries, keys = (torch.arange(size) for size in row.mask.seq_lengths)
    zero = torch.tensor(0)
    seen = row.mask_mod(zero, zero, queries[:, None], keys[None, :])
    blocks = seen.view(len(queries) // 128, 128, -1, 128).transpose(1, 2).flatten(2)
    listed = row.mask.to_dense()[0, 0].bool()
    assert not bool((blocks.any(-1) & ~listed).any())
    whole = torch.zeros_like(listed)
    counts, places = row.mask.full_kv_num_blocks, row.mask.full_kv_indices
    assert counts is not None
    assert places is not None
    for index, count in enumerate(counts[0, 0].tolist()):
        whole[index, places[0, 0, index, :count].long()] = True
    assert bool(blocks.all(-1)[whole].all())
    assert bool(whole.any()) or pattern.block_size < 128


@pytest.mark.parametrize("pattern", PATTERNS, ids=name_of)
def test_half_precision_is_within_a_hundredth(pattern: LsgAttention) -> None:
    packing = packing_of(pattern)
    given = [(x / 3).bfloat16().detach() for x in inputs(packing)]
    found = pattern.attend(*given, pattern.prepare(packing))
    # Of the same numbers, so that both choose the same tokens.
    wanted = pattern.attend(*(x.float() for x in given), pattern.prepare(packing, backend="dense"))
    assert found.dtype == torch.bfloat16
    assert float((found.float() - wanted).norm() / wanted.norm()) < 1e-2


@pytest.mark.parametrize("pattern", PATTERNS, ids=name_of)
def test_what_another_document_holds_reaches_no_token(pattern: LsgAttention) -> None:
    packing = packing_of(pattern, (70, 200))
    first = 70 + pattern.extra_tokens
    q, k, v = (x.detach() for x in inputs(packing))
    before = pattern.attend(q, k, v, pattern.prepare(packing))
    k[:, first:], v[:, first:] = 1e6, -1e6
    after = pattern.attend(q, k, v, pattern.prepare(packing))
    assert torch.equal(before[:, :first], after[:, :first])
    assert not torch.equal(before[:, first:], after[:, first:])


def test_sparse_tokens_of_norm_are_the_longest_keys_of_each_block() -> None:
    pattern = LsgAttention(4, 4, 2)
    key = torch.tensor([[5.0, 1, 7, 2, 1, 1.5, 9, 0.5, 3, 4, 2]]).T[None] * torch.ones(1, 11, 8)
    found = sparse_tokens(pattern, row_of(pattern, 11, "cpu"), key, key, key)
    assert found.key[0, :, 0].tolist() == [5, 7, 1.5, 9, 3, 4]
    assert bool(found.seen.all())


def test_a_seed_decides_the_hyperplanes_of_lsh() -> None:
    packing = packing_from_lengths([100])
    q, k, v = (x.detach() for x in inputs(packing))

    def found(seed: int) -> Tensor:
        pattern = LsgAttention(16, 16, sparsity_type="lsh", lsh_seed=seed)
        return pattern.attend(q, k, v, pattern.prepare(packing))

    assert torch.equal(found(1), found(1))
    assert not torch.allclose(found(1), found(2), atol=1e-3)


@pytest.mark.parametrize("pattern", PATTERNS, ids=name_of)
def test_stated_operations_are_four_for_each_pair_that_meets(pattern: LsgAttention) -> None:
    # Whole blocks, where no sparse token is empty, except those of lsh and of a masked first token.
    for length in (1, 32, 48, 240):
        q, k, v = (x.detach()[:, :length] for x in inputs(packing_from_lengths([length])))
        sparse = None
        if pattern.sparse and pattern.is_long(length):
            sparse = sparse_tokens(pattern, row_of(pattern, length, "cpu"), q, k, v)
            if pattern.selection != "norm" and pattern.sparsity_factor > 1:
                sparse.seen.fill_(True)
        seen = document_seen(pattern, length, sparse, device="cpu")
        pairs = int(seen.sum()) / len(seen)
        assert pattern.flops([length], width=96) == 4 * 96 * pairs


@pytest.mark.parametrize("backend", ["dense", "sdpa", "blocked"])
def test_dropout_leaves_out_weights_and_keeps_their_mean(backend: str) -> None:
    pattern = LsgAttention(16, 16)
    packing = packing_from_lengths([200, 20])
    q, k, v = (x.detach() for x in inputs(packing))
    torch.manual_seed(0)
    plan = pattern.prepare(packing, backend=backend)
    found = pattern.attend(q, k, torch.ones_like(v), plan, dropout=0.5)
    assert float(found.std()) > 0.1
    assert float(found.mean()) == pytest.approx(1, abs=0.1)


def test_the_plan_says_which_backend_computes_how_many_documents() -> None:
    pattern = LsgAttention(16, 16)
    packing = packing_from_lengths([10, 33, 34, 300])
    assert pattern.prepare(packing).ran == {"sdpa": 2, "blocked": 2}
    assert pattern.prepare(packing, backend="blocked").ran == {"blocked": 4}
    assert pattern.prepare(packing, backend="flex").ran == {"flex": 4}


def test_what_can_not_be_is_refused() -> None:
    packing = packing_from_lengths([40])
    q, k, v = inputs(packing)
    pattern = LsgAttention(16, 16)
    with pytest.raises(ConfigError, match="lsg attention has no varlen backend"):
        pattern.prepare(packing, backend="varlen")
    with pytest.raises(ConfigError, match="has learned global tokens only"):
        pattern.prepare(packing, global_tokens=torch.zeros(40, dtype=torch.bool))
    with pytest.raises(ConfigError, match=r"flex has no dropout of attention weights \(0.1"):
        pattern.attend(q, k, v, pattern.prepare(packing, backend="flex"), dropout=0.1)
    with pytest.raises(ConfigError, match="has no bias over tokens"):
        pattern.bias(packing)
    with pytest.raises(
        InputError, match="a document of 1 tokens has none beside the 1 global ones"
    ):
        pattern.prepare(packing_from_lengths([1]))
    with pytest.raises(InputError, match="a document has 39 tokens; with adaptive off, expected"):
        LsgAttention(16, 16, adaptive=False).prepare(packing)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sparsity_type": "best"}, "sparsity_type 'best' is unknown; expected one of none, norm"),
        ({"sparsity_factor": -1}, "sparsity_factor is -1, expected 0 or more"),
        ({"block_size": 0}, "block_size is 0, expected 1 or more"),
        ({"num_global_tokens": 0}, "num_global_tokens is 0, expected 1 to 512"),
        ({"num_global_tokens": 513}, "num_global_tokens is 513, expected 1 to 512"),
        ({"mask_first_token": True, "pool_with_global": False}, "needs pool_with_global"),
        ({"sparsity_factor": 3}, "block_size 128 can't be divided by sparsity_factor 3"),
        ({"block_size": 6}, "block_size 6 / sparsity_factor 2 is 3, expected 1 or even"),
        (
            {"sparse_block_size": 48},
            "sparse_block_size is 48, expected more than 48, three quarters",
        ),
        (
            {"sparse_block_size": 96},
            "makes sparse tokens of 96 tokens at a time, expected a divisor",
        ),
        (
            {"block_size": 16, "sparsity_factor": 16, "sparsity_type": "lsh"},
            "lsh can't hash 16 tokens into one bucket",
        ),
    ],
)
def test_a_pattern_that_makes_no_sense_is_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        LsgAttention(**fields)  # type: ignore[arg-type]


def test_learned_tokens_are_put_before_each_document_and_taken_off() -> None:
    packing = packing_from_lengths([2, 1, 3])
    own = torch.tensor([10, 11, 20, 30, 31, 32])
    extra = torch.tensor([-1, -2] * 3)
    longer = prepended(packing, 2, pooled=False)
    inner = longer.put_on(own, extra)
    assert longer.packing.lengths == (4, 3, 5)
    assert inner.tolist() == [-1, -2, 10, 11, -1, -2, 20, -1, -2, 30, 31, 32]
    assert longer.taken_off(inner).tolist() == own.tolist()
    pooled = prepended(packing, 2, pooled=True)
    assert pooled.taken_off(inner).tolist() == [-1, 11, -1, -1, 31, 32]


def test_only_an_encoder_whose_pattern_has_learned_tokens_holds_them() -> None:
    config = EncoderConfig(
        attention=(LsgAttention(16, 16),) * 2,
        vocab_size=20,
        hidden_size=24,
        num_attention_heads=3,
        intermediate_size=24,
        max_position_embeddings=42,
    )
    assert "embeddings.global_embeddings.weight" in Encoder(config).state_dict()
    other = config.with_attention(LongformerAttention(32))
    assert "embeddings.global_embeddings.weight" not in Encoder(other).state_dict()
    with pytest.raises(ConfigError, match="the layers differ in their learned global tokens"):
        config.with_attention(LsgAttention(16, 16), LongformerAttention(32))
    encoder = Encoder(config)
    found = encoder(torch.full((40,), 3), packing_from_lengths([40]))
    assert found.shape == (40, 24)
    assert encoder.ran == {"blocked": 1}
    with pytest.raises(ConfigError, match="has learned global tokens only"):
        encoder(
            torch.full((40,), 3),
            packing_from_lengths([40]),
            global_tokens=torch.zeros(40, dtype=torch.bool),
        )
