"""Where a benchmark runs, and what is usual there."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from gonerd.errors import ConfigError

__all__ = ["Usual", "checked_device", "usual_of"]


@dataclass(frozen=True, slots=True)
class Usual:
    """What is taken where an option is not given."""

    batch: int
    dtypes: tuple[str, ...]
    repeat: int
    warm_up: int
    documents: int | None
    """Of real lengths; None for all."""
    passes: int
    """Timed passes over real documents."""
    passes_before: int
    """And those before: on a GPU every new width of a batch compiles and chooses kernels."""
    swept: tuple[int, int]
    """Documents and tokens of each in a sweep."""
    longest: float
    """Seconds after which a process is given up."""


_CUDA = Usual(16, ("float32", "bfloat16"), 10, 3, None, 3, 1, (16, 4096), 420.0)
_PROCESSOR = Usual(1, ("float32",), 3, 1, 16, 1, 0, (1, 4096), 3600.0)


def checked_device(name: str) -> str:
    """The device itself, where this machine has it.

    Raises:
        ConfigError: it has not, or the name means nothing.
    """
    kind, _, number = name.partition(":")
    if kind == "cpu" and not number:
        return name
    if kind != "cuda" or (number and not number.isdecimal()):
        raise ConfigError(f"--device {name!r} is unknown; expected cpu, cuda or cuda:N")
    if not torch.cuda.is_available():
        raise ConfigError(f"--device {name}: torch sees no CUDA device here; expected cpu")
    if number and int(number) >= torch.cuda.device_count():
        raise ConfigError(
            f"--device {name}: there are {torch.cuda.device_count()} CUDA devices here"
        )
    return name


def usual_of(device: str) -> Usual:
    """The defaults on `device`."""
    return _CUDA if device.startswith("cuda") else _PROCESSOR
