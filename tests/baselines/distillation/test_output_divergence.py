from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from gonerd.files import read_json
from gonerd_baselines.distillation.output_divergence import Decoded, output_divergence
from tests.baselines.distillation.sizes import Largest
from tests.places import ROOT

TOKENS, WIDTH, TEACHER_WIDTH, VOCABULARY = 50, 12, 20, 130


def decoded(width: int, seed: int, dtype: torch.dtype = torch.float64) -> Decoded:
    generator = torch.Generator().manual_seed(seed)
    shapes = ((TOKENS, width), (VOCABULARY, width), (VOCABULARY,))
    parts = [
        torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype) for shape in shapes
    ]
    return Decoded(*(part.requires_grad_() for part in parts))


def logits(x: Decoded) -> Tensor:
    return functional.linear(x.x, x.weight, x.bias)


def by_the_script(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """DistilBERT's train script: the loss of all tokens that are no padding, times their number."""
    loss = functional.kl_div(
        functional.log_softmax(student / temperature, dim=-1),
        functional.softmax(teacher / temperature, dim=-1),
        reduction="batchmean",
    )
    return loss * temperature**2 * len(student)


def standardized(x: Tensor) -> Tensor:
    """As arXiv 2403.01427 defines it, with its code's small number."""
    deviation = (
        (x - x.mean(1, keepdim=True)).square().sum(1, keepdim=True) / (x.shape[1] - 1)
    ).sqrt()
    return (x - x.mean(1, keepdim=True)) / (deviation + 1e-7)


@pytest.mark.parametrize("chunk", [1, 7, 64])
@pytest.mark.parametrize("temperature", [1.0, 2.0])
@pytest.mark.parametrize("prepare", [lambda x: x, standardized], ids=["plain", "standardized"])
def test_loss_and_gradients_are_those_of_distilberts_script(
    chunk: int, temperature: float, prepare: Callable[[Tensor], Tensor]
) -> None:
    ours, theirs, teacher = decoded(WIDTH, 0), decoded(WIDTH, 0), decoded(TEACHER_WIDTH, 1)
    found = 3 * output_divergence(
        ours,
        teacher,
        temperature=temperature,
        standardized=prepare is standardized,
        chunk=chunk,
    )
    wanted = 3 * by_the_script(
        prepare(logits(theirs)), prepare(logits(teacher)).detach(), temperature
    )
    torch.testing.assert_close(found, wanted, atol=1e-10, rtol=1e-12)
    found.backward()
    wanted.backward()
    for name in ("x", "weight", "bias"):
        mine, oracle = getattr(ours, name).grad, getattr(theirs, name).grad
        torch.testing.assert_close(mine, oracle, atol=1e-10, rtol=1e-10)
        assert getattr(teacher, name).grad is None


def test_gradients_are_those_of_differences() -> None:
    student, teacher = decoded(3, 0), decoded(5, 1)
    few = [student.x[:4], student.weight[:9], student.bias[:9]]
    inputs = [part.detach().requires_grad_() for part in few]
    fixed = Decoded(teacher.x[:4], teacher.weight[:9], teacher.bias[:9])

    def loss(*parts: Tensor) -> Tensor:
        return output_divergence(
            Decoded(*parts), fixed, temperature=2.0, standardized=True, chunk=3
        )

    assert torch.autograd.gradcheck(loss, inputs)


def test_two_words_by_hand() -> None:
    """Teacher (3/4, 1/4) and student (1/2, 1/2) at temperature 1, and at 2 with its factor 4."""
    one = torch.ones(1, 1, dtype=torch.float64)
    none = torch.zeros(2, dtype=torch.float64)
    student = Decoded(one, torch.zeros(2, 1, dtype=torch.float64), none)
    teacher = Decoded(one, torch.tensor([[math.log(3)], [0.0]], dtype=torch.float64), none)
    found = output_divergence(student, teacher, temperature=1.0)
    assert float(found) == pytest.approx(0.75 * math.log(1.5) + 0.25 * math.log(0.5))
    root = math.sqrt(3) / (math.sqrt(3) + 1)
    wanted = 4 * (root * math.log(2 * root) + (1 - root) * math.log(2 * (1 - root)))
    assert float(output_divergence(student, teacher, temperature=2.0)) == pytest.approx(wanted)


def test_the_gradient_is_the_temperature_times_the_difference_of_both_distributions() -> None:
    student, teacher = decoded(WIDTH, 0), decoded(TEACHER_WIDTH, 1)
    output_divergence(student, teacher, temperature=4.0).backward()
    q, p = (torch.softmax(logits(each).detach() / 4, 1) for each in (student, teacher))
    torch.testing.assert_close(student.bias.grad, 4 * (q - p).sum(0))


def test_a_standardized_student_learns_nothing_from_logits_that_are_only_longer() -> None:
    student = decoded(WIDTH, 0)
    teacher = Decoded(3 * student.x.detach(), student.weight.detach(), 3 * student.bias.detach())
    plain = output_divergence(student, teacher, temperature=2.0)
    found = output_divergence(student, teacher, temperature=2.0, standardized=True)
    assert float(plain.detach()) > 1
    assert float(found.detach()) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("standard", [False, True])
def test_no_tensor_ever_holds_the_logits_of_more_than_a_chunk(standard: bool) -> None:
    chunk = 15
    student = decoded(WIDTH, 0, torch.float32)
    teacher = decoded(TEACHER_WIDTH, 1, torch.float32)
    with Largest() as seen:
        output_divergence(
            student, teacher, temperature=2.0, standardized=standard, chunk=chunk
        ).backward()
    # The teacher's weight, which is looked at and not copied, is larger than a chunk's logits.
    assert seen.numbers == max(VOCABULARY * TEACHER_WIDTH, chunk * VOCABULARY)


def test_nothing_is_kept_where_no_gradient_is_wanted() -> None:
    student, teacher = decoded(WIDTH, 0), decoded(TEACHER_WIDTH, 1)
    with torch.no_grad():
        found = output_divergence(student, teacher, temperature=2.0)
    assert not found.requires_grad
    kept = Decoded(student.x, student.weight.detach(), student.bias.detach())
    output_divergence(kept, teacher, temperature=2.0).backward()
    assert student.x.grad is not None
    assert student.weight.grad is None


def test_under_autocast_the_loss_is_summed_in_single_precision() -> None:
    exact, teacher = decoded(WIDTH, 0), decoded(TEACHER_WIDTH, 1)
    output_divergence(exact, teacher, temperature=2.0).backward()
    single, other = decoded(WIDTH, 0, torch.float32), decoded(TEACHER_WIDTH, 1, torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = output_divergence(single, other, temperature=2.0)
    assert found.dtype == torch.float32
    found.backward()
    for name in ("x", "weight", "bias"):
        mine, oracle = getattr(single, name).grad, getattr(exact, name).grad
        assert mine.dtype == torch.float32
        assert (mine.double() - oracle).norm() < 2e-2 * oracle.norm()


def test_the_papers_loss_holds_under_a_gibibyte_and_the_plain_formula_twenty_times_as_much() -> (
    None
):
    result = read_json(ROOT / "benchmarks" / "results" / "distillation_memory.json")
    assert (result["tokens"], result["vocabulary"]) == (4 * 4096, 50265)
    held = {row["loss"]: row for row in result["rows"] if row["tokens"] == result["tokens"]}
    assert held["paper"]["mib"] < 1024
    assert held["relations"]["mib"] < 1024
    assert held["local relations"]["mib"] < 1024
    assert result["plain_output_divergence_would_need_mib"] > 20 * held["paper"]["mib"]
    # The same tokens, weights and teacher: what is held is other, the loss is not.
    both = [
        row["value"]
        for row in result["rows"]
        if row["tokens"] == 4096 and row["loss"].startswith("output divergence")
    ]
    assert both[0] == pytest.approx(both[1], rel=1e-6)
