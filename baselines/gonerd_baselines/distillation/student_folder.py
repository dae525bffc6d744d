"""A student that is a model already: of an earlier distillation, or trained on its own."""

from __future__ import annotations

from pathlib import Path

import torch

from gonerd.dataset.tokenizer_files import tokenizer_files
from gonerd.errors import InputError
from gonerd_baselines.distillation.students import CHOICES, RANDOM, Student, student_from
from gonerd_baselines.encoder.checkpoint import Checkpoint
from gonerd_baselines.encoder.conversion_folder import own_head
from gonerd_baselines.encoder.loading import from_pretrained

__all__ = ["is_model", "student_from_model"]


def is_model(choice: str) -> bool:
    """Whether a choice of students is a folder or a model on the Hub; `student_from` knows the others."""
    known = choice in ("", *CHOICES, RANDOM)
    return not known and (Path(choice).is_dir() or "/" in choice)


def student_from_model(
    name: str,
    teacher: Checkpoint,
    *,
    seed: int = 0,
    dropout: float | None = None,
    attention_dropout: float | None = None,
) -> Student:
    """The model `name` with the teacher's kind of head, a new one if it has none; else as `student_from`.

    Raises:
        InputError: it can't be read, or has another tokenizer, vocabulary or label set than its teacher.
    """
    assert teacher.head is not None
    assert teacher.folder is not None
    new = own_head(name) != teacher.head
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        started = from_pretrained(
            name,
            head=teacher.head,
            labels=teacher.labels if new and teacher.head == "token" else None,
            attention_backend=teacher.encoder.attention_backend,
        )
    if started.labels != teacher.labels:
        raise InputError(
            f"student {name} has the labels {', '.join(started.labels)}, its teacher "
            f"{', '.join(teacher.labels)}; expected the same"
        )
    assert started.folder is not None
    own, other = (tokenizer_files(str(each.folder)) for each in (started, teacher))
    if own.sha256 != other.sha256:
        raise InputError(
            f"student {name} has another tokenizer (SHA-256 {own.sha256[:12]}…) than its teacher "
            f"{teacher.id} ({other.sha256[:12]}…)"
        )
    if started.encoder.config.vocab_size != teacher.encoder.config.vocab_size:
        raise InputError(
            f"student {name} has a vocabulary of {started.encoder.config.vocab_size:,}, its teacher "
            f"one of {teacher.encoder.config.vocab_size:,}"
        )
    every = ",".join(str(layer) for layer in range(started.encoder.config.num_hidden_layers))
    made = student_from(started, every, dropout=dropout, attention_dropout=attention_dropout)
    origin = {
        "id": started.id,
        "revision": started.revision,
        "weights_sha256": started.weights_sha256,
    }
    return Student(made.checkpoint, None, origin)
