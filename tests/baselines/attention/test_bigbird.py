from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gonerd.errors import ConfigError
from gonerd_baselines.attention import BigBirdAttention, LayerShape, dense_attention
from gonerd_baselines.attention.bigbird_blocked import _Gathering
from gonerd_baselines.attention.bigbird_blocks import random_blocks
from gonerd_baselines.encoder import Encoder, EncoderConfig
from gonerd_baselines.packing import Packing, packing_from_lengths
from tests.baselines.attention.packings import HEADS, WIDTH, inputs, some_global

PACKINGS = [(1,), (63,), (64,), (65,), (704,), (705,), (897,), (1000,), (705, 65, 1, 1000, 704)]
SMALL = [(5,), (44,), (45,), (48,), (61,), (45, 4, 1, 61, 44), (64, 64)]
"""The same for blocks of 4 tokens, where 44 tokens are the most that are computed whole."""

MODES = ("random", "hf-eval")
BACKENDS = ("auto", "sdpa", "blocked")


@pytest.mark.parametrize("lengths", PACKINGS)
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("mode", MODES)
def test_a_backend_is_dense_attention_with_the_bias(
    mode: str, backend: str, lengths: tuple[int, ...]
) -> None:
    packing, pattern = packing_from_lengths(lengths), BigBirdAttention(mode=mode, layer=1)
    # In double precision, so that only a wrong mask can differ.
    q, k, v = (x.detach().double() for x in inputs(packing))
    found = pattern.attend(q, k, v, pattern.prepare(packing, backend=backend))
    wanted = dense_attention(q, k, v, pattern.bias(packing, heads=HEADS))
    torch.testing.assert_close(found, wanted, atol=1e-6, rtol=0)
    dense = pattern.attend(q, k, v, pattern.prepare(packing, backend="dense"))
    assert torch.equal(dense, wanted)


@pytest.mark.parametrize("lengths", SMALL)
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("mode", MODES)
def test_the_gradients_of_a_backend_are_those_of_dense_attention(
    mode: str, backend: str, lengths: tuple[int, ...]
) -> None:
    packing, pattern = packing_from_lengths(lengths), BigBirdAttention(4, mode=mode)
    ours, dense = ([x.detach().double().requires_grad_() for x in inputs(packing)] for _ in "ab")
    weight = torch.randn(HEADS, packing.tokens, WIDTH, generator=torch.Generator().manual_seed(1))
    found = pattern.attend(*ours, pattern.prepare(packing, backend=backend))
    wanted = dense_attention(*dense, pattern.bias(packing, heads=HEADS).double())
    torch.testing.assert_close(found, wanted, atol=1e-9, rtol=0)
    (found * weight).sum().backward()
    (wanted * weight).sum().backward()
    for mine, oracle in zip(ours, dense, strict=True):
        torch.testing.assert_close(mine.grad, oracle.grad, atol=1e-9, rtol=0)


@pytest.mark.parametrize("heads", [12, 7, 1])
@pytest.mark.parametrize(
    ("lengths", "groups"), [((897,), 3), ((1024,), 3), ((1300, 2048), 6), ((8192,), 6)]
)
def test_all_heads_and_rows_are_computed_once_in_parts_about_as_large(
    lengths: tuple[int, ...], groups: int, heads: int
) -> None:
    pattern = BigBirdAttention()
    plan = pattern.prepare(packing_from_lengths(lengths), backend="blocked")
    gathering = _Gathering(pattern._rows(plan, heads), torch.empty(heads, sum(lengths), 1))
    found = [range(heads)[group] for group in gathering.groups]
    assert [head for group in found for head in group] == list(range(heads))
    assert len(found) == groups if heads == 12 else len(found) <= groups
    rows = range(len(gathering.flat))
    runs = [rows[at] for _, at in gathering.runs]
    assert [row for run in runs for row in run] == list(rows)
    assert all(6 <= len(run) <= 12 for run in runs)


