"""What encoder_cpu.py times: modules, encoders and real lengths, ours and transformers', in one process.

A process makes the runs of one part, prints their names, and runs those whose names it is given, a line each.
With --kept it keeps freed memory as `gonerd eval` does; without it is as transformers comes.
"""

from __future__ import annotations

import argparse
import json
import lzma
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from gonerd.machine import keep_freed_memory
from gonerd_baselines.attention import (
    AttentionPattern,
    BigBirdAttention,
    FullAttention,
    LayerShape,
    LongformerAttention,
    LsgAttention,
    NystromformerAttention,
)
from gonerd_baselines.encoder import Encoder, EncoderConfig
from gonerd_baselines.packing import batches_by_tokens, packing_from_lengths

ROOT = Path(__file__).parents[1]
CORPUS = ROOT.parent / "shared/data/ner/worldwide_newswire_africa_asia.jsonl.gz"
TOKENIZER = ROOT.parent / "shared/data/tokenizers/gpt2"

LONGEST = 4096
LENGTHS = (64, 128, 256, 512, 640, 768, 960, 1024, 1536, 2048, 3072, LONGEST)
GROWN = 16384
PLAIN = "transformers_roberta_sdpa"
"""Full attention with SDPA as one has it from transformers."""
VOCABULARY = 50265
HIDDEN, HEADS, LAYERS = 768, 12, 12
REAL_LAYERS = 4
"""In the real lengths, of all LAYERS: each costs the same, and the peer takes minutes a layer."""
LENGTHS_LAYERS = 2
"""In the comparison by length."""
BATCH = 8
"""Texts that the peer pads together."""
ROW = 4096
"""Tokens of a packed row."""

PATTERNS: dict[str, AttentionPattern] = {
    "full": FullAttention(),
    "longformer": LongformerAttention(512),
    "bigbird": BigBirdAttention(),
    "lsg": LsgAttention(),
    "nystromformer": NystromformerAttention(),
}

Run = Callable[[], Any]
Runs = dict[str, Run]


def attention() -> tuple[Runs, dict[str, Any]]:
    """One layer's self-attention with its projections: LENGTH/NAME."""
    shape = LayerShape(HIDDEN, HEADS)
    modules = {name: pattern.self_attention(shape).eval() for name, pattern in PATTERNS.items()}
    runs: Runs = {}
    facts: dict[str, Any] = {}
    for length in LENGTHS:
        x = torch.randn(length, HIDDEN)
        packing = packing_from_lengths([length])
        plans = {name: pattern.prepare(packing) for name, pattern in PATTERNS.items()}
        for name, module in modules.items():
            runs[f"{length}/{name}"] = partial(module, x, plans[name])
        facts[str(length)] = {name: next(iter(plan.ran)) for name, plan in plans.items()}
        if length == LONGEST:
            for name, run in _peers_attention(x).items():
                runs[f"{length}/{name}"] = run
    return runs, {"backends": facts}


def _peers_attention(x: Tensor) -> Runs:
    from transformers import BigBirdConfig, BigBirdModel, LongformerConfig
    from transformers.models.big_bird.modeling_big_bird import BigBirdBlockSparseAttention
    from transformers.models.longformer.modeling_longformer import LongformerSelfAttention

    length = len(x)
    none = torch.zeros(1, length, dtype=torch.bool)
    longformer = LongformerSelfAttention(LongformerConfig(attention_window=[512] * LAYERS), 0)
    big_bird = BigBirdBlockSparseAttention(BigBirdConfig(), seed=0)
    # Band, from, to, and the two blocked masks, as its model makes them where nothing is padded.
    blocked, band, from_, to = BigBirdModel.create_masks_for_block_sparse_attn(
        torch.ones(1, length), big_bird.block_size
    )
    return {
        "transformers_longformer": partial(
            longformer.eval(),
            x[None],
            attention_mask=torch.zeros(1, length),
            is_index_masked=none,
            is_index_global_attn=none,
            is_global_attn=False,
        ),
        "transformers_bigbird": partial(
            big_bird.eval(), x[None], band, from_, to, blocked, blocked
        ),
    }


def encoder() -> tuple[Runs, dict[str, Any]]:
    """All layers over one text of LONGEST tokens: NAME."""
    ids = torch.randint(5, VOCABULARY, (LONGEST,))
    packing = packing_from_lengths([LONGEST])
    runs: Runs = {
        name: partial(_ours(pattern, LAYERS, LONGEST), ids, packing)
        for name, pattern in PATTERNS.items()
    }
    runs |= {name: partial(model, ids[None]) for name, model in _peers(LAYERS).items()}
    return runs, {"layers": LAYERS, "tokens": LONGEST}


