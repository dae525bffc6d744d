"""The encoder beside transformers' own models, at every token of documents of many lengths."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from gonerd_baselines.encoder.loading import from_pretrained
from gonerd_baselines.packing import packing_from_lengths
from tests.baselines.encoder.families import (
    BIGBIRD_FULL,
    DISTINCT,
    LONG,
    SHORT,
    Family,
    chosen_globals,
    computed,
    documents,
    gradients,
    quiet,
    relative_error,
)

WIDE = Family("longformer", {"attention_window": [512, 64]}, name="longformer-512")


def assert_close(found: Tensor, wanted: Tensor, *, scale: float | None = None) -> None:
    """Within 2e-5 of the greatest number."""
    scale = max(float(wanted.abs().max()), scale or 0.0)
    assert float((found - wanted).abs().max()) <= 2e-5 * scale


@pytest.mark.parametrize("lengths", [SHORT, LONG], ids=["short", "long"])
@pytest.mark.parametrize("family", [*DISTINCT, BIGBIRD_FULL, WIDE], ids=str)
def test_every_token_is_what_transformers_computes(
    family: Family, lengths: tuple[int, ...], tmp_path: Path
) -> None:
    # One narrow head, where scores between all pairs are held.
    narrow = {"hidden_size": 16, "num_attention_heads": 1} if lengths == LONG else {}
    model = family.model(longest=4096, **narrow)
    with quiet():
        model.save_pretrained(tmp_path / "model")
    ours = from_pretrained(tmp_path / "model").encoder
    ids, packing = documents(lengths), packing_from_lengths(lengths)
    for chosen in chosen_globals(family, lengths):
        with torch.no_grad():
            wanted = computed(family, model, ids, chosen)
            found = ours(torch.cat(ids), packing, global_tokens=chosen)
        assert_close(found, wanted)


@pytest.mark.parametrize(
    ("family", "dtype"),
    [
        *((family, torch.float32) for family in DISTINCT),
        # transformers' own Longformer has gradients of NaN in double precision.
        *((family, torch.float64) for family in DISTINCT if family.model_type != "longformer"),
    ],
    ids=str,
)
def test_the_gradients_of_all_weights_are_those_of_transformers(
    family: Family, dtype: torch.dtype, tmp_path: Path
) -> None:
    lengths = (1, 63, 64, 65, 100)
    family.saved(tmp_path / "model")
    model = family.model().to(dtype)
    ours = from_pretrained(tmp_path / "model", dtype=dtype).encoder
    ids, packing = documents(lengths), packing_from_lengths(lengths)
    weight = torch.randn(sum(lengths), model.config.hidden_size)
    for chosen in chosen_globals(family, lengths):
        for parts, result in (
            (model, computed(family, model, ids, chosen)),
            (ours, ours(torch.cat(ids), packing, global_tokens=chosen)),
        ):
            parts.zero_grad()
            (result * weight).sum().backward()
        wanted, found = (gradients(parts, dict(ours.named_parameters())) for parts in (model, ours))
        everything, truth = (torch.cat([g.flatten() for g in each]) for each in (found, wanted))
        assert relative_error(everything, truth) <= 2e-5
        # A bias of keys has none but for rounding (softmax does not see it), others have hardly any.
        least = (1e-6 if dtype == torch.float64 else 5e-2) * float(truth.abs().max())
        for mine, oracle in zip(found, wanted, strict=True):
            assert_close(mine, oracle, scale=least)


@pytest.mark.parametrize("family", DISTINCT, ids=str)
def test_types_of_tokens_are_read(family: Family, tmp_path: Path) -> None:
    family.saved(tmp_path / "model")
    model, ours = family.model(), from_pretrained(tmp_path / "model").encoder
    ids = documents([100])[0]
    types = (torch.arange(100) > 40).long()
    with torch.no_grad():
        wanted = model(ids[None], token_type_ids=types[None]).last_hidden_state[0]
        found = ours(ids, packing_from_lengths([100]), token_types=types)
        other = ours(ids, packing_from_lengths([100]))
    assert_close(found, wanted)
    assert float((found - other).abs().max()) > 0.01


def test_a_nystromformer_with_landmarks_is_transformers_at_its_one_length(tmp_path: Path) -> None:
    family = Family("nystromformer", {"num_landmarks": 16, "segment_means_seq_len": 96}, alone=True)
    model = family.model(longest=96)
    with quiet():
        model.save_pretrained(tmp_path / "model")
    ours = from_pretrained(tmp_path / "model").encoder
    assert {pattern.num_landmarks for pattern in ours.config.attention} == {16}
    lengths = (96, 96, 96)
    ids, packing = documents(lengths), packing_from_lengths(lengths)
    with torch.no_grad():
        found, wanted = ours(torch.cat(ids), packing), computed(family, model, ids)
    assert_close(found, wanted)
