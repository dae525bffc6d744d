from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional

from gonerd.errors import ConfigError, InputError
from gonerd_baselines.encoder.heads import Model
from gonerd_baselines.encoder.loading import from_pretrained
from gonerd_baselines.packing import packing_from_lengths
from gonerd_baselines.tasks.examples import IGNORED, Example, Examples, examples_from
from gonerd_baselines.tasks.logits import logits_of
from gonerd_baselines.tasks.objective import TaskObjective, balanced_weights
from tests.baselines.encoder.families import BIGBIRD_FULL, FULL, LONGFORMER, Family, documents

LENGTHS = (9, 4, 17, 6, 1 + 5)
CLASSES = 3


def model_of(family: Family, head: str, tmp_path: Any, labels: int = CLASSES) -> Model:
    folder = family.saved(tmp_path / f"{family}-{head}", None)
    names = [f"L{i}" for i in range(labels)] if head in ("token", "sequence") else None
    torch.manual_seed(3)
    model = from_pretrained(folder, head=head, labels=names).model
    assert isinstance(model, Model)
    return model


def examples_of(head: str, *, numbers: bool = False) -> Examples:
    chance = np.random.default_rng(5)
    made = []
    for words in documents(LENGTHS):
        ids = words.tolist()
        ids[2] = 2  # a separator, behind the question
        if head == "token":
            labels: Any = chance.integers(0, CLASSES, len(ids))
            labels[0] = IGNORED
        elif head == "qa":
            labels = sorted(chance.integers(3, len(ids), 2).tolist()) if len(ids) > 4 else [0, 99]
        else:
            labels = chance.normal() if numbers else chance.integers(0, CLASSES)
        made.append(Example(ids, labels=labels))
    return examples_from("toy", made, head=head, numbers=numbers)


def mean(objective: TaskObjective, *batches: list[int]) -> torch.Tensor:
    sums: dict[str, Any] = {}
    counts: dict[str, float] = {}
    for numbers in batches:
        batch = objective.batch(numbers, generator=torch.Generator(), device="cpu")
        assert batch.tokens == sum(LENGTHS[n] for n in numbers)
        found = objective(batch)
        assert found.keys() == batch.counts.keys() == objective.weights.keys()
        for part, total in found.items():
            sums[part] = sums.get(part, 0) + total
            counts[part] = counts.get(part, 0) + batch.counts[part]
    return torch.stack([objective.weights[p] * sums[p].detach() / counts[p] for p in sums]).sum()


@pytest.mark.parametrize("family", [FULL[0], FULL[3], LONGFORMER, BIGBIRD_FULL], ids=str)
@pytest.mark.parametrize("head", ["token", "sequence", "qa"])
def test_sums_over_any_batches_are_the_loss_of_transformers(
    head: str, family: Family, tmp_path: Any
) -> None:
    model = model_of(family, head, tmp_path)
    examples = examples_of(head)
    objective = TaskObjective(model, examples, head=head)
    ids = torch.from_numpy(examples.ids.astype("int64"))
    wanted = model(ids, packing_from_lengths(LENGTHS), labels=torch.from_numpy(examples.labels))
    torch.testing.assert_close(mean(objective, [0, 1, 2, 3, 4]), wanted)
    torch.testing.assert_close(mean(objective, [3, 0], [4], [1, 2]), wanted)


def test_a_regression_is_the_mean_squared_error(tmp_path: Any) -> None:
    model = model_of(FULL[0], "sequence", tmp_path, labels=1)
    examples = examples_of("sequence", numbers=True)
    objective = TaskObjective(model, examples, head="sequence")
    found = np.stack(list(logits_of(model, examples, head="sequence")))[:, 0]
    wanted = float(((found.astype("f8") - examples.labels) ** 2).mean())
    assert float(mean(objective, [4, 2], [0, 1, 3])) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("head", ["token", "sequence"])
