"""Students: some of a teacher's layers, or a smaller shape with random weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch

from gonerd.errors import ConfigError
from gonerd_baselines.encoder.checkpoint import Checkpoint, LoadingReport
from gonerd_baselines.encoder.config import EncoderConfig
from gonerd_baselines.encoder.heads import Model, build_head
from gonerd_baselines.encoder.model import Encoder
from gonerd_baselines.encoder.moved_heads import moved_head

__all__ = ["CHOICES", "RANDOM", "Student", "student_from"]

CHOICES = ("every-other", "distilbert", "first", "last")
"""
every-other: layers 0, 2, 4, ...
distilbert: 0, 2, 4, 7, 9 and 11 of 12, those of DistilBERT's script.
first, last: that half of the layers, the larger one where their number is odd.
"""

DISTILBERT = (0, 2, 4, 7, 9, 11)
RANDOM = "random"
SHAPE = ("layers", "hidden_size", "num_attention_heads", "intermediate_size")


@dataclass(frozen=True, slots=True)
class Student:
    """A model to be trained, and where it came from."""

    checkpoint: Checkpoint
    """With the teacher's layout, head, labels and tokenizer."""
    layers: tuple[int, ...] | None
    """The teacher's layers that it was made of; None where its weights are random, or its own."""
    origin: Mapping[str, str | None] | None = None
    """Id, revision and weights_sha256 of a model that it was before."""


def student_from(
    teacher: Checkpoint,
    choice: str,
    *,
    seed: int = 0,
    dropout: float | None = None,
    attention_dropout: float | None = None,
) -> Student:
    """The student that `choice` describes, with numbers of its own.

    Args:
        teacher: with or without a head; the student has the same.
        choice: one of CHOICES, layers of the teacher with commas between ("0,3,6"), a smaller shape of random
            weights ("layers=3,hidden_size=96", any of SHAPE), or "random": the shape of every-other, or by
            "random:CHOICE" that of another, with random weights.
        seed: of random weights.
        dropout: of hidden numbers in training; None is the teacher's.
        attention_dropout: the same of attention weights.

    Raises:
        ConfigError: there is no such layer, or the shape makes no sense.
    """
    config = teacher.encoder.config
    if dropout is not None:
        config = replace(config, hidden_dropout_prob=dropout)
    if attention_dropout is not None:
        config = replace(config, attention_probs_dropout_prob=attention_dropout)
    if choice == RANDOM:
        choice = f"{RANDOM}:{CHOICES[0]}"
    if choice.startswith(f"{RANDOM}:"):
        layers = _layers(config, choice.removeprefix(f"{RANDOM}:"))
        return Student(_random(teacher, _of_layers(config, layers), seed), None)
    if "=" in choice:
        return Student(_random(teacher, _shape(config, choice), seed), None)
    layers = _layers(config, choice)
    return Student(_copied(teacher, _of_layers(config, layers), layers), layers)


def _layers(config: EncoderConfig, choice: str) -> tuple[int, ...]:
    count = config.num_hidden_layers
    if choice == "distilbert":
        if count != 12:
            raise ConfigError(
                f"student distilbert takes layers {', '.join(map(str, DISTILBERT))} of 12, and the teacher "
                f"has {count}; expected every-other, first, last, or a list of layers"
            )
        return DISTILBERT
    half = (count + 1) // 2
    named = {
        "every-other": tuple(range(0, count, 2)),
        "first": tuple(range(half)),
        "last": tuple(range(count - half, count)),
    }
    if choice in named:
        return named[choice]
    try:
        layers = tuple(int(part) for part in choice.split(","))
    except ValueError:
        raise ConfigError(
            f"student {choice!r} is unknown; expected one of {', '.join(CHOICES)}, {RANDOM}, layers (0,3,6), "
            f"a shape ({SHAPE[0]}=3,{SHAPE[1]}=96), or a model's folder"
        ) from None
    for layer in layers:
        if not 0 <= layer < count:
            raise ConfigError(
                f"student {choice}: the teacher has no layer {layer}; expected 0 to {count - 1}"
            )
    if list(layers) != sorted(set(layers)):
        raise ConfigError(f"student {choice}: expected layers in rising order, each once")
    return layers


def _shape(config: EncoderConfig, choice: str) -> EncoderConfig:
    """The teacher's, with other numbers; its layers' patterns are taken evenly."""
    said: dict[str, int] = {}
    for part in choice.split(","):
        name, _, value = part.partition("=")
        if name not in SHAPE:
            raise ConfigError(
                f"student {choice}: {name!r} is not of a shape; expected {', '.join(SHAPE)}"
            )
        if not value.isdecimal() or int(value) < 1:
            raise ConfigError(f"student {choice}: {name} is {value!r}, expected 1 or more")
        said[name] = int(value)
    layers = said.pop("layers", config.num_hidden_layers)
    count = config.num_hidden_layers
    if layers > count:
        raise ConfigError(f"student {choice}: {layers} layers are more than the teacher's {count}")
    numbers = tuple(layer * count // layers for layer in range(layers))
    return _of_layers(replace(config, **said), numbers)  # type: ignore[arg-type]  # all of them whole numbers


def _of_layers(config: EncoderConfig, layers: tuple[int, ...]) -> EncoderConfig:
    return replace(config, attention=tuple(config.attention[layer] for layer in layers))


def _random(teacher: Checkpoint, config: EncoderConfig, seed: int) -> Checkpoint:
    old = teacher.model
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model: Encoder | Model = Encoder(
            config, attention_backend=teacher.encoder.attention_backend
        )
        if isinstance(old, Model):
            assert teacher.head is not None
            head = build_head(
                teacher.layout,
                teacher.head,
                config,
                len(teacher.labels) or 2,
                classifier_dropout=teacher.kept.get("classifier_dropout"),
                problem_type=_problem(teacher),
                separator=teacher.kept.get("sep_token_id"),
            )
            assert isinstance(model, Encoder)
            model = Model(model, head)
    words = teacher.encoder.embeddings.word_embeddings.weight
    return _student(teacher, model.to(words.dtype).to(words.device))


def _copied(teacher: Checkpoint, config: EncoderConfig, layers: tuple[int, ...]) -> Checkpoint:
    old = teacher.encoder
    with torch.device("meta"):
        encoder = Encoder(config, attention_backend=old.attention_backend)
    weights = old.state_dict()
    taken = {key: weights[_source(key, layers)].clone() for key in encoder.state_dict()}
    encoder.load_state_dict(taken, assign=True)
    model: Encoder | Model = encoder
    if isinstance(teacher.model, Model):
        separator = teacher.kept.get("sep_token_id")
        model = moved_head(teacher, encoder, teacher.layout, separator=separator)
        model.to(old.embeddings.word_embeddings.weight.device)
    for parameter in model.parameters():
        parameter.requires_grad_()
    return _student(teacher, model)


def _source(key: str, layers: tuple[int, ...]) -> str:
    """The teacher's name of a tensor of the student's."""
    begin = "encoder.layer."
    if not key.startswith(begin):
        return key
    number, _, rest = key.removeprefix(begin).partition(".")
    return f"{begin}{layers[int(number)]}.{rest}"


def _student(teacher: Checkpoint, model: Encoder | Model) -> Checkpoint:
    return replace(
        teacher,
        model=model,
        id=None,
        revision=None,
        weights_sha256=None,
        report=LoadingReport(),
    )


def _problem(teacher: Checkpoint) -> str | None:
    return teacher.kept.get("problem_type") if teacher.head == "sequence" else None
