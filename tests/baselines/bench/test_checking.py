from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor

from gonerd.errors import CheckError
from gonerd_baselines.attention import LongformerAttention
from gonerd_baselines.bench.checked import SWEPT, _wrong_of, require_right
from gonerd_baselines.bench.checking import check
from gonerd_baselines.bench.our_model import PATTERNS
from gonerd_baselines.bench.sweeping import sweep

LENGTHS = (720,)


def test_every_backend_of_a_processor_is_dense_attention() -> None:
    found = check("cpu", lengths=LENGTHS)
    assert {each["pattern"].split(",")[0] for each in found} == set(PATTERNS)
    for each in found:
        assert each["verdict"] == "right", each
        assert 0 < each["forward"] < (2e-5 if each["dtype"] == "float32" else 0.1), each
        assert 0 < each["backward"] < (5e-5 if each["dtype"] == "float32" else 0.2), each
    full = {(each["backend"], each["dtype"]) for each in found if each["pattern"] == "full"}
    assert full == {("sdpa", "float32"), ("sdpa", "bfloat16")}
    layers = [each for each in found if each["pattern"].endswith(("whole layer", "global tokens"))]
    assert len(layers) == 11
    assert {each["pattern"] for each in found} >= {"bigbird, hf-eval", "lsg, lsh", "lsg, pooling"}
    require_right(found)


@dataclass(frozen=True, slots=True)
class OneTooFew(LongformerAttention):
    """Computes a window that is two tokens narrower than it says, but for the dense backend."""

    def prepare(self, packing: Any, **options: Any) -> Any:
        narrower = LongformerAttention(self.attention_window - 2)
        honest = options.get("backend") == "dense"
        return (LongformerAttention(self.attention_window) if honest else narrower).prepare(
            packing, **options
        )


@dataclass(frozen=True, slots=True)
class Broken(LongformerAttention):
    """Fails as a kernel does."""

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, plan: Any, *, dropout: float = 0.0
    ) -> Tensor:
        if plan.chosen[0] == "blocked":
            raise RuntimeError("no kernel\nfor this shape")
        return LongformerAttention(self.attention_window).attend(query, key, value, plan)


def test_a_wrong_mask_and_a_broken_kernel_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for pattern, said in (
        (OneTooFew, "forward differs by"),
        (Broken, "RuntimeError: no kernel for this shape"),
    ):
        monkeypatch.setitem(PATTERNS, "longformer", lambda row, layer, made=pattern: made(64))  # type: ignore[misc, index]
        found = check("cpu", backend="blocked", lengths=(200, 40))
        wrong = [
            each for each in found if each["verdict"] == "wrong" and "longformer" in each["pattern"]
        ]
        assert {each["dtype"] for each in wrong} >= {"float32", "bfloat16"}
        assert said in wrong[0]["said"]
        with pytest.raises(
            CheckError, match=r"checks of attention backends failed, the first: longformer by"
        ):
            require_right(found)


def test_before_cells_only_what_they_compute_is_checked() -> None:
    kinds, dtypes = ("full", "longformer", "nystromformer"), ("bfloat16",)
    found = check("cpu", lengths=(1400, 40), kinds=kinds, dtypes=dtypes, as_timed=True)
    assert [(each["pattern"], each["backend"], each["dtype"]) for each in found] == [
        ("full", "sdpa", "bfloat16"),
        ("longformer", "blocked and sdpa", "bfloat16"),
        ("nystromformer, whole layer", "sdpa", "bfloat16"),
    ]
    for each in found:
        assert each["verdict"] == "right", each
        assert "forward" in each
        assert "backward" not in each


def test_the_sweep_is_left_out_for_its_own_patterns_only() -> None:
    of_lsg = {"pattern": "lsg, lsh", "verdict": "wrong"}
    of_full = {"pattern": "full, whole layer", "verdict": "wrong"}
    assert not _wrong_of(SWEPT, [of_lsg, of_full | {"verdict": "right"}])
    assert _wrong_of(SWEPT, [of_lsg, of_full])


def test_a_backend_that_refuses_is_neither_right_nor_wrong() -> None:
    found = check("cpu", backend="varlen", lengths=(30,))
    assert found
    assert {each["verdict"] for each in found} == {"refused"}
    assert "runs on CUDA only, not on cpu" in found[0]["said"]
    require_right(found)


def test_the_sweep_times_every_backend_of_the_processor() -> None:
    found = sweep("cpu", documents=2, length=600)
    assert [(each["pattern"], each["backend"]) for each in found] == [
        ("full", "sdpa, batch at once"),
        ("full", "sdpa"),
        ("longformer", "blocked"),
    ]
    for each in found:
        assert each["said"] == ""
        assert 0 < each["forward"] < each["both"]


@pytest.mark.parametrize("block", [64, 128])
@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
def test_the_masks_of_the_sweep_are_the_patterns(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torch.nn.attention.flex_attention import flex_attention

    from gonerd_baselines.attention import FullAttention, dense_attention, flex
    from gonerd_baselines.bench.sweeping import _call, _Way
    from gonerd_baselines.packing import packing_from_lengths

    monkeypatch.setattr(flex, "_compiled", lambda: flex_attention)
    packing = packing_from_lengths([300, 100])
    q, k, v = torch.randn(3, 12, 400, 64, generator=torch.Generator().manual_seed(0)).unbind()
    for pattern in (FullAttention(), LongformerAttention(64)):
        found = _call(_Way(pattern, "flex", block), packing, torch.float32)(q, k, v)
        wanted = dense_attention(q, k, v, pattern.bias(packing))
        torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)
