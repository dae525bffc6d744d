import pytest
import torch

from gonerd_baselines.attention.backend import auto_with_dropout
from gonerd_baselines.encoder.dropout import set_dropout
from gonerd_baselines.encoder.heads import Model
from gonerd_baselines.packing import packing_from_lengths
from tests.baselines.distillation.models import VOCABULARY, checkpoint

LENGTHS = (5, 60, 1, 23)


def output(model: Model, *, seed: int = 0) -> torch.Tensor:
    torch.manual_seed(seed)
    ids = torch.arange(sum(LENGTHS)) % VOCABULARY
    found: torch.Tensor = model.encoder(ids, packing_from_lengths(LENGTHS))
    return found


@pytest.mark.parametrize("kind", ["full", "longformer", "bigbird", "lsg"])
def test_what_a_gpu_takes_where_attention_weights_are_dropped_can_drop_them(kind: str) -> None:
    model = checkpoint(kind, attention_probs_dropout_prob=0.5).model
    assert isinstance(model, Model)
    whole = output(model)
    pattern = model.encoder.config.attention[0]
    model.encoder.attention_backend = auto_with_dropout(pattern.kind, "cuda")
    torch.testing.assert_close(output(model), whole, rtol=2e-5, atol=2e-5)
    model.train()
    found = output(model)
    found.sum().backward()  # type: ignore[no-untyped-call]  # torch types it not
    assert not torch.allclose(found, output(model, seed=1))
    assert model.encoder.embeddings.word_embeddings.weight.grad is not None


def test_on_a_cpu_nothing_else_is_taken() -> None:
    assert auto_with_dropout("longformer", "cpu") == "auto"


def test_dropout_is_set_by_kind() -> None:
    model = checkpoint(
        "longformer", attention_probs_dropout_prob=0.5, hidden_dropout_prob=0.3
    ).model
    assert isinstance(model, Model)
    model.train()
    set_dropout(model, attention=0.0)
    assert not torch.equal(output(model), output(model, seed=1))
    set_dropout(model, hidden=0.0)
    assert torch.equal(output(model), output(model, seed=1))
    set_dropout(model, attention=0.5)
    assert not torch.equal(output(model), output(model, seed=1))
