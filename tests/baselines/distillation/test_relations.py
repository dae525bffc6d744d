from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from gonerd.errors import ConfigError
from gonerd_baselines.distillation.relations import relation_divergence
from gonerd_baselines.encoder.taps import Projections
from tests.baselines.distillation.sizes import Largest

WIDTH, TEACHER_WIDTH, HEADS = 12, 20, 4
PARTS = ("query", "key", "value")


def projections(
    tokens: int, width: int, seed: int, dtype: torch.dtype = torch.float64
) -> Projections:
    generator = torch.Generator().manual_seed(seed)
    return Projections(
        *(
            torch.randn(tokens, width, generator=generator, dtype=torch.float64)
            .to(dtype)
            .requires_grad_()
            for _ in PARTS
        )
    )


def minilm(
    student: Projections,
    teacher: Projections,
    lengths: Sequence[int],
    heads: int,
    reach: int | None,
) -> Tensor:
    """Equations 3 to 6 of arXiv 2012.15828, written down document by document and head by head.

    The loss of one document is the mean over heads and tokens; here it is times the tokens.
    """
    total = torch.zeros((), dtype=torch.float64)
    for part in PARTS:
        both = [getattr(model, part).split(list(lengths)) for model in (student, teacher)]
        for own, other in zip(*both, strict=True):
            for head in range(heads):
                relations = []
                for x in (own, other):
                    size = x.shape[1] // heads
                    a = x[:, head * size : (head + 1) * size]
                    scores = a @ a.T / size**0.5
                    if reach is not None:
                        place = torch.arange(len(a))
                        far = (place[:, None] - place[None, :]).abs() > reach
                        scores = scores.masked_fill(far, -1e30)
                    relations.append(scores)
                total = total + functional.kl_div(
                    relations[0].log_softmax(-1), relations[1].softmax(-1), reduction="sum"
                )
    return total / heads


@pytest.mark.parametrize("reach", [None, 1, 3, 100])
@pytest.mark.parametrize("numbers", [1, 100, 700, 1 << 23])
def test_loss_and_gradients_are_those_of_minilmv2(reach: int | None, numbers: int) -> None:
    lengths = (1, 9, 2, 14)
    ours, theirs = projections(26, WIDTH, 0), projections(26, WIDTH, 0)
    teacher = projections(26, TEACHER_WIDTH, 1)
    found = 3 * relation_divergence(
        ours, teacher, lengths, heads=HEADS, reach=reach, numbers=numbers
    )
    wanted = 3 * minilm(theirs, teacher, lengths, HEADS, reach)
    torch.testing.assert_close(found, wanted)
    found.backward()
    wanted.backward()
    for part in PARTS:
        torch.testing.assert_close(getattr(ours, part).grad, getattr(theirs, part).grad)


def test_the_teacher_gets_no_gradient() -> None:
    teacher = projections(5, WIDTH, 1)
    relation_divergence(projections(5, WIDTH, 0), teacher, (5,), heads=2).backward()
    assert all(getattr(teacher, part).grad is None for part in PARTS)


@pytest.mark.parametrize("reach", [None, 2])
def test_gradients_are_those_of_differences(reach: int | None) -> None:
    student, teacher = projections(7, 4, 0), projections(7, 6, 1)

    def loss(*parts: Tensor) -> Tensor:
        return relation_divergence(
            Projections(*parts), teacher, (5, 2), heads=2, reach=reach, numbers=40
        )

    parts = [getattr(student, part) for part in PARTS]
    assert torch.autograd.gradcheck(loss, parts)


def test_local_relations_are_all_relations_of_documents_within_the_reach() -> None:
    lengths = (6, 3, 1)
    student, teacher = projections(10, WIDTH, 0), projections(10, WIDTH, 1)
    whole = relation_divergence(student, teacher, lengths, heads=HEADS)
    local = relation_divergence(student, teacher, lengths, heads=HEADS, reach=5)
    nearer = relation_divergence(student, teacher, lengths, heads=HEADS, reach=4)
    assert float(whole.detach()) == float(local.detach())
    assert float(nearer.detach()) != pytest.approx(float(whole.detach()), rel=1e-3)


