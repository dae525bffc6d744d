"""The encoder in bfloat16: near the truth, and nearer than transformers' own models.

The truth is the same model in float32 with the same weights, rounded to bfloat16: what that rounding changes,
no computation can undo. An error is the norm of the difference over the norm of the truth; that of gradients
is over all parameters together, and over all draws of random weights. A number of bfloat16 is off by 0.17%
on average, and a gradient goes through dozens. Were every operation exact and only what goes from one to the
next rounded, two layers would give 0.4% (full attention) to 0.6% (Nystromformer); ours give 0.5 to 0.7%. A
single draw may lie just past a hundredth, in that computation as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gonerd_baselines.attention import FullAttention
from gonerd_baselines.encoder.config import EncoderConfig
from gonerd_baselines.encoder.half_precision import Embedding, LayerNorm
from gonerd_baselines.encoder.loading import from_pretrained
from gonerd_baselines.encoder.model import Encoder
from gonerd_baselines.packing import packing_from_lengths
from tests.baselines.encoder.families import (
    DISTINCT,
    FULL,
    LONG,
    LONGFORMER,
    SHORT,
    Family,
    chosen_globals,
    computed,
    documents,
    gradients,
    quiet,
    relative_error,
)

TOKENS, WIDTH = 8192, 24
SMALL = EncoderConfig(
    attention=(FullAttention(),) * 2,
    vocab_size=20,
    hidden_size=WIDTH,
    num_attention_heads=3,
    intermediate_size=40,
    max_position_embeddings=30,
)


def flat(tensors: Iterable[Tensor]) -> Tensor:
    return torch.cat([x.flatten() for x in tensors])


def selecting(kind: str) -> Family:
    """LSG with another way to its sparse tokens."""
    settings = {"block_size": 8, "sparse_block_size": 8, "num_global_tokens": 3}
    return Family("lsg-roberta", settings | {"sparsity_type": kind}, name=f"lsg-{kind}")


SELECTING = [selecting(kind) for kind in ("norm", "stride", "block_stride", "lsh", "bos_pooling")]


def within_a_hundredth(
    family: Family, lengths: Sequence[int], folder: Path, *, draws: int, **shape: Any
) -> None:
    """In hidden states and gradients, and no worse than transformers' own."""
    ids, packing = documents(lengths), packing_from_lengths(lengths)
    states: list[tuple[Tensor, ...]] = []
    slopes: list[tuple[Tensor, ...]] = []
    for seed in range(draws):
        model = family.model(longest=4096, seed=seed, **shape)
        with quiet():
            model.save_pretrained(folder / str(seed))
        model.to(torch.bfloat16)
        half = from_pretrained(folder / str(seed), dtype=torch.bfloat16).encoder
        exact = deepcopy(half).float()
        weight = torch.randn(sum(lengths), model.config.hidden_size)
        for chosen in chosen_globals(family, lengths):
            results = (
                exact(torch.cat(ids), packing, global_tokens=chosen),
                half(torch.cat(ids), packing, global_tokens=chosen),
                computed(family, model, ids, chosen),
            )
            assert results[1].dtype == torch.bfloat16
            with torch.no_grad():
                plain = half(torch.cat(ids), packing, global_tokens=chosen)
            assert relative_error(plain, results[0]) <= 1e-2
            states.append(results)
            for result, parts in zip(results, (exact, half, model), strict=True):
                parts.zero_grad()
                (result.float() * weight).sum().backward()
            names = [name for name, p in exact.named_parameters() if p.grad is not None]
            slopes += zip(*(gradients(parts, names) for parts in (exact, half, model)), strict=True)
    for each in (states, slopes):
        truth, found, theirs = (
            torch.cat([x.flatten() for x in xs]) for xs in zip(*each, strict=True)
        )
        assert relative_error(found, truth) <= 1e-2
        assert relative_error(found, truth) <= relative_error(theirs, truth)


@pytest.mark.parametrize("family", [*DISTINCT, *SELECTING], ids=str)
def test_short_documents_are_within_a_hundredth_of_the_truth(
    family: Family, tmp_path: Path
) -> None:
    within_a_hundredth(family, SHORT, tmp_path, draws=2 if family in SELECTING else 3)


