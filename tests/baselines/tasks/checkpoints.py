"""Tiny random checkpoints with a tokenizer beside them, as a task starts from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import nn
from transformers import PreTrainedTokenizerFast

from gonerd_baselines.tokens.tokenizer_training import train_tokenizer
from tests.baselines.encoder.families import Family, quiet

BERT_SPECIAL = ("[PAD]", "[UNK]", "[SEP]", "[CLS]", "[MASK]")
"""[SEP] is 2, as the tiny families have it."""


def checkpoint_folder(
    folder: Path,
    family: Family,
    texts: Sequence[str],
    *,
    head: str | None = None,
    learnable: bool = False,
    **more: Any,
) -> Path:
    """A model of `family` that knows the words of `texts`; one that is `learnable` has first weights."""
    folder.mkdir(parents=True)
    if family.model_type in ("bert", "big_bird"):
        size = save_wordpiece(folder, texts)
    else:
        source = folder.with_name(f"{folder.name}.txt")
        source.write_text("\n\n".join(texts) + "\n")
        made = folder.with_name(f"{folder.name}-tokenizer")
        size = train_tokenizer([source], made, vocab_size=400)["vocabulary"]
        for path in made.iterdir():
            path.rename(folder / path.name)
    with quiet():
        model = family.model(head, vocab_size=size, **more)
        for name, parameter in model.named_parameters() if learnable else ():
            if parameter.dim() == 1:  # which the families draw at random
                (nn.init.ones_ if name.endswith("LayerNorm.weight") else nn.init.zeros_)(parameter)
        model.save_pretrained(folder)
    return folder


def save_wordpiece(folder: Path, texts: Sequence[str]) -> int:
    """BERT's tokenizer with every word and every letter of `texts`; how many entries it has."""
    words = sorted({word for text in texts for word in text.lower().split()})
    letters = sorted(set("".join(words)))
    entries = [*BERT_SPECIAL, *dict.fromkeys([*letters, *(f"##{x}" for x in letters), *words])]
    tokenizer = Tokenizer(
        models.WordPiece({entry: i for i, entry in enumerate(entries)}, unk_token="[UNK]")
    )
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 3))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        **dict(
            zip(
                ("pad_token", "unk_token", "sep_token", "cls_token", "mask_token"),
                BERT_SPECIAL,
                strict=True,
            )
        ),
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    ).save_pretrained(folder)
    return len(entries)
