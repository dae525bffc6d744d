from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from gonerd.errors import ConfigError
from gonerd_baselines.attention import (
    AttentionPattern,
    BigBirdAttention,
    FullAttention,
    LongformerAttention,
    LsgAttention,
    NystromformerAttention,
)
from gonerd_baselines.encoder.config import EncoderConfig
from gonerd_baselines.encoder.loading import from_pretrained
from gonerd_baselines.encoder.model import Encoder
from gonerd_baselines.encoder.taps import tapped
from gonerd_baselines.packing import Packing, packing_from_lengths
from tests.baselines.encoder.families import DISTINCT, LSG, Family, documents, quiet

LENGTHS = (5, 40, 1, 23)
PARTS = ("query", "key", "value")
PATTERNS: dict[str, AttentionPattern] = {
    "full": FullAttention(),
    "longformer": LongformerAttention(8),
    "bigbird": BigBirdAttention(block_size=4, num_random_blocks=1),
    "lsg": LsgAttention(
        block_size=8, sparse_block_size=8, sparsity_type="pooling", num_global_tokens=3
    ),
    "lsg without pooling": LsgAttention(
        block_size=8, sparse_block_size=8, num_global_tokens=2, pool_with_global=False
    ),
    "nystromformer": NystromformerAttention(num_landmarks=4, conv_kernel_size=5),
}


def encoder(name: str, layers: int = 3) -> Encoder:
    torch.manual_seed(0)
    config = EncoderConfig(
        attention=(PATTERNS[name],) * layers,
        vocab_size=50,
        hidden_size=12,
        num_attention_heads=3,
        intermediate_size=20,
        max_position_embeddings=66,
        initializer_range=0.3,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    return Encoder(config)


def words() -> tuple[Tensor, Packing]:
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(5, 50, (sum(LENGTHS),), generator=generator)
    return ids, packing_from_lengths(LENGTHS)


@pytest.mark.parametrize("name", PATTERNS)
def test_a_tapped_pass_is_the_same_pass_and_leaves_nothing_behind(name: str) -> None:
    model, (ids, packing) = encoder(name), words()
    wanted = model(ids, packing)
    found = tapped(model, ids, packing, hidden=[0, 2], projections=[1])
    torch.testing.assert_close(found.output, wanted, rtol=0, atol=0)
    assert found.hidden[2] is found.output
    assert set(found.hidden) == {0, 2}
    assert not any(module._forward_hooks for module in model.modules())


@pytest.mark.parametrize("name", PATTERNS)
def test_hidden_states_are_what_a_model_of_so_many_layers_gives(name: str) -> None:
    model, (ids, packing) = encoder(name), words()
    found = tapped(model, ids, packing, hidden=range(3))
    for count in (1, 2, 3):
        shorter = encoder(name, count)
        kept = {
            key: value for key, value in model.state_dict().items() if key in shorter.state_dict()
        }
        shorter.load_state_dict(kept)
        torch.testing.assert_close(found.hidden[count - 1], shorter(ids, packing))


@pytest.mark.parametrize("name", PATTERNS)
def test_projections_are_those_of_the_layer_before(name: str) -> None:
    model, (ids, packing) = encoder(name), words()
    found = tapped(model, ids, packing, hidden=[0], projections=[1])
    attention = model.encoder.layer[1].attention.self
    for part in PARTS:
        wanted = getattr(attention, part)(found.hidden[0])
        torch.testing.assert_close(getattr(found.projections[1], part), wanted)


@pytest.mark.parametrize("name", PATTERNS)
def test_gradients_reach_what_lies_below_and_nothing_above(name: str) -> None:
    model, (ids, packing) = encoder(name), words()
    found = tapped(model, ids, packing, hidden=[0], projections=[1])
    parts = found.projections[1]
    (parts.query.sum() + parts.key.sum() + parts.value.square().sum()).backward()
    touched = {key for key, parameter in model.named_parameters() if parameter.grad is not None}
    for part in PARTS:
        assert f"encoder.layer.1.attention.self.{part}.weight" in touched
    assert "encoder.layer.0.output.dense.weight" in touched
    assert "embeddings.word_embeddings.weight" in touched
    assert not any(key.startswith("encoder.layer.1.output") for key in touched)
    assert not any(key.startswith("encoder.layer.2") for key in touched)
    if model.config.extra_tokens:
        assert model.embeddings.global_embeddings.weight.grad is not None


def test_learned_tokens_stand_for_the_first_token_where_they_do_so_at_the_end() -> None:
    ids, packing = words()
    first = packing.first.nonzero()[:, 0]
    other = ids.clone()
    other[first] = (ids[first] + 1 - 5) % 45 + 5
    for name, same in (("lsg", True), ("lsg without pooling", False)):
        model = encoder(name)
        # Learned tokens know no words before the first layer; a document's first token does.
        seen = [
            tapped(model, x, packing, projections=[0]).projections[0].query for x in (ids, other)
        ]
        assert torch.equal(seen[0][first], seen[1][first]) == same


@pytest.mark.parametrize("family", [f for f in DISTINCT if f is not LSG], ids=str)
def test_hidden_states_are_those_of_transformers(family: Family, tmp_path: Path) -> None:
    """LSG's code gives no hidden states; a model of fewer layers, above, says what they are."""
    length = 40
    with quiet():
        model = family.model()
        model.save_pretrained(tmp_path)
        (ids,) = documents([length])
        theirs = model(input_ids=ids[None], output_hidden_states=True).hidden_states
    found = tapped(
        from_pretrained(tmp_path).encoder, ids, packing_from_lengths([length]), hidden=[0]
    )
    torch.testing.assert_close(found.hidden[0], theirs[1][0][:length], rtol=2e-5, atol=2e-5)


def test_without_a_gradient_the_same_is_given() -> None:
    model, (ids, packing) = encoder("full"), words()
    with_gradient = tapped(model, ids, packing, hidden=[1], projections=[2])
    with torch.no_grad():
        without = tapped(model, ids, packing, hidden=[1], projections=[2])
    torch.testing.assert_close(without.hidden[1], with_gradient.hidden[1])
    torch.testing.assert_close(without.projections[2].key, with_gradient.projections[2].key)
    assert not without.hidden[1].requires_grad


def test_hooks_are_gone_after_an_error() -> None:
    model, (ids, _) = encoder("full"), words()
    with pytest.raises(IndexError):
        tapped(model, ids + 1000, packing_from_lengths(LENGTHS), hidden=[0])
    assert not any(module._forward_hooks for module in model.modules())


def test_a_layer_that_is_not_there_is_refused() -> None:
    model, (ids, packing) = encoder("full"), words()
    with pytest.raises(ConfigError, match="there is no layer 3; expected 0 to 2"):
        tapped(model, ids, packing, hidden=[3])
    with pytest.raises(ConfigError, match="there is no layer -1; expected 0 to 2"):
        tapped(model, ids, packing, projections=[-1])