def test_smoothing_and_class_weights_are_those_of_torch(head: str, tmp_path: Any) -> None:
    model = model_of(FULL[0], head, tmp_path)
    examples = examples_of(head)
    weights = [0.5, 2.0, 1.25]
    objective = TaskObjective(
        model, examples, head=head, label_smoothing=0.2, class_weights=weights
    )
    logits = (
        np.stack(list(logits_of(model, examples, head=head)))
        if head == "sequence"
        else (np.concatenate(list(logits_of(model, examples, head=head))))
    )
    wanted = functional.cross_entropy(
        torch.from_numpy(logits).double(),
        torch.from_numpy(examples.labels),
        weight=torch.tensor(weights).double(),
        label_smoothing=0.2,
    )
    found = mean(objective, [0, 1], [2, 3, 4])
    assert float(found) == pytest.approx(float(wanted), rel=1e-5)


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    examples = examples_of("token")
    labels = examples.labels[examples.labels != IGNORED]
    wanted = compute_class_weight("balanced", classes=np.unique(labels), y=labels)
    assert balanced_weights(examples, CLASSES) == pytest.approx(wanted.tolist())
    assert balanced_weights(examples, CLASSES + 1)[-1] == 0


def test_what_has_no_classes_is_neither_smoothed_nor_weighed(tmp_path: Any) -> None:
    model = model_of(FULL[0], "qa", tmp_path)
    with pytest.raises(ConfigError, match=r"toy: label smoothing .* its labels are places"):
        TaskObjective(model, examples_of("qa"), head="qa", label_smoothing=0.1)
    numbers = examples_of("sequence", numbers=True)
    with pytest.raises(ConfigError, match=r"toy: label smoothing .* its labels are numbers"):
        TaskObjective(model, numbers, head="sequence", class_weights=[1.0])
    bare = examples_from("bare", [Example([1, 2])], head="token")
    with pytest.raises(ConfigError, match="bare has no labels to learn from"):
        TaskObjective(model, bare, head="token")


@pytest.mark.parametrize("head", ["token", "sequence", "qa"])
def test_logits_come_in_order_and_do_not_depend_on_the_batches(head: str, tmp_path: Any) -> None:
    model = model_of(LONGFORMER, head, tmp_path)
    examples = examples_of(head)
    model.train()
    together = list(logits_of(model, examples, head=head))
    assert model.training
    alone = list(logits_of(model, examples, head=head, batch_tokens=1))
    assert len(together) == len(alone) == len(LENGTHS)
    for number, (one, other) in enumerate(zip(together, alone, strict=True)):
        np.testing.assert_allclose(one, other, atol=2e-5)
        assert (
            one.shape
            == {"token": (LENGTHS[number], 3), "sequence": (3,), "qa": (LENGTHS[number], 2)}[head]
        )


def test_examples_that_can_not_be_are_refused() -> None:
    with pytest.raises(InputError, match="none has no example"):
        examples_from("none", [], head="token")
    with pytest.raises(InputError, match="some: 1 of 2 examples have labels"):
        examples_from("some", [Example([1], labels=0), Example([1])], head="sequence")
    with pytest.raises(InputError, match="empty: example 1 has no token"):
        examples_from("empty", [Example([1]), Example([])], head="sequence")
    with pytest.raises(InputError, match="short has 1 labels, expected 2"):
        examples_from("short", [Example([1, 2], labels=[0])], head="token")


def test_the_fingerprint_tells_labels_and_tokens_apart() -> None:
    one = examples_from("a", [Example([1, 2], labels=0)], head="sequence")
    same = examples_from("b", [Example([1, 2], labels=0)], head="sequence")
    others = [
        examples_from("a", [Example([1, 2], labels=1)], head="sequence"),
        examples_from("a", [Example([1, 3], labels=0)], head="sequence"),
        examples_from("a", [Example([1, 2], [0, 1], labels=0)], head="sequence"),
    ]
    assert one.fingerprint == same.fingerprint
    assert one.fingerprint not in {other.fingerprint for other in others}


def test_operations_are_counted_three_times_forward(tmp_path: Any) -> None:
    model = model_of(FULL[0], "token", tmp_path)
    objective = TaskObjective(model, examples_of("token"), head="token")
    linear = 2 * (4 * 24 * 24 + 2 * 24 * 40)
    wanted = 3 * (2 * linear * 10 + 2 * 4 * 24 * (16 + 36))
    assert objective.flops([4, 6]) == wanted
