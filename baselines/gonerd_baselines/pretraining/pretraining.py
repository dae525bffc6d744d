"""`gonerd pretrain` as a function: from a folder of tokens to a masked language model."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gonerd.dataset.tokenizer_files import TokenizerFiles
from gonerd.errors import ConfigError
from gonerd.files import folder_to_write, require_folder_to_write, write_json, write_text
from gonerd.machine import environment
from gonerd_baselines.encoder.checkpoint import Checkpoint
from gonerd_baselines.encoder.dropout import set_dropout
from gonerd_baselines.encoder.heads import Model
from gonerd_baselines.encoder.loading import from_pretrained
from gonerd_baselines.encoder.saving import to_hf
from gonerd_baselines.pretraining.masking import Masking, MaskingConfig
from gonerd_baselines.pretraining.objective import MaskedLanguageObjective
from gonerd_baselines.pretraining.shape import ModelShape, checkpoint_from_shape
from gonerd_baselines.pretraining.texts import require_readable, token_files_of
from gonerd_baselines.pretraining.validation import judge_of
from gonerd_baselines.tokens.token_files import TokenFiles
from gonerd_baselines.training.config import TrainingConfig
from gonerd_baselines.training.progress import Progress
from gonerd_baselines.training.recipe import recipe_values
from gonerd_baselines.training.trainer import LOG, Trainer

__all__ = ["RECORD", "pretrain"]

RECORD = "pretrain.json"


def pretrain(
    tokens: Path,
    out: Path,
    *,
    start: str | None = None,
    validation: Path | None = None,
    recipe: Mapping[str, Any],
    attention_backend: str = "auto",
    device: str = "cpu",
    tensorboard: Path | None = None,
    overwrite: bool = False,
    note: Callable[[str], None] = lambda _: None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> dict[str, Any]:
    """Train a masked language model, write it as the folder `out`, and return its record.

    What is unfinished lies in `out`.unfinished, from which the same call goes on to the bit. Of several
    processes the first writes.

    Args:
        tokens: a folder of `gonerd tokenize`.
        out: a new folder, that plain transformers opens.
        start: a checkpoint to go on from, by folder or Hub id; None begins with random weights.
        validation: a folder by the same tokenizer; its loss is in the log.
        recipe: "model" (ModelShape; with `start` its dropout alone), "masking" and "training".
        attention_backend: see `attention.backend`.
        device: cpu, cuda, ...
        tensorboard: a folder for its files.
        overwrite: replace `out`, and begin anew.
        note: told what happened.
        progress: told after each step.

    Raises:
        InputError: the tokens or the checkpoint are missing, broken, or don't belong together.
        ConfigError: sizes don't fit together.
        OutputError: `out` exists, or an unfinished training of something else lies beside it.
        CheckError: the loss is not finite, or a process is gone.
    """
    shape: ModelShape = recipe["model"]
    masks: MaskingConfig = recipe["masking"]
    training: TrainingConfig = recipe["training"]
    require_folder_to_write(out, overwrite=overwrite, inputs=[tokens])
    work = out.with_name(f"{out.name}.unfinished")
    checkpoint = None
    if start is not None:
        if shape.of_new:
            raise ConfigError(
                f"{shape.of_new[0]} is of a model from scratch, and {start} has its own; "
                "expected none, or a recipe without it"
            )
        checkpoint = from_pretrained(start, head="mlm", attention_backend=attention_backend)
        set_dropout(checkpoint.model, hidden=shape.dropout, attention=shape.attention_dropout)
        if checkpoint.report.new:
            note(f"{start} has no language head: a new one is trained")
    files, tokenizer = token_files_of(tokens, checkpoint)
    if checkpoint is None:
        checkpoint = _from_scratch(shape, files, seed=training.seed)
        checkpoint.encoder.attention_backend = attention_backend
    require_readable(files, checkpoint)
    assert isinstance(checkpoint.model, Model)
    masking = Masking(masks, tokenizer, files.manifest.special.values())
    objective = MaskedLanguageObjective(checkpoint.model, files, masking)
    judge = None
    if validation is not None:
        judge = judge_of(validation, checkpoint, files, masking, training)
    values = recipe_values(recipe)
    if start is not None:
        values["model"] = {name: values["model"][name] for name in ("dropout", "attention_dropout")}
    begin = {"from": checkpoint.id or "scratch", "weights_sha256": checkpoint.weights_sha256}
    trainer = Trainer(
        objective,
        files,
        training,
        work,
        identity={**values, "start": begin},
        device=device,
        evaluate=judge,
        tensorboard=tensorboard,
        note=note,
        progress=progress,
        overwrite=overwrite,
    )
    report = trainer.run()
    record = {
        "schema_version": 1,
        "start": begin,
        "recipe": values,
        "parameters": sum(p.numel() for p in checkpoint.model.parameters()),
        "attention_backends": sorted(checkpoint.encoder.ran),
        "tokens": _facts(files),
        "training": report,
        "machine": environment(),
    }
    if trainer.first:
        with folder_to_write(out, overwrite=overwrite) as partial:
            to_hf(checkpoint, partial, tokenizer=_tokenizer_to_save(tokenizer, checkpoint))
            write_json(partial / RECORD, record)
            write_text(partial / LOG, (work / LOG).read_text())
        shutil.rmtree(work)
    return record


def _from_scratch(shape: ModelShape, files: TokenFiles, *, seed: int) -> Checkpoint:
    special = files.manifest.special

    def id_of(*names: str) -> int:
        found = [special[name] for name in names if name in special]
        if not found:
            raise ConfigError(
                f"{files.name}: its tokenizer has no {names[0]}, which a model from scratch needs"
            )
        return found[0]

    begin, end = id_of("<s>", "[CLS]"), id_of("</s>", "[SEP]")
    return checkpoint_from_shape(
        shape,
        vocabulary=files.manifest.vocabulary,
        pad=id_of("<pad>", "[PAD]"),
        special={
            "bos_token_id": begin,
            "eos_token_id": end,
            "sep_token_id": end,
            "mask_token_id": id_of("<mask>", "[MASK]"),
        },
        seed=seed,
    )


def _tokenizer_to_save(tokenizer: TokenizerFiles, checkpoint: Checkpoint) -> Any:
    """A folder whose files are copied, or a tokenizer of transformers."""
    if checkpoint.folder is not None:
        return checkpoint.folder
    if Path(tokenizer.name).is_dir():
        return tokenizer.name
    from transformers import PreTrainedTokenizerFast

    loaded = tokenizer.tokenizer()
    roles = {
        "bos_token": ("<s>", "[CLS]"),
        "eos_token": ("</s>", "[SEP]"),
        "cls_token": ("<s>", "[CLS]"),
        "sep_token": ("</s>", "[SEP]"),
        "pad_token": ("<pad>", "[PAD]"),
        "unk_token": ("<unk>", "[UNK]"),
        "mask_token": ("<mask>", "[MASK]"),
    }
    named = {
        role: name
        for role, names in roles.items()
        for name in names
        if loaded.token_to_id(name) is not None
    }
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # transformers types it not
        tokenizer_object=loaded,
        model_max_length=checkpoint.encoder.config.max_length,
        **named,
    )


def _facts(files: TokenFiles) -> dict[str, Any]:
    manifest = files.manifest
    return {
        "documents": manifest.documents,
        "tokens": manifest.tokens,
        "longest": manifest.longest,
        "tokenizer_sha256": manifest.tokenizer_sha256,
        "fingerprint": files.fingerprint,
    }