@pytest.mark.parametrize("lengths", SMALL)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
@pytest.mark.usefixtures("uncompiled_flex")
def test_flex_attention_is_dense_attention_with_the_bias(
    mode: str, lengths: tuple[int, ...]
) -> None:
    packing, pattern = packing_from_lengths(lengths), BigBirdAttention(4, mode=mode)
    q, k, v = (x.detach() for x in inputs(packing))
    found = pattern.attend(q, k, v, pattern.prepare(packing, backend="flex"))
    wanted = dense_attention(q, k, v, pattern.bias(packing, heads=HEADS))
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)


def listed(counts: Tensor, numbers: Tensor) -> Tensor:
    """(1, h, n) and (1, h, n, w) to (h, n, n) bool: is a block named in a row's list?"""
    found = torch.zeros(*counts.shape[1:], counts.shape[2], dtype=torch.bool)
    for at, count in np.ndenumerate(counts[0].numpy()):
        found[at][numbers[(0, *at)][:count].long()] = True
    return found


@pytest.mark.parametrize("lengths", [(48,), (45, 4, 1, 61, 44)])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("align", [1, 2, 4])
def test_the_blocks_listed_for_flex_attention_are_those_of_the_mask(
    align: int, mode: str, lengths: tuple[int, ...]
) -> None:
    from torch.nn.attention.flex_attention import create_mask

    pattern = BigBirdAttention(4, mode=mode)
    plan = pattern.prepare(packing_from_lengths(lengths), backend="flex")
    blocks = pattern._flex(plan, HEADS, align)
    mask, size = blocks.mask, 4 * align
    tokens = create_mask(mask.mask_mod, 1, HEADS, *mask.seq_lengths, device="cpu")[0]
    pairs = tokens.unflatten(2, (-1, size)).unflatten(1, (-1, size)).transpose(2, 3).flatten(3)
    partial, whole, partial_back, whole_back = (
        listed(counts, numbers).expand(HEADS, -1, -1)
        for counts, numbers in (
            (mask.kv_num_blocks, mask.kv_indices),
            (mask.full_kv_num_blocks, mask.full_kv_indices),
            (mask.q_num_blocks, mask.q_indices),
            (mask.full_q_num_blocks, mask.full_q_indices),
        )
    )
    assert torch.equal(pairs.any(-1), partial | whole)
    assert torch.equal(pairs.all(-1) & whole, whole)
    if align == 1:
        assert torch.equal(pairs.all(-1), whole)
    assert torch.equal(partial_back.transpose(1, 2), partial)
    assert torch.equal(whole_back.transpose(1, 2), whole)


def test_blocked_attention_with_dropout_has_the_gradients_of_what_it_drew() -> None:
    packing, pattern = packing_from_lengths((48, 9)), BigBirdAttention(4)
    plan = pattern.prepare(packing, backend="blocked")

    def drawn(*x: Tensor) -> Tensor:
        torch.manual_seed(3)
        return pattern.attend(*x, plan, dropout=0.3)

    q, k, v = (x.detach().double().requires_grad_() for x in inputs(packing))
    assert torch.autograd.gradcheck(drawn, (q, k, v), fast_mode=True)
    q, k, v = (x.detach() for x in (q, k, v))
    kept = pattern.attend(q, k, v, plan)
    assert not torch.allclose(drawn(q, k, v), kept)
    many = torch.stack([pattern.attend(q, k, v, plan, dropout=0.1) for _ in range(400)])
    off = (many.mean(0) - kept).abs().mean() / kept.abs().mean()
    assert float(off) < 0.05


def test_the_gradient_of_dropout_leaves_the_random_numbers_where_they_were() -> None:
    packing, pattern = packing_from_lengths((48,)), BigBirdAttention(4)
    q, k, v = inputs(packing)
    found = pattern.attend(q, k, v, pattern.prepare(packing, backend="blocked"), dropout=0.3)
    torch.rand(3)
    before = torch.get_rng_state()
    found.sum().backward()
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("backend", ["dense", "sdpa", "blocked"])
def test_dropout_reaches_every_row(backend: str) -> None:
    packing, pattern = packing_from_lengths((48, 9)), BigBirdAttention(4)
    q, k, v = inputs(packing)
    plan = pattern.prepare(packing, backend=backend)
    changed = pattern.attend(q, k, v, plan, dropout=0.5) != pattern.attend(q, k, v, plan)
    assert bool(changed.any(2).float().mean() > 0.9)


