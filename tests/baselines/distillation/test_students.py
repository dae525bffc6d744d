from __future__ import annotations

from pathlib import Path

import pytest
import torch

from gonerd.errors import ConfigError
from gonerd_baselines.attention import LongformerAttention
from gonerd_baselines.distillation.students import student_from
from gonerd_baselines.encoder.heads import Model
from gonerd_baselines.encoder.loading import from_pretrained
from gonerd_baselines.encoder.saving import to_hf
from gonerd_baselines.encoder.taps import tapped
from gonerd_baselines.packing import packing_from_lengths
from tests.baselines.distillation.models import PATTERNS, VOCABULARY, checkpoint


@pytest.mark.parametrize(
    ("choice", "layers", "wanted"),
    [
        ("every-other", 12, (0, 2, 4, 6, 8, 10)),
        ("every-other", 5, (0, 2, 4)),
        ("distilbert", 12, (0, 2, 4, 7, 9, 11)),
        ("first", 12, (0, 1, 2, 3, 4, 5)),
        ("last", 12, (6, 7, 8, 9, 10, 11)),
        ("first", 3, (0, 1)),
        ("last", 3, (1, 2)),
        ("0,3,4", 5, (0, 3, 4)),
        ("2", 3, (2,)),
    ],
)
def test_a_choice_names_layers(choice: str, layers: int, wanted: tuple[int, ...]) -> None:
    teacher = checkpoint(layers=layers, hidden_size=6, intermediate_size=6)
    student = student_from(teacher, choice)
    assert student.layers == wanted
    assert student.checkpoint.encoder.config.num_hidden_layers == len(wanted)


@pytest.mark.parametrize("kind", PATTERNS)
@pytest.mark.parametrize("head", ["mlm", "token", None])
def test_a_student_computes_with_its_teachers_numbers(kind: str, head: str | None) -> None:
    teacher = checkpoint(kind, head=head, labels=("O", "PER") if head == "token" else ())
    student = student_from(teacher, "1,3").checkpoint
    mine, theirs = student.model.state_dict(), teacher.model.state_dict()
    begin = "encoder." if head else ""
    for key, tensor in mine.items():
        source = key.replace(f"{begin}encoder.layer.1.", f"{begin}encoder.layer.3.")
        if source == key:
            source = key.replace(f"{begin}encoder.layer.0.", f"{begin}encoder.layer.1.")
        torch.testing.assert_close(tensor, theirs[source], rtol=0, atol=0)
        assert tensor.data_ptr() != theirs[source].data_ptr()
    assert all(parameter.requires_grad for parameter in student.model.parameters())


def test_all_layers_give_the_teacher_again() -> None:
    teacher = checkpoint("longformer")
    student = student_from(teacher, "0,1,2,3").checkpoint
    ids = torch.arange(5, 40)
    packing = packing_from_lengths([20, 15])
    torch.testing.assert_close(student.model(ids, packing), teacher.model(ids, packing))


def test_the_decoder_is_the_students_own_embeddings() -> None:
    tied = student_from(checkpoint(), "first").checkpoint.model
    assert isinstance(tied, Model)
    assert tied.head.vocabulary.decoder.weight is tied.encoder.embeddings.word_embeddings.weight
    teacher = checkpoint(tied=False)
    torch.nn.init.normal_(teacher.model.head.vocabulary.decoder.weight)
    untied = student_from(teacher, "first").checkpoint.model
    assert isinstance(untied, Model)
    torch.testing.assert_close(
        untied.head.vocabulary.decoder.weight, teacher.model.head.vocabulary.decoder.weight
    )
    assert (
        untied.head.vocabulary.decoder.weight
        is not untied.encoder.embeddings.word_embeddings.weight
    )


def test_patterns_go_with_their_layers() -> None:
    teacher = checkpoint(
        "longformer", attention=tuple(LongformerAttention(2 * n) for n in (1, 2, 3, 4))
    )
    student = student_from(teacher, "0,3").checkpoint.encoder
    assert [pattern.attention_window for pattern in student.config.attention] == [2, 8]


def test_a_smaller_shape_is_random_by_its_seed() -> None:
    teacher = checkpoint("longformer", layers=4)
    choice = "layers=2,hidden_size=12,num_attention_heads=2,intermediate_size=20"
    student = student_from(teacher, choice, seed=1)
    config = student.checkpoint.encoder.config
    assert student.layers is None
    assert (config.num_hidden_layers, config.hidden_size, config.intermediate_size) == (2, 12, 20)
    assert config.vocab_size == VOCABULARY
    same, other = (student_from(teacher, choice, seed=seed) for seed in (1, 2))
    key = "encoder.layer.0.output.dense.weight"
    weights = [each.checkpoint.encoder.state_dict()[key] for each in (student, same, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_making_a_random_student_leaves_torchs_own_chance_alone() -> None:
    teacher = checkpoint()
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    student_from(teacher, "random")
    assert torch.equal(torch.rand(3), wanted)


def test_random_has_the_shape_of_layers_and_none_of_their_numbers() -> None:
    teacher = checkpoint(layers=6)
    alike, control = student_from(teacher, "every-other"), student_from(teacher, "random")
    assert control.checkpoint.encoder.config == alike.checkpoint.encoder.config
    assert control.layers is None
    mine, theirs = (each.checkpoint.model.state_dict() for each in (control, alike))
    matrices = [key for key, tensor in mine.items() if tensor.dim() > 1]
    assert matrices
    assert not any(torch.equal(mine[key], theirs[key]) for key in matrices)
    assert student_from(teacher, "random:2,3").checkpoint.encoder.config.num_hidden_layers == 2


@pytest.mark.parametrize("kind", PATTERNS)
def test_a_student_is_saved_and_opens_again(kind: str, tmp_path: Path) -> None:
    student = student_from(checkpoint(kind), "0,2").checkpoint
    to_hf(student, tmp_path / "student")
    again = from_pretrained(tmp_path / "student", head="mlm")
    assert not again.report.new
    ids, packing = torch.arange(5, 45), packing_from_lengths([10, 30])
    found = tapped(again.encoder, ids, packing).output
    torch.testing.assert_close(found, tapped(student.encoder, ids, packing).output)


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (
            "distilbert",
            "takes layers 0, 2, 4, 7, 9, 11 of 12, and the teacher has 4; expected every",
        ),
        ("middle", "student 'middle' is unknown; expected one of every-other, distilbert, first"),
        ("0,4", "student 0,4: the teacher has no layer 4; expected 0 to 3"),
        ("2,1", "student 2,1: expected layers in rising order, each once"),
        ("layers=5", "student layers=5: 5 layers are more than the teacher's 4"),
        ("width=5", "student width=5: 'width' is not of a shape; expected layers, hidden_size"),
        ("layers=0", "student layers=0: layers is '0', expected 1 or more"),
        ("hidden_size=25", "hidden_size 25 can't be divided among 3 heads"),
        ("random:many", "student 'many' is unknown"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(choice: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        student_from(checkpoint(), choice)