@pytest.mark.parametrize("family", DISTINCT, ids=str)
def test_long_documents_are_within_a_hundredth_of_the_truth(family: Family, tmp_path: Path) -> None:
    # One narrow head, where scores between all pairs are held.
    shape: dict[str, Any] = {"hidden_size": 16, "num_attention_heads": 1, "num_hidden_layers": 1}
    if family.model_type == "longformer":
        shape["attention_window"] = [8]
    within_a_hundredth(family, LONG, tmp_path, draws=1, **shape)


@pytest.mark.parametrize("head", ["mlm", "token"])
@pytest.mark.parametrize("family", [FULL[0], FULL[-1], LONGFORMER], ids=str)
def test_losses_and_their_gradients_are_within_a_hundredth_of_the_truth(
    family: Family, head: str, tmp_path: Path
) -> None:
    length, texts = 512, 4
    half = from_pretrained(
        family.saved(tmp_path / "model", head, longest=length), head=head, dtype=torch.bfloat16
    ).model
    exact = deepcopy(half).float()
    ids, packing = documents([length] * texts), packing_from_lengths([length] * texts)
    # What the model expects least: near a minimum the gradients of tokens cancel each other.
    with torch.no_grad():
        labels = exact(torch.cat(ids), packing).argmin(-1)
    losses = [model(torch.cat(ids), packing, labels=labels) for model in (exact, half)]
    for loss in losses:
        loss.backward()
    assert losses[1].dtype == torch.float32
    assert relative_error(losses[1], losses[0]) <= 1e-3
    names = [name for name, p in exact.named_parameters() if p.grad is not None]
    truth, found = (flat(gradients(model, names)) for model in (exact, half))
    assert relative_error(found, truth) <= 1e-2


def test_sums_over_many_tokens_are_rounded_once() -> None:
    generator = torch.Generator().manual_seed(0)
    x, towards = (torch.randn(TOKENS, WIDTH, generator=generator).bfloat16() for _ in "ab")
    ids = torch.randint(90, (TOKENS,), generator=generator)
    for ours, torchs, given in (
        (LayerNorm(WIDTH), nn.LayerNorm(WIDTH), x),
        (Embedding(90, WIDTH), nn.Embedding(90, WIDTH), ids),
    ):
        ours.bfloat16()
        torchs.load_state_dict(ours.state_dict())
        truth, theirs = deepcopy(torchs).double(), torchs.bfloat16()
        for module in (truth, theirs, ours):
            result = module(given.double() if module is truth and given is x else given)
            (result * towards.to(result.dtype)).sum().backward()
        for name, wanted in truth.named_parameters():
            mine, other = (dict(module.named_parameters())[name] for module in (ours, theirs))
            assert wanted.grad is not None
            assert mine.grad is not None
            assert other.grad is not None
            assert mine.grad.dtype == torch.bfloat16
            assert relative_error(mine.grad, wanted.grad) <= 2.5e-3
            # Why ours are needed; where this fails, torch has mended its own.
            assert relative_error(other.grad, wanted.grad) >= 5e-3


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_norms_and_embeddings_give_what_those_of_torch_give(dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(0)
    x, residual = (torch.randn(50, WIDTH, generator=generator).to(dtype) for _ in "ab")
    ours, theirs = LayerNorm(WIDTH).to(dtype), nn.LayerNorm(WIDTH).to(dtype)
    nn.init.normal_(ours.weight)
    theirs.load_state_dict(ours.state_dict())
    with torch.no_grad():
        for wide in (False, True):
            assert torch.equal(ours(x, wide=wide), theirs(x))
            assert torch.equal(ours(x, residual, wide=wide), theirs(x + residual))
    assert ours(x).dtype == dtype
    assert ours(x, wide=True).dtype == torch.promote_types(dtype, torch.float32)
    wanted = theirs.double()(x.double() + residual.double())
    assert relative_error(ours(x, residual), wanted) <= {2: 2e-3}.get(dtype.itemsize, 1e-6)
    table = Embedding(9, WIDTH).to(dtype)
    ids = torch.tensor([3, 3, 8])
    assert torch.equal(table(ids).to(dtype), table.weight[ids])


def test_dropout_trains_in_half_precision() -> None:
    encoder = Encoder(SMALL).to(torch.bfloat16)
    ids, packing = torch.arange(20), packing_from_lengths([20])
    found = encoder(ids, packing)
    assert found.dtype == torch.bfloat16
    found.float().square().sum().backward()
    assert all(p.grad is None or p.grad.dtype == torch.bfloat16 for p in encoder.parameters())
    assert not torch.equal(found, encoder(ids, packing))