def test_training_in_blocks_needs_memory_in_proportion_to_the_tokens() -> None:
    from torch.profiler import ProfilerActivity, profile

    def largest(tokens: int) -> int:
        """Bytes of the largest tensor that forward and backward allocate."""
        packing, pattern = packing_from_lengths((tokens,)), BigBirdAttention(16)
        q, k, v = inputs(packing)
        cpu = [ProfilerActivity.CPU]  # torch 2.11 warns of a profile that keeps no events
        with profile(activities=cpu, profile_memory=True, acc_events=True) as watched:
            pattern.attend(q, k, v, pattern.prepare(packing, backend="blocked")).sum().backward()
        return max(
            event.nbytes()
            for event in watched.profiler.kineto_results.events()
            if event.name() == "[memory]"
        )

    small, large = largest(1024), largest(4096)
    assert large <= 4 * small
    # One head's (t, t) scores would take 67 MB.
    assert large < 4 * 4096 * 4096 / 10


# --- transformers -------------------------------------------------------------------------------------------


def transformers_model(layers: int = 2, **changed: Any) -> nn.Module:
    """A fresh one each time: a short batch turns one into full attention for good."""
    from transformers import BigBirdConfig, BigBirdModel

    torch.manual_seed(0)
    shape: dict[str, Any] = {
        "vocab_size": 50,
        "hidden_size": 32,
        "num_hidden_layers": layers,
        "num_attention_heads": 2,
        "intermediate_size": 40,
        "max_position_embeddings": 4096,
        "initializer_range": 0.3,
    }
    return BigBirdModel(BigBirdConfig(**shape | changed), add_pooling_layer=False).eval()


