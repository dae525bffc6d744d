from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from gonerd.errors import ConfigError
from gonerd_baselines.distillation.hidden_states import (
    HiddenStateLoss,
    cosine_distance,
    squared_distance,
)
from gonerd_baselines.distillation.layer_mapping import layer_pairs

TOKENS = 9


def states(layers: int, width: int, seed: int) -> dict[int, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {
        layer: torch.randn(TOKENS, width, generator=generator, dtype=torch.float64)
        for layer in range(layers)
    }


def loss(
    pairs: tuple[tuple[int, int], ...], distance: str, student: int, teacher: int
) -> HiddenStateLoss:
    return HiddenStateLoss(
        pairs, distance=distance, student_width=student, teacher_width=teacher
    ).double()


def test_the_cosine_is_that_of_distilberts_script() -> None:
    """torch's CosineEmbeddingLoss(reduction="mean") with target 1, over the tokens that are no padding."""
    student, teacher = states(1, 6, 0)[0], states(1, 6, 1)[0]
    script = torch.nn.CosineEmbeddingLoss(reduction="mean")
    wanted = script(student, teacher, torch.ones(TOKENS, dtype=torch.float64))
    torch.testing.assert_close(cosine_distance(student, teacher) / TOKENS, wanted)
    by_hand = 1 - (student * teacher).sum(1) / (student.norm(dim=1) * teacher.norm(dim=1))
    torch.testing.assert_close(cosine_distance(student, teacher), by_hand.sum())


def test_the_squared_distance_is_the_mean_squared_error_times_the_tokens() -> None:
    student, teacher = states(1, 6, 0)[0], states(1, 6, 1)[0]
    wanted = functional.mse_loss(student, teacher) * TOKENS
    torch.testing.assert_close(squared_distance(student, teacher), wanted)


def test_states_of_half_precision_are_compared_in_single() -> None:
    student, teacher = states(1, 64, 0)[0].bfloat16(), states(1, 64, 1)[0].bfloat16()
    for distance in (squared_distance, cosine_distance):
        found = distance(student, teacher)
        assert found.dtype == torch.float32
        torch.testing.assert_close(found.double(), distance(student.double(), teacher.double()))


@pytest.mark.parametrize("distance", ["mse", "cosine"])
def test_several_pairs_are_averaged(distance: str) -> None:
    student, teacher = states(2, 6, 0), states(4, 6, 1)
    pairs = ((0, 1), (1, 2), (1, 3))
    found = loss(pairs, distance, 6, 6)(student, teacher)
    each = [loss((pair,), distance, 6, 6)(student, teacher) for pair in pairs]
    torch.testing.assert_close(found, sum(each) / 3)


def test_other_widths_meet_by_a_projection_of_each_pair_that_learns() -> None:
    student, teacher = states(2, 4, 0), states(4, 6, 1)
    objective = loss(((0, 1), (1, 2), (1, 3)), "mse", 4, 6)
    assert len(list(objective.parameters())) == 6
    assert not list(loss(((0, 0),), "mse", 6, 6).parameters())
    student[0].requires_grad_()
    teacher[1].requires_grad_()
    objective(student, teacher).backward()
    for parameter in objective.parameters():
        assert parameter.grad is not None
        assert float(parameter.grad.abs().sum()) > 0
    assert student[0].grad is not None
    assert teacher[1].grad is None
    assert objective.projections is not None
    first = objective.projections[0]
    by_hand = (functional.linear(student[0], first.weight, first.bias) - teacher[1]).square().mean()
    alone = loss(((0, 1),), "mse", 4, 6)
    torch.testing.assert_close(alone(student, teacher).detach(), by_hand.detach() * TOKENS)


def test_the_same_seed_gives_the_same_projections() -> None:
    def weight(seed: int) -> Tensor:
        made = HiddenStateLoss(
            ((0, 0),), distance="mse", student_width=4, teacher_width=6, seed=seed
        )
        return next(made.parameters()).detach()

    torch.testing.assert_close(weight(0), weight(0), rtol=0, atol=0)
    assert not torch.equal(weight(0), weight(1))


def test_an_unknown_distance_is_refused() -> None:
    with pytest.raises(ConfigError, match="distance 'l1' is unknown; expected one of cosine, mse"):
        loss(((0, 0),), "l1", 4, 4)


@pytest.mark.parametrize(
    ("mapping", "student", "teacher", "wanted"),
    [
        ("last", 6, 12, [(5, 11)]),
        ("uniform", 6, 12, [(0, 1), (1, 3), (2, 5), (3, 7), (4, 9), (5, 11)]),
        ("uniform", 4, 6, [(0, 1), (1, 2), (2, 4), (3, 5)]),
        ("uniform", 2, 2, [(0, 0), (1, 1)]),
        ("uniform+last", 2, 4, [(0, 1), (0, 3), (1, 3)]),
        ("consecutive", 2, 5, [(0, 0), (0, 1), (0, 2), (1, 3), (1, 4)]),
        ([[1, 3], [0, 1], [1, 0]], 2, 4, [(0, 1), (1, 0), (1, 3)]),
    ],
)
def test_a_mapping_names_pairs(
    mapping: str | list[list[int]], student: int, teacher: int, wanted: list[tuple[int, int]]
) -> None:
    assert list(layer_pairs(mapping, student=student, teacher=teacher)) == wanted


@pytest.mark.parametrize("student", range(1, 13))
@pytest.mark.parametrize("mapping", ["uniform", "consecutive"])
def test_even_mappings_use_every_student_layer_in_order_and_end_at_the_last(
    mapping: str, student: int
) -> None:
    pairs = layer_pairs(mapping, student=student, teacher=12)
    assert {layer for layer, _ in pairs} == set(range(student))
    assert pairs[-1] == (student - 1, 11)
    others = [other for _, other in pairs]
    assert others == sorted(set(others))
    assert mapping == "uniform" or others == list(range(12))


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("nearest", "mapping 'nearest' is unknown; expected one of last, uniform"),
        ([[0, 4]], r"mapping \[0, 4\] names layer 4 of the teacher, which has layers 0 to 3"),
        ([[-1, 0]], r"mapping \[-1, 0\] names layer -1 of the student, which has layers 0 to 1"),
        ([[0]], r"mapping has \[0\], expected pairs"),
        ([], "mapping has no pair of layers"),
        ([[0, 1], [0, 1]], "mapping has a pair of layers twice"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(
    mapping: str | list[list[int]], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        layer_pairs(mapping, student=2, teacher=4)


def test_a_student_of_more_layers_than_its_teacher_has_no_even_mapping() -> None:
    with pytest.raises(ConfigError, match="as many layers as the student's 6, and it has 4"):
        layer_pairs("uniform", student=6, teacher=4)
    assert layer_pairs("last", student=6, teacher=4) == ((5, 3),)
