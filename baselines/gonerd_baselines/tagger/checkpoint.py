"""A training after its last whole epoch, as a folder: what goes on from it takes the very same steps."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from gonerd.errors import InputError, OutputError
from gonerd.files import folder_to_write, read_json, write_json
from gonerd_baselines.tagger.schedule import Plan
from gonerd_baselines.tagger.training import Epoch, Trainer

__all__ = ["restore_checkpoint", "save_checkpoint"]

STATE_FILE = "state.json"
TENSORS_FILE = "state.safetensors"


def save_checkpoint(folder: Path, trainer: Trainer, *, identity: dict[str, Any]) -> None:
    """Write the state of `trainer` between two epochs, in place of an earlier one.

    `identity` is what the training was asked for; only the same can go on from here.
    """
    if trainer.plan is None or trainer.best_epoch is None:
        raise RuntimeError("the training has not run an epoch")
    with folder_to_write(folder, overwrite=True) as partial:
        write_json(
            partial / STATE_FILE,
            {
                "identity": identity,
                "plan": asdict(trainer.plan),
                "step": trainer.step,
                "done": trainer.done,
                "seconds": trainer.seconds,
                "validation_seconds": trainer.validation_seconds,
                "stopped_early": trainer.stopped_early,
                "best_epoch": trainer.best_epoch.epoch,
                "epochs": [asdict(epoch) for epoch in trainer.epochs],
            },
        )
        save_file(_tensors(trainer), partial / TENSORS_FILE)


def restore_checkpoint(folder: Path, trainer: Trainer, *, identity: dict[str, Any]) -> None:
    """Put a fresh `trainer` where the one that `save_checkpoint` wrote stood, to the bit.

    Raises:
        OutputError: the checkpoint is of a training that was asked for otherwise.
        InputError: the checkpoint is broken.
    """
    state = read_json(folder / STATE_FILE)
    try:
        differing = sorted(key for key in identity if state["identity"].get(key) != identity[key])
        if differing:
            raise OutputError(
                f"{folder} holds an unfinished training with another {' and '.join(differing)}; "
                "ask for the same to go on with it, or --force to begin anew"
            )
        trainer.plan = Plan(**state["plan"])
        trainer.step = state["step"]
        trainer.done = state["done"]
        trainer.seconds = state["seconds"]
        trainer.validation_seconds = state["validation_seconds"]
        trainer.stopped_early = state["stopped_early"]
        trainer.epochs = [Epoch(**epoch) for epoch in state["epochs"]]
        trainer.best_epoch = trainer.epochs[state["best_epoch"]]
        _restore_tensors(trainer, load_file(folder / TENSORS_FILE))
    except (
        KeyError,
        IndexError,
        TypeError,
        ValueError,
        RuntimeError,
        SafetensorError,
        FileNotFoundError,
    ) as problem:
        reason = " ".join(str(problem).split())[:200]
        raise InputError(
            f"{folder} is not a whole checkpoint ({reason}); --force begins anew"
        ) from None


def _tensors(trainer: Trainer) -> dict[str, Tensor]:
    made = {"random_state": trainer.random_state}
    made |= {f"tagger.{k}": v for k, v in trainer.tagger.state_dict().items()}
    made |= {f"average.{k}": v for k, v in trainer.average.state_dict().items()}
    made |= {f"best.{k}": v for k, v in trainer.best.items()}
    for number, values in trainer.optimizer.state_dict()["state"].items():
        made |= {f"optimizer.{number}.{k}": v for k, v in values.items()}
    return {name: tensor.detach().cpu().contiguous() for name, tensor in made.items()}


def _restore_tensors(trainer: Trainer, tensors: dict[str, Tensor]) -> None:
    def part(name: str) -> dict[str, Tensor]:
        return {
            key.removeprefix(f"{name}."): value.to(trainer.device)
            for key, value in tensors.items()
            if key.startswith(f"{name}.")
        }

    trainer.random_state = tensors["random_state"].to(torch.uint8).cpu()
    trainer.tagger.load_state_dict(part("tagger"))
    trainer.average.load_state_dict(part("average"))
    trainer.best = part("best")
    state = trainer.optimizer.state_dict()
    state["state"] = {}
    for key, value in part("optimizer").items():
        number, _, name = key.partition(".")
        state["state"].setdefault(int(number), {})[name] = value
    trainer.optimizer.load_state_dict(state)
