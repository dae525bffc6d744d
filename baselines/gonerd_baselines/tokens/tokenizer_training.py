"""A byte-level BPE of RoBERTa's kind, learned from texts, as a folder that transformers opens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from gonerd.errors import ConfigError, InputError
from gonerd.files import folder_to_write, require_folder_to_write, write_json, write_text
from gonerd_baselines.tokens.texts import Unit, text_sources

__all__ = ["MIN_FREQUENCY", "VOCABULARY", "train_tokenizer"]

VOCABULARY = 50_265
"""RoBERTa's."""

MIN_FREQUENCY = 2

FIRST = ("<s>", "<pad>", "</s>", "<unk>")
MASK = "<mask>"
"""The last of the vocabulary, as RoBERTa has it."""

BYTES = 256

ROLES = {
    "bos_token": "<s>",
    "eos_token": "</s>",
    "unk_token": "<unk>",
    "sep_token": "</s>",
    "pad_token": "<pad>",
    "cls_token": "<s>",
    "mask_token": MASK,
}


def train_tokenizer(
    names: Sequence[str | Path],
    out: Path,
    *,
    vocab_size: int = VOCABULARY,
    min_frequency: int = MIN_FREQUENCY,
    special: Sequence[str] = (),
    unit: Unit = "block",
    overwrite: bool = False,
) -> dict[str, Any]:
    """Learn a tokenizer from `names` and write its folder; the same texts give the same bytes.

    Ids: <s> 0, <pad> 1, </s> 2, <unk> 3, then `special`, the 256 bytes, the merges, and <mask> last. Memory
    grows with the number of different words, not with the texts.

    Raises:
        ConfigError: the vocabulary has no room for a merge, or a special token is named twice.
        InputError: there is no text, or a source is missing or broken.
        OutputError: the folder exists already.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from tokenizers.processors import RobertaProcessing

    names_of_special = [*FIRST, *special]
    least = len(names_of_special) + BYTES + 2
    if vocab_size < least:
        raise ConfigError(
            f"a vocabulary of {vocab_size} has no room for a merge; {least} is the least: "
            f"{len(names_of_special) + 1} special tokens, {BYTES} bytes and one"
        )
    if len({*names_of_special, MASK}) <= len(names_of_special) or not all(special):
        raise ConfigError(
            f"special tokens {', '.join(map(repr, special))}: each may be named once, none is empty, and "
            f"{', '.join((*FIRST, MASK))} are there already"
        )
    require_folder_to_write(out, overwrite=overwrite, inputs=[n for n in names if str(n) != "-"])
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size - 1,
        min_frequency=min_frequency,
        show_progress=False,
        special_tokens=names_of_special,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    texts = _Counted(text for source in text_sources(names) for text in source.texts(unit=unit))
    try:
        tokenizer.train_from_iterator(iter(texts), trainer)
    except Exception:  # tokenizers hides the reader's own error in one of its own
        if texts.problem is None:
            raise
    if texts.problem is not None:
        raise texts.problem
    if not texts.characters:
        raise InputError(f"{', '.join(map(str, names))}: no text to learn from")
    tokenizer.add_special_tokens([AddedToken(MASK, lstrip=True, special=True)])
    tokenizer.post_processor = RobertaProcessing(
        ("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False
    )
    report = {
        "texts": texts.number,
        "characters": texts.characters,
        "vocabulary": tokenizer.get_vocab_size(),
        "special": {name: tokenizer.token_to_id(name) for name in (*names_of_special, MASK)},
    }
    with folder_to_write(out, overwrite=overwrite) as folder:
        write_text(folder / "tokenizer.json", tokenizer.to_str(pretty=True) + "\n")
        write_json(folder / "tokenizer_config.json", _settings(special))
        write_json(folder / "special_tokens_map.json", _roles(special))
    return report


class _Counted:
    """The texts as they pass by, how many, and what went wrong while they were read."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = texts
        self.number = 0
        self.characters = 0
        self.problem: Exception | None = None

    def __iter__(self) -> Iterator[str]:
        try:
            for text in self.texts:
                self.number += 1
                self.characters += len(text)
                yield text
        except Exception as problem:
            self.problem = problem
            raise


def _roles(special: Sequence[str]) -> dict[str, Any]:
    more = {"additional_special_tokens": list(special)} if special else {}
    return {**ROLES, "mask_token": _mask(), **more}


def _settings(special: Sequence[str]) -> dict[str, Any]:
    return {
        # the class that takes tokenizer.json as it stands, in transformers 4 and 5
        "tokenizer_class": "PreTrainedTokenizerFast",
        "clean_up_tokenization_spaces": False,
        "model_input_names": ["input_ids", "attention_mask"],
        **_roles(special),
        "mask_token": MASK,
    }


def _mask() -> dict[str, Any]:
    return {
        "content": MASK,
        "lstrip": True,
        "normalized": False,
        "rstrip": False,
        "single_word": False,
    }
