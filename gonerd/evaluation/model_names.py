"""What a result calls a model that lies in a folder, and the one that it learned from."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gonerd.adapters import ModelCard
from gonerd.dataset.hub import is_hub_name
from gonerd.errors import ConfigError

__all__ = ["OWN_NAMES", "ModelNames"]


@dataclass(frozen=True, slots=True)
class ModelNames:
    """Names that the command line states; None leaves what the model's files say.

    Raises:
        ConfigError: one of them is no NAMESPACE/NAME or NAME, or the id has a revision.
    """

    id: str | None = None
    """For a folder that is, or will be, known by another name than its own."""
    teacher: str | None = None
    """The id by which the teacher's own result goes, with @REVISION where it has several."""

    def __post_init__(self) -> None:
        if self.id is not None and ("@" in self.id or not is_hub_name(self.id, bare=True)):
            raise ConfigError(
                f"--id is {self.id!r}, expected NAMESPACE/NAME or NAME, without a revision"
            )
        if self.teacher is not None and not is_hub_name(self.teacher, bare=True):
            raise ConfigError(
                f"--teacher is {self.teacher!r}, expected NAMESPACE/NAME or NAME, @REVISION if need be"
            )

    def of(self, card: ModelCard) -> ModelCard:
        """The card with these names.

        Raises:
            ConfigError: the model came from the Hub and has its name there.
        """
        if self.id is not None and "/" in card.id:
            raise ConfigError(
                f"--id is for a model of this machine; {card.kind}:{card.id} has its name on the Hub"
            )
        return replace(card, id=self.id or card.id, teacher_id=self.teacher or card.teacher_id)


OWN_NAMES = ModelNames()
"""What the model's files say."""
