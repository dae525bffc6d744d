import json
from pathlib import Path

import pytest

from gonerd.adapters import ModelCard
from gonerd.cli.main import run
from gonerd.errors import ConfigError, InputError
from gonerd.evaluation import evaluate_model
from gonerd.evaluation.model_names import ModelNames
from tests.gonerd.evaluation.models import Knowing, built, predictions_from_gold


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> str:
    return built(tmp_path_factory.mktemp("built"))


def card(id_: str, teacher: str | None = None) -> ModelCard:
    return ModelCard(kind="knowing", id=id_, revision="0" * 40, teacher_id=teacher)


def test_what_is_not_stated_is_what_the_models_files_say() -> None:
    own = card("folder", "teacher")
    assert ModelNames().of(own) == own
    assert ModelNames("acme/student").of(own) == card("acme/student", "teacher")
    assert ModelNames(teacher="acme/teacher").of(own) == card("folder", "acme/teacher")


@pytest.mark.parametrize("name", ["", "a/b/c", "../a", "a b", "/models/student"])
def test_a_name_is_one_that_the_hub_would_take(name: str) -> None:
    with pytest.raises(ConfigError, match=r"--id is .*, expected NAMESPACE/NAME or NAME, without"):
        ModelNames(name)
    with pytest.raises(ConfigError, match="--teacher is "):
        ModelNames(teacher=name)


def test_a_teacher_alone_has_a_revision() -> None:
    with pytest.raises(ConfigError, match=r"--id is 'acme/student@v1', .* without a revision"):
        ModelNames("acme/student@v1")
    assert ModelNames(teacher="acme/long@v1").of(card("student")).teacher_id == "acme/long@v1"


def test_a_model_of_the_hub_keeps_its_name() -> None:
    with pytest.raises(ConfigError, match="knowing:acme/tagger has its name on the Hub"):
        ModelNames("acme/better").of(card("acme/tagger"))
    assert ModelNames(teacher="acme/long").of(card("acme/tagger")).teacher_id == "acme/long"


def test_a_teacher_is_never_a_path_of_this_machine(dataset: str, tmp_path: Path) -> None:
    model = Knowing(predictions_from_gold(dataset), card=card("student", "/models/teacher"))
    with pytest.raises(InputError, match="names a path of this machine"):
        evaluate_model(model, tmp_path / "run", dataset=dataset, split="test")


def test_a_run_is_recorded_and_goes_on_by_its_stated_names(
    dataset: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    words = ["eval", "--model", "rules", "--dataset", dataset, "--out", str(out), "--no-cost"]
    assert run([*words, "--id", "acme/rules", "--teacher", "acme/people", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["model"]["id"], result["model"]["teacher_id"]) == ("acme/rules", "acme/people")
    assert "--teacher acme/people" in " ".join(result["command"])
    assert run([*words[:-2], str(tmp_path / "other"), "--id", "acme rules"]) == 2
    assert "--id is 'acme rules'" in capsys.readouterr().err
