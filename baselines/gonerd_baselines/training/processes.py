"""One process or several (accelerate): who this one is, and what all of them have together."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, nn

from gonerd.adapters.device import usable_device
from gonerd.errors import CheckError

__all__ = ["Processes"]

PATIENCE = timedelta(hours=6)
"""How long the others wait for the first, which evaluates alone; NCCL's own 10 minutes are few for that."""


class Processes:
    """Made once a training; `accelerate launch` or torchrun decide how many there are."""

    def __init__(self, device: str) -> None:
        """On the processor, or on the GPU that this process has been given."""
        from accelerate import Accelerator
        from accelerate.utils import DistributedDataParallelKwargs, InitProcessGroupKwargs

        wanted = torch.device(usable_device(device))
        # Precision is the recipe's alone: an autocast of our own, whatever the launcher is told.
        self.accelerator = Accelerator(
            mixed_precision="no",
            cpu=wanted.type == "cpu",
            kwargs_handlers=[
                DistributedDataParallelKwargs(find_unused_parameters=True),
                InitProcessGroupKwargs(timeout=PATIENCE),
            ],
        )
        several = self.accelerator.num_processes > 1
        self.device = str(self.accelerator.device) if several else str(wanted)
        self.count: int = self.accelerator.num_processes
        self.number: int = self.accelerator.process_index

    @property
    def first(self) -> bool:
        """Whether this is the one that writes."""
        return self.number == 0

    def shared(self, model: nn.Module) -> nn.Module:
        """`model` with gradients that are means over all processes; itself where there is one."""
        return self.accelerator.prepare_model(model, device_placement=False)  # type: ignore[no-any-return]  # accelerate types it not

    def apart(self, model: nn.Module) -> AbstractContextManager[Any]:
        """Within, backward leaves the gradients of this process alone."""
        return self.accelerator.no_sync(model) if self.count > 1 else nullcontext()

    def total(self, x: Tensor) -> Tensor:
        """The sum of `x` over all processes."""
        return self.accelerator.reduce(x, reduction="sum") if self.count > 1 else x

    def told(self, value: Any) -> Any:
        """What the first process has, in all of them."""
        if self.count == 1:
            return value
        from accelerate.utils import broadcast_object_list

        return broadcast_object_list([value])[0]

    def wait(self) -> None:
        """Until all processes are here."""
        self.accelerator.wait_for_everyone()

    def lost(self, problem: RuntimeError) -> CheckError | None:
        """The sentence for a process that is gone, if that is the problem."""
        said = str(problem).lower()
        signs = ("connection", "peer", "timed out", "timeout", "abort", "nccl", "gloo")
        if self.count == 1 or not any(sign in said for sign in signs):
            return None
        return CheckError(
            "another process of the training is gone "
            f"({' '.join(str(problem).split())[:120]}); start all of them again, and the training goes on"
        )
