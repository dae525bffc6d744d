"""Our encoder on a CPU against transformers' Longformer and BigBird and against full attention with SDPA.

Base size, random weights, float32, all in one process with the same threads, in turns. Four questions:

- attention: one layer's self-attention with its projections, 512 to 4,096 tokens;
- encoder: all layers, one text of 4,096 tokens;
- real: texts with the lengths of the worldwide newswire's test split, in subwords of GPT-2's BPE, through
  some of the layers: transformers' Longformer padded to 4,096, and padded to the longest of a batch of texts
  sorted by length, against ours packed. The subwords are random: no time depends on them;
- growth: one layer of the encoder, 16,384 tokens against 4,096.

Seconds are of the clock and of the processor (all threads). On a machine that others use neither is steady:
what counts is the ratio within a round, of which the median is taken.

Run: python benchmarks/encoder_cpu.py [--part attention] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # as `gonerd` sets it, before torch is imported

import torch
from torch import Tensor, nn

from gonerd.files import read_json, write_json
from gonerd.machine import environment, keep_freed_memory
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
RESULTS = ROOT / "benchmarks/results/encoder_cpu.json"

LONGEST = 4096
LENGTHS = (512, 1024, 1536, 2048, 3072, LONGEST)
GROWN = 16384
VOCABULARY = 50265
HIDDEN, HEADS, LAYERS = 768, 12, 12
REAL_LAYERS = 4
"""In the real lengths, of all LAYERS: each costs the same, and the peer takes minutes a layer."""
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


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = {
        "attention": attention,
        "encoder": encoder,
        "real": real_lengths,
        "growth": growth,
    }
    options.add_argument("--part", choices=parts, action="append", help="[default: all]")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--out", type=Path, default=RESULTS)
    asked = options.parse_args()
    torch.manual_seed(0)
    kept = keep_freed_memory()  # so `gonerd eval` does; the peers gain by it, too
    result = read_json(asked.out) if asked.out.exists() else {}
    result["what"] = __doc__.splitlines()[0]
    result["threads"] = torch.get_num_threads()
    result["freed_memory_is_kept"] = kept
    with torch.inference_mode():
        for name in asked.part or parts:
            result[name] = {**parts[name](asked.rounds), "machine": environment()}
            write_json(asked.out, result, overwrite=True)
    print(asked.out)
    return 0


def attention(rounds: int) -> dict[str, Any]:
    """One layer's self-attention."""
    shape = LayerShape(HIDDEN, HEADS)
    modules = {name: pattern.self_attention(shape).eval() for name, pattern in PATTERNS.items()}
    found: dict[str, Any] = {}
    for length in LENGTHS:
        x = torch.randn(length, HIDDEN)
        packing = packing_from_lengths([length])
        plans = {name: pattern.prepare(packing) for name, pattern in PATTERNS.items()}
        runs: dict[str, Run] = {
            name: partial(module, x, plans[name]) for name, module in modules.items()
        }
        if length == LONGEST:
            runs |= _peers_attention(x)
        times = _timed(runs, rounds)
        ran = {name: dict(plan.ran) for name, plan in plans.items()}
        found[str(length)] = {"ran": ran, **_compared(times)}
        print(f"attention {length}:", _line(found[str(length)]), flush=True)
    return found


def _peers_attention(x: Tensor) -> dict[str, Run]:
    from transformers import BigBirdConfig, LongformerConfig
    from transformers.models.big_bird.modeling_big_bird import BigBirdBlockSparseAttention
    from transformers.models.longformer.modeling_longformer import LongformerSelfAttention

    length = len(x)
    none = torch.zeros(1, length, dtype=torch.bool)
    longformer = LongformerSelfAttention(LongformerConfig(attention_window=[512] * LAYERS), 0)
    longformer.eval()
    big_bird = BigBirdBlockSparseAttention(BigBirdConfig(), seed=0).eval()
    masks = _big_bird_masks(length)
    return {
        "transformers_longformer": lambda: longformer(
            x[None],
            attention_mask=torch.zeros(1, length),
            is_index_masked=none,
            is_index_global_attn=none,
            is_global_attn=False,
        ),
        "transformers_bigbird": lambda: big_bird(x[None], *masks),
    }


def _big_bird_masks(length: int) -> tuple[Tensor, ...]:
    """Band, from, to, and the two blocked masks, as its model makes them where nothing is padded."""
    from transformers.models.big_bird.modeling_big_bird import BigBirdModel

    blocked, band, from_, to = BigBirdModel.create_masks_for_block_sparse_attn(
        torch.ones(1, length), 64
    )
    return band, from_, to, blocked, blocked


def encoder(rounds: int) -> dict[str, Any]:
    """All layers over one text of LONGEST tokens."""
    ids = torch.randint(5, VOCABULARY, (LONGEST,))
    packing = packing_from_lengths([LONGEST])
    found: dict[str, Any] = {}
    ours = {name: _ours(pattern, LAYERS, LONGEST) for name, pattern in PATTERNS.items()}
    runs: dict[str, Run] = {name: partial(model, ids, packing) for name, model in ours.items()}
    runs |= {name: partial(model, ids[None]) for name, model in _peers(LAYERS, LONGEST).items()}
    found.update(_compared(_timed(runs, rounds)))
    print("encoder:", _line(found), flush=True)
    return found


