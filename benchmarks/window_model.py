"""For window_mode.py: a small RoBERTa that reads 512 subwords, trained from scratch in minutes."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gonerd.adapters.subwords import SubwordReader
from gonerd.align import fit_to_tokens, tags_from_entities
from gonerd.labels import TAG_IDS, TAGS
from gonerd.schema import Document

__all__ = ["trained_model"]

SHAPE = {
    "hidden_size": 256,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "intermediate_size": 1024,
    "max_position_embeddings": 514,
    "pad_token_id": 0,
    "type_vocab_size": 1,
}
"""BERT-mini's; with the normalization before each block it learns from scratch in fewer steps."""
VOCABULARY = 8000
CROP = 128
"""Subwords of a training row; its place among the 512 positions is drawn anew each time."""
ROWS = 8
LEARNING_RATE = 1e-3
IGNORED = -100


def trained_model(
    folder: Path, documents: Sequence[Document], *, seconds: float, seed: int
) -> dict[str, Any]:
    """Train on `documents` for about `seconds`, write a checkpoint for transformers, and say how it went."""
    import torch
    from transformers import (
        PreTrainedTokenizerFast,
        RobertaPreLayerNormConfig,
        RobertaPreLayerNormForTokenClassification,
    )

    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    tokenizer = _wordpiece([document.text for document in documents])
    config = RobertaPreLayerNormConfig(
        vocab_size=tokenizer.get_vocab_size(),
        id2label=dict(enumerate(TAGS)),
        label2id=TAG_IDS,
        **SHAPE,
    )
    model = RobertaPreLayerNormForTokenClassification(config).train()
    ids, tags = _rows(SubwordReader(tokenizer), documents)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.05)
    unknown = tokenizer.token_to_id("[UNK]")
    began, steps, losses = time.monotonic(), 0, []
    while (spent := (time.monotonic() - began) / seconds) < 1:
        for group in optimizer.param_groups:
            group["lr"] = (
                LEARNING_RATE * min(1, spent / 0.05) * (0.5 + 0.5 * math.cos(math.pi * spent))
            )
        rows = random.integers(len(ids), size=ROWS)
        read = torch.from_numpy(ids[rows])
        read[torch.from_numpy(random.random(read.shape) < 0.1)] = unknown
        begin = torch.from_numpy(random.integers(1, 513 - CROP, size=(ROWS, 1)))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = model(
                input_ids=read,
                position_ids=begin + torch.arange(CROP),
                labels=torch.from_numpy(tags[rows]),
            ).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        steps += 1
        losses.append(loss.item())
    model.eval().save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=512,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    ).save_pretrained(folder)
    return {
        **SHAPE,
        "vocabulary": tokenizer.get_vocab_size(),
        "parameters": model.num_parameters(),
        "training_seconds": round(time.monotonic() - began),
        "steps": steps,
        "loss": round(float(np.mean(losses[-50:])), 4),
        "seed": seed,
    }


def _wordpiece(texts: Sequence[str]) -> Any:
    from tokenizers import BertWordPieceTokenizer, Tokenizer
    from tokenizers.processors import TemplateProcessing

    learner = BertWordPieceTokenizer(lowercase=False)
    learner.train_from_iterator(texts, vocab_size=VOCABULARY, show_progress=False)
    tokenizer = Tokenizer.from_str(learner.to_str())
    frame = [(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=frame
    )
    return tokenizer


def _rows(
    reader: SubwordReader, documents: Sequence[Document]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """All texts in one row after another, cut into crops, with a tag where a subword answers for a word."""
    ids: list[int] = []
    tags: list[int] = []
    for document, read in zip(documents, reader.read(documents), strict=True):
        ids += read.ids
        tags += _tags(document, read.firsts, read.unit_of_word, len(read.ids))
    rows = len(ids) // CROP
    cut = [np.array(values[: rows * CROP]).reshape(rows, CROP) for values in (ids, tags)]
    return cut[0], cut[1]


def _tags(document: Document, firsts: Any, units: Any, length: int) -> Iterator[int]:
    fitted, _ = fit_to_tokens(document, on_misaligned="snap")
    tags = tags_from_entities(fitted.tokens or (), fitted.entities)
    row = np.full(length, IGNORED)
    for unit, tag in zip(units[::-1], tags[::-1], strict=True):  # of words that share, the first
        if unit >= 0:
            row[firsts[unit]] = TAG_IDS[tag]
    yield from row.tolist()
