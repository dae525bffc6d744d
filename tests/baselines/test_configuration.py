import json

import pytest

from gonerd.errors import ConfigError
from gonerd_baselines.configuration import config_from_values, values_from_config, with_settings
from gonerd_baselines.distillation.config import DISTILL_SECTIONS, DistillationConfig
from gonerd_baselines.pretraining.masking import MaskingConfig
from gonerd_baselines.training.config import TrainingConfig


@pytest.mark.parametrize(
    "settings",
    [["mlm=0", "od=0", "tags=1"], ["tags=1", "mlm=0", "od=0"], ["mlm=3", "mlm=0", "tags=1"]],
)
def test_settings_come_to_the_same_in_any_order(settings: list[str]) -> None:
    sections = {**DISTILL_SECTIONS, "distillation": DistillationConfig(mlm=2.0)}
    made = with_settings(sections, settings)["distillation"]
    assert made.weights == {"tags": 1.0}


def test_of_lengths_the_last_counts() -> None:
    sections = {"training": TrainingConfig(epochs=2)}
    made = with_settings(sections, ["tokens=9", "steps=7", "epochs=none"])["training"]
    assert (made.steps, made.tokens, made.epochs) == (7, None, None)


def test_what_does_not_go_together_names_its_settings() -> None:
    with pytest.raises(
        ConfigError, match=r"--set masked=0.7 --set random=0.6: masked 0.7 and random"
    ):
        with_settings({"masking": MaskingConfig()}, ["masked=0.7", "random=0.6"])


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_refused_before_anything_is_trained(number: str) -> None:
    with pytest.raises(ConfigError, match=r"--set weight_decay=.*, expected a finite number$"):
        with_settings({"training": TrainingConfig()}, ["seed=3", f"weight_decay={number}"])


def test_lists_within_lists_survive_json() -> None:
    config = DistillationConfig(hs=1.0, mapping=((0, 1), (1, 3)))
    values = json.loads(json.dumps(values_from_config(config)))
    assert values == values_from_config(config)
    assert config_from_values(DistillationConfig, values, where="here") == config
