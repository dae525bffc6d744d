from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from gonerd.errors import ConfigError
from gonerd_baselines.training.config import TrainingConfig
from gonerd_baselines.training.trainer import Trainer
from tests.baselines.training.toy import (
    CONFIG,
    ToyDocuments,
    ToyObjective,
)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"epochs": 2, "steps": 3}, "steps and epochs are given, expected one of them"),
        ({"optimizer": "sgd", "steps": 1}, "'sgd' is unknown; expected one of adamw, muon"),
        ({"learning_rate": 0, "steps": 1}, "learning_rate is 0, expected more than 0"),
        ({"warmup": 1.0, "steps": 1}, "warmup is 1.0, expected 0 or more and less than 1"),
        ({"seed": -1, "steps": 1}, "seed is -1, expected 0 or more"),
        ({"seed": 2**63, "steps": 1}, "seed is 9223372036854775808, expected 9223372036854775807"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(
    settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        TrainingConfig(**settings)


def test_a_step_has_to_be_shared_evenly_and_a_training_has_a_length() -> None:
    with pytest.raises(ConfigError, match="3 a step, which 2 processes can't share evenly"):
        TrainingConfig(steps=1, step_tokens=30, batch_tokens=10).batches_a_step(2)
    with pytest.raises(ConfigError, match="batch_tokens 16,384 is more than the 8,192 of a whole"):
        TrainingConfig(steps=1, step_tokens=8192).batches_a_step(1)
    with pytest.raises(ConfigError, match="patience is 2, and no metric says what is better here"):
        documents = ToyDocuments()
        Trainer(ToyObjective(documents), documents, replace(CONFIG, patience=2), Path("nowhere"))
    with pytest.raises(ConfigError, match="no length; expected steps, tokens or epochs"):
        TrainingConfig().batches_a_step(1)


def test_layers_further_down_learn_more_slowly() -> None:
    from gonerd_baselines.training.optimizers import SCALE, optimizers_of

    class Deep(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embeddings = torch.nn.Embedding(3, 2)
            self.encoder = torch.nn.ModuleDict(
                {"layer": torch.nn.ModuleList(torch.nn.Linear(2, 2) for _ in range(3))}
            )
            self.head = torch.nn.Linear(2, 2)

    model = Deep()
    for optimizer, matrices in (("adamw", 0), ("muon", 3)):
        config = TrainingConfig(steps=1, layer_decay=0.5, optimizer=optimizer, weight_decay=0.1)
        made = optimizers_of(model, config)
        scales = {
            id(p): (group[SCALE], group["weight_decay"])
            for each in made
            for group in each.param_groups
            for p in group["params"]
        }
        assert scales[id(model.embeddings.weight)] == (0.125, 0.1)
        assert [scales[id(layer.weight)] for layer in model.encoder["layer"]] == [
            (0.25, 0.1),
            (0.5, 0.1),
            (1, 0.1),
        ]
        assert scales[id(model.head.bias)] == (1, 0)
        muon = [each for each in made if isinstance(each, torch.optim.Muon)]
        assert sum(len(g["params"]) for each in muon for g in each.param_groups) == matrices


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("linear", [0, 0.5, 1, 0.5, 0]),
        ("cosine", [0, 0.5, 1, 0.5, 0]),
        ("constant", [0, 0.5, 1, 1, 1]),
    ],
)
def test_the_rate_rises_and_falls_as_asked(schedule: str, expected: list[float]) -> None:
    from gonerd_baselines.training.schedule import learning_rate

    config = TrainingConfig(steps=1, schedule=schedule, warmup=0.2, learning_rate=3.0)
    found = [learning_rate(done, config) for done in (0, 0.1, 0.2, 0.6, 1)]
    assert found == pytest.approx([3 * share for share in expected])
