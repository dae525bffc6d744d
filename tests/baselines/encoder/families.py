"""Tiny random models of transformers, one family beside the other, and what they compute of documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import Tensor, nn
from transformers.utils import logging

from gonerd_baselines.encoder.layouts import LAYOUTS, Layout
from gonerd_baselines.encoder.remote import modeling_lsg_roberta
from gonerd_baselines.packing import packing_from_lengths

SIZE = {
    "vocab_size": 90,
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 40,
    # Near-uniform attention, as at transformers' 0.02, would let wrong masks pass.
    "initializer_range": 0.3,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
    "sep_token_id": 2,
}
FIRST_WORD = 5
"""Ids below are special ones."""


@dataclass(frozen=True)
class Family:
    """One model_type with settings of its own."""

    model_type: str
    settings: dict[str, Any] = field(default_factory=dict, hash=False)
    alone: bool = False
    """transformers computes something else of a document that is padded or stands beside others."""
    name: str = ""

    @property
    def layout(self) -> Layout:
        return LAYOUTS[self.model_type]

    @property
    def has_globals(self) -> bool:
        return self.model_type == "longformer"

    @property
    def config_class(self) -> type[transformers.PreTrainedConfig]:
        if self.model_type == "lsg-roberta":
            return modeling_lsg_roberta.LSGRobertaConfig
        return transformers.CONFIG_MAPPING[self.model_type]

    def __str__(self) -> str:
        return self.name or self.model_type

    def config(self, *, longest: int = 128, **more: Any) -> transformers.PreTrainedConfig:
        settings = SIZE | self.settings | more
        probe = self.config_class(**settings)
        before = {"bert": 0, "big_bird": 0, "nystromformer": 0}.get(
            self.model_type, (probe.pad_token_id or 0) + 1
        )
        settings["max_position_embeddings"] = longest + before
        return self.config_class(**settings)

    def model(
        self, head: str | None = None, *, longest: int = 128, seed: int = 0, **more: Any
    ) -> transformers.PreTrainedModel:
        """Random in every parameter: transformers begins with biases of 0 and norms of 1."""
        torch.manual_seed(seed)
        config = self.config(longest=longest, **more)
        where = modeling_lsg_roberta if self.model_type == "lsg-roberta" else transformers
        model = getattr(where, self.layout.architecture(head))(config).eval()
        for parameter in model.parameters():
            if parameter.dim() == 1:
                nn.init.normal_(parameter, mean=0.5, std=0.3)
        return model

    def saved(self, folder: Path, head: str | None = None, **more: Any) -> Path:
        with quiet():
            self.model(head, **more).save_pretrained(folder)
        return folder


FULL = tuple(Family(name) for name in ("roberta", "xlm-roberta", "camembert", "bert"))
LONGFORMER = Family("longformer", {"attention_window": [8, 16]})
BIGBIRD = Family("big_bird", {"block_size": 8, "num_random_blocks": 2}, alone=True)
"""Block-sparse from 73 tokens on."""
BIGBIRD_FULL = Family("big_bird", {"attention_type": "original_full"}, name="big_bird-full")
NYSTROMFORMER = Family("nystromformer", {"conv_kernel_size": 9}, alone=True)
"""As all published ones are: full softmax, and a convolution."""
LSG = Family(
    "lsg-roberta",
    {"block_size": 8, "sparse_block_size": 8, "sparsity_type": "pooling", "num_global_tokens": 3},
)
"""Sparse from 17 tokens on; of the code that travels with its checkpoints."""
FAMILIES = (*FULL, LONGFORMER, BIGBIRD, BIGBIRD_FULL, NYSTROMFORMER, LSG)
SHORT = (1, 63, 64, 65, 511, 512, 513, 2)
LONG = (4095, 4096)
"""Tokens of documents that models are compared on."""

DISTINCT = [f for f in FAMILIES if str(f) not in ("xlm-roberta", "camembert", "big_bird-full")]
"""XLM-R and CamemBERT compute what RoBERTa does, and so, but for its embeddings, does a full BigBird."""


@contextmanager
def quiet() -> Iterator[None]:
    """No progress bars and no warnings of transformers."""
    before = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(before)
        logging.enable_progress_bar()


def documents(lengths: Sequence[int], seed: int = 0) -> list[Tensor]:
    """Ids of words, none of them special."""
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.randint(FIRST_WORD, SIZE["vocab_size"], (length,), generator=generator)
        for length in lengths
    ]


def marks(lengths: Sequence[int]) -> Tensor:
    """(t,) bool: several global tokens in every document but each third, which has none."""
    packing = packing_from_lengths(lengths)
    sizes = torch.tensor(lengths)[packing.document]
    places = (packing.position == 0) | (packing.position == sizes // 2)
    return (packing.document % 3 != 2) & (places | (packing.position == sizes - 1))


def chosen_globals(family: Family, lengths: Sequence[int]) -> list[Tensor | None]:
    """None, and the global tokens of a family that has such."""
    return [None, marks(lengths)] if family.has_globals else [None]


def computed(
    family: Family,
    model: transformers.PreTrainedModel,
    ids: Sequence[Tensor],
    global_tokens: Tensor | None = None,
) -> Tensor:
    """(t, ...) what transformers computes of all tokens of the documents, or (b, ...) of them as a whole."""
    groups = [[x] for x in ids] if family.alone else [list(ids)]
    lengths = [len(x) for x in ids]
    marked = None if global_tokens is None else list(global_tokens.split(lengths))
    found = []
    for group in groups:
        longest = max(map(len, group))
        rows = torch.full((len(group), longest), model.config.pad_token_id)
        mask = torch.zeros(len(group), longest, dtype=torch.int64)
        chosen = torch.zeros_like(mask)
        for index, x in enumerate(group):
            rows[index, : len(x)] = x
            mask[index, : len(x)] = 1
            if marked is not None:
                chosen[index, : len(x)] = marked[index]
        words = {"input_ids": rows}
        if not family.alone:
            words["attention_mask"] = mask
        if marked is not None:
            words["global_attention_mask"] = chosen
        if family.model_type == "big_bird":
            # One short document switches the model to full attention for good.
            model.base_model.set_attention_type(model.config.attention_type)
        with quiet():
            result = _output(model(**words))
        whole = result.dim() == 2  # one row a document
        found += [
            row[None] if whole else row[: len(x)] for row, x in zip(result, group, strict=True)
        ]
    return torch.cat(found)


def _output(result: Any) -> Tensor:
    if "start_logits" in result:
        return torch.stack([result.start_logits, result.end_logits], dim=-1)
    return result.logits if "logits" in result else result.last_hidden_state


def gradients(model: nn.Module, names: Iterable[str]) -> list[Tensor]:
    """In this order; 0 where there is none."""
    held = dict(model.named_parameters())
    return [torch.zeros_like(p) if (p := held[n]).grad is None else p.grad for n in names]


def relative_error(found: Tensor, wanted: Tensor) -> float:
    """The norm of the difference, over that of what is wanted."""
    found, wanted = found.detach().double(), wanted.detach().double()
    return float((found - wanted).norm() / wanted.norm())