def ours_like(model: Any, *patterns: BigBirdAttention, backend: str = "auto") -> Encoder:
    """Our encoder with the weights of transformers' `model`."""
    shape = model.config
    config = EncoderConfig(
        attention=patterns * (shape.num_hidden_layers // len(patterns)),
        vocab_size=shape.vocab_size,
        hidden_size=shape.hidden_size,
        num_attention_heads=shape.num_attention_heads,
        intermediate_size=shape.intermediate_size,
        hidden_act="gelu_new",
        max_position_embeddings=shape.max_position_embeddings,
        first_position=0,
        type_vocab_size=2,
        pad_token_id=0,
        layer_norm_eps=1e-12,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    encoder = Encoder(config, attention_backend=backend)
    encoder.load_state_dict(model.state_dict())
    return encoder.to(next(model.parameters()).dtype).eval()


def tokens(length: int, seed: int = 1) -> Tensor:
    return torch.randint(5, 50, (length,), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("length", [1, 63, 64, 65, 511, 512, 513, 704, 705, 768, 1000, 1024])
def test_evaluation_is_that_of_transformers(length: int) -> None:
    model = transformers_model()
    ids, packing = tokens(length), packing_from_lengths([length])
    pattern = BigBirdAttention(mode="hf-eval")
    with torch.no_grad():
        wanted = model(ids[None]).last_hidden_state[0]
        found = ours_like(model, pattern)(ids, packing)
        torch.testing.assert_close(found, wanted, atol=2e-5, rtol=0)
        dense = ours_like(model, pattern, backend="dense")(ids, packing)
    torch.testing.assert_close(dense, wanted, atol=2e-5, rtol=0)


@pytest.mark.parametrize("length", [4095, 4096])
def test_evaluation_of_a_long_document_is_that_of_transformers(length: int) -> None:
    model = transformers_model()
    ids = tokens(length)
    with torch.no_grad():
        wanted = model(ids[None]).last_hidden_state[0]
        encoder = ours_like(model, BigBirdAttention(mode="hf-eval"))
        found = encoder(ids, packing_from_lengths([length]))
    assert encoder.ran == {"blocked": 1}
    torch.testing.assert_close(found, wanted, atol=2e-5, rtol=0)


@pytest.mark.parametrize("changed", [{"block_size": 16}, {"block_size": 8, "num_random_blocks": 2}])
def test_other_sizes_of_blocks_are_those_of_transformers(changed: dict[str, int]) -> None:
    model = transformers_model(**changed)
    length = 203
    with torch.no_grad():
        wanted = model(tokens(length)[None]).last_hidden_state[0]
        encoder = ours_like(model, BigBirdAttention(mode="hf-eval", **changed))
        found = encoder(tokens(length), packing_from_lengths([length]))
    torch.testing.assert_close(found, wanted, atol=2e-5, rtol=0)


def test_packed_documents_are_each_as_transformers_computes_them_alone() -> None:
    lengths = (705, 30, 900, 704)
    each = [tokens(length, seed) for seed, length in enumerate(lengths)]
    with torch.no_grad():
        encoder = ours_like(transformers_model(), BigBirdAttention(mode="hf-eval"))
        found = encoder(torch.cat(each), packing_from_lengths(lengths)).split(lengths)
        for ids, part in zip(each, found, strict=True):
            wanted = transformers_model()(ids[None]).last_hidden_state[0]
            torch.testing.assert_close(part, wanted, atol=2e-5, rtol=0)


def their_layer(model: Any, layer: nn.Module, x: Tensor) -> Tensor:
    """transformers' attention `layer` of (t, hidden) tokens, t a multiple of 64, without padding."""
    blocked, band, rows, columns = model.create_masks_for_block_sparse_attn(
        torch.ones(1, len(x), dtype=x.dtype), 64
    )
    with torch.no_grad():
        return layer(x[None], band, rows, columns, blocked, blocked)[0][0]  # type: ignore[no-any-return]  # a module's call


def test_a_layer_in_half_precision_is_that_of_transformers() -> None:
    model = transformers_model(layers=1).to(torch.bfloat16)
    theirs = model.encoder.layer[0].attention.self
    pattern, packing = BigBirdAttention(mode="hf-eval"), packing_from_lengths([1024])
    ours = pattern.self_attention(LayerShape(32, 2)).to(torch.bfloat16)
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(1024, 32, generator=torch.Generator().manual_seed(0)).to(torch.bfloat16)
    wanted = their_layer(model, theirs, x).float()
    with torch.no_grad():
        found = ours(x, pattern.prepare(packing)).float()
    assert float((found - wanted).norm() / wanted.norm()) < 1e-2


def test_layers_in_half_precision_lose_no_more_than_in_transformers() -> None:
    model = transformers_model().to(torch.bfloat16)
    ids, packing = tokens(1000), packing_from_lengths([1000])
    with torch.no_grad():
        found = ours_like(model, BigBirdAttention(mode="hf-eval"))(ids, packing).float()
        theirs = model(ids[None]).last_hidden_state[0].float()
        exact = model.float()(ids[None]).last_hidden_state[0]
    assert float((found - exact).norm()) < 1.05 * float((theirs - exact).norm())


def test_the_gradients_of_a_layer_are_those_of_transformers() -> None:
    length = 720
    model = transformers_model(layers=1)
    encoder = ours_like(model, BigBirdAttention(mode="hf-eval"))
    weight = torch.randn(length, 32, generator=torch.Generator().manual_seed(5))
    (model(tokens(length)[None]).last_hidden_state[0] * weight).mean().backward()
    (encoder(tokens(length), packing_from_lengths([length])) * weight).mean().backward()
    ours = dict(encoder.named_parameters())
    for name, wanted in model.named_parameters():
        torch.testing.assert_close(ours[name].grad, wanted.grad, atol=2e-5, rtol=0, msg=name)


def test_random_blocks_are_computed_as_transformers_computes_them() -> None:
    from transformers.models.big_bird.modeling_big_bird import BigBirdBlockSparseAttention

    class WithOurBlocks(BigBirdBlockSparseAttention):  # type: ignore[misc]  # transformers types it as Any
        """transformers' own attention, which draws anew in training only, with a given pattern."""

        def _bigbird_block_rand_mask_with_head(self, **sizes: Any) -> list[Any]:
            blocks = sizes["from_seq_length"] // sizes["from_block_size"]
            return list(random_blocks(blocks, sizes["num_heads"], 3, 7, 2).numpy())

    model = transformers_model()
    theirs = WithOurBlocks(model.config, seed=0).eval()
    pattern = BigBirdAttention(mode="random", seed=7, layer=2)
    length = 960
    ours = pattern.self_attention(LayerShape(32, 2))
    for projection in (ours.query, ours.key, ours.value):
        nn.init.normal_(projection.weight, std=0.3)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(length, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        found = ours(x, pattern.prepare(packing_from_lengths([length])))
    torch.testing.assert_close(found, their_layer(model, theirs, x), atol=2e-5, rtol=0)


# --- the pattern --------------------------------------------------------------------------------------------


def seen_by_block(pattern: BigBirdAttention, blocks: int, heads: int = 4) -> Tensor:
    """(h, n, n) bool: which blocks of a document of n full blocks see which."""
    size = pattern.block_size
    bias = pattern.bias(packing_from_lengths([blocks * size]), heads=heads)
    seen = (bias > float("-inf")).expand(heads, -1, -1)
    pairs = seen.unflatten(2, (-1, size)).unflatten(1, (-1, size)).transpose(2, 3).flatten(3)
    assert torch.equal(pairs.any(-1), pairs.all(-1))
    return pairs.all(-1)


@pytest.mark.parametrize("blocks", [15, 16, 64])
def test_every_middle_row_sees_eight_blocks_and_is_seen_by_the_ends(blocks: int) -> None:
    seen = seen_by_block(BigBirdAttention(2), blocks)
    assert bool(seen[:, [0, -1]].all())
    assert bool(seen[:, :, [0, -1]].all())
    assert bool((seen[:, 2:-2].sum(-1) == 8).all())
    # Rows 1 and n - 2 have an end for a neighbour: one block less, as in Google's code.
    assert bool((seen[:, [1, -2]].sum(-1) == 7).all())
    for step in (-1, 0, 1):
        assert bool(seen.diagonal(step, 1, 2).all())


def test_random_blocks_differ_between_heads_and_layers_and_seeds() -> None:
    one = seen_by_block(BigBirdAttention(2, layer=0), 64)
    assert len({tuple(head.flatten().tolist()) for head in one}) == 4
    assert not torch.equal(one, seen_by_block(BigBirdAttention(2, layer=1), 64))
    assert not torch.equal(one, seen_by_block(BigBirdAttention(2, seed=1), 64))
    # A head's blocks do not depend on how many heads there are.
    assert torch.equal(one[:2], seen_by_block(BigBirdAttention(2), 64, heads=2))


def test_random_blocks_are_spread_over_the_whole_document() -> None:
    chosen = random_blocks(40, 200, 3, 0, 0)
    share = torch.bincount(chosen.flatten(), minlength=40)[1:-1] / chosen.numel()
    assert (int(chosen.min()), int(chosen.max())) == (1, 38)
    assert float(share.max() / share.min()) < 1.3


def test_the_random_pattern_is_frozen() -> None:
    # A saved model must find the same blocks with every version of numpy, torch and this package.
    assert random_blocks(12, 2, 3, 0, 0)[:, [0, 4, 9]].tolist() == [
        [[7, 8, 9], [1, 2, 10], [1, 5, 7]],
        [[4, 6, 8], [2, 3, 9], [6, 7, 8]],
    ]


def test_the_random_pattern_is_the_same_in_every_call_and_in_training_as_in_evaluation() -> None:
    packing, pattern = packing_from_lengths([1000]), BigBirdAttention(layer=3)
    layer = pattern.self_attention(LayerShape(24, HEADS))
    x = torch.randn(1000, 24, generator=torch.Generator().manual_seed(0))
    first = layer.train()(x, pattern.prepare(packing))
    np.random.default_rng()
    torch.rand(5)
    random_blocks.cache_clear()
    assert torch.equal(first, layer.eval()(x, pattern.prepare(packing)))


def test_in_evaluation_as_transformers_block_0_counts_four_times_for_middle_rows() -> None:
    bias = BigBirdAttention(2, mode="hf-eval").bias(packing_from_lengths([23]))
    four = torch.full((20, 2), float(np.log(4)))
    torch.testing.assert_close(bias[2:22, :2], four)
    bias[2:22, :2] = 0
    assert set(bias.flatten().tolist()) == {0.0, float("-inf")}
    short = BigBirdAttention(2, mode="hf-eval").bias(packing_from_lengths([22]))
    assert not bool(short.any())


@pytest.mark.parametrize("lengths", [(22,), (23,), (31, 5, 64)])
@pytest.mark.parametrize("mode", MODES)
def test_stated_operations_are_four_for_each_pair_that_the_bias_lets_meet(
    mode: str, lengths: tuple[int, ...]
) -> None:
    pattern = BigBirdAttention(2, mode=mode)
    bias = pattern.bias(packing_from_lengths(lengths), heads=2).expand(2, -1, -1)
    pairs = (bias > float("-inf")).sum((1, 2)).tolist()
    assert [pattern.flops(lengths, width=96)] * 2 == [4 * 96 * n for n in pairs]


@pytest.mark.parametrize("mode", MODES)
def test_a_document_is_the_same_alone_and_among_others(mode: str) -> None:
    lengths = (7, 60, 100, 45)
    pattern = BigBirdAttention(4, mode=mode)
    q, k, v = (x.detach() for x in inputs(packing_from_lengths(lengths)))

    def attended(x: tuple[Tensor, ...], sizes: tuple[int, ...]) -> Tensor:
        return pattern.attend(*x, pattern.prepare(packing_from_lengths(sizes), backend="blocked"))

    together = attended((q, k, v), lengths).split(lengths, dim=1)
    parts = zip(*(x.split(lengths, dim=1) for x in (q, k, v)), strict=True)
    for part, found, length in zip(parts, together, lengths, strict=True):
        torch.testing.assert_close(found, attended(part, (length,)), atol=1e-5, rtol=0)


def test_the_plan_says_which_backend_computes_how_many_documents() -> None:
    packing = packing_from_lengths([10, 2000, 20])
    assert BigBirdAttention().prepare(packing).ran == {"sdpa": 2, "blocked": 1}
    assert BigBirdAttention().prepare(packing, backend="blocked").ran == {"blocked": 3}


def test_what_it_can_not_do_is_refused() -> None:
    packing: Packing = packing_from_lengths([50])
    q, k, v = inputs(packing)
    pattern = BigBirdAttention(4)
    with pytest.raises(ConfigError, match="no global tokens but its first and last block"):
        pattern.prepare(packing, global_tokens=some_global((50,)))
    with pytest.raises(ConfigError, match="bigbird attention has no varlen backend; expected one"):
        pattern.prepare(packing, backend="varlen")
    plan = pattern.prepare(packing, backend="flex")
    with pytest.raises(ConfigError, match="flex has no dropout of attention weights"):
        pattern.attend(q, k, v, plan, dropout=0.1)
    with pytest.raises(ConfigError, match="flex can't train on a CPU"):
        pattern.attend(q, k, v, plan)
    with pytest.raises(ConfigError, match="mode 'google' is unknown; expected one of random, hf-"):
        BigBirdAttention(mode="google")
    with pytest.raises(ConfigError, match="block_size is 0, expected 1 or more"):
        BigBirdAttention(0)
    with pytest.raises(ConfigError, match="num_random_blocks is -1, expected 0 or more"):
        BigBirdAttention(num_random_blocks=-1)