def test_documents_do_not_see_each_other() -> None:
    student, teacher = projections(11, WIDTH, 0), projections(11, WIDTH, 1)
    together = relation_divergence(student, teacher, (7, 4), heads=HEADS, reach=2)
    apart = [
        relation_divergence(
            Projections(*(getattr(student, part)[rows] for part in PARTS)),
            Projections(*(getattr(teacher, part)[rows] for part in PARTS)),
            (rows.stop - rows.start,),
            heads=HEADS,
            reach=2,
        )
        for rows in (slice(0, 7), slice(7, 11))
    ]
    torch.testing.assert_close(together, apart[0] + apart[1])


def test_a_student_that_relates_as_its_teacher_has_no_loss_and_no_gradient() -> None:
    student, teacher = projections(8, WIDTH, 0), projections(8, WIDTH, 0)
    found = relation_divergence(student, teacher, (8,), heads=HEADS)
    found.backward()
    assert float(found.detach()) == pytest.approx(0, abs=1e-12)
    assert student.query.grad is not None
    assert float(student.query.grad.abs().max()) < 1e-12


def work(tokens: int, reach: int | None, numbers: int) -> tuple[int, int]:
    """Operations of matrix products, and the largest tensor."""
    student = projections(tokens, WIDTH, 0, torch.float32)
    teacher = projections(tokens, WIDTH, 1, torch.float32)
    with FlopCounterMode(display=False) as counter, Largest() as seen:
        relation_divergence(
            student, teacher, (tokens,), heads=HEADS, reach=reach, numbers=numbers
        ).backward()
    return counter.get_total_flops(), seen.numbers


def test_the_cost_of_local_relations_grows_with_the_length_and_that_of_all_with_its_square() -> (
    None
):
    window, whole = 3 * HEADS * 3 * 32 * 32, 3 * HEADS * 1024 * 32
    local = [work(tokens, 32, window) for tokens in (512, 1024, 2048)]
    ends = (local[1][0] - local[0][0]) / 512
    # Beyond both ends of a document every token costs the same, and each costs 3 reaches at most.
    assert (local[2][0] - local[1][0]) / 1024 == ends
    assert ends == 4 * 2 * 3 * WIDTH * 3 * 32
    all_of = [work(tokens, None, whole) for tokens in (512, 1024)]
    assert all_of[1][0] == 4 * all_of[0][0]
    # The largest tensor: the relations of a chunk, or the vectors of all tokens.
    assert local[2][1] == max(window, 3 * WIDTH * 2048)
    assert all_of[1][1] == whole


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_lower_precision_comes_near_and_sums_in_single(dtype: torch.dtype) -> None:
    exact, teacher = projections(30, WIDTH, 0, dtype), projections(30, WIDTH, 1, dtype)
    doubles = [
        Projections(*(getattr(x, part).detach().double().requires_grad_() for part in PARTS))
        for x in (exact, teacher)
    ]
    wanted = relation_divergence(doubles[0], doubles[1], (20, 10), heads=HEADS)
    found = relation_divergence(exact, teacher, (20, 10), heads=HEADS)
    assert found.dtype == torch.float32
    limit = 1e-5 if dtype == torch.float32 else 2e-2
    assert float(found.detach()) == pytest.approx(float(wanted.detach()), rel=limit)
    found.backward()
    wanted.backward()
    mine, oracle = exact.query.grad, doubles[0].query.grad
    assert mine is not None
    assert oracle is not None
    assert (mine.double() - oracle).norm() < 2 * limit * oracle.norm()


def test_heads_that_do_not_divide_a_width_are_refused() -> None:
    with pytest.raises(
        ConfigError, match="the teacher's hidden size 20 can't be divided among 3 relation heads"
    ):
        relation_divergence(projections(4, 12, 0), projections(4, 20, 0), (4,), heads=3)
    with pytest.raises(ConfigError, match="the student's hidden size 12 can't be divided among 0"):
        relation_divergence(projections(4, 12, 0), projections(4, 20, 0), (4,), heads=0)


def test_a_reach_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="reach is 0, expected 1 token or more"):
        relation_divergence(projections(4, 12, 0), projections(4, 12, 0), (4,), heads=3, reach=0)
