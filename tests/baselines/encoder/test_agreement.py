"""The encoder beside transformers' own models, at every token of documents of many lengths."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from gonerd_baselines.encoder.loading import from_pretrained
from gonerd_baselines.packing import packing_from_lengths
from tests.baselines.encoder.families import (
    FAMILIES,
    Family,
    computed,
    documents,
    marks,
    quiet,
)

SHORT = (1, 63, 64, 65, 511, 512, 513, 2)
LONG = (4095, 4096)
DISTINCT = [f for f in FAMILIES if f.model_type not in ("xlm-roberta", "camembert")]
"""Those two compute what RoBERTa does, to the bit."""
WIDE = Family("longformer", {"attention_window": [512, 64]}, name="longformer-512")


def assert_close(found: Tensor, wanted: Tensor, *, scale: float | None = None) -> None:
    """Within 2e-5 of the greatest number."""
    scale = max(float(wanted.abs().max()), scale or 0.0)
    assert float((found - wanted).abs().max()) <= 2e-5 * scale


def chosen_globals(family: Family, lengths: tuple[int, ...]) -> list[Tensor | None]:
    return [None, marks(lengths)] if family.has_globals else [None]


@pytest.mark.parametrize("lengths", [SHORT, LONG], ids=["short", "long"])
@pytest.mark.parametrize("family", [*DISTINCT, WIDE], ids=str)
def test_every_token_is_what_transformers_computes(
    family: Family, lengths: tuple[int, ...], tmp_path: Path
) -> None:
    model = family.model(longest=4096)
    with quiet():
        model.save_pretrained(tmp_path / "model")
    ours = from_pretrained(tmp_path / "model").encoder
    ids, packing = documents(lengths), packing_from_lengths(lengths)
    for chosen in chosen_globals(family, lengths):
        with torch.no_grad():
            wanted = computed(family, model, ids, chosen)
            found = ours(torch.cat(ids), packing, global_tokens=chosen)
        assert_close(found, wanted)


@pytest.mark.parametrize("family", DISTINCT, ids=str)
def test_the_gradients_of_all_weights_are_those_of_transformers(
    family: Family, tmp_path: Path
) -> None:
    lengths = (1, 63, 64, 65, 40)
    model = family.model()
    with quiet():
        model.save_pretrained(tmp_path / "model")
    ours = from_pretrained(tmp_path / "model").encoder
    ids, packing = documents(lengths), packing_from_lengths(lengths)
    for chosen in chosen_globals(family, lengths):
        model.zero_grad()
        ours.zero_grad()
        weight = torch.randn(sum(lengths), model.config.hidden_size)
        (computed(family, model, ids, chosen) * weight).sum().backward()
        (ours(torch.cat(ids), packing, global_tokens=chosen) * weight).sum().backward()
        wanted = dict(model.named_parameters())
        scale = max(float(p.grad.abs().max()) for p in wanted.values() if p.grad is not None)
        for name, parameter in ours.named_parameters():
            gradients = [
                torch.zeros_like(p) if p.grad is None else p.grad for p in (parameter, wanted[name])
            ]
            # A bias of keys has none but for rounding: softmax does not see it.
            assert_close(*gradients, scale=scale / 100)


@pytest.mark.parametrize("family", DISTINCT, ids=str)
def test_half_precision_is_near_the_truth_and_near_transformers(
    family: Family, tmp_path: Path
) -> None:
    lengths = (1, 63, 64, 65, 100)
    family.saved(tmp_path / "model")
    exact = from_pretrained(tmp_path / "model").encoder
    half = from_pretrained(tmp_path / "model", dtype=torch.bfloat16).encoder
    model = family.model().to(torch.bfloat16)
    ids, packing = documents(lengths), packing_from_lengths(lengths)
    for chosen in chosen_globals(family, lengths):
        with torch.no_grad():
            found, truth = (e(torch.cat(ids), packing, global_tokens=chosen) for e in (half, exact))
            theirs = computed(family, model, ids, chosen)
        assert found.dtype == torch.bfloat16
        for other in (truth, theirs.float()):
            assert float((found.float() - other).norm()) <= 1e-2 * float(other.norm())
