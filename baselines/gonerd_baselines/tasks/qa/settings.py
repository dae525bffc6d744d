"""What can be set of a question answering task."""

from __future__ import annotations

from dataclasses import dataclass

from gonerd.errors import ConfigError

__all__ = ["QuestionSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionSettings:
    """Lengths are in tokens."""

    stride: int | None = None
    """That two windows of a passage have in common; none: 128, a third of the window where that is less."""
    longest_question: int | None = None
    """Longer questions are cut behind; none: as `stride`."""
    longest_answer: int = 30
    """No answer that is given is longer."""
    kept_answers: int = 5
    """Answers that stand in the predictions of a question, the best first."""
    null_threshold: float = 0.0
    """SQuAD 2.0: how much more than in its best answer a model has to believe in none, to give none."""

    def __post_init__(self) -> None:
        for name, least in (
            ("stride", 0),
            ("longest_question", 1),
            ("longest_answer", 1),
            ("kept_answers", 1),
        ):
            value = getattr(self, name)
            if value is not None and value < least:
                raise ConfigError(f"{name} is {value}, expected {least} or more")
