from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional
from transformers import BertConfig, BertForTokenClassification

from gonerd.adapters.onednn import HAS_ONEDNN, OneDnnLinear, use_onednn

pytestmark = pytest.mark.skipif(not HAS_ONEDNN, reason="this torch has no oneDNN")


def tiny_bert(activation: str) -> BertForTokenClassification:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=50,
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=40,
        hidden_act=activation,
        initializer_range=0.3,
        num_labels=5,
    )
    return BertForTokenClassification(config).eval()


@pytest.mark.parametrize("activation", ["gelu", "gelu_new", "relu"])
def test_a_model_says_the_same_with_onednn(activation: str) -> None:
    plain = tiny_bert(activation)
    quick = copy.deepcopy(plain)
    use_onednn(quick)
    ids = torch.arange(40).view(2, 20)
    with torch.inference_mode():
        torch.testing.assert_close(quick(ids).logits, plain(ids).logits, atol=1e-5, rtol=1e-5)
    dense = quick.bert.encoder.layer[0].intermediate.dense
    assert type(dense) is OneDnnLinear
    assert dense.gelu == {"gelu": "none", "gelu_new": "tanh", "relu": None}[activation]


@pytest.mark.parametrize("gelu", [None, "none", "tanh"])
@pytest.mark.parametrize("shape", [(6,), (1, 6), (3, 5, 6), (0, 6)])
def test_a_layer_takes_inputs_of_any_shape(shape: tuple[int, ...], gelu: str | None) -> None:
    layer = OneDnnLinear(6, 4)
    layer.gelu = gelu
    x = torch.randn(shape)
    wanted = functional.linear(x, layer.weight, layer.bias)
    if gelu is not None:
        wanted = functional.gelu(wanted, approximate=gelu)
    with torch.no_grad():
        torch.testing.assert_close(layer(x), wanted, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(layer(x), wanted, atol=1e-6, rtol=1e-5)  # where a gradient is wanted


def test_a_layer_without_bias_and_one_in_half_precision_work() -> None:
    layer = OneDnnLinear(6, 4, bias=False)
    x = torch.randn(3, 6)
    with torch.no_grad():
        torch.testing.assert_close(layer(x), x @ layer.weight.T)
        half = layer.bfloat16()
        assert half(x.bfloat16()).dtype == torch.bfloat16


def test_a_gradient_flows() -> None:
    layer = OneDnnLinear(6, 4)
    layer.gelu = "none"
    layer(torch.randn(3, 6)).sum().backward()
    assert layer.weight.grad is not None


def test_a_layer_of_another_kind_is_left_alone() -> None:
    class Own(nn.Linear):
        pass

    model = nn.Sequential(Own(2, 2), nn.Linear(2, 2))
    use_onednn(model)
    assert [type(layer) for layer in model] == [Own, OneDnnLinear]
