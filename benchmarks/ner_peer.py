"""transformers' Trainer on its Longformer, as ner_finetuning.py compares with it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader
from transformers import (
    AutoTokenizer,
    DataCollatorForTokenClassification,
    LongformerConfig,
    LongformerForTokenClassification,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)
from transformers.utils import logging

from gonerd_baselines.tasks.examples import Examples
from gonerd_baselines.training.config import TrainingConfig
from gonerd_baselines.training.schedule import learning_rate

__all__ = ["PeerTraining", "save_start"]

LAYERS, WIDTH, HEADS, WINDOW = 2, 128, 4, 128


def save_start(folder: Path, *, vocabulary: int, longest: int, labels: Sequence[str]) -> None:
    """Random weights of transformers beside the tokenizer in `folder`."""
    torch.manual_seed(0)
    config = LongformerConfig(
        attention_window=[WINDOW] * LAYERS,
        num_hidden_layers=LAYERS,
        vocab_size=vocabulary,
        hidden_size=WIDTH,
        num_attention_heads=HEADS,
        intermediate_size=4 * WIDTH,
        max_position_embeddings=longest + 2,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        type_vocab_size=1,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
        sep_token_id=2,
        initializer_range=0.05,
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    LongformerForTokenClassification(config).save_pretrained(folder)


class PeerTraining:
    """One training of the checkpoint in `start`, padded to the longest of a batch or to `longest`."""

    def __init__(
        self,
        start: Path,
        examples: Examples,
        *,
        config: TrainingConfig,
        longest: int | None = None,
        sampling: str = "random",
        documents: int = 8,
        batches: Sequence[Sequence[int]] | None = None,
    ) -> None:
        """Batches of so many `documents`, or just these `batches`, one a step."""
        rows = [
            {
                "input_ids": examples.ids[(places := examples.tokens_of([number]))].tolist(),
                "attention_mask": [1] * len(places),
                "labels": np.asarray(examples.labels_of([number])).tolist(),
            }
            for number in range(len(examples))
        ]
        tokenizer = AutoTokenizer.from_pretrained(start)
        collator = DataCollatorForTokenClassification(
            tokenizer, padding="max_length" if longest else True, max_length=longest
        )
        self._place = tempfile.TemporaryDirectory()
        arguments = TrainingArguments(
            output_dir=self._place.name,
            use_cpu=True,
            per_device_train_batch_size=documents,
            train_sampling_strategy=sampling,
            max_steps=config.steps or -1,
            num_train_epochs=config.epochs or 1,
            learning_rate=config.learning_rate,
            weight_decay=config.weight_decay,
            adam_beta1=config.beta1,
            adam_beta2=config.beta2,
            adam_epsilon=config.epsilon,
            max_grad_norm=config.clip or 0.0,
            optim="adamw_torch_fused",
            dataloader_pin_memory=False,
            save_strategy="no",
            report_to=[],
            logging_strategy="no",
            disable_tqdm=True,
            remove_unused_columns=False,
            seed=0,
        )
        self.losses: list[float] = []
        self._clock = _Clock()
        model = LongformerForTokenClassification.from_pretrained(start)
        self._trainer = _Trainer(
            model=model,
            args=arguments,
            train_dataset=rows,
            data_collator=collator,
            callbacks=[self._clock],
        )
        self._trainer.remove_callback(PrinterCallback)
        self._trainer.prescribed = (config, batches, self.losses)

    def run(self) -> tuple[float, float, int]:
        """(clock, processor) seconds of the steps, and how many there were."""
        self._trainer.train()
        self._place.cleanup()
        clock, processor = self._clock.took
        return clock, processor, self._trainer.state.global_step

    def save(self, folder: Path) -> None:
        """As transformers does."""
        self._trainer.model.save_pretrained(folder)


class _Trainer(Trainer):
    prescribed: Any = None

    def get_train_dataloader(self) -> DataLoader[Any]:
        _, batches, _ = self.prescribed
        if batches is None:
            return super().get_train_dataloader()
        return DataLoader(self.train_dataset, batch_sampler=batches, collate_fn=self.data_collator)

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        """That of `gonerd finetune`, in the middle of each step."""
        config, _, _ = self.prescribed

        def share(step: int) -> float:
            done = min(1.0, (step + 0.5) / num_training_steps)
            return learning_rate(done, config) / config.learning_rate

        self.lr_scheduler = LambdaLR(optimizer or self.optimizer, share)
        return self.lr_scheduler

    def training_step(self, *given: Any, **named: Any) -> Any:
        loss = super().training_step(*given, **named)
        self.prescribed[2].append(float(loss))
        return loss


class _Clock(TrainerCallback):
    """From the beginning of the first step to the end of the last."""

    def __init__(self) -> None:
        self.took = (0.0, 0.0)
        self._began = (0.0, 0.0)

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        self._began = time.perf_counter(), time.process_time()

    def on_train_end(self, *_: Any, **__: Any) -> None:
        self.took = (
            time.perf_counter() - self._began[0],
            time.process_time() - self._began[1],
        )
