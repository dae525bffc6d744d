from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from gonerd_baselines.encoder.vocabulary_loss import vocabulary_loss

TOKENS, WIDTH, VOCABULARY = 300, 16, 1000


def inputs(dtype: torch.dtype = torch.float64) -> tuple[list[Tensor], Tensor]:
    """Hidden states, weight and bias; labels of two tokens in three."""
    generator = torch.Generator().manual_seed(0)
    shapes = ((TOKENS, WIDTH), (VOCABULARY, WIDTH), (VOCABULARY,))
    parts = [
        torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype).requires_grad_()
        for shape in shapes
    ]
    labels = torch.randint(0, VOCABULARY, (TOKENS,), generator=generator)
    labels[::3] = -100
    return parts, labels


class Largest(TorchDispatchMode):
    """Notes the size of the largest tensor that any operation gives, and of the largest that is no view."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers = self.made = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        sizes = [
            x.untyped_storage().nbytes() // x.element_size()
            for x in tree_leaves(found)
            if isinstance(x, Tensor)
        ]
        self.numbers = max([self.numbers, *sizes])
        if not func.is_view:
            self.made = max([self.made, *sizes])
        return found


@pytest.mark.parametrize("chunk", [1, 7, 64, 1024])
def test_loss_and_gradients_are_those_of_the_plain_cross_entropy(chunk: int) -> None:
    (ours, labels), (theirs, _) = inputs(), inputs()
    found = 3 * vocabulary_loss(*ours, labels, chunk=chunk)
    wanted = 3 * functional.cross_entropy(functional.linear(*theirs), labels)
    torch.testing.assert_close(found, wanted, atol=1e-12, rtol=0)
    found.backward()
    wanted.backward()
    for mine, oracle in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine.grad, oracle.grad, atol=1e-12, rtol=0)


def test_no_tensor_ever_holds_the_logits_of_more_than_a_chunk() -> None:
    chunk = 16
    parts, labels = inputs(torch.float32)
    with Largest() as plain:
        functional.cross_entropy(functional.linear(*parts), labels).backward()
    assert plain.numbers == TOKENS * VOCABULARY
    with Largest() as chunked:
        vocabulary_loss(*parts, labels, chunk=chunk).backward()
    assert chunked.numbers == chunk * VOCABULARY
    saved: list[int] = []

    def note(x: Tensor) -> Tensor:
        saved.append(x.numel())
        return x

    with torch.autograd.graph.saved_tensors_hooks(note, lambda x: x):
        vocabulary_loss(*parts, labels, chunk=chunk)
    assert max(saved) == VOCABULARY * WIDTH


def test_only_what_wants_a_gradient_has_one_computed() -> None:
    (x, weight, bias), labels = inputs()
    with torch.no_grad(), Largest() as seen:
        value = vocabulary_loss(x, weight, bias, labels, chunk=4)
    assert seen.numbers == VOCABULARY * WIDTH  # a view of the weight
    assert seen.made <= 4 * VOCABULARY
    torch.testing.assert_close(value, vocabulary_loss(x, weight, bias, labels))
    vocabulary_loss(x, weight.detach(), bias.detach(), labels).backward()
    assert x.grad is not None
    assert weight.grad is None


def test_half_precision_is_summed_in_single() -> None:
    rounded, labels = inputs(torch.bfloat16)
    exact = [x.detach().double().requires_grad_() for x in rounded]
    wanted = vocabulary_loss(*exact, labels, chunk=8)
    found = vocabulary_loss(*rounded, labels, chunk=8)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.double(), wanted, rtol=1e-3, atol=0)
    wanted.backward()
    found.backward()
    for mine, oracle in zip(rounded, exact, strict=True):
        assert mine.grad is not None
        assert oracle.grad is not None
        assert mine.grad.dtype == torch.bfloat16
        assert (mine.grad.double() - oracle.grad).norm() < 1e-2 * oracle.grad.norm()
        # One over 200 labelled tokens is 0.1% more in bfloat16: it would make all gradients longer.
        length = (mine.grad.double() * oracle.grad).sum() / oracle.grad.square().sum()
        assert float(length) == pytest.approx(1, abs=7e-4)


def test_under_autocast_products_are_of_half_precision_and_gradients_are_not() -> None:
    (exact, labels), (cast, _) = inputs(), inputs(torch.float32)
    vocabulary_loss(*exact, labels).backward()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = vocabulary_loss(*cast, labels, chunk=8)
    found.backward()
    for mine, oracle in zip(cast, exact, strict=True):
        assert mine.grad is not None
        assert oracle.grad is not None
        assert mine.grad.dtype == torch.float32
        assert (mine.grad.double() - oracle.grad).norm() < 2e-2 * oracle.grad.norm()
