"""The device on which a model runs, or one sentence about why it can't."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonerd.errors import ConfigError

if TYPE_CHECKING:
    import torch

__all__ = ["usable_device"]


def usable_device(name: str) -> torch.device:
    """The device called `name`: cpu, cuda, cuda:1, mps, ...

    Raises:
        ConfigError: there is no such device here.
    """
    import torch

    try:
        device = torch.device(name)
        held = torch.zeros(1, device=device)
        held.cpu()  # "meta" holds nothing
    except (RuntimeError, AssertionError, NotImplementedError) as problem:
        reason = str(problem).strip().partition("\n")[0].partition(". ")[0]
        raise ConfigError(f"device {name!r} can't be used: {reason}") from None
    return device
