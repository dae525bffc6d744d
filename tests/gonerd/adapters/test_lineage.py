import json
from pathlib import Path
from typing import Any

import pytest

from gonerd.adapters.lineage import teacher_of

TEACHER = {"id": "acme/long", "revision": "a" * 40, "weights_sha256": "b" * 64}


def distilled(folder: Path, parts: Any, teacher: Any = TEACHER) -> None:
    record = {"teacher": teacher, "recipe": {"distillation": parts}}
    (folder / "distill.json").write_text(json.dumps(record))


@pytest.mark.parametrize("part", ["od", "hs", "cosine", "mha", "local_mha", "tags"])
def test_a_student_is_whose_loss_asks_the_teacher(part: str, tmp_path: Path) -> None:
    distilled(tmp_path, {"mlm": 2.0, part: 1.0}, {**TEACHER, "layers": 4})
    assert teacher_of(tmp_path) == TEACHER


@pytest.mark.parametrize("parts", [{}, {"mlm": 1.0, "od": 0.0}, {"gold": 1.0}])
def test_a_control_has_no_teacher(parts: dict[str, float], tmp_path: Path) -> None:
    distilled(tmp_path, parts)
    assert teacher_of(tmp_path) is None


def test_what_was_fine_tuned_has_the_teacher_that_its_start_had(tmp_path: Path) -> None:
    distilled(tmp_path, {"od": 1.0}, {"id": "other"})
    (tmp_path / "finetune.json").write_text(json.dumps({"teacher": TEACHER}))
    assert teacher_of(tmp_path) == TEACHER
    (tmp_path / "finetune.json").write_text(json.dumps({"start": {}}))
    assert teacher_of(tmp_path) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", '"distill"', '{"recipe": 1, "teacher": 2}', '{"recipe": {}}']
)
def test_a_strangers_record_tells_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "distill.json").write_text(text)
    assert teacher_of(tmp_path) is None
    (tmp_path / "finetune.json").write_text(text)
    assert teacher_of(tmp_path) is None


@pytest.mark.parametrize(
    "teacher", [None, [], "acme/long", {"id": ""}, {"id": 3}, {"revision": "a"}]
)
def test_a_teacher_without_a_name_is_none(teacher: Any, tmp_path: Path) -> None:
    distilled(tmp_path, {"od": 1.0}, teacher)
    assert teacher_of(tmp_path) is None
