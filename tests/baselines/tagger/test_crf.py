from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from gonerd.align import entities_from_tags
from gonerd.labels import TAGS
from gonerd_baselines.packing import packing_from_lengths
from gonerd_baselines.tagger.crf import Crf, allowed_transitions, best_tags

SMALL = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")


def random_crf(tags: tuple[str, ...], seed: int) -> Crf:
    torch.manual_seed(seed)
    crf = Crf(tags)
    for parameter in crf.parameters():
        torch.nn.init.normal_(parameter)
    return crf


def every_path(crf: Crf, emissions: Tensor) -> dict[tuple[int, ...], float]:
    """Scores of all well-formed sequences of one document, one by one."""
    start, transition, end = (score.detach().double() for score in crf.scores())
    scored = {}
    for path in itertools.product(range(emissions.shape[1]), repeat=len(emissions)):
        score = (
            start[path[0]] + end[path[-1]] + sum(emissions[t, tag] for t, tag in enumerate(path))
        )
        score = score + sum(transition[a, b] for a, b in itertools.pairwise(path))
        scored[path] = float(score)
    return scored


@pytest.mark.parametrize("lengths", [(1,), (4,), (1, 3), (3, 1, 4, 1, 2)])
def test_the_partition_function_and_the_best_path_are_those_of_enumeration(
    lengths: tuple[int, ...],
) -> None:
    crf = random_crf(SMALL, seed=len(lengths))
    packing = packing_from_lengths(lengths)
    emissions = torch.randn(packing.tokens, len(SMALL), generator=torch.Generator().manual_seed(3))
    paths = [every_path(crf, part.double()) for part in emissions.split(lengths)]

    wanted = sum(torch.tensor(list(p.values())).double().logsumexp(0) for p in paths)
    found = crf.log_partition(emissions, packing).detach()
    assert float(found) == pytest.approx(float(wanted), abs=1e-6)

    best = [max(p, key=lambda path, scores=p: scores[path]) for p in paths]
    assert best_tags(emissions, packing, crf) == [list(path) for path in best]

    tags = torch.tensor([tag for path in best for tag in path])
    gold = sum(max(p.values()) for p in paths)
    loss = crf.loss(emissions, tags, packing).detach()
    assert float(loss) == pytest.approx(float(wanted) - gold, abs=1e-6)


def test_gradients_are_right_to_finite_differences() -> None:
    crf = random_crf(SMALL, seed=0).double()
    packing = packing_from_lengths([3, 1, 2])
    tags = torch.tensor([1, 2, 0, 3, 0, 1])
    emissions = torch.randn(6, len(SMALL), dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda e: crf.loss(e, tags, packing), (emissions,))


def test_the_loss_of_a_long_document_is_finite_and_so_is_its_gradient() -> None:
    crf = random_crf(TAGS, seed=0)
    packing = packing_from_lengths([6_768])
    emissions = (20 * torch.randn(6_768, len(TAGS))).requires_grad_()
    loss = crf.loss(emissions, torch.zeros(6_768, dtype=torch.int64), packing)
    loss.backward()
    assert emissions.grad is not None
    assert torch.isfinite(loss)
    assert torch.isfinite(emissions.grad).all()


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(0, 1000))
def test_whatever_the_scores_the_tags_are_well_formed(lengths: list[int], seed: int) -> None:
    crf = random_crf(TAGS, seed)
    packing = packing_from_lengths(lengths)
    emissions = 30 * torch.randn(packing.tokens, len(TAGS))
    for path, length in zip(best_tags(emissions, packing, crf), lengths, strict=True):
        spans = [(place, place + 1) for place in range(length)]
        entities_from_tags(spans, [TAGS[tag] for tag in path])  # strict: raises where it is not


def test_inside_tags_follow_their_like_only() -> None:
    start, pairs = allowed_transitions(SMALL)
    assert start == [True, True, False, True, False]
    assert pairs[SMALL.index("B-PER")] == [True, True, True, True, False]
    assert pairs[SMALL.index("O")] == [True, True, False, True, False]
