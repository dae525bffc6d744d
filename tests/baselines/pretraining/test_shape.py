"""First weights of a model from scratch."""

import math

import pytest
import torch

from gonerd.errors import ConfigError
from gonerd_baselines.encoder.checkpoint import Checkpoint
from gonerd_baselines.pretraining.shape import ModelShape, checkpoint_from_shape


def made(**options) -> Checkpoint:
    shape = ModelShape(
        layers=1, hidden_size=24, heads=2, intermediate_size=32, max_length=50, **options
    )
    special = {"bos_token_id": 0, "eos_token_id": 2, "sep_token_id": 2, "mask_token_id": 9}
    return checkpoint_from_shape(shape, vocabulary=10, pad=1, special=special, seed=3)


def test_positions_may_begin_as_sines_of_the_size_of_the_random_ones() -> None:
    usual = made(initializer_range=0.05).model.encoder.state_dict()
    sines = made(initializer_range=0.05, positions="sinusoidal").model.encoder.state_dict()
    name = "embeddings.position_embeddings.weight"
    assert all(torch.equal(usual[key], sines[key]) for key in usual if key != name)
    assert torch.equal(usual[name][:2], sines[name][:2])  # no token stands there
    table = sines[name][2:].double()
    assert table.square().mean().sqrt().item() == pytest.approx(0.05, rel=1e-5)
    wave = 10_000 ** (-4 / 24)
    expected = 0.05 * math.sqrt(2) * torch.tensor([math.sin(7 * wave), math.cos(7 * wave)])
    torch.testing.assert_close(table[7, 4:6].float(), expected)
    # How alike two positions are depends on their distance alone.
    alike = table @ table.T
    for distance in (1, 5):
        diagonal = alike.diagonal(distance)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal), rtol=1e-5, atol=0)


def test_unknown_positions_are_refused() -> None:
    with pytest.raises(ConfigError, match="positions is 'rotary', expected one of normal, sinus"):
        made(positions="rotary")


def test_an_odd_width_has_one_sine_more() -> None:
    shape = ModelShape(
        layers=1, hidden_size=9, heads=1, intermediate_size=8, max_length=6, positions="sinusoidal"
    )
    model = checkpoint_from_shape(shape, vocabulary=5, pad=1, special={}, seed=0).model
    assert model.encoder.embeddings.position_embeddings.weight.shape == (8, 9)