def real_lengths(rounds: int) -> dict[str, Any]:
    """Texts as long as real ones, through REAL_LAYERS layers."""
    lengths = sorted(_real_lengths())
    peer = _peers(REAL_LAYERS, LONGEST)["transformers_longformer"]
    ours = _ours(LongformerAttention(512), REAL_LAYERS, LONGEST)
    rows = batches_by_tokens(lengths, range(len(lengths)), ROW)

    def packed() -> None:
        for row in rows:
            some = [lengths[index] for index in row]
            ours(torch.randint(5, VOCABULARY, (sum(some),)), packing_from_lengths(some))

    def padded(size: int, length: int | None) -> None:
        for begin in range(0, len(lengths), size):
            some = lengths[begin : begin + size]
            longest = length or max(some)
            mask = (torch.arange(longest) < torch.tensor(some)[:, None]).long()
            ids = torch.randint(5, VOCABULARY, mask.shape).masked_fill(mask == 0, 1)
            peer(ids, attention_mask=mask)

    runs: dict[str, Run] = {
        "longformer": packed,
        "transformers_longformer_sorted": lambda: padded(BATCH, None),
        "transformers_longformer_4096": lambda: padded(1, LONGEST),
    }
    found = _compared(_timed(runs, rounds, warm_up=False), against="longformer")
    print("real:", _line(found), flush=True)
    return {
        "corpus": "stanfordnlp/en-worldwide-newswire, our document split 80/10/10, test",
        "texts": len(lengths),
        "subwords": sum(lengths),
        "longest": max(lengths),
        "layers": REAL_LAYERS,
        "batch": BATCH,
        "row": ROW,
        **found,
    }


def _real_lengths() -> list[int]:
    """Subwords of the test split's texts, at most LONGEST, as the paper cuts them."""
    import tempfile

    from tokenizers import Tokenizer
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import ByteLevel

    from gonerd.dataset import build_dataset
    from gonerd.dataset.loading import documents_of

    if not CORPUS.exists():
        raise SystemExit(f"{CORPUS.relative_to(ROOT.parent)} is not beside the checkout")
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


def growth(rounds: int) -> dict[str, Any]:
    """One layer of the encoder at GROWN tokens, as a multiple of LONGEST."""
    found: dict[str, Any] = {}
    for name, pattern in PATTERNS.items():
        model = _ours(pattern, 1, GROWN)
        runs: dict[str, Run] = {}
        for length in (LONGEST, GROWN):
            ids = torch.randint(5, VOCABULARY, (length,))
            packing = packing_from_lengths([length])
            runs[str(length)] = partial(model, ids, packing)
        found[name] = _compared(_timed(runs, rounds), against=str(LONGEST))
        print(f"growth {name}:", _line(found[name]), flush=True)
    return found


def _ours(pattern: AttentionPattern, layers: int, longest: int) -> Encoder:
    config = EncoderConfig(attention=(pattern,) * layers, max_position_embeddings=longest + 2)
    return Encoder(config).eval()


def _peers(layers: int, longest: int) -> Mapping[str, nn.Module]:
    from transformers import (
        BigBirdConfig,
        BigBirdModel,
        LongformerConfig,
        LongformerModel,
        RobertaConfig,
        RobertaModel,
    )

    common = {"num_hidden_layers": layers, "vocab_size": VOCABULARY, "pad_token_id": 1}
    positions = {"max_position_embeddings": longest + 2, "type_vocab_size": 1}
    longformer = LongformerConfig(attention_window=[512] * layers, **common, **positions)
    big_bird = BigBirdConfig(max_position_embeddings=longest, **common)
    roberta = RobertaConfig(**common, **positions)
    plain = {"add_pooling_layer": False}
    return {
        "transformers_longformer": LongformerModel(longformer, **plain).eval(),
        "transformers_bigbird": BigBirdModel(big_bird, **plain).eval(),
        "transformers_roberta_sdpa": RobertaModel(roberta, **plain).eval(),
    }


def _timed(runs: Mapping[str, Run], rounds: int, *, warm_up: bool = True) -> dict[str, Any]:
    """(clock, processor) seconds of each run in each round; the runs take turns."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for round_ in range(-1 if warm_up else 0, rounds):
        for name, run in runs.items():
            clock, processor = time.perf_counter(), time.process_time()
            run()
            if round_ >= 0:
                took = time.perf_counter() - clock, time.process_time() - processor
                times[name].append(took)
    return times


def _compared(times: Mapping[str, Any], against: str | None = None) -> dict[str, Any]:
    """Median seconds of each, and how many times as long as `against` (or as its own peer) it took."""
    found: dict[str, Any] = {}
    for name, own in times.items():
        entry = {
            "seconds": round(statistics.median(clock for clock, _ in own), 4),
            "cpu_seconds": round(statistics.median(processor for _, processor in own), 4),
        }
        peers = [against] if against else [f"transformers_{name}", "full"]
        for peer in peers:
            if peer in times and peer != name:
                theirs = times[peer]
                pairs = list(zip(theirs, own, strict=True))
                over = [[b[i] / a[i] if against else a[i] / b[i] for a, b in pairs] for i in (0, 1)]
                entry[f"over_{peer}" if against else f"{peer}_takes"] = {
                    "clock": round(statistics.median(over[0]), 3),
                    "processor": round(statistics.median(over[1]), 3),
                }
        found[name] = entry
    return found


def _line(found: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{name} {entry['seconds']:.3f} s"
        + "".join(
            f", {key} {value['clock']:.2f} ({value['processor']:.2f})"
            for key, value in entry.items()
            if isinstance(value, dict)
        )
        for name, entry in found.items()
        if isinstance(entry, dict) and "seconds" in entry
    )


if __name__ == "__main__":
    sys.exit(main())
