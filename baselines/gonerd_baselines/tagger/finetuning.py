"""`gonerd finetune` as a function: from a dataset's train and validation splits to a model folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gonerd.adapters.device import usable_device
from gonerd.dataset import documents_of
from gonerd.dataset.places import dataset_id
from gonerd.errors import ConfigError, OutputError
from gonerd.machine import environment
from gonerd_baselines.configuration import values_from_config
from gonerd_baselines.tagger.checkpoint import restore_checkpoint, save_checkpoint
from gonerd_baselines.tagger.config import TaggerConfig, TrainingConfig
from gonerd_baselines.tagger.data import SplitFeatures, fingerprint, split_features
from gonerd_baselines.tagger.model_folder import save_tagger
from gonerd_baselines.tagger.training import Epoch, Progress, Trainer

__all__ = ["finetune"]


def finetune(
    dataset: str,
    out: Path,
    *,
    start: str = "scratch",
    model: TaggerConfig,
    training: TrainingConfig,
    device: str = "cpu",
    overwrite: bool = False,
    note: Callable[[str], None] = lambda _: None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> dict[str, Any]:
    """Train a tagger from scratch, write it as the folder `out`, and return the record of the training.

    After each epoch the state is saved as `out`.unfinished; the same call goes on from there to the bit,
    and with `overwrite` begins anew. It is gone when `out` is written.

    Raises:
        OutputError: `out` exists, or an unfinished training of something else lies beside it.
        InputError: there is no such dataset, or a split is empty or without entities.
        SchemaError: a label is unknown to the model.
    """
    if out.exists() and any(out.iterdir() if out.is_dir() else [out]) and not overwrite:
        raise OutputError(f"{out} exists already; give another name, or --force to replace it")
    if start != "scratch":
        raise ConfigError(f"a training can't start from {start!r}; expected scratch")
    usable_device(device)
    splits = {
        name: split_features(documents_of(dataset, name), split=name, tags=model.tags)
        for name in ("train", "validation")
    }
    data = {"dataset": dataset_id(dataset)} | {
        name: _facts(split) for name, split in splits.items()
    }
    identity = {
        "model": values_from_config(model),
        "training": values_from_config(training),
        "data": {
            name: facts["fingerprint"] for name, facts in data.items() if isinstance(facts, dict)
        },
    }
    trainer = Trainer(model, training, splits["train"], splits["validation"], device=device)
    unfinished = out.with_name(f"{out.name}.unfinished")
    if overwrite:
        shutil.rmtree(unfinished, ignore_errors=True)
    elif unfinished.is_dir():
        restore_checkpoint(unfinished, trainer, identity=identity)
        note(f"going on after epoch {len(trainer.epochs)}, saved in {unfinished}")

    def after_epoch(trained: Trainer) -> None:
        note(_sentence(trained.epochs[-1], trained))
        save_checkpoint(unfinished, trained, identity=identity)

    tagger = trainer.run(progress=progress, after_epoch=after_epoch)
    record = {
        "schema_version": 1,
        "start": start,
        "model": identity["model"],
        "training": identity["training"],
        "parameters": tagger.parameters_count,
        "data": data,
        **trainer.report(),
        "device": device,
        "machine": environment(),
    }
    save_tagger(out, tagger, training=record, overwrite=overwrite)
    shutil.rmtree(unfinished, ignore_errors=True)
    return record


def _facts(split: SplitFeatures) -> dict[str, Any]:
    return {
        "documents": len(split.documents),
        "tokens": split.tokens,
        "entities": sum(len(document.entities) for document in split.documents),
        "fingerprint": fingerprint(split.documents),
    }


def _sentence(epoch: Epoch, trainer: Trainer) -> str:
    steps = trainer.plan.steps if trainer.plan else epoch.step
    left = epoch.seconds / epoch.step * (steps - epoch.step) if epoch.step else 0.0
    return (
        f"epoch {epoch.epoch + 1}: step {epoch.step}/{steps}, loss {epoch.loss:.4f}, "
        f"validation F1 {epoch.validation_f1:.4f}, {epoch.tokens_per_second:,.0f} tokens/s, "
        f"about {left:.0f} s left"
    )