def real() -> tuple[Runs, dict[str, Any]]:
    """Texts as long as real ones, through REAL_LAYERS layers: NAME."""
    lengths = sorted(real_lengths())
    peer = _peers(REAL_LAYERS)["transformers_longformer"]
    ours = _ours(LongformerAttention(512), REAL_LAYERS, LONGEST)
    rows = batches_by_tokens(lengths, range(len(lengths)), ROW)

    def packed() -> None:
        for row in rows:
            some = [lengths[index] for index in row]
            ours(torch.randint(5, VOCABULARY, (sum(some),)), packing_from_lengths(some))

    def padded(size: int, length: int | None) -> None:
        for begin in range(0, len(lengths), size):
            some = lengths[begin : begin + size]
            mask = (torch.arange(length or max(some)) < torch.tensor(some)[:, None]).long()
            ids = torch.randint(5, VOCABULARY, mask.shape).masked_fill(mask == 0, 1)
            peer(ids, attention_mask=mask)

    runs: Runs = {
        "longformer": packed,
        "transformers_longformer_sorted": partial(padded, BATCH, None),
        "transformers_longformer_4096": partial(padded, 1, LONGEST),
    }
    return runs, {
        "corpus": "stanfordnlp/en-worldwide-newswire, our document split 80/10/10, test",
        "texts": len(lengths),
        "subwords": sum(lengths),
        "longest": max(lengths),
        "layers": REAL_LAYERS,
        "batch": BATCH,
        "row": ROW,
    }


def real_lengths() -> list[int]:
    """Subwords of the test split's texts with two special ones, at most LONGEST, as the paper cuts them."""
    from tokenizers import Tokenizer
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import ByteLevel

    from gonerd.dataset import build_dataset
    from gonerd.dataset.loading import documents_of

    with lzma.open(TOKENIZER / "encoder.json.xz", "rt", encoding="utf-8") as file:
        vocabulary = json.load(file)
    with lzma.open(TOKENIZER / "vocab.bpe.xz", "rt", encoding="utf-8") as file:
        merges = [tuple(line.split()) for line in file.read().splitlines()[1:] if line]
    tokenizer = Tokenizer(BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    with tempfile.TemporaryDirectory() as name:
        built = Path(name) / "worldwide"
        build_dataset(documents_of(str(CORPUS), "all"), built)
        texts = [document.text for document in documents_of(str(built), "test")]
    return [min(LONGEST, len(each.ids) + 2) for each in tokenizer.encode_batch(texts)]


def lengths() -> tuple[Runs, dict[str, Any]]:
    """Some layers of the encoder, ours and transformers' RoBERTa: LENGTH/NAME."""
    models: dict[str, nn.Module] = {
        name: _ours(pattern, LENGTHS_LAYERS, LONGEST) for name, pattern in PATTERNS.items()
    }
    peer = _peers(LENGTHS_LAYERS)[PLAIN]
    runs: Runs = {}
    for length in LENGTHS:
        ids = torch.randint(5, VOCABULARY, (length,))
        packing = packing_from_lengths([length])
        runs |= {f"{length}/{name}": partial(model, ids, packing) for name, model in models.items()}
        runs[f"{length}/{PLAIN}"] = partial(peer, ids[None])
    return runs, {"layers": LENGTHS_LAYERS}


def growth() -> tuple[Runs, dict[str, Any]]:
    """One layer of the encoder: LENGTH/NAME."""
    runs: Runs = {}
    for name, pattern in PATTERNS.items():
        model = _ours(pattern, 1, GROWN)
        for length in (LONGEST, GROWN):
            ids = torch.randint(5, VOCABULARY, (length,))
            runs[f"{length}/{name}"] = partial(model, ids, packing_from_lengths([length]))
    return runs, {"layers": 1}


def _ours(pattern: AttentionPattern, layers: int, longest: int) -> Encoder:
    config = EncoderConfig(attention=(pattern,) * layers, max_position_embeddings=longest + 2)
    return Encoder(config).eval()


def _peers(layers: int) -> Mapping[str, nn.Module]:
    from transformers import (
        BigBirdConfig,
        BigBirdModel,
        LongformerConfig,
        LongformerModel,
        RobertaConfig,
        RobertaModel,
    )
    from transformers.utils import logging

    logging.set_verbosity_error()  # Longformer tells of every batch that it pads
    common = {"num_hidden_layers": layers, "vocab_size": VOCABULARY, "pad_token_id": 1}
    positions = {"max_position_embeddings": LONGEST + 2, "type_vocab_size": 1}
    longformer = LongformerConfig(attention_window=[512] * layers, **common, **positions)
    big_bird = BigBirdConfig(max_position_embeddings=LONGEST, **common)
    roberta = RobertaConfig(**common, **positions)
    plain = {"add_pooling_layer": False}
    return {
        "transformers_longformer": LongformerModel(longformer, **plain).eval(),
        "transformers_bigbird": BigBirdModel(big_bird, **plain).eval(),
        PLAIN: RobertaModel(roberta, **plain).eval(),
    }


PARTS = {
    "attention": attention,
    "lengths": lengths,
    "encoder": encoder,
    "real": real,
    "growth": growth,
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("part", choices=PARTS)
    options.add_argument("--kept", action="store_true", help="keep freed memory")
    asked = options.parse_args()
    if asked.kept and not keep_freed_memory():
        raise SystemExit("this C library can't be told to keep freed memory")
    torch.manual_seed(0)
    with torch.inference_mode():
        runs, facts = PARTS[asked.part]()
        print(json.dumps({"runs": list(runs), "facts": facts}), flush=True)
        for line in sys.stdin:
            clock, processor = time.perf_counter(), time.process_time()
            runs[line.strip()]()
            took = time.perf_counter() - clock, time.process_time() - processor
            print(json.dumps(took), flush=True)


if __name__ == "__main__":
    main()
